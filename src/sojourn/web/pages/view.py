"""What a page of sessions shows, as its address says: filters, days, order, columns, place."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sojourn.errors import InvalidRequest
from sojourn.model.instant import iso
from sojourn.reports import ranked
from sojourn.reports.filters import BY_NAME
from sojourn.reports.ranked import ORDERS, Order, Rank
from sojourn.reports.sessions import Question
from sojourn.web.api import question_of

FIRST_DAY, LAST_DAY, SORT, COLUMN, CURSOR, VIEW = "first_day", "last_day", "sort", "column", "cursor", "view"
OWN = (FIRST_DAY, LAST_DAY, SORT, COLUMN, CURSOR, VIEW)
DAYS = (FIRST_DAY, LAST_DAY, "from", "to")
LIMIT = 50
Pairs = list[tuple[str, str]]


@dataclass(frozen=True)
class Column:
    """A column of the list: its heading, the order that its heading offers, and whether it is shown unasked."""

    name: str
    heading: str
    order: str = ""
    is_usual: bool = True


COLUMNS = (
    Column("lead", "Lead"),
    Column("started_at", "Start", "started_at"),
    Column("duration", "Duration", "duration"),
    Column("event_count", "Events", "events"),
    Column("entry_point", "Entry point"),
    Column("exit_point", "Exit point"),
    Column("total_points", "Points", "points"),
    Column("intent", "Intent"),
    Column("converted", "Converted"),
    Column("source", "Source"),
    Column("ended_at", "End", is_usual=False),
    Column("page_count", "Pages", is_usual=False),
    Column("entry_url", "Entry page", is_usual=False),
    Column("exit_url", "Exit page", is_usual=False),
    Column("channel", "Channel", is_usual=False),
    Column("medium", "Medium", is_usual=False),
    Column("campaign", "Campaign", is_usual=False),
    Column("goals", "Goals", is_usual=False),
    Column("revenue", "Revenue", is_usual=False),
    Column("device", "Device", is_usual=False),
    Column("country", "Country", is_usual=False),
    Column("account_id", "Account", is_usual=False),
)
_BY_NAME = {column.name: column for column in COLUMNS}


@dataclass(frozen=True)
class View:
    """`pairs` are the parameters that say which sessions, `asked` the filters among them as the API takes them."""

    pairs: Pairs
    question: Question
    lead: str | None
    order: Order
    rank: Rank | None
    columns: tuple[Column, ...]

    @property
    def is_first_page(self) -> bool:
        return self.rank is None and self.question.after is None

    @property
    def kept(self) -> Pairs:
        """What stays in the address when something else changes: all but the place."""
        order = [] if self.order.is_newest_first else [(SORT, sort_of(self.order))]
        columns = [(COLUMN, column.name) for column in self.columns] if self.columns != usual() else []
        return [*self.pairs, *order, *columns]


def usual() -> tuple[Column, ...]:
    return tuple(column for column in COLUMNS if column.is_usual)


def sort_of(order: Order) -> str:
    """The order as the address says it: `duration`, or `-duration` for the shortest first."""
    return f"{'-' if order.is_rising else ''}{order.by}"


def view_of(given: Pairs, zone: ZoneInfo) -> View:
    """Raises InvalidRequest for what the page does not take."""
    single = dict(given)
    order = _order(single.get(SORT, "started_at"))
    pairs = [pair for pair in given if pair[0] in BY_NAME or pair[0] in DAYS]
    unknown = [name for name, _ in given if name not in BY_NAME and name not in OWN]
    if unknown or "updated_since" in single:
        raise InvalidRequest(f"{(unknown or ['updated_since'])[0][:60]} is no filter of this page.")
    asked = _with_instants(pairs, zone)
    names = [name for name, _ in asked]
    for name in ("from", "to"):
        if names.count(name) > 1:
            raise InvalidRequest("The days are given twice.")
    cursor = single.get(CURSOR)
    is_cursor = cursor is not None and order.is_newest_first
    question, lead = question_of([*asked, ("limit", str(LIMIT)), *([(CURSOR, cursor)] if cursor and is_cursor else [])])
    rank = ranked.decode(cursor) if cursor and not is_cursor else None
    return View(pairs, question, lead, order, rank, _columns([name for key, name in given if key == COLUMN]))


def _order(text: str) -> Order:
    by = text.removeprefix("-")
    if by not in ORDERS:
        raise InvalidRequest(f"sort is {text[:60]!r}; allowed: {', '.join(ORDERS)}, each also with - before it.")
    return Order(by, is_rising=text.startswith("-"))


def _columns(names: list[str]) -> tuple[Column, ...]:
    for name in names:
        if name not in _BY_NAME:
            raise InvalidRequest(f"column is {name[:60]!r}; allowed: {', '.join(_BY_NAME)}.")
    return tuple(column for column in COLUMNS if column.name in names) if names else usual()


def _with_instants(pairs: Pairs, zone: ZoneInfo) -> Pairs:
    """Days as the instants at which they begin and end where the viewer is."""
    found = []
    for name, text in pairs:
        if name == FIRST_DAY:
            found.append(("from", iso(midnight(day_of(name, text), zone))))
        elif name == LAST_DAY:
            found.append(("to", iso(midnight(day_of(name, text), zone, days=1))))
        else:
            found.append((name, text))
    return found


def day_of(name: str, text: str) -> date:
    """Raises InvalidRequest."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        day = date.min
    if not 1970 <= day.year < 9000:
        raise InvalidRequest(f"{name} is {text[:60]!r}; allowed is a day such as 2026-04-29.")
    return day


def midnight(day: date, zone: ZoneInfo, at: time = time.min, *, days: int = 0) -> int:
    """The instant in milliseconds at which a day begins in a time zone, also where clocks skip midnight; or another
    time of it; or so many days later.
    """
    start = datetime.combine(day + timedelta(days=days), at, zone).astimezone(UTC)
    return max(0, int(start.timestamp() * 1000))


def without(pairs: Pairs, *names: str) -> Pairs:
    return [pair for pair in pairs if pair[0] not in names]


def days_of(view: View, zone: ZoneInfo, now_ms: int) -> tuple[date, date]:
    """The first and the last day that the page shows."""
    filters: dict[str, Any] = dict(view.question.filters)
    to_ms = min(filters.get("to", now_ms + 1), now_ms + 1) - 1
    from_ms = filters.get("from", now_ms - 30 * 86_400_000)
    first, last = (datetime.fromtimestamp(max(0, ms) / 1000, UTC).astimezone(zone).date() for ms in (from_ms, to_ms))
    return first, max(first, last)
