"""Names of people and companies that do not exist, and the devices they use. Data alone."""

from typing import NamedTuple


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


FIRST = _words(
    "Anna Ben Clara David Elena Felix Greta Hannes Ines Jonas Katrin Lukas Maria Niklas Olga Paul Rosa Simon Tessa Uwe "
    "Vera Wilma Yusuf Zoe Amelia Oliver Sophie Harry Grace Jack Emma Noah Chloe Louis Camille Hugo Manon Jules Giulia "
    "Marco Chiara Luca Sofia Pablo Carmen Diego Lucia Sanne Daan Femke Bram Astrid Erik Freja Mikkel Ingrid Lars Agata "
    "Piotr Zuzanna Tomasz Aylin Emre Priya Arjun Mei Kenji Fatima Omar Leila Samuel Naomi"
)
LAST = _words(
    "Albers Becker Brandt Conrad Dietrich Ebert Falk Gerber Hartwig Imhof Jansen Keller Lorenz Maurer Neumann Ostwald "
    "Pfeiffer Quandt Richter Sommer Thalbach Ulrich Vogt Winter Zander Abbott Bishop Carver Dalton Ellison Fairley "
    "Garner Holloway Ingram Kendall Langley Mercer Norwood Pemberton Radcliffe Stanton Thornton Whitaker Arnaud "
    "Blanchet Carpentier Delorme Fontaine Girard Lacroix Marchand Perrin Bellini Conti Ferraro Galli Moretti Ricci "
    "Alonso Bravo Castillo Dominguez Herrera Navarro Bakker Dekker Hendriks Kuiper Visser Lindqvist Nygaard Sorensen "
    "Kowalski Nowak Yilmaz Sharma Tanaka Haddad Okafor"
)
_FIRMS = _words(
    "Brightwell Kestrel Nordlicht Hollis Tamarack Oakhurst Silberbach Fernway Ravenna Copperfield Lindgren Marlow "
    "Westholm Aldergate Birkenau Caldera Dunmore Eastwick Farrow Glenmoor Harkness Inverley Juniper Kirkdale Larkfield "
    "Meridian Northgate Orchard Pinecrest Quarry Redfern Stonebridge Thistle Underhill Valmont Wexford Yarrow Zephyr "
    "Amberley Bluebell"
)
_TRADES = _words("Foods Tools Paper Textiles Supply Parts Wholesale Gardening Electrics Trading")
_SIZES = ("11–50", "51–200", "51–200", "201–500", "501–1,000")
_COUNTRIES = _words("DE DE DE DE DE AT CH NL FR GB GB US US IT ES PL DK SE")


class Company(NamedTuple):
    """Where people work; its mails and its account go by the domain."""

    name: str
    domain: str
    size: str
    country: str


def _company(number: int) -> Company:
    name = f"{_FIRMS[number % len(_FIRMS)]} {_TRADES[(number * 7 + number // len(_FIRMS)) % len(_TRADES)]}"
    domain = f"{name.lower().replace(' ', '-')}.example.com"
    return Company(name, domain, _SIZES[number * 3 % len(_SIZES)], _COUNTRIES[number * 5 % len(_COUNTRIES)])


COMPANIES = tuple({company.domain: company for company in map(_company, range(280))}.values())
UNIVERSITY = Company("University", "university.example.com", "", "DE")
MAILBOX = Company("", "mailbox.example.com", "", "DE")
OWN_TEAM = Company("Millrace", "millrace.example.com", "", "DE")
COUNTRIES = _COUNTRIES
JOBS = (
    "Head of Purchasing",
    "Warehouse Manager",
    "Supply Chain Planner",
    "Managing Director",
    "Head of IT",
    "Controller",
    "Operations Manager",
)

DESKTOPS = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36 "
    "Edg/142.0.0.0",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.6 "
    "Safari/605.1.15",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 "
    "Safari/537.36",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:144.0) Gecko/20100101 Firefox/144.0",
    "Mozilla/5.0 (X11; Linux x86_64; rv:144.0) Gecko/20100101 Firefox/144.0",
)
PHONES = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.6 "
    "Mobile/15E148 Safari/604.1",
    "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Mobile Safari/537.36",
    "Mozilla/5.0 (iPad; CPU OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.6 "
    "Mobile/15E148 Safari/604.1",
)
ROBOTS = (
    "Mozilla/5.0 (compatible; PriceSpiderBot/2.1; +https://pricespider.example.com/bot)",
    "Mozilla/5.0 (compatible; ArchiveCrawler/1.4; +https://archive.example.com/crawler)",
    "uptime-probe/3.0 (+https://uptime.example.com)",
)
