"""POST /v1/events on the raw ASGI path: one function from bytes to an acknowledgement."""

import asyncio
import zlib
from datetime import UTC, datetime
from typing import Any

import msgspec
from starlette.types import Receive, Scope, Send

from sojourn.app import Sojourn
from sojourn.errors import InvalidRequest, PayloadTooLarge, SojournError
from sojourn.model import instant
from sojourn.model.event import Event
from sojourn.model.refusal import Reason, Refused
from sojourn.pipeline import payload as payloads
from sojourn.pipeline.collect import Arrival, collect
from sojourn.web.access import access_of, header
from sojourn.web.answers import error_answer, error_body
from sojourn.web.limits import Limits
from sojourn.web.observing import ACCESS

MAX_BODY = 5_000_000
# A gzip body may be several, one behind the other; each costs a copy of the rest.
MAX_MEMBERS = 100
_JSON = (b"content-type", b"application/json")
# A page on any origin may send events with its publishable key: the key is what decides.
_ANY_ORIGIN = (b"access-control-allow-origin", b"*")
# What a page may read beside the body.
_SHOWN = (b"access-control-expose-headers", b"retry-after")
_PREFLIGHT = (
    _ANY_ORIGIN,
    (b"access-control-allow-methods", b"POST"),
    (b"access-control-allow-headers", b"authorization, content-type, content-encoding"),
    (b"access-control-max-age", b"86400"),
)
_encoder = msgspec.json.Encoder()


class Ingest:
    """The ASGI application of the one route that has to be fast."""

    def __init__(self, sojourn: Sojourn, limits: Limits, *, is_local: bool) -> None:
        self._sojourn = sojourn
        self._limits = limits
        self._is_local = is_local

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["method"] == "OPTIONS":
            await send({"type": "http.response.start", "status": 204, "headers": _PREFLIGHT})
            await send({"type": "http.response.body"})
            return
        try:
            status, body = await self._answer(scope, receive)
        except SojournError as error:
            answer = error_answer(error)
            answer.raw_headers += (_ANY_ORIGIN, _SHOWN)
            await answer(scope, receive, send)
            return
        await _send_json(send, status, body)

    async def _answer(self, scope: Scope, receive: Receive) -> tuple[int, Any]:
        access = access_of(self._sojourn, scope["headers"], is_local=self._is_local)
        scope[ACCESS] = access
        body = await read_body(scope, receive)
        # A body that is nearly all brackets takes a while to split: not on the loop.
        payload = await asyncio.to_thread(payloads.split, body) if len(body) > 200_000 else payloads.split(body)
        self._limits.take_events(access, len(payload.items))
        arrival = Arrival(
            site=self._sojourn.site_for(access.site_id),
            site_id=access.site_id,
            received_at=self._sojourn.now_ms(),
            is_secret=access.is_secret,
            is_erased=self._sojourn.erasures.refuses,
        )
        if payload.sent_at is not None:
            arrival.sent_at = instant.parse(payload.sent_at, "sent_at")
        events, refusals = self._collect(payload.items, arrival)
        if not payload.is_batch and refusals:
            return _status_of(refusals[0]), error_body(refusals[0]["error"], refusals[0]["message"])
        added = await self._sojourn.buffer.add(events)
        self._sojourn.share.check()  # also what is known to be there: it may be gone by what others did
        return 202, {"accepted": added.accepted, "duplicates": added.duplicates, "refused": refusals}

    def _collect(self, items: list[Any], arrival: Arrival) -> tuple[list[Event], list[dict[str, Any]]]:
        events: list[Event] = []
        refusals: list[dict[str, Any]] = []
        for index, item in enumerate(items):
            try:
                events.append(collect(payloads.decode(item), arrival))
            except Refused as refused:
                refusals.append({"index": index, "error": refused.code, "message": refused.message})
                self._count(refused.reason, arrival)
        return events, refusals

    def _count(self, reason: Reason, arrival: Arrival) -> None:
        day = datetime.fromtimestamp(arrival.received_at / 1000, UTC).date()
        self._sojourn.refusals.count(arrival.site_id, day, reason)


def _status_of(refusal: dict[str, Any]) -> int:
    return {"PayloadTooLarge": 413, "Forbidden": 403}.get(refusal["error"], 400)


async def read_body(scope: Scope, receive: Receive) -> bytes:
    """The whole body, decompressed. Raises PayloadTooLarge over 5 MB, before or after decompression."""
    chunks: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise InvalidRequest("The request ended before its body did.")
        chunk = message.get("body", b"")
        size += len(chunk)
        if size > MAX_BODY:
            raise _too_large()
        chunks.append(chunk)
        if not message.get("more_body"):
            break
    return decompressed(b"".join(chunks), header(scope["headers"], b"content-encoding"))


def decompressed(body: bytes, encoding: str | None) -> bytes:
    """Raises InvalidRequest for another encoding than gzip or deflate, PayloadTooLarge for what grows over 5 MB."""
    if encoding is None or encoding.strip().lower() in ("", "identity"):
        return body
    if encoding.strip().lower() not in ("gzip", "deflate"):
        raise InvalidRequest(f"Content-Encoding is {encoding[:60]!r}; allowed: gzip, deflate, identity.")
    text = b""
    for _ in range(MAX_MEMBERS):
        reader = zlib.decompressobj(wbits=zlib.MAX_WBITS | 32)
        try:
            text += reader.decompress(body, MAX_BODY + 1 - len(text))
        except zlib.error:
            raise InvalidRequest("The body is not what its Content-Encoding says.") from None
        if len(text) > MAX_BODY:
            raise _too_large()
        if not reader.eof:
            raise InvalidRequest("The body is cut off: its Content-Encoding does not end.")
        body = reader.unused_data
        if not body:
            return text
    raise InvalidRequest(f"The body is more than {MAX_MEMBERS} compressed parts, one behind the other; send one.")


def _too_large() -> PayloadTooLarge:
    return PayloadTooLarge(f"The body is over {MAX_BODY:,} bytes; send fewer events in a request.")


async def _send_json(send: Send, status: int, body: Any) -> None:
    text = _encoder.encode(body)
    headers = [_JSON, _ANY_ORIGIN, (b"content-length", str(len(text)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": text})
