"""Leads in the OpenAPI document."""

from sojourn.web.openapi.filtering import PAGING
from sojourn.web.openapi.parts import (
    ANY_OBJECT,
    COUNT,
    INSTANT,
    OPTIONAL,
    TEXT,
    Schema,
    answer,
    list_of,
    object_of,
    operation,
    ref,
    wrapped,
)

_LEAD_ID: Schema = {"type": "string", "pattern": "^lead_[0-9A-HJKMNP-TV-Z]{26}$"}
_MAYBE_INSTANT: Schema = {"type": ["string", "null"], "format": "date-time"}
SUMMARY_FIELDS: Schema = {
    "id": _LEAD_ID,
    "lead": ANY_OBJECT,
    "first_seen_at": _MAYBE_INSTANT,
    "last_seen_at": _MAYBE_INSTANT,
    "session_count": COUNT,
    "event_count": COUNT,
}
LEAD_FIELDS: Schema = {
    **SUMMARY_FIELDS,
    "stored_event_count": COUNT,
    "identifiers": list_of(object_of({"kind": TEXT, "value": TEXT})),
    "conflicts": ref("Conflicts"),
}
RECEIPT_FIELDS: Schema = {
    "id": {"type": "string", "pattern": "^rcpt_[0-9A-HJKMNP-TV-Z]{26}$"},
    "lead_id": _LEAD_ID,
    "erased_at": INSTANT,
    "event_count": COUNT,
    "session_count": COUNT,
    "identifier_count": COUNT,
}
_TEXTS = (
    *("visitor_id", "external_id", "email", "handle", "lead_name", "account", "url", "title", "referrer", "source"),
    *("medium", "campaign", "device", "browser", "os", "country"),
)
_MAYBE_OBJECT: Schema = {"type": ["object", "null"]}
EXPORTED_EVENT_FIELDS: Schema = {
    "id": TEXT,
    "type": TEXT,
    "occurred_at": INSTANT,
    "received_at": INSTANT,
    **dict.fromkeys(_TEXTS, OPTIONAL),
    "value": {"type": ["number", "null"]},
    "currency": OPTIONAL,
    "points": {"type": "integer"},
    "properties": _MAYBE_OBJECT,
    "context": _MAYBE_OBJECT,
    "traits": _MAYBE_OBJECT,
    "suppressed": OPTIONAL,
    "is_passive": {"type": "boolean"},
    "is_superseded": {"type": "boolean"},
}

SCHEMAS: Schema = {
    "LeadSummary": object_of(SUMMARY_FIELDS),
    "Leads": object_of({"data": list_of(ref("LeadSummary")), "next_cursor": OPTIONAL, "has_more": {"type": "boolean"}}),
    "Lead": object_of(LEAD_FIELDS),
    "Receipt": object_of(RECEIPT_FIELDS),
    "LeadExport": object_of(
        {
            **LEAD_FIELDS,
            "exported_at": INSTANT,
            "sessions": list_of(ref("Session")),
            "events": list_of(object_of(EXPORTED_EVENT_FIELDS)),
        }
    ),
}

_ID = {
    "name": "id",
    "in": "path",
    "required": True,
    "schema": TEXT,
    "description": "lead_id, or the caller's own id, e-mail, phone or visitor id",
}
_LIST = operation(
    "List leads that have a session",
    {"200": answer("Leads", "a page of leads")},
    parameters=PAGING,
)
PATHS: Schema = {
    "/v1/leads": {"get": _LIST},
    "/v1/leads/{id}": {
        "get": operation("One lead", {"200": wrapped("Lead", "the lead")}, 404, parameters=[_ID]),
        "delete": operation(
            "Erase a lead: everything of it is deleted, late copies are refused",
            {"200": wrapped("Receipt", "the receipt; again for one that is erased already")},
            404,
            parameters=[_ID],
        ),
    },
    "/v1/leads/{id}/export": {
        "get": operation(
            "Everything that is stored of a lead", {"200": wrapped("LeadExport", "the lead")}, 404, parameters=[_ID]
        )
    },
}
