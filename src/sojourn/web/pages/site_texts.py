"""A site's settings as people read them."""

from typing import Any

from sojourn.model.site import MINUTE_MS, Site

# By what the form sends: how it is called, and its milliseconds.
UNITS = {"min": ("minutes", MINUTE_MS), "s": ("seconds", 1000), "h": ("hours", 60 * MINUTE_MS), "ms": ("ms", 1)}
LABELS = {
    "name": "Name",
    "hosts": "Hosts",
    "session_timeout_ms": "Timeout",
    "plan": "Plan",
    "retention_days": "Days kept",
    "conversion_events": "Conversion events",
    "goals": "Goals",
    "passive_types": "Passive types",
    "intent_steps": "Steps and pages of intent",
    "currency": "Currency",
    "time_zone": "Time zone",
    "email": "E-mail",
    "id": "Key id",
}
MOST_LETTERS = 400


def amount_of(timeout_ms: int) -> tuple[str, str]:
    """A timeout as the form shows it: a number and its unit, minutes where they fit."""
    unit = next(name for name, (_, size) in UNITS.items() if name != "h" and timeout_ms % size == 0)
    return str(timeout_ms // UNITS[unit][1]), unit


def timeout_text(timeout_ms: int) -> str:
    """`30 min`, `90 s`, `1800001 ms`, `24 h`."""
    hours, rest = divmod(timeout_ms, UNITS["h"][1])
    return f"{hours} h" if hours > 1 and not rest else " ".join(amount_of(timeout_ms))


def value_text(name: str, value: Any) -> str:
    """A setting, or anything else that the audit log holds."""
    if value is None:
        return "all" if name == "retention_days" else "none"
    if name == "session_timeout_ms":
        return timeout_text(int(value))
    if isinstance(value, list | tuple):
        return ", ".join(str(each) for each in value) or "none"
    return str(value)


def change_lines(detail: dict[str, Any]) -> list[tuple[str, str]]:
    """Each thing that an entry of the audit log says: its name, and its value or how it changed."""
    lines = []
    for name, value in detail.items():
        if name == "goals":
            lines += [(f"Goal {goal}", _short(text)) for goal, text in _goal_changes(value["from"], value["to"])]
            continue
        if name == "intent_steps":
            lines += [(f"Intent: {kind}", _short(text)) for kind, text in _step_changes(value["from"], value["to"])]
            continue
        if isinstance(value, dict) and value.keys() == {"from", "to"}:
            text = f"{_short(value_text(name, value['from']))} → {_short(value_text(name, value['to']))}"
        else:
            text = _short(value_text(name, value))
        lines.append((LABELS.get(name, name.replace("_", " ").capitalize()), text))
    return lines


def _goal_changes(before: dict[str, Any], after: dict[str, Any]) -> list[tuple[str, str]]:
    names = [name for name in {**before, **after} if before.get(name) != after.get(name)]
    return [(name, f"{_goal_text(before.get(name))} → {_goal_text(after.get(name))}") for name in names]


def _goal_text(goal: dict[str, Any] | None) -> str:
    return ", ".join([*goal["types"], *goal["urls"]]) if goal else "none"


def _step_changes(before: dict[str, Any], after: dict[str, Any]) -> list[tuple[str, str]]:
    names = [name for name in {**before, **after} if before.get(name) != after.get(name)]
    return [
        (name.replace("_", " "), f"{_steps_text(before.get(name))} → {_steps_text(after.get(name))}") for name in names
    ]


def _steps_text(steps: list[str] | None) -> str:
    return "as shipped" if steps is None else ", ".join(steps) or "none"


def _short(text: str) -> str:
    return text if len(text) <= MOST_LETTERS else f"{text[:MOST_LETTERS]}…"


def kept_text(site: Site) -> str:
    """How long sessions are kept."""
    return f"sessions of the last {site.retention_days} days" if site.retention_days else "everything"
