"""The law of the purge: afterwards the store shows the oracle's sessions over the events that remain, with the identity
facts of all that ever were; whatever comes then, and after a rebuild from nothing.
"""

import random
from collections.abc import Callable
from dataclasses import dataclass, field

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sojourn.app import Sojourn
from sojourn.model.event import Event
from sojourn.model.retention import GRACE_MS
from sojourn.model.site import DAY_MS, Site
from sojourn.pipeline import sessionize
from sojourn.pipeline.retention import Retention
from sojourn.pipeline.sites import Definition
from sojourn.pipeline.touched import Range
from sojourn.sql import sql
from tests import oracle
from tests.kit import to_events
from tests.laws.test_sessions import BASE, INSTANTS, MOST_CODES, World, costly, draw_event, stored, take_step


@dataclass
class Purged(World):
    """A world of which the past is purged; `facts` are what its events said."""

    horizon: int = 0
    facts: list[Event] = field(default_factory=list)

    def expected(self) -> list[oracle.Session]:
        return oracle.sessions(self.copies, self.decisions, self.site.session_timeout_ms, facts=self.facts)

    def purge(self, app: Sojourn, horizon: int) -> None:
        self.horizon = max(horizon, self.horizon)
        timeout = self.site.session_timeout_ms
        chains = oracle.chained(self.copies, self.decisions, timeout, facts=self.facts)
        gone = {event for _, chain in chains if chain[0].occurred_at < self.horizon for event in map(key, chain)}
        gone |= {key(event) for event in oracle.standing(self.copies) if event.occurred_at < self.horizon}
        self.facts += [event for event in oracle.unsuppressed(self.copies, self.decisions) if key(event) in gone]
        self.copies = [copy for copy in self.copies if key(copy) not in gone]
        purge(app, self.site, horizon)


def key(event: Event) -> tuple[str, str]:
    return event.sender, event.event_id


def purge(app: Sojourn, site: Site, horizon: int) -> None:
    """As the loop does it seven days after the window began at the horizon."""
    present = msgspec.structs.replace(app.sites[site.id], retention_days=1)
    app.sites.write(Definition(present))
    retention = Retention(app.engine, app.sites)
    while retention.work(horizon + DAY_MS + GRACE_MS):
        pass
    app.sites.write(Definition(msgspec.structs.replace(app.sites[site.id], retention_days=None)))


def send(app: Sojourn, world: Purged, codes: list[int]) -> None:
    events = [event for event in to_events(world.site, map(draw_event, codes)) if event.occurred_at >= world.horizon]
    world.copies += events
    app.insert([msgspec.structs.replace(event) for event in events])
    app.work_off()


def rebuild(app: Sojourn, site: Site) -> None:
    """Everything derived anew: from the events, and from the facts that were kept."""
    place = {"site_id": site.id}
    for table in ("links", "members", "sessions", "slices"):
        app.engine.execute(f"DELETE FROM {table} WHERE site_id = {{site_id:String}}", place)
    app.engine.execute(sql("link.collect"), {**place, **Range(0, 1 << 62).parameters})
    app.engine.execute("INSERT INTO links SELECT * FROM kept_links WHERE site_id = {site_id:String}", place)
    app.engine.execute(
        "INSERT INTO members SELECT site_id, ref, key FROM links WHERE site_id = {site_id:String}", place
    )
    definition = app.sites.definition(site.id)
    app.generations.start(definition.present, definition.present)
    app.work_off()


def ill(app: Sojourn, site: Site) -> dict[str, list[str]]:
    """What the doctor finds."""
    *_, last = app.doctor.examine(None, repair=False, site_ids=[site.id])
    return {check["table"]: check["examples"] for check in last["done"]["checks"] if check["differing"]}


@pytest.mark.slow
@costly
@given(seed=st.integers(0, 1 << 32), very_many=st.sampled_from([2, 5000]))
def test_a_purge_leaves_the_sessions_of_what_remains(
    app: Sojourn, new_site: Callable[..., Site], seed: int, very_many: int
) -> None:
    chance = random.Random(seed)
    world = Purged(new_site())
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sessionize, "VERY_MANY", very_many)
        send(app, world, [chance.randrange(MOST_CODES) for _ in range(chance.randrange(20, 200))])
        for _ in range(2):
            world.purge(app, BASE + chance.choice(INSTANTS[:-1]) + chance.choice([-1, 0, 1, 60_000]))
            assert stored(app, world.site) == world.expected()
            take_step(app, world, (chance.choice(["suppress", "release"]), [chance.randrange(12)]))
            app.work_off()
            assert stored(app, world.site) == world.expected()
            send(app, world, [chance.randrange(MOST_CODES) for _ in range(chance.randrange(1, 60))])
            assert stored(app, world.site) == world.expected()
        assert ill(app, world.site) == {}
        rebuild(app, world.site)
        assert stored(app, world.site) == world.expected()
