"""Refusals are data: a closed set of reasons, counted, stored and shown; never a silent drop."""

from enum import StrEnum


class Reason(StrEnum):
    """Why an event was refused; the value is what is counted and shown."""

    BROKEN_JSON = "broken_json"
    NOT_AN_OBJECT = "not_an_object"
    TOO_LARGE = "too_large"
    UNKNOWN_FIELD = "unknown_field"
    UNFIT_FIELD = "unfit_field"
    NO_TYPE = "no_type"
    NO_LEAD = "no_lead"
    SECRET_KEY_NEEDED = "secret_key_needed"  # noqa: S105 - a reason, no secret
    OUTSIDE_RETENTION = "outside_retention"
    ERASED = "erased"


EXPLAINED = {
    Reason.BROKEN_JSON: "The text is not JSON: a stray character, NaN, a lone surrogate, nesting that does not end.",
    Reason.NOT_AN_OBJECT: "An event is a JSON object.",
    Reason.TOO_LARGE: "An event takes up to 100 KB as JSON.",
    Reason.UNKNOWN_FIELD: "A field that events do not have; what is your own belongs into `properties`.",
    Reason.UNFIT_FIELD: "A value of the wrong type or out of its bounds.",
    Reason.NO_TYPE: "`type` is required.",
    Reason.NO_LEAD: "One of `visitor_id` and `lead` is required, so that the event is somebody's.",
    Reason.SECRET_KEY_NEEDED: "`points` and `suppressed` are only taken with a secret key.",
    Reason.OUTSIDE_RETENTION: "The event is older than the site keeps sessions.",
    Reason.ERASED: "The event is of a lead that was erased, and happened before.",
}


class Refused(Exception):
    """Raised by a step of the pipeline for the one event at hand."""

    def __init__(self, reason: Reason, message: str) -> None:
        super().__init__(message)
        self.reason = reason
        self.message = message

    @property
    def code(self) -> str:
        """The error code that the caller sees."""
        codes = {Reason.TOO_LARGE: "PayloadTooLarge", Reason.SECRET_KEY_NEEDED: "Forbidden"}
        return codes.get(self.reason, "InvalidRequest")
