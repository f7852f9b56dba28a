"""The OpenAPI 3.1 document, made of the tables that the routes themselves use: a module a topic, merged here."""

from sojourn.errors import ERRORS
from sojourn.web.examples import ERROR
from sojourn.web.openapi import events, leads, operation, segments, sessions, site, stored
from sojourn.web.openapi.events import EVENT_FIELDS
from sojourn.web.openapi.parts import (
    TEXT,
    Schema,
    answer,
    errors,
    object_of,
)
from sojourn.web.openapi.sessions import SESSION_FIELDS

__all__ = ["EVENT_FIELDS", "SESSION_FIELDS", "document"]

# Each has SCHEMAS and PATHS.
_TOPICS = (events, leads, operation, sessions, site, segments, stored)
_CODES = sorted({error.code for error in ERRORS} | {"InternalError"})

_SCHEMAS: Schema = {
    "Error": object_of({"error": {"enum": _CODES}, "message": TEXT}, example=ERROR),
    "Status": object_of({"status": TEXT, "disk": {"const": "low"}}, ["status"]),
}
_READY = {"summary": "The store and the worker answer", "security": []}
_HEALTHY = {"summary": "The process answers", "security": []}
_PATHS: Schema = {
    "/healthz": {"get": {**_HEALTHY, "responses": {"200": answer("Status", "yes")}}},
    "/readyz": {"get": {**_READY, "responses": {"200": answer("Status", "ready"), **errors(503)}}},
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
    paths, schemas = dict(_PATHS), dict(_SCHEMAS)
    for topic in _TOPICS:
        for path, methods in topic.PATHS.items():
            paths[path] = {**paths.get(path, {}), **methods}
        schemas |= topic.SCHEMAS
    return {
        "openapi": "3.1.0",
        "info": _INFO,
        "servers": [{"url": "/"}],
        "security": [{"key": []}],
        "paths": dict(sorted(paths.items())),
        "components": {"securitySchemes": {"key": _KEY}, "schemas": schemas},
    }
