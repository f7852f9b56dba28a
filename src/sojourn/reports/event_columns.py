"""Columns of events as a file shows them: what `reports/events.py` says of one event, for a hundred thousand."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from sojourn.model.identity import EMAIL, VISITOR, account_id_of, lead_id_of
from sojourn.model.session import encode_id
from sojourn.pipeline.owners import Owners
from sojourn.reports.export import INSTANT
from sojourn.reports.present import lead_object

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
_ORDER = [(name, "descending") for name in ("occurred_at", "event_id", "sender", "content", "version")]
_KEY = ("occurred_at", "event_id", "sender", "content")


def standing(rows: pa.Table) -> pa.Table:
    """In the order of the list, each copy in its newest version, and without those that are superseded."""
    keys = rows.select([*(name for name, _ in _ORDER), "is_superseded"])
    order = pc.sort_indices(keys, _ORDER)
    keys = keys.take(order)
    is_standing = keys["is_superseded"].to_numpy() == 0
    if len(order) > 1:
        is_same = np.ones(len(order) - 1, bool)
        for name in _KEY:
            is_same &= pc.equal(keys[name].slice(1), keys[name].slice(0, len(order) - 1)).to_numpy()
        is_standing[1:] &= ~is_same
    return rows.take(order.filter(pa.array(is_standing)))


def keys_of(rows: pa.Table) -> set[str]:
    """The refs whose facts say whose the events are."""
    emails = pc.unique(rows["email"]).to_pylist()
    return {*pc.unique(rows["sender"]).to_pylist(), *(EMAIL + email for email in emails if email)}


def leads_of(rows: pa.Table, owners: Owners) -> list[str]:
    """The lead of each event."""
    columns = (rows[name].to_pylist() for name in ("sender", "external_id", "email", "occurred_at"))
    return list(map(owners.owner, *columns))


def is_active(rows: pa.Table, passive_types: Iterable[str]) -> pa.ChunkedArray:
    """Whether each event may be in a session."""
    return pc.and_(pc.invert(_is_passive(rows, passive_types)), pc.equal(rows["suppressed"].cast(_TEXT), ""))


def shown(
    rows: pa.Table,
    site_id: str,
    passive_types: Iterable[str],
    leads: list[str],
    names: Mapping[str, str],
    sessions: Iterable[int | None],
) -> pa.Table:
    """Rows with their leads and the numbers of their sessions, as the list shows them."""
    sender = rows["sender"]
    visitor = pc.if_else(pc.starts_with(sender, VISITOR), pc.utf8_slice_codeunits(sender, len(VISITOR)), None)
    columns = {
        "id": rows["event_id"],
        "visitor_id": visitor,
        "lead_id": _each(leads, lambda lead: lead_id_of(site_id, lead)),
        "lead": _each(leads, lambda lead: lead_object(lead, names.get(lead, ""))["name"]),
        "account_id": _each(rows["account"].to_pylist(), lambda ref: account_id_of(site_id, ref) if ref else None),
        "session_id": _each(sessions, lambda number: None if number is None else encode_id(number)),
        "properties": _each(rows["properties"].to_pylist(), _json),
        "context": _each(rows["context"].to_pylist(), _json),
        "passive": _is_passive(rows, passive_types),
    }
    for name in rows.column_names:
        columns.setdefault(name, _or_null(rows[name]))
    return pa.table([_cast(columns[field.name], field.type) for field in SCHEMA], SCHEMA)


def _is_passive(rows: pa.Table, passive_types: Iterable[str]) -> Any:
    return pc.is_in(rows["type"].cast(_TEXT), pa.array(list(passive_types), _TEXT))


def _each(values: Iterable[Any], say: Callable[[Any], str | None]) -> pa.Array:
    """What is said of each value, once for equal ones."""
    known: dict[Any, str | None] = {}
    texts = []
    for value in values:
        if value not in known:
            known[value] = say(value)
        texts.append(known[value])
    return pa.array(texts, _TEXT)


def _or_null(column: Any) -> Any:
    if pa.types.is_dictionary(column.type):
        column = column.cast(_TEXT)
    return pc.if_else(pc.equal(column, ""), None, column) if pa.types.is_string(column.type) else column


def _cast(column: Any, kind: pa.DataType) -> Any:
    return column if column.type == kind else column.cast(kind)


def _json(text: str) -> str | None:
    value = msgspec.json.decode(text) if text else None
    return msgspec.json.encode(value).decode() if value else None
