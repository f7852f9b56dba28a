"""The work, when it passes from one process of a shared store to another."""

from sojourn.pipeline.erasing import Erasing
from sojourn.pipeline.generation import Generations
from sojourn.pipeline.registry import Registry
from sojourn.pipeline.retention import Retention
from sojourn.pipeline.sharing import Share
from sojourn.pipeline.worker import Worker
from sojourn.store.merges import Merges


class Handover:
    def __init__(
        self,
        share: Share,
        worker: Worker,
        generations: Generations,
        retention: Retention,
        registry: Registry,
        erasing: Erasing,
        merges: Merges,
    ) -> None:
        self._share = share
        self._worker = worker
        self._generations = generations
        self._retention = retention
        self._registry = registry
        self._erasing = erasing
        self._merges = merges

    def take(self) -> None:
        """Go on where another process got."""
        self._share.is_whole = False
        self._generations.forget_all()
        self._retention.forget()
        self._merges.forget()
        self._share.refresh()
        self._worker.resume()
        self.end_begun()
        self._share.is_whole = True

    def give(self) -> None:
        """Another process works from now on. Raises Unavailable while it could not know what was begun."""
        self._erasing.settle()
        self._generations.forget_all()
        self._retention.forget()
        self._worker.save()

    def end_begun(self) -> None:
        """What was cut off is ended."""
        self._registry.resume()
        self._erasing.resume()
