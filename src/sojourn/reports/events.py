"""Lists of events: everything that is stored, suppressed and passive ones too, newest first, page by page."""

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

from sojourn.errors import InvalidRequest, NotFound
from sojourn.model.identity import account_id_of, lead_id_of
from sojourn.model.instant import MAX_MS, iso
from sojourn.model.session import encode_id
from sojourn.model.site import DAY_MS, Site, oldest_kept
from sojourn.reports.cursor import DIRECTIONS, carries
from sojourn.reports.event_filters import BY_NAME
from sojourn.reports.event_keys import Place, Reaches
from sojourn.reports.event_rows import Asked, Row, fetched, place_of
from sojourn.reports.event_scope import Scope
from sojourn.reports.holding import Holding
from sojourn.reports.journey import Journeys
from sojourn.reports.leads import Leads
from sojourn.reports.present import lead_object
from sojourn.reports.sessions import Page
from sojourn.sql import sql
from sojourn.store.engine import Engine

DEFAULT_WINDOW_MS = 30 * DAY_MS
_TEXTS = ("title", "referrer", "currency", "source", "medium", "campaign", "device", "browser", "os", "country")


class Edge(msgspec.Struct, forbid_unknown_fields=True):
    """Where a page ended: the last row's id, instant and sender; `filters` are those of the first request."""

    id: str
    direction: str = "before"
    at: int | None = None
    sender: str | None = None
    filters: dict[str, Any] | None = None

    @classmethod
    def of(cls, place: Place, filters: Mapping[str, Any], direction: str = "before") -> "Edge":
        """Behind a place."""
        return cls(place[1].decode(), direction, place[0], place[2].decode(), dict(filters))

    @property
    def place(self) -> Place:
        """What the list is ordered by."""
        return (self.at or 0, self.id.encode(), (self.sender or "").encode())


@dataclass(frozen=True)
class EventQuestion:
    """What a list of events is asked: filters by name, instants in milliseconds."""

    filters: Mapping[str, Any]
    limit: int
    after: Edge | None = None


class EventPages:
    def __init__(self, engine: Engine, leads: Leads, journeys: Journeys, holding: Holding) -> None:
        self._engine = engine
        self._leads = leads
        self._journeys = journeys
        self._holding = holding
        self._reaches = Reaches()

    def page(self, site: Site, site_id: str, question: EventQuestion, now_ms: int) -> Page:
        """Up to `limit` events behind the cursor, and the cursor of the page that follows. Raises InvalidRequest."""
        backwards = question.after is not None and question.after.direction == "after"
        scope, place = self.scope(site, site_id, question, now_ms)
        asked = Asked(self._engine, site, site_id, scope, place, self._reaches, backwards=backwards)
        rows = asked.rows(question.limit + 1, self._holding)
        more, rows = len(rows) > question.limit, rows[: question.limit]
        if backwards:
            rows.reverse()
        edge = (rows[0] if backwards else rows[-1]) if more and rows else None
        direction = "after" if backwards else "before"
        cursor = None if edge is None else encode(Edge.of(place_of(edge), scope.filters, direction))
        return Page(self._shown(site, site_id, rows), cursor)

    def scope(self, site: Site, site_id: str, question: EventQuestion, now_ms: int) -> tuple[Scope, Place | None]:
        """What a question chooses, with its window among the filters, and behind which place. Raises InvalidRequest."""
        after = self._completed(site_id, question.after)
        filters = {"to": now_ms + 1, **question.filters}
        newest = min(now_ms, after.at or now_ms) if after is not None else now_ms
        filters.setdefault("from", max(0, newest - DEFAULT_WINDOW_MS))
        return self._scope(site, site_id, filters, now_ms), None if after is None else after.place

    def one(self, site: Site, site_id: str, event_id: str, sender: str | None, now_ms: int) -> Row:
        """The newest event with this id, or that of one sender. Raises NotFound."""
        keys = self._engine.query(sql("event.keys_of_id"), {"site_id": site_id, "event_id": event_id})
        found = [key for key in keys if sender is None or key[1] == sender]
        rows = [row for row in fetched(self._engine, site_id, found) if not row["is_superseded"]]
        rows = [row for row in rows if row["occurred_at"] >= oldest_kept(site, now_ms)]
        if not rows:
            raise NotFound(f"There is no event {event_id[:60]!r} on this site, or it is older than the site keeps.")
        newest = max(rows, key=place_of)
        newest["lead"] = self._holding.leads(site_id, [newest])[0]
        return self._shown(site, site_id, [newest])[0]

    def _completed(self, site_id: str, after: Edge | None) -> Edge | None:
        """A cursor of an id and a direction alone, with the place of the newest event of that id."""
        if after is None or after.at is not None:
            return after
        keys = self._engine.query(sql("event.keys_of_id"), {"site_id": site_id, "event_id": after.id})
        if not keys:
            raise InvalidRequest(f"cursor names the event {after.id[:60]!r}, which is not there.")
        newest = max(keys, key=lambda key: (key[2], key[1].encode()))
        return msgspec.structs.replace(after, at=int(newest[2]), sender=str(newest[1]))

    def _scope(self, site: Site, site_id: str, filters: Row, now_ms: int) -> Scope:
        leads: set[str] | None = None
        from_ms, to_ms, is_active = max(filters["from"], oldest_kept(site, now_ms)), filters["to"], False
        if "session_id" in filters:
            row = self._journeys.found(site, site_id, filters["session_id"], now_ms)
            leads, is_active = {row["lead"]}, True
            from_ms, to_ms = max(from_ms, row["started_at"]), min(to_ms, row["ended_at"] + 1)
        if "lead_id" in filters:
            behind = set(self._leads.behind(site_id, filters["lead_id"]))
            leads = behind if leads is None else leads & behind
        keys = None if leads is None else sorted({key for lead in leads for key in self._leads.keys(site_id, lead)})
        return Scope(filters, from_ms, to_ms, leads, keys, is_active)

    def _shown(self, site: Site, site_id: str, rows: list[Row]) -> list[Row]:
        names = self._leads.names(site_id, sorted({row["lead"] for row in rows}))
        active = [row for row in rows if _is_active(row, site)]
        places = {(row["lead"], row["occurred_at"]) for row in active}
        sessions = self._holding.spanning(site, site_id, places) if places else {}
        return [presented(row, site, site_id, names, sessions) for row in rows]


def presented(row: Row, site: Site, site_id: str, names: Mapping[str, str], sessions: Mapping[Any, int]) -> Row:
    """An event as the API shows it."""
    lead_id = lead_id_of(site_id, row["lead"])
    number = sessions.get((row["lead"], row["occurred_at"])) if _is_active(row, site) else None
    return {
        "id": row["event_id"],
        "type": row["type"],
        "occurred_at": iso(row["occurred_at"]),
        "received_at": iso(row["received_at"]),
        "lead_id": lead_id,
        "lead": {"id": lead_id, **lead_object(row["lead"], names.get(row["lead"], ""))},
        "account_id": account_id_of(site_id, row["account"]) if row["account"] else None,
        "session_id": encode_id(number) if number is not None else None,
        "visitor_id": row["visitor_id"] or None,
        "url": row["url"] or None,
        "points": row["points"],
        "value": row["value"],
        **{name: row[name] or None for name in _TEXTS},
        "properties": msgspec.json.decode(row["properties"]) if row["properties"] else {},
        "context": msgspec.json.decode(row["context"]) if row["context"] else {},
        "suppressed": row["suppressed"] or None,
        "passive": row["type"] in site.passive_types,
    }


def _is_active(row: Row, site: Site) -> bool:
    return not row["suppressed"] and row["type"] not in site.passive_types


def encode(edge: Edge) -> str:
    return base64.urlsafe_b64encode(msgspec.json.encode(edge)).decode()


def decode(text: str) -> Edge:
    """Raises InvalidRequest for anything but what `encode` gives, or an id and a direction."""
    try:
        edge = msgspec.json.decode(base64.urlsafe_b64decode(text.strip() + "=" * (-len(text.strip()) % 4)), type=Edge)
    except (binascii.Error, ValueError, msgspec.MsgspecError, RecursionError):
        raise _garbage(text) from None
    if edge.direction not in DIRECTIONS or "\0" in edge.id or (edge.at is None) != (edge.sender is None):
        raise _garbage(text)
    if not 0 <= (edge.at or 0) <= MAX_MS or not carries(edge.filters, BY_NAME):
        raise _garbage(text)
    return edge


def _garbage(text: str) -> InvalidRequest:
    return InvalidRequest(f"cursor is {text[:60]!r}; allowed is the next_cursor of an earlier answer.")
