"""What an operator asks, in the OpenAPI document."""

from sojourn.web.openapi.parts import ANY_OBJECT, TEXT, Schema, content, errors

_METRICS = {
    "summary": "Numbers for Prometheus; from this machine without a key, else with a secret one",
    "security": [{}, {"key": []}],
    "responses": {
        "200": {"description": "metrics in Prometheus' text form", "content": {"text/plain": {"schema": TEXT}}},
        **errors(401, 403, 429),
    },
}

_DOCUMENT = {
    "summary": "This document",
    "security": [],
    "responses": {
        "200": {"description": "OpenAPI 3.1", "content": content(ANY_OBJECT)},
        **errors(429),
    },
}

SCHEMAS: Schema = {}
PATHS: Schema = {"/metrics": {"get": _METRICS}, "/openapi.json": {"get": _DOCUMENT}}
