"""What changes the past for a whole site: the next generation of sessions is built beside the present one, takes up
the leads that passes touched meanwhile, then one pointer flips.
"""

from typing import NamedTuple

import msgspec

from sojourn.model.site import Site, owner_of, twin_of
from sojourn.pipeline.build import Build, Place
from sojourn.pipeline.commits import CommitLog
from sojourn.pipeline.sites import Definition, Sites
from sojourn.pipeline.touched import Touch
from sojourn.sql import sql
from sojourn.store.engine import Engine
from sojourn.store.merges import Merges

# On a store that others read too, what a site had before is kept for as long as one of them may not know of the new.
KEPT_MS = 15_000


class _Outdated(NamedTuple):
    """Generations of a site before this one go at this instant."""

    at_ms: int
    site_id: str
    generation: int


class Generations:
    """Builds a piece of one site at a time, so that passes over new events come in between."""

    def __init__(self, engine: Engine, commits: CommitLog, sites: Sites, merges: Merges) -> None:
        self._merges = merges
        self._engine = engine
        self._commits = commits
        self._sites = sites
        self._builds: dict[str, list[Build]] = {}  # by site: its live data and its test twin's
        self._hurried: set[str] = set()
        self._untouched: dict[str, int] = {}  # by site: the generation of which nothing was written yet
        self._outdated: list[_Outdated] = []
        self._knows_outdated = False  # whether also those that a process before has left
        self.built_elsewhere: dict[str, float] = {}  # what the process that works says of it

    def progress(self, site_id: str) -> float | None:
        """The share that is built, 0 to 1; None when nothing is being built."""
        if self._sites.definition(site_id).building is None:
            return None
        share = self.built_elsewhere.get(owner_of(site_id), 0.0)
        return self.built().get(owner_of(site_id), share)

    def built(self) -> dict[str, float]:
        """The share that is built of each site that this process builds."""
        return {
            site_id: sum(build.done for build in builds) / max(1, sum(build.total for build in builds))
            for site_id, builds in list(self._builds.items())
        }

    def start(self, present: Site, changed: Site) -> Site:
        """Order the change; a build that is under way begins anew with it."""
        definition = self._sites.definition(present.id)
        newest = max(present.generation, definition.building.generation if definition.building else 0)
        building = msgspec.structs.replace(changed, generation=newest + 1)
        # First, whether or not the store says that it has the order: what is under way must not end as this one.
        self.forget(present.id)
        self._untouched[present.id] = building.generation
        self._sites.write(Definition(present, building))
        return building

    def building_since(self, site_id: str | None) -> int | None:
        """When the build under way of the site, or of any, began, in milliseconds: what it stamps can be seen when it
        ends.
        """
        sites = list(self._builds) if site_id is None else [owner_of(site_id)]
        begun = [build.began_ms for each in sites for build in self._builds.get(each, [])]
        return min((since for since in begun if since is not None), default=None)

    @property
    def is_hurried(self) -> bool:
        """Whether something is being built that nobody can read yet: what an import brought."""
        return bool(self._hurried)

    def forget(self, site_id: str) -> None:
        """The site was removed, or what is being built of it begins anew."""
        for build in self._builds.pop(site_id, []):
            build.close()

    def forget_all(self) -> None:
        """Another process goes on with it."""
        for site_id in list(self._builds):
            self.forget(site_id)
        self._hurried.clear()
        self._outdated.clear()
        self._knows_outdated = False

    def rebuild(self, site_id: str) -> None:
        """Build everything anew, and in a hurry, by the definitions that hold or are on their way."""
        self._hurried.add(owner_of(site_id))
        definition = self._sites.definition(site_id)
        self.start(definition.present, definition.building or definition.present)

    def takes(self, site_id: str, touches: list[Touch]) -> bool:
        """Whether the build of the site computes itself what a pass touched: all that is not complete yet do. Into one
        that is, and waits for the other of live data and test twin, the pass must write.
        """
        builds = self._builds.get(owner_of(site_id))
        if builds is None:
            return True  # it has not begun, and will read them
        build = builds[site_id == twin_of(owner_of(site_id))]
        return build.take(touches)

    def work(self, now_ms: int) -> bool:
        """Build one piece of what is due; True if there was something."""
        for site_id in list(self._builds):
            if site_id not in self._sites:
                self.forget(site_id)
            elif not self._sites.definition(site_id).building:
                self._ended(self._sites[site_id], now_ms)  # the switch was stored, and failed to say so
        for definition in self._sites.building():
            assert definition.building is not None
            self._step(definition.present, definition.building, now_ms)
            return True
        return self._drop_outdated(now_ms)

    def _step(self, present: Site, building: Site, now_ms: int) -> None:
        if building.id not in self._builds:
            building = self._begin(present, building)
        try:
            went_on = any(build.step(now_ms) for build in self._builds[building.id])
        except BaseException:
            self.forget(building.id)  # one that failed in the middle knows no more where it was
            raise
        if not went_on:
            self._flip(building, now_ms)

    def _begin(self, present: Site, building: Site) -> Site:
        """Build it by a generation in which nothing is: what an attempt that was cut off left in its own, or is writing
        yet, nobody keeps true.
        """
        if self._untouched.get(building.id) != building.generation:
            building = self.start(present, building)
            self._delete(building.id, present.generation, building.generation)
        del self._untouched[building.id]
        is_hurried = building.id in self._hurried
        places = [
            Place(building, site_id, present.generation, building.purged_before)
            for site_id in (building.id, twin_of(building.id))
        ]
        self._builds[building.id] = [
            Build(self._engine, self._commits, self._merges, place, is_hurried=is_hurried) for place in places
        ]
        return building

    def _flip(self, building: Site, now_ms: int) -> None:
        self._sites.write(Definition(building))
        self._ended(building, now_ms)
        self._drop_outdated(now_ms)

    def _ended(self, present: Site, now_ms: int) -> None:
        self.forget(present.id)
        self._hurried.discard(present.id)
        self._leave(present, now_ms)

    def _leave(self, present: Site, now_ms: int) -> None:
        at_ms = now_ms + KEPT_MS if self._engine.is_shared else now_ms
        self._outdated.append(_Outdated(at_ms, present.id, present.generation))

    def _find_outdated(self, now_ms: int) -> None:
        for site_id in list(self._sites):
            parameters = {"ids": [site_id, twin_of(site_id)], "before": self._sites[site_id].generation}
            if self._engine.query(sql("generation.outdated"), parameters):
                self._leave(self._sites[site_id], now_ms)
        self._knows_outdated = True

    def _drop_outdated(self, now_ms: int) -> bool:
        if not self._knows_outdated:
            self._find_outdated(now_ms)
        due = [each for each in self._outdated if each.at_ms <= now_ms]
        for each in due:
            self._delete(each.site_id, 0, each.generation)
            self._outdated.remove(each)
        return bool(due)

    def _delete(self, site_id: str, after: int, before: int) -> None:
        """The rows of generations between these two."""
        parameters = {"ids": [site_id, twin_of(site_id)], "after": after, "before": before}
        for table in ("sessions", "slices"):
            self._engine.execute(sql("generation.forget").replace("/* table */", table), parameters)
