"""Rows of any file as payloads: which column is which field, and an id for rows that have none."""

import tomllib
from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path
from typing import Any

import msgspec
import xxhash

from sojourn.adapters import segment
from sojourn.adapters.ordinals import Ordinals
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
    """`lead=user_id,time=at` as target to column, or the TOML file that says it so. Raises InvalidRequest."""
    pairs = [part.partition("=") for part in text.split(",") if part.strip()]
    mapping = {target.strip(): column.strip() for target, _, column in pairs}
    if text.endswith(".toml"):
        mapping = _read_map(Path(text))
    for target, column in mapping.items():
        if target not in TARGETS or not column:
            raise InvalidRequest(f"--map has {target}={column}; allowed before = are {', '.join(TARGETS)}.")
    if "time" not in mapping or not {"lead", "visitor", "email", "phone"} & set(mapping):
        raise InvalidRequest("--map needs time=COLUMN and one of lead=, visitor=, email=, phone=.")
    return mapping


def _read_map(path: Path) -> dict[str, str]:
    try:
        read = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise InvalidRequest(f'--map {path} is no TOML file of lines such as lead = "user_id": {error}.') from None
    return {target: column if isinstance(column, str) else "" for target, column in read.items()}


class Mapper:
    """Turns rows into payloads. Columns that are not mapped are kept as properties."""

    def __init__(self, mapping: dict[str, str] | None, ordinals: Ordinals | None = None) -> None:
        self._mapping = mapping
        self._ordinals = ordinals or Ordinals()

    def __call__(self, row: Row) -> Row:
        """Raises InvalidRequest for a column that the row does not have or that does not fit."""
        payload = self.payload(row)
        if payload.get("event_id") in (None, ""):
            payload["event_id"] = derived_id(row, self._ordinals)
        return payload

    def payload(self, row: Row) -> Row:
        """The payload without an id of its own. Raises InvalidRequest."""
        return self._mapped(row) if self._mapping is not None else self._known(row)

    def _known(self, row: Row) -> Row:
        """A row that is an event as POST /v1/events takes it, or a Segment message."""
        is_message = "messageId" in row or "anonymousId" in row
        return segment.payload(row) if is_message else _plain(row)

    def _mapped(self, row: Row) -> Row:
        assert self._mapping is not None
        missing = [column for column in self._mapping.values() if column not in row]
        if missing:
            raise InvalidRequest(f"there is no column {missing[0]!r}; there are {', '.join(row)}.")
        told = {target: scalar(row[column]) for target, column in self._mapping.items()}
        told = {target: value for target, value in told.items() if value not in (None, "")}
        payload = {field: _number(target, told[target]) for target, field in _PLAIN.items() if target in told}
        payload.setdefault("type", "event")
        _nest(payload, "lead", {field: told[target] for target, field in _LEAD.items() if target in told})
        _nest(payload, "account", {"id": told["account"]} if "account" in told else {})
        context: Row = {name: told[name] for name in _CONTEXT if name in told}
        _nest(context, "campaign", {field: told[name] for name, field in _CAMPAIGN.items() if name in told})
        _nest(payload, "context", context)
        used = set(self._mapping.values())
        _nest(payload, "properties", {name: scalar(value) for name, value in row.items() if name not in used})
        return payload


def derived_id(row: Row, ordinals: Ordinals) -> str:
    """From a row's content and its ordinal among equal rows: importing a file again changes nothing."""
    told = {name: scalar(value) for name, value in row.items()}
    digest = xxhash.xxh3_128_intdigest(msgspec.json.encode(told, order="sorted"))
    return f"row-{digest:032x}-{ordinals.next(digest & 0xFFFF_FFFF_FFFF_FFFF)}"


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
    return {name: scalar(value) for name, value in row.items() if value is not None}


def scalar(value: Any) -> Any:
    """What a Parquet file may hold beside what JSON knows."""
    if isinstance(value, datetime):
        return iso(to_ms(value))
    if isinstance(value, date):
        return value.isoformat()
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else value
