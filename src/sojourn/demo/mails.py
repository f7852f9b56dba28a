"""E-mail campaigns: the mail system says what was sent, opened and clicked; a click goes on to the website."""

import random
from typing import Any, NamedTuple

from sojourn.demo import scenes
from sojourn.demo.product import POINTS, SITE, TITLES, Origin
from sojourn.demo.rhythm import HOUR, MINUTE, local, weekly
from sojourn.demo.stay import Teller

_SCANNED = "mail_scanner"


class Mail(NamedTuple):
    """One mailing; its links lead to `path`."""

    at_ms: int
    campaign: str
    subject: str
    path: str

    @property
    def origin(self) -> Origin:
        return Origin("newsletter", "email", self.campaign)


_NEWS = (
    ("Dead stock, and how to be rid of it", "/blog/dead-stock"),
    ("Lead times that lie", "/blog/lead-times-that-lie"),
    ("Brightwell Foods wastes a third less", "/case-studies/brightwell-foods"),
    ("Planning under shortage: the recording", "/webinars/planning-under-shortage"),
    ("Seasons in wholesale", "/blog/seasons-in-wholesale"),
    ("Your first forecast in an hour", "/guides/first-forecast"),
)
_PRODUCT = (("New: order proposals by supplier", "/product/replenishment"), ("New prices for teams", "/pricing"))


def mailings(from_ms: int, to_ms: int) -> list[Mail]:
    """The newsletter on Tuesdays, news of the product every other Thursday."""
    found = []
    for at_ms in weekly(from_ms, to_ms, 1, 9):
        week = local(at_ms).isocalendar().week
        found.append(Mail(at_ms, f"newsletter_{week:02d}", *_NEWS[week % len(_NEWS)]))
    for at_ms in weekly(from_ms, to_ms, 3, 14):
        week = local(at_ms).isocalendar().week
        if week % 2:
            found.append(Mail(at_ms, f"product_news_{week:02d}", *_PRODUCT[week // 2 % len(_PRODUCT)]))
    return sorted(found)


def receive(teller: Teller, mail: Mail, eagerness: float) -> bool:
    """What becomes of a mail; False when it is the last: it bounced, or the newsletter was cancelled."""
    rng = teller.rng
    at_ms = mail.at_ms + rng.randrange(4 * MINUTE)
    _tell(teller, mail, "email_sent", at_ms)
    if rng.random() < 0.008:
        _tell(teller, mail, "email_bounce", at_ms + rng.randrange(1000, MINUTE), reason="mailbox does not exist")
        return False
    _tell(teller, mail, "email_delivered", at_ms + rng.randrange(1000, MINUTE))
    if rng.random() < 0.02:
        _tell(teller, mail, "email_click", at_ms + MINUTE + rng.randrange(5000), suppressed=_SCANNED)
    if rng.random() > eagerness:
        return True
    opened_ms = at_ms + int(rng.lognormvariate(1.5, 1.3) * HOUR)
    open_mail(teller, mail, opened_ms)
    if rng.random() < 0.045:
        left_ms = opened_ms + rng.randrange(5000, 2 * MINUTE)
        kind = "email_unsubscribe" if rng.random() < 0.9 else "email_complaint"
        _tell(teller, mail, kind, left_ms)
        return False
    return True


def open_mail(teller: Teller, mail: Mail, at_ms: int) -> None:
    """Opened, or clicked, or both: from a click it goes on in the browser."""
    rng = teller.rng
    is_seen = rng.random() < 0.85  # some mail programs load no pictures, and so do not tell
    if is_seen:
        _tell(teller, mail, "email_open", at_ms)
    if is_seen and rng.random() > 0.4:
        return
    clicked_ms = at_ms + rng.randrange(3000, 90_000)
    device = teller.device()
    _tell(teller, mail, "email_click", clicked_ms, visitor_id=device.visitor_id)
    stay = teller.stay(clicked_ms + rng.randrange(400, 3000), device)
    stay.view(mail.path, mail.origin)
    if rng.random() < 0.5:
        scene = rng.choices((scenes.look, scenes.read, scenes.weigh, scenes.glance), (3, 3, 2, 2))[0]
        scene(stay, Origin())


def one_of(rng: random.Random, at_ms: int) -> Mail:
    """A mail that might have come lately."""
    return rng.choice(mailings(at_ms - 14 * 24 * HOUR, at_ms))


def welcome(teller: Teller, at_ms: int) -> None:
    """Two mails after a trial began."""
    for number, (subject, path) in enumerate((("Welcome to Millrace", "/docs"), ("Connect your ERP", _ERP))):
        mail = Mail(at_ms + number * 48 * HOUR, "trial_onboarding", subject, path)
        receive(teller, mail, 0.75)


_ERP = "/docs/connect-your-erp"


def _tell(teller: Teller, mail: Mail, kind: str, at_ms: int, suppressed: str = "", **fields: Any) -> None:
    """As the mail system sends it: by the address, with the campaign."""
    properties = {"subject": mail.subject}
    if "reason" in fields:
        properties["reason"] = fields.pop("reason")
    payload: dict[str, Any] = {
        "type": kind,
        "lead": {"email": teller.person.email, "name": teller.person.name},
        "properties": properties,
        "context": {"campaign": {"source": "newsletter", "medium": "email", "name": mail.campaign}},
        **fields,
    }
    if kind == "email_click":
        payload["url"], payload["title"] = f"{SITE}{mail.path}?{mail.origin.query}", TITLES[mail.path]
    if suppressed:
        payload["suppressed"] = suppressed
    elif kind in POINTS:
        payload["points"] = POINTS[kind]
    teller.add(at_ms, payload)
