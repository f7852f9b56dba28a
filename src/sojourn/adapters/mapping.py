"""Rows of any file as payloads: which column is which field, and an id for rows that have none."""

import hashlib
from collections import Counter
from collections.abc import Callable
from datetime import date, datetime
from typing import Any

import msgspec

from sojourn.adapters import segment
from sojourn.errors import InvalidRequest
from sojourn.model.instant import iso, to_ms

TARGETS = {
    "lead": "the caller's own id of the lead",
    "visitor": "the browser or device",
    "email": "the lead's e-mail",
    "phone": "the lead's phone",
    "name": "the lead's name",
    "account": "the account's id",
    "time": "when it happened",
    "type": "what happened",
    "id": "the event's id",
    **dict.fromkeys(("url", "title", "referrer", "value", "currency", "points"), "the field of that name"),
    **dict.fromkeys(("source", "medium", "campaign", "device", "browser", "os", "country"), "into the context"),
}
_LEAD = {"lead": "id", "email": "email", "phone": "phone", "name": "name"}
_CAMPAIGN = {"source": "source", "medium": "medium", "campaign": "name"}
_CONTEXT = ("device", "browser", "os", "country")
_PLAIN = {"visitor": "visitor_id", "time": "occurred_at", "type": "type", "id": "event_id"} | {
    name: name for name in ("url", "title", "referrer", "value", "currency", "points")
}
_NUMBERS: dict[str, Callable[[str], float]] = {"value": float, "points": int}

Row = dict[str, Any]


def parse_map(text: str) -> dict[str, str]:
    """`lead=user_id,time=at` as target to column. Raises InvalidRequest."""
    pairs = [part.partition("=") for part in text.split(",") if part.strip()]
    mapping = {target.strip(): column.strip() for target, _, column in pairs}
    for target, column in mapping.items():
        if target not in TARGETS or not column:
            raise InvalidRequest(f"--map has {target}={column}; allowed before = are {', '.join(TARGETS)}.")
    if "time" not in mapping or not {"lead", "visitor", "email", "phone"} & set(mapping):
        raise InvalidRequest("--map needs time=COLUMN and one of lead=, visitor=, email=, phone=.")
    return mapping


class Mapper:
    """Turns rows into payloads. Columns that are not mapped are kept as properties."""

    def __init__(self, mapping: dict[str, str] | None) -> None:
        self._mapping = mapping
        self._seen: Counter[str] = Counter()

    def __call__(self, row: Row) -> Row:
        """Raises InvalidRequest for a column that the row does not have or that does not fit."""
        payload = self._mapped(row) if self._mapping is not None else self._known(row)
        if payload.get("event_id") in (None, ""):
            payload["event_id"] = self._derived_id(payload)
        return payload

    def _known(self, row: Row) -> Row:
        """A row that is an event as POST /v1/events takes it, or a Segment message."""
        is_message = "messageId" in row or "anonymousId" in row
        return segment.payload(row) if is_message else _plain(row)

    def _mapped(self, row: Row) -> Row:
        assert self._mapping is not None
        missing = [column for column in self._mapping.values() if column not in row]
        if missing:
            raise InvalidRequest(f"there is no column {missing[0]!r}; there are {', '.join(row)}.")
        told = {target: _scalar(row[column]) for target, column in self._mapping.items()}
        told = {target: value for target, value in told.items() if value not in (None, "")}
        payload = {field: _number(target, told[target]) for target, field in _PLAIN.items() if target in told}
        payload.setdefault("type", "event")
        _nest(payload, "lead", {field: told[target] for target, field in _LEAD.items() if target in told})
        _nest(payload, "account", {"id": told["account"]} if "account" in told else {})
        context: Row = {name: told[name] for name in _CONTEXT if name in told}
        _nest(context, "campaign", {field: told[name] for name, field in _CAMPAIGN.items() if name in told})
        _nest(payload, "context", context)
        used = set(self._mapping.values())
        _nest(payload, "properties", {name: _scalar(value) for name, value in row.items() if name not in used})
        return payload

    def _derived_id(self, payload: Row) -> str:
        """From the row's content and its ordinal among equal rows: importing a file again changes nothing."""
        digest = hashlib.sha256(msgspec.json.encode(payload, order="sorted")).hexdigest()[:24]
        self._seen[digest] += 1
        return f"row-{digest}-{self._seen[digest]}"


def _nest(payload: Row, field: str, content: Row) -> None:
    if content:
        payload[field] = {
            name: str(value) if field in ("lead", "account") else value for name, value in content.items()
        }


def _number(target: str, value: Any) -> Any:
    """Numbers that a text file spells out; identifiers and types as text."""
    if target in _NUMBERS and isinstance(value, str):
        try:
            return _NUMBERS[target](value)
        except ValueError:
            raise InvalidRequest(f"{target} is {value[:60]!r}; allowed is a number.") from None
    if target in ("visitor", "id", "type"):
        return str(value)
    return value


def _plain(row: Row) -> Row:
    return {name: _scalar(value) for name, value in row.items() if value is not None}


def _scalar(value: Any) -> Any:
    """What a Parquet file may hold beside what JSON knows."""
    if isinstance(value, datetime):
        return iso(to_ms(value))
    if isinstance(value, date):
        return value.isoformat()
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else value
