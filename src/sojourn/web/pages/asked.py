"""Who asks for a page, of which site, and in which time zone; and what makes sure that a form was filled in here."""

import hashlib
import hmac
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Any
from urllib.parse import urlencode, urlsplit
from zoneinfo import ZoneInfo, available_timezones

from starlette.datastructures import FormData
from starlette.requests import Request

from sojourn.app import Sojourn
from sojourn.errors import Forbidden, InvalidRequest, NotFound
from sojourn.model.login import OWNER, Login
from sojourn.model.site import Site, owner_of

COOKIE, ZONE_COOKIE = "sojourn_login", "sojourn_time_zone"
SITE = "site"


@dataclass(frozen=True)
class Asked:
    """A request of somebody who is logged in; `form` holds the fields of a POST."""

    request: Request
    login: Login
    ticket: str
    site: Site
    site_id: str
    form: FormData

    @property
    def is_owner(self) -> bool:
        return self.login.roles[owner_of(self.site_id)] == OWNER

    @property
    def is_part(self) -> bool:
        """Whether a page asks for a part of itself."""
        return "hx-request" in self.request.headers

    @property
    def csrf(self) -> str:
        return csrf_of(self.ticket)

    @cached_property
    def zone(self) -> ZoneInfo:
        """The viewer's time zone as the browser says, else the site's."""
        name = self.request.cookies.get(ZONE_COOKIE, "").replace("%2F", "/")
        return ZoneInfo(name if name in _zones() else self.site.time_zone)

    @property
    def pairs(self) -> list[tuple[str, str]]:
        """The parameters of the address but for the site, and for fields of a form that were left empty."""
        return [(name, value) for name, value in self.request.query_params.multi_items() if name != SITE and value]

    def address(self, path: str, pairs: list[tuple[str, Any]] | None = None) -> str:
        """A path with parameters, for the same site."""
        shown = [(SITE, self.site_id)] if SITE in self.request.query_params else []
        query = urlencode([*shown, *(pairs or [])])
        return f"{path}?{query}" if query else path

    def field(self, name: str) -> str:
        """A field of the form, '' without it."""
        value = self.form.get(name, "")
        return value if isinstance(value, str) else ""


@cache
def _zones() -> frozenset[str]:
    """Looking for their files takes tens of milliseconds."""
    return frozenset(available_timezones())


def csrf_of(ticket: str) -> str:
    """What each form of a login holds, and no other site can know."""
    return hmac.new(ticket.encode(), b"form", hashlib.sha256).hexdigest()


def check_own(asked: Asked) -> None:
    """Raises Forbidden for a form that was not filled in on a page of this login."""
    if not hmac.compare_digest(asked.field("csrf").encode(), asked.csrf.encode()):
        raise Forbidden("This form is of another login or was open too long; go back, load the page again, repeat.")


def check_origin(request: Request) -> None:
    """Raises Forbidden for a form that another site sent."""
    origin = request.headers.get("origin")
    is_foreign = origin is not None and urlsplit(origin).netloc != request.headers.get("host")
    if is_foreign or request.headers.get("sec-fetch-site") in ("cross-site", "same-site"):
        raise Forbidden("This form was sent by another site.")


def login_of(sojourn: Sojourn, request: Request) -> Login | None:
    return sojourn.logins.of_ticket(request.cookies.get(COOKIE, ""), sojourn.now_ms())


def site_of(sojourn: Sojourn, request: Request, login: Login) -> str:
    """The site that the address names, else the first that the login may see. Raises NotFound, Forbidden."""
    named = request.query_params.get(SITE)
    seen = [name for name in sorted(login.roles) if name in sojourn.sites]
    if named is None:
        if not seen:
            raise Forbidden("This login may see no site; ask an owner.")
        return "default" if "default" in seen else seen[0]
    if owner_of(named) not in seen:
        raise NotFound(f"There is no site {named[:60]!r} for this login.")
    return named


def need_owner(asked: Asked) -> None:
    """Raises Forbidden for a viewer."""
    if not asked.is_owner:
        raise Forbidden("Only an owner of the site may do this.")


def own_path(text: str, otherwise: str) -> str:
    """A path on this server: what a login goes on to. Anything else would lead elsewhere."""
    is_own = text.startswith("/") and not text.startswith("//") and "\\" not in text and text.isprintable()
    return text if is_own else otherwise


def page_before(request: Request) -> str:
    """The page of this server on which a form was sent, '' where the browser does not say."""
    parts = urlsplit(request.headers.get("referer", ""))
    if parts.netloc != request.headers.get("host"):
        return ""
    return own_path(f"{parts.path}?{parts.query}" if parts.query else parts.path, "")


def one_of(field: str, text: str, allowed: tuple[str, ...]) -> str:
    """Raises InvalidRequest."""
    if text not in allowed:
        raise InvalidRequest(f"{field} is {text[:60]!r}; allowed: {', '.join(allowed)}.")
    return text
