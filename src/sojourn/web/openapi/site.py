"""The site and its conflicts in the OpenAPI document."""

from sojourn.model.site import CHANGEABLE, PLANS
from sojourn.web.examples import SITE
from sojourn.web.openapi.parts import (
    ANY_OBJECT,
    INSTANT,
    TEXT,
    Schema,
    body,
    list_of,
    object_of,
    operation,
    query,
    ref,
    wrapped,
)

SCHEMAS: Schema = {
    "Site": {**ANY_OBJECT, "example": SITE},
    "SitePatch": {
        "type": "object",
        "properties": dict.fromkeys(CHANGEABLE, True) | {"plan": {"enum": list(PLANS)}},
        "additionalProperties": False,
    },
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
    {"200": wrapped("Site", "changed, or what would change"), "202": wrapped("Site", "being built")},
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
