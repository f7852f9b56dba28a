"""What a window hides and when it is deleted, at the exact bounds."""

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from sojourn.model.retention import GRACE_MS, horizon, remembering
from sojourn.model.site import DAY_MS, Site, oldest_kept

NOW = 1_780_000_000_000


def changed(site: Site, days: int | None, at_ms: int) -> Site:
    return remembering(site, msgspec.structs.replace(site, retention_days=days), at_ms)


def test_a_site_that_keeps_everything_purges_nothing() -> None:
    assert horizon(Site(id="a"), NOW) == 0
    assert oldest_kept(Site(id="a"), NOW) == 0


def test_what_is_hidden_is_deleted_seven_days_later() -> None:
    site = Site(id="a", retention_days=30)
    assert oldest_kept(site, NOW) == NOW - 30 * DAY_MS
    assert horizon(site, NOW) == NOW - 37 * DAY_MS


def test_a_smaller_window_hides_at_once_and_deletes_after_seven_days() -> None:
    site = changed(Site(id="a"), 30, NOW)
    assert oldest_kept(site, NOW) == NOW - 30 * DAY_MS
    assert horizon(site, NOW) == 0
    assert horizon(site, NOW + GRACE_MS - 1) == 0
    assert horizon(site, NOW + GRACE_MS) == NOW - 30 * DAY_MS


def test_a_larger_window_within_seven_days_shows_again_and_deletes_nothing() -> None:
    smaller = changed(Site(id="a", retention_days=90), 30, NOW)
    larger = changed(smaller, 90, NOW + GRACE_MS - 1)
    assert oldest_kept(larger, NOW + GRACE_MS) == NOW + GRACE_MS - 90 * DAY_MS
    assert horizon(larger, NOW + GRACE_MS) < oldest_kept(larger, NOW + GRACE_MS)
    assert horizon(larger, NOW + GRACE_MS - 1) == NOW - 1 - 90 * DAY_MS


def test_what_is_purged_stays_away() -> None:
    site = msgspec.structs.replace(Site(id="a", retention_days=30), purged_before=NOW - 37 * DAY_MS)
    larger = changed(site, None, NOW)
    assert oldest_kept(larger, NOW) == NOW - 37 * DAY_MS
    assert horizon(larger, NOW + 365 * DAY_MS) == NOW - 37 * DAY_MS


@given(
    changes=st.lists(st.tuples(st.integers(1, 10 * DAY_MS), st.none() | st.integers(1, 90)), max_size=6),
    wait=st.integers(0, 30 * DAY_MS),
)
def test_the_horizon_is_the_smallest_window_of_seven_days(changes: list[tuple[int, int | None]], wait: int) -> None:
    """Asked hour by hour: what is purged was hidden at every one of them."""
    site, at = Site(id="a", retention_days=60), NOW
    history = [(0, site.retention_days)]
    for pause, days in changes:
        at += pause
        site = changed(site, days, at)
        history.append((at, days))
    now = at + wait
    asked = [now - GRACE_MS + hour * 3_600_000 for hour in range(7 * 24)] + [now]
    asked += [since for since, _ in history if now - GRACE_MS < since <= now]
    windows = [next(days for since, days in reversed(history) if since <= each) for each in asked]
    starts = [0 if days is None else each - days * DAY_MS for each, days in zip(asked, windows, strict=True)]
    assert horizon(site, now) == min(starts)
