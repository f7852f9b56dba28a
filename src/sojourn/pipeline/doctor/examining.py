"""The examination of one site's data, page by page, while events keep coming: what is merely not worked off yet is no
finding.
"""

from collections.abc import Generator, Iterator
from dataclasses import dataclass, field

from sojourn.pipeline.build import BUCKETS
from sojourn.pipeline.doctor.differences import Rebuild
from sojourn.pipeline.doctor.repairing import Repair, senders_of
from sojourn.pipeline.doctor.standstill import Found, Standstill, Step
from sojourn.pipeline.sessionize import LEADS_AT_ONCE
from sojourn.pipeline.sites import Sites
from sojourn.pipeline.touched import Range
from sojourn.sql import sql
from sojourn.store.engine import Engine

EVENTS_A_PAGE = 200_000
SHOWN = 5
FACTS = ("links", "members", "names")
OF_LEADS = ("leads", "sessions", "slices")


@dataclass
class Check:
    """What was compared of one table of one site; `checked` counts stored rows of facts, and leads of the others."""

    site_id: str
    table: str
    checked: int = 0
    differing: int = 0
    examples: list[str] = field(default_factory=list)

    def add(self, found: Found) -> None:
        self.differing += len(found)
        self.examples += [difference.told for difference in found[: SHOWN - len(self.examples)]]


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
            yield from self._look_at(self._sampled(sample, seed))
            return
        for number, pages, page in self._pages():
            yield self._step("sessions", number, pages)
            yield from self._look_at(self._leads_in(page))

    def _facts(self) -> Iterator[Step]:
        for number, pages, page in self._pages():
            yield self._step("facts", number, pages)
            for table in FACTS:
                found = yield from self._compare_facts(table, page)
                self.checks[table].add(found)
        for table in FACTS:
            self.checks[table].checked = self._count(table)

    def _compare_facts(self, table: str, page: Step) -> Generator[Step, None, Found]:
        find, put_right = getattr(self._rebuild, table), getattr(self._repair, table)

        def again(found: Found, seen: Range) -> Found:
            batches = (find({**page, "senders": senders}, seen) for senders in senders_of(found))
            return [difference for batch in batches for difference in batch]

        return self._standstill.compared(
            self._site_id,
            lambda seen: find({**page, "senders": []}, seen),
            again,
            (lambda found, seen: put_right(page, found, seen)) if self._is_repairing else None,
        )

    def _look_at(self, leads: list[str]) -> Iterator[Step]:
        for start in range(0, len(leads), LEADS_AT_ONCE):
            batch = leads[start : start + LEADS_AT_ONCE]
            for table in OF_LEADS:
                found = yield from self._compare_leads(table, batch)
                self.checks[table].add(found)
                self.checks[table].checked += len(batch)

    def _compare_leads(self, table: str, leads: list[str]) -> Generator[Step, None, Found]:
        find = getattr(self._rebuild, table)

        def among(leads: list[str], seen: Range) -> Found:
            differences: Found = find(self._sites[self._site_id], self._site_id, leads, seen)
            return differences

        return self._standstill.compared(
            self._site_id,
            lambda seen: among(leads, seen),
            lambda found, seen: among(sorted({lead for row in found for lead in row.leads}), seen),
        )

    def _pages(self) -> Iterator[tuple[int, int, Step]]:
        """(number, of how many, parameters) of stretches of buckets with about as many events as a page may have."""
        pages = min(BUCKETS, self._count("events") // EVENTS_A_PAGE + 1)
        for page in range(pages):
            first, last = page * BUCKETS // pages, (page + 1) * BUCKETS // pages - 1
            before = self._sites[self._site_id].purged_before
            place = {"site_id": self._site_id, "purged_before": before}
            yield page, pages, {**place, "first_bucket": first, "last_bucket": last}

    def _leads_in(self, page: Step) -> list[str]:
        present = self._sites[self._site_id].generation
        return sorted(lead for (lead,) in self._engine.query(sql("lead.in_buckets"), {**page, "present": present}))

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
