"""The law of erasure: afterwards the store shows the oracle's sessions over the events that remain, and whatever of the
erased ones is sent again, nothing of it comes back.
"""

import random
from collections.abc import Callable

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sojourn.app import Sojourn
from sojourn.model.event import Event
from sojourn.model.refusal import Reason, Refused
from sojourn.model.site import Site
from sojourn.pipeline import sessionize
from sojourn.pipeline.collect import Arrival, collect
from tests import oracle
from tests.conftest import NOW
from tests.laws.test_retention import ill
from tests.laws.test_sessions import MOST_CODES, World, costly, draw_event, stored, take_step

Payload = dict[str, object]


def key(event: Event) -> tuple[str, str]:
    return event.sender, event.event_id


def send(app: Sojourn, world: World, payloads: list[Payload]) -> int:
    """How many were refused as erased; the others are part of the world."""
    arrival = Arrival(world.site, world.site.id, NOW, is_secret=True, is_erased=app.erasures.refuses)
    events, reasons = [], []
    for payload in payloads:
        try:
            events.append(collect(payload, arrival))
        except Refused as error:
            reasons.append(error.reason)
    assert set(reasons) <= {Reason.ERASED}
    world.copies += events
    app.insert([msgspec.structs.replace(event) for event in events])
    settle(app)
    return len(reasons)


def settle(app: Sojourn) -> None:
    """All work but that on the files."""
    while app.worker.work(app.now_ms) or app.generations.work(NOW):
        pass


def erase(app: Sojourn, world: World, chance: random.Random) -> set[tuple[str, str]]:
    """Erase a lead that an event belongs to; which events are gone."""
    leads = oracle.Identity(oracle.unsuppressed(world.copies, world.decisions))
    standing = oracle.standing(world.copies)
    lead = leads.lead_of(chance.choice(standing))
    gone = {key(event) for event in standing if leads.lead_of(event) == lead}
    receipt = app.erasing.erase(world.site.id, lambda: lead, lambda: settle(app), NOW)
    assert receipt.event_count == len(gone)
    world.copies = [copy for copy in world.copies if key(copy) not in gone]
    world.decisions = {event: reason for event, reason in world.decisions.items() if event not in gone}
    return gone


@pytest.mark.slow
@costly
@given(seed=st.integers(0, 1 << 32), very_many=st.sampled_from([2, 5000]))
def test_an_erasure_leaves_the_sessions_of_everybody_else(
    app: Sojourn, new_site: Callable[..., Site], seed: int, very_many: int
) -> None:
    chance = random.Random(seed)
    world = World(new_site())
    sent = [draw_event(chance.randrange(MOST_CODES)) for _ in range(chance.randrange(20, 200))]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sessionize, "VERY_MANY", very_many)
        assert send(app, world, sent) == 0
        for _ in range(2):
            if not world.copies:
                return
            before = {key(copy) for copy in world.copies}
            gone = erase(app, world, chance)
            assert stored(app, world.site) == world.expected()
            refused = send(app, world, sent)
            assert refused >= len(gone)
            assert {key(copy) for copy in world.copies} & gone == set()
            assert {key(copy) for copy in world.copies} == before - gone
            assert stored(app, world.site) == world.expected()
            more = [draw_event(chance.randrange(MOST_CODES)) for _ in range(30)]
            send(app, world, more)
            sent += more
            take_step(app, world, (chance.choice(["suppress", "release"]), [chance.randrange(12)]))
            settle(app)
            assert stored(app, world.site) == world.expected()
        assert ill(app, world.site) == {}
        app.change_site(world.site.id, {"session_timeout_ms": 3_600_000})
        settle(app)
        world.site = app.sites[world.site.id]
        assert stored(app, world.site) == world.expected()
