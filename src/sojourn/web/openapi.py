"""The OpenAPI 3.1 document, made of the tables that the routes themselves use."""

from functools import cache
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


def _schemas() -> Schema:
    row = _object(
        {
            "id": _TEXT,
            "type": _TEXT,
            "url": _OPTIONAL,
            "occurred_at": _INSTANT,
            "points": {"type": "integer"},
            "properties": _ANY_OBJECT,
        }
    )
    journey = {
        **SESSION_FIELDS,
        "events": {"type": "array", "items": row},
        "nudges": {"type": "array", "items": _ANY_OBJECT},
        "events_next_cursor": _TEXT,
    }
    refused = _object({"index": _COUNT, "error": _TEXT, "message": _TEXT})
    return {
        "Error": _object(
            {"error": {"enum": sorted({e.code for e in ERRORS} | {"InternalError"})}, "message": _TEXT},
            example=ERROR,
        ),
        "Event": _object(EVENT_FIELDS, ["type"], additionalProperties=False, example=EVENT),
        "Events": _object(
            {
                "events": {
                    "type": "array",
                    "maxItems": 2000,
                    "items": {"$ref": "#/components/schemas/Event"},
                },
                "sent_at": {"type": ["string", "number", "null"]},
            },
            ["events"],
        ),
        "Accepted": _object({"accepted": _COUNT, "duplicates": _COUNT, "refused": {"type": "array", "items": refused}}),
        "Session": _object(SESSION_FIELDS, example=SESSION),
        "Journey": _object(journey, [name for name in journey if name != "events_next_cursor"]),
        "Sessions": _object(
            {
                "data": {"type": "array", "items": {"$ref": "#/components/schemas/Session"}},
                "next_cursor": _OPTIONAL,
                "has_more": {"type": "boolean"},
            }
        ),
        "Site": {**_ANY_OBJECT, "example": SITE},
        "SitePatch": {
            "type": "object",
            "properties": dict.fromkeys(CHANGEABLE, True) | {"plan": {"enum": list(PLANS)}},
            "additionalProperties": False,
        },
        "Decision": _object(
            {
                "event_ids": {"type": "array", "minItems": 1, "maxItems": 10_000, "items": _TEXT},
                "reason": {"type": ["string", "null"], "minLength": 1, "maxLength": 100},
            },
            ["event_ids"],
        ),
        "Status": _object({"status": _TEXT}),
    }


def _parameter(item: Filter) -> Schema:
    schema: Schema = {"integer": {"type": "integer"}, "boolean": {"type": "boolean"}}.get(item.kind, {"type": "string"})
    if item.allowed:
        schema = {"enum": list(item.allowed)}
    if item.kind == "any_of":
        schema = {"type": "array", "items": schema}
    return {"name": item.name, "in": "query", "description": item.help, "schema": schema, "explode": True}


def _answer(schema: str, description: str, *, wrapped: bool = False) -> Schema:
    body: Schema = {"$ref": f"#/components/schemas/{schema}"}
    return {
        "description": description,
        "content": {"application/json": {"schema": _object({"data": body}) if wrapped else body}},
    }


def _errors(*statuses: int) -> Schema:
    return {str(status): _answer("Error", _MEANINGS[status]) for status in statuses}


_MEANINGS = {
    400: "an unknown or unfit parameter, or a body that cannot be taken",
    401: "no key, an unknown or a revoked key",
    403: "a key that may not do this",
    404: "no such thing on this site, or outside its retention window",
    405: "another method is needed here",
    413: "a body over 5 MB, or a lone event over 100 KB",
    503: "not acknowledged: repeat it, repeating is safe",
}
_COMMON = (400, 401, 403, 413, 503)


def _body(schema: Schema) -> Schema:
    return {"required": True, "content": {"application/json": {"schema": schema}}}


def _ref(name: str) -> Schema:
    return {"$ref": f"#/components/schemas/{name}"}


def _paths() -> Schema:
    page = [
        {
            "name": "limit",
            "in": "query",
            "schema": {"type": "integer", "minimum": 1, "maximum": MAX_LIMIT, "default": DEFAULT_LIMIT},
        },
        {
            "name": "cursor",
            "in": "query",
            "schema": _TEXT,
            "description": "next_cursor of an earlier answer; it works alone",
        },
    ]
    listing = {
        "summary": "List sessions, newest first",
        "parameters": [*map(_parameter, FILTERS), *page],
        "responses": {"200": _answer("Sessions", "a page of sessions"), **_errors(*_COMMON)},
    }
    one = {
        "summary": "One session with its events; every id that was ever served answers",
        "parameters": [
            {"name": "id", "in": "path", "required": True, "schema": _TEXT},
            {"name": "events_cursor", "in": "query", "schema": _TEXT},
        ],
        "responses": {"200": _answer("Journey", "the session", wrapped=True), **_errors(404, *_COMMON)},
    }
    send = {
        "summary": "Send one event, or up to 2,000",
        "requestBody": _body({"anyOf": [_ref("Event"), _ref("Events")]}),
        "responses": {"202": _answer("Accepted", "durable"), **_errors(*_COMMON)},
    }
    site = {
        "summary": "The site of the key",
        "responses": {"200": _answer("Site", "the site", wrapped=True), **_errors(*_COMMON)},
    }
    patch = {
        "summary": "Change the site; what touches the past is built beside the present and switched at once",
        "parameters": [{"name": "dry_run", "in": "query", "schema": {"type": "boolean", "default": False}}],
        "requestBody": _body(_ref("SitePatch")),
        "responses": {
            "200": _answer("Site", "changed, or what would change", wrapped=True),
            "202": _answer("Site", "being built", wrapped=True),
            **_errors(*_COMMON),
        },
    }
    decide = {
        "summary": "Suppress events for a reason, or release them",
        "requestBody": _body(_ref("Decision")),
        "responses": {"202": _answer("Site", "taken", wrapped=True), **_errors(404, *_COMMON)},
    }
    return {
        "/v1/events": {"post": send},
        "/v1/sessions": {"get": listing},
        "/sessions": {"get": listing},
        "/v1/sessions/{id}": {"get": one},
        "/v1/site": {"get": site, "patch": patch},
        "/v1/suppressions": {"post": decide},
        "/v1/conflicts": {"get": _plain("Identity facts that contradict: the external id won")},
        "/v1/refusals": {"get": _plain("How many events were refused, by reason")},
        "/healthz": {"get": _open("The process answers")},
        "/readyz": {
            "get": {
                **_open("The store and the worker answer"),
                "responses": {"200": _answer("Status", "ready"), **_errors(503)},
            }
        },
    }


def _plain(summary: str) -> Schema:
    content = {"application/json": {"schema": _object({"data": True})}}
    return {
        "summary": summary,
        "responses": {"200": {"description": "the answer", "content": content}, **_errors(*_COMMON)},
    }


def _open(summary: str) -> Schema:
    return {"summary": summary, "security": [], "responses": {"200": _answer("Status", "yes")}}


@cache
def document() -> Schema:
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Sojourn",
            "version": "1",
            "description": "Events in, sessions out.",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": "/"}],
        "security": [{"key": []}],
        "paths": _paths(),
        "components": {
            "securitySchemes": {
                "key": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "sk_… reads and writes, pk_… may only send events",
                }
            },
            "schemas": _schemas(),
        },
    }
