"""What the parts of the OpenAPI document are made of."""

from typing import Any

Schema = dict[str, Any]

TEXT: Schema = {"type": "string"}
OPTIONAL: Schema = {"type": ["string", "null"]}
INSTANT: Schema = {"type": "string", "format": "date-time"}
COUNT: Schema = {"type": "integer", "minimum": 0}
ANY_OBJECT: Schema = {"type": "object", "additionalProperties": True}


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


def errors(*statuses: int) -> Schema:
    return {str(status): answer("Error", _MEANINGS[status]) for status in statuses}


def operation(summary: str, responses: Schema, *statuses: int, **more: Any) -> Schema:
    return {"summary": summary, **more, "responses": {**responses, **errors(*statuses, *_COMMON)}}


def body(schema: Schema) -> Schema:
    return {"required": True, "content": content(schema)}
