"""What a site no longer serves, and what of it may be deleted: only what has been hidden for seven days."""

import msgspec

from sojourn.model.site import DAY_MS, Site, Window

GRACE_MS = 7 * DAY_MS


def remembering(before: Site, after: Site, now_ms: int) -> Site:
    """The site after a change, with the window that held until now, as long as it holds the purge back."""
    if before.retention_days == after.retention_days:
        return after
    recent = [window for window in before.earlier_windows if window.until > now_ms - GRACE_MS]
    return msgspec.structs.replace(
        after, earlier_windows=(*recent, Window(until=now_ms, retention_days=before.retention_days))
    )


def horizon(site: Site, now_ms: int) -> int:
    """What started before this instant has been hidden for seven days without a break, and is purged: milliseconds,
    0 when nothing is. It never moves back: what is purged does not come again.

    A window's start moves on with the clock, so of the time in which it held its start was smallest at the beginning.
    """
    since = 0
    smallest: list[int] = []
    for window in (*site.earlier_windows, Window(until=now_ms, retention_days=site.retention_days)):
        if window.until > now_ms - GRACE_MS or window.until == now_ms:
            smallest.append(_start(window.retention_days, max(since, now_ms - GRACE_MS)))
        since = window.until
    return max(site.purged_before, min(smallest))


def _start(retention_days: int | None, at_ms: int) -> int:
    """The start of a window of so many days at an instant; 0 when everything is kept."""
    return 0 if retention_days is None else max(0, at_ms - retention_days * DAY_MS)
