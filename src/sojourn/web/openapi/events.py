"""Events, suppressions and refusals in the OpenAPI document."""

from sojourn.pipeline.collect import MAX_POINTS, MAX_VALUE
from sojourn.pipeline.payload import MAX_EVENTS
from sojourn.web.examples import EVENT
from sojourn.web.openapi.parts import (
    ANY_OBJECT,
    COUNT,
    OPTIONAL,
    TEXT,
    Schema,
    answer,
    body,
    list_of,
    object_of,
    operation,
    ref,
    wrapped,
)

_IDENTIFIER: Schema = {"type": ["string", "integer", "null"], "maxLength": 512}
_MAYBE_OBJECT: Schema = {**ANY_OBJECT, "type": ["object", "null"]}
_LEAD: Schema = {
    "type": ["object", "null"],
    "description": "id, email, phone, or another kind of identifier under its name",
    "properties": {
        "id": _IDENTIFIER,
        "email": {"type": ["string", "null"], "maxLength": 512},
        "phone": _IDENTIFIER,
        "name": OPTIONAL,
        "traits": _MAYBE_OBJECT,
    },
    "additionalProperties": _IDENTIFIER,
}
_ACCOUNT: Schema = {
    "type": ["object", "null"],
    "properties": {"id": _IDENTIFIER, "domain": {"type": ["string", "null"], "maxLength": 512}},
}
EVENT_FIELDS: Schema = {
    "type": {"type": "string", "minLength": 1, "maxLength": 200},
    "event_id": {"type": ["string", "integer", "null"], "minLength": 1, "maxLength": 128},
    "occurred_at": {
        "type": ["string", "number", "null"],
        "description": "ISO 8601 (no zone: UTC) or epoch ms",
    },
    "sent_at": {"type": ["string", "number", "null"], "description": "the client's clock when it sent this"},
    "visitor_id": _IDENTIFIER,
    "lead": _LEAD,
    "account": _ACCOUNT,
    "url": {"type": ["string", "null"], "maxLength": 8000},
    "title": {"type": ["string", "null"], "maxLength": 2000},
    "referrer": {"type": ["string", "null"], "maxLength": 8000},
    "value": {"type": ["number", "null"], "minimum": -MAX_VALUE, "maximum": MAX_VALUE},
    "currency": {"type": ["string", "null"], "pattern": "^[A-Za-z]{3}$"},
    "properties": _MAYBE_OBJECT,
    "context": _MAYBE_OBJECT,
    "points": {"type": ["integer", "null"], "minimum": -MAX_POINTS, "maximum": MAX_POINTS},
    "suppressed": {"type": ["string", "null"], "maxLength": 100},
}

# An event is somebody's.
_WHOSE = [{"required": ["visitor_id"]}, {"required": ["lead"]}]
_SENT_AT = EVENT_FIELDS["sent_at"]
_REFUSED = object_of({"index": COUNT, "error": TEXT, "message": TEXT})
_REASON = {"type": ["string", "null"], "minLength": 1, "maxLength": 100}

SCHEMAS: Schema = {
    "Event": object_of(EVENT_FIELDS, ["type"], anyOf=_WHOSE, additionalProperties=False, example=EVENT),
    "Events": object_of(
        {"events": list_of(ref("Event"), maxItems=MAX_EVENTS), "sent_at": _SENT_AT},
        ["events"],
        additionalProperties=False,
    ),
    "Accepted": object_of({"accepted": COUNT, "duplicates": COUNT, "refused": list_of(_REFUSED)}),
    "Decision": object_of({"event_ids": list_of(TEXT, minItems=1, maxItems=10_000), "reason": _REASON}, ["event_ids"]),
    "Decided": object_of({"event_count": COUNT, "reason": OPTIONAL}),
    "Refusals": {"type": "object", "additionalProperties": COUNT},
}

_SEND = operation(
    "Send one event, or up to 2,000",
    {"202": answer("Accepted", "durable")},
    requestBody=body({"anyOf": [ref("Event"), ref("Events")]}),
)
_DECIDE = operation(
    "Suppress events for a reason, or release them",
    {"202": wrapped("Decided", "taken")},
    404,
    requestBody=body(ref("Decision")),
)
_REFUSALS = operation("How many events were refused, by reason", {"200": wrapped("Refusals", "counts")})

PATHS: Schema = {
    "/v1/events": {"post": _SEND},
    "/v1/suppressions": {"post": _DECIDE},
    "/v1/refusals": {"get": _REFUSALS},
}
