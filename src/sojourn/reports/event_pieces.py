"""A list of events cut into pieces of about as many rows each: what is read at once for a file.

The table is not ordered by time, so a piece costs nearly as much as a whole month does, and few large ones are read.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sojourn.model.site import DAY_MS
from sojourn.reports.event_keys import Place
from sojourn.reports.event_scope import IS_LATER, Choice
from sojourn.sql import sql
from sojourn.store.engine import Engine

MINUTE_MS = 60_000
FIRST_SPAN_MS, LONGER = 4 * DAY_MS, 16
Name = tuple[bytes, bytes]  # an event's id and sender


@dataclass(frozen=True)
class Piece:
    """Between two instants, the second one excluded. Of a single instant that too many share only what lies from one
    name on, up to another one that is excluded.
    """

    from_ms: int
    to_ms: int
    since: Name | None = None
    until: Name | None = None


class Pieces:
    """Newest first, from behind a place on. `rows` may be changed under way."""

    def __init__(self, engine: Engine, choice: Choice, after: Place | None, rows: int) -> None:
        self.rows = rows
        self._engine = engine
        self._choice = choice
        self._after = after
        states = (f"({' AND '.join(choice.state)} OR {IS_LATER})",) if choice.state else ()
        # A row that no longer counts is read too, where a later one may say so.
        self._conditions = (*choice.conditions, *states)
        self._last = choice.to_ms if after is None else min(choice.to_ms, after[0] + 1)
        self._count = 0

    def __iter__(self) -> Iterator[Piece]:
        """One at least: a file without rows has its columns all the same."""
        is_first, end, length = True, self._last, FIRST_SPAN_MS
        while end > self._choice.from_ms:
            since = max(self._choice.from_ms, (end - length) // MINUTE_MS * MINUTE_MS)
            for piece in self._cut(MINUTE_MS, since, end):
                is_first = False
                yield piece
            # Rows are counted in ever longer spans, since who asks for a page asks for no more.
            end, length = since, LONGER * length
        if is_first or self._count:
            yield self._taken(self._choice.from_ms)

    def text(self, piece: Piece) -> tuple[str, dict[str, Any]]:
        """The question for the rows of a piece, and its parameters."""
        more: list[str] = []
        parameters: dict[str, Any] = {**self._parameters, "f_from": piece.from_ms, "f_to": piece.to_ms}
        for sign, name, what in ((">=", piece.since, "since"), ("<", piece.until, "until")):
            if name is not None:
                more.append(_beside(sign, what))
                parameters |= _named(name, what)
        if self._after is not None and piece.until is None and piece.to_ms > self._after[0]:
            more.append(f"(occurred_at < {{a_at:Int64}} OR {_beside('<', 'after')})")
            parameters |= {"a_at": self._after[0], **_named(self._after[1:], "after")}
        return self._filtered("event.export", tuple(more)), parameters

    @property
    def _parameters(self) -> dict[str, Any]:
        return {"site_id": self._choice.site_id, **self._choice.parameters}

    def _filtered(self, name: str, more: tuple[str, ...] = ()) -> str:
        return sql(name).replace("/* filters */", "".join(f" AND {each}" for each in (*self._conditions, *more)))

    def _cut(self, width: int, since: int, until: int) -> Iterator[Piece]:
        """Pieces of what is counted in stretches of this width; what is left over goes to the next one."""
        parameters = {**self._parameters, "width": width, "f_from": since, "f_to": until}
        for place, count in self._engine.query(self._filtered("event.counted"), parameters):
            begin, end = max(since, place * width), min(until, (place + 1) * width)
            if count <= 2 * self.rows:
                self._count += count
                if self._count >= self.rows:
                    yield self._taken(begin)
                continue
            if self._count:
                yield self._taken(end)
            self._last = min(self._last, end)
            if width > 1:
                yield from self._cut(1, begin, end)
            else:
                yield from self._shared(begin)

    def _taken(self, begin: int) -> Piece:
        piece = Piece(begin, self._last)
        self._last, self._count = begin, 0
        return piece

    def _shared(self, at: int) -> Iterator[Piece]:
        """An instant of too many."""
        until = self._after[1:] if self._after is not None and self._after[0] == at else None
        while True:
            more = () if until is None else (_beside("<", "until"),)
            parameters: dict[str, Any] = {"at": at, "skipped": self.rows, **_named(until, "until")}
            text = self._filtered("event.place_of_instant", more)
            found = self._engine.query(text, {**self._parameters, **parameters})
            since = (found[0][0].encode(), found[0][1].encode()) if found else None
            yield Piece(at, at + 1, since, until)
            if since is None:
                self._last = at
                return
            until = since


def _beside(sign: str, what: str) -> str:
    return f"(event_id, sender) {sign} ({{{what}_id:String}}, {{{what}_sender:String}})"


def _named(name: Name | None, what: str) -> dict[str, str]:
    return {} if name is None else {f"{what}_id": name[0].decode(), f"{what}_sender": name[1].decode()}
