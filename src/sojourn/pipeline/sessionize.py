"""Sessions, kept true: what new facts touched is computed anew, by one SQL text."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from sojourn.model import channel
from sojourn.model.site import DAY_MS, Site, path_pattern, steps_of
from sojourn.pipeline.board import Errand
from sojourn.pipeline.errands import DIRECT, LINKED, Errands
from sojourn.pipeline.owners import keys_behind, members_behind, reach
from sojourn.pipeline.parting import Members, keys_of, parted
from sojourn.pipeline.touched import FOREVER, Range, Touch
from sojourn.sql import sql
from sojourn.store.engine import Engine

LEADS_AT_ONCE = 10_000
# From so many events in one session on, a lead is kept in slices: reading them all would take longer than a pass may.
VERY_MANY = 5000
# From so many leads in a pass on it is worth the half second that it takes others to hear of their share.
SHARED_FROM = 2000


def definitions(site: Site) -> dict[str, Any]:
    """The site's definitions as parameters of the SQL texts that make sessions."""
    steps = steps_of(site)
    return {
        "timeout_ms": site.session_timeout_ms,
        "slice_ms": FOREVER,
        "passive_types": list(site.passive_types),
        "conversion_events": list(site.conversion_events),
        "currency": site.currency or "",
        "goal_names": list(site.goals),
        "goal_types": [list(goal.types) for goal in site.goals.values()],
        "goal_paths": [path_pattern(goal.urls) for goal in site.goals.values()],
        "decisive_types": list(steps.decisive_types),
        "high_types": list(steps.high_types),
        "high_paths": steps.high_paths,
        "content_paths": steps.content_paths,
        "unsubscribe_types": list(steps.unsubscribe_types),
        **channel.PATTERNS,
    }


class Sessionizer:
    """Brings the sessions of one site up to date with what was touched."""

    def __init__(self, engine: Engine, errands: Errands | None = None) -> None:
        self._engine = engine
        self._errands = errands

    def settle(self, site_id: str, commits: Range, commit_id: int) -> bool:
        """Mark the copies in the range that do not stand, with rows of a new commit; True if there were any."""
        parameters = {"site_id": site_id, **commits.parameters, "commit_id": commit_id}
        if self._engine.query(sql("event.copies"), parameters) == [(0,)]:
            return False
        self._engine.execute(sql("event.settle"), parameters)
        return True

    def recompute(
        self, site: Site, site_id: str, touches: list[Touch], seen: Range, stamp: Callable[[], int], now_ms: int
    ) -> None:
        """Replace the sessions that the touches changed; sessions elsewhere are neither read nor written."""
        Recompute(self._engine, site, site_id, seen, stamp, now_ms, self._errands).run_all(touches)


class Recompute:
    """The sessions of touched leads of one site, by the events of the commits that are `seen`."""

    def __init__(
        self,
        engine: Engine,
        site: Site,
        site_id: str,
        seen: Range,
        stamp: Callable[[], int],
        now_ms: int,
        errands: Errands | None = None,
    ) -> None:
        self._engine = engine
        self._errands = errands
        self._site = site
        self._stamp = stamp
        self._place = {"site_id": site_id, "generation": site.generation}
        self._site_id = site_id
        self._definitions = {**definitions(site), "now_ms": now_ms, **seen.parameters}

    def run_all(self, touches: list[Touch]) -> None:
        for batch in batches(touches):
            self.run(batch)

    def slice(self, leads: set[str]) -> None:
        """Keep these leads in slices from now on."""
        self._slice([], leads)

    def run(self, touches: list[Touch]) -> None:
        windows, large = self._widened(touches)
        leads = [touch.lead for touch in touches]
        self._engine.execute(sql("lead.collect"), {"site_id": self._site_id, "leads": leads})
        rows = self._engine.query(sql("slice.leads"), {**self._place, "leads": leads})
        sliced = {lead for (lead,) in rows}
        plain = [window for window in windows if window.lead not in sliced | large]
        others = [window for window in windows if window.lead in sliced | large]
        touched = [touch for touch in touches if touch.lead in sliced]
        # Most of a statement's time goes into planning it, on one core: these two use both. Sessions are written one
        # after the other: one that moves between leads of the two must be seen where it went before it is missed.
        with ThreadPoolExecutor(2) as threads:
            slicing = threads.submit(self._slice, touched, large - sliced)
            threads.submit(self._recompute_plain, plain).result()
            slicing.result()
        if others:
            self._write("session.recompute_sliced", others)

    def _recompute_plain(self, windows: list[Touch]) -> None:
        if windows:
            leads = {window.lead for window in windows}
            members = members_behind(self._engine, self._site_id, leads)
            linked = reach(self._engine, self._site_id, leads.union(*members.values()))
            helper_count = len(self._errands.helpers()) if self._errands and len(windows) >= SHARED_FROM else 0
            parts = parted(windows, members, linked, 1 + helper_count)
            shares = [self._share(part, members, linked) for part in parts]
            if self._errands and len(shares) > 1:
                self._errands.share(shares)
            else:
                for share in shares:
                    self._engine.execute(sql(share.statement), share.parameters)
            self._slice([], self._grown(windows))

    def _share(self, windows: list[Touch], members: Members, linked: set[str]) -> Errand:
        keys = keys_of({window.lead for window in windows}, members)
        statement = DIRECT if linked.isdisjoint(keys) else LINKED
        return Errand(statement, self._parameters(windows, keys=keys))

    def _slice(self, touches: list[Touch], leads: set[str]) -> None:
        """Bring slices up to date: those that were touched, and all of leads that have none yet."""
        width = self._site.session_timeout_ms
        windows = [Touch(t.lead, t.from_ms // width * width, (t.to_ms // width + 1) * width - 1) for t in touches]
        windows += [Touch(lead, 0, FOREVER) for lead in sorted(leads)]
        if not windows:
            return
        self._write("slice.clear", windows)
        self._write("slice.refresh", windows, keys=self._keys(windows), slice_ms=width, timeout_ms=FOREVER)

    def _grown(self, windows: list[Touch]) -> set[str]:
        """The leads that came to have a session of very many events: a later pass shall not wait for their slices."""
        parameters = {**self._place, "leads": [window.lead for window in windows], "very_many": VERY_MANY}
        return {lead for (lead,) in self._engine.query(sql("lead.grown"), parameters)}

    def _write(self, name: str, windows: list[Touch], **more: Any) -> None:
        self._engine.execute(sql(name), self._parameters(windows, **more))

    def _parameters(self, windows: list[Touch], **more: Any) -> dict[str, Any]:
        parameters = {**self._definitions, **self._place, **_windows(windows), **more}
        parameters["version"] = self._stamp()
        # Of what lies before the horizon some may be deleted already: it is as if it had never been.
        parameters["from_ms"] = max(self._site.purged_before, min(window.from_ms for window in windows))
        parameters["to_ms"] = max(window.to_ms for window in windows)
        return parameters

    def _keys(self, windows: list[Touch]) -> list[str]:
        return keys_behind(self._engine, self._site_id, {window.lead for window in windows})

    def _widened(self, touches: list[Touch]) -> tuple[list[Touch], set[str]]:
        """The windows a timeout wider, then out to the bounds of the sessions they meet; and the leads that have a
        session of very many events among these.

        Widening once is enough: a session is a maximal chain, so none beyond can be joined by what is inside.
        """
        timeout = self._site.session_timeout_ms
        wide = [Touch(t.lead, t.from_ms - timeout, t.to_ms + timeout) for t in touches]
        met = {row[0]: row[1:] for row in self._engine.query(sql("session.meeting"), {**self._place, **_windows(wide)})}
        large = {lead for lead, (_, _, largest) in met.items() if largest >= VERY_MANY}
        return [touch.stretched(*met[touch.lead][:2]) if touch.lead in met else touch for touch in wide], large


def _windows(touches: list[Touch]) -> dict[str, Any]:
    return {
        "leads": [touch.lead for touch in touches],
        "froms": [touch.from_ms for touch in touches],
        "tos": [touch.to_ms for touch in touches],
    }


def batches(touches: list[Touch]) -> Iterator[list[Touch]]:
    """Leads touched of late apart from those touched long ago: one read spans a batch's whole time."""
    ordered = sorted(touches, key=lambda touch: (touch.to_ms - touch.from_ms > DAY_MS, touch.from_ms))
    for start in range(0, len(ordered), LEADS_AT_ONCE):
        yield ordered[start : start + LEADS_AT_ONCE]
