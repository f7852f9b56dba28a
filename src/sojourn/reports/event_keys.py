"""The keys of a list's events, batch by batch, chosen by what is the same in every row of a copy.

The table is not ordered by time, so whatever is read of all events of a month is dear: each batch is what one look at
their instants finds. A batch holds all copies of each event in it, so that the one that stands is never left behind.
"""

from typing import Any

import numpy as np

from sojourn.reports.event_scope import Choice
from sojourn.sql import sql
from sojourn.store.engine import Engine

Key = tuple[Any, ...]  # bucket, sender, instant, id and content
# What a list is ordered by: instant, id and sender.
Place = tuple[int, bytes, bytes]
LONGER = 4
# How much farther than keys reached the last time the next ones are looked for. Too near costs another look; too far
# costs little, but for URLs, which are dear to read.
MARGIN, MARGIN_OF_URLS = 16, 4
MOST_REMEMBERED = 1000


class Reaches:
    """How many milliseconds a key of a list took, by what it is asked: parts that hold nothing so new are not read."""

    def __init__(self) -> None:
        self._known: dict[str, float] = {}

    def near(self, choice: Choice, most: int) -> int | None:
        """How far so many keys are likely to reach."""
        known = self._known.get(_question(choice))
        margin = MARGIN_OF_URLS if "url" in choice.parameters else MARGIN
        return None if known is None else int(margin * known * most) + 1

    def note(self, choice: Choice, reach_ms: int, count: int) -> None:
        if len(self._known) >= MOST_REMEMBERED:
            self._known.clear()
        self._known[_question(choice)] = reach_ms / count


class Keys:
    """In the order of the list, from behind a place on."""

    def __init__(
        self, engine: Engine, choice: Choice, after: Place | None, reaches: Reaches, *, backwards: bool
    ) -> None:
        self._engine = engine
        self._choice = choice
        self._reaches = reaches
        self._question = (
            choice.site_id,
            str((choice.conditions, choice.state, choice.parameters)),
            after is None,
            backwards,
        )
        self._is_near = True  # whether it is looked for where keys are likely to be
        self._backwards = backwards
        self._at = choice.from_ms if backwards else choice.to_ms - 1  # the next instant that is looked at
        self._behind: tuple[bytes, bytes] | None = None  # of that instant only what lies behind this id and sender
        self._months = 1  # parts hold a month each, and one is often enough
        if after is not None and choice.from_ms <= after[0] < choice.to_ms:
            self._at, self._behind = after[0], after[1:]
        elif after is not None and (after[0] < choice.from_ms) != backwards:
            self._go_beyond(choice.from_ms if not backwards else choice.to_ms)

    def batch(self, most: int) -> list[Key]:
        """About so many of the next keys; none at the end."""
        found: list[Key] = []
        while not found and self._choice.from_ms <= self._at < self._choice.to_ms:
            since, until = self._stretch(most)
            at, behind = self._at, self._behind
            rows = self._ordered("event.newest", {"f_from": since, "f_to": until, "most": most})
            if len(rows) < most:
                self._go_beyond(until - 1 if self._backwards else since)
                self._months *= 1 if self._is_near else LONGER
                self._is_near = False
            else:
                last = int(rows[-1][2])
                self._reaches.note(self._choice, abs(at - last), most)
                # Of the last instant there may be more.
                rows = [row for row in rows if row[2] != last]
                if not rows:
                    found = self._of_instant(last, behind if last == at else None, most)
                    continue
                self._at, self._behind = last, None
            found = self._sorted(row for row in rows if behind is None or row[2] != at or self._is_behind(row, behind))
        return found

    def _of_instant(self, at: int, behind: tuple[bytes, bytes] | None, most: int) -> list[Key]:
        """The next ones of so many that have an instant in common."""
        parameters: dict[str, Any] = {"at": at, "most": most}
        conditions: tuple[str, ...] = ()
        if behind is not None:
            sign = ">" if self._backwards else "<"
            conditions = (f"(event_id, sender) {sign} ({{e_id:String}}, {{e_sender:String}})",)
            parameters |= {"e_id": behind[0].decode(), "e_sender": behind[1].decode()}
        rows = self._ordered("event.of_instant", parameters, conditions)
        if len(rows) < most:
            self._go_beyond(at)
            return self._sorted(rows)
        whole = [row for row in rows if _name(row) != _name(rows[-1])]
        if not whole:  # all of them copies of one event
            return self._of_instant(at, behind, 2 * most)
        self._at, self._behind = at, _name(whole[-1])
        return self._sorted(whole)

    def _ordered(self, name: str, parameters: dict[str, Any], more: tuple[str, ...] = ()) -> list[Key]:
        choice = self._choice
        conditions = "".join(f" AND {condition}" for condition in (*choice.conditions, *choice.state, *more))
        text = sql(name).replace("/* filters */", conditions)
        text = text.replace("/* order */", "ASC" if self._backwards else "DESC")
        return self._engine.query(text, {"site_id": choice.site_id, **choice.parameters, **parameters})

    def _stretch(self, most: int) -> tuple[int, int]:
        """From the next instant as far as so many keys reached before, else to the end of its month, and of more months
        where the last ones held too little.
        """
        choice, near = self._choice, self._reaches.near(self._choice, most) if self._is_near else None
        month = np.datetime64(self._at, "ms").astype("datetime64[M]")
        self._is_near = near is not None
        if self._backwards:
            end = self._at + near if near is not None else _begin(month + self._months)
            return self._at, min(choice.to_ms, end + 1)
        begin = self._at - near if near is not None else _begin(month - (self._months - 1))
        return max(choice.from_ms, begin), self._at + 1

    def _go_beyond(self, at: int) -> None:
        self._at, self._behind = at + (1 if self._backwards else -1), None

    def _is_behind(self, row: Key, behind: tuple[bytes, bytes]) -> bool:
        return _name(row) > behind if self._backwards else _name(row) < behind

    def _sorted(self, rows: Any) -> list[Key]:
        """Each copy once: a decision, or the same one sent again, is a row of its own."""
        unique = dict.fromkeys(rows)
        return sorted(unique, key=lambda row: (row[2], *_name(row), row[4]), reverse=not self._backwards)


def _question(choice: Choice) -> str:
    return str((choice.site_id, choice.conditions, choice.state, choice.parameters))


def _name(row: Key) -> tuple[bytes, bytes]:
    return row[3].encode(), row[1].encode()


def _begin(month: np.datetime64) -> int:
    return int(month.astype("datetime64[ms]").astype(np.int64))
