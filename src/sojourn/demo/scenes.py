"""What people come for: each scene is one stay, from the page on which it begins to what comes of it."""

from collections.abc import Callable

from sojourn.demo import product as p
from sojourn.demo.product import Item, Origin
from sojourn.demo.stay import Stay

Scene = Callable[[Stay, Origin], None]


def glance(stay: Stay, origin: Origin) -> None:
    """Somebody clicks on an advertisement, looks, and is gone."""
    stay.view(stay.rng.choice(("/", "/", "/pricing", "/product", "/blog/dead-stock")), origin)
    if stay.rng.random() < 0.3:
        stay.view(stay.rng.choice(("/product", "/pricing", "/about")))


def read(stay: Stay, origin: Origin) -> None:
    """Articles, one after the other."""
    articles = stay.rng.sample(p.ARTICLES, stay.rng.randint(3, 6))
    stay.view(articles[0], origin)
    if stay.rng.random() < 0.4:
        stay.view("/blog")
    for path in articles[1:]:
        stay.view(path)
        if stay.rng.random() < 0.3:
            stay.act("scroll", path, properties={"depth": stay.rng.choice((50, 75, 90, 100))})
    if path.startswith("/webinars"):
        stay.act("video_play", path, properties={"seconds": stay.rng.randint(40, 1800)})


def subscribe(stay: Stay, origin: Origin) -> None:
    """Reads, and leaves an e-mail for the newsletter."""
    read(stay, origin)
    stay.view("/newsletter")
    stay.name("form_submit", "/newsletter", properties={"form": "newsletter"})


def listen(stay: Stay, origin: Origin) -> None:
    """Joins a webinar, and looks at the product behind it."""
    seconds = stay.rng.randint(600, 2700)
    stay.name("webinar_joined", "", properties={"webinar": "Planning under shortage"})
    stay.at_ms += seconds * 300
    stay.act("webinar_question", properties={"count": stay.rng.randint(1, 3)})
    stay.view("/webinars/planning-under-shortage", origin)
    stay.view(stay.rng.choice(("/pricing", "/product/forecasting", "/case-studies/brightwell-foods")))


def study(stay: Stay, origin: Origin) -> None:
    """The documentation, and what a student takes home."""
    docs = stay.rng.sample(p.DOCS, stay.rng.randint(2, 4))
    stay.view("/docs", origin)
    for path in docs:
        stay.view(path)
    stay.view(stay.rng.choice(p.ARTICLES))
    if stay.rng.random() < 0.4:
        stay.act("file_download", docs[-1], properties={"file": "stock-planning-worksheet.xlsx"})
    if stay.rng.random() < 0.2:
        stay.view("/careers")


def look(stay: Stay, origin: Origin) -> None:
    """The first serious look at the product."""
    stay.view("/", origin)
    for path in stay.rng.sample(p.PRODUCT_PAGES, stay.rng.randint(1, 3)):
        stay.view(path)
    if stay.rng.random() < 0.5:
        stay.view("/pricing")
    if stay.rng.random() < 0.3:
        stay.view(stay.rng.choice(p.CASES))


def weigh(stay: Stay, origin: Origin) -> None:
    """Prices, comparisons, case studies."""
    stay.view("/pricing", origin)
    if stay.rng.random() < 0.4:
        stay.act("calculator_used", "/pricing", properties={"articles": stay.rng.choice((2_000, 5_000, 20_000))})
    for path in stay.rng.sample(p.CASES, stay.rng.randint(1, 2)):
        stay.view(path)
    if stay.rng.random() < 0.6:
        stay.view(stay.rng.choice(p.COMPARISONS))
    if stay.rng.random() < 0.4:
        stay.view(stay.rng.choice(p.DOCS))
    if stay.rng.random() < 0.3:
        stay.elsewhere()
        stay.view("/pricing")


def contact(stay: Stay, origin: Origin) -> None:
    """A question by the form."""
    look(stay, origin)
    stay.view("/contact")
    stay.name("contact_request", "/contact", properties={"form": "contact", "topic": stay.rng.choice(_TOPICS)})


def ask_demo(stay: Stay, origin: Origin) -> None:
    weigh(stay, origin)
    stay.view("/demo")
    stay.name("form_submit", "/demo", properties={"form": "demo"})
    stay.act("demo_request", "/demo", properties={"articles": stay.rng.choice((500, 2_000, 8_000, 25_000))})


def try_it(stay: Stay, origin: Origin) -> None:
    """Begins a trial, and has a first look inside."""
    look(stay, origin)
    stay.view("/trial")
    stay.name("trial_signup", "/trial", properties={"plan": "team", "days": 14})
    work(stay, p.DIRECT)


def work(stay: Stay, origin: Origin) -> None:
    """Logs in and works with the product; the app on a phone does so by itself."""
    if stay.rng.random() < 0.6:
        stay.view("/login", origin)
    stay.name("login", "/login", properties={"method": stay.rng.choice(("password", "password", "single_sign_on"))})
    for path in stay.rng.sample(p.APP_PAGES, stay.rng.randint(2, 4)):
        stay.app(path)
        if stay.rng.random() < 0.55:
            stay.act(stay.rng.choice(p.FEATURES), properties={"articles": stay.rng.randint(1, 900)})
    if stay.rng.random() < 0.15:
        stay.view(stay.rng.choice(p.DOCS))


def buy(stay: Stay, origin: Origin) -> None:
    """A plan, sometimes with a scanner, to the end."""
    items = [stay.rng.choice(p.PLANS), *stay.rng.sample(p.HARDWARE, stay.rng.choice((0, 0, 1)))]
    total = _fill(stay, origin, items)
    _check_out(stay)
    number = f"MR-{stay.teller.person.number:05d}-{stay.at_ms % 10_000:04d}"
    properties = {"order": number, "items": [item.name for item in items]}
    stay.name("purchase", "/checkout", value=total, currency=p.CURRENCY, properties=properties)


def order_more(stay: Stay, origin: Origin) -> None:
    """A customer orders hardware."""
    stay.view("/login", origin)
    stay.name("login", "/login", properties={"method": "password"})
    item = stay.rng.choice(p.HARDWARE)
    count = stay.rng.randint(1, 4)
    total = _fill(stay, p.DIRECT, [item], count)
    _check_out(stay)
    properties = {
        "order": f"MR-{stay.teller.person.number:05d}-{stay.at_ms % 10_000:04d}",
        "items": [item.name] * count,
    }
    stay.act("purchase", "/checkout", value=total, currency=p.CURRENCY, properties=properties)


def abandon(stay: Stay, origin: Origin) -> None:
    """Fills a cart, and leaves it."""
    _fill(stay, origin, [stay.rng.choice(p.PLANS)])
    if stay.rng.random() < 0.5:
        stay.act("begin_checkout", "/checkout")
        stay.view("/checkout")
    elif stay.rng.random() < 0.3:
        stay.act("remove_from_cart", "/cart")


def _fill(stay: Stay, origin: Origin, items: list[Item], count: int = 1) -> int:
    """Into the cart; what it costs."""
    stay.view("/shop", origin)
    for item in items:
        stay.view(item.path)
        properties = {"item": item.name, "count": count}
        stay.act("add_to_cart", item.path, value=item.price * count, currency=p.CURRENCY, properties=properties)
    stay.view("/cart")
    return sum(item.price for item in items) * count


def _check_out(stay: Stay) -> None:
    stay.act("begin_checkout", "/checkout")
    stay.view("/checkout")
    stay.act("add_payment_details", "/checkout", properties={"method": stay.rng.choice(("invoice", "card", "sepa"))})


_TOPICS = ("prices", "integration", "data protection", "partnership")
