"""What every page has: templates, headers, the check of login, role and site, and errors that people can read."""

import gzip
import mimetypes
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any
from urllib.parse import quote

import anyio.to_thread
import jinja2
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from sojourn.app import Sojourn
from sojourn.errors import NotFound, SojournError
from sojourn.model.version import VERSION
from sojourn.pipeline.sites import DEFAULT_SITE
from sojourn.web.pages import asked as who
from sojourn.web.pages import texts
from sojourn.web.pages.asked import COOKIE, Asked

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Cache-Control": "no-store",
}
MOST_FIELDS = 200
Handler = Callable[[Asked], Response]
Responder = Callable[[Request], Awaitable[Response]]


@dataclass(frozen=True)
class Problem:
    """What a page could not do, as the API says it; `wait` are the seconds after which it may be repeated."""

    code: str
    message: str
    status: int
    wait: str | None = None


class Frame:
    def __init__(self, sojourn: Sojourn) -> None:
        self.sojourn = sojourn
        self._templates = jinja2.Environment(
            loader=jinja2.PackageLoader("sojourn", "templates"),
            autoescape=True,
            trim_blocks=True,
            lstrip_blocks=True,
            undefined=jinja2.StrictUndefined,
        )
        self._templates.globals |= texts.GLOBALS | {"static": static_path, "product_version": VERSION}
        self._templates.filters |= texts.FILTERS

    def route(self, path: str, handler: Handler, *, is_for_owners: bool = False) -> Route:
        """A page for those who are logged in; a POST needs the form's own token."""
        return Route(path, self._checked(handler, "GET", is_for_owners=is_for_owners), methods=["GET"])

    def action(self, path: str, handler: Handler, *, is_for_owners: bool = True) -> Route:
        """A form that changes something."""
        return Route(path, self._checked(handler, "POST", is_for_owners=is_for_owners), methods=["POST"])

    def rendered(self, template: str, asked: Asked, status: int = 200, **context: Any) -> Response:
        """A page of the site, with what the frame around it shows."""
        sites = sorted(name for name in asked.login.roles if name in self.sojourn.sites)
        is_demo = self.sojourn.is_demo and asked.site_id == DEFAULT_SITE
        body = self._templates.get_template(template).render(asked=asked, sites=sites, is_demo=is_demo, **context)
        return Response(body, status, HEADERS, media_type="text/html")

    def bare(self, template: str, status: int = 200, **context: Any) -> Response:
        """A page without a login."""
        return Response(self._templates.get_template(template).render(**context), status, HEADERS, "text/html")

    def failed(self, error: SojournError, asked: Asked | None, request: Request) -> Response:
        """What went wrong, and what to do."""
        wait = None if error.retry_after is None else str(error.retry_after)
        return self.told(Problem(error.code, error.message, error.status, wait), request, asked)

    def told(self, problem: Problem, request: Request, asked: Asked | None = None) -> Response:
        """A problem as a page: within the site's frame where it is known who asks."""
        query = f"?{request.url.query}" if request.url.query else ""
        context = {
            "problem": problem,
            "is_form": request.method != "GET",
            "again": f"{request.url.path}{query}",
            "bare": request.url.path if asked is None else asked.address(request.url.path),
            "back": who.page_before(request),
        }
        if asked is None:
            response = self.bare("error_bare.html", problem.status, **context)
        else:
            response = self.rendered("error.html", asked, problem.status, **context)
        if problem.wait is not None:
            response.headers["Retry-After"] = problem.wait
        return response

    def _checked(
        self, handler: Handler, method: str, *, is_for_owners: bool
    ) -> Callable[[Request], Awaitable[Response]]:
        async def respond(request: Request) -> Response:
            form = await request.form(max_files=0, max_fields=MOST_FIELDS) if method == "POST" else FormData()
            return await anyio.to_thread.run_sync(self._answer, handler, request, form, method, is_for_owners)

        return respond

    def _answer(self, handler: Handler, request: Request, form: FormData, method: str, is_for_owners: bool) -> Response:
        asked: Asked | None = None
        try:
            login = who.login_of(self.sojourn, request)
            if login is None:
                return self._to_login(request, method)
            site_id = who.site_of(self.sojourn, request, login)
            asked = Asked(request, login, request.cookies[COOKIE], self.sojourn.sites[site_id], site_id, form)
            if method == "POST":
                who.check_origin(request)
                who.check_own(asked)
            if is_for_owners:
                who.need_owner(asked)
            return handler(asked)
        except SojournError as error:
            return self.failed(error, asked, request)

    def _to_login(self, request: Request, method: str) -> Response:
        if self.sojourn.logins.is_empty:
            return self.bare("no_owner.html", 401)
        if request.headers.get("hx-request"):
            return Response(None, 204, {**HEADERS, "HX-Redirect": "/login"})
        query = f"?{request.url.query}" if request.url.query else ""
        then = quote(f"{request.url.path}{query}", safe="") if method == "GET" else ""
        return RedirectResponse(f"/login?then={then}" if then else "/login", 303, HEADERS)


def see_other(path: str) -> Response:
    """After a form was taken: the page that shows it."""
    return RedirectResponse(path, 303, HEADERS)


@cache
def _static(name: str) -> tuple[bytes, str]:
    """A file of `static/` and its type. Raises NotFound."""
    path = files("sojourn.static").joinpath(name)
    if "/" in name or name.startswith(".") or not path.is_file():
        raise NotFound(f"There is no file {name[:60]!r}.")
    return path.read_bytes(), mimetypes.guess_type(name)[0] or "application/octet-stream"


def static_path(name: str) -> str:
    """The address of a file of `static/`; it changes with the version, so that browsers keep it for long."""
    return f"/static/{name}?{VERSION}"


async def static_file(request: Request) -> Response:
    try:
        body, kind = _static(request.path_params["name"])
    except NotFound as error:
        return Response(error.message, 404, HEADERS, "text/plain")
    headers = {**HEADERS, "Cache-Control": "public, max-age=604800", "Vary": "Accept-Encoding"}
    if "gzip" in request.headers.get("accept-encoding", ""):
        body, headers["Content-Encoding"] = _compressed(body), "gzip"
    return Response(body, 200, headers, kind)


@cache
def _compressed(body: bytes) -> bytes:
    """Files only: a page holds the secret of its forms, and the length of what is compressed tells of it."""
    return gzip.compress(body, mtime=0)
