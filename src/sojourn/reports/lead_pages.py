"""Leads as the API shows them: a list, one of them, and everything that is stored of one."""

import base64
import binascii
from collections.abc import Iterator
from typing import Any

import msgspec

from sojourn.errors import InvalidRequest, NotFound
from sojourn.model.identity import lead_id_of
from sojourn.model.instant import iso
from sojourn.model.site import Site, oldest_kept
from sojourn.pipeline.ownership import Owned, Ownership
from sojourn.reports import cursor as cursors
from sojourn.reports.filters import MAX_LIMIT
from sojourn.reports.leads import number_of
from sojourn.reports.present import identifier, lead_object
from sojourn.reports.sessions import Page, Question, Sessions
from sojourn.sql import sql
from sojourn.store.engine import Engine

LAST_NUMBER = (1 << 128) - 1
EVENTS_AT_ONCE = 10_000
_encoder = msgspec.json.Encoder()


class LeadCursor(msgspec.Struct, forbid_unknown_fields=True):
    """Where a page of leads ended."""

    id: str
    direction: str = "before"


class LeadPages:
    def __init__(self, engine: Engine, sessions: Sessions) -> None:
        self._engine = engine
        self._sessions = sessions
        self._ownership = Ownership(engine)

    def page(self, site: Site, site_id: str, limit: int, cursor: LeadCursor | None, now_ms: int) -> Page:
        """Up to `limit` leads that have a session which is served, by lead_id from the last on."""
        backwards = cursor is not None and cursor.direction == "after"
        edge = number_of(cursor.id) if cursor is not None else LAST_NUMBER
        assert edge is not None
        found: list[dict[str, Any]] = []
        most = limit + 1
        while len(found) <= limit:
            refs = self._refs(site_id, edge, most, backwards=backwards)
            found += self._summaries(site, site_id, [ref for _, ref in refs], now_ms)
            if len(refs) < most:
                break
            edge, most = refs[-1][0], most * 2  # most lead_ids may be of visitors that became somebody
        more, found = len(found) > limit, found[:limit]
        if backwards:
            found.reverse()
        last = (found[0] if backwards else found[-1]) if found and more else None
        direction = "after" if backwards else "before"
        return Page(found, encode(LeadCursor(last["id"], direction)) if last else None)

    def one(self, site: Site, site_id: str, lead: str, now_ms: int) -> dict[str, Any]:
        """The lead with its identifiers and conflicts. Raises NotFound when nothing of it is in the window."""
        return self._one(site, site_id, lead, self._ownership.of(site_id, lead), now_ms)

    def export(self, site: Site, site_id: str, lead: str, now_ms: int) -> Iterator[bytes]:
        """One JSON document with everything about the lead, piece by piece. Raises NotFound before the first."""
        owned = self._ownership.of(site_id, lead)
        summary = self._one(site, site_id, lead, owned, now_ms)
        return self._document(site, site_id, lead, owned, summary, now_ms)

    def conflicts(self, site: Site, site_id: str, now_ms: int, owned: Owned | None = None) -> list[dict[str, Any]]:
        """Facts that contradict, newest first: the external id won. Of all leads, or of the one that is given."""
        parameters: dict[str, Any] = {"site_id": site_id, "oldest": oldest_kept(site, now_ms), "leads": []}
        text = sql("identity.conflicts")
        if owned is not None:
            refs = sorted(owned.belongings.all)
            parameters |= {"leads": refs, "keys": refs}
            text = text.replace("/* keys */", "AND key IN {keys:Array(String)}")
        rows = self._engine.named(text, parameters)
        return [row | {"occurred_at": iso(row["occurred_at"])} for row in rows]

    def _one(self, site: Site, site_id: str, lead: str, owned: Owned, now_ms: int) -> dict[str, Any]:
        parameters = {"site_id": site_id, "lead": lead, "keys": owned.keys, "oldest": oldest_kept(site, now_ms)}
        stored = int(self._engine.query(sql("event.count_of_lead"), parameters)[0][0])
        if not stored:
            raise NotFound("All that is known of this lead is older than the site keeps.")
        summaries = self._summaries(site, site_id, [lead], now_ms)
        summary = summaries[0] if summaries else self._summary(site_id, lead, {}, self._names(site_id, [lead]))
        kinds = [identifier(ref) for ref in sorted(owned.belongings.all, key=_strongest_first)]
        return summary | {
            "stored_event_count": stored,
            "identifiers": [{"kind": kind, "value": text} for kind, text in kinds],
            "conflicts": self.conflicts(site, site_id, now_ms, owned),
        }

    def _refs(self, site_id: str, edge: int, most: int, *, backwards: bool) -> list[tuple[int, str]]:
        text = sql("lead.page").replace("/* side */", ">" if backwards else "<")
        text = text.replace("/* order */", "ASC" if backwards else "DESC")
        rows = self._engine.query(text, {"site_id": site_id, "edge": edge, "most": most})
        return [(number, ref) for number, ref in rows]

    def _summaries(self, site: Site, site_id: str, leads: list[str], now_ms: int) -> list[dict[str, Any]]:
        """Those of the leads that have a session which is served, in their order."""
        if not leads:
            return []
        parameters = {"site_id": site_id, "generation": site.generation, "oldest": oldest_kept(site, now_ms)}
        rows = self._engine.named(sql("session.totals"), {**parameters, "leads": leads})
        totals = {row["lead"]: row for row in rows}
        names = self._names(site_id, sorted(totals))
        return [self._summary(site_id, lead, totals[lead], names) for lead in leads if lead in totals]

    @staticmethod
    def _summary(site_id: str, lead: str, totals: dict[str, Any], names: dict[str, str]) -> dict[str, Any]:
        lead_id = lead_id_of(site_id, lead)
        return {
            "id": lead_id,
            "lead": {"id": lead_id, **lead_object(lead, names.get(lead, ""))},
            "first_seen_at": iso(totals["first_seen_at"]) if totals else None,
            "last_seen_at": iso(totals["last_seen_at"]) if totals else None,
            "session_count": totals.get("session_count", 0),
            "event_count": totals.get("event_count", 0),
        }

    def _names(self, site_id: str, leads: list[str]) -> dict[str, str]:
        if not leads:
            return {}
        return dict(self._engine.query(sql("name.of_leads"), {"site_id": site_id, "leads": leads}))

    def _document(
        self, site: Site, site_id: str, lead: str, owned: Owned, summary: dict[str, Any], now_ms: int
    ) -> Iterator[bytes]:
        head = {**summary, "exported_at": iso(now_ms)}
        yield b'{"data":' + _encoder.encode(head)[:-1] + b',"sessions":['
        yield from _joined(self._all_sessions(site, site_id, lead, now_ms))
        yield b'],"events":['
        yield from _joined(self._all_events(site, site_id, lead, owned, now_ms))
        yield b"]}}"

    def _all_sessions(self, site: Site, site_id: str, lead: str, now_ms: int) -> Iterator[dict[str, Any]]:
        question = Question({"from": 0, "to": now_ms + 1}, MAX_LIMIT, leads=(lead,))
        while True:
            page = self._sessions.page(site, site_id, question, now_ms)
            yield from page.data
            if page.next_cursor is None:
                return
            after = cursors.decode(page.next_cursor)
            question = Question(after.filters or {}, MAX_LIMIT, after, leads=(lead,))

    def _all_events(self, site: Site, site_id: str, lead: str, owned: Owned, now_ms: int) -> Iterator[dict[str, Any]]:
        parameters = {"site_id": site_id, "lead": lead, "keys": owned.keys, "most": EVENTS_AT_ONCE}
        from_ms = oldest_kept(site, now_ms)
        while True:
            to_ms, count = self._engine.query(sql("event.stretch"), {**parameters, "from_ms": from_ms})[0]
            if not count:
                return
            stretch = {"from_ms": from_ms, "to_ms": to_ms}
            for row in self._engine.named(sql("event.stored_of_lead"), {**parameters, **stretch}):
                yield _event(row, site)
            from_ms = to_ms + 1


def _event(row: dict[str, Any], site: Site) -> dict[str, Any]:
    """An event as it is stored; null stands for what was not sent."""
    body = {name: None if value == "" else value for name, value in row.items()}
    for name in ("properties", "context", "traits"):
        body[name] = msgspec.Raw(row[name].encode()) if row[name] else None
    return {
        "id": body.pop("event_id"),
        **body,
        "occurred_at": iso(row["occurred_at"]),
        "received_at": iso(row["received_at"]),
        "is_passive": row["type"] in site.passive_types,
        "is_superseded": bool(row["is_superseded"]),
    }


def _joined(items: Iterator[dict[str, Any]]) -> Iterator[bytes]:
    for number, item in enumerate(items):
        yield (b",\n" if number else b"\n") + _encoder.encode(item)


def _strongest_first(ref: str) -> tuple[int, str]:
    return "iehv".index(ref[0]), ref


def encode(cursor: LeadCursor) -> str:
    return base64.urlsafe_b64encode(_encoder.encode(cursor)).decode()


def decode(text: str) -> LeadCursor:
    """Raises InvalidRequest."""
    try:
        cursor = msgspec.json.decode(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)), type=LeadCursor)
    except (binascii.Error, ValueError, msgspec.MsgspecError):
        cursor = LeadCursor("")
    if number_of(cursor.id) is None or cursor.direction not in cursors.DIRECTIONS:
        raise InvalidRequest(f"cursor is {text[:60]!r}; allowed is the next_cursor of an earlier answer.")
    return cursor
