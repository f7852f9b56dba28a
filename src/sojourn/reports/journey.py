"""One session with its events, under its present id or under any that was ever served."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import msgspec

from sojourn.errors import NotFound
from sojourn.model.instant import iso
from sojourn.model.session import decode_id
from sojourn.model.site import Site, oldest_kept
from sojourn.pipeline.owners import Owners
from sojourn.reports.cursor import decode_place, encode_place
from sojourn.reports.holding import Holding
from sojourn.reports.leads import Leads
from sojourn.reports.sessions import Sessions
from sojourn.store.engine import Engine, sql

MAX_EVENTS = 10_000


@dataclass(frozen=True)
class Part:
    """A session with events of it, oldest first, and the place behind which the others are.

    `types` are those of all its events.
    """

    session: dict[str, Any]
    types: frozenset[str]
    events: list[dict[str, Any]]
    following: str | None


class Journeys:
    def __init__(self, engine: Engine, sessions: Sessions, leads: Leads, holding: Holding) -> None:
        self._engine = engine
        self._sessions = sessions
        self._leads = leads
        self._holding = holding

    def journey(self, site: Site, site_id: str, text: str, now_ms: int, place: str | None = None) -> dict[str, Any]:
        """The session, its events oldest first and its nudges. Raises NotFound."""
        part = self.part(site, site_id, text, now_ms, place, MAX_EVENTS)
        following = {} if part.following is None else {"events_next_cursor": part.following}
        return part.session | {"events": part.events, "nudges": []} | following

    def part(self, site: Site, site_id: str, text: str, now_ms: int, place: str | None, most: int) -> Part:
        """The session and up to `most` of its events behind the place. Raises NotFound, InvalidRequest."""
        row = self.found(site, site_id, text, now_ms)
        events = self._events(site, site_id, row, place, most)
        return Part(
            self._sessions.present(site, site_id, [row], now_ms)[0],
            frozenset(row["types"]),
            [_event(event, site.hosts) for event in events[:most]],
            encode_place(*_place_of(events[most - 1])) if len(events) > most else None,
        )

    def found(self, site: Site, site_id: str, text: str, now_ms: int) -> dict[str, Any]:
        """The row of the session that the id stands for now. Raises NotFound."""
        row = self._find(site, site_id, text)
        if row is None or row["started_at"] < oldest_kept(site, now_ms):
            raise NotFound(f"There is no session {text[:60]!r} on this site, or it is older than the site keeps.")
        return row

    def _find(self, site: Site, site_id: str, text: str) -> dict[str, Any] | None:
        number = decode_id(text)
        if number is None:
            return None
        rows = self._sessions.of_numbers(site, site_id, [number])
        if not rows:
            holders = self._holding.now(site, site_id, [number])
            rows = self._sessions.of_numbers(site, site_id, list(holders.values()))
        return rows[0] if rows else None

    def _events(
        self, site: Site, site_id: str, row: dict[str, Any], place: str | None, most: int
    ) -> list[dict[str, Any]]:
        """The lead's events in the session, behind the place; one more than `most` where there is one."""
        keys = self._leads.keys(site_id, row["lead"])
        owners = Owners.behind(self._engine, site_id, set(keys))
        after = decode_place(place) if place is not None else (-1, "", "")
        parameters = {
            "site_id": site_id,
            "keys": keys,
            "from_ms": row["started_at"],
            "to_ms": row["ended_at"],
            "passive_types": list(site.passive_types),
            "most": most + 1,
        }
        found: list[dict[str, Any]] = []
        while len(found) <= most:
            place_after = dict(zip(("after_ms", "after_id", "after_sender"), after, strict=True))
            events = self._engine.named(sql("event.of_session"), parameters | place_after)
            found += [event for event in events if owners.of_row(event) == row["lead"]]
            if len(events) <= most:
                break
            after = _place_of(events[-1])
        return found[: most + 1]


def _place_of(event: dict[str, Any]) -> tuple[int, str, str]:
    return event["occurred_at"], event["event_id"], event["sender"]


def _event(row: dict[str, Any], hosts: tuple[str, ...]) -> dict[str, Any]:
    return {
        "id": row["event_id"],
        "type": row["type"].upper(),
        "url": shown_url(row["url"], row["host"], hosts),
        "occurred_at": iso(row["occurred_at"]),
        "points": row["points"],
        "properties": msgspec.json.decode(row["properties"]) if row["properties"] else {},
    }


def shown_url(url: str, host: str, hosts: tuple[str, ...]) -> str | None:
    """Path and query for the site's own hosts (none set: every host), else the whole URL."""
    if not url or not host or (hosts and host not in hosts):
        return url or None
    try:
        parts = urlsplit(url)
    except ValueError:
        return url
    return (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
