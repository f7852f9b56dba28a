"""Filters as people read them: a chip for each that is set, a control for each that can be."""

from dataclasses import dataclass
from typing import Any

from sojourn.reports.filters import BY_NAME, REPEATABLE
from sojourn.web.pages.texts import INTENTS, duration, plain
from sojourn.web.pages.view import DAYS, FIRST_DAY, LAST_DAY, Pairs, View, without

# How each filter is called, and in which group of controls it stands.
LABELS = {
    "lead_id": ("Lead", "Who"),
    "account_id": ("Account", "Who"),
    "segment_id": ("Segment", "Who"),
    "country": ("Country", "Who"),
    "min_duration": ("At least, seconds", "How long and how much"),
    "max_duration": ("At most, seconds", "How long and how much"),
    "min_events": ("Events at least", "How long and how much"),
    "max_events": ("Events at most", "How long and how much"),
    "min_points": ("Points at least", "How long and how much"),
    "max_points": ("Points at most", "How long and how much"),
    "entry_point": ("Entry point", "What happened"),
    "exit_point": ("Exit point", "What happened"),
    "has_event": ("With the event", "What happened"),
    "entry_url": ("Entry page", "What happened"),
    "exit_url": ("Exit page", "What happened"),
    "converted": ("Converted", "What came of it"),
    "goal": ("Goal", "What came of it"),
    "intent": ("Intent", "What came of it"),
    "min_intent": ("Intent score at least", "What came of it"),
    "max_intent": ("Intent score at most", "What came of it"),
    "channel": ("Channel", "Where from"),
    "source": ("Source", "Where from"),
    "medium": ("Medium", "Where from"),
    "campaign": ("Campaign", "Where from"),
    "device": ("Device", "With what"),
    "browser": ("Browser", "With what"),
    "os": ("System", "With what"),
}
HINTS = {
    "lead_id": "e-mail, your own id, visitor id",
    "account_id": "own id or domain",
    "entry_point": "page_view",
    "exit_point": "purchase",
    "has_event": "demo_request",
    "entry_url": "https://example.com/pricing*",
    "exit_url": "https://example.com/checkout*",
    "country": "DE",
    "campaign": "spring_launch",
}


# The day before which nothing can have happened.
EVER = "1970-01-01"


@dataclass(frozen=True)
class Chip:
    """A filter that is set: what it says, and the parameters of the page without it."""

    name: str
    text: str
    rest: Pairs


@dataclass(frozen=True)
class Control:
    """A field of the filter form; `choices` are (value, text), none for a free text."""

    name: str
    label: str
    value: str
    choices: tuple[tuple[str, str], ...] = ()
    hint: str = ""
    is_number: bool = False


def chips_of(view: View, segments: dict[str, str]) -> list[Chip]:
    """In the order in which the filters are counted: as given, the segments last. `segments` are names by id."""
    names = [name for name in view.question.filters if name not in ("from", "to", "segment_id")]
    names += ["segment_id"] if "segment_id" in view.question.filters else []
    return [Chip(name, _said(name, view.question.filters[name], segments), without(view.kept, name)) for name in names]


def days_chip(view: View) -> Chip | None:
    """The window, where one is set."""
    given = dict(view.pairs)
    first = given.get(FIRST_DAY) or given.get("from", "")
    last = given.get(LAST_DAY) or given.get("to", "")
    if not (first or last):
        return None
    return Chip("days", days_text(first, last), without(view.kept, *DAYS))


def days_text(first: str, last: str) -> str:
    """A window as people read it; '' for none."""
    if first == EVER and not last:
        return "all days"
    return f"{first} to {last}" if first and last else f"from {first}" if first else f"until {last}" if last else ""


def _said(name: str, value: Any, segments: dict[str, str]) -> str:
    label = LABELS[name][0]
    if name in ("min_duration", "max_duration"):
        return f"{'at least' if name.startswith('min') else 'at most'} {duration(value)}"
    if name == "converted":
        return "converted" if value else "not converted"
    values = value if isinstance(value, list) else [value]
    texts = [segments.get(text, str(text)) if name == "segment_id" else _named(name, text) for text in values]
    return f"{label}: {(' and ' if name == 'has_event' else ' or ').join(texts)}"


def _named(name: str, value: Any) -> str:
    if name == "intent":
        return INTENTS[str(value)]
    return plain(str(value)) if name in ("channel", "goal") else str(value)


def controls_of(view: View, segments: dict[str, str], goals: list[str]) -> dict[str, list[Control]]:
    """The form's fields by group. A filter with several values keeps them apart from its field, which adds one."""
    given = dict(view.pairs)
    groups: dict[str, list[Control]] = {}
    for name, (label, group) in LABELS.items():
        if name == "segment_id" and not segments:
            continue
        is_several = sum(key == name for key, _ in view.pairs) > 1
        groups.setdefault(group, []).append(
            Control(
                name,
                label,
                "" if is_several else given.get(name, ""),
                _choices(name, segments, goals),
                HINTS.get(name, ""),
                BY_NAME[name].kind == "integer",
            )
        )
    return groups


def carried(view: View) -> Pairs:
    """What the filter form sends along unseen: filters with several values, order and columns."""
    several = {
        name for name, _ in view.pairs if name in BY_NAME and BY_NAME[name].kind in REPEATABLE and _many(view, name)
    }
    return [pair for pair in view.kept if pair not in view.pairs or pair[0] in several or pair[0] in ("from", "to")]


def _many(view: View, name: str) -> bool:
    return sum(key == name for key, _ in view.pairs) > 1


def _choices(name: str, segments: dict[str, str], goals: list[str]) -> tuple[tuple[str, str], ...]:
    if name == "segment_id":
        return tuple(segments.items())
    if name == "goal":
        return tuple((goal, plain(goal)) for goal in goals)
    if name == "converted":
        return (("true", "yes"), ("false", "no"))
    if name == "intent":
        return tuple(INTENTS.items())
    return tuple((text, plain(text)) for text in BY_NAME[name].allowed)
