"""One's own login: the password."""

from starlette.responses import Response
from starlette.routing import Route

from sojourn.errors import InvalidRequest, RateLimitExceeded, SojournError, Unauthorized
from sojourn.web.pages.asked import Asked
from sojourn.web.pages.audit_log import note_of_login
from sojourn.web.pages.entry import entered
from sojourn.web.pages.frame import Frame


class OwnLogin:
    def __init__(self, frame: Frame) -> None:
        self._frame = frame
        self._sojourn = frame.sojourn

    def routes(self) -> list[Route]:
        return [
            self._frame.route("/settings/login", self.show),
            self._frame.action("/settings/login/password", self.change_password, is_for_owners=False),
        ]

    def show(self, asked: Asked) -> Response:
        is_done = dict(asked.pairs).get("done") == "password"
        done = "The password is changed. Every other browser is logged out." if is_done else ""
        return self._frame.rendered("own_login.html", asked, done=done, problem="")

    def change_password(self, asked: Asked) -> Response:
        """Every browser is logged out but this one, which gets a new ticket."""
        address, now_ms = asked.request.client.host if asked.request.client else "", self._sojourn.now_ms()
        try:
            if asked.field("password") != asked.field("repeated"):
                raise InvalidRequest("The two new passwords differ.")
            self._check_present(asked, address, now_ms)
            login = self._sojourn.logins.change_password(asked.login.email, asked.field("password"), now_ms)
        except SojournError as error:
            response = self._frame.rendered("own_login.html", asked, error.status, done="", problem=error.message)
            if error.retry_after is not None:
                response.headers["Retry-After"] = str(error.retry_after)
            return response
        note_of_login(self._sojourn, login.email, list(login.roles), "login_password_set")
        then = asked.address("/settings/login", [("done", "password")])
        return entered(self._sojourn, asked.request, login, then)

    def _check_present(self, asked: Asked, address: str, now_ms: int) -> None:
        try:
            self._sojourn.logins.check(asked.login.email, asked.field("present"), address, now_ms)
        except RateLimitExceeded:
            raise
        except Unauthorized:
            raise InvalidRequest("The present password is wrong.") from None
