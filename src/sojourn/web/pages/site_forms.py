"""What the forms of the settings ask for, as patches of a site."""

import re
from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from sojourn.errors import InvalidRequest, NotFound
from sojourn.model.instant import parse_duration
from sojourn.model.site import Site
from sojourn.web.pages.asked import one_of
from sojourn.web.pages.site_texts import UNITS

Fields = Callable[[str], str]
Patch = dict[str, Any]
_AMOUNT = re.compile(r"[0-9]{1,12}(\.[0-9]{1,6})?")


def lines_of(text: str) -> list[str]:
    """One entry a line, without empty ones and repeated ones."""
    return list(dict.fromkeys(line.strip() for line in text.splitlines() if line.strip()))


def general_patch(field: Fields, _site: Site) -> Patch:
    return {
        "name": field("name").strip(),
        "hosts": lines_of(field("hosts")),
        "time_zone": field("time_zone"),
        "currency": field("currency").strip() or None,
    }


def timeout_patch(field: Fields, _site: Site) -> Patch:
    """Raises InvalidRequest for anything but a number and a unit."""
    amount, unit = field("amount").strip(), one_of("unit", field("unit"), tuple(UNITS))
    if not _AMOUNT.fullmatch(amount):
        raise InvalidRequest(f"The timeout is {amount[:60]!r}; allowed is a number such as 30.")
    return {"session_timeout_ms": parse_duration(f"{amount}{unit}", "timeout")}


def retention_patch(field: Fields, _site: Site) -> Patch:
    """Without a number of days it is the plan's."""
    days = field("retention_days").strip()
    if days and not (days.isascii() and days.isdigit() and len(days) <= 9):
        raise InvalidRequest(f"The days are {days[:60]!r}; allowed is a whole number, or nothing for the plan's own.")
    return {"plan": field("plan")} | ({"retention_days": int(days)} if days else {})


def conversions_patch(field: Fields, _site: Site) -> Patch:
    return {"conversion_events": lines_of(field("conversion_events"))}


def passive_patch(field: Fields, _site: Site) -> Patch:
    return {"passive_types": lines_of(field("passive_types"))}


def goal_patch(field: Fields, site: Site) -> Patch:
    """One goal added, or put where `old` was. Raises InvalidRequest for a name that is taken."""
    name, old = re.sub(r"[\s-]+", "_", field("goal").strip().lower()), field("old")
    goal = {"types": lines_of(field("types")), "urls": lines_of(field("urls"))}
    goals: dict[str, Any] = msgspec.to_builtins(site.goals)
    if name != old and name in goals:
        raise InvalidRequest(f"There is a goal {name!r} already; change that one, or choose another name.")
    if old and old not in goals:
        raise NotFound(f"There is no goal {old[:60]!r} any more.")
    changed = {name if key == old else key: goal if key == old else value for key, value in goals.items()}
    return {"goals": changed if old else {**goals, name: goal}}


def goal_removal(field: Fields, site: Site) -> Patch:
    goals: dict[str, Any] = msgspec.to_builtins(site.goals)
    if goals.pop(field("old"), None) is None:
        raise NotFound(f"There is no goal {field('old')[:60]!r} any more.")
    return {"goals": goals}


PATCHES: Mapping[str, Callable[[Fields, Site], Patch]] = {
    "site": general_patch,
    "timeout": timeout_patch,
    "retention": retention_patch,
    "conversions": conversions_patch,
    "passive": passive_patch,
    "goals": goal_patch,
    "goals/remove": goal_removal,
}
# What is shown with its effect before it is done, and the fields that it takes.
ASKED_FIRST = {
    "timeout": ("amount", "unit"),
    "retention": ("plan", "retention_days"),
    "passive": ("passive_types",),
}
