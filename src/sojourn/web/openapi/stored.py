"""Stored events in the OpenAPI document."""

from sojourn.reports.event_filters import EVENT_FILTERS
from sojourn.web.openapi.filtering import FORMAT, PAGING, page_or_file, parameter
from sojourn.web.openapi.parts import (
    ANY_OBJECT,
    INSTANT,
    OPTIONAL,
    TEXT,
    Schema,
    list_of,
    object_of,
    operation,
    query,
    ref,
    wrapped,
)

STORED_FIELDS: Schema = {
    "id": TEXT,
    "type": TEXT,
    "occurred_at": INSTANT,
    "received_at": INSTANT,
    "lead_id": TEXT,
    "lead": ANY_OBJECT,
    "account_id": OPTIONAL,
    "session_id": OPTIONAL,
    "visitor_id": OPTIONAL,
    "url": OPTIONAL,
    "points": {"type": "integer"},
    "value": {"type": ["number", "null"]},
    **dict.fromkeys(
        ("title", "referrer", "currency", "source", "medium", "campaign", "device", "browser", "os", "country"),
        OPTIONAL,
    ),
    "properties": ANY_OBJECT,
    "context": ANY_OBJECT,
    "suppressed": OPTIONAL,
    "passive": {"type": "boolean"},
}

SCHEMAS: Schema = {
    "StoredEvent": object_of(STORED_FIELDS),
    "StoredEvents": object_of(
        {"data": list_of(ref("StoredEvent")), "next_cursor": OPTIONAL, "has_more": {"type": "boolean"}}
    ),
}

_LIST = operation(
    "List events, newest first: suppressed and passive ones too",
    {"200": page_or_file("StoredEvents", "a page of events, or a file")},
    404,
    parameters=[*map(parameter, EVENT_FILTERS), *PAGING, FORMAT],
)
_ONE = operation(
    "One event by its id; of several senders the newest",
    {"200": wrapped("StoredEvent", "the event")},
    404,
    parameters=[
        {"name": "id", "in": "path", "required": True, "schema": TEXT},
        query("sender", TEXT, "of this sender, such as v:9f2c"),
    ],
)

PATHS: Schema = {"/v1/events": {"get": _LIST}, "/v1/events/{id}": {"get": _ONE}}
