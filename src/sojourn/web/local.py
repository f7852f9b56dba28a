"""What only the owner of the machine may do, on the folder's socket: keys, and settings of the running server."""

from typing import Any

import anyio.to_thread
import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sojourn.app import Sojourn
from sojourn.errors import InvalidRequest
from sojourn.model.site import owner_of
from sojourn.pipeline.audit import MACHINE, Entry
from sojourn.pipeline.keys import ID_LENGTH, Key
from sojourn.web.access import access_of
from sojourn.web.answers import json_answer
from sojourn.web.api import object_of


class Local:
    def __init__(self, sojourn: Sojourn) -> None:
        self._sojourn = sojourn

    def routes(self) -> list[Route]:
        return [
            Route("/local/keys", self.list_keys),
            Route("/local/keys", self.create_key, methods=["POST"]),
            Route("/local/keys/{id}/rotate", self.rotate_key, methods=["POST"]),
            Route("/local/keys/{id}", self.revoke_key, methods=["DELETE"]),
        ]

    def _site(self, request: Request) -> str:
        """The site of which the request speaks. Raises InvalidRequest when there is none."""
        return access_of(self._sojourn, request.scope["headers"], is_local=True).site_id

    async def list_keys(self, request: Request) -> Response:
        return json_answer({"data": [shown(key) for key in self._sojourn.keys.list(self._site(request))]})

    async def create_key(self, request: Request) -> Response:
        body = object_of(await request.body())
        kind, is_test = body.get("kind", "secret"), body.get("is_test", False)
        if not isinstance(kind, str) or not isinstance(is_test, bool):
            raise InvalidRequest("kind is a text (secret, publishable) and is_test true or false.")
        key, token = await anyio.to_thread.run_sync(self._create, self._site(request), kind, is_test)
        return json_answer({"data": shown(key) | {"key": token}}, 201)

    def _create(self, site_id: str, kind: str, is_test: bool) -> tuple[Key, str]:
        is_test = is_test or site_id != owner_of(site_id)
        made = self._sojourn.keys.create(site_id, kind, is_test=is_test, now_ms=self._sojourn.now_ms())
        return self._noted("key_created", made[0]), made[1]

    def _key(self, request: Request) -> str:
        """The id in the path, of a key of the site. Raises NotFound."""
        key_id: str = request.path_params["id"]
        self._sojourn.keys.owned(key_id, self._site(request))
        return key_id

    async def rotate_key(self, request: Request) -> Response:
        key, token = await anyio.to_thread.run_sync(self._rotate, self._key(request))
        return json_answer({"data": shown(key) | {"key": token}}, 201)

    def _rotate(self, key_id: str) -> tuple[Key, str]:
        made = self._sojourn.keys.rotate(key_id, self._sojourn.now_ms())
        return self._noted("key_rotated", made[0], key_id), made[1]

    async def revoke_key(self, request: Request) -> Response:
        key = await anyio.to_thread.run_sync(self._revoke, self._key(request))
        return json_answer({"data": shown(key)})

    def _revoke(self, key_id: str) -> Key:
        return self._noted("key_revoked", self._sojourn.keys.revoke(key_id, self._sojourn.now_ms()))

    def _noted(self, action: str, key: Key, replaced: str = "") -> Key:
        entry = Entry(self._sojourn.now_ms(), MACHINE, action, told(key, replaced))
        self._sojourn.audit.note(key.site_id, entry)
        return key


def told(key: Key, replaced: str = "") -> dict[str, Any]:
    """A key as the audit log names it; `replaced` is the id of the one whose place it takes."""
    kind = f"{key.kind}, {'test' if key.is_test else 'live'}"
    return {"id": key.key_hash[:ID_LENGTH], "kind": kind} | ({"replaces": replaced} if replaced else {})


def shown(key: Key) -> dict[str, Any]:
    """A key as it may be shown: without what would let anybody in."""
    body: dict[str, Any] = msgspec.to_builtins(key)
    body["id"] = body.pop("key_hash")[:ID_LENGTH]
    del body["version"]
    body["site_id"] = owner_of(key.site_id)
    return body | {"is_test": key.is_test}
