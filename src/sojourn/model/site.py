"""A site: what its owner says about it, and which of it touches the past."""

import re
from typing import Any
from zoneinfo import available_timezones

import msgspec

from sojourn.errors import InvalidRequest
from sojourn.model.event import normalise_type
from sojourn.model.intent import IntentSteps, Steps

MINUTE_MS = 60_000
DAY_MS = 86_400_000
DEFAULT_TIMEOUT_MS = 30 * MINUTE_MS
PLANS: dict[str, int | None] = {"starter": 30, "growth": 30, "scale": 90, "enterprise": None}
TEST_SUFFIX = ":test"
SITE_ID = re.compile(r"[a-z0-9_-]{1,64}")
# So many entries of so many characters make a pattern of pages that every engine takes.
MOST_STEPS, MOST_CHARACTERS = 200, 200

DEFAULT_PASSIVE_TYPES = (
    "email_sent",
    "email_delivered",
    "email_bounce",
    "email_complaint",
    "identify",
    "group",
    "alias",
)


class Goal(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Reached by an event of one of the types, or by a page view whose path fits one of the URL patterns."""

    types: tuple[str, ...] = ()
    urls: tuple[str, ...] = ()


class Window(msgspec.Struct, frozen=True):
    """How many days were served until an instant (milliseconds); None: everything."""

    until: int
    retention_days: int | None


def _default_goals() -> dict[str, Goal]:
    return {name: Goal(types=(name,)) for name in ("purchase", "demo_request", "trial_signup")}


class Site(msgspec.Struct, frozen=True, kw_only=True):
    """The present definition of a site; `generation` says which rows of `sessions` show it.

    What started before `purged_before` (milliseconds) is deleted and does not come again; `earlier_windows` hold the
    next purge back (`model/retention.py`).
    """

    id: str
    name: str = "Default site"
    hosts: tuple[str, ...] = ()
    session_timeout_ms: int = DEFAULT_TIMEOUT_MS
    plan: str = "enterprise"
    retention_days: int | None = None
    conversion_events: tuple[str, ...] = ("purchase",)
    goals: dict[str, Goal] = msgspec.field(default_factory=_default_goals)
    passive_types: tuple[str, ...] = DEFAULT_PASSIVE_TYPES
    intent_steps: IntentSteps = IntentSteps()
    currency: str | None = None
    time_zone: str = "UTC"
    generation: int = 1
    purged_before: int = 0
    earlier_windows: tuple[Window, ...] = ()


# Changing one of these changes sessions that already exist: they are built anew beside the present ones.
RETROACTIVE = ("session_timeout_ms", "conversion_events", "goals", "passive_types", "intent_steps", "currency")
CHANGEABLE = (
    "name",
    "hosts",
    "session_timeout_ms",
    "plan",
    "retention_days",
    "conversion_events",
    "goals",
    "passive_types",
    "intent_steps",
    "currency",
    "time_zone",
)


def twin_of(site_id: str) -> str:
    """The site under which test keys keep their data."""
    return site_id + TEST_SUFFIX


def owner_of(site_id: str) -> str:
    """The site whose definitions hold: a test twin shares those of its site."""
    return site_id.removesuffix(TEST_SUFFIX)


def check_site_id(site_id: str) -> str:
    """The id as it is. Raises InvalidRequest for one that no site can have."""
    if not SITE_ID.fullmatch(site_id):
        raise InvalidRequest(f"The site id is {site_id[:80]!r}; allowed are 1 to 64 of the characters a-z 0-9 - _.")
    return site_id


def changed(site: Site, patch: dict[str, Any]) -> Site:
    """The site with the fields of the patch.

    Raises InvalidRequest naming the field, its value and what is allowed.
    """
    unknown = sorted(set(patch) - set(CHANGEABLE))
    if unknown:
        raise InvalidRequest(f"{unknown[0]} cannot be changed; allowed are {', '.join(CHANGEABLE)}.")
    present = {name: getattr(site, name) for name in site.__struct_fields__}
    if "plan" in patch and "retention_days" not in patch:
        patch = {**patch, "retention_days": PLANS.get(str(patch["plan"]))}
    try:
        fresh = msgspec.convert({**msgspec.to_builtins(present), **patch}, Site, strict=True)
    except msgspec.ValidationError as error:
        raise InvalidRequest(_explain(error, patch)) from None
    return _checked(_normalised(fresh))


def _explain(error: msgspec.ValidationError, patch: dict[str, Any]) -> str:
    text = str(error)
    field = text.partition("`$.")[2].partition("`")[0].partition("[")[0].partition(".")[0]
    value = f" is {patch[field]!r}" if field in patch else ""
    if field == "intent_steps" and "unknown field" in text:
        text += f"; allowed are {', '.join(IntentSteps.__struct_fields__)}"
    return f"{field or 'The body'}{value}: {text.replace('$.', '')}."


def _normalised(site: Site) -> Site:
    goals = {
        name: Goal(types=tuple(map(normalise_type, goal.types)), urls=goal.urls) for name, goal in site.goals.items()
    }
    return msgspec.structs.replace(
        site,
        hosts=tuple(host.strip().lower() for host in site.hosts),
        conversion_events=tuple(map(normalise_type, site.conversion_events)),
        passive_types=tuple(map(normalise_type, site.passive_types)),
        currency=site.currency.upper() if site.currency else None,
        goals=goals,
        intent_steps=_normalised_steps(site.intent_steps),
    )


def _normalised_steps(steps: IntentSteps) -> IntentSteps:
    given = {name: value for name in steps.__struct_fields__ if (value := getattr(steps, name)) is not None}
    types = {name: tuple(map(normalise_type, value)) for name, value in given.items() if name.endswith("_types")}
    return IntentSteps(**{**given, **types})


def _checked(site: Site) -> Site:
    _allow(
        "session_timeout_ms",
        site.session_timeout_ms,
        MINUTE_MS <= site.session_timeout_ms <= DAY_MS,
        "60000 (1 minute) to 86400000 (24 hours)",
    )
    _allow("plan", site.plan, site.plan in PLANS, ", ".join(PLANS))
    _allow("retention_days", site.retention_days, _fits_plan(site), _retention_of(site.plan))
    _allow("time_zone", site.time_zone, site.time_zone in available_timezones(), "a name such as Europe/Berlin")
    _allow(
        "currency",
        site.currency,
        site.currency is None or re.fullmatch("[A-Z]{3}", site.currency),
        "three letters such as EUR, or null",
    )
    for field in ("conversion_events", "passive_types"):
        _allow(field, getattr(site, field), all(getattr(site, field)), "names of event types")
    _allow("name", site.name, 0 < len(site.name) <= 200, "1 to 200 characters")
    for name, goal in site.goals.items():
        _allow(f"goals.{name}", "empty", goal.types or goal.urls, "at least one of types and urls")
        _allow(f"goals.{name}.types", list(goal.types), all(goal.types), "names of event types")
        _allow("goals", name, re.fullmatch("[a-z0-9_]{1,64}", name), "names in lower snake case")
    _check_steps(site.intent_steps)
    return site


def _check_steps(steps: IntentSteps) -> None:
    for name in steps.__struct_fields__:
        given, what = getattr(steps, name) or (), "types" if name.endswith("_types") else "URLs"
        allowed = f"up to {MOST_STEPS} {what} of 1 to {MOST_CHARACTERS} characters"
        _allow(f"intent_steps.{name}", f"a list of {len(given)}", len(given) <= MOST_STEPS, allowed)
        for each in given:
            _allow(f"intent_steps.{name}", each, 0 < len(each) <= MOST_CHARACTERS, allowed)


def _fits_plan(site: Site) -> bool:
    days, most = site.retention_days, PLANS[site.plan]
    if most is not None:
        return days is not None and 1 <= days <= most
    return days is None or 1 <= days <= 36_500


def _retention_of(plan: str) -> str:
    most = PLANS[plan]
    return f"1 to {most} on the plan {plan}" if most is not None else "1 to 36500, or null to keep everything"


def _allow(field: str, value: object, fits: object, allowed: str) -> None:
    if not fits:
        raise InvalidRequest(f"{field} is {value!r}; allowed: {allowed}.")


def shown(site: Site) -> dict[str, Any]:
    """The site's fields as the API shows them: without those that only the purge goes by."""
    body: dict[str, Any] = msgspec.to_builtins(site)
    return {name: value for name, value in body.items() if name not in ("purged_before", "earlier_windows")}


def is_retroactive(before: Site, after: Site) -> bool:
    return any(getattr(before, name) != getattr(after, name) for name in RETROACTIVE)


def differences(before: Site, after: Site) -> dict[str, Any]:
    """What of the fields that can be changed is another: by name, `from` and `to`."""
    left, right = msgspec.to_builtins(before), msgspec.to_builtins(after)
    return {name: {"from": left[name], "to": right[name]} for name in CHANGEABLE if left[name] != right[name]}


def path_pattern(patterns: tuple[str, ...]) -> str:
    """One regular expression for URL patterns, in which `*` stands for anything; '' for none.

    A pattern is a path such as `/thank-you*`; a host before it is passed over, its page decides.
    """
    paths = ["/" + re.sub(r"^(https?:)?//[^/]*", "", pattern).lstrip("/") for pattern in patterns]
    parts = [".*".join(re.escape(piece) for piece in path.split("*")) for path in paths]
    return f"^(?:{'|'.join(parts)})$" if parts else ""


def steps_of(site: Site) -> Steps:
    """The kinds of steps and pages that hold on the site: its own ones, else those that are shipped."""
    own = site.intent_steps
    given: dict[str, Any] = {
        "decisive_types": own.decisive_types,
        "high_types": own.high_types,
        "high_paths": None if own.high_urls is None else path_pattern(own.high_urls),
        "content_paths": None if own.content_urls is None else path_pattern(own.content_urls),
        "unsubscribe_types": own.unsubscribe_types,
    }
    return Steps()._replace(**{name: value for name, value in given.items() if value is not None})


def oldest_kept(site: Site, now_ms: int) -> int:
    """The start of the retention window in milliseconds; 0 when everything is kept. What is purged stays away, also
    when the window becomes larger.
    """
    start = now_ms - site.retention_days * DAY_MS if site.retention_days else 0
    return max(start, site.purged_before)
