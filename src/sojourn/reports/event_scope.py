"""What a list of events chooses: by what never changes of a copy, and by its state, which a later row may change."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sojourn.model.site import Site
from sojourn.sql import sql

# A row says so when it holds a decision, or that its copy is superseded; such rows stand for those as sent.
IS_LATER = "version >= 4503599627370496"


@dataclass(frozen=True)
class Scope:
    """The filters with what they mean here: a window, leads, and the keys behind which their events lie."""

    filters: Mapping[str, Any]
    from_ms: int
    to_ms: int
    leads: set[str] | None
    keys: list[str] | None
    is_active: bool

    @property
    def state(self) -> str | None:
        """Which events are asked for: suppressed ones, those of one reason, those that are not, or all."""
        asked: str | None = self.filters.get("suppressed")
        return "false" if asked is None and self.is_active else asked

    def fits(self, suppressed: str) -> bool:
        """Whether this is the state that is asked for."""
        if self.state in (None, "true", "false"):
            return self.state is None or (suppressed != "") == (self.state == "true")
        return suppressed == self.state


@dataclass(frozen=True)
class Choice:
    """The events between two instants, the second one excluded, that fit the conditions. Of a copy whose present state
    fits some row fits `state`.
    """

    site_id: str
    from_ms: int
    to_ms: int
    conditions: tuple[str, ...] = ()
    state: tuple[str, ...] = ()
    parameters: dict[str, Any] = field(default_factory=dict)


def choice_of(site: Site, site_id: str, scope: Scope) -> Choice:
    """The scope in SQL."""
    filters, conditions = scope.filters, []
    parameters: dict[str, Any] = {"passive_types": list(site.passive_types)}
    if scope.keys is not None:
        parameters["keys"] = scope.keys
        conditions.append(sql("event.behind_keys"))
    if "type" in filters:
        parameters["types"] = filters["type"]
        conditions.append("type IN {types:Array(String)}")
    if "url" in filters:
        parameters["url"] = filters["url"]
        conditions.append("position(url, {url:String}) > 0")
    if "passive" in filters:
        conditions.append(f"type {'' if filters['passive'] else 'NOT '}IN {{passive_types:Array(String)}}")
    if scope.is_active:
        conditions.append("type NOT IN {passive_types:Array(String)}")
    state: tuple[str, ...] = ()
    if scope.state == "true":
        state = ("suppressed != ''",)
    elif scope.state is not None:
        parameters["reason"] = "" if scope.state == "false" else scope.state
        state = ("suppressed = {reason:String}",)
    return Choice(site_id, scope.from_ms, scope.to_ms, tuple(conditions), state, parameters)
