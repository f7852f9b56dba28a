"""Lists of events as columns, piece by piece, for files of any length in constant memory."""

import itertools
from collections.abc import Iterator

import pyarrow as pa
import pyarrow.compute as pc

from sojourn.model.site import Site
from sojourn.pipeline.owners import Owners
from sojourn.reports import event_columns
from sojourn.reports.event_keys import Place
from sojourn.reports.event_pieces import Pieces
from sojourn.reports.event_scope import Scope, choice_of
from sojourn.reports.events import Edge, EventPages, EventQuestion, encode
from sojourn.reports.holding import Holding
from sojourn.reports.leads import Leads
from sojourn.store.engine import Engine

FIRST_ROWS = 50_000
TABLE_ROWS = 100_000
# So many bytes are read at once when rows are known to be narrow or wide, and no fewer or more rows than these.
BYTES_AT_ONCE = 64_000_000
FEWEST_AT_ONCE, MOST_AT_ONCE = 20_000, 300_000


class EventExports:
    def __init__(self, engine: Engine, pages: EventPages, leads: Leads, holding: Holding) -> None:
        self._engine = engine
        self._pages = pages
        self._leads = leads
        self._holding = holding

    def tables(
        self, site: Site, site_id: str, question: EventQuestion, limit: int | None, now_ms: int
    ) -> Iterator[tuple[pa.Table, str | None]]:
        """The events that the question chooses, in the list's order; behind the last of `limit` rows the cursor of
        what follows.

        Their columns are the fields of the list; the lead is what it is called, properties and context are JSON.
        """
        scope, after = self._pages.scope(site, site_id, question, now_ms)
        left, last, is_first = limit, after, True
        for rows in self._read(site, site_id, scope, after, limit):
            cut = rows if left is None else rows.slice(0, left)
            last = _place_of_last(cut) or last
            has_more = cut.num_rows < rows.num_rows
            if is_first or cut.num_rows or has_more:
                cursor = encode(Edge.of(last, scope.filters)) if has_more and last is not None else None
                yield self._shown(site, site_id, cut), cursor
            is_first = False
            if has_more:
                return
            left = None if left is None else left - cut.num_rows

    def _read(
        self, site: Site, site_id: str, scope: Scope, after: Place | None, limit: int | None
    ) -> Iterator[pa.Table]:
        """The rows that stand and fit, with their leads, in tables of about as many bytes."""
        # A little more than what is asked for, since that there is more is to be told.
        most = FIRST_ROWS if limit is None else min(MOST_AT_ONCE, limit + limit // 16 + 100)
        pieces = Pieces(self._engine, choice_of(site, site_id, scope), after, most)
        for piece in pieces:
            found = self._engine.arrow(*pieces.text(piece))
            if limit is None and found.num_rows:
                fitting = BYTES_AT_ONCE * found.num_rows // found.nbytes
                pieces.rows = max(FEWEST_AT_ONCE, min(MOST_AT_ONCE, fitting))
            rows = event_columns.standing(found)
            del found  # what is read for one piece is large
            for begin in range(0, max(1, rows.num_rows), TABLE_ROWS):
                yield self._chosen(site_id, scope, rows.slice(begin, TABLE_ROWS))

    def _chosen(self, site_id: str, scope: Scope, rows: pa.Table) -> pa.Table:
        if scope.state is not None:
            states = [state for state in pc.unique(rows["suppressed"]).to_pylist() if scope.fits(state)]
            rows = rows.filter(pc.is_in(rows["suppressed"].cast(pa.string()), pa.array(states, pa.string())))
        owners = Owners.behind(self._engine, site_id, event_columns.keys_of(rows))
        rows = rows.append_column("lead", pa.array(event_columns.leads_of(rows, owners), pa.string()))
        return (
            rows
            if scope.leads is None
            else rows.filter(pc.is_in(rows["lead"], pa.array(sorted(scope.leads), pa.string())))
        )

    def _shown(self, site: Site, site_id: str, rows: pa.Table) -> pa.Table:
        leads, active = rows["lead"].to_pylist(), event_columns.is_active(rows, site.passive_types)
        is_active = active.to_numpy()
        places = list(itertools.compress(zip(leads, rows["occurred_at"].to_pylist(), strict=True), is_active))
        numbers = iter(self._holding.of_many(site, site_id, places))
        sessions = (next(numbers) if each else None for each in is_active)
        names = self._leads.names(site_id, sorted(set(leads)))
        return event_columns.shown(rows.drop_columns(["lead"]), site_id, site.passive_types, leads, names, sessions)


def _place_of_last(rows: pa.Table) -> Place | None:
    if not rows.num_rows:
        return None
    last = rows.slice(rows.num_rows - 1).to_pylist()[0]
    return (last["occurred_at"], last["event_id"].encode(), last["sender"].encode())
