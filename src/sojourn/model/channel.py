"""By which channel a session came: a small published table over its source, medium, campaign and referrer.

The rules are asked in order, the first that fits tells the channel. Texts are compared in ASCII lower case. The lists
of hosts hold names that stand for any ending (`google` is google.de and www.google.co.uk as well) and whole
hosts (`t.co`); they are patterns, so that the store's SQL and this module read the same data.
"""

import re
from functools import cache
from typing import NamedTuple

PAID_MEDIA = r"^(?:cpc|ppc|cpv|cpa|sem|retargeting|remarketing|paid(?:search|social)|(?:.*[-_ ])?paid(?:[-_ ].*)?)$"
EMAIL_MEDIA = r"^(?:e[-_ ]?mail|newsletter)$"
AFFILIATE_MEDIA = r"^(?:affiliates?|partners?)$"
DISPLAY_MEDIA = r"^(?:display|banners?|cpm|interstitial|expandable)$"
MESSAGE_MEDIA = r"^(?:sms|push|whatsapp|messenger)$"
SOCIAL_MEDIA = r"^(?:.*[-_ ])?(?:social|sm)(?:[-_ ](?:media|network|post))?$"
ORGANIC_MEDIA = r"^(?:organic|seo)$"
REFERRAL_MEDIA = r"^(?:referral|link|app)$"

EMAIL_HOSTS = (
    "mail.google.com",
    "mail.yahoo.com",
    "mail.yahoo.co.jp",
    "outlook.live.com",
    "outlook.office.com",
    "outlook.office365.com",
    "mail.proton.me",
    "mail.yandex.ru",
    "com.google.android.gm",
)
SEARCH_NAMES = (
    "google",
    "bing",
    "yahoo",
    "duckduckgo",
    "ecosia",
    "baidu",
    "yandex",
    "startpage",
    "qwant",
    "ask",
    "aol",
    "naver",
    "seznam",
    "sogou",
    "kagi",
    "daum",
)
SEARCH_HOSTS = ("search.brave.com", "com.google.android.googlequicksearchbox")
SOCIAL_NAMES = (
    "facebook",
    "instagram",
    "linkedin",
    "twitter",
    "youtube",
    "tiktok",
    "pinterest",
    "reddit",
    "quora",
    "snapchat",
    "xing",
    "threads",
    "vk",
    "weibo",
    "tumblr",
    "medium",
    "mastodon",
    "bluesky",
)
SOCIAL_HOSTS = (
    "fb",
    "ig",
    "fb.com",
    "fb.me",
    "t.co",
    "x.com",
    "lnkd.in",
    "youtu.be",
    "bsky.app",
    "t.me",
    "news.ycombinator.com",
    "com.linkedin.android",
)

# The host of a referrer, without `www.`.
HOST_PATTERN = r"^[a-z][a-z0-9+.-]*://(?:[^/?#@]*@)?(?:www\.)?([^/:?#]+)"


def _hosts(names: tuple[str, ...], hosts: tuple[str, ...]) -> str:
    """Fits a name alone, a host `….name.ending`, and a listed host with what lies below it."""
    whole = "|".join(map(re.escape, hosts))
    named = rf"(?:{'|'.join(names)})(?:\.[a-z]{{2,6}}){{0,2}}"
    return rf"^(?:.*\.)?(?:{named}|{whole})$" if names else rf"^(?:.*\.)?(?:{whole})$"


EMAIL_SITES = _hosts((), EMAIL_HOSTS)
SEARCH_SITES = _hosts(SEARCH_NAMES, SEARCH_HOSTS)
SOCIAL_SITES = _hosts(SOCIAL_NAMES, SOCIAL_HOSTS)

PAID_SEARCH, PAID_SOCIAL, PAID_OTHER = "paid_search", "paid_social", "paid_other"
EMAIL, AFFILIATE, DISPLAY, MESSAGE = "email", "affiliate", "display", "message"
SOCIAL, SEARCH, REFERRAL, OTHER, DIRECT = "organic_social", "organic_search", "referral", "other", "direct"
CHANNELS = (
    PAID_SEARCH,
    PAID_SOCIAL,
    PAID_OTHER,
    EMAIL,
    AFFILIATE,
    DISPLAY,
    MESSAGE,
    SOCIAL,
    SEARCH,
    REFERRAL,
    OTHER,
    DIRECT,
)

# The same data as parameters of `session.channel.sql`.
PATTERNS = {
    "host_of": HOST_PATTERN,
    "paid_media": PAID_MEDIA,
    "email_media": EMAIL_MEDIA,
    "affiliate_media": AFFILIATE_MEDIA,
    "display_media": DISPLAY_MEDIA,
    "message_media": MESSAGE_MEDIA,
    "social_media": SOCIAL_MEDIA,
    "organic_media": ORGANIC_MEDIA,
    "referral_media": REFERRAL_MEDIA,
    "email_sites": EMAIL_SITES,
    "search_sites": SEARCH_SITES,
    "social_sites": SOCIAL_SITES,
}


class Origin(NamedTuple):
    """What a session says of where it came from; '' where it says nothing."""

    source: str
    medium: str
    campaign: str
    referrer: str
    entry_url: str
    exit_url: str
    entry_point: str


def channel_of(origin: Origin) -> str:
    """One of CHANNELS. A referrer on a host of the session's own pages, above or below it, says nothing."""
    source, medium = lower(origin.source), lower(origin.medium)
    referrer = host_of(origin.referrer)
    if any(is_near(referrer, host_of(url)) for url in (origin.entry_url, origin.exit_url)):
        referrer = ""
    site = source or referrer
    is_paid, is_said = _is(PAID_MEDIA, medium), medium != ""
    for channel, fits in (
        (PAID_SEARCH, is_paid and (_is(SEARCH_SITES, site) or "search" in medium)),
        (PAID_SOCIAL, is_paid and (_is(SOCIAL_SITES, site) or "social" in medium)),
        (PAID_OTHER, is_paid),
        (EMAIL, _is(EMAIL_MEDIA, medium) or _is(EMAIL_MEDIA, source) or origin.entry_point.startswith("email_")),
        (EMAIL, not is_said and _is(EMAIL_SITES, site)),
        (AFFILIATE, _is(AFFILIATE_MEDIA, medium)),
        (DISPLAY, _is(DISPLAY_MEDIA, medium)),
        (MESSAGE, _is(MESSAGE_MEDIA, medium)),
        (SOCIAL, _is(SOCIAL_MEDIA, medium) or (not is_said and _is(SOCIAL_SITES, site))),
        (SEARCH, _is(ORGANIC_MEDIA, medium) or (not is_said and _is(SEARCH_SITES, site))),
        (REFERRAL, _is(REFERRAL_MEDIA, medium) or (not is_said and source == "" and referrer != "")),
        (OTHER, is_said or source != "" or origin.campaign != ""),
    ):
        if fits:
            return channel
    return DIRECT


def is_near(host: str, other: str) -> bool:
    """Whether they are the same host, or one lies below the other."""
    return host == other or (host != "" and other != "" and (host.endswith("." + other) or other.endswith("." + host)))


def host_of(url: str) -> str:
    """The host of a URL in lower case without `www.`; '' without one."""
    found = re.search(HOST_PATTERN, lower(url))
    return found[1] if found else ""


def lower(text: str) -> str:
    """ASCII lower case, as the store's `lower` does it."""
    return text.encode("utf-8", "surrogatepass").lower().decode("utf-8", "surrogatepass")


def _is(pattern: str, text: str) -> bool:
    return text != "" and _compiled(pattern).search(text) is not None


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    """As the store's `match`: a dot is any character, and `$` is the very end."""
    return re.compile(re.sub(r"\$$", r"\\Z", pattern), re.DOTALL)
