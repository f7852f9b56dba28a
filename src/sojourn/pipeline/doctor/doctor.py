"""Doctor: examines every site, puts right what differs, and says how the folder is."""

import shutil
from collections.abc import Callable, Generator
from typing import Any

from sojourn.errors import InvalidRequest
from sojourn.model.bounds import SAMPLE
from sojourn.model.site import owner_of, twin_of
from sojourn.pipeline.commits import CommitLog
from sojourn.pipeline.doctor.examining import Check, Examination
from sojourn.pipeline.doctor.standstill import Standstill, Step
from sojourn.pipeline.generation import Generations
from sojourn.pipeline.loop import Loop
from sojourn.pipeline.sites import Sites
from sojourn.pipeline.worker import Worker
from sojourn.store.engine import Engine

MAX_SAMPLE = 1_000_000


class Doctor:
    """Examines one store; nothing is held longer than a page takes."""

    def __init__(
        self,
        engine: Engine,
        commits: CommitLog,
        sites: Sites,
        generations: Generations,
        worker: Worker,
        loop: Loop,
        now_ms: Callable[[], int],
    ) -> None:
        self._engine = engine
        self._commits = commits
        self._sites = sites
        self._generations = generations
        self._worker = worker
        self._loop = loop
        self._now_ms = now_ms
        self._standstill = Standstill(commits, generations, worker, loop, now_ms)

    def examine(
        self, sample: int | None = SAMPLE, *, repair: bool = False, site_ids: list[str] | None = None
    ) -> Generator[Step, None, None]:
        """The steps of an examination, at last {"done": {"checks", "repaired", "state"}}.

        `sample` is how many leads are chosen at random, and how many of those that changed last; None is all leads.
        Identity facts and names are always compared whole. Raises InvalidRequest for a sample of none.
        """
        if sample is not None and not 0 < sample <= MAX_SAMPLE:
            raise InvalidRequest(f"--sample is {sample}; allowed is 1 to {MAX_SAMPLE:,}, or --whole for all leads.")
        owners = sorted(self._sites if site_ids is None else site_ids)
        seed = str(self._now_ms())
        checks = yield from self._examined(owners, sample, seed, repair=repair)
        ill = sorted({owner_of(check.site_id) for check in checks if check.differing})
        found = [check for check in checks if check.differing] if repair else []
        if found:
            for owner in ill:
                yield from self._build_anew(owner)
            checks = yield from self._examined(owners, sample, seed, repair=False)
        yield {"done": {"checks": _told(checks), "repaired": _told(found), "state": self.state()}}

    def _examined(
        self, owners: list[str], sample: int | None, seed: str, *, repair: bool
    ) -> Generator[Step, None, list[Check]]:
        checks: list[Check] = []
        for site_id in [site_id for owner in owners for site_id in (owner, twin_of(owner))]:
            examination = Examination(self._engine, self._sites, self._standstill, site_id, repair=repair)
            yield from examination.steps(sample, seed)
            checks += [check for check in examination.checks.values() if check.checked or check.differing]
        return checks

    def _build_anew(self, owner: str) -> Generator[Step, None, None]:
        """A new generation with the same definitions beside the present one, until it is the present one."""
        with self._loop.held():
            self._generations.rebuild(owner)
        yield from self._standstill.built(owner)

    def state(self) -> dict[str, Any]:
        """How the folder is: commits are microseconds since 1970, free is in bytes and None for a cluster."""
        folder = self._engine.folder
        return {
            "schema": int(self._engine.query("SELECT max(version) FROM schema_versions")[0][0]),
            "last_commit": self._commits.settled(),
            "worked_off": self._worker.done,
            "free": shutil.disk_usage(folder).free if folder else None,
        }


def _told(checks: list[Check]) -> list[dict[str, Any]]:
    return [vars(check) for check in checks]
