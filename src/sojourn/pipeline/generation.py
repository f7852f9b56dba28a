"""What changes the past for a whole site: the next generation of sessions is built beside the present one, touched
leads go into both, then one pointer flips.
"""

import msgspec

from sojourn.model.site import Site, twin_of
from sojourn.pipeline.commits import CommitLog
from sojourn.pipeline.sessionize import Sessionizer
from sojourn.pipeline.sites import Definition, Sites
from sojourn.pipeline.touched import FOREVER, Touch
from sojourn.store.engine import Engine, sql

EVENTS_A_PAGE = 300_000
BUCKETS = 65_536


class Generations:
    """Builds one page of one site at a time, so that passes over new events come in between."""

    def __init__(self, engine: Engine, commits: CommitLog, sites: Sites) -> None:
        self._engine = engine
        self._commits = commits
        self._sites = sites
        self._sessionizer = Sessionizer(engine)
        self._built: dict[str, int] = {}
        self._pages: dict[str, int] = {}

    def progress(self, site_id: str) -> float | None:
        """The share that is built, 0 to 1; None when nothing is being built."""
        if self._sites.definition(site_id).building is None:
            return None
        return self._built.get(site_id, 0) / max(1, self._pages.get(site_id, 1))

    def start(self, present: Site, changed: Site) -> Site:
        """Order the change; a build that is under way begins anew with it."""
        definition = self._sites.definition(present.id)
        newest = max(present.generation, definition.building.generation if definition.building else 0)
        building = msgspec.structs.replace(changed, generation=newest + 1)
        self._sites.write(Definition(present, building))
        self._built.pop(present.id, None)
        return building

    def work(self, now_ms: int) -> bool:
        """Build one page of what is due; True if there was something."""
        for definition in self._sites.building():
            self._build_page(definition, now_ms)
            return True
        return False

    def _build_page(self, definition: Definition, now_ms: int) -> None:
        building = definition.building
        assert building is not None
        if building.id not in self._built:
            self._begin(building)
        page, pages = self._built[building.id], self._pages[building.id]
        first, last = page * BUCKETS // pages, (page + 1) * BUCKETS // pages - 1
        upto = self._commits.settled()
        for site_id in (building.id, twin_of(building.id)):
            touches = [Touch(lead, 0, FOREVER) for lead in self._leads(site_id, first, last)]
            self._sessionizer.recompute(building, site_id, touches, upto, self._commits.stamp, now_ms)
        self._built[building.id] = page + 1
        if page + 1 == pages:
            self._flip(building)

    def _begin(self, building: Site) -> None:
        rows = self._engine.query(
            "SELECT count() FROM events WHERE site_id IN {ids:Array(String)}",
            {"ids": [building.id, twin_of(building.id)]},
        )
        self._built[building.id] = 0
        self._pages[building.id] = min(BUCKETS, int(rows[0][0]) // EVENTS_A_PAGE + 1)

    def _leads(self, site_id: str, first: int, last: int) -> list[str]:
        rows = self._engine.query(
            sql("lead.in_buckets"), {"site_id": site_id, "first_bucket": first, "last_bucket": last}
        )
        return [lead for (lead,) in rows]

    def _flip(self, building: Site) -> None:
        self._sites.write(Definition(building))
        del self._built[building.id], self._pages[building.id]
        parameters = {"ids": [building.id, twin_of(building.id)], "generation": building.generation}
        for table in ("sessions", "slices"):
            self._engine.execute(sql("generation.forget").replace("/* table */", table), parameters)
