"""Events in order, of a table that stays as it lies: to move numbers and codes is cheap, to move texts is not."""

from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from sojourn.frames.blocks import Numbers, pick
from sojourn.frames.breaks import order_by, settle_ties
from sojourn.frames.events import Coded, encode


class Rows:
    """The n events of a table in an order: places 0 to n - 1, in which columns are read by name."""

    def __init__(self, events: pa.Table, order: Numbers | None = None) -> None:
        """`order` has the row of each place (n whole numbers); None: as the table lies."""
        self._events = events
        self._order = order

    @classmethod
    def by_lead(cls, events: pa.Table) -> "Rows":
        """Events with the columns lead, occurred_at, event_id and sender: a lead's together, in the order of these.

        Of a sender no two have the same id.
        """
        leads, ms = encode(events["lead"]).codes, events["occurred_at"].to_numpy()
        order = order_by(leads, order_by(ms))
        is_tied = np.zeros(len(order), bool)
        is_tied[1:] = _follow_equals(pick(leads, order)) & _follow_equals(pick(ms, order))

        def ranks(rows: Numbers) -> Numbers:
            ids, senders = [_ranks(events[name].take(pa.array(rows))) for name in ("event_id", "sender")]
            return ids * (len(rows) + 1) + senders

        settle_ties(order, is_tied, ranks)
        return cls(events, order)

    def __len__(self) -> int:
        return int(self._events.num_rows)

    def coded(self, name: str) -> Coded:
        """A column of texts as codes in order."""
        coded = encode(self._events[name])
        if self._order is None or len(coded.texts) < 2:
            return coded
        return Coded(pick(coded.codes, self._order), coded.texts)

    def numbers(self, name: str) -> Numbers:
        """A column of numbers without nulls, in order."""
        return self._ordered(self._events[name].to_numpy())

    def is_given(self, name: str) -> Numbers:
        """Which places are not null (bool[n])."""
        return self._ordered(pc.is_valid(self._events[name]).to_numpy())

    def at(self, name: str, places: Numbers) -> Any:
        """The column's values at some places, as an Arrow array."""
        rows = places if self._order is None else pick(self._order, places)
        taken = self._events[name].take(pa.array(rows)).combine_chunks()
        return taken if isinstance(taken, pa.Array) else pa.array([], self._events[name].type)

    def _ordered(self, values: Numbers) -> Numbers:
        return values if self._order is None else pick(values, self._order)


def _ranks(texts: pa.ChunkedArray) -> Numbers:
    ranked: Numbers = pc.rank(texts.combine_chunks(), tiebreaker="dense").to_numpy().astype(np.int64)
    return ranked


def _follow_equals(values: Numbers) -> Numbers:
    """Whether each value but the first equals the one before it."""
    equals: Numbers = values[1:] == values[:-1]
    return equals
