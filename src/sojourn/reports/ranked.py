"""Lists of sessions in another order than newest first: longest, most points, most events, oldest."""

import base64
import binascii
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import msgspec

from sojourn.errors import InvalidRequest
from sojourn.model.session import decode_id, encode_id, started_ms_of
from sojourn.model.site import Site
from sojourn.reports.lists import Lists
from sojourn.reports.session_rows import SessionRow, SessionRows, keys_of
from sojourn.reports.sessions import Page, Question, Sessions
from sojourn.sql import sql
from sojourn.store.engine import Engine

# What a list may be ordered by: the value in SQL, and of a row.
ORDERS: dict[str, tuple[str, Callable[[SessionRow], int]]] = {
    "started_at": ("started_at", lambda row: row["started_at"]),
    "duration": ("ended_at - started_at", lambda row: row["ended_at"] - row["started_at"]),
    "points": ("total_points", lambda row: row["total_points"]),
    "events": ("toInt64(event_count)", lambda row: row["event_count"]),
}


class Rank(msgspec.Struct, forbid_unknown_fields=True):
    """Where a page ended: the last row's value and id."""

    value: int
    id: str


@dataclass(frozen=True)
class Order:
    """By which of ORDERS, the largest first unless `is_rising`."""

    by: str = "started_at"
    is_rising: bool = False

    @property
    def is_newest_first(self) -> bool:
        return self.by == "started_at" and not self.is_rising


class RankedSessions:
    def __init__(self, engine: Engine, sessions: Sessions, lists: Lists) -> None:
        self._engine = engine
        self._sessions = sessions
        self._lists = lists
        self._session_rows = SessionRows(engine)

    def page(
        self, site_id: str, question: Question, order: Order, rank: Rank | None = None, lead: str | None = None
    ) -> Page:
        """Up to `limit` sessions behind the rank, and the rank of the page that follows. Raises InvalidRequest."""
        asked = self._lists.resolved(site_id, question, lead)
        now_ms = self._lists.now_ms()
        return self._lists.sites.read(site_id, lambda site: self._page(site, site_id, asked, order, rank, now_ms))

    def _page(self, site: Site, site_id: str, question: Question, order: Order, rank: Rank | None, now_ms: int) -> Page:
        """Of every session that matches, the present version does, so keys are chosen over all versions; those of an
        earlier version, and those that do not match any more, drop out.
        """
        texts, parameters = self._sessions.conditions(site, site_id, question, now_ms)
        most, found = question.limit + 1, dict[int, SessionRow]()
        parameters["most"] = 2 * most
        while True:
            text = _text("session.ranked", texts, order, rank, parameters)
            keys = self._engine.query(text, parameters)
            for row in self._present(texts, parameters, order, keys):
                found[row["number"]] = row
            if len(keys) < parameters["most"] or len(found) >= most:
                break
            rank = Rank(int(keys[-1][0]), encode_id(keys[-1][2]))
        rows = list(found.values())[:most]
        page, more = rows[: question.limit], len(rows) == most
        after = encode(Rank(ORDERS[order.by][1](page[-1]), encode_id(page[-1]["number"]))) if more else None
        return Page(self._sessions.present(site, site_id, page, now_ms), after)

    def _present(
        self, texts: list[str], parameters: dict[str, Any], order: Order, keys: list[tuple[Any, ...]]
    ) -> list[SessionRow]:
        """The present rows behind the keys that still have the key's value, in the keys' order."""
        distinct = list(dict.fromkeys((int(value), number) for value, _, number in keys))
        if not distinct:
            return []
        asked = {**parameters, **keys_of([number for _, number in distinct]), "most": len(distinct)}
        text = sql("session.list").replace("/* filters */", " AND ".join(texts)).replace("/* order */", "DESC")
        value = ORDERS[order.by][1]
        by_key = {(value(row), row["number"]): row for row in self._session_rows.read(text, asked)}
        return [by_key[key] for key in distinct if key in by_key]


def _text(name: str, texts: list[str], order: Order, rank: Rank | None, parameters: dict[str, Any]) -> str:
    conditions, value = list(texts), ORDERS[order.by][0]
    if rank is not None:
        number = decode_id(rank.id)
        assert number is not None
        parameters |= {"edge_value": rank.value, "edge_at": started_ms_of(number), "edge_number": number}
        side = ">" if order.is_rising else "<"
        edge = "({edge_value:Int64}, {edge_at:Int64}, {edge_number:UInt128})"
        conditions.append(f"({value}, started_at, number) {side} {edge}")
    text = sql(name).replace("/* filters */", " AND ".join(conditions)).replace("/* value */", value)
    return text.replace("/* order */", "ASC" if order.is_rising else "DESC")


def encode(rank: Rank) -> str:
    return base64.urlsafe_b64encode(msgspec.json.encode(rank)).decode()


def decode(text: str) -> Rank:
    """Raises InvalidRequest."""
    try:
        rank = msgspec.json.decode(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)), type=Rank)
    except (binascii.Error, ValueError, msgspec.MsgspecError):
        rank = Rank(0, "")
    if decode_id(rank.id) is None:
        raise InvalidRequest(f"cursor is {text[:60]!r}; allowed is that of an earlier page.")
    return rank
