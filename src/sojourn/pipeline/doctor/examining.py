"""The examination of one site's data, page by page, while events keep coming: what is merely not worked off yet is no
finding.
"""

from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass, field
from typing import Any

from sojourn.pipeline.commits import CommitLog
from sojourn.pipeline.doctor.differences import Difference, Rebuild
from sojourn.pipeline.doctor.repairing import SENDERS_AT_ONCE, Repair, senders_of
from sojourn.pipeline.generation import BUCKETS
from sojourn.pipeline.loop import Loop
from sojourn.pipeline.sessionize import LEADS_AT_ONCE
from sojourn.pipeline.sites import Sites
from sojourn.pipeline.worker import Worker
from sojourn.store.engine import Engine, sql

EVENTS_A_PAGE = 200_000
SHOWN = 5
FACTS = ("links", "members", "names")
OF_LEADS = ("leads", "sessions", "slices")

Step = dict[str, Any]
Found = list[Difference]


@dataclass
class Check:
    """What was compared of one table of one site; `checked` counts the stored rows of facts, the leads of the others."""

    site_id: str
    table: str
    checked: int = 0
    differing: int = 0
    examples: list[str] = field(default_factory=list)

    def add(self, found: Found) -> None:
        self.differing += len(found)
        self.examples += [difference.told for difference in found[: SHOWN - len(self.examples)]]


class Standstill:
    """Facts and what is derived from them, at one and the same commit."""

    def __init__(self, commits: CommitLog, worker: Worker, loop: Loop, now_ms: Callable[[], int]) -> None:
        self._commits = commits
        self._worker = worker
        self._loop = loop
        self._now_ms = now_ms

    def compared(
        self,
        find: Callable[[int], Found],
        again: Callable[[Found, int], Found],
        put_right: Callable[[Found], None] | None,
    ) -> Found:
        """What differs up to the commit that the worker has come to.

        No pass works meanwhile. What seems to differ is looked at `again` while no event is taken either, since an
        event or a decision of this moment looks like a difference.
        """
        with self._loop.held():
            self._worker.work(self._now_ms)
            found = find(self._worker.done)
            if found:
                with self._commits.pause():
                    while self._worker.work(self._now_ms):
                        pass
                    found = again(found, self._worker.done)
            if found and put_right:
                put_right(found)
            return found


class Examination:
    """One site's live data, or that of its test twin."""

    def __init__(self, engine: Engine, sites: Sites, standstill: Standstill, site_id: str, *, repair: bool) -> None:
        self._engine = engine
        self._sites = sites
        self._standstill = standstill
        self._site_id = site_id
        self._is_repairing = repair
        self._rebuild = Rebuild(engine)
        self._repair = Repair(engine)
        self.checks = {table: Check(site_id, table) for table in (*FACTS, *OF_LEADS)}

    def steps(self, sample: int | None, seed: str) -> Iterator[Step]:
        """Compares as it goes; what was found is in `checks`. Of the leads a sample, or all of them."""
        yield from self._facts()
        if sample is not None:
            self._look_at(self._sampled(sample, seed))
            return
        for number, pages, page in self._pages():
            yield self._step("sessions", number, pages)
            self._look_at(self._leads_in(page))

    def _facts(self) -> Generator[Step, None, None]:
        for number, pages, page in self._pages():
            yield self._step("facts", number, pages)
            for table in FACTS:
                self._compare_facts(table, page)
        for table in FACTS:
            self.checks[table].checked = self._count(table)

    def _compare_facts(self, table: str, page: Step) -> None:
        find, put_right = getattr(self._rebuild, table), getattr(self._repair, table)
        found = self._standstill.compared(
            lambda _: find({**page, "senders": []}),
            lambda found, _: [
                difference for senders in senders_of(found) for difference in find({**page, "senders": senders})
            ],
            (lambda found: put_right(page, found)) if self._is_repairing else None,
        )
        self.checks[table].add(found)

    def _look_at(self, leads: list[str]) -> None:
        for start in range(0, len(leads), LEADS_AT_ONCE):
            batch = leads[start : start + LEADS_AT_ONCE]
            for table in OF_LEADS:
                self._compare_leads(table, batch)

    def _compare_leads(self, table: str, leads: list[str]) -> None:
        find = getattr(self._rebuild, table)

        def among(leads: list[str], upto: int) -> Found:
            differences: Found = find(self._sites[self._site_id], self._site_id, leads, upto)
            return differences

        def put_right(found: Found) -> None:
            self._repair.leads(self._site_id, found)

        found = self._standstill.compared(
            lambda upto: among(leads, upto),
            lambda found, upto: among(sorted({lead for difference in found for lead in difference.leads}), upto),
            put_right if self._is_repairing and table == "leads" else None,
        )
        self.checks[table].add(found)
        self.checks[table].checked += len(leads)

    def _pages(self) -> Iterator[tuple[int, int, Step]]:
        """(number, of how many, parameters) of stretches of buckets with about as many events as a page may have."""
        pages = min(BUCKETS, self._count("events") // EVENTS_A_PAGE + 1)
        for page in range(pages):
            first, last = page * BUCKETS // pages, (page + 1) * BUCKETS // pages - 1
            yield page, pages, {"site_id": self._site_id, "first_bucket": first, "last_bucket": last}

    def _leads_in(self, page: Step) -> list[str]:
        """Those of the page's events, and those that have sessions there, whether they have events or not."""
        present = self._sites[self._site_id].generation
        named = self._engine.query(sql("lead.in_buckets"), page)
        stored = self._engine.query(sql("lead.stored_in_buckets"), {**page, "present": present})
        return sorted({lead for (lead,) in [*named, *stored]})

    def _sampled(self, sample: int, seed: str) -> list[str]:
        present = self._sites[self._site_id].generation
        parameters = {"site_id": self._site_id, "present": present, "seed": seed, "most": sample}
        return sorted(lead for (lead,) in self._engine.query(sql("lead.sampled"), parameters))

    def _count(self, table: str) -> int:
        rows = self._engine.query(
            f"SELECT count() FROM {table} WHERE site_id = {{site_id:String}}", {"site_id": self._site_id}
        )
        return int(rows[0][0])

    def _step(self, what: str, page: int, pages: int) -> Step:
        return {"site_id": self._site_id, "doing": what, "page": page, "pages": pages}
