"""Events as they are sent: each with an id before the first try, in requests that are not too large."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any

import msgspec

from sojourn.client.answers import Refusal
from sojourn.errors import InvalidRequest, PayloadTooLarge

MAX_EVENTS = 2_000
# The server takes 5,000,000 bytes; the envelope needs a few of them.
MAX_BYTES = 4_900_000
_OPEN, _CLOSE = b'{"events":[', b"]}"


class NewEvent(msgspec.Struct, kw_only=True, omit_defaults=True):
    """An event to send; docs/api.md says what each field means. A mapping with the same names does as well."""

    type: str
    event_id: str | int | None = None
    occurred_at: datetime | str | int | None = None
    sent_at: datetime | str | int | None = None
    visitor_id: str | int | None = None
    lead: Mapping[str, Any] | None = None
    account: Mapping[str, Any] | None = None
    url: str | None = None
    title: str | None = None
    referrer: str | None = None
    value: float | None = None
    currency: str | None = None
    properties: Mapping[str, Any] | None = None
    context: Mapping[str, Any] | None = None
    points: int | None = None
    suppressed: str | None = None


Sendable = NewEvent | Mapping[str, Any]


class Batch(msgspec.Struct):
    """Events of one request as JSON, and where each was in what the caller sent."""

    texts: list[bytes] = msgspec.field(default_factory=list)
    indices: list[int] = msgspec.field(default_factory=list)
    size: int = 0

    def has_room(self, text: bytes) -> bool:
        return len(self.texts) < MAX_EVENTS and self.size + len(text) < MAX_BYTES

    def add(self, index: int, text: bytes) -> None:
        self.texts.append(text)
        self.indices.append(index)
        self.size += len(text) + 1

    def body(self) -> bytes:
        return _OPEN + b",".join(self.texts) + _CLOSE


class Encoder:
    """Makes JSON of events; those without an event_id get one, so that sending them again is safe."""

    def __init__(self, new_id: Callable[[], str]) -> None:
        self._new_id = new_id
        self._json = msgspec.json.Encoder(decimal_format="number")

    def encode(self, event: Any) -> bytes:
        """Raises InvalidRequest for what no event can be, PayloadTooLarge for what fits into no request."""
        try:
            text = self._json.encode(self.identified(event))
        except (TypeError, ValueError, OverflowError, RecursionError) as error:
            raise InvalidRequest(f"The event cannot be written as JSON: {error}.") from None
        if len(text) >= MAX_BYTES:
            raise PayloadTooLarge(f"The event has {len(text):,} bytes; allowed are 100,000.")
        return text

    def identified(self, event: Any) -> Any:
        """The event itself when it has an event_id, else a copy that has one. Raises InvalidRequest."""
        if isinstance(event, NewEvent):
            given = event.event_id
            return event if given is not None else msgspec.structs.replace(event, event_id=self._new_id())
        if not isinstance(event, Mapping):
            raise InvalidRequest(f"The event is {type(event).__name__}; allowed are a mapping and a NewEvent.")
        return dict(event) if event.get("event_id") is not None else {**event, "event_id": self._new_id()}

    def batches(self, events: Iterable[Sendable], refused: list[Refusal]) -> Iterator[Batch]:
        """Batches as they fill; what cannot be sent at all is put to `refused`."""
        batch = Batch()
        for index, event in enumerate(events):
            try:
                text = self.encode(event)
            except (InvalidRequest, PayloadTooLarge) as error:
                refused.append(Refusal(index=index, error=error.code, message=error.message))
                continue
            if not batch.has_room(text):
                yield batch
                batch = Batch()
            batch.add(index, text)
        if batch.texts:
            yield batch


def is_lone(events: object) -> bool:
    """Whether it is one event, not several. Raises InvalidRequest for what is neither."""
    if isinstance(events, NewEvent | Mapping):
        return True
    if isinstance(events, str | bytes) or not isinstance(events, Iterable):
        raise InvalidRequest(f"events is {type(events).__name__}; allowed are one event and an iterable of events.")
    return False
