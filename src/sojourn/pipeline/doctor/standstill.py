"""Facts and what is derived from them at one and the same commit, while events keep coming."""

from collections.abc import Callable, Generator
from typing import Any

from sojourn.pipeline.commits import CommitLog
from sojourn.pipeline.doctor.differences import Difference
from sojourn.pipeline.generation import Generations
from sojourn.pipeline.loop import Loop
from sojourn.pipeline.touched import Range
from sojourn.pipeline.worker import Worker

Step = dict[str, Any]
Found = list[Difference]


class Standstill:
    """Holds passes back for as long as one comparison takes, and events only to look at what differs once more."""

    def __init__(
        self, commits: CommitLog, generations: Generations, worker: Worker, loop: Loop, now_ms: Callable[[], int]
    ) -> None:
        self._commits = commits
        self._generations = generations
        self._worker = worker
        self._loop = loop
        self._now_ms = now_ms

    def compared(
        self,
        site_id: str,
        find: Callable[[Range], Found],
        again: Callable[[Found, Range], Found],
        put_right: Callable[[Found, Range], None] | None = None,
    ) -> Generator[Step, None, Found]:
        """What differs of the commits that are worked off; what is found is put right before anything goes on.

        What seems to differ is looked at `again` while no event is taken, since an event or a decision of this moment
        looks like a difference. A site that is being built is waited for.
        """
        while True:
            yield from self.built(site_id)
            with self._loop.held():
                self._worker.work(self._now_ms)
                found = find(self._seen())
                if found:
                    with self._commits.alone():
                        seen, found = self._confirmed(found, again)
                if self._generations.progress(site_id) is not None:
                    continue
                if found and put_right:
                    put_right(found, seen)
                return found

    def built(self, site_id: str) -> Generator[Step, None, None]:
        """Lends a hand until no generation of the site is being built."""
        while (progress := self._generations.progress(site_id)) is not None:
            yield {"site_id": site_id, "doing": "building", "progress": progress}
            with self._loop.held():  # on a shared store another process may be building it
                self._loop.turn()

    def _seen(self) -> Range:
        return Range(0, self._worker.done, self._commits.hidden())

    def _confirmed(self, found: Found, again: Callable[[Found, Range], Found]) -> tuple[Range, Found]:
        """With everything worked off; an import may end meanwhile, and then it is worked off too."""
        while True:
            while self._worker.work(self._now_ms):
                pass
            seen = self._seen()
            confirmed = again(found, seen)
            if not self._worker.waiting() and seen == self._seen():
                return seen, confirmed
