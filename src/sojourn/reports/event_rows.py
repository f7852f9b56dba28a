"""The rows of a list of events: chosen by what never changes of a copy, then looked at as they are now."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sojourn.model.site import Site
from sojourn.reports.event_keys import LONGER, Choice, Keys, Place, Reaches
from sojourn.reports.holding import Holding
from sojourn.sql import sql
from sojourn.store.engine import Engine

Row = dict[str, Any]
MOST_AT_ONCE = 4000


@dataclass(frozen=True)
class Scope:
    """The filters with what they mean here: a window, leads, and the keys behind which their events lie."""

    filters: Mapping[str, Any]
    from_ms: int
    to_ms: int
    leads: set[str] | None
    keys: list[str] | None
    is_active: bool


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
        self._site = site
        self._site_id = site_id
        self._scope = scope
        self._backwards = backwards
        choice = Choice(site_id, scope.from_ms, scope.to_ms, *self._conditions())
        self._keys = Keys(engine, choice, after, reaches, backwards=backwards)

    def rows(self, most: int, holding: Holding) -> list[Row]:
        """Up to so many rows with their leads, in the order of the list."""
        found: list[Row] = []
        # Of a lead's keys some events may be of another; else hardly any drops out.
        at_once = 2 * most + 20 if self._scope.leads is not None else most + most // 8 + 10
        while len(found) < most:
            keys = self._keys.batch(at_once)
            if not keys:
                break
            rows = [row for row in fetched(self._engine, self._site_id, keys) if self._fits(row)]
            leads = holding.leads(self._site_id, rows)
            rows = [row | {"lead": lead} for row, lead in zip(rows, leads, strict=True)]
            wanted = self._scope.leads
            rows = [row for row in rows if wanted is None or row["lead"] in wanted]
            found += sorted(rows, key=place_of, reverse=not self._backwards)
            at_once = min(LONGER * at_once, MOST_AT_ONCE)  # most of what was read does not fit
        return found[:most]

    def _conditions(self) -> tuple[list[str], Row]:
        """What is the same in every row of a copy; suppressed is at least what some row of it once was."""
        scope, conditions = self._scope, []
        parameters: Row = {"passive_types": list(self._site.passive_types)}
        if scope.keys is not None:
            parameters["keys"] = scope.keys
            conditions.append(sql("event.behind_keys"))
        if "type" in scope.filters:
            parameters["types"] = scope.filters["type"]
            conditions.append("type IN {types:Array(String)}")
        if "url" in scope.filters:
            parameters["url"] = scope.filters["url"]
            conditions.append("position(url, {url:String}) > 0")
        if "passive" in scope.filters:
            is_not = "" if scope.filters["passive"] else "NOT "
            conditions.append(f"type {is_not}IN {{passive_types:Array(String)}}")
        if scope.is_active:
            conditions.append("type NOT IN {passive_types:Array(String)}")
        if self._state == "true":
            conditions.append("suppressed != ''")
        elif self._state is not None:
            parameters["reason"] = "" if self._state == "false" else self._state
            conditions.append("suppressed = {reason:String}")
        return conditions, parameters

    @property
    def _state(self) -> str | None:
        """Which events are asked for: suppressed ones, those of one reason, those that are not, or all."""
        asked: str | None = self._scope.filters.get("suppressed")
        return "false" if asked is None and self._scope.is_active else asked

    def _fits(self, row: Row) -> bool:
        """Whether the copy stands, and its state is what is asked for."""
        if row["is_superseded"] or self._state is None:
            return not row["is_superseded"]
        if self._state in ("true", "false"):
            return bool((row["suppressed"] != "") == (self._state == "true"))
        return bool(row["suppressed"] == self._state)


def fetched(engine: Engine, site_id: str, keys: list[tuple[Any, ...]]) -> list[Row]:
    """The copies behind keys of (bucket, sender, occurred_at, event_id, content), each as it is now."""
    if not keys:
        return []
    names = ("buckets", "senders", "instants", "event_ids", "contents")
    columns = {name: [key[place] for key in keys] for place, name in enumerate(names)}
    return engine.named(sql("event.of_keys"), {"site_id": site_id, **columns})


def place_of(row: Row) -> Place:
    return (row["occurred_at"], row["event_id"].encode(), row["sender"].encode())
