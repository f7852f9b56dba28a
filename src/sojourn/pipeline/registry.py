"""Sites come and go: a new one begins empty, a removed one leaves a version that says so and nothing else."""

import threading
from collections.abc import Callable

from sojourn.errors import InvalidRequest
from sojourn.model.site import Site, twin_of
from sojourn.pipeline.commits import CommitLog
from sojourn.pipeline.keys import Keys
from sojourn.pipeline.refusals import Refusals
from sojourn.pipeline.sites import DEFAULT_SITE, Definition, Sites
from sojourn.store.engine import Engine, sql


class Registry:
    """Adds and removes sites, each with its test twin. `turns` keeps the worker away meanwhile."""

    def __init__(
        self,
        engine: Engine,
        commits: CommitLog,
        sites: Sites,
        keys: Keys,
        refusals: Refusals,
        turns: threading.RLock,
        on_removed: Callable[[str], None],
    ) -> None:
        self._engine = engine
        self._commits = commits
        self._sites = sites
        self._keys = keys
        self._refusals = refusals
        self._turns = turns
        self._on_removed = on_removed

    def resume(self) -> None:
        """End what was cut off."""
        for site_id in self._sites.not_cleared():
            self._end(site_id)

    def add(self, site_id: str, name: str | None = None) -> Site:
        """A new site; one that was removed begins empty. Raises InvalidRequest for an id that is unfit or taken."""
        with self._turns:
            definition = self._sites.fresh(site_id, name or site_id)
            self._clear(site_id)
            self._sites.write(definition)
        return definition.present

    def remove(self, site_id: str) -> Site:
        """Its data, its keys and its test twin are gone. Raises NotFound, InvalidRequest for the default site."""
        with self._turns:
            present = self._sites.definition(site_id).present
            if site_id == DEFAULT_SITE:
                raise InvalidRequest("The default site cannot be removed; remove the data folder instead.")
            # Inserts that began are waited for, later ones find the site gone.
            with self._commits.alone():
                self._sites.write(Definition(present, is_removed=True))
                self._keys.forget(site_id)
            self._end(site_id)
        return present

    def _end(self, site_id: str) -> None:
        """Clear it and say that nothing is left; may be cut off and done again."""
        self._clear(site_id)
        self._sites.write(Definition(self._sites.removed(site_id).present, is_removed=True, is_cleared=True))
        self._on_removed(site_id)

    def _clear(self, site_id: str) -> None:
        ids = [site_id, twin_of(site_id)]
        self._refusals.forget(ids)
        for (table,) in self._engine.query(sql("site.tables")):
            self._engine.execute(sql("site.clear").replace("/* table */", table), {"ids": ids})
