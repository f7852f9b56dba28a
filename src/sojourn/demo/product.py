"""The made-up product whose events the demo shows: Millrace, planning of stock for wholesalers. Data alone."""

from typing import NamedTuple

SITE = "https://millrace.example.com"
APP = "https://app.millrace.example.com"
HOSTS = ("millrace.example.com", "app.millrace.example.com")
ZONE = "Europe/Berlin"
CURRENCY = "EUR"

TITLES = {
    "/": "Millrace – stock that flows",
    "/product": "What Millrace does",
    "/product/forecasting": "Forecasting",
    "/product/replenishment": "Replenishment",
    "/product/integrations": "Integrations",
    "/pricing": "Pricing",
    "/compare/spreadsheets": "Millrace or spreadsheets",
    "/compare/erp-modules": "Millrace or the module of your ERP",
    "/case-studies": "Case studies",
    "/case-studies/brightwell-foods": "Brightwell Foods: a third less waste",
    "/case-studies/kestrel-tools": "Kestrel Tools: four warehouses, one plan",
    "/case-studies/nordlicht-paper": "Nordlicht Paper: from days to minutes",
    "/blog": "Blog",
    "/blog/safety-stock-explained": "Safety stock, explained",
    "/blog/abc-analysis": "ABC analysis without a spreadsheet",
    "/blog/lead-times-that-lie": "Lead times that lie",
    "/blog/forecasting-new-articles": "Forecasting articles without a past",
    "/blog/dead-stock": "Where dead stock comes from",
    "/blog/seasons-in-wholesale": "Seasons in wholesale",
    "/guides/first-forecast": "Guide: your first forecast",
    "/guides/reorder-points": "Guide: reorder points",
    "/webinars/planning-under-shortage": "Webinar: planning under shortage",
    "/docs": "Documentation",
    "/docs/import-articles": "Import articles",
    "/docs/api-keys": "API keys",
    "/docs/connect-your-erp": "Connect your ERP",
    "/docs/roles-and-rights": "Roles and rights",
    "/docs/export": "Export",
    "/contact": "Contact",
    "/demo": "See Millrace with your own articles",
    "/trial": "Try it for 14 days",
    "/about": "About us",
    "/careers": "Careers",
    "/shop": "Plans and hardware",
    "/shop/starter-plan": "Starter, one year",
    "/shop/team-plan": "Team, one year",
    "/shop/business-plan": "Business, one year",
    "/shop/barcode-scanner": "Barcode scanner",
    "/shop/label-printer": "Label printer",
    "/cart": "Cart",
    "/checkout": "Checkout",
    "/login": "Log in",
    "/newsletter": "Newsletter",
}
PRODUCT_PAGES = tuple(path for path in TITLES if path.startswith("/product"))
CASES = tuple(path for path in TITLES if path.startswith("/case-studies/"))
COMPARISONS = tuple(path for path in TITLES if path.startswith("/compare/"))
ARTICLES = tuple(path for path in TITLES if path.startswith(("/blog/", "/guides/", "/webinars/")))
DOCS = tuple(path for path in TITLES if path.startswith("/docs/"))

APP_TITLES = {
    "/home": "Overview",
    "/forecast": "Forecast",
    "/orders": "Order proposals",
    "/suppliers": "Suppliers",
    "/reports/stock": "Stock report",
    "/settings/team": "Team",
}
APP_PAGES = tuple(APP_TITLES)
FEATURES = ("forecast_run", "order_proposed", "report_exported", "supplier_added", "article_imported")

# What a page view is worth beyond one point, and what else is; by the beginning of the path, and by type.
PAGE_POINTS = (("/pricing", 5), ("/case-studies/", 4), ("/compare/", 4), ("/demo", 6), ("/trial", 6), ("/webinars/", 3))
POINTS = {
    "email_open": 1,
    "email_click": 3,
    "email_unsubscribe": -10,
    "form_submit": 10,
    "contact_request": 20,
    "demo_request": 30,
    "trial_signup": 25,
    "add_to_cart": 12,
    "begin_checkout": 15,
    "purchase": 50,
    "login": 2,
    "webinar_joined": 8,
}


class Item(NamedTuple):
    """Something in the shop; the price is a whole number of euros."""

    path: str
    name: str
    price: int


PLANS = (
    Item("/shop/starter-plan", "Starter, one year", 588),
    Item("/shop/team-plan", "Team, one year", 1_788),
    Item("/shop/business-plan", "Business, one year", 5_880),
)
HARDWARE = (Item("/shop/barcode-scanner", "Barcode scanner", 249), Item("/shop/label-printer", "Label printer", 429))


class Origin(NamedTuple):
    """How somebody comes to the site: campaign parameters of the address, or a referrer, or neither."""

    source: str = ""
    medium: str = ""
    campaign: str = ""
    referrer: str = ""

    @property
    def query(self) -> str:
        named = {"utm_source": self.source, "utm_medium": self.medium, "utm_campaign": self.campaign}
        return "&".join(f"{name}={value}" for name, value in named.items() if value)


DIRECT = Origin()
SEARCHES = (
    Origin(referrer="https://www.google.com/"),
    Origin(referrer="https://www.google.com/"),
    Origin(referrer="https://www.google.de/"),
    Origin(referrer="https://www.bing.com/"),
    Origin(referrer="https://duckduckgo.com/"),
)
ADS = (
    Origin("google", "cpc", "stock_planning", "https://www.google.com/"),
    Origin("google", "cpc", "stock_planning", "https://www.google.de/"),
    Origin("google", "cpc", "brand", "https://www.google.com/"),
    Origin("bing", "cpc", "stock_planning", "https://www.bing.com/"),
    Origin("linkedin", "paid-social", "warehouse_managers", "https://www.linkedin.com/"),
    Origin("linkedin", "paid-social", "case_brightwell", "https://www.linkedin.com/"),
    Origin("stocktrade-daily", "display", "autumn_banner", "https://stocktrade-daily.example.com/"),
)
POSTS = (
    Origin("linkedin", "social", "", "https://www.linkedin.com/"),
    Origin(referrer="https://www.linkedin.com/"),
    Origin(referrer="https://www.youtube.com/"),
    Origin(referrer="https://www.reddit.com/"),
)
LINKS = (
    Origin(referrer="https://stocktrade-daily.example.com/planning-tools"),
    Origin(referrer="https://software-reviews.example.com/stock-planning"),
    Origin("kestrel-consulting", "partner", "partner_directory", "https://kestrel-consulting.example.com/"),
)
COURSES = (
    Origin(referrer="https://courses.university.example.com/logistics-2"),
    Origin(referrer="https://www.google.com/"),
)
