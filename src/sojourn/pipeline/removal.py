"""Removing a site: a version that says so, then everything it held, its test twin's too."""

from sojourn.errors import InvalidRequest
from sojourn.model.site import twin_of
from sojourn.pipeline.keys import Keys
from sojourn.pipeline.refusals import Refusals
from sojourn.pipeline.sites import DEFAULT_SITE, Definition, Sites
from sojourn.store.engine import Engine, sql


class Removal:
    def __init__(self, engine: Engine, sites: Sites, keys: Keys, refusals: Refusals) -> None:
        self._engine = engine
        self._sites = sites
        self._keys = keys
        self._refusals = refusals

    def say(self, site_id: str) -> None:
        """From now on the site and its keys are not there. Raises NotFound, InvalidRequest for the default site."""
        definition = self._sites.definition(site_id)
        if site_id == DEFAULT_SITE:
            raise InvalidRequest("The default site cannot be removed; remove the data folder instead.")
        self._sites.write(Definition(definition.present, is_removed=True))
        self._keys.forget(site_id)

    def clear(self, site_id: str) -> None:
        """Delete what the site held; may be cut off and done again."""
        ids = [site_id, twin_of(site_id)]
        self._refusals.forget(ids)
        for (table,) in self._engine.query(sql("site.tables")):
            self._engine.execute(sql("site.clear").replace("/* table */", table), {"ids": ids})

    def end(self, site_id: str) -> None:
        """Clear it and say that nothing is left."""
        self.clear(site_id)
        present = self._sites.removed(site_id).present
        self._sites.write(Definition(present, is_removed=True, is_cleared=True))
