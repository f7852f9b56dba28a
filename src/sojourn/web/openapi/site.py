"""The site and its conflicts in the OpenAPI document."""

from sojourn.model.intent import IntentSteps
from sojourn.model.site import DAY_MS, MINUTE_MS, MOST_CHARACTERS, MOST_STEPS, PLANS
from sojourn.web.examples import SITE
from sojourn.web.openapi.parts import (
    ANY_OBJECT,
    COUNT,
    INSTANT,
    TEXT,
    Schema,
    body,
    content,
    list_of,
    object_of,
    operation,
    query,
    ref,
    wrapped,
)

_GOAL = object_of({"types": list_of(TEXT), "urls": list_of(TEXT)}, [], additionalProperties=False)
_STEP: Schema = {"type": "string", "minLength": 1, "maxLength": MOST_CHARACTERS}
_STEPS: Schema = {"type": ["array", "null"], "items": _STEP, "maxItems": MOST_STEPS}
_DEFINED: Schema = {
    "name": {"type": "string", "minLength": 1, "maxLength": 200},
    "hosts": list_of(TEXT),
    "session_timeout_ms": {"type": "integer", "minimum": MINUTE_MS, "maximum": DAY_MS},
    "plan": {"enum": list(PLANS)},
    "retention_days": {"type": ["integer", "null"], "minimum": 1, "maximum": 36_500},
    "conversion_events": list_of(TEXT),
    "goals": {"type": "object", "propertyNames": {"pattern": "^[a-z0-9_]{1,64}$"}, "additionalProperties": _GOAL},
    "passive_types": list_of(TEXT),
    "intent_steps": object_of(dict.fromkeys(IntentSteps.__struct_fields__, _STEPS), [], additionalProperties=False),
    "currency": {"type": ["string", "null"], "pattern": "^[A-Za-z]{3}$"},
    "time_zone": {"type": "string", "description": "such as Europe/Berlin"},
}
_MAYBE_INSTANT: Schema = {"type": ["string", "null"], "format": "date-time"}
_OUTLOOK = object_of(
    {
        "oldest_served_at": _MAYBE_INSTANT,
        "purged_before": _MAYBE_INSTANT,
        "next_purge_at": _MAYBE_INSTANT,
        "next_purge_before": _MAYBE_INSTANT,
        "next_purge_session_count": COUNT,
        "hidden_session_count": COUNT,
        "hidden_deleted_by": _MAYBE_INSTANT,
    }
)
_BUILDING = object_of({"progress": {"type": "number", "minimum": 0, "maximum": 1}, "changes": ANY_OBJECT})
_FIELDS: Schema = {
    "id": TEXT,
    **_DEFINED,
    "generation": COUNT,
    "is_test": {"type": "boolean"},
    "retention": _OUTLOOK,
    "building": {"anyOf": [_BUILDING, {"type": "null"}]},
}
_EFFECT: Schema = {
    "dry_run": {"const": True},
    "changes": {"type": "object", "additionalProperties": object_of({"from": True, "to": True})},
    "sessions": object_of({"now": COUNT, "then": COUNT}),
    "sessions_at": object_of({"15m": COUNT, "30m": COUNT, "60m": COUNT}),
    "hidden_deleted_from": _MAYBE_INSTANT,
}

SCHEMAS: Schema = {
    "Site": object_of(_FIELDS, example=SITE),
    "SitePatch": object_of(_DEFINED, [], additionalProperties=False),
    "SiteEffect": object_of(_EFFECT),
    "Conflicts": list_of(
        object_of(
            {
                "email": TEXT,
                "belongs_to": TEXT,
                "also_named_with": TEXT,
                "occurred_at": INSTANT,
                "event_id": TEXT,
            }
        )
    ),
}

_PATCH = operation(
    "Change the site; what touches the past is built beside the present and switched at once",
    {
        "200": {
            "description": "changed, or what would change",
            "content": content(object_of({"data": {"anyOf": [ref("Site"), ref("SiteEffect")]}})),
        },
        "202": wrapped("Site", "being built"),
    },
    parameters=[query("dry_run", {"type": "boolean", "default": False}, "answer what would change, change nothing")],
    requestBody=body(ref("SitePatch")),
)
_CONFLICTS = operation(
    "Identity facts that contradict: the external id won", {"200": wrapped("Conflicts", "newest first")}
)

PATHS: Schema = {
    "/v1/site": {
        "get": operation("The site of the key", {"200": wrapped("Site", "the site")}),
        "patch": _PATCH,
    },
    "/v1/conflicts": {"get": _CONFLICTS},
}
