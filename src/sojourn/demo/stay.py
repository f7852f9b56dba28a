"""A made-up person at work: what is done, one thing after the other, each with the instant at which it happens."""

import random
from typing import Any, NamedTuple

from sojourn.demo.people import Device, Person
from sojourn.demo.product import APP, APP_TITLES, DIRECT, PAGE_POINTS, POINTS, SITE, TITLES, Origin

LONGEST_MS = 14 * 60_000
Payload = dict[str, Any]


class Done(NamedTuple):
    """Something that happened: an event as the API takes it, but for its instants."""

    at_ms: int
    payload: Payload


class Teller:
    """Collects what one person does. `is_known` says whether the site knows by now who it is."""

    def __init__(self, person: Person, rng: random.Random, prefix: str, *, is_known: bool = False) -> None:
        self.person = person
        self.rng = rng
        self.is_known = is_known
        self.suppressed = ""
        self.done: list[Done] = []
        self._prefix = prefix

    def add(self, at_ms: int, payload: Payload) -> None:
        payload["event_id"] = f"{self._prefix}-{len(self.done)}"
        if self.suppressed:
            payload["suppressed"] = self.suppressed
        self.done.append(Done(at_ms, payload))

    def device(self) -> Device:
        """Mostly the first one."""
        return self.person.devices[-1 if self.rng.random() < 0.3 else 0]

    def stay(self, at_ms: int, device: Device | None = None) -> "Stay":
        return Stay(self, at_ms, device or self.device())


class Stay:
    """Somebody in front of a browser; `at_ms` moves on with each thing that is done."""

    def __init__(self, teller: Teller, at_ms: int, device: Device) -> None:
        self.teller = teller
        self.rng = teller.rng
        self.at_ms = at_ms
        self.device = device
        self._is_named = False
        self._page_count = 0

    def view(self, path: str, origin: Origin = DIRECT) -> None:
        """A page of the website, and the time that it takes to read it."""
        url = f"{SITE}{path}?{origin.query}" if origin.query else SITE + path
        self._view(url, TITLES[path], path, origin)

    def app(self, path: str) -> None:
        """A page of the product itself."""
        self._view(APP + path, APP_TITLES[path], path, DIRECT)

    def _view(self, url: str, title: str, path: str, origin: Origin) -> None:
        points = 1 + next((more for beginning, more in PAGE_POINTS if path.startswith(beginning)), 0)
        payload: Payload = {"type": "page_view", "url": url, "title": title, "points": points}
        if origin.referrer:
            payload["referrer"] = origin.referrer
        self._add(payload)
        self.pause(40 if self._page_count else 18)  # from the first one people go on fast
        self._page_count += 1

    def act(self, kind: str, path: str = "", **fields: Any) -> None:
        """Something else than a look at a page, on the page of that path."""
        payload: Payload = {"type": kind, **fields}
        if path:
            payload["url"] = SITE + path
        if kind in POINTS:
            payload["points"] = POINTS[kind]
        self._add(payload)
        self.pause(12)

    def name(self, kind: str, path: str, **fields: Any) -> None:
        """An act by which the site learns who it is."""
        self.teller.is_known, self._is_named = True, False
        self.act(kind, path, **fields)

    def pause(self, seconds: float) -> None:
        """Around so many seconds, rarely minutes."""
        self.at_ms += min(LONGEST_MS, int(1000 * (2 + self.rng.lognormvariate(0, 1.05) * seconds)))

    def elsewhere(self) -> None:
        """The same person goes on with another device, if there is one."""
        others = [device for device in self.teller.person.devices if device != self.device]
        if others:
            self.device, self._is_named = others[0], False
            self.pause(90)

    def _add(self, payload: Payload) -> None:
        person = self.teller.person
        payload["visitor_id"] = self.device.visitor_id
        if self.teller.is_known and not self._is_named:
            payload["lead"] = person.lead
            if person.account:
                payload["account"] = person.account
            self._is_named = True
        payload["context"] = {"user_agent": self.device.agent, "country": person.country}
        self.teller.add(self.at_ms, payload)
