"""A whole site's sessions from its events: pages of senders in arrays, then the leads that identity facts join."""

from collections.abc import Generator, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import pyarrow as pa

from sojourn.frames.fold import fold
from sojourn.frames.rows import Rows
from sojourn.model.site import Site
from sojourn.pipeline.aside import Aside
from sojourn.pipeline.commits import CommitLog
from sojourn.pipeline.sessionize import VERY_MANY, Recompute, batches, definitions
from sojourn.pipeline.touched import Range, Touch, collect_facts, merged
from sojourn.sql import sql
from sojourn.store.engine import Engine
from sojourn.store.merges import Merges

EVENTS_A_PAGE = 1_000_000
BUCKETS = 65_536
FINAL = "FINAL"
_ASIDE = ["identity", "is_entangled"]


@dataclass
class Place:
    """One site's data on the way to a generation: whose it is, what holds there, and which generation was before."""

    site: Site
    site_id: str
    before: int
    oldest_ms: int = 0

    @property
    def parameters(self) -> dict[str, Any]:
        return {
            **definitions(self.site),
            "site_id": self.site_id,
            "generation": self.site.generation,
            "before": self.before,
            "from_ms": self.oldest_ms,
        }


class Build:
    """Builds the next generation of one site's data. `step` does a piece, so that passes come in between; leads that
    passes touch meanwhile are computed at the end, since a piece may have read them before.
    """

    def __init__(
        self, engine: Engine, commits: CommitLog, merges: Merges, place: Place, *, is_hurried: bool = False
    ) -> None:
        """`is_hurried` uses both cores: for what nobody can read yet. Else half of them is left to readers."""
        self._threads = ThreadPoolExecutor(2) if is_hurried else None
        self._engine = engine
        self._commits = commits
        self._merges = merges
        self._place = place
        self._parameters = place.parameters
        self._aside = Aside()
        self._now_ms = 0
        self.began_ms: int | None = None
        self._writing: Future[None] | None = None
        self._taken: list[Touch] = []
        self._is_complete = False
        self._steps = self._run()
        self.done, self.total = 0, 1

    def step(self, now_ms: int) -> bool:
        """Do the next piece; False when all is built."""
        self._now_ms = now_ms
        self.began_ms = now_ms if self.began_ms is None else self.began_ms
        self._is_complete = next(self._steps, None) is None
        return not self._is_complete

    def take(self, touches: list[Touch]) -> bool:
        """Compute these leads, which a pass touched, at the end; False when all is built already."""
        if not self._is_complete:
            self._taken = merged([*self._taken, *touches])
        return not self._is_complete

    def close(self) -> None:
        """Forget what was put aside."""
        self._steps.close()
        if self._threads is not None:
            self._threads.shutdown(cancel_futures=True)
        self._aside.close()

    def _run(self) -> Generator[bool, None, None]:
        pages = self._page_count()
        self.total = pages + 2
        if pages > 1:
            self._merges.hold()
        for number, (buckets, events) in enumerate(self._pages(pages), 1):
            self._page(buckets, events)
            self.done = number
            yield True
        yield from self._entangled()
        self._written()
        self._slice_large()
        self.done += 1
        yield True
        yield from self._catch_up()
        self._finish()

    def _page_count(self) -> int:
        rows = self._engine.query(
            "SELECT count() FROM events WHERE site_id = {site_id:String}", {"site_id": self._place.site_id}
        )
        return min(BUCKETS, int(rows[0][0]) // EVENTS_A_PAGE + 1)

    def _pages(self, pages: int) -> Iterator[tuple[dict[str, int], pa.Table]]:
        """Stretches of buckets and their events; in a hurry the next is read while one is worked on."""
        bounds = [page * BUCKETS // pages for page in range(pages + 1)]
        stretches = [{"first_bucket": first, "last_bucket": end - 1} for first, end in pairwise(bounds)]
        if self._threads is None:
            yield from ((stretch, self._read(stretch, "")) for stretch in stretches)
            return
        reading = self._threads.submit(self._read, stretches[0], "")
        for stretch, following in zip(stretches, [*stretches[1:], None], strict=True):
            events = reading.result()
            if following is not None:
                reading = self._threads.submit(self._read, following, "")
            yield stretch, events

    def _page(self, buckets: dict[str, int], events: pa.Table) -> None:
        if _has_repetitions(events["identity"]):
            self._settle(buckets)
            events = self._read(buckets, FINAL)
        elif self._engine.query(sql("event.decided"), {**self._parameters, **buckets}):
            events = self._read(buckets, FINAL)
        is_entangled = events["is_entangled"].to_numpy() > 0
        if is_entangled.any():
            self._aside.put(events.filter(pa.array(is_entangled)).drop_columns(_ASIDE))
            events = events.filter(pa.array(~is_entangled))
        self._write(Rows.by_lead(events.append_column("lead", events["sender"])), buckets)

    def _read(self, buckets: dict[str, int], final: str) -> pa.Table:
        text = sql("event.paged").replace("/* final */", final)
        threads = 2 if self._threads else 1
        return self._engine.arrow(text, {**self._parameters, **buckets, **self._seen().parameters, "threads": threads})

    def _seen(self) -> Range:
        return Range(0, self._commits.settled(), self._commits.hidden())

    def _settle(self, buckets: dict[str, int]) -> None:
        with self._commits.commit() as commit_id:
            parameters = {"site_id": self._place.site_id, **buckets, "commit_id": commit_id}
            self._engine.execute(sql("event.settle_page"), parameters)
        collect_facts(self._engine, self._place.site_id, Range(commit_id - 1, commit_id))

    def _entangled(self) -> Generator[bool, None, None]:
        """Whose the events put aside are is asked piece by piece, each once; then a share of the leads after the other
        is written.
        """
        shares = self._aside.row_count // EVENTS_A_PAGE + 1
        for paths in self._aside.pieces():
            parameters = {**self._parameters, "shares": shares}
            self._aside.share_out(self._engine.arrow_of_kept(sql("event.entangled"), paths, parameters))
            yield True
        for share in range(shares):
            events = self._aside.share(share)
            if events is not None:
                self._write(Rows.by_lead(events), {"first_bucket": 0, "last_bucket": BUCKETS - 1})
            yield True

    def _write(self, events: Rows, buckets: dict[str, int]) -> None:
        if not len(events):
            return
        parameters = {**self._parameters, **buckets, "now_ms": self._now_ms, "version": self._commits.stamp()}
        sessions = fold(events, self._parameters)
        self._written()
        if self._threads is None:
            self._engine.insert_arrow(sql("session.built"), sessions, parameters)
        else:
            self._writing = self._threads.submit(self._engine.insert_arrow, sql("session.built"), sessions, parameters)

    def _written(self) -> None:
        """Wait for the write under way, and raise what it ended with."""
        writing, self._writing = self._writing, None
        if writing is not None:
            writing.result()

    def _slice_large(self) -> None:
        """A lead with a session of very many events is kept in slices."""
        rows = self._engine.query(sql("lead.very_large"), {**self._parameters, "very_many": VERY_MANY})
        if rows:
            self._recompute().slice({lead for (lead,) in rows})

    def _catch_up(self) -> Generator[bool, None, None]:
        """Most of what passes touched meanwhile, so that the last step, in which no pass comes in between, is short."""
        taken, self._taken = self._taken, []
        for batch in batches(taken):
            self._recompute().run(batch)
            yield True

    def _finish(self) -> None:
        """What passes touched since; then what every generation has beside its sessions."""
        taken, self._taken = self._taken, []
        self._recompute().run_all(taken)
        parameters = {**self._parameters, "now_ms": self._now_ms, "version": self._commits.stamp()}
        self._engine.execute(sql("session.vanished"), parameters)
        self._engine.execute(sql("lead.collect_all"), parameters)

    def _recompute(self) -> Recompute:
        return Recompute(
            self._engine, self._place.site, self._place.site_id, self._seen(), self._commits.stamp, self._now_ms
        )


def _has_repetitions(identities: pa.ChunkedArray) -> bool:
    ordered = np.sort(identities.to_numpy())
    return bool((ordered[1:] == ordered[:-1]).any())
