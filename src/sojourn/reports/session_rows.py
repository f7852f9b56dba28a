"""Rows of `sessions` as answers show them, each in its present version."""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from sojourn.model.session import started_ms_of
from sojourn.model.site import Site
from sojourn.sql import sql
from sojourn.store.engine import Engine

# What the column `shown` holds, in its order.
FIELDS = (
    *("ended_at", "lead", "account", "event_count", "page_count", "entry_point", "exit_point", "types", "entry_url"),
    *("exit_url", "total_points", "intent_score", "intent", "is_converted", "goals", "revenue", "currency", "source"),
    *("medium", "campaign", "channel", "referrer", "device", "browser", "os", "country", "content", "updated_at"),
)
Parameters = Mapping[str, Any]
SessionRow = dict[str, Any]
_decode = msgspec.json.Decoder(list[Any]).decode


class SessionRows:
    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def read(self, text: str, parameters: Parameters) -> list[SessionRow]:
        """The rows of a query for (started_at, number, shown)."""
        return [_row(*columns) for columns in self._engine.query(text, parameters)]

    def newest(self, text: str, parameters: Parameters) -> tuple[list[SessionRow], int]:
        """Of a query for (started_at, number, is_deleted, shown) in which the newest version of a session comes first
        of its versions, the rows of those that are there now; and how many versions were read.
        """
        versions = self._engine.query(text, parameters)
        newest: dict[int, tuple[Any, ...]] = {}
        for version in versions:
            newest.setdefault(version[1], version)
        found = [(at, number, shown) for at, number, is_deleted, shown in newest.values() if not is_deleted]
        return [_row(*columns) for columns in found], len(versions)

    def one(self, site: Site, site_id: str, number: int) -> SessionRow | None:
        """The row of this session, if there is such a one now."""
        parameters = {"site_id": site_id, "generation": site.generation}
        place = {"started_at": started_ms_of(number), "number": number}
        rows, _ = self.newest(sql("session.one"), parameters | place)
        return rows[0] if rows else None

    def of_numbers(self, site: Site, site_id: str, numbers: Sequence[int]) -> list[SessionRow]:
        """The rows of these sessions, newest first; of one that is no more there is none."""
        return self.present({"site_id": site_id, "generation": site.generation}, numbers)

    def present(self, place: Parameters, numbers: Sequence[int]) -> list[SessionRow]:
        """The same, of the site and the generation that `place` names."""
        if not numbers:
            return []
        parameters = {"site_id": place["site_id"], "generation": place["generation"], **keys_of(numbers)}
        versions = sorted(self._engine.query(sql("session.versions"), parameters), key=lambda row: row[:2])
        newest = {number: (is_deleted, shown) for number, _, is_deleted, shown in versions}  # the last one stays
        found = [(number, shown) for number, (is_deleted, shown) in reversed(newest.items()) if not is_deleted]
        return [_row(started_ms_of(number), number, shown) for number, shown in found]


def keys_of(numbers: Sequence[int]) -> dict[str, list[int]]:
    """The keys of sessions as parameters."""
    return {"instants": [started_ms_of(number) for number in numbers], "numbers": list(numbers)}


def _row(started_at: int, number: int, shown: str) -> SessionRow:
    return {"started_at": started_at, "number": number, **dict(zip(FIELDS, _decode(shown), strict=True))}
