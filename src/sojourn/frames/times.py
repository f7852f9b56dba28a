"""A column of times in any of the usual spellings to UTC milliseconds."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from sojourn.errors import InvalidRequest
from sojourn.frames.blocks import Numbers
from sojourn.model import instant

_PER_SECOND = {"s": 1, "ms": 1000, "us": 1_000_000, "ns": 1_000_000_000}
_DIGITS = r"^\s*[0-9]{9,15}\s*$"
_ZONED = r":.*([Zz]|[+-][0-9]{2}(:?[0-9]{2})?)$"


def to_ms(column: pa.ChunkedArray, name: str) -> Numbers:
    """Floored milliseconds (int64[n]) of ISO 8601 text (no zone: UTC), epoch ms, timestamps of any unit, dates.

    Raises InvalidRequest, which names the column and the first row, for a row that has no time or none that can be
    read, and for instants before 1970 or after 9999.
    """
    kind = column.type
    if pa.types.is_dictionary(kind):
        column = column.cast(kind.value_type)
        kind = column.type
    if pa.types.is_floating(kind):
        column = _whole(column)
    refuse_nulls(column, name, "no time")
    ms = _text_to_ms(column, name) if is_text(kind) else _numbers_to_ms(column, name)
    unfit = (ms < 0) | (ms > instant.MAX_MS)
    if unfit.any():
        row = int(np.argmax(unfit))
        shown = column[row].cast(pa.string()).as_py()
        raise InvalidRequest(f"{name} in row {row + 1} is {shown}; allowed is 1970 to 9999.")
    return ms


def is_text(kind: pa.DataType) -> bool:
    return kind in (pa.string(), pa.large_string(), pa.string_view())


def refuse_nulls(column: pa.ChunkedArray, name: str, what: str) -> None:
    """Raises InvalidRequest when rows of the column are null or empty text: how many, and the first."""
    lacks = column.is_null()
    if is_text(column.type):
        lacks = pc.or_kleene(lacks, pc.equal(column, ""))
    count = pc.sum(lacks).as_py() or 0
    if count:
        row = pc.index(lacks, pa.scalar(value=True)).as_py() + 1
        raise InvalidRequest(
            f"{count} of {len(column)} rows have {what} in column {name}; the first is row {row}. "
            "Give them one or leave them out."
        )


def _whole(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Floats floored; what is no number becomes null, what is out of bounds the number next to them."""
    bounded = pc.max_element_wise(pc.min_element_wise(pc.floor(column), instant.MAX_MS + 1.0), -1.0)
    return pc.if_else(pc.is_nan(column), pa.scalar(None, bounded.type), bounded).cast(pa.int64())


def _numbers_to_ms(column: pa.ChunkedArray, name: str) -> Numbers:
    kind = column.type
    if pa.types.is_date(kind):
        return numbers_of(column.cast(pa.date64()))
    if pa.types.is_integer(kind):
        return numbers_of(column)
    if not pa.types.is_timestamp(kind):
        raise InvalidRequest(
            f"{name} is of type {kind}; allowed are ISO 8601 text, epoch milliseconds, timestamps and dates."
        )
    counts, per_second = numbers_of(column), _PER_SECOND[kind.unit]
    if per_second == 1000:
        return counts
    if per_second == 1:
        # Clipped first: a time too far off is refused by its caller, and must not wrap around here.
        return np.clip(counts, -1, instant.MAX_MS) * 1000
    return counts // (per_second // 1000)


def numbers_of(column: pa.ChunkedArray) -> Numbers:
    """int64[n] of whole numbers, timestamps or dates in ms without nulls; no copy where there is one chunk."""
    if column.type == pa.date64():
        column = column.cast(pa.timestamp("ms"))
    # Unsafe is a number of 2^63 and over, which becomes a negative one and is refused like it.
    numbers: Numbers = column.cast(pa.int64(), safe=False).to_numpy()
    return numbers


def _text_to_ms(column: pa.ChunkedArray, name: str) -> Numbers:
    try:
        return _usual_text_to_ms(column)
    except pa.ArrowInvalid:
        # Something unusual is among them: the slow way takes more spellings, and knows the row.
        return _any_text_to_ms(column, name)


def _usual_text_to_ms(column: pa.ChunkedArray) -> Numbers:
    """Raises ArrowInvalid when a text is not of the spellings that Arrow itself reads."""
    if pc.all(pc.match_substring_regex(column, _DIGITS)).as_py():
        return numbers_of(pc.utf8_trim_whitespace(column).cast(pa.int64()))
    nanoseconds = pa.timestamp("ns")
    zoned = pc.match_substring_regex(column, _ZONED)
    nothing = pa.scalar(None, column.type)
    with_zone = pc.if_else(zoned, column, nothing).cast(pa.timestamp("ns", "UTC")).cast(nanoseconds)
    without = pc.if_else(zoned, nothing, column).cast(nanoseconds)
    return numbers_of(pc.coalesce(with_zone, without)) // 1_000_000


def _any_text_to_ms(column: pa.ChunkedArray, name: str) -> Numbers:
    return np.array(
        [instant.parse(text, f"{name} in row {row}") for row, text in enumerate(column.to_pylist(), 1)],
        np.int64,
    )
