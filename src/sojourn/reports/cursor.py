"""Cursors: base64 of JSON with the last row's id and a direction, and with the window and the filters."""

import base64
import binascii
from collections.abc import Mapping
from typing import Any

import msgspec

from sojourn.errors import InvalidRequest
from sojourn.model.instant import MAX_MS
from sojourn.model.session import decode_id
from sojourn.reports import filters as filter_table

DIRECTIONS = ("before", "after")


class Cursor(msgspec.Struct, forbid_unknown_fields=True):
    """Where a page ended; `filters` are as in the request, instants in milliseconds. `generation` is the build that a
    file is of, whose pages belong together.
    """

    id: str
    direction: str = "before"
    filters: dict[str, Any] | None = None
    generation: int | None = None

    @property
    def number(self) -> int:
        number = decode_id(self.id)
        assert number is not None
        return number


def encode(cursor: Cursor) -> str:
    body = {name: value for name, value in msgspec.to_builtins(cursor).items() if value is not None}
    return base64.urlsafe_b64encode(msgspec.json.encode(body)).decode()


def decode(text: str) -> Cursor:
    """Raises InvalidRequest for anything that `encode` or a caller's `{"id", "direction"}` could not be."""
    try:
        raw = base64.b64decode(
            text.strip().replace("-", "+").replace("_", "/") + "==="[: -len(text.strip()) % 4], validate=True
        )
        cursor = msgspec.json.decode(raw, type=Cursor)
    except (binascii.Error, ValueError, msgspec.MsgspecError, RecursionError):
        raise _garbage(text) from None
    if decode_id(cursor.id) is None or cursor.direction not in DIRECTIONS:
        raise _garbage(text)
    if not carries(cursor.filters, filter_table.BY_NAME):
        raise _garbage(text)
    return cursor


def carries(filters: Mapping[str, Any] | None, table: Mapping[str, filter_table.Filter]) -> bool:
    """Whether these could be the filters of an earlier request."""
    return filters is None or all(
        name in table and filter_table.fits(table[name], value) for name, value in filters.items()
    )


def _garbage(text: str) -> InvalidRequest:
    return InvalidRequest(f"cursor is {text[:60]!r}; allowed is the next_cursor of an earlier answer.")


def encode_place(at_ms: int, event_id: str, sender: str) -> str:
    """Where a list of events ended."""
    return base64.urlsafe_b64encode(msgspec.json.encode([at_ms, event_id, sender])).decode()


def decode_place(text: str) -> tuple[int, str, str]:
    """Raises InvalidRequest."""
    try:
        place = msgspec.json.decode(base64.urlsafe_b64decode(text), type=tuple[int, str, str])
    except (binascii.Error, ValueError, msgspec.MsgspecError):
        raise _garbage(text) from None
    if not 0 <= place[0] <= MAX_MS:
        raise _garbage(text)
    return place
