"""The made-up world: the same for a seed, complete, accepted by the product, and its sessions are the oracle's."""

from collections import Counter, defaultdict
from collections.abc import Callable
from functools import cache
from itertools import pairwise
from urllib.parse import urlsplit

import pytest

from sojourn.app import Sojourn
from sojourn.demo.people import KINDS, person
from sojourn.demo.product import CURRENCY
from sojourn.demo.rhythm import DAY, HOUR, MINUTE, local
from sojourn.demo.sending import Delivery
from sojourn.demo.world import PEOPLE, World
from sojourn.model.event import Event
from sojourn.model.refusal import Refused
from sojourn.model.site import DEFAULT_PASSIVE_TYPES, DEFAULT_TIMEOUT_MS, Site
from sojourn.pipeline.collect import Arrival, collect
from tests import oracle
from tests.conftest import NOW
from tests.laws.test_sessions import stored

SEED = 7
SITE = Site(id="default")
# What a month has at the least of each type.
LEAST = {
    "page_view": 15_000,
    "email_sent": 2_000,
    "email_delivered": 2_000,
    "email_open": 800,
    "email_click": 300,
    "email_bounce": 5,
    "email_unsubscribe": 20,
    "email_complaint": 1,
    "login": 700,
    "form_submit": 80,
    "contact_request": 20,
    "demo_request": 25,
    "trial_signup": 40,
    "add_to_cart": 80,
    "begin_checkout": 60,
    "add_payment_details": 50,
    "purchase": 50,
    "remove_from_cart": 1,
    "scroll": 200,
    "file_download": 20,
}


@cache
def month() -> tuple[Delivery, ...]:
    return tuple(World(SEED, NOW).until(NOW))


@cache
def taken() -> tuple[tuple[Delivery, Event], ...]:
    """What the product accepts of the month. A refusal of anything but a misfit fails here."""
    found = []
    for delivery in month():
        try:
            found.append((delivery, collected(delivery)))
        except Refused:
            assert delivery.is_misfit, delivery
    return tuple(found)


def collected(delivery: Delivery, site: Site = SITE) -> Event:
    return collect(delivery.payload, Arrival(site, site.id, delivery.received_at, is_secret=True))


@cache
def sessions() -> list[oracle.Session]:
    return oracle.sessions([event for _, event in taken()], {}, DEFAULT_TIMEOUT_MS, DEFAULT_PASSIVE_TYPES)


def test_a_world_is_the_same_for_a_seed_however_it_is_asked() -> None:
    whole = list(World(3, NOW, people=60).until(NOW + HOUR))
    world = World(3, NOW, people=60)
    parts = [delivery for minute in range(-60, 61, 7) for delivery in world.until(NOW + minute * MINUTE)]
    parts += world.until(NOW + HOUR)
    assert parts == whole
    assert list(World(4, NOW, people=60).until(NOW + HOUR)) != whole


def test_everything_arrives_in_order_and_nothing_before_it_happened() -> None:
    assert all(before.received_at <= after.received_at for before, after in pairwise(month()))
    assert month()[-1].received_at <= NOW
    assert NOW - month()[-1].received_at < 2 * MINUTE
    since = NOW - 30 * DAY
    assert all(since - 2 * MINUTE <= event.occurred_at <= delivery.received_at for delivery, event in taken())


def test_only_what_is_meant_to_be_is_refused() -> None:
    misfits = [delivery for delivery in month() if delivery.is_misfit]
    assert 3 <= len(misfits) <= 100
    assert len(taken()) == len(month()) - len(misfits)


def test_the_month_is_as_large_as_it_is_said_to_be() -> None:
    assert 25_000 <= len(month()) <= 42_000
    assert 1_700 <= len({session.lead for session in sessions()}) <= 2_300
    assert 4_500 <= len(sessions()) <= 8_000


@pytest.mark.parametrize("kind", LEAST)
def test_the_month_has_every_type_of_event(kind: str) -> None:
    assert Counter(event.type for _, event in taken())[kind] >= LEAST[kind]


def test_every_kind_of_person_is_there() -> None:
    kinds = Counter(person(SEED, number).kind for number in range(PEOPLE))
    assert set(kinds) == set(KINDS)
    assert min(kinds.values()) > 80


def test_people_have_names_companies_and_often_two_devices() -> None:
    named = {event.email: event.lead_name for _, event in taken() if event.email}
    assert len(named) > 900
    assert all(" " in name for name in named.values())
    assert all(mail.endswith(".example.com") for mail in named)
    assert len({event.account for _, event in taken()}) > 100
    visitors = defaultdict(set)
    for _, event in taken():
        if event.external_id and event.visitor_id:
            visitors[event.external_id].add(event.visitor_id)
    assert sum(len(each) == 2 for each in visitors.values()) > 50


def test_pages_lie_on_example_com_alone() -> None:
    hosts = {urlsplit(event.url).hostname or "" for _, event in taken() if event.url}
    assert hosts == {"millrace.example.com", "app.millrace.example.com"}


def test_what_surrounds_events_is_varied() -> None:
    for field, least in {"device": 3, "browser": 5, "os": 5, "country": 10, "source": 5, "campaign": 8}.items():
        found = Counter(getattr(event, field) for _, event in taken() if getattr(event, field))
        assert sum(count > 20 for count in found.values()) >= least, (field, found)
    channels = Counter(session.channel for session in sessions())
    assert sum(count > 20 for count in channels.values()) >= 8, channels
    intents = Counter(session.intent for session in sessions())
    assert min(intents[name] for name in ("high", "research", "low", "none")) > 300


def test_purchases_have_a_value_and_a_currency() -> None:
    purchases = [event for _, event in taken() if event.type == "purchase"]
    assert all((event.value or 0) >= 200 and event.currency == CURRENCY for event in purchases)
    assert sum(event.points for _, event in taken()) > 20_000


def test_robots_and_the_own_team_are_suppressed_with_a_reason() -> None:
    reasons = Counter(event.suppressed for _, event in taken())
    assert reasons["robot"] > 2_000
    assert reasons["internal"] > 100
    assert reasons["mail_scanner"] > 20
    robots = Counter(event.sender for _, event in taken() if event.suppressed == "robot")
    assert max(robots.values()) > 1_000


def test_some_events_are_late_some_come_twice_some_are_of_a_wrong_clock() -> None:
    late = [delivery for delivery, event in taken() if delivery.received_at - event.occurred_at > HOUR]
    assert len(late) > 100
    twice = Counter((event.sender, event.event_id) for _, event in taken())
    assert sum(count > 1 for count in twice.values()) > 100
    assert sum("sent_at" in delivery.payload for delivery in month()) > 100


def test_days_and_hours_have_their_rhythm() -> None:
    days = Counter(local(session.started_at).weekday() for session in sessions())
    assert max(days[5], days[6]) * 2 < min(days[day] for day in range(5))
    hours = Counter(local(session.started_at).hour for session in sessions())
    assert sum(hours[hour] for hour in range(9, 17)) > 10 * sum(hours[hour] for hour in range(5))
    assert 25 <= len({local(session.started_at).date() for session in sessions()}) <= 31


def test_it_goes_on_at_a_plausible_pace() -> None:
    world = World(SEED, NOW)
    list(world.until(NOW))
    assert NOW < world.next_at() <= NOW + MINUTE
    first = list(world.until(NOW + 10 * MINUTE))
    assert all(NOW < delivery.received_at <= NOW + 10 * MINUTE for delivery in first)
    assert 600 / 3 <= len(first) <= 600
    hours = [len(list(world.until(NOW + hour * HOUR))) for hour in (1, 2, 3, 4, 5)]
    assert hours[1] > hours[4] > 20
    assert list(world.until(NOW)) == []
    events = [collected(delivery) for delivery in first if not delivery.is_misfit]
    happening = [event for event in events if not event.suppressed]
    assert len({event.sender for event in happening}) > 40
    assert sum(bool(event.lead_name) for event in happening) > 30


def test_sessions_of_it_are_the_oracles(app: Sojourn, new_site: Callable[..., Site]) -> None:
    """On a sample: a smaller world, with its late events, copies and wrong clocks, in the order in which it arrives."""
    site = new_site()
    deliveries = list(World(11, NOW, people=150).until(NOW))
    events = [collected(delivery, site) for delivery in deliveries if not delivery.is_misfit]
    for start in range(0, len(events), 2_500):
        app.insert(events[start : start + 2_500])
        app.work_off()
    expected = oracle.sessions(events, {}, site.session_timeout_ms, site.passive_types)
    assert len(expected) > 300
    assert stored(app, site) == expected
