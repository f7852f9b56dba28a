"""The work that follows accepted events: pass after pass, everything they touched is made true."""

from collections.abc import Callable

from sojourn.pipeline.commits import CommitLog
from sojourn.pipeline.served import Served
from sojourn.pipeline.sessionize import Sessionizer
from sojourn.pipeline.sites import Sites
from sojourn.pipeline.touched import Range, Touched, merged
from sojourn.store.engine import Engine, sql

# A power cut may take derived rows that were not yet synced along: what was done shortly before is done again.
REDO_US = 120_000_000


class Worker:
    """Works off commits in order. A pass may be repeated, cut off or run twice: its result is the same."""

    def __init__(self, engine: Engine, commits: CommitLog, sites: Sites, served: Served, name: str = "default") -> None:
        self._engine = engine
        self._commits = commits
        self._sites = sites
        self._served = served
        self._name = name
        self._sessionizer = Sessionizer(engine)
        self.done = self._recorded()
        self._saved = self.done
        self.lead_count = 0  # how many leads the last pass touched
        self.waiting_leads = 0  # how many leads of the pass under way are touched and not computed yet
        self._find_left()

    def _recorded(self) -> int:
        rows = self._engine.query(sql("progress.last"), {"worker": self._name})
        done, is_synced = rows[0] if rows else (0, True)
        return int(done if is_synced else max(0, done - REDO_US))

    def _find_left(self) -> None:
        """What an earlier process left waits too."""
        if self.waiting():
            ((first, commit_count, event_count),) = self._engine.query(sql("event.waiting"), {"after": self.done})
            self._commits.left_waiting(int(first), int(commit_count), int(event_count))

    def waiting(self) -> bool:
        """Whether something is written that no pass has seen."""
        return self._commits.settled() > self.done

    def work(self, now_ms: Callable[[], int]) -> bool:
        """One pass over all that is written; True if there was something."""
        upto = self._commits.settled()
        if upto <= self.done:
            return False
        commits = Range(self.done, upto)
        self.lead_count = 0
        for site_id in self._touched_sites(commits):
            self._work_site(site_id, commits, now_ms())
        self.done = upto
        self._commits.worked_off(upto)
        return True

    def _touched_sites(self, commits: Range) -> list[str]:
        rows = self._engine.query(
            "SELECT DISTINCT site_id FROM events WHERE commit_id > {after:UInt64} AND commit_id <= {upto:UInt64}",
            {"after": commits.after, "upto": commits.upto},
        )
        return [site_id for (site_id,) in rows if site_id in self._sites]

    def _work_site(self, site_id: str, commits: Range, now_ms: int) -> None:
        touches = Touched(self._engine, site_id, commits).find()
        with self._commits.commit() as commit_id:
            if self._sessionizer.settle(site_id, commits, commit_id):
                # What was just marked is part of this pass: until it is recomputed it would count twice.
                touches += Touched(self._engine, site_id, Range(commit_id - 1, commit_id)).find()
        definition = self._sites.definition(site_id)
        leads = merged(touches)
        self.lead_count += len(leads)
        self.waiting_leads = len(leads)
        for site in filter(None, (definition.present, definition.building)):
            self._sessionizer.recompute(site, site_id, leads, commits.upto, self._commits.stamp, now_ms)
        self.waiting_leads = 0
        self._served.check(definition.present, site_id, (touch.lead for touch in leads))

    def save(self, *, is_synced: bool = False) -> None:
        """Record how far the work got, so that a restart need not begin from nothing."""
        if self.done == self._saved and not is_synced:
            return
        parameters = {"worker": self._name, "done": self.done, "is_synced": int(is_synced)}
        parameters["version"] = self._commits.stamp()
        self._engine.execute(sql("progress.save"), parameters)
        self._saved = self.done
