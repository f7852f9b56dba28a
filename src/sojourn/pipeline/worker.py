"""The work that follows accepted events: pass after pass, everything they touched is made true."""

import threading
from collections.abc import Callable, Sequence

from sojourn.pipeline.commits import CommitLog
from sojourn.pipeline.errands import Errands
from sojourn.pipeline.generation import Generations
from sojourn.pipeline.served import Served
from sojourn.pipeline.sessionize import Sessionizer
from sojourn.pipeline.sites import Sites
from sojourn.pipeline.touched import Range, Touched, collect_facts, merged
from sojourn.sql import sql
from sojourn.store.engine import Engine
from sojourn.store.merges import Merges

# A power cut may take derived rows that were not yet synced along: what was done shortly before is done again.
REDO_US = 120_000_000
# From so many senders on, and when the new events are more than a tenth of all, the site is built anew as a whole.
MANY_SENDERS = 50_000
BULK_SHARE = 10


class Worker:
    """Works off commits in order. A pass may be repeated, cut off or run twice: its result is the same."""

    def __init__(
        self,
        engine: Engine,
        commits: CommitLog,
        sites: Sites,
        generations: Generations,
        merges: Merges,
        served: Served,
        errands: Errands | None = None,
        name: str = "default",
    ) -> None:
        self._merges = merges
        self._engine = engine
        self._commits = commits
        self._sites = sites
        self._served = served
        self._generations = generations
        self._lock = threading.Lock()
        self._revealed: list[Range] = []
        self._name = name
        self._errands = errands
        self._sessionizer = Sessionizer(engine, errands)
        self.done = self._saved = self._recorded()
        self.lead_count = 0  # how many leads the last pass touched
        self.waiting_leads = 0  # how many leads of the pass under way are touched and not computed yet
        self._find_left()

    def _recorded(self) -> int:
        rows = self._engine.query(sql("progress.last"), {"worker": self._name})
        done, is_synced = rows[0] if rows else (0, True)
        return int(done if is_synced else max(0, done - REDO_US))

    def resume(self) -> None:
        """Go on from where another process got, and do once more what may not be on its disk."""
        if self._errands is not None:
            self._errands.resume()
        self._commits.take_floor()  # what was said before is within what is done once more
        self.done = self._saved = self._recorded()
        with self._lock:
            self._revealed.append(Range(self.done, max(self.done, self._commits.settled())))

    def settle(self) -> None:
        """Before anything else: nobody does a share of a pass any more. Raises Unavailable when one does not end."""
        if self._errands is not None:
            self._errands.settle()

    def _find_left(self) -> None:
        """What an earlier process left waits too."""
        if self.waiting():
            ((first, commit_count, event_count),) = self._engine.query(sql("event.waiting"), {"after": self.done})
            self._commits.left_waiting(int(first), int(commit_count), int(event_count))

    def waiting(self) -> bool:
        """Whether something is written that no pass has seen."""
        return self._commits.settled() > self.done or bool(self._revealed)

    def reveal(self, commit_ids: Sequence[int]) -> None:
        """An import is complete: its commits are the next pass's business."""
        with self._lock:
            self._commits.reveal(commit_ids)
            if commit_ids:
                self._revealed.append(Range(min(commit_ids) - 1, max(commit_ids)))

    def work(self, now_ms: Callable[[], int]) -> bool:
        """One pass over all that is written; True if there was something."""
        with self._commits.changing():
            return self._work(now_ms)

    def catch_up(self, now_ms: Callable[[], int]) -> None:
        """Passes until nothing waits."""
        while self.work(now_ms):
            pass

    def _work(self, now_ms: Callable[[], int]) -> bool:
        with self._lock:
            upto = self._commits.settled()
            self._go_back()
            ranges, hidden = list(self._revealed), self._commits.hidden()
        self.lead_count = 0
        if ranges or self._commits.is_shown(self.done):
            # One pass for all: what an import brought is not to be built as a whole and then once more lead by lead.
            after = min([self.done, *(commits.after for commits in ranges)])
            self._pass(Range(after, max([upto, *(commits.upto for commits in ranges)]), hidden), now_ms)
        did_work = bool(ranges) or upto > self.done
        with self._lock:
            self._revealed = [left for left in self._revealed if left not in ranges]
        self.done = max(self.done, upto)
        self._commits.worked_off(upto)
        if not (self._revealed or self._sites.building()):
            self._merges.release()
        return did_work

    def _go_back(self) -> None:
        """To where a process that has just begun may write."""
        floor = self._commits.take_floor()
        if floor is not None and floor < self.done:
            self._revealed.append(Range(floor, self.done))
            self.done = floor

    def _pass(self, commits: Range, now_ms: Callable[[], int]) -> None:
        for site_id, event_count, sender_count in self._engine.query(sql("event.by_site"), commits.parameters):
            if site_id not in self._sites:
                continue
            if self._is_bulk(site_id, event_count, sender_count):
                collect_facts(self._engine, site_id, commits)
                self._generations.rebuild(site_id)
            else:
                self._work_site(site_id, commits, now_ms())

    def _is_bulk(self, site_id: str, event_count: int, sender_count: int) -> bool:
        """Whether to build the whole site anew costs less than to go from lead to lead."""
        if sender_count <= MANY_SENDERS:
            return False
        rows = self._engine.query("SELECT count() FROM events WHERE site_id = {site_id:String}", {"site_id": site_id})
        return event_count * BULK_SHARE > int(rows[0][0])

    def _work_site(self, site_id: str, commits: Range, now_ms: int) -> None:
        touches = Touched(self._engine, site_id, commits).find()
        with self._commits.commit() as commit_id:
            if self._sessionizer.settle(site_id, commits, commit_id):
                # What was just marked is part of this pass: until it is recomputed it would count twice.
                marked = Range(commit_id - 1, commit_id, commits.hidden)
                touches += Touched(self._engine, site_id, marked).find()
        definition = self._sites.definition(site_id)
        leads = merged(touches)
        self.lead_count += len(leads)
        self.waiting_leads = len(leads)
        sites = [definition.present]
        if definition.building and not self._generations.takes(site_id, leads):
            sites.append(definition.building)
        for site in sites:
            self._sessionizer.recompute(site, site_id, leads, commits, self._commits.stamp, now_ms)
        self.waiting_leads = 0
        self._served.check(definition.present, site_id, (touch.lead for touch in leads))

    def save(self, *, is_synced: bool = False) -> None:
        """Record how far the work got, so that a restart need not begin from nothing."""
        with self._lock:
            # After a crash the commits of an import that did not end, or that no pass has seen, are looked at again.
            hidden, revealed = self._commits.hidden(), self._revealed
            done = min([self.done, *(commit_id - 1 for commit_id in hidden), *(commits.after for commits in revealed)])
        if done == self._saved and not is_synced:
            return
        parameters = {"worker": self._name, "done": done, "is_synced": int(is_synced)}
        parameters["version"] = self._commits.stamp()
        self._engine.execute(sql("progress.save"), parameters)
        self._saved = done
