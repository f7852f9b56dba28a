"""What the parts of the OpenAPI document are made of."""

from typing import Any

Schema = dict[str, Any]

TEXT: Schema = {"type": "string"}
OPTIONAL: Schema = {"type": ["string", "null"]}
INSTANT: Schema = {"type": "string", "format": "date-time"}
COUNT: Schema = {"type": "integer", "minimum": 0}
ANY_OBJECT: Schema = {"type": "object", "additionalProperties": True}
# In a query an instant is a text, in a body it may be a number too.
ASKED_INSTANT: Schema = {
    "type": "string",
    "description": "ISO 8601 (no zone: UTC; a date alone: its midnight in UTC) or epoch milliseconds",
    "anyOf": [{"format": "date-time"}, {"format": "date"}, {"pattern": "^[0-9]{9,15}$"}],
}


def object_of(properties: Schema, required: list[str] | None = None, **more: Any) -> Schema:
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties) if required is None else required,
        **more,
    }


def ref(name: str) -> Schema:
    return {"$ref": f"#/components/schemas/{name}"}


def list_of(items: Schema, **more: Any) -> Schema:
    return {"type": "array", "items": items, **more}


def query(name: str, schema: Schema, description: str) -> Schema:
    return {"name": name, "in": "query", "schema": schema, "description": description}


def content(schema: Schema) -> Schema:
    return {"application/json": {"schema": schema}}


def answer(schema: str, description: str) -> Schema:
    return {"description": description, "content": content(ref(schema))}


def wrapped(schema: str, description: str) -> Schema:
    return {"description": description, "content": content(object_of({"data": ref(schema)}))}


_MEANINGS = {
    400: "an unknown or unfit parameter, or a body that cannot be taken",
    401: "no key, an unknown or a revoked key",
    403: "a key that may not do this",
    404: "no such thing on this site, or outside its retention window",
    413: "a body over 5 MB, or a lone event over 100 KB",
    429: "too many requests or events a minute; Retry-After says when to repeat it",
    503: "not acknowledged: repeat it, repeating is safe",
}
_COMMON = (400, 401, 403, 413, 429, 503)


_RETRY_AFTER = {"Retry-After": {"required": True, "schema": COUNT, "description": "seconds until it may be repeated"}}
_WAY_IN = {"WWW-Authenticate": {"required": True, "schema": {"const": "Bearer"}, "description": "how a key is sent"}}
_HEADERS = {401: _WAY_IN, 429: _RETRY_AFTER, 503: _RETRY_AFTER}


def errors(*statuses: int) -> Schema:
    return {str(status): _error(status) for status in statuses}


def _error(status: int) -> Schema:
    headers = {"headers": _HEADERS[status]} if status in _HEADERS else {}
    return answer("Error", _MEANINGS[status]) | headers


def operation(summary: str, responses: Schema, *statuses: int, **more: Any) -> Schema:
    return {"summary": summary, **more, "responses": {**responses, **errors(*statuses, *_COMMON)}}


def body(schema: Schema) -> Schema:
    return {"required": True, "content": content(schema)}
