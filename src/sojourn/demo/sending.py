"""How events reach the server: mostly at once, and sometimes late, twice, by a wrong clock, or unfit to be taken."""

import random
from collections.abc import Iterator
from typing import NamedTuple

from sojourn.demo.people import Person
from sojourn.demo.rhythm import HOUR
from sojourn.demo.stay import Done, Payload
from sojourn.model.instant import iso

LATE, TWICE, MISFIT = 0.006, 0.008, 0.0005


class Delivery(NamedTuple):
    """An event as it is sent, and when it arrives. A misfit is meant to be refused."""

    received_at: int
    payload: Payload
    is_misfit: bool = False


def delivered(person: Person, done: list[Done], rng: random.Random) -> Iterator[Delivery]:
    """What was done as the server gets it. Events of one stay that were done without a connection come together."""
    back_online = 0
    for at_ms, payload in sorted(done, key=lambda each: each.at_ms):
        received_at = at_ms + rng.randrange(120, 1800)
        if at_ms < back_online:
            received_at = max(received_at, back_online + rng.randrange(2000))
        elif rng.random() < LATE:
            received_at = back_online = at_ms + rng.randrange(HOUR, 9 * HOUR)
        yield Delivery(received_at, _timed(payload, at_ms, received_at, _ahead(person, payload)))
        if rng.random() < TWICE:
            again_at = received_at + rng.randrange(2000, 40_000)
            yield Delivery(again_at, _timed(payload, at_ms, again_at, _ahead(person, payload)))
        if rng.random() < MISFIT:
            yield Delivery(received_at, _misfit(payload, rng), is_misfit=True)


def _ahead(person: Person, payload: Payload) -> int:
    """By how many milliseconds the clock that stamped it is ahead."""
    is_skewed = person.is_skewed and payload.get("visitor_id") == person.devices[0].visitor_id
    return person.skew_ms if is_skewed and not payload["type"].startswith("email_") else 0


def _timed(payload: Payload, at_ms: int, received_at: int, ahead_ms: int) -> Payload:
    timed = {**payload, "occurred_at": iso(at_ms + ahead_ms)}
    if ahead_ms:
        timed["sent_at"] = iso(received_at + ahead_ms)
    return timed


def _misfit(payload: Payload, rng: random.Random) -> Payload:
    """What a client with a mistake in it sends."""
    anonymous = {"type": payload["type"], "event_id": f"{payload['event_id']}-x"}
    named = {**anonymous, "visitor_id": "unknown"}
    return rng.choice(
        (anonymous, {**named, "currency": "euro", "value": 1}, {**named, "colour": "blue"}, {**named, "type": ""})
    )
