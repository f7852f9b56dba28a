"""The rows of a list of events: chosen by what never changes of a copy, then looked at as they are now."""

from typing import Any

from sojourn.model.site import Site
from sojourn.reports.event_keys import LONGER, Keys, Place, Reaches
from sojourn.reports.event_scope import Scope, choice_of
from sojourn.reports.holding import Holding
from sojourn.sql import sql
from sojourn.store.engine import Engine

Row = dict[str, Any]
MOST_AT_ONCE = 4000


class Asked:
    """One page's rows: keys are chosen by what never changes of a copy, then fetched and looked at as they are now."""

    def __init__(
        self,
        engine: Engine,
        site: Site,
        site_id: str,
        scope: Scope,
        after: Place | None,
        reaches: Reaches,
        *,
        backwards: bool,
    ) -> None:
        self._engine = engine
        self._site_id = site_id
        self._scope = scope
        self._backwards = backwards
        self._keys = Keys(engine, choice_of(site, site_id, scope), after, reaches, backwards=backwards)

    def rows(self, most: int, holding: Holding) -> list[Row]:
        """Up to so many rows with their leads, in the order of the list."""
        found: list[Row] = []
        # Of a lead's keys some events may be of another; else hardly any drops out.
        at_once = 2 * most + 20 if self._scope.leads is not None else most + most // 16 + 5
        while len(found) < most:
            keys = self._keys.batch(at_once)
            if not keys:
                break
            rows = [row for row in fetched(self._engine, self._site_id, keys) if not row["is_superseded"]]
            rows = [row for row in rows if self._scope.fits(row["suppressed"])]
            leads = holding.leads(self._site_id, rows)
            rows = [row | {"lead": lead} for row, lead in zip(rows, leads, strict=True)]
            wanted = self._scope.leads
            rows = [row for row in rows if wanted is None or row["lead"] in wanted]
            found += sorted(rows, key=place_of, reverse=not self._backwards)
            at_once = min(LONGER * at_once, MOST_AT_ONCE)  # most of what was read does not fit
        return found[:most]


def fetched(engine: Engine, site_id: str, keys: list[tuple[Any, ...]]) -> list[Row]:
    """The copies behind keys of (bucket, sender, occurred_at, event_id, content), each as it is now."""
    if not keys:
        return []
    names = ("buckets", "senders", "instants", "event_ids", "contents")
    columns = {name: [key[place] for key in keys] for place, name in enumerate(names)}
    return engine.named(sql("event.of_keys"), {"site_id": site_id, **columns})


def place_of(row: Row) -> Place:
    return (row["occurred_at"], row["event_id"].encode(), row["sender"].encode())
