"""Sites: versions of their definitions, the newest of which counts, and the change that is being built. A site that
is removed leaves a version that says so.
"""

import itertools
import threading
from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeVar

import msgspec

from sojourn.errors import InvalidRequest, NotFound, Unavailable
from sojourn.model.site import Site, check_site_id, owner_of
from sojourn.pipeline.commits import CommitLog
from sojourn.store.engine import Engine

DEFAULT_SITE = "default"
Answer = TypeVar("Answer")


class Definition(msgspec.Struct, frozen=True):
    """What holds now, and what is being built beside it, if anything is. Of a site that is removed: whether all that
    it held is deleted.
    """

    present: Site
    building: Site | None = None
    is_removed: bool = False
    is_cleared: bool = False


FIRST = Definition(Site(id=DEFAULT_SITE))  # what a store begins with


class Sites(Mapping[str, Site]):
    """The present definition of every site by its id."""

    tables = ("sites",)

    def __init__(self, engine: Engine, commits: CommitLog) -> None:
        self._engine = engine
        self._commits = commits
        self._lock = threading.Lock()
        self.check: Callable[[], None] = lambda: None  # raises Unavailable when what is known here may be outdated
        self._definitions: dict[str, Definition] = {}
        self._removed: dict[str, Definition] = {}
        self.load()
        if DEFAULT_SITE not in self._definitions:
            self.write(FIRST)

    def load(self) -> None:
        with self._lock:
            rows = self._engine.query("SELECT site_id, definition FROM sites FINAL")
            written = {site_id: msgspec.json.decode(text, type=Definition) for site_id, text in rows}
            self._definitions = {key: each for key, each in written.items() if not each.is_removed}
            self._removed = {key: each for key, each in written.items() if each.is_removed}

    def __getitem__(self, site_id: str) -> Site:
        return self.definition(site_id).present

    def read(self, site_id: str, ask: Callable[[Site], Answer]) -> Answer:
        """What `ask` finds by the present definition. Asked once more when another build was switched to meanwhile:
        with the switch the rows go that were being read. Raises NotFound, and what `ask` raises.
        """
        while True:
            site = self[site_id]
            try:
                answer = ask(site)
            except NotFound:
                if self[site_id].generation == site.generation:
                    raise
                continue
            self.check()
            if self[site_id].generation == site.generation:
                return answer

    def stream(self, site_id: str, ask: Callable[[Site], Iterator[Answer]]) -> Iterator[Answer]:
        """The pieces of what `ask` finds by the present definition, all of one build. The first is made now, as `read`
        would. Later ones raise Unavailable when another build was switched to meanwhile.
        """
        site, first, rest = self.read(site_id, lambda site: _begun(site, ask(site)))
        return itertools.chain(first, self._unchanged(site_id, site, rest))

    def _unchanged(self, site_id: str, site: Site, pieces: Iterator[Answer]) -> Iterator[Answer]:
        for piece in pieces:
            self.check()
            if self[site_id].generation != site.generation:
                raise Unavailable("The sessions were built anew meanwhile; ask again, or go on behind the last row.")
            yield piece

    def __iter__(self) -> Iterator[str]:
        return iter(self._definitions)

    def __len__(self) -> int:
        return len(self._definitions)

    def __contains__(self, site_id: Any) -> bool:
        return isinstance(site_id, str) and owner_of(site_id) in self._definitions

    def definition(self, site_id: str) -> Definition:
        """Raises NotFound."""
        try:
            return self._definitions[owner_of(site_id)]
        except KeyError:
            raise NotFound(f"There is no site {site_id!r}.") from None

    def building(self) -> list[Definition]:
        """The sites for which a next generation is due."""
        return [definition for definition in self._definitions.values() if definition.building]

    def fresh(self, site_id: str, name: str) -> Definition:
        """What a new site begins with. Raises InvalidRequest for an unfit id, and for one that is taken."""
        if check_site_id(site_id) in self._definitions:
            raise InvalidRequest(f"There is a site {site_id!r} already; choose another id.")
        before = self._removed.get(site_id)
        # Whatever an earlier site of this id may have left, no list reads it.
        return Definition(Site(id=site_id, name=name, generation=before.present.generation + 1 if before else 1))

    def not_cleared(self) -> list[str]:
        """The removed sites of which something may be left."""
        return [site_id for site_id, definition in self._removed.items() if not definition.is_cleared]

    def removed(self, site_id: str) -> Definition:
        """The last definition of a site that was removed."""
        return self._removed[site_id]

    def move_horizon(self, site_id: str, before: int) -> None:
        """What started before the instant is deleted from now on, whatever else is being changed."""
        definition = self.definition(site_id)
        present, building = (
            msgspec.structs.replace(site, purged_before=max(site.purged_before, before)) if site else None
            for site in (definition.present, definition.building)
        )
        assert present is not None
        self.write(Definition(present, building))

    def write(self, definition: Definition) -> None:
        """Make it the newest version: one insert, so that readers see the one or the other."""
        site_id = definition.present.id
        with self._lock:
            row = {
                "site_id": site_id,
                "version": self._commits.stamp(),
                "definition": msgspec.json.encode(definition).decode(),
            }
            self._engine.insert("sites", tuple(row), msgspec.json.encode(row))
            kept = {key: each for key, each in self._definitions.items() if key != site_id}
            if definition.is_removed:
                self._removed[site_id] = definition
            else:
                self._removed.pop(site_id, None)
                kept[site_id] = definition
            self._definitions = kept


def _begun(site: Site, pieces: Iterator[Answer]) -> tuple[Site, list[Answer], Iterator[Answer]]:
    """The first piece, if there is one, and those that follow."""
    return site, list(itertools.islice(pieces, 1)), pieces
