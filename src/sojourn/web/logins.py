"""Logins, on the folder's socket alone: whoever may use the folder can let people in, and renew a lost password."""

from typing import Any

import anyio.to_thread
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sojourn.app import Sojourn
from sojourn.errors import InvalidRequest
from sojourn.model.instant import iso
from sojourn.model.login import VIEWER, Login, email_of
from sojourn.model.site import owner_of
from sojourn.pipeline.audit import MACHINE, Entry
from sojourn.web.access import access_of
from sojourn.web.answers import json_answer
from sojourn.web.api import object_of


class LocalLogins:
    def __init__(self, sojourn: Sojourn) -> None:
        self._sojourn = sojourn

    def routes(self) -> list[Route]:
        return [
            Route("/local/logins", self.list_logins),
            Route("/local/logins", self.invite, methods=["POST"]),
            Route("/local/logins/{email}/link", self.renew, methods=["POST"]),
            Route("/local/logins/{email}", self.remove, methods=["DELETE"]),
        ]

    def _site(self, request: Request) -> str:
        """The site of which the request speaks. Raises InvalidRequest when there is none."""
        return owner_of(access_of(self._sojourn, request.scope["headers"], is_local=True).site_id)

    async def list_logins(self, request: Request) -> Response:
        site_id = self._site(request)
        return json_answer({"data": [shown(login, site_id) for login in self._sojourn.logins.list(site_id)]})

    async def invite(self, request: Request) -> Response:
        body, site_id = object_of(await request.body()), self._site(request)
        email, role = body.get("email"), body.get("role")
        if not isinstance(email, str) or not isinstance(role, str | None):
            raise InvalidRequest("email and role are texts.")
        login, token = await anyio.to_thread.run_sync(self._invite, email, site_id, role)
        return json_answer({"data": shown(login, site_id) | {"token": token or None}}, 201)

    def _invite(self, email: str, site_id: str, role: str | None) -> tuple[Login, str]:
        """Without a role it stays what it is, or is that of a viewer."""
        known = next((each for each in self._sojourn.logins.list(site_id) if each.email == email_of(email)), None)
        role = role or (known.roles[site_id] if known else VIEWER)
        invited = self._sojourn.logins.invite(email, site_id, role, self._sojourn.now_ms())
        self._note(site_id, "login_invited", {"email": invited[0].email, "role": role})
        return invited

    async def renew(self, request: Request) -> Response:
        login, token = await anyio.to_thread.run_sync(self._renew, request.path_params["email"])
        return json_answer({"data": {"email": login.email, "token": token}}, 201)

    def _renew(self, email: str) -> tuple[Login, str]:
        renewed = self._sojourn.logins.renew(email, self._sojourn.now_ms())
        for site_id in renewed[0].roles:
            self._note(site_id, "login_link_made", {"email": renewed[0].email})
        return renewed

    async def remove(self, request: Request) -> Response:
        site_id = self._site(request)
        login = await anyio.to_thread.run_sync(self._remove, request.path_params["email"], site_id)
        return json_answer({"data": {"email": login.email}})

    def _remove(self, email: str, site_id: str) -> Login:
        login = self._sojourn.logins.remove(email, site_id)
        self._note(site_id, "login_removed", {"email": login.email})
        return login

    def _note(self, site_id: str, action: str, detail: dict[str, Any]) -> None:
        self._sojourn.audit.note(site_id, Entry(self._sojourn.now_ms(), MACHINE, action, detail))


def shown(login: Login, site_id: str) -> dict[str, Any]:
    """A login of a site as it may be shown: without what would let anybody in."""
    return {
        "email": login.email,
        "role": login.roles[site_id],
        "has_password": bool(login.password_hash),
        "link_ends_at": iso(login.invite_ends_at) if login.invite_hash else None,
        "created_at": iso(login.created_at),
    }
