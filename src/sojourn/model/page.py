"""Pages and paths: what a URL means to a session."""

from functools import lru_cache
from typing import NamedTuple


class Location(NamedTuple):
    """Where a URL leads: its host, its path and the page it shows; all '' without a URL."""

    host: str
    path: str
    page: str


@lru_cache(16_384)  # a site has few pages, and this is done for every event
def location_of(url: str) -> Location:
    return Location(host_of(url), path_of(url), page_of(url)) if url else Location("", "", "")


def page_of(url: str) -> str:
    """The page a URL shows: lower-case host + path without a trailing slash; '' without a URL.

    `https://Shop.example/a/?x=1#y` is the page `shop.example/a`; without a host, `/a/` is `/a`.
    """
    if not url:
        return ""
    host, path = host_of(url), path_of(url)
    return (host + path).rstrip("/") or host or "/"


def host_of(url: str) -> str:
    """The lower-case host of a URL without its port and login; '' for a path alone."""
    rest = _behind_scheme(url)
    if rest is None:
        return ""
    authority = rest.partition("/")[0].partition("?")[0].partition("#")[0]
    host = authority.rpartition("@")[2]
    return host.partition(":")[0].lower() if not host.startswith("[") else host.lower()


def path_of(url: str) -> str:
    """The path of a URL without query and fragment, at least `/`."""
    rest = _behind_scheme(url)
    path = url if rest is None else rest[len(rest.partition("/")[0].partition("?")[0].partition("#")[0]) :]
    path = path.partition("#")[0].partition("?")[0]
    return path if path.startswith("/") else "/" + path


def _behind_scheme(url: str) -> str | None:
    """What follows `//`, or None when the URL names no host."""
    scheme, mark, rest = url.partition("://")
    if mark and "/" not in scheme and "?" not in scheme:
        return rest
    return url[2:] if url.startswith("//") else None
