"""Sessions in the OpenAPI document."""

from sojourn.reports.filters import FILTERS
from sojourn.web.examples import SESSION
from sojourn.web.openapi.filtering import FORMAT, PAGING, page_or_file, parameter
from sojourn.web.openapi.parts import (
    ANY_OBJECT,
    COUNT,
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

SESSION_FIELDS: Schema = {
    "id": {"type": "string", "pattern": "^sess_[0-9A-HJKMNP-TV-Z]{26}$"},
    "lead_id": {"type": "string", "pattern": "^lead_[0-9A-HJKMNP-TV-Z]{26}$"},
    "lead": ANY_OBJECT,
    "account_id": OPTIONAL,
    "started_at": INSTANT,
    "ended_at": INSTANT,
    "duration": {**COUNT, "description": "seconds from the first event to the last, floored"},
    "is_open": {"type": "boolean", "description": "less than one timeout has passed since ended_at"},
    "event_count": {"type": "integer", "minimum": 1},
    "page_count": {**COUNT, "description": "distinct pages viewed"},
    "entry_point": TEXT,
    "exit_point": TEXT,
    "entry_url": OPTIONAL,
    "exit_url": OPTIONAL,
    "total_points": {"type": "integer"},
    "intent_score": {"type": "integer", "minimum": 0, "maximum": 100},
    "intent": {"enum": ["high", "low", "research", "none"]},
    "converted": {"type": "boolean"},
    "goals": {"type": "array", "items": TEXT},
    "revenue": {"type": ["number", "null"]},
    "currency": OPTIONAL,
    "nudge_count": COUNT,
    **dict.fromkeys(
        ("source", "medium", "campaign", "channel", "referrer", "device", "browser", "os", "country"),
        OPTIONAL,
    ),
    "updated_at": INSTANT,
}

_ROW = object_of(
    {
        "id": TEXT,
        "type": TEXT,
        "url": OPTIONAL,
        "occurred_at": INSTANT,
        "points": {"type": "integer"},
        "properties": ANY_OBJECT,
    }
)
_JOURNEY = {**SESSION_FIELDS, "events": list_of(_ROW), "nudges": list_of(ANY_OBJECT)}

SCHEMAS: Schema = {
    "Session": object_of(SESSION_FIELDS, example=SESSION),
    "Journey": object_of({**_JOURNEY, "events_next_cursor": TEXT}, list(_JOURNEY)),
    "Tombstone": object_of({"id": TEXT, "deleted": {"const": True}, "superseded_by": OPTIONAL}),
    "Sessions": object_of(
        {
            "data": list_of({"anyOf": [ref("Session"), ref("Tombstone")]}),
            "next_cursor": OPTIONAL,
            "has_more": {"type": "boolean"},
            "synced_until": {**INSTANT, "description": "with updated_since: from when to ask next"},
        },
        ["data", "next_cursor", "has_more"],
    ),
}


_LIST = operation(
    "List sessions, newest first",
    {"200": page_or_file("Sessions", "a page of sessions, or a file")},
    parameters=[*map(parameter, FILTERS), *PAGING, FORMAT],
)
_ONE = operation(
    "One session with its events; every id that was ever served answers",
    {"200": wrapped("Journey", "the session")},
    404,
    parameters=[
        {"name": "id", "in": "path", "required": True, "schema": TEXT},
        query("events_cursor", TEXT, "events_next_cursor of an earlier answer"),
    ],
)
PATHS: Schema = {
    "/v1/sessions": {"get": _LIST},
    "/sessions": {"get": _LIST},
    "/v1/sessions/{id}": {"get": _ONE},
}
