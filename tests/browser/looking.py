"""What the browser tests look at, and how."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import Enum
from pathlib import Path
from typing import Any, Literal

import httpx
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

from sojourn.web.pages.asked import COOKIE
from tests.serving import Server

SERIOUS = ("serious", "critical")


class Look(Enum):
    """Width, height and colours."""

    LIGHT = (1280, 900, "light")
    DARK = (1280, 900, "dark")
    PHONE = (390, 844, "light")

    @property
    def scheme(self) -> Literal["light", "dark"]:
        return "dark" if self is Look.DARK else "light"


@dataclass(frozen=True)
class Served:
    server: Server
    cookie: str

    @classmethod
    def filled(cls, server: Server, owner: httpx.Client) -> "Served":
        payloads = list(journeys(datetime.now(UTC)))
        server.send(*payloads)
        server.settled(len(payloads))
        return cls(server, owner.cookies[COOKIE])

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server.port}"

    @contextmanager
    def opened(
        self, browser: Browser, look: Look, *, is_scripted: bool = True, is_known: bool = True, is_quiet: bool = True
    ) -> Iterator[Page]:
        """A page of the owner's browser; what its console says as an error fails the test, unless it is to be loud."""
        width, height, _ = look.value
        context = browser.new_context(
            viewport={"width": width, "height": height},
            color_scheme=look.scheme,
            java_script_enabled=is_scripted,
            timezone_id="Europe/Berlin",
            base_url=self.address,
        )
        if is_known:
            context.add_cookies([{"name": COOKIE, "value": self.cookie, "url": self.address}])
        page, said = context.new_page(), list[str]()
        page.on("console", lambda message: said.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: said.append(str(error)))
        yield page
        context.close()
        assert not is_quiet or said == []


def journeys(now: datetime) -> Iterator[dict[str, Any]]:
    """Sixty leads, each with a journey of some pages a day or more ago; every third asks for a demo, every fifth buys."""
    for number in range(60):
        at = now - timedelta(days=1 + number % 27, hours=number % 11)
        types = ["email_click", "page_view", "page_view", *(["demo_request"] if number % 3 == 0 else [])]
        types += ["purchase"] if number % 5 == 0 else []
        for step, kind in enumerate(types):
            yield {
                "type": kind,
                "event_id": f"{number}-{step}",
                "occurred_at": (at + timedelta(minutes=2 * step)).isoformat(),
                "lead": {"email": f"lead{number}@example.com", "name": f"Lead {number} of a long company name"},
                "url": f"https://example.com/{'pricing' if step else 'blog/a-post-with-a-long-address'}",
                "points": 5 * step,
                **({"value": 99.5, "currency": "EUR"} if kind == "purchase" else {}),
            }


def serious_findings(page: Page) -> list[str]:
    """What axe-core finds that keeps people out."""
    found = Axe().run(page).response["violations"]
    return [
        f"{each['id']}: {node['html'][:120]}" for each in found if each["impact"] in SERIOUS for node in each["nodes"]
    ]


def scrolls_sideways(page: Page) -> bool:
    return bool(page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth"))


def keep(page: Page, folder: Path, name: str) -> None:
    """A screenshot, for people to look at."""
    folder.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=folder / f"{name}.png", full_page=True)
