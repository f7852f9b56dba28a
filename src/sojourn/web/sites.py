"""Sites, on the folder's socket alone: which there are is the business of the machine's owner."""

from typing import Any

import anyio.to_thread
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sojourn.app import Sojourn
from sojourn.errors import InvalidRequest
from sojourn.model.site import Site, shown
from sojourn.web.answers import json_answer
from sojourn.web.api import object_of


class LocalSites:
    def __init__(self, sojourn: Sojourn) -> None:
        self._sojourn = sojourn

    def routes(self) -> list[Route]:
        return [
            Route("/local/sites", self.list_sites),
            Route("/local/sites", self.add_site, methods=["POST"]),
            Route("/local/sites/{id}", self.remove_site, methods=["DELETE"]),
        ]

    async def list_sites(self, _request: Request) -> Response:
        sites = sorted(self._sojourn.sites.values(), key=lambda site: site.id)
        return json_answer({"data": [self._told(site) for site in sites]})

    def _told(self, site: Site) -> dict[str, Any]:
        return shown(site) | {"key_count": len(self._sojourn.keys.list(site.id))}

    async def add_site(self, request: Request) -> Response:
        body = object_of(await request.body())
        site_id, name = body.get("id"), body.get("name")
        if not isinstance(site_id, str) or not (name is None or (isinstance(name, str) and 0 < len(name) <= 200)):
            raise InvalidRequest("id is a text and name one of 1 to 200 characters.")
        site = await anyio.to_thread.run_sync(self._sojourn.registry.add, site_id, name)
        return json_answer({"data": self._told(site)}, 201)

    async def remove_site(self, request: Request) -> Response:
        site = await anyio.to_thread.run_sync(self._sojourn.registry.remove, request.path_params["id"])
        return json_answer({"data": shown(site)})
