"""The events of a file or frame as arrays: text as dense codes, times as milliseconds.

What a text means is worked out once for each distinct one, never for each row.
"""

from collections.abc import Callable
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from sojourn.errors import InvalidRequest
from sojourn.frames.blocks import Numbers, spread
from sojourn.frames.hashing import xxh64_upper
from sojourn.frames.times import is_text, refuse_nulls, to_ms
from sojourn.model.event import PAGE_VIEW, normalise_type


@dataclass(frozen=True)
class Names:
    """Which column of the caller's holds what; None where there is none."""

    lead: str
    time: str
    type: str | None = None
    url: str | None = None
    points: str | None = None
    id: str | None = None

    def given(self) -> dict[str, str]:
        """Each role that has a column, with that column's name."""
        named = {field.name: getattr(self, field.name) for field in fields(self)}
        return {role: name for role, name in named.items() if name is not None}

    def repeated(self) -> list[str]:
        """Name the columns in which few texts come many times."""
        return [name for name in (self.lead, self.type, self.url) if name is not None]


@dataclass(frozen=True)
class Coded:
    """A column of texts: the code of each row (uint8, 16 or 32 by their number) and the texts by code."""

    codes: Numbers
    texts: pa.Array

    def ranks(self) -> Numbers:
        """The bytewise rank of each text, equal for equal texts (int64)."""
        ranks: Numbers = pc.rank(self.texts, tiebreaker="dense").to_numpy().astype(np.int64)
        return ranks


@dataclass
class Events:
    """n rows: leads and, where the caller named them, types (normalised), urls, points (integers) and ids.

    id_hashes are the upper 32 bits of XXH64 of the ids (uint32[n]).
    """

    leads: Coded
    ms: Numbers
    types: Coded | None
    urls: Coded | None
    points: Numbers | None
    ids: pa.ChunkedArray | None
    id_hashes: Numbers | None

    def forget_ids(self) -> None:
        """Free what was needed to tell copies and first events."""
        self.ids = self.id_hashes = None

    @property
    def type_names(self) -> list[str]:
        """The normalised types by code; every row is a page view where the caller named no types."""
        return [PAGE_VIEW] if self.types is None else self.types.texts.to_pylist()


def events_of(read: Callable[[str], pa.ChunkedArray], names: Names) -> Events:
    """Read the named columns, several at a time, and make events of them.

    Raises InvalidRequest, naming column and row, for rows without lead or time and for values that do not fit.
    """
    given = names.given()
    roles = [role for role in _MAKERS if role in given]
    made = dict(zip(roles, spread(lambda role: _MAKERS[role](read(given[role]), given[role]), roles), strict=True))
    ids, id_hashes = made.get("id", (None, None))
    return Events(
        leads=made["lead"],
        ms=made["time"],
        types=made.get("type"),
        urls=made.get("url"),
        points=made.get("points"),
        ids=ids,
        id_hashes=id_hashes,
    )


def _leads(column: pa.ChunkedArray, name: str) -> Coded:
    texts = as_text(column, name)
    leads = encode(texts)
    _refuse_missing_leads(leads, texts, name)
    return leads


def _urls(column: pa.ChunkedArray, name: str) -> Coded:
    return encode(as_text(column, name))


def _ids(column: pa.ChunkedArray, name: str) -> tuple[pa.ChunkedArray, Numbers]:
    ids = as_text(column, name)
    if pa.types.is_dictionary(ids.type):
        ids = ids.cast(ids.type.value_type)
    return ids, xxh64_upper(ids)


def as_text(column: pa.ChunkedArray, name: str) -> pa.ChunkedArray:
    """The column as strings, or as a dictionary of strings when it is a dictionary; whole floats as integers."""
    kind = column.type
    if is_text(kind) and kind != pa.string_view():
        return column
    if pa.types.is_dictionary(kind):
        return column if is_text(kind.value_type) else as_text(column.cast(kind.value_type), name)
    try:
        if pa.types.is_floating(kind):
            column = column.cast(pa.int64())
        return column.cast(pa.large_string())
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
        raise InvalidRequest(f"{name} is of type {kind} and has values that are no text; make it text.") from None


def encode(column: pa.ChunkedArray) -> Coded:
    """Dense codes of a column of strings or of a dictionary of strings; null is the empty text."""
    if not pa.types.is_dictionary(column.type):
        column = column.dictionary_encode()
    array = _one_dictionary(column)
    texts, indices = array.dictionary.cast(pa.large_string()), array.indices
    if array.null_count or texts.null_count:
        texts = pa.concat_arrays([texts.fill_null(""), pa.array([""], texts.type)])
        indices = indices.fill_null(len(texts) - 1)
    codes = _narrowed(indices.to_numpy(zero_copy_only=True), len(texts))
    # A dictionary from outside may hold a text twice; two codes for one lead would split it.
    distinct = texts.dictionary_encode()
    if len(distinct.dictionary) < len(texts):
        codes = _narrowed(distinct.indices.to_numpy(), len(texts))[codes]
    return Coded(codes, distinct.dictionary)


def _narrowed(codes: Numbers, count: int) -> Numbers:
    narrow = np.dtype(code_type(count))
    return codes.view(narrow) if codes.dtype.itemsize == narrow.itemsize else codes.astype(narrow)


def _one_dictionary(column: pa.ChunkedArray) -> pa.DictionaryArray:
    if not column.num_chunks:
        return pa.array([], column.type)
    return pa.concat_arrays(column.unify_dictionaries().chunks)


def code_type(count: int) -> type[np.uint8] | type[np.uint16] | type[np.uint32]:
    """The smallest type of number for codes of `count` things."""
    if count <= 1 << 8:
        return np.uint8
    return np.uint16 if count <= 1 << 16 else np.uint32


def _refuse_missing_leads(leads: Coded, column: pa.ChunkedArray, name: str) -> None:
    # The empty text is among the distinct ones when a row is null or empty; only then are the rows looked at.
    if pc.any(pc.equal(leads.texts, "")).as_py():
        plain = column.cast(column.type.value_type) if pa.types.is_dictionary(column.type) else column
        refuse_nulls(plain, name, "no lead")


def _types(column: pa.ChunkedArray, name: str) -> Coded:
    """Code the rows by their normalised types."""
    types = encode(as_text(column, name))
    names = [normalise_type(text) for text in types.texts.to_pylist()]
    distinct = {name: code for code, name in enumerate(dict.fromkeys(names))}
    codes = np.array([distinct[name] for name in names], code_type(len(distinct)))
    return Coded(codes[types.codes], pa.array(list(distinct), pa.large_string()))


def _points(column: pa.ChunkedArray, name: str) -> Numbers:
    """Points as integers, 0 where there are none. Raises InvalidRequest for what is no whole number."""
    kind = column.type
    try:
        if is_text(kind):
            column = pc.utf8_trim_whitespace(column)
            column = pc.if_else(pc.equal(column, ""), pa.scalar(None, column.type), column).cast(pa.float64())
        if pa.types.is_floating(column.type):
            column = pc.if_else(pc.is_nan(column), pa.scalar(None, column.type), column)
        if not pa.types.is_integer(column.type):
            column = column.cast(pa.int64())
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
        raise InvalidRequest(f"{name} must be whole numbers: {_first_line(error)}") from None
    points: Numbers = column.fill_null(0).to_numpy()
    return points


def _first_line(error: Exception) -> str:
    return str(error).splitlines()[0]


# The longest work first, so that the cores are done at the same time.
_MAKERS: dict[str, Callable[[pa.ChunkedArray, str], Any]] = {
    "lead": _leads,
    "id": _ids,
    "time": to_ms,
    "url": _urls,
    "type": _types,
    "points": _points,
}
