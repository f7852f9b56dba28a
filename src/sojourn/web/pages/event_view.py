"""What the page of events shows, as its address says: filters, days and times where the viewer is, place."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import time
from zoneinfo import ZoneInfo

from sojourn.errors import InvalidRequest
from sojourn.model.instant import iso
from sojourn.model.site import MINUTE_MS
from sojourn.reports.event_filters import BY_NAME
from sojourn.reports.events import EventQuestion
from sojourn.web.events import event_question_of
from sojourn.web.pages.chips import Chip, Control, days_text
from sojourn.web.pages.texts import plain
from sojourn.web.pages.view import CURSOR, FIRST_DAY, LAST_DAY, Pairs, day_of, midnight, without

LIVE, FIRST_TIME, LAST_TIME = "live", "first_time", "last_time"
WINDOW = (FIRST_DAY, FIRST_TIME, LAST_DAY, LAST_TIME, "from", "to")
CONTROLS = {
    "type": ("Event", "page_view, purchase"),
    "lead_id": ("Lead", "e-mail, your own id, visitor id"),
    "session_id": ("Session", "sess_…"),
    "url": ("Address contains", "/pricing"),
    "suppressed": ("Suppressed", ""),
    "passive": ("Passive", ""),
}
_SIDES = {"true": "only these", "false": "without these"}


@dataclass(frozen=True)
class EventView:
    """`pairs` are the filters as the address keeps them, `question` is what they ask."""

    pairs: Pairs
    question: EventQuestion
    is_live: bool
    is_first_page: bool

    def value(self, name: str) -> str:
        """What the form's field shows: several values are behind one another."""
        return ", ".join(text for key, text in self.pairs if key == name)


def event_view_of(given: Pairs, zone: ZoneInfo) -> EventView:
    """Raises InvalidRequest for what the page does not take."""
    pairs = _several([pair for pair in given if pair[0] not in (LIVE, CURSOR)])
    for name, _ in pairs:
        if name not in BY_NAME and name not in WINDOW:
            raise InvalidRequest(f"{name[:60]} is no filter of this page.")
    single = dict(given)
    place = [(CURSOR, single[CURSOR])] if CURSOR in single else []
    question = event_question_of([*_with_instants(pairs, zone), *place])
    return EventView(pairs, question, LIVE in single, not place)


def chips_of(view: EventView, lead_names: Mapping[str, str]) -> list[Chip]:
    """One for the window and for each value of each filter. `lead_names` are those of the leads that are shown."""
    window = _window_text(dict(view.pairs))
    found = [Chip("days", window, without(view.pairs, *WINDOW))] if window else []
    for name, text in view.pairs:
        if name not in WINDOW:
            rest = [pair for pair in view.pairs if pair != (name, text)]
            found.append(Chip(name, _said(name, text, lead_names), rest))
    return found


def controls_of(view: EventView) -> list[Control]:
    """The form's fields, but for days and times."""
    return [
        Control(name, label, view.value(name), _choices(name, view.value(name)), hint)
        for name, (label, hint) in CONTROLS.items()
    ]


def _several(pairs: Pairs) -> Pairs:
    """Types that were written behind one another in one field, each by itself and once."""
    found: Pairs = []
    for name, text in pairs:
        texts = [each.strip() for each in text.split(",")] if name == "type" else [text]
        found += [(name, each) for each in texts if each and (name, each) not in found]
    return found


def _with_instants(pairs: Pairs, zone: ZoneInfo) -> Pairs:
    """Days and times as the instants at which they begin and end where the viewer is: the last minute belongs to it."""
    single = dict(pairs)
    found = [pair for pair in pairs if pair[0] in BY_NAME]
    for name, day, clock, at in (("from", FIRST_DAY, FIRST_TIME, 0), ("to", LAST_DAY, LAST_TIME, 1)):
        if day in single and name in single:
            raise InvalidRequest("The days are given twice.")
        if day in single:
            start = day_of(day, single[day])
            if clock in single:
                found.append((name, iso(midnight(start, zone, _time(clock, single[clock])) + at * MINUTE_MS)))
            else:
                found.append((name, iso(midnight(start, zone, days=at))))
        elif clock in single:
            raise InvalidRequest(f"{clock} is of no day; give {day} too.")
    return found


def _time(name: str, text: str) -> time:
    try:
        return time.fromisoformat(text).replace(second=0, microsecond=0, tzinfo=None)
    except ValueError:
        raise InvalidRequest(f"{name} is {text[:60]!r}; allowed is a time such as 14:05.") from None


def _window_text(single: Mapping[str, str]) -> str:
    first = " ".join(filter(None, [single.get(FIRST_DAY), single.get(FIRST_TIME)])) or single.get("from", "")
    last = " ".join(filter(None, [single.get(LAST_DAY), single.get(LAST_TIME)])) or single.get("to", "")
    return days_text(first, last)


def _said(name: str, text: str, lead_names: Mapping[str, str]) -> str:
    if name in ("suppressed", "passive"):
        return {"true": f"only {name}", "false": f"not {name}"}.get(text, f"suppressed: {text}")
    label = CONTROLS[name][0]
    return f"{label}: {plain(text) if name == 'type' else lead_names.get(text, text)}"


def _choices(name: str, value: str) -> tuple[tuple[str, str], ...]:
    if name not in ("suppressed", "passive"):
        return ()
    reason = ((value, f"for: {value}"),) if value and value not in _SIDES else ()
    return (*_SIDES.items(), *reason)
