"""Lists of events as columns, page by page, for files of any length in constant memory."""

from collections.abc import Iterator
from typing import Any

import msgspec
import pyarrow as pa

from sojourn.model.instant import parse
from sojourn.model.site import Site
from sojourn.reports import events as event_lists
from sojourn.reports.events import EventPages, EventQuestion
from sojourn.reports.export import INSTANT

EVENTS_AT_ONCE = 2000
_TEXT = pa.string()
_TEXTS = ("lead_id", "lead", "account_id", "session_id", "visitor_id", "url", "title", "referrer", "currency")
_MORE = ("source", "medium", "campaign", "device", "browser", "os", "country", "properties", "context", "suppressed")
SCHEMA = pa.schema(
    [
        ("id", _TEXT),
        ("type", _TEXT),
        ("occurred_at", INSTANT),
        ("received_at", INSTANT),
        *((name, _TEXT) for name in _TEXTS),
        ("points", pa.int64()),
        ("value", pa.float64()),
        *((name, _TEXT) for name in _MORE),
        ("passive", pa.bool_()),
    ]
)


class EventExports:
    def __init__(self, pages: EventPages) -> None:
        self._pages = pages

    def tables(
        self, site: Site, site_id: str, question: EventQuestion, limit: int | None, now_ms: int
    ) -> Iterator[tuple[pa.Table, str | None]]:
        """The events that the question chooses, in the list's order, and the cursor behind each table.

        Their columns are the fields of the list; the lead is what it is called, properties and context are JSON.
        """
        left, asked = limit, question
        while True:
            most = EVENTS_AT_ONCE if left is None else min(EVENTS_AT_ONCE, left)
            page = self._pages.page(site, site_id, EventQuestion(asked.filters, most, asked.after), now_ms)
            yield pa.Table.from_pylist([_flat(event) for event in page.data], SCHEMA), page.next_cursor
            left = None if left is None else left - len(page.data)
            if page.next_cursor is None or left == 0:
                return
            edge = event_lists.decode(page.next_cursor)
            asked = EventQuestion(edge.filters or {}, most, edge)


def _flat(event: dict[str, Any]) -> dict[str, Any]:
    return event | {
        "lead": event["lead"]["name"],
        "occurred_at": parse(event["occurred_at"], "occurred_at"),
        "received_at": parse(event["received_at"], "received_at"),
        "properties": _json(event["properties"]),
        "context": _json(event["context"]),
    }


def _json(value: dict[str, Any]) -> str | None:
    return msgspec.json.encode(value).decode() if value else None
