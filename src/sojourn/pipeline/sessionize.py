"""Sessions, kept true: what new facts touched is computed anew, by one SQL text."""

from collections.abc import Iterator
from typing import Any

from sojourn.model import intent
from sojourn.model.site import MINUTE_MS, Site, path_pattern
from sojourn.pipeline.touched import FOREVER, Range, Touch, reach
from sojourn.store.engine import Engine, sql

LEADS_AT_ONCE = 2000


def definitions(site: Site) -> dict[str, Any]:
    """The site's definitions as parameters of the SQL texts that make sessions."""
    return {
        "timeout_ms": site.session_timeout_ms,
        "slice_ms": FOREVER,
        "passive_types": list(site.passive_types),
        "conversion_events": list(site.conversion_events),
        "currency": site.currency or "",
        "goal_names": list(site.goals),
        "goal_types": [list(goal.types) for goal in site.goals.values()],
        "goal_paths": [path_pattern(goal.urls) for goal in site.goals.values()],
        "decisive_types": list(intent.DECISIVE_TYPES),
        "high_types": list(intent.HIGH_TYPES),
        "high_paths": intent.HIGH_PATHS,
        "content_paths": intent.CONTENT_PATHS,
        "unsubscribe_types": list(intent.UNSUBSCRIBE_TYPES),
    }


class Sessionizer:
    """Brings the derived tables of one site up to date with a range of commits."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def settle(self, site_id: str, commits: Range, commit_id: int) -> bool:
        """Mark the copies in the range that do not stand, with rows of a new commit; True if there were any."""
        parameters = {
            "site_id": site_id,
            "after": commits.after,
            "upto": commits.upto,
            "commit_id": commit_id,
        }
        if self._engine.query(sql("event.copies"), parameters) == [(0,)]:
            return False
        self._engine.execute(sql("event.settle"), parameters)
        return True

    def recompute(self, site: Site, site_id: str, touches: list[Touch], version: int, now_ms: int) -> None:
        """Replace the sessions that the touches changed; sessions elsewhere are neither read nor written."""
        for batch in _batches(touches):
            windows = self._widened(site, site_id, batch)
            leads = [window.lead for window in windows]
            parameters = {
                **definitions(site),
                **_windows(windows),
                "site_id": site_id,
                "generation": site.generation,
                "keys": self._keys(site_id, leads),
                "from_ms": min(window.from_ms for window in windows),
                "to_ms": max(window.to_ms for window in windows),
                "version": version,
                "now_ms": now_ms,
            }
            self._engine.execute(sql("lead.collect"), {"site_id": site_id, "leads": leads})
            direct = not reach(self._engine, site_id, set(parameters["keys"]))
            self._engine.execute(sql("session.recompute_direct" if direct else "session.recompute"), parameters)

    def _keys(self, site_id: str, leads: list[str]) -> list[str]:
        refs = [lead for lead in leads if not lead.startswith("v:")]
        found = self._engine.query(sql("member.closure"), {"site_id": site_id, "refs": refs}) if refs else []
        return sorted({*leads, *(key for (key,) in found)})

    def _widened(self, site: Site, site_id: str, touches: list[Touch]) -> list[Touch]:
        """The windows a timeout wider, then out to the bounds of the sessions they meet.

        Once is enough: a session is a maximal chain, so none beyond can be joined by what is inside.
        """
        wide = [Touch(t.lead, t.from_ms - site.session_timeout_ms, t.to_ms + site.session_timeout_ms) for t in touches]
        parameters = {"site_id": site_id, "generation": site.generation, **_windows(wide)}
        met = {row[0]: row[1:] for row in self._engine.query(sql("session.meeting"), parameters)}
        return [touch.stretched(*met[touch.lead][:2]) if touch.lead in met else touch for touch in wide]


def _windows(touches: list[Touch]) -> dict[str, Any]:
    return {
        "leads": [touch.lead for touch in touches],
        "froms": [touch.from_ms for touch in touches],
        "tos": [touch.to_ms for touch in touches],
    }


def _batches(touches: list[Touch]) -> Iterator[list[Touch]]:
    """Leads touched of late apart from those touched long ago: one read spans a batch's whole time."""
    ordered = sorted(touches, key=lambda touch: (touch.to_ms - touch.from_ms > 1440 * MINUTE_MS, touch.from_ms))
    for start in range(0, len(ordered), LEADS_AT_ONCE):
        yield ordered[start : start + LEADS_AT_ONCE]
