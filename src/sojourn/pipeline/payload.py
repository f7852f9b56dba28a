"""The body of POST /v1/events, split into events so that a broken one does not take the others along."""

import contextlib
import re
from typing import Any

import msgspec

from sojourn.errors import InvalidRequest, PayloadTooLarge
from sojourn.model.refusal import Reason, Refused

MAX_EVENTS = 2000
MAX_EVENT_BYTES = 100_000

_TOKEN = re.compile(rb'"(?:[^"\\]|\\.)*"|[{}\[\],:]', re.DOTALL)
_DEPTH = {b"{": 1, b"[": 1, b"}": -1, b"]": -1}


class Payload(msgspec.Struct):
    """Each event as raw JSON, or decoded where the whole body could be; `sent_at` is the envelope's; `is_batch` says
    in which form to answer.
    """

    items: list[Any]
    is_batch: bool
    sent_at: Any = None


class _Envelope(msgspec.Struct, forbid_unknown_fields=True):
    events: list[msgspec.Raw] | None = None
    sent_at: Any = None


class _Decoded(msgspec.Struct, forbid_unknown_fields=True):
    events: list[Any]
    sent_at: Any = None


_whole = msgspec.json.Decoder(_Decoded)


def split(body: bytes) -> Payload:
    """A payload of one event or of up to 2,000.

    Raises InvalidRequest for a body in neither form, PayloadTooLarge for a lone event over 100 KB.
    """
    events = batch_of(body)
    if events is None:
        if len(body) > MAX_EVENT_BYTES:
            raise PayloadTooLarge(f"The event has {len(body):,} bytes; allowed are {MAX_EVENT_BYTES:,}.")
        return Payload([body], is_batch=False)
    if len(events.items) > MAX_EVENTS:
        raise InvalidRequest(f"events has {len(events.items):,} events; allowed are up to {MAX_EVENTS:,} in a request.")
    return events


def batch_of(body: bytes) -> Payload | None:
    """The events of `{"events": [...]}`, or None for a body that is one event.

    A body of which msgspec can make nothing is split by its brackets, so that only what is broken is refused.
    """
    head = body[:200].lstrip()
    if not head.startswith(b"{") or b'"events"' not in body:
        return None
    if len(body) <= MAX_EVENT_BYTES:  # so none of its events is too large, and one call may decode them all
        with contextlib.suppress(msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            decoded = _whole.decode(body)
            return Payload(decoded.events, is_batch=True, sent_at=decoded.sent_at)
    try:
        envelope = msgspec.json.decode(body, type=_Envelope)
    except msgspec.ValidationError as error:
        return _unfit_envelope(body, error)
    except (msgspec.DecodeError, RecursionError):
        raws = elements_of(body)
        if raws is None:
            raise InvalidRequest('The body is not JSON; allowed is one event or {"events": [...]}.') from None
        return Payload(raws, is_batch=True)
    if envelope.events is None:
        return None
    return Payload([bytes(raw) for raw in envelope.events], is_batch=True, sent_at=envelope.sent_at)


def _unfit_envelope(body: bytes, error: msgspec.ValidationError) -> Payload | None:
    if re.match(rb'\s*\{\s*"(?:events|sent_at)"', body) or "$.events" in str(error):
        raise InvalidRequest(f'The body does not fit {{"events": [...], "sent_at": …}}: {error}.') from None
    return None


def elements_of(body: bytes) -> list[bytes] | None:
    """The raw elements of the array `events` in a JSON object, found by brackets alone; None without one."""
    depth, start, raws = 0, -1, []
    key = b""
    for token in _TOKEN.finditer(body):
        text = token[0]
        if start >= 0 and depth == 2 and text in (b",", b"]"):
            raws.append(body[start : token.start()].strip())
            start = token.end()
        elif depth == 1 and text == b"[" and key == b'"events"':
            start = token.end()
        elif depth == 1 and text.startswith(b'"'):
            key = text
        depth += _DEPTH.get(text, 0)
        if start >= 0 and depth < 2:
            return [raw for raw in raws if raw]
    return None


def decode(item: Any) -> dict[str, Any]:
    """One event's JSON object. Raises Refused."""
    if isinstance(item, dict):
        return item
    return _object_of(_decode(item) if isinstance(item, bytes) else item)


def _decode(raw: bytes) -> Any:
    if len(raw) > MAX_EVENT_BYTES:
        raise Refused(Reason.TOO_LARGE, f"The event has {len(raw):,} bytes; allowed are {MAX_EVENT_BYTES:,}.")
    try:
        return msgspec.json.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Refused(Reason.BROKEN_JSON, f"The event is not JSON that can be stored: {error}.") from None


def _object_of(value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise Refused(Reason.NOT_AN_OBJECT, f"The event is {type(value).__name__}; allowed is a JSON object.")
    return value
