"""Device, browser and system by the user agent, where the sender does not say them."""

from functools import lru_cache
from typing import NamedTuple

import ua_parser

MAX_LENGTH = 1000
DESKTOP, MOBILE, TABLET = "desktop", "mobile", "tablet"
_DESKTOPS = frozenset(["Windows", "Mac OS X", "Linux", "Chrome OS", "Ubuntu", "Fedora", "Debian", "FreeBSD", "OpenBSD"])
_MOBILES = frozenset(["iOS", "Android", "Windows Phone", "KaiOS", "BlackBerry OS", "HarmonyOS", "Tizen"])
_TABLETS = ("iPad", "Tablet", "Kindle", "PlayBook")


class Agent(NamedTuple):
    """What a user agent tells; '' where it does not."""

    device: str
    browser: str
    os: str


@lru_cache(16_384)  # a site sees few, and reading one takes as long as all else that is done for an event
def agent_of(text: str) -> Agent:
    """`Mozilla/5.0 (iPhone; …) … Safari/604.1` is a mobile, Mobile Safari, iOS."""
    found = ua_parser.parse(text[:MAX_LENGTH])
    system = found.os.family if found.os else ""
    browser = found.user_agent.family if found.user_agent else ""
    model = f"{found.device.family} {found.device.model or ''}" if found.device else ""
    return Agent(_device(text, system, model), browser, system)


def _device(text: str, system: str, model: str) -> str:
    if any(word in model or word in text for word in _TABLETS):
        return TABLET
    if system == "Android":
        return MOBILE if "Mobile" in text else TABLET
    if system in _MOBILES:
        return MOBILE
    return DESKTOP if system in _DESKTOPS else ""
