"""The law of sessions while a next generation is built: what comes between its pieces is in it, and in the present one."""

import random
from collections.abc import Callable

import pytest

from sojourn.app import Sojourn
from sojourn.model.site import Site
from sojourn.pipeline import aside, build, sessionize
from tests.conftest import NOW
from tests.laws.test_sessions import MOST_CODES, World, stored, take_step

KINDS = ["send", "send", "send", "repeat", "suppress", "release"]


def some_step(app: Sojourn, world: World, chance: random.Random, most: int) -> None:
    kind = chance.choice(KINDS)
    limit, count = (MOST_CODES, chance.randrange(1, most)) if kind == "send" else (12, 3)
    take_step(app, world, (kind, [chance.randrange(limit) for _ in range(count)]))


@pytest.mark.parametrize(
    ("seed", "very_many", "at_once"),
    [(1, 5000, 10_000), (2, 2, 15), *(pytest.param(seed, 2, 15, marks=pytest.mark.long) for seed in range(3, 12))],
)
def test_passes_between_the_pieces_of_a_build(
    app: Sojourn, new_site: Callable[..., Site], seed: int, very_many: int, at_once: int
) -> None:
    chance = random.Random(seed)
    world = World(new_site())
    take_step(app, world, ("send", [chance.randrange(MOST_CODES) for _ in range(60)]))
    app.work_off()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(build, "EVENTS_A_PAGE", 20)
        patch.setattr(aside, "ROWS_AT_ONCE", 7)
        patch.setattr(sessionize, "VERY_MANY", very_many)
        patch.setattr(sessionize, "LEADS_AT_ONCE", at_once)
        app.change_site(world.site.id, {"session_timeout_ms": chance.choice([60_000, 3_600_000])})
        # The live data's pieces, then its test twin's: passes come when the first are complete as well.
        pieces, begins_anew_at = 0, chance.choice([0, 3, 5])
        while app.sites.definition(world.site.id).building:
            pieces += 1
            if chance.random() < 0.5:
                some_step(app, world, chance, 12)
                app.worker.work(app.commits.change_ms)
                assert stored(app, world.site) == world.expected()
            if pieces == begins_anew_at:
                app.generations.forget_all()  # as when another process goes on with it, or a step failed
            app.generations.work(NOW)
            world.site = app.sites[world.site.id]
        assert stored(app, world.site) == world.expected()
        some_step(app, world, chance, 12)
        app.work_off()
        assert stored(app, world.site) == world.expected()
