"""The fields of a payload, each checked: what is missing is empty, what does not fit is refused."""

import math
from typing import Any

import msgspec

from sojourn.model.event import Event
from sojourn.model.identity import is_email, sender_of
from sojourn.model.refusal import Reason, Refused

MAX_IDENTIFIER = 512
_NAMES = ("name", "traits")


def as_text(holder: dict[str, Any], field: str, most: int, *, prefix: str = "") -> str:
    """A text of at most so many characters, '' when it is missing or null; whole numbers count as text in ids."""
    value = holder.get(field)
    if value is None:
        return ""
    if isinstance(value, int) and not isinstance(value, bool) and field.endswith("id"):
        value = str(value)
    if not isinstance(value, str) or len(value) > most or "\0" in value:
        raise _unfit(prefix + field, value, f"a text of up to {most:,} characters without NUL")
    return value


def as_dict(holder: dict[str, Any], field: str) -> dict[str, Any]:
    value = holder.get(field)
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise _unfit(field, value, "a JSON object")
    return value


def as_number(holder: dict[str, Any], field: str, most: float) -> float:
    value = holder[field]
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value) or abs(value) > most:
        raise _unfit(field, value, f"a number within ±{most:,.0f}")
    return float(value)


def as_code(holder: dict[str, Any], field: str) -> str:
    """Three letters, upper case; '' when it is missing."""
    value = as_text(holder, field, 200).strip().upper()
    if value and not (len(value) == 3 and value.isascii() and value.isalpha()):
        raise _unfit(field, value, "three letters such as EUR")
    return value


def put_lead(payload: dict[str, Any], event: Event) -> None:
    """Fill in whose event it says it is: visitor, external id, e-mail, another handle, name, account."""
    event.visitor_id = as_text(payload, "visitor_id", MAX_IDENTIFIER)
    account = as_dict(payload, "account")
    if account:
        event.account = _account(account)
    lead = as_dict(payload, "lead")
    if lead:
        _put_named(lead, event)
    event.sender = sender_of(event.visitor_id, event.external_id, event.email, event.handle)


def _put_named(lead: dict[str, Any], event: Event) -> None:
    event.external_id = as_text(lead, "id", MAX_IDENTIFIER, prefix="lead.")
    event.email = _email(lead)
    event.handle = _handle(lead)
    traits = as_dict(lead, "traits")
    event.lead_name = _name(lead, traits)
    event.traits = msgspec.json.encode(traits).decode() if traits else ""


def _email(lead: dict[str, Any]) -> str:
    email = as_text(lead, "email", MAX_IDENTIFIER, prefix="lead.").strip().lower()
    if email and not is_email(email):
        raise _unfit("lead.email", email, "an address such as ann@example.com")
    return email


def _handle(lead: dict[str, Any]) -> str:
    """The phone, else the first other identifier by its kind: `phone:+4930123`."""
    kinds = sorted((set(lead) - {"id", "email", *_NAMES}), key=lambda kind: (kind != "phone", kind))
    for kind in kinds:
        value = lead[kind]
        if isinstance(value, int) and not isinstance(value, bool):
            value = str(value)
        if value is not None and not (isinstance(value, str) and len(value) <= MAX_IDENTIFIER and "\0" not in value):
            raise _unfit(f"lead.{kind[:60]}", value, "an identifier: a text; anything else belongs into traits")
        if value:
            return f"{kind}:{value.strip()}"
    return ""


def _name(lead: dict[str, Any], traits: dict[str, Any]) -> str:
    parts = [
        traits.get("first_name") or traits.get("firstName"),
        traits.get("last_name") or traits.get("lastName"),
    ]
    whole = lead.get("name") or traits.get("name") or " ".join(part for part in parts if isinstance(part, str))
    return whole.strip()[:200] if isinstance(whole, str) else ""


def _account(account: dict[str, Any]) -> str:
    external = as_text(account, "id", MAX_IDENTIFIER, prefix="account.")
    domain = as_text(account, "domain", MAX_IDENTIFIER, prefix="account.").strip().lower()
    if external:
        return f"id:{external}"
    return f"domain:{domain}" if domain else ""


def _unfit(field: str, value: object, allowed: str) -> Refused:
    return Refused(Reason.UNFIT_FIELD, f"{field} is {str(value)[:60]!r}; allowed is {allowed}.")
