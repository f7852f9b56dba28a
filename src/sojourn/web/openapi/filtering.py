"""Lists that are filtered and that may be files, in the OpenAPI document."""

from sojourn.reports.filters import BY_NAME, DEFAULT_LIMIT, MAX_LIMIT, OF_SEGMENTS, REPEATABLE, Filter
from sojourn.web.exporting import CSV, JSON, MEDIA, NEXT_CURSOR, PARQUET, ROWS
from sojourn.web.openapi.parts import ASKED_INSTANT, COUNT, TEXT, Schema, answer, list_of, query

_NAMED: Schema = {"type": "string", "minLength": 1}
_VALUES: Schema = {"integer": {"type": "integer"}, "boolean": {"type": "boolean"}, "instant": ASKED_INSTANT}


def value_of(item: Filter) -> Schema:
    """One value of a filter."""
    return {"enum": list(item.allowed)} if item.allowed else _VALUES.get(item.kind, _NAMED)


def parameter(item: Filter) -> Schema:
    schema = value_of(item)
    if item.kind in REPEATABLE:
        schema = list_of(schema, minItems=1)
    return {"name": item.name, "in": "query", "description": item.help, "schema": schema, "explode": True}


def segment_filters() -> Schema:
    """The filters of a segment as the body names them: a value, or a list of values for what may be repeated."""
    return {name: _value_or_list(BY_NAME[name]) for name in OF_SEGMENTS}


def _value_or_list(item: Filter) -> Schema:
    value = value_of(item)
    most = {} if item.kind in REPEATABLE else {"maxItems": 1}
    return {"description": item.help, "anyOf": [value, list_of(value, minItems=1, **most)]}


PAGING: list[Schema] = [
    query("limit", {"type": "integer", "minimum": 1, "maximum": MAX_LIMIT, "default": DEFAULT_LIMIT}, "how many"),
    query("cursor", TEXT, "next_cursor of an earlier answer; it works alone"),
]
FORMAT: Schema = query(
    "format",
    {"enum": [JSON, CSV, PARQUET], "default": JSON},
    "the form of the answer, else by the header Accept; a file has every row, or with limit up to 1,000,000",
)


def page_or_file(schema: str, description: str) -> Schema:
    """The answer of a list: a page as JSON, or a file."""
    page = answer(schema, description)
    page["content"] |= {MEDIA[CSV]: {"schema": TEXT}, MEDIA[PARQUET]: {}}
    page["headers"] = {
        ROWS: {"schema": COUNT, "description": "of a file with a limit: its rows"},
        NEXT_CURSOR: {"schema": TEXT, "description": "of a file with a limit: the cursor of what follows"},
    }
    return page
