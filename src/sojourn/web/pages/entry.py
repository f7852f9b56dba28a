"""In and out: the first owner, logging in and out, one-time links."""

from collections.abc import Awaitable, Callable

import anyio.to_thread
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from sojourn.app import Sojourn
from sojourn.errors import InvalidRequest, SojournError
from sojourn.model.login import Login
from sojourn.pipeline.audit import Entry
from sojourn.pipeline.logins import TICKET_MS
from sojourn.pipeline.sites import DEFAULT_SITE
from sojourn.web.pages import asked as who
from sojourn.web.pages.asked import COOKIE, Asked
from sojourn.web.pages.audit_log import note_of_login
from sojourn.web.pages.frame import Frame, see_other

HOME = "/sessions"
Step = Callable[[Request, FormData], Response]


class Entrance:
    def __init__(self, frame: Frame) -> None:
        self._frame = frame
        self._sojourn = frame.sojourn

    def routes(self) -> list[Route]:
        pages = {"/login": self.login, "/welcome": self.welcome, "/invitation": self.invitation}
        return [
            Route("/", self.home),
            *(Route(path, self._open(step), methods=["GET", "POST"]) for path, step in pages.items()),
            self._frame.action("/logout", self.logout, is_for_owners=False),
            self._frame.action("/logout/everywhere", self.logout_everywhere, is_for_owners=False),
        ]

    async def home(self, _request: Request) -> Response:
        return see_other(HOME)

    def login(self, request: Request, form: FormData) -> Response:
        then = who.own_path(_field(form, "then") or request.query_params.get("then", ""), HOME)
        if request.method == "GET":
            if who.login_of(self._sojourn, request):
                return see_other(then)
            if self._sojourn.logins.is_empty:
                return self._frame.bare("no_owner.html", 401)
            return self._frame.bare("login.html", then=then, email="", message="")
        email, address = _field(form, "email"), request.client.host if request.client else ""
        try:
            login = self._sojourn.logins.check(email, _field(form, "password"), address, self._sojourn.now_ms())
        except SojournError as error:
            return self._frame.bare("login.html", error.status, then=then, email=email, message=error.message)
        return entered(self._sojourn, request, login, then)

    def welcome(self, request: Request, form: FormData) -> Response:
        """The one-time link that the terminal shows: creates the first owner."""
        token = _field(form, "token") or request.query_params.get("token", "")
        if not self._sojourn.logins.is_setup(token):
            return see_other("/login")
        if request.method == "GET":
            return self._frame.bare("welcome.html", token=token, email="", message="")
        email, now_ms = _field(form, "email"), self._sojourn.now_ms()
        try:
            _check_repeated(form)
            login = self._sojourn.logins.create_owner(
                token, email, _field(form, "password"), self._sojourn.sites, now_ms
            )
        except SojournError as error:
            return self._frame.bare("welcome.html", error.status, token=token, email=email, message=error.message)
        self._sojourn.audit.note(DEFAULT_SITE, Entry(now_ms, login.email, "owner_created", {}))
        return entered(self._sojourn, request, login, "/start")

    def invitation(self, request: Request, form: FormData) -> Response:
        """A one-time link: its holder sets a password."""
        token, now_ms = _field(form, "token") or request.query_params.get("token", ""), self._sojourn.now_ms()
        login = self._sojourn.logins.invited(token, now_ms)
        if request.method == "GET":
            return self._frame.bare("invitation.html", token=token, email=login.email, message="")
        try:
            _check_repeated(form)
            login = self._sojourn.logins.accept(token, _field(form, "password"), now_ms)
        except SojournError as error:
            return self._frame.bare(
                "invitation.html", error.status, token=token, email=login.email, message=error.message
            )
        note_of_login(self._sojourn, login.email, list(login.roles), "login_password_set")
        return entered(self._sojourn, request, login, HOME)

    def logout(self, asked: Asked) -> Response:
        self._sojourn.logins.close(asked.ticket, self._sojourn.now_ms())
        return _without_cookie(see_other("/login"))

    def logout_everywhere(self, asked: Asked) -> Response:
        self._sojourn.logins.close_all(asked.login.email, self._sojourn.now_ms())
        note_of_login(self._sojourn, asked.login.email, list(asked.login.roles), "login_closed_everywhere")
        return _without_cookie(see_other("/login"))

    def _open(self, step: Step) -> Callable[[Request], Awaitable[Response]]:
        """A step without a login, in a thread: hashing takes a while."""

        def answer(request: Request, form: FormData) -> Response:
            try:
                if request.method == "POST":
                    who.check_origin(request)
                return step(request, form)
            except SojournError as error:
                return self._frame.failed(error, None, request)

        async def respond(request: Request) -> Response:
            form = await request.form(max_files=0, max_fields=20) if request.method == "POST" else FormData()
            return await anyio.to_thread.run_sync(answer, request, form)

        return respond


def entered(sojourn: Sojourn, request: Request, login: Login, then: str) -> Response:
    """The page to go on to, with the cookie of a browser that is logged in."""
    response = see_other(then)
    token = sojourn.logins.open(login, sojourn.now_ms())
    is_secure = request.headers.get("x-forwarded-proto", request.url.scheme) == "https"
    response.set_cookie(
        COOKIE, token, max_age=TICKET_MS // 1000, path="/", httponly=True, samesite="lax", secure=is_secure
    )
    return response


def _without_cookie(response: Response) -> Response:
    assert isinstance(response, RedirectResponse)
    response.delete_cookie(COOKIE, path="/")
    return response


def _field(form: FormData, name: str) -> str:
    value = form.get(name, "")
    return value if isinstance(value, str) else ""


def _check_repeated(form: FormData) -> None:
    """Raises InvalidRequest when the two passwords differ."""
    if _field(form, "password") != _field(form, "repeated"):
        raise InvalidRequest("The two passwords differ.")
