"""Who may log in to a site: invited, given a role and removed by its owners. Links are shown once."""

from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sojourn.errors import Forbidden, InvalidRequest, SojournError
from sojourn.model.instant import iso
from sojourn.model.login import OWNER, ROLES, Login, check_role, email_of
from sojourn.model.site import owner_of
from sojourn.web.pages.asked import Asked
from sojourn.web.pages.audit_log import note
from sojourn.web.pages.frame import Frame, see_other

DONE = {"role": "The role is changed.", "removed": "They see this site no more."}


class People:
    def __init__(self, frame: Frame) -> None:
        self._frame = frame
        self._sojourn = frame.sojourn
        self._logins = frame.sojourn.logins

    def routes(self) -> list[Route]:
        return [
            self._frame.route("/settings/people", self.list, is_for_owners=True),
            self._frame.action("/settings/people", self.invite),
            self._frame.action("/settings/people/role", self.change_role),
            self._frame.action("/settings/people/link", self.renew),
            self._frame.action("/settings/people/remove", self.remove),
        ]

    def list(self, asked: Asked) -> Response:
        return self._page(asked, done=DONE.get(dict(asked.pairs).get("done", ""), ""))

    def invite(self, asked: Asked) -> Response:
        """A link to set a password; who has one, for another site, needs none."""
        site_id = owner_of(asked.site_id)
        try:
            email, role = email_of(asked.field("email")), check_role(asked.field("role"))
            self._check_new(asked, email)
            login, token = self._logins.invite(email, site_id, role, self._sojourn.now_ms())
        except SojournError as error:
            return self._page(asked, error=error, typed={name: asked.field(name) for name in ("email", "role")})
        note(self._sojourn, asked, "login_invited", {"email": login.email, "role": role})
        if not token:
            return self._page(asked, done=f"{login.email} may see this site now, with the password they have.")
        return self._page(asked, link=link_of(asked.request, token), invited=login.email)

    def change_role(self, asked: Asked) -> Response:
        try:
            before = self._logins.find(asked.field("email"))
            login = self._logins.change_role(before.email, owner_of(asked.site_id), asked.field("role"))
        except SojournError as error:
            return self._page(asked, error=error)
        site_id = owner_of(asked.site_id)
        role = {"from": before.roles[site_id], "to": login.roles[site_id]}
        note(self._sojourn, asked, "login_role_changed", {"email": login.email, "role": role})
        # Who is no owner any more does not see this page.
        is_self = login.email == asked.login.email and role["to"] != OWNER
        return see_other(asked.address(*(["/settings"] if is_self else ["/settings/people", [("done", "role")]])))

    def renew(self, asked: Asked) -> Response:
        try:
            login = self._logins.find(asked.field("email"))
            self._check_ours(asked, login)
            login, token = self._logins.renew(login.email, self._sojourn.now_ms())
        except SojournError as error:
            return self._page(asked, error=error)
        note(self._sojourn, asked, "login_link_made", {"email": login.email})
        return self._page(asked, link=link_of(asked.request, token), invited=login.email)

    def remove(self, asked: Asked) -> Response:
        try:
            login = self._logins.remove(asked.field("email"), owner_of(asked.site_id))
        except SojournError as error:
            return self._page(asked, error=error)
        note(self._sojourn, asked, "login_removed", {"email": login.email})
        if login.email == asked.login.email:
            return see_other("/sessions")
        return see_other(asked.address("/settings/people", [("done", "removed")]))

    def _check_new(self, asked: Asked, email: str) -> None:
        """Raises InvalidRequest for who is here, and for who was invited elsewhere: that link would open this site."""
        known = next((each for each in self._logins.everybody() if each.email == email), None)
        if known is None:
            return
        if owner_of(asked.site_id) in known.roles:
            raise InvalidRequest(f"{email} may see this site already; change the role below, or make a new link.")
        if not known.password_hash and not _is_ours(asked, known):
            raise InvalidRequest(
                f"{email} was invited to another site and has not set a password yet; invite them then."
            )

    def _check_ours(self, asked: Asked, login: Login) -> None:
        """Raises Forbidden when the link would open sites on which the asking login is no owner."""
        if owner_of(asked.site_id) not in login.roles or not _is_ours(asked, login):
            raise Forbidden(
                f"{login.email} may see sites of which you are no owner, so you may make no link; whoever runs the "
                "server can, with `sojourn logins link`."
            )

    def _page(self, asked: Asked, error: SojournError | None = None, **context: Any) -> Response:
        site_id, now_ms = owner_of(asked.site_id), self._sojourn.now_ms()
        people = [
            {
                "email": login.email,
                "role": login.roles[site_id],
                "has_password": bool(login.password_hash),
                "link_ends_at": iso(login.invite_ends_at) if login.invite_hash else None,
                "is_over": bool(login.invite_hash) and login.invite_ends_at <= now_ms,
                "is_self": login.email == asked.login.email,
                "may_renew": _is_ours(asked, login),
            }
            for login in self._logins.list(site_id)
        ]
        shown = {"done": "", "link": "", "invited": "", "typed": {}, **context}
        status, problem = (error.status, error.message) if error else (200, "")
        return self._frame.rendered("people.html", asked, status, people=people, roles=ROLES, problem=problem, **shown)


def _is_ours(asked: Asked, login: Login) -> bool:
    """Whether the asking login owns every site that the other may see."""
    return all(asked.login.roles.get(site_id) == OWNER for site_id in login.roles)


def address_of(request: Request) -> str:
    """Where the pages are, as the browser asks for them."""
    scheme = request.headers.get("x-forwarded-proto", request.url.scheme)
    return f"{'https' if scheme == 'https' else 'http'}://{request.url.netloc}"


def link_of(request: Request, token: str) -> str:
    return f"{address_of(request)}/invitation?token={token}"
