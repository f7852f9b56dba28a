"""The filters of sessions as one table: it feeds the API, the command line, the OpenAPI document and the docs."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sojourn.errors import InvalidRequest
from sojourn.model import instant
from sojourn.model.channel import CHANNELS
from sojourn.model.event import normalise_type
from sojourn.model.identity import account_numbers
from sojourn.sql import sql

DEFAULT_LIMIT, MAX_LIMIT = 50, 200  # rows of a page

MAX_INTEGER = (1 << 63) - 1


@dataclass(frozen=True)
class Filter:
    """A parameter, the kind of its values, and the condition on a row of `sessions` that it stands for."""

    name: str
    kind: str
    condition: str
    help: str
    allowed: tuple[str, ...] = ()


def _bounds(name: str, expression: str, what: str) -> tuple[Filter, Filter]:
    return (
        Filter(f"min_{name}", "integer", f"{expression} >= {{value}}", f"at least so many {what}"),
        Filter(f"max_{name}", "integer", f"{expression} <= {{value}}", f"at most so many {what}"),
    )


FILTERS: tuple[Filter, ...] = (
    Filter("from", "instant", "started_at >= {value}", "started at or after (default: 30 days before now)"),
    Filter("to", "instant", "started_at < {value}", "started before (default: now)"),
    Filter("updated_since", "instant", "updated_at >= {value}", "changed at or after; tombstones included"),
    Filter(
        "lead_id",
        "lead",
        "lead IN {value}",
        "of this lead: lead_id, or the caller's own id, e-mail or visitor id",
    ),
    Filter("segment_id", "segment", "", "of a lead in this segment; repeat for any of several"),
    Filter("account_id", "account", "account_number IN {value}", "of this account: account_id, own id or domain"),
    *_bounds("duration", "intDiv(ended_at - started_at, 1000)", "seconds long"),
    *_bounds("events", "event_count", "events"),
    *_bounds("points", "total_points", "points"),
    *_bounds("intent", "intent_score", "points of intent, 0 to 100"),
    Filter(
        "entry_point",
        "any_of",
        "entry_point IN {value}",
        "type of the first event; repeat for any of several",
    ),
    Filter("exit_point", "any_of", "exit_point IN {value}", "type of the last event; repeat for any of several"),
    Filter("entry_url", "urls", "entry_url", "first page's URL, or with * its beginning; repeat for any of several"),
    Filter("exit_url", "urls", "exit_url", "last page's URL, or with * its beginning; repeat for any of several"),
    Filter("has_event", "types", "hasAll(types, {value})", "an event of this type in it; repeat for all of several"),
    Filter("converted", "boolean", "is_converted = {value}", "whether a purchase was completed in it"),
    Filter("goal", "any_of", "hasAny(goals, {value})", "a goal reached in it; repeat for any of several"),
    Filter("intent", "any_of", "intent IN {value}", "its intent", ("high", "low", "research", "none")),
    Filter("source", "any_of", "source IN {value}", "where the lead came from; repeat for any of several"),
    Filter("medium", "any_of", "medium IN {value}", "by what medium; repeat for any of several"),
    Filter("campaign", "any_of", "campaign IN {value}", "of which campaign; repeat for any of several"),
    Filter("channel", "any_of", "channel IN {value}", "by which channel; repeat for any of several", CHANNELS),
    Filter("device", "any_of", "device IN {value}", "on which kind of device; repeat for any of several"),
    Filter("browser", "any_of", "browser IN {value}", "in which browser; repeat for any of several"),
    Filter("os", "any_of", "os IN {value}", "on which system; repeat for any of several"),
    Filter("country", "any_of", "country IN {value}", "from which country; repeat for any of several"),
)
BY_NAME: Mapping[str, Filter] = {item.name: item for item in FILTERS}

_TYPES = {
    "instant": "Int64",
    "integer": "Int64",
    "boolean": "UInt8",
    "lead": "Array(String)",
    "any_of": "Array(String)",
    "types": "Array(String)",
    "account": "Array(UInt128)",
}
# Kinds that may be given more than once.
REPEATABLE = ("any_of", "account", "segment", "urls", "types")
# Of what a segment may be made: what does not depend on the moment, nor on other segments.
OF_SEGMENTS = tuple(name for name in BY_NAME if name not in ("from", "to", "updated_since", "lead_id", "segment_id"))
_BOOLEANS = {"true": True, "1": True, "false": False, "0": False}


def parse(pairs: Iterable[tuple[str, str]], table: Mapping[str, Filter] = BY_NAME) -> dict[str, Any]:
    """The filters of a table in query parameters, each value in its type; instants in milliseconds.

    Raises InvalidRequest naming the parameter, its value and what is allowed.
    """
    given: dict[str, list[str]] = {}
    for name, value in pairs:
        given.setdefault(name, []).append(value)
    values = {name: _value(table[name], texts) for name, texts in given.items() if name in table}
    return {name: value for name, value in values.items() if value is not None}


def _value(item: Filter, texts: Sequence[str]) -> Any:
    """None for what chooses everything."""
    if item.kind in REPEATABLE:
        named = [_named(item, text) for text in texts]
        return [normalise_type(text) for text in named] if item.kind == "types" else named
    if item.kind == "boolean":
        either = {boolean(item.name, text) for text in texts}
        return either.pop() if len(either) == 1 else None
    if len(texts) > 1:
        raise InvalidRequest(f"{item.name} is given {len(texts)} times; allowed is once.")
    text = texts[0]
    if item.kind == "instant":
        return instant.parse(text, item.name)
    if item.kind == "integer":
        return integer(item.name, text, -MAX_INTEGER, MAX_INTEGER)
    return _named(item, text)


def _named(item: Filter, text: str) -> str:
    if not text or "\0" in text:
        raise InvalidRequest(f"{item.name} is {text[:60]!r}; allowed is a text, {item.help}.")
    if item.allowed and text not in item.allowed:
        raise InvalidRequest(f"{item.name} is {text[:60]!r}; allowed: {', '.join(item.allowed)}.")
    return text


def fits(item: Filter, value: object) -> bool:
    """Whether `parse` could have given this value: a cursor carries it, and anybody can make a cursor."""
    if item.kind in REPEATABLE:
        return isinstance(value, list) and bool(value) and all(map(_is_plain, value))
    if item.kind == "lead":
        return _is_plain(value)
    if item.kind == "boolean" or isinstance(value, bool):
        return item.kind == "boolean" and isinstance(value, bool)
    least, most = (0, instant.MAX_MS) if item.kind == "instant" else (-MAX_INTEGER, MAX_INTEGER)
    return isinstance(value, int) and least <= value <= most


def _is_plain(value: object) -> bool:
    return isinstance(value, str) and "\0" not in value


def boolean(name: str, text: str) -> bool:
    """Raises InvalidRequest unless the text is true or false."""
    if text.lower() not in _BOOLEANS:
        raise InvalidRequest(f"{name} is {text[:60]!r}; allowed: true, false.")
    return _BOOLEANS[text.lower()]


def integer(name: str, text: str, least: int, most: int) -> int:
    """Raises InvalidRequest unless the text is a whole number within the bounds."""
    body = text.removeprefix("-")
    if not (body.isascii() and body.isdigit() and len(body) < 20 and least <= int(text) <= most):
        span = f"{least} to {most}" if most < MAX_INTEGER else "a whole number"
        raise InvalidRequest(f"{name} is {text[:60]!r}; allowed: {span}.")
    return int(text)


def conditions(
    filters: Mapping[str, Any], site_id: str, segments: Sequence[Mapping[str, Any]] = ()
) -> tuple[list[str], dict[str, Any]]:
    """SQL conditions on rows of a site's `sessions` and their parameters; `lead_id` is expected as a list of refs, and
    for `segment_id` the filters of the segments.
    """
    named = {name: value for name, value in filters.items() if name != "segment_id"}
    texts, parameters = _conditions(named, site_id, "f")
    any_of = []
    for place, segment in enumerate(segments):
        inner, more = _conditions(segment, site_id, f"s{place}")
        any_of.append(sql("lead.in_segment").replace("/* filters */", " AND ".join(inner) or "1"))
        parameters |= more
    return ([*texts, _any(any_of)] if any_of else texts), parameters


def by_key(filters: Mapping[str, Any]) -> list[str]:
    """What finds the sessions of the leads in `lead_id` by their keys, beside the conditions; nothing without leads."""
    return [sql("session.of_refs")] if "lead_id" in filters else []


def _conditions(filters: Mapping[str, Any], site_id: str, prefix: str) -> tuple[list[str], dict[str, Any]]:
    texts: list[str] = []
    parameters: dict[str, Any] = {}
    for name, value in filters.items():
        item = BY_NAME[name]
        if item.kind == "urls":
            texts.append(_any_url(item, value, prefix, parameters))
            continue
        if item.kind == "account":
            value = [number for text in value for number in account_numbers(site_id, text)]
        texts.append(item.condition.replace("{value}", f"{{{prefix}_{name}:{_TYPES[item.kind]}}}"))
        parameters[f"{prefix}_{name}"] = int(value) if item.kind == "boolean" else value
    return texts, parameters


def _any_url(item: Filter, texts: Sequence[str], prefix: str, parameters: dict[str, Any]) -> str:
    """The URL is one of the texts, or begins with one that ends in `*`."""
    conditions = []
    for place, text in enumerate(texts):
        name = f"{prefix}_{item.name}_{place}"
        is_beginning = text.endswith("*")
        parameters[name] = text[:-1] if is_beginning else text
        asked = f"{{{name}:String}}"
        conditions.append(f"startsWith({item.condition}, {asked})" if is_beginning else f"{item.condition} = {asked}")
    return _any(conditions)


def _any(conditions: Sequence[str]) -> str:
    """One of the conditions, without OR and NOT: with these the engine looks at each granule's key, one by one."""
    return conditions[0] if len(conditions) == 1 else f"greatest({', '.join(conditions)}) = 1"
