"""The OpenAPI 3.1 document, made of the tables that the routes themselves use."""

from typing import Any

from sojourn.errors import ERRORS
from sojourn.model.site import CHANGEABLE, PLANS
from sojourn.reports.filters import FILTERS, Filter
from sojourn.reports.sessions import DEFAULT_LIMIT, MAX_LIMIT
from sojourn.web.examples import ERROR, EVENT, SESSION, SITE

Schema = dict[str, Any]

_TEXT: Schema = {"type": "string"}
_OPTIONAL: Schema = {"type": ["string", "null"]}
_INSTANT: Schema = {"type": "string", "format": "date-time"}
_COUNT: Schema = {"type": "integer", "minimum": 0}
_ANY_OBJECT: Schema = {"type": "object", "additionalProperties": True}


def _object(properties: Schema, required: list[str] | None = None, **more: Any) -> Schema:
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties) if required is None else required,
        **more,
    }


SESSION_FIELDS: Schema = {
    "id": {"type": "string", "pattern": "^sess_[0-9A-HJKMNP-TV-Z]{26}$"},
    "lead_id": {"type": "string", "pattern": "^lead_[0-9A-HJKMNP-TV-Z]{26}$"},
    "lead": _ANY_OBJECT,
    "account_id": _OPTIONAL,
    "started_at": _INSTANT,
    "ended_at": _INSTANT,
    "duration": {**_COUNT, "description": "seconds from the first event to the last, floored"},
    "is_open": {"type": "boolean", "description": "less than one timeout has passed since ended_at"},
    "event_count": {"type": "integer", "minimum": 1},
    "page_count": {**_COUNT, "description": "distinct pages viewed"},
    "entry_point": _TEXT,
    "exit_point": _TEXT,
    "entry_url": _OPTIONAL,
    "exit_url": _OPTIONAL,
    "total_points": {"type": "integer"},
    "intent_score": {"type": "integer", "minimum": 0, "maximum": 100},
    "intent": {"enum": ["high", "low", "research", "none"]},
    "converted": {"type": "boolean"},
    "goals": {"type": "array", "items": _TEXT},
    "revenue": {"type": ["number", "null"]},
    "currency": _OPTIONAL,
    "nudge_count": _COUNT,
    **dict.fromkeys(
        ("source", "medium", "campaign", "channel", "referrer", "device", "browser", "os", "country"),
        _OPTIONAL,
    ),
    "updated_at": _INSTANT,
}

EVENT_FIELDS: Schema = {
    "type": {"type": "string", "minLength": 1, "maxLength": 200},
    "event_id": {"type": ["string", "integer", "null"], "minLength": 1, "maxLength": 128},
    "occurred_at": {
        "type": ["string", "number", "null"],
        "description": "ISO 8601 (no zone: UTC) or epoch ms",
    },
    "sent_at": {"type": ["string", "number", "null"], "description": "the client's clock when it sent this"},
    "visitor_id": {"type": ["string", "integer", "null"], "maxLength": 512},
    "lead": {**_ANY_OBJECT, "type": ["object", "null"]},
    "account": {**_ANY_OBJECT, "type": ["object", "null"]},
    "url": {"type": ["string", "null"], "maxLength": 8000},
    "title": {"type": ["string", "null"], "maxLength": 2000},
    "referrer": {"type": ["string", "null"], "maxLength": 8000},
    "value": {"type": ["number", "null"]},
    "currency": {"type": ["string", "null"], "pattern": "^[A-Za-z]{3}$"},
    "properties": {**_ANY_OBJECT, "type": ["object", "null"]},
    "context": {**_ANY_OBJECT, "type": ["object", "null"]},
    "points": {"type": ["integer", "null"], "minimum": -1_000_000, "maximum": 1_000_000},
    "suppressed": {"type": ["string", "null"], "maxLength": 100},
}


def _ref(name: str) -> Schema:
    return {"$ref": f"#/components/schemas/{name}"}


def _list(items: Schema, **more: Any) -> Schema:
    return {"type": "array", "items": items, **more}


_CODES = sorted({error.code for error in ERRORS} | {"InternalError"})
_SENT_AT = EVENT_FIELDS["sent_at"]
_ROW = _object(
    {
        "id": _TEXT,
        "type": _TEXT,
        "url": _OPTIONAL,
        "occurred_at": _INSTANT,
        "points": {"type": "integer"},
        "properties": _ANY_OBJECT,
    }
)
_JOURNEY = {**SESSION_FIELDS, "events": _list(_ROW), "nudges": _list(_ANY_OBJECT)}
_REFUSED = _object({"index": _COUNT, "error": _TEXT, "message": _TEXT})
_REASON = {"type": ["string", "null"], "minLength": 1, "maxLength": 100}

_SCHEMAS: Schema = {
    "Error": _object({"error": {"enum": _CODES}, "message": _TEXT}, example=ERROR),
    "Event": _object(EVENT_FIELDS, ["type"], additionalProperties=False, example=EVENT),
    "Events": _object({"events": _list(_ref("Event"), maxItems=2000), "sent_at": _SENT_AT}, ["events"]),
    "Accepted": _object({"accepted": _COUNT, "duplicates": _COUNT, "refused": _list(_REFUSED)}),
    "Session": _object(SESSION_FIELDS, example=SESSION),
    "Journey": _object({**_JOURNEY, "events_next_cursor": _TEXT}, list(_JOURNEY)),
    "Sessions": _object({"data": _list(_ref("Session")), "next_cursor": _OPTIONAL, "has_more": {"type": "boolean"}}),
    "Site": {**_ANY_OBJECT, "example": SITE},
    "SitePatch": {
        "type": "object",
        "properties": dict.fromkeys(CHANGEABLE, True) | {"plan": {"enum": list(PLANS)}},
        "additionalProperties": False,
    },
    "Decision": _object({"event_ids": _list(_TEXT, minItems=1, maxItems=10_000), "reason": _REASON}, ["event_ids"]),
    "Decided": _object({"event_count": _COUNT, "reason": _OPTIONAL}),
    "Conflicts": _list(
        _object(
            {
                "email": _TEXT,
                "belongs_to": _TEXT,
                "also_named_with": _TEXT,
                "occurred_at": _INSTANT,
                "event_id": _TEXT,
            }
        )
    ),
    "Refusals": {"type": "object", "additionalProperties": _COUNT},
    "Status": _object({"status": _TEXT}),
}


def _parameter(item: Filter) -> Schema:
    schema: Schema = {"integer": {"type": "integer"}, "boolean": {"type": "boolean"}}.get(item.kind, {"type": "string"})
    if item.allowed:
        schema = {"enum": list(item.allowed)}
    if item.kind == "any_of":
        schema = _list(schema)
    return {"name": item.name, "in": "query", "description": item.help, "schema": schema, "explode": True}


def _query(name: str, schema: Schema, description: str) -> Schema:
    return {"name": name, "in": "query", "schema": schema, "description": description}


def _content(schema: Schema) -> Schema:
    return {"application/json": {"schema": schema}}


def _answer(schema: str, description: str) -> Schema:
    return {"description": description, "content": _content(_ref(schema))}


def _wrapped(schema: str, description: str) -> Schema:
    return {"description": description, "content": _content(_object({"data": _ref(schema)}))}


_MEANINGS = {
    400: "an unknown or unfit parameter, or a body that cannot be taken",
    401: "no key, an unknown or a revoked key",
    403: "a key that may not do this",
    404: "no such thing on this site, or outside its retention window",
    413: "a body over 5 MB, or a lone event over 100 KB",
    503: "not acknowledged: repeat it, repeating is safe",
}
_COMMON = (400, 401, 403, 413, 503)


def _errors(*statuses: int) -> Schema:
    return {str(status): _answer("Error", _MEANINGS[status]) for status in statuses}


def _operation(summary: str, responses: Schema, *errors: int, **more: Any) -> Schema:
    return {"summary": summary, **more, "responses": {**responses, **_errors(*errors, *_COMMON)}}


def _body(schema: Schema) -> Schema:
    return {"required": True, "content": _content(schema)}


_LIST = _operation(
    "List sessions, newest first",
    {"200": _answer("Sessions", "a page of sessions")},
    parameters=[
        *map(_parameter, FILTERS),
        _query("limit", {"type": "integer", "minimum": 1, "maximum": MAX_LIMIT, "default": DEFAULT_LIMIT}, "how many"),
        _query("cursor", _TEXT, "next_cursor of an earlier answer; it works alone"),
    ],
)
_ONE = _operation(
    "One session with its events; every id that was ever served answers",
    {"200": _wrapped("Journey", "the session")},
    404,
    parameters=[
        {"name": "id", "in": "path", "required": True, "schema": _TEXT},
        _query("events_cursor", _TEXT, "events_next_cursor of an earlier answer"),
    ],
)
_SEND = _operation(
    "Send one event, or up to 2,000",
    {"202": _answer("Accepted", "durable")},
    requestBody=_body({"anyOf": [_ref("Event"), _ref("Events")]}),
)
_PATCH = _operation(
    "Change the site; what touches the past is built beside the present and switched at once",
    {"200": _wrapped("Site", "changed, or what would change"), "202": _wrapped("Site", "being built")},
    parameters=[_query("dry_run", {"type": "boolean", "default": False}, "answer what would change, change nothing")],
    requestBody=_body(_ref("SitePatch")),
)
_DECIDE = _operation(
    "Suppress events for a reason, or release them",
    {"202": _wrapped("Decided", "taken")},
    404,
    requestBody=_body(_ref("Decision")),
)
_CONFLICTS = _operation(
    "Identity facts that contradict: the external id won", {"200": _wrapped("Conflicts", "newest first")}
)
_REFUSALS = _operation("How many events were refused, by reason", {"200": _wrapped("Refusals", "counts")})
_READY = {"summary": "The store and the worker answer", "security": []}
_HEALTHY = {"summary": "The process answers", "security": []}

_PATHS: Schema = {
    "/v1/events": {"post": _SEND},
    "/v1/sessions": {"get": _LIST},
    "/sessions": {"get": _LIST},
    "/v1/sessions/{id}": {"get": _ONE},
    "/v1/site": {
        "get": _operation("The site of the key", {"200": _wrapped("Site", "the site")}),
        "patch": _PATCH,
    },
    "/v1/suppressions": {"post": _DECIDE},
    "/v1/conflicts": {"get": _CONFLICTS},
    "/v1/refusals": {"get": _REFUSALS},
    "/healthz": {"get": {**_HEALTHY, "responses": {"200": _answer("Status", "yes")}}},
    "/readyz": {"get": {**_READY, "responses": {"200": _answer("Status", "ready"), **_errors(503)}}},
}

_INFO = {
    "title": "Sojourn",
    "version": "1",
    "description": "Events in, sessions out.",
    "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
}
_KEY = {"type": "http", "scheme": "bearer", "description": "sk_… reads and writes, pk_… may only send events"}


def document() -> Schema:
    """The whole document, as JSON takes it."""
    return {
        "openapi": "3.1.0",
        "info": _INFO,
        "servers": [{"url": "/"}],
        "security": [{"key": []}],
        "paths": _PATHS,
        "components": {"securitySchemes": {"key": _KEY}, "schemas": _SCHEMAS},
    }
