"""Rows of the store as the API shows them."""

from typing import Any

from sojourn.model.identity import EMAIL, HANDLE, ID, VISITOR, account_id_of, lead_id_of
from sojourn.model.instant import iso
from sojourn.model.session import encode_id

_KINDS = {ID: "external_id", EMAIL: "email", HANDLE: "handle", VISITOR: "visitor_id"}
_TEXTS = ("source", "medium", "campaign", "channel", "referrer", "device", "browser", "os", "country")


def lead_object(ref: str, name: str) -> dict[str, Any]:
    """The identifier that a lead is known by, and its display name, which without a name is that identifier."""
    kind, text = identifier(ref)
    return {"name": name or text, kind: text}


def identifier(ref: str) -> tuple[str, str]:
    """The kind of an identifier, and itself: `("phone", "+4930123")`."""
    if ref.startswith(HANDLE):
        kind, _, text = ref[len(HANDLE) :].partition(":")
        return kind, text
    return _KINDS[ref[:2]], ref[2:]


def presented(row: dict[str, Any], site_id: str, lead: dict[str, Any], timeout_ms: int, now_ms: int) -> dict[str, Any]:
    """A session with all the contract's fields."""
    lead_id = lead_id_of(site_id, row["lead"])
    return {
        "id": encode_id(row["number"]),
        "lead_id": lead_id,
        "lead": {"id": lead_id, **lead},
        "account_id": account_id_of(site_id, row["account"]) if row["account"] else None,
        "started_at": iso(row["started_at"]),
        "ended_at": iso(row["ended_at"]),
        "duration": (row["ended_at"] - row["started_at"]) // 1000,
        "is_open": now_ms - row["ended_at"] < timeout_ms,
        "event_count": row["event_count"],
        "page_count": row["page_count"],
        "entry_point": row["entry_point"],
        "exit_point": row["exit_point"],
        "entry_url": row["entry_url"] or None,
        "exit_url": row["exit_url"] or None,
        "total_points": row["total_points"],
        "intent_score": row["intent_score"],
        "intent": row["intent"],
        "converted": bool(row["is_converted"]),
        "goals": list(row["goals"]),
        "revenue": row["revenue"],
        "currency": row["currency"] or None,
        "nudge_count": 0,
        **{name: row[name] or None for name in _TEXTS},
        "updated_at": iso(row["updated_at"]),
    }
