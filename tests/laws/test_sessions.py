"""The laws: whatever the order, lateness, repetition, batching, identity facts and suppressions, the store shows the
oracle's sessions after every step.
"""

import math
import os
import random
from collections.abc import Callable
from dataclasses import dataclass, field

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sojourn.app import Sojourn
from sojourn.model.event import Event
from sojourn.model.instant import iso
from sojourn.model.intent import IntentSteps
from sojourn.model.session import encode_id
from sojourn.model.site import Site
from sojourn.pipeline import sessionize
from sojourn.reports import journey
from tests import oracle
from tests.kit import to_events

MINUTE = 60_000
TIMEOUT = 30 * MINUTE
BASE = 1_777_000_000_000
# Around the boundary: neighbours exactly a timeout apart, a millisecond less, a millisecond more, and far away.
INSTANTS = [
    0,
    1,
    5 * MINUTE,
    TIMEOUT - 1,
    TIMEOUT,
    TIMEOUT + 1,
    2 * TIMEOUT - 1,
    2 * TIMEOUT,
    3 * TIMEOUT + 2,
    40 * 24 * 60 * MINUTE,
]
TYPES = ["page_view", "page_view", "identify", "email_click", "purchase", "email_open", "unsubscribe", "form_submit"]
PATHS = ["/", "/pricing", "/blog/one", "/blog/two", "/docs/three", "/case-study/four"]
REFERRERS = [None, "https://www.google.com/", "https://www.x.example/", "https://t.co/1", "https://other.example/"]
# What a site may have of its own: as shipped, none, and what the events above have.
OWN: dict[str, list[list[str] | None]] = {
    "decisive_types": [None, [], ["email_click"]],
    "high_types": [None, [], ["page_view", "email_open"]],
    "high_urls": [None, [], ["/blog/*", "/"], ["*o*"]],
    "content_urls": [None, [], ["/*"], ["/pricing", "/docs/*", "/*/four", "/blog/t.o"]],
    "unsubscribe_types": [None, [], ["purchase"]],
}
RADIX = (6, 4, 4, 4, 3, len(INSTANTS), 12, len(TYPES), 8, 3)


@dataclass
class World:
    """What was sent to one site so far, for the oracle."""

    site: Site
    copies: list[Event] = field(default_factory=list)
    decisions: dict[tuple[str, str], str] = field(default_factory=dict)
    steps: IntentSteps = oracle.SHIPPED

    def expected(self) -> list[oracle.Session]:
        return oracle.sessions(self.copies, self.decisions, self.site.session_timeout_ms, steps=self.steps)


def draw_event(code: int) -> dict[str, object]:
    """One number is one event: cheap to draw, and it shrinks."""
    digits = []
    for base in RADIX:
        code, digit = divmod(code, base)
        digits.append(digit)
    world, visitor, external, email, phone, at, event_id, kind, points, odd = digits
    lead = {
        "id": f"i{external}-{world}" if external else None,
        "email": f"e{email}-{world}@x.example" if email else None,
        "phone": f"{phone}-{world}" if phone else None,
    }
    named = {key: value for key, value in lead.items() if value}
    return {
        "type": TYPES[kind],
        "event_id": f"n{event_id}",
        "occurred_at": BASE + INSTANTS[at],
        "visitor_id": f"v{visitor}-{world}" if visitor or not named else None,
        "lead": named or None,
        "url": f"https://x.example{PATHS[(at + points) % len(PATHS)]}" if odd else None,
        "referrer": REFERRERS[(at + kind) % len(REFERRERS)],
        "points": points,
        "suppressed": "robot" if odd == 2 and points == 7 else None,
    }


def draw_steps(code: int) -> dict[str, list[str] | None]:
    """One number is one definition of the steps and pages of intent."""
    drawn = {}
    for name, choices in OWN.items():
        code, digit = divmod(code, len(choices))
        drawn[name] = choices[digit]
    return drawn


MOST_DEFINITIONS = math.prod(map(len, OWN.values()))
MOST_CODES = math.prod(RADIX)
codes = st.integers(0, MOST_CODES - 1)
sends = st.tuples(st.just("send"), st.lists(codes, min_size=5, max_size=60))
decisions = st.tuples(st.sampled_from(["suppress", "release"]), st.lists(st.integers(0, 11), min_size=1, max_size=3))
repeats = st.tuples(st.just("repeat"), st.lists(st.integers(0, 1000), min_size=1, max_size=20))
definitions = st.tuples(st.just("define"), st.lists(st.integers(0, MOST_DEFINITIONS - 1), min_size=1, max_size=1))
more = st.lists(st.one_of(sends, sends, decisions, repeats, definitions), min_size=1, max_size=4)
steps = st.tuples(sends, more).map(lambda pair: [pair[0], *pair[1]])

law = settings(
    max_examples=int(os.environ.get("LAW_EXAMPLES", "8")),
    deadline=None,
    suppress_health_check=[
        HealthCheck.function_scoped_fixture,
        HealthCheck.too_slow,
        HealthCheck.data_too_large,
    ],
)


# For laws whose single example is as long as many of the others.
costly = settings(law, max_examples=max(3, law.max_examples // 4))


def take_step(app: Sojourn, world: World, step: tuple[str, list[int]]) -> None:
    kind, numbers = step
    if kind == "send":
        events = to_events(world.site, map(draw_event, numbers))
        world.copies += events
        app.insert(events)
    elif kind == "repeat" and world.copies:
        app.insert([msgspec.structs.replace(world.copies[number % len(world.copies)]) for number in numbers])
    elif kind == "define":
        drawn = draw_steps(numbers[0])
        app.change_site(world.site.id, {"intent_steps": drawn})
        world.steps = msgspec.convert(drawn, IntentSteps)
    elif kind in ("suppress", "release"):
        ids = {f"n{number}" for number in numbers} & {event.event_id for event in world.copies}
        if ids:
            reason = "own_team" if kind == "suppress" else ""
            app.decide(world.site.id, sorted(ids), reason)
            keys = {(event.sender, event.event_id) for event in world.copies if event.event_id in ids}
            world.decisions |= dict.fromkeys(keys, reason)


def stored(app: Sojourn, site: Site) -> list[oracle.Session]:
    rows = app.engine.query(
        "SELECT number, lead, started_at, ended_at, event_count, toString(entry_point), toString(exit_point),"
        " total_points, page_count, is_converted, toString(intent), intent_score, types, toString(channel) FROM sessions FINAL"
        " WHERE site_id = {site_id:String} AND generation = {generation:UInt32}",
        {"site_id": site.id, "generation": app.sites[site.id].generation},
    )
    return sorted(oracle.Session._make(row)._replace(types=tuple(row[12])) for row in rows)


@law
@given(steps=steps)
def test_store_shows_the_oracles_sessions_after_every_step(
    app: Sojourn, new_site: Callable[..., Site], steps: list[tuple[str, list[int]]]
) -> None:
    follow(app, World(new_site()), steps)


def follow(app: Sojourn, world: World, steps: list[tuple[str, list[int]]]) -> None:
    for step in steps:
        take_step(app, world, step)
        app.work_off()
        assert stored(app, world.site) == world.expected()


@law
@given(
    sent=st.lists(codes, min_size=10, max_size=80),
    order=st.randoms(use_true_random=False),
    pieces=st.integers(1, 6),
)
def test_arrival_does_not_matter(
    app: Sojourn, new_site: Callable[..., Site], sent: list[int], order: object, pieces: int
) -> None:
    world = World(new_site())
    world.copies = to_events(world.site, map(draw_event, sent))
    shuffled = [msgspec.structs.replace(event) for event in world.copies * 2]
    order.shuffle(shuffled)  # type: ignore[attr-defined]
    for start in range(pieces):
        piece = shuffled[start::pieces]
        if piece:
            app.insert(piece)
            app.work_off()
    assert stored(app, world.site) == world.expected()


@law
@given(seed=st.integers(0, 1 << 32), very_many=st.sampled_from([2, 5000]))
def test_crowds(app: Sojourn, new_site: Callable[..., Site], seed: int, very_many: int) -> None:
    """Many leads whose identifiers are densely entangled, in one example: the engine call is the cost."""
    chance = random.Random(seed)
    world = World(new_site())
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sessionize, "VERY_MANY", very_many)
        for _ in range(3):
            kind = chance.choice(["send", "send", "send", "repeat", "suppress", "release"])
            most = MOST_CODES if kind == "send" else 12
            count = chance.randrange(50, 250) if kind == "send" else chance.randrange(1, 4)
            take_step(app, world, (kind, [chance.randrange(most) for _ in range(count)]))
            app.work_off()
            assert stored(app, world.site) == world.expected()


@law
@given(sent=st.lists(codes, min_size=10, max_size=80), minutes=st.sampled_from([1, 5, 31, 60, 1440]))
def test_timeout_is_retroactive(app: Sojourn, new_site: Callable[..., Site], sent: list[int], minutes: int) -> None:
    world = World(new_site())
    world.copies = to_events(world.site, map(draw_event, sent))
    app.insert(world.copies[::2] or world.copies)
    app.work_off()
    dry = app.dry_run(world.site.id, {"session_timeout_ms": minutes * MINUTE})
    app.change_site(world.site.id, {"session_timeout_ms": minutes * MINUTE})
    app.insert(world.copies)
    app.work_off()
    world.site = app.sites[world.site.id]
    assert world.site.session_timeout_ms == minutes * MINUTE
    assert stored(app, world.site) == world.expected()
    then = app.dry_run(world.site.id, {"session_timeout_ms": minutes * MINUTE})
    assert then["sessions"]["now"] == len(world.expected())
    assert dry["dry_run"]


@law
@given(sent=st.lists(codes, min_size=10, max_size=80), code=st.integers(0, MOST_DEFINITIONS - 1))
def test_steps_and_pages_of_intent_are_retroactive(
    app: Sojourn, new_site: Callable[..., Site], sent: list[int], code: int
) -> None:
    """What the build makes of old events in arrays is what a pass makes of them by SQL."""
    world, other = World(new_site()), World(new_site())
    for step in ("send", sent), ("define", [code]):
        take_step(app, world, step)
        app.work_off()
    for step in ("define", [code]), ("send", sent):
        take_step(app, other, step)
        app.work_off()
    assert stored(app, world.site) == world.expected()
    assert stored(app, other.site) == other.expected()


@costly
@given(steps=steps)
def test_a_session_shows_its_own_events_and_the_sessions_beside_it(
    app: Sojourn, new_site: Callable[..., Site], steps: list[tuple[str, list[int]]]
) -> None:
    world = World(new_site())
    for step in steps:
        take_step(app, world, step)
    app.work_off()
    rows = world.expected()
    for row in rows[:20]:
        session_id = encode_id(row.number)
        shown = app.journey(world.site.id, session_id)
        assert shown["events"][0]["occurred_at"] == iso(row.started_at)
        assert len(shown["events"]) == row.event_count
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(journey, "GUESSED", 0)
            assert app.journey(world.site.id, session_id) == shown
        around = app.journeys.beside(app.sites[world.site.id], world.site.id, session_id, app.now_ms())
        own = sorted(other.number for other in rows if other.lead == row.lead)
        place = own.index(row.number)
        beside = [encode_id(number) for number in own[max(0, place - 1) : place + 2] if number != row.number]
        assert [near for near in around if near] == beside
