"""One session with its events, under its present id or under any that was ever served; and what lies beside it."""

from concurrent.futures import Future, ThreadPoolExecutor
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
from sojourn.reports.session_rows import SessionRow
from sojourn.reports.sessions import Sessions
from sojourn.sql import sql
from sojourn.store.engine import Engine

MAX_EVENTS = 10_000
MAX_ASIDE = 200


@dataclass(frozen=True)
class Part:
    """A session with events of it, oldest first, and the place behind which the others are.

    `types` are those of all its events.
    """

    session: dict[str, Any]
    types: frozenset[str]
    events: list[dict[str, Any]]
    following: str | None


@dataclass(frozen=True)
class Surrounded:
    """A part of a session with what happened meanwhile that counts in none (suppressed, passive), at most `MAX_ASIDE`;
    and the ids of the lead's sessions before and after it.
    """

    part: Part
    aside: list[dict[str, Any]]
    has_more_aside: bool
    earlier: str | None
    later: str | None


@dataclass(frozen=True)
class _Owned:
    """The keys behind which a lead's events lie, and whose each event is, which is found while events are read."""

    lead: str
    keys: list[str]
    owners: Future[Owners]

    def of(self, events: list[dict[str, Any]]) -> list[dict[str, Any]]:
        owner_of = self.owners.result().of_row
        return [event for event in events if owner_of(event) == self.lead]


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
        with ThreadPoolExecutor(2) as threads:
            shown = threads.submit(self._sessions.present, site, site_id, [row], now_ms)
            owned = self._owned(site_id, row["lead"], threads)
            return self._part(site, site_id, row, owned, (place, most), shown)

    def surrounded(self, site: Site, site_id: str, text: str, now_ms: int, place: str | None, most: int) -> Surrounded:
        """`part` with what lies beside it. Raises NotFound, InvalidRequest."""
        row = self.found(site, site_id, text, now_ms)
        with ThreadPoolExecutor(2) as threads:
            owned = self._owned(site_id, row["lead"], threads)
            neighbours = threads.submit(self._sessions.neighbours, site, site_id, row, now_ms)
            shown = threads.submit(self._sessions.present, site, site_id, [row], now_ms)
            part = self._part(site, site_id, row, owned, (place, most), shown)
            from_ms = row["started_at"] if place is None else decode_place(place)[0]
            to_ms = row["ended_at"] if part.following is None else decode_place(part.following)[0] - 1
            aside, has_more = self._aside(site, site_id, owned, (from_ms, to_ms))
            return Surrounded(part, aside, has_more, *neighbours.result())

    def found(self, site: Site, site_id: str, text: str, now_ms: int) -> SessionRow:
        """The row of the session that the id stands for now. Raises NotFound."""
        row = self._find(site, site_id, text)
        if row is None or row["started_at"] < oldest_kept(site, now_ms):
            raise NotFound(f"There is no session {text[:60]!r} on this site, or it is older than the site keeps.")
        return row

    def _find(self, site: Site, site_id: str, text: str) -> SessionRow | None:
        number = decode_id(text)
        if number is None:
            return None
        rows = self._sessions.of_numbers(site, site_id, [number])
        if not rows:
            holders = self._holding.now(site, site_id, [number])
            rows = self._sessions.of_numbers(site, site_id, list(holders.values()))
        return rows[0] if rows else None

    def _owned(self, site_id: str, lead: str, threads: ThreadPoolExecutor) -> _Owned:
        keys = self._leads.keys(site_id, lead)
        return _Owned(lead, keys, threads.submit(Owners.behind, self._engine, site_id, set(keys)))

    def _part(
        self,
        site: Site,
        site_id: str,
        row: SessionRow,
        owned: _Owned,
        asked: tuple[str | None, int],
        shown: Future[list[dict[str, Any]]],
    ) -> Part:
        place, most = asked
        events = self._events(site, site_id, row, owned, place, most)
        return Part(
            shown.result()[0],
            frozenset(row["types"]),
            [_event(event, site.hosts) for event in events[:most]],
            encode_place(*_place_of(events[most - 1])) if len(events) > most else None,
        )

    def _events(
        self, site: Site, site_id: str, row: SessionRow, owned: _Owned, place: str | None, most: int
    ) -> list[dict[str, Any]]:
        """The lead's events in the session, behind the place; one more than `most` where there is one."""
        after = decode_place(place) if place is not None else (-1, "", "")
        parameters = {**_window(site, site_id, owned, (row["started_at"], row["ended_at"])), "most": most + 1}
        found: list[dict[str, Any]] = []
        while len(found) <= most:
            place_after = dict(zip(("after_ms", "after_id", "after_sender"), after, strict=True))
            events = self._engine.named(sql("event.of_session"), parameters | place_after)
            found += owned.of(events)
            if len(events) <= most:
                break
            after = _place_of(events[-1])
        return found[: most + 1]

    def _aside(
        self, site: Site, site_id: str, owned: _Owned, span: tuple[int, int]
    ) -> tuple[list[dict[str, Any]], bool]:
        """The lead's events in the span that count in no session, and whether there are more than these."""
        parameters = {**_window(site, site_id, owned, span), "most": MAX_ASIDE + 1}
        rows = self._engine.named(sql("event.aside"), parameters)
        aside = [_event(row, site.hosts) | {"suppressed": row["suppressed"] or None} for row in owned.of(rows)]
        return aside[:MAX_ASIDE], len(rows) > MAX_ASIDE


def _window(site: Site, site_id: str, owned: _Owned, span: tuple[int, int]) -> dict[str, Any]:
    """Parameters: the lead's keys between two instants."""
    return {
        "site_id": site_id,
        "keys": owned.keys,
        "from_ms": span[0],
        "to_ms": span[1],
        "passive_types": list(site.passive_types),
    }


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
