"""What an event's fields become, at the very boundaries that the contract names. The clock is an argument."""

from typing import Any

import pytest

from sojourn.model.event import Event
from sojourn.model.refusal import Refused
from sojourn.model.site import DAY_MS, Site
from sojourn.pipeline.collect import Arrival, collect
from tests.conftest import NOW

SITE = Site(id="collect")
MINUTE_MS = 60_000


def collected(site: Site = SITE, **fields: Any) -> Event:
    arrival = Arrival(site=site, site_id=site.id, received_at=NOW, is_secret=True)
    return collect({"type": "click", "visitor_id": "v", **fields}, arrival)


@pytest.mark.parametrize(
    ("sent_at", "correction"),
    [
        (NOW - MINUTE_MS, 0),
        (NOW - MINUTE_MS - 1, MINUTE_MS + 1),
        (NOW + MINUTE_MS, 0),
        (NOW + MINUTE_MS + 1, -MINUTE_MS - 1),
        (None, 0),
    ],
)
def test_a_clock_is_corrected_when_it_is_off_by_over_a_minute(sent_at: int | None, correction: int) -> None:
    at = NOW - 10 * MINUTE_MS
    assert collected(occurred_at=at, sent_at=sent_at).occurred_at == at + correction


def test_later_than_received_is_received_also_after_the_correction() -> None:
    assert collected(occurred_at=NOW + 1).occurred_at == NOW
    assert collected(occurred_at=NOW - 1).occurred_at == NOW - 1
    assert collected().occurred_at == NOW
    hour = 60 * MINUTE_MS
    assert collected(occurred_at=NOW - hour, sent_at=NOW - 2 * hour).occurred_at == NOW


def test_the_envelopes_sent_at_holds_for_events_without_their_own() -> None:
    arrival = Arrival(site=SITE, site_id=SITE.id, received_at=NOW, is_secret=True, sent_at=NOW - 2 * MINUTE_MS)
    event = {"type": "click", "visitor_id": "v", "occurred_at": NOW - 10 * MINUTE_MS}
    assert collect(event, arrival).occurred_at == NOW - 8 * MINUTE_MS
    assert collect(event | {"sent_at": NOW}, arrival).occurred_at == NOW - 10 * MINUTE_MS


@pytest.mark.parametrize(
    ("text", "ms"),
    [
        ("2026-04-29T10:14:32.1239Z", 123),
        ("2026-04-29T10:14:32.9999999Z", 999),
        ("2026-04-29T12:14:32.5+02:00", 500),
        ("2026-04-29T10:14:32", 0),
    ],
)
def test_an_instant_is_utc_floored_to_the_millisecond(text: str, ms: int) -> None:
    assert collected(occurred_at=text).occurred_at == 1_777_457_672_000 + ms


def test_what_occurred_before_the_window_is_refused_to_the_millisecond() -> None:
    site = Site(id="collect", plan="starter", retention_days=30)
    oldest = NOW - 30 * DAY_MS
    assert collected(site, occurred_at=oldest).occurred_at == oldest
    with pytest.raises(Refused, match="this site keeps"):
        collected(site, occurred_at=oldest - 1)


def test_ids_and_points_at_their_bounds() -> None:
    assert collected(event_id="x" * 128).event_id == "x" * 128
    assert collected(event_id=7).event_id == "7"
    assert [collected(points=points).points for points in (-1_000_000, 1_000_000)] == [-1_000_000, 1_000_000]
    for unfit in ({"event_id": "x" * 129}, {"event_id": ""}, {"points": -1_000_001}):
        with pytest.raises(Refused, match=next(iter(unfit))):
            collected(**unfit)


def test_an_address_is_used_and_nowhere_kept() -> None:
    event = collected(context={"ip": "203.0.113.9", "country": "DE"}, url="https://x.example/")
    assert event.country == "DE"
    assert "203.0.113.9" not in str([getattr(event, name) for name in Event.__struct_fields__])
