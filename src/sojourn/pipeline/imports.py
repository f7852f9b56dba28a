"""Imports of files and folders, one at a time: passes and merges leave alone what is being written until it is all."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from sojourn.adapters.files import files_in
from sojourn.errors import InvalidRequest
from sojourn.model.site import Site
from sojourn.pipeline.commits import CommitLog
from sojourn.pipeline.erasures import Erasures
from sojourn.pipeline.import_target import Target
from sojourn.pipeline.importing import Import, Looking, Outlook, Plan, Tally
from sojourn.pipeline.metering import Meter
from sojourn.pipeline.refusals import Refusals
from sojourn.pipeline.turns import Turns
from sojourn.pipeline.worker import Worker
from sojourn.store.engine import Engine
from sojourn.store.merges import Merges


class Imports:
    def __init__(
        self,
        engine: Engine,
        commits: CommitLog,
        refusals: Refusals,
        erasures: Erasures,
        meter: Meter,
        worker: Worker,
        merges: Merges,
        turns: Turns,
    ) -> None:
        self._turns = turns
        self._erasures = erasures
        self._meter = meter
        self._merges = merges
        self._engine = engine
        self._commits = commits
        self._refusals = refusals
        self._worker = worker
        self._running = threading.Lock()

    def run(
        self, site: Site, site_id: str, plan: Plan, now_ms: int, on_progress: Callable[[Path, Tally], None]
    ) -> list[tuple[Path, Tally]]:
        """What became of each file. What `on_progress` raises ends it; the next run goes on from there.

        Raises FileError for files that cannot be read, InvalidRequest when another import is under way.
        """
        files = files_in(Path(plan.path))
        target = Target(self._engine, self._commits, self._refusals, self._erasures, self._meter, site, site_id)
        looking = Looking(target, plan, now_ms)
        with self._alone(), self._turns.pinned(), self._merges.held():
            try:
                if looking.may_refuse_old:  # what the window would refuse of any file is told before one is stored
                    for path in files:
                        on_progress(path, looking.at(path).tally)
                return [(path, self._one(target, plan, looking.at(path), on_progress)) for path in files]
            finally:
                self._worker.reveal(target.written)

    @staticmethod
    def _one(target: Target, plan: Plan, outlook: Outlook, on_progress: Callable[[Path, Tally], None]) -> Tally:
        return Import(target, plan, outlook, lambda tally: on_progress(outlook.path, tally)).run()

    @contextmanager
    def _alone(self) -> Iterator[None]:
        if not self._running.acquire(blocking=False):
            raise InvalidRequest("Another import is under way in this data folder; wait for its end.")
        try:
            yield
        finally:
            self._running.release()
