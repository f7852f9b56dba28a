"""What belongs to a lead, asked of the store."""

from typing import NamedTuple

from sojourn.model.belongings import WEAK, Belongings, Named, belongings
from sojourn.pipeline.owners import keys_behind
from sojourn.sql import sql
from sojourn.store.engine import Engine


class Owned(NamedTuple):
    """A lead's identifiers, and every key whose events may name one of them."""

    belongings: Belongings
    keys: list[str]


class Ownership:
    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def of(self, site_id: str, lead: str) -> Owned:
        keys = self._keys(site_id, {lead})
        while True:
            rows = self._named(site_id, lead, keys)
            # A phone that one of its events names may be somebody else's too: whose, their events say.
            further = {ref for row in rows if row.is_its for ref in row.refs if ref.startswith(WEAK)} - keys
            if not further:
                break
            keys |= self._keys(site_id, further)
        everything = {"site_id": site_id, "keys": sorted({*keys, *(ref for row in rows for ref in row.refs)})}
        links = [(str(key), str(ref)) for key, ref in self._engine.query(sql("link.reach"), everything)]
        owners: dict[str, str] = dict(self._engine.query(sql("link.owners"), everything))
        found = belongings(lead, rows, links, owners)
        return Owned(found, sorted(keys | found.own))

    def _keys(self, site_id: str, refs: set[str]) -> set[str]:
        """Every key whose events may belong to the refs, and these."""
        return set(keys_behind(self._engine, site_id, refs))

    def _named(self, site_id: str, lead: str, keys: set[str]) -> list[Named]:
        rows = self._engine.query(sql("lead.named"), {"site_id": site_id, "lead": lead, "keys": sorted(keys)})
        return [Named._make(row) for row in rows]
