"""Sites: versions of their definitions, the newest of which counts, and the change that is being built."""

from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from sojourn.errors import NotFound
from sojourn.model.site import Site, owner_of
from sojourn.pipeline.commits import CommitLog
from sojourn.store.engine import Engine

DEFAULT_SITE = "default"


class Definition(msgspec.Struct, frozen=True):
    """What holds now, and what is being built beside it, if anything is."""

    present: Site
    building: Site | None = None


class Sites(Mapping[str, Site]):
    """The present definition of every site by its id."""

    def __init__(self, engine: Engine, commits: CommitLog) -> None:
        self._engine = engine
        self._commits = commits
        rows = engine.query("SELECT site_id, definition FROM sites FINAL")
        self._definitions = {site_id: msgspec.json.decode(text, type=Definition) for site_id, text in rows}
        if DEFAULT_SITE not in self._definitions:
            self.write(Definition(Site(id=DEFAULT_SITE)))

    def __getitem__(self, site_id: str) -> Site:
        return self.definition(site_id).present

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

    def write(self, definition: Definition) -> None:
        """Make it the newest version: one insert, so that readers see the one or the other."""
        site_id = definition.present.id
        row = {
            "site_id": site_id,
            "version": self._commits.stamp(),
            "definition": msgspec.json.encode(definition).decode(),
        }
        self._engine.insert("sites", tuple(row), msgspec.json.encode(row))
        self._definitions = {**self._definitions, site_id: definition}
