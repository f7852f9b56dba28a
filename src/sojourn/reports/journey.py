"""One session with its events, under its present id or under any that was ever served; and what lies beside it."""

from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import msgspec

from sojourn.errors import NotFound
from sojourn.model.instant import iso
from sojourn.model.session import bucket_in, bucket_of, decode_id, started_ms_of
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
# How much is read before it is known whose session it is: so many events, of so many milliseconds.
GUESSED, GUESSED_MS = 500, 3_600_000
_OF_KEYS = "AND sender IN {keys:Array(String)}"
_START = (-1, "", "")
_Rows = list[dict[str, Any]]


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
    """A part of a session, and up to `MAX_ASIDE` events of its time that count in none (suppressed, passive)."""

    part: Part
    aside: list[dict[str, Any]]
    has_more_aside: bool


class Beside(NamedTuple):
    """The ids of the sessions of the same lead before and after one."""

    earlier: str | None
    later: str | None


@dataclass
class _Read:
    """Rows of events of a lead in a session: those that count, and the first that count in none."""

    events: list[dict[str, Any]] = field(default_factory=list)
    aside: list[dict[str, Any]] = field(default_factory=list)

    def add(self, rows: _Rows, lead: str, owners: Owners, site: Site) -> None:
        """Those of the lead that stand."""
        for row in rows:
            if row["is_superseded"] or owners.of_row(row) != lead:
                continue
            if not row["suppressed"] and row["type"] not in site.passive_types:
                self.events.append(row)
            elif len(self.aside) <= MAX_ASIDE:
                self.aside.append(row)


class _Guess(NamedTuple):
    """What lies in the bucket of a session's id, from its start on."""

    number: int
    rows: Future[_Rows]

    def within(self, window: dict[str, Any]) -> _Rows | None:
        """That of the keys in the session's window, if all of it was read."""
        rows, ends_at = self.rows.result(), window["to_ms"]
        is_all = len(rows) < GUESSED and ends_at <= started_ms_of(self.number) + GUESSED_MS
        if not is_all or window["buckets"] != [bucket_in(self.number)]:
            return None
        return [row for row in rows if row["sender"] in window["keys"] and row["occurred_at"] <= ends_at]


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
        with ThreadPoolExecutor(3) as threads:
            guess = self._guess(site_id, text, place, threads)
            row = self.found(site, site_id, text, now_ms)
            shown = threads.submit(self._sessions.present, site, site_id, [row], now_ms)
            return self._part(site, row, self._read(site, site_id, row, (place, most), threads, guess), most, shown)

    def surrounded(self, site: Site, site_id: str, text: str, now_ms: int, place: str | None, most: int) -> Surrounded:
        """`part` with what happened meanwhile. Raises NotFound, InvalidRequest."""
        with ThreadPoolExecutor(3) as threads:
            guess = self._guess(site_id, text, place, threads)
            row = self.found(site, site_id, text, now_ms)
            shown = threads.submit(self._sessions.present, site, site_id, [row], now_ms)
            read = self._read(site, site_id, row, (place, most), threads, guess)
            part = self._part(site, row, read, most, shown)
            edge = decode_place(part.following) if part.following is not None else None
            aside = [event for event in read.aside if edge is None or _place_of(event) <= edge]
            shown_aside = [_event(event, site.hosts) | {"suppressed": event["suppressed"] or None} for event in aside]
            return Surrounded(part, shown_aside[:MAX_ASIDE], len(aside) > MAX_ASIDE)

    def beside(self, site: Site, site_id: str, text: str, now_ms: int) -> Beside:
        """The sessions beside it. Raises NotFound."""
        row = self.found(site, site_id, text, now_ms)
        return Beside(*self._sessions.neighbours(site, site_id, row, now_ms))

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
        row = self._sessions.one(site, site_id, number)
        if row is None:
            holder = self._holding.now(site, site_id, [number]).get(number)
            row = self._sessions.one(site, site_id, holder) if holder is not None else None
        return row

    def _part(self, site: Site, row: SessionRow, read: _Read, most: int, shown: Future[list[dict[str, Any]]]) -> Part:
        return Part(
            shown.result()[0],
            frozenset(row["types"]),
            [_event(event, site.hosts) for event in read.events[:most]],
            encode_place(*_place_of(read.events[most - 1])) if len(read.events) > most else None,
        )

    def _guess(self, site_id: str, text: str, place: str | None, threads: ThreadPoolExecutor) -> _Guess | None:
        """What lies where the id says that the session begins, for most sessions all of their events: it is read while
        nobody knows yet whose session it is.
        """
        number = decode_id(text)
        if number is None or place is not None:
            return None
        began = started_ms_of(number)
        span = {"buckets": [bucket_in(number)], "from_ms": began, "to_ms": began + GUESSED_MS}
        parameters = span | _behind(_START) | {"most": GUESSED}
        return _Guess(number, threads.submit(self._events, site_id, parameters, ""))

    def _read(
        self,
        site: Site,
        site_id: str,
        row: SessionRow,
        asked: tuple[str | None, int],
        threads: ThreadPoolExecutor,
        guess: _Guess | None,
    ) -> _Read:
        """The lead's events in the session, behind the place, one more than is asked where there is one."""
        keys = self._leads.keys(site_id, row["lead"])
        # Whose each event is, is found out while events are read.
        owners = threads.submit(Owners.behind, self._engine, site_id, set(keys))
        window = _window(site_id, keys, row)
        if guess is not None and guess.number == row["number"] and (rows := guess.within(window)) is not None:
            read = _Read()
            read.add(rows, row["lead"], owners.result(), site)
            if len(read.events) >= row["event_count"]:  # else something came in between
                return read
        return self._read_on(site, site_id, row, asked, window, owners)

    def _read_on(
        self,
        site: Site,
        site_id: str,
        row: SessionRow,
        asked: tuple[str | None, int],
        window: dict[str, Any],
        owners: Future[Owners],
    ) -> _Read:
        place, most = asked
        after = decode_place(place) if place is not None else _START
        read, at_once = _Read(), most + 1
        while True:
            rows = self._events(site_id, window | _behind(after) | {"most": at_once}, _OF_KEYS)
            read.add(rows, row["lead"], owners.result(), site)
            if len(rows) < at_once or len(read.events) > most:
                return read
            after = _place_of(rows[-1])
            at_once = min(2 * at_once, MAX_EVENTS + 1)

    def _events(self, site_id: str, parameters: dict[str, Any], of_keys: str) -> _Rows:
        text = sql("event.of_session").replace("/* keys */", of_keys)
        return self._engine.named(text, parameters | {"site_id": site_id})


def _window(site_id: str, keys: list[str], row: SessionRow) -> dict[str, Any]:
    """Parameters: a lead's keys within a session."""
    return {
        "keys": keys,
        "buckets": sorted({bucket_of(site_id, key) for key in keys}),
        "from_ms": row["started_at"],
        "to_ms": row["ended_at"],
    }


def _behind(place: tuple[int, str, str]) -> dict[str, Any]:
    return dict(zip(("after_ms", "after_id", "after_sender"), place, strict=True))


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
