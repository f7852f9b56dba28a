"""A segment: leads that have something in common, named by filters of sessions that one of theirs passes."""

from typing import Any

import msgspec

from sojourn.errors import InvalidRequest
from sojourn.model.identity import derived_number
from sojourn.model.session import encode_id

PREFIX = "seg_"
MAX_NAME = 200
Filters = dict[str, Any]
Pairs = list[tuple[str, str]]


class Segment(msgspec.Struct, frozen=True, kw_only=True):
    """Its id, its name, and its filters as a request gives them: a value, or a list of values, by parameter."""

    id: str
    name: str
    filters: Filters
    created_at: int
    updated_at: int


class Wanted(msgspec.Struct, forbid_unknown_fields=True):
    """What a request says of a segment."""

    name: str | None = None
    filters: Filters | None = None


def segment_id_of(site_id: str, stamp: int) -> str:
    """`seg_` and 26 characters derived from the version that made it."""
    return encode_id(derived_number(site_id, f"segment:{stamp}"), PREFIX)


def wanted_of(body: dict[str, Any]) -> Wanted:
    """Raises InvalidRequest."""
    try:
        wanted = msgspec.convert(body, Wanted)
    except msgspec.ValidationError as error:
        raise InvalidRequest(f'The body does not fit {{"name": "…", "filters": {{…}}}}: {error}.') from None
    if wanted.name is not None and not 0 < len(wanted.name.strip()) <= MAX_NAME:
        raise InvalidRequest(f"name is {wanted.name[:60]!r}; allowed: 1 to {MAX_NAME} characters.")
    return wanted


def pairs_of(filters: Filters) -> Pairs:
    """The filters as query parameters. Raises InvalidRequest for a value that none could have."""
    pairs: Pairs = []
    for name, value in filters.items():
        if value == []:
            raise InvalidRequest(f"filters.{name[:60]} is an empty list; allowed: a value or a list of values.")
        for each in value if isinstance(value, list) else [value]:
            if isinstance(each, bool):
                pairs.append((name, "true" if each else "false"))
            elif isinstance(each, str | int):
                pairs.append((name, str(each)))
            else:
                raise InvalidRequest(
                    f"filters.{name[:60]} is {str(each)[:60]}; allowed: a text, a number, true or false."
                )
    return pairs
