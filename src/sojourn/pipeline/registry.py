"""Sites come and go: a new one begins empty, a removed one leaves a version that says so and nothing else. One may
also be emptied.
"""

from collections.abc import Callable, Sequence
from typing import Protocol

from sojourn.errors import InvalidRequest, Unavailable
from sojourn.model.site import Site, twin_of
from sojourn.pipeline.commits import CommitLog
from sojourn.pipeline.refusals import Refusals
from sojourn.pipeline.sites import DEFAULT_SITE, Definition, Sites
from sojourn.pipeline.turns import Turns
from sojourn.sql import sql
from sojourn.store.engine import Engine

# What was said of a site rather than sent to it: an emptied one still has it.
SAID = frozenset(["audit", "keys", "saved_views", "segments"])


class Kept(Protocol):
    """What is in memory of sites, and goes with one."""

    def forget(self, site_id: str) -> None: ...


class Registry:
    """Adds, empties and removes sites, each with its test twin. `turns` keeps the worker away meanwhile.

    `kept` are in memory and go with a site; `on_cleared` lets go of what else is.
    """

    def __init__(
        self,
        engine: Engine,
        commits: CommitLog,
        sites: Sites,
        kept: Sequence[Kept],
        refusals: Refusals,
        turns: Turns,
        on_cleared: Callable[[str], None],
    ) -> None:
        self._engine = engine
        self._commits = commits
        self._sites = sites
        self._kept = kept
        self._refusals = refusals
        self._turns = turns
        self._on_cleared = on_cleared

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
                for part in self._kept:
                    part.forget(site_id)
            self._end(site_id)
        return present

    def empty(self, site_id: str) -> None:
        """Nothing that was sent to it is left; its definition, keys, segments and views are. Its test twin is emptied
        too. May be cut off and done again. Raises NotFound, Unavailable while an import is under way.
        """
        with self._turns:
            self._sites.definition(site_id)
            # No insert is under way meanwhile: whatever is acknowledged afterwards stays.
            with self._commits.alone():
                if self._commits.hidden():
                    raise Unavailable("An import is under way; repeat this when it has ended.", retry_after=60)
                self._clear(site_id, kept=SAID)
                self._on_cleared(site_id)

    def _end(self, site_id: str) -> None:
        """Clear it and say that nothing is left; may be cut off and done again."""
        self._clear(site_id)
        self._sites.write(Definition(self._sites.removed(site_id).present, is_removed=True, is_cleared=True))
        for part in self._kept:
            part.forget(site_id)
        self._on_cleared(site_id)

    def _clear(self, site_id: str, kept: frozenset[str] = frozenset()) -> None:
        ids = [site_id, twin_of(site_id)]
        self._refusals.forget(ids)
        for (table,) in self._engine.query(sql("site.tables")):
            if table not in kept:
                self._engine.execute(sql("site.clear").replace("/* table */", table), {"ids": ids})
