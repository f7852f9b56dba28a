"""The rows of a list of events: chosen by what never changes of a copy, then looked at as they are now."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sojourn.model.site import Site
from sojourn.reports.holding import Holding
from sojourn.sql import sql
from sojourn.store.engine import Engine

Row = dict[str, Any]
# What a list is ordered by: instant, id and sender.
Place = tuple[int, bytes, bytes]


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
        self, engine: Engine, site: Site, site_id: str, scope: Scope, after: Place | None, *, backwards: bool
    ) -> None:
        self._engine = engine
        self._site = site
        self._site_id = site_id
        self._scope = scope
        self._after = after
        self._backwards = backwards

    def rows(self, most: int, holding: Holding) -> list[Row]:
        """Up to so many rows with their leads, in the order of the list."""
        found: list[Row] = []
        edge = self._after
        while len(found) < most:
            keys = self._keys(edge, 2 * most + 20)
            if not keys:
                break
            rows = [row for row in fetched(self._engine, self._site_id, keys) if self._fits(row)]
            leads = holding.leads(self._site_id, rows)
            rows = [row | {"lead": lead} for row, lead in zip(rows, leads, strict=True)]
            wanted = self._scope.leads
            rows = [row for row in rows if wanted is None or row["lead"] in wanted]
            found += sorted(rows, key=place_of, reverse=not self._backwards)
            last = keys[-1]
            edge = (int(last[2]), last[3].encode(), last[1].encode())
        return found[:most]

    def _keys(self, edge: Place | None, most: int) -> list[tuple[Any, ...]]:
        scope, sign = self._scope, ">" if self._backwards else "<"
        conditions, parameters = self._conditions()
        parameters |= {"site_id": self._site_id, "f_from": scope.from_ms, "f_to": scope.to_ms, "most": most}
        if edge is not None:
            parameters |= {"e_at": edge[0], "e_id": edge[1].decode(), "e_sender": edge[2].decode()}
            conditions.append(f"occurred_at {sign}= {{e_at:Int64}}")
            place = "({e_at:Int64}, {e_id:String}, {e_sender:String})"
            conditions.append(f"(occurred_at, event_id, sender) {sign} {place}")
        text = sql("event.newest").replace("/* filters */", "".join(f" AND {text}" for text in conditions))
        return self._engine.query(text.replace("/* order */", "ASC" if self._backwards else "DESC"), parameters)

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
            conditions.append(f"has({{passive_types:Array(String)}}, type) = {int(scope.filters['passive'])}")
        if scope.is_active:
            conditions.append("has({passive_types:Array(String)}, type) = 0")
        if scope.filters.get("suppressed") not in (None, "false"):
            conditions.append("suppressed != ''")
        return conditions, parameters

    def _fits(self, row: Row) -> bool:
        """Whether the copy stands, and its state is what is asked for."""
        asked = self._scope.filters.get("suppressed")
        if self._scope.is_active and asked is None:
            asked = "false"
        if row["is_superseded"]:
            return False
        if asked in (None, "true", "false"):
            return asked is None or (row["suppressed"] != "") == (asked == "true")
        return bool(row["suppressed"] == asked)


def fetched(engine: Engine, site_id: str, keys: list[tuple[Any, ...]]) -> list[Row]:
    """The copies behind keys of (bucket, sender, occurred_at, event_id, content), each as it is now."""
    if not keys:
        return []
    names = ("buckets", "senders", "instants", "event_ids", "contents")
    columns = {name: [key[place] for key in keys] for place, name in enumerate(names)}
    return engine.named(sql("event.of_keys"), {"site_id": site_id, **columns})


def place_of(row: Row) -> Place:
    return (row["occurred_at"], row["event_id"].encode(), row["sender"].encode())
