"""Segments in the OpenAPI document."""

from sojourn.web.examples import SEGMENT
from sojourn.web.openapi.filtering import segment_filters
from sojourn.web.openapi.parts import (
    INSTANT,
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

_NAME: Schema = {"type": "string", "minLength": 1, "maxLength": 200}
_FILTERS: Schema = {
    "type": "object",
    "properties": segment_filters(),
    "additionalProperties": False,
    "minProperties": 1,
}
# A number may be kept as the text it was sent as.
_VALUE: Schema = {"type": ["string", "integer", "boolean"]}
_FIELDS: Schema = {
    "id": {"type": "string", "pattern": "^seg_[0-9A-HJKMNP-TV-Z]{26}$"},
    "name": _NAME,
    "filters": {"type": "object", "additionalProperties": {"anyOf": [_VALUE, list_of(_VALUE)]}, "minProperties": 1},
    "created_at": INSTANT,
    "updated_at": INSTANT,
}
_ID: Schema = {"name": "id", "in": "path", "required": True, "schema": TEXT}
_CHANGE: Schema = {
    "name": {**_NAME, "type": ["string", "null"]},
    "filters": {"anyOf": [_FILTERS, {"type": "null"}]},
}

SCHEMAS: Schema = {
    "Segment": object_of(_FIELDS, example=SEGMENT),
    "Segments": object_of({"data": list_of(ref("Segment")), "next_cursor": OPTIONAL, "has_more": {"type": "boolean"}}),
    "SegmentWanted": object_of({"name": _NAME, "filters": _FILTERS}, additionalProperties=False),
    "SegmentChange": object_of(_CHANGE, [], additionalProperties=False),
}

PATHS: Schema = {
    "/v1/segments": {
        "get": operation("List segments", {"200": answer("Segments", "all segments of the site")}),
        "post": operation(
            "Make a segment", {"201": wrapped("Segment", "made")}, requestBody=body(ref("SegmentWanted"))
        ),
    },
    "/v1/segments/{id}": {
        "get": operation("One segment", {"200": wrapped("Segment", "the segment")}, 404, parameters=[_ID]),
        "patch": operation(
            "Change a segment's name or filters",
            {"200": wrapped("Segment", "changed")},
            404,
            parameters=[_ID],
            requestBody=body(ref("SegmentChange")),
        ),
        "delete": operation("Remove a segment", {"200": wrapped("Segment", "removed")}, 404, parameters=[_ID]),
    },
}
