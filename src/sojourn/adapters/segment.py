"""Segment's messages (RudderStack's too) as payloads of POST /v1/events."""

from typing import Any

_MOVED = ("url", "title", "referrer")
_TYPED = {
    "page": "page_view",
    "screen": "page_view",
    "identify": "identify",
    "group": "group",
    "alias": "alias",
}


def payload(message: dict[str, Any]) -> dict[str, Any]:
    """The payload of one message; what it says beside our fields stays in properties and context."""
    properties = dict(message.get("properties") or {})
    context = dict(message.get("context") or {})
    kind = message.get("type")
    traits = message.get("traits") or context.pop("traits", None) or {}
    is_page = kind in ("page", "screen")
    named = {"page_name": message["name"]} if is_page and message.get("name") else {}
    return _without_nothing(
        {
            "type": _TYPED.get(str(kind)) or message.get("event"),
            "event_id": message.get("messageId"),
            "occurred_at": message.get("timestamp") or message.get("originalTimestamp"),
            "visitor_id": message.get("anonymousId"),
            "lead": _lead(message.get("userId"), traits),
            "account": {"id": message["groupId"]} if kind == "group" and message.get("groupId") else None,
            **{name: _text(properties.pop(name, None) or _page(context).get(name)) for name in _MOVED},
            "value": _number(properties.pop("revenue", properties.pop("value", properties.pop("total", None)))),
            "currency": properties.pop("currency", None),
            "properties": {**properties, **named},
            "context": context,
        }
    )


def _lead(user_id: Any, traits: Any) -> dict[str, Any] | None:
    traits = traits if isinstance(traits, dict) else {}
    lead = _without_nothing({"id": user_id, "email": traits.get("email"), "traits": traits})
    return lead if user_id or lead.get("email") else None


def _page(context: dict[str, Any]) -> dict[str, Any]:
    page = context.get("page")
    return page if isinstance(page, dict) else {}


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) else None


def _number(value: Any) -> float | None:
    try:
        return None if value is None else float(value)
    except (TypeError, ValueError):
        return None


def _without_nothing(payload: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in payload.items() if value not in (None, {}, "")}
