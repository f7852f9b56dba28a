"""From a payload to an Event or a refusal: a visible list of steps, each of which may refuse or add."""

import uuid
from collections.abc import Callable
from typing import Any

import msgspec

from sojourn.errors import InvalidRequest
from sojourn.model import instant
from sojourn.model.campaign import campaign_of
from sojourn.model.event import Event, content_of, normalise_type
from sojourn.model.page import location_of
from sojourn.model.refusal import Reason, Refused
from sojourn.model.session import bucket_of
from sojourn.model.site import Site, oldest_kept
from sojourn.pipeline.fields import as_code, as_dict, as_number, as_text, put_lead
from sojourn.pipeline.user_agent import agent_of

FIELDS = frozenset(
    [
        "type",
        "event_id",
        "occurred_at",
        "sent_at",
        "visitor_id",
        "lead",
        "account",
        "url",
        "title",
        "referrer",
        "value",
        "currency",
        "properties",
        "context",
        "points",
        "suppressed",
    ]
)
SECRET_FIELDS = ("points", "suppressed")
MAX_POINTS = 1_000_000
MAX_VALUE = 1e15
CLOCK_TOLERANCE_MS = 60_000


class Arrival(msgspec.Struct):
    """How a request came in: for which site's data, when, and by what right."""

    site: Site
    site_id: str
    received_at: int
    is_secret: bool
    sent_at: int | None = None
    is_erased: Callable[[Event], bool] | None = None


Step = Callable[[dict[str, Any], Event, Arrival], None]


def drop_unknown(payload: dict[str, Any], _event: Event, arrival: Arrival) -> None:
    if not FIELDS.issuperset(payload):
        for name in payload.keys() - FIELDS:
            raise Refused(
                Reason.UNKNOWN_FIELD,
                f"{name[:60]} is no field of an event; what is your own belongs into properties. "
                f"Allowed are {', '.join(sorted(FIELDS))}.",
            )
    for name in SECRET_FIELDS:
        if payload.get(name) is not None and not arrival.is_secret:
            raise Refused(Reason.SECRET_KEY_NEEDED, f"{name} is only taken with a secret key (sk_…).")


def put_type(payload: dict[str, Any], event: Event, _arrival: Arrival) -> None:
    if payload.get("type") is None:
        raise Refused(Reason.NO_TYPE, "type is missing; send what happened, such as page_view.")
    event.type = normalise_type(as_text(payload, "type", 200))
    if not event.type:
        raise Refused(Reason.UNFIT_FIELD, f"type is {payload['type']!r}; allowed is a name with a letter or a digit.")


def put_identity(payload: dict[str, Any], event: Event, _arrival: Arrival) -> None:
    put_lead(payload, event)
    if not event.sender:
        raise Refused(
            Reason.NO_LEAD,
            "visitor_id and lead are missing; send one of them, so that the event is somebody's.",
        )
    event.bucket = bucket_of(event.site_id, event.sender)
    if payload.get("event_id") == "":
        # Without one it would count each time it is sent, which whoever sends ids does not mean.
        raise Refused(Reason.UNFIT_FIELD, "event_id is ''; allowed are 1 to 128 characters, or leave it out.")
    event.event_id = as_text(payload, "event_id", 128) or uuid.uuid4().hex


def put_time(payload: dict[str, Any], event: Event, arrival: Arrival) -> None:
    """A client clock that is off by more than a minute is corrected by received − sent."""
    event.occurred_at = arrival.received_at
    if payload.get("occurred_at") is None:
        return
    occurred = _instant(payload, "occurred_at")
    sent = _instant(payload, "sent_at") if payload.get("sent_at") is not None else arrival.sent_at
    if sent is not None and abs(arrival.received_at - sent) > CLOCK_TOLERANCE_MS:
        occurred += arrival.received_at - sent
    event.occurred_at = max(0, min(occurred, arrival.received_at))


def drop_outside_retention(_payload: dict[str, Any], event: Event, arrival: Arrival) -> None:
    oldest = oldest_kept(arrival.site, arrival.received_at)
    if event.occurred_at < oldest:
        raise Refused(
            Reason.OUTSIDE_RETENTION,
            f"occurred_at is {instant.iso(event.occurred_at)}; "
            f"this site keeps what occurred after {instant.iso(oldest)}.",
        )


def drop_erased(_payload: dict[str, Any], event: Event, arrival: Arrival) -> None:
    """A late copy of what was erased, or what would have been erased with it."""
    if arrival.is_erased is not None and arrival.is_erased(event):
        raise Refused(
            Reason.ERASED,
            f"The lead was erased; what happened until then is not taken: occurred_at is "
            f"{instant.iso(event.occurred_at)}.",
        )


def put_page(payload: dict[str, Any], event: Event, _arrival: Arrival) -> None:

    event.url = as_text(payload, "url", 8000)
    event.host, event.path, event.page = location_of(event.url)
    event.title = as_text(payload, "title", 2000)
    event.referrer = as_text(payload, "referrer", 8000)


def put_context(payload: dict[str, Any], event: Event, _arrival: Arrival) -> None:
    """What surrounds the event; the IP address is never stored."""
    event.properties = _json(as_dict(payload, "properties"))
    context = as_dict(payload, "context")
    if context or "utm_" in event.url:
        event.source, event.medium, event.campaign = campaign_of(event.url, context)
    if not context:
        return
    for name in ("device", "browser", "os", "country"):
        value = context.get(name)
        setattr(event, name, value[:100] if isinstance(value, str) else "")
    put_agent(context.get("user_agent") or context.get("userAgent"), event)
    event.context = _json({name: value for name, value in context.items() if name != "ip"})


def put_agent(text: Any, event: Event) -> None:
    """What the sender does not say of device, browser and system, its user agent does."""
    if not isinstance(text, str) or (event.device and event.browser and event.os):
        return
    agent = agent_of(text)
    for name in ("device", "browser", "os"):
        setattr(event, name, getattr(event, name) or getattr(agent, name))


def put_value(payload: dict[str, Any], event: Event, _arrival: Arrival) -> None:
    if payload.get("value") is not None:
        event.value = as_number(payload, "value", MAX_VALUE)
    event.currency = as_code(payload, "currency")
    points = payload.get("points")
    if points is not None:
        if not isinstance(points, int) or isinstance(points, bool) or abs(points) > MAX_POINTS:
            raise Refused(
                Reason.UNFIT_FIELD,
                f"points is {str(points)[:60]}; allowed is an integer within ±{MAX_POINTS:,}.",
            )
        event.points = points
    event.suppressed = as_text(payload, "suppressed", 100)


PIPELINE: tuple[Step, ...] = (
    drop_unknown,
    put_type,
    put_identity,
    put_time,
    drop_outside_retention,
    drop_erased,
    put_page,
    put_context,
    put_value,
)


def collect(payload: dict[str, Any], arrival: Arrival) -> Event:
    """The event that the payload stands for. Raises Refused with the first reason found."""
    event = Event(site_id=arrival.site_id, bucket=0, sender="", occurred_at=0, event_id="", type="")
    for step in PIPELINE:
        step(payload, event, arrival)
    event.content = content_of(event)
    event.received_at = arrival.received_at
    return event


def _instant(payload: dict[str, Any], field: str) -> int:
    try:
        return instant.parse(payload[field], field)
    except InvalidRequest as error:
        raise Refused(Reason.UNFIT_FIELD, error.message) from None


def _json(value: dict[str, Any]) -> str:
    return msgspec.json.encode(value).decode() if value else ""
