"""Whether what the default site holds is made up, as a mark in the data folder says; and how all of it is removed."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec

from sojourn.errors import InvalidRequest
from sojourn.model.site import Site
from sojourn.pipeline.registry import Registry
from sojourn.pipeline.sites import DEFAULT_SITE, Sites

DEMO_MARK = ".sojourn-demo"
Patch = dict[str, Any]


def mark_demo(folder: Path, patch: Patch) -> None:
    """Say of a folder that its data is made up, and what of the site's definition is."""
    (folder / DEMO_MARK).write_bytes(msgspec.json.encode(patch))


class Demo:
    """On from the moment at which a marked folder is opened, until it is removed."""

    def __init__(self, sites: Sites, registry: Registry, change_site: Callable[[str, Patch], object]) -> None:
        self._sites = sites
        self._registry = registry
        self._change_site = change_site
        self._mark: Path | None = None
        self._lock = threading.Lock()

    def look(self, folder: Path) -> None:
        """Whether the folder is marked."""
        mark = folder / DEMO_MARK
        self._mark = mark if mark.exists() else None

    @property
    def is_on(self) -> bool:
        return self._mark is not None

    @contextmanager
    def sending(self) -> Iterator[bool]:
        """Whether made-up events may be sent within the block: while they are, nothing is removed. Never waits."""
        is_held = self._lock.acquire(blocking=False)
        try:
            yield is_held and self.is_on
        finally:
            if is_held:
                self._lock.release()

    def remove(self) -> None:
        """Everything that was sent to the site is gone, and no more is made up; keys, logins and views stay.

        Raises InvalidRequest where the data is not a demo's, Unavailable while an import is under way.
        """
        with self._lock:
            if self._mark is None:
                raise InvalidRequest("There is no demo data here; nothing was removed.")
            self._registry.empty(DEFAULT_SITE)
            self._restore(self._mark)
            self._mark.unlink(missing_ok=True)
            self._mark = None

    def _restore(self, mark: Path) -> None:
        """What the demo said of the site, and nobody changed since, is as in a new installation."""
        said: Patch = msgspec.json.decode(mark.read_bytes() or b"{}")
        sites = (self._sites[DEFAULT_SITE], Site(id=DEFAULT_SITE))
        present, fresh = (msgspec.json.decode(msgspec.json.encode(site)) for site in sites)
        patch = {name: fresh[name] for name, value in said.items() if present[name] == value}
        if patch:
            self._change_site(DEFAULT_SITE, patch)
