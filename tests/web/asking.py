"""The API asked in this process, at an instant that stands still: a site of its own, with its key."""

from collections.abc import Callable
from typing import Any

import httpx

from sojourn.app import Sojourn
from sojourn.model.site import Site
from tests.conftest import NOW
from tests.kit import send

Http = Callable[..., httpx.Response]


class Asked:
    """A site and its secret key."""

    def __init__(self, app: Sojourn, http: Http, site: Site) -> None:
        self.site = site
        self.app = app
        _, text = app.keys.create(site.id, "secret", is_test=False, now_ms=NOW)
        self._http = http
        self._headers = {"Authorization": f"Bearer {text}"}

    def send(self, *payloads: dict[str, Any]) -> None:
        send(self.app, self.site, [{"type": "click", "visitor_id": "v", **payload} for payload in payloads])

    def ask(self, method: str, path: str, **options: Any) -> tuple[int, Any]:
        answer = self._http(method, path, headers=self._headers, **options)
        return answer.status_code, answer.json()

    def get(self, path: str, **parameters: Any) -> Any:
        status, body = self.ask("GET", path, params=parameters)
        assert status == 200, body
        return body

    def sessions(self, **parameters: Any) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.get("/v1/sessions", **parameters)["data"]
        return found

    def starts(self, **parameters: Any) -> list[str]:
        return [session["started_at"] for session in self.sessions(**parameters)]


Make = Callable[..., Asked]


def at(before_ms: int, **more: Any) -> dict[str, Any]:
    """An event so long before now."""
    return {"occurred_at": NOW - before_ms, "event_id": str(before_ms), **more}
