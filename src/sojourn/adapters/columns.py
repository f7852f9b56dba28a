"""Batches of rows as columns of events at once: what `mapping` and `pipeline/collect.py` do row by row.

What a text means is asked once for each distinct one. A row that is odd in any way (a value that may not fit, no
identifier, no time) is left to the way by rows, which takes it or says why not; so both ways give the same events.
"""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from sojourn.adapters.mapping import derived_id, scalar
from sojourn.adapters.ordinals import Ordinals
from sojourn.adapters.watched import Watch, watched
from sojourn.errors import InvalidRequest
from sojourn.frames.blocks import Numbers
from sojourn.frames.events import Coded, encode
from sojourn.frames.times import is_text, to_ms
from sojourn.model.campaign import campaign_of
from sojourn.model.event import normalise_type
from sojourn.model.identity import is_email
from sojourn.model.page import location_of

MOST_IDENTIFIER, MOST_ID, MOST_TYPE, MOST_URL, MOST_TITLE = 512, 128, 200, 8000, 2000
MOST_VALUE, MOST_POINTS = 1e15, 1_000_000
_CONTEXT = ("device", "browser", "os", "country")
_CAMPAIGN = {"source": "source", "medium": "medium", "campaign": "name"}
_MANY = 1 << 22
_COUNTABLE = ("visitor", "lead", "id", "account")  # whole numbers count as text here
Meaning = Callable[[str], str | None]


class Span(NamedTuple):
    """When the rows are received, from when on the site keeps them, by how much they are moved (ms), and of which
    identifiers something was erased.
    """

    received_at: int
    oldest_ms: int
    shift_ms: int
    is_watched: Watch | None = None


class Columns:
    """One batch of n rows with the columns of a mapping (target to column)."""

    def __init__(self, rows: pa.Table, mapping: Mapping[str, str], span: Span, ordinals: Ordinals) -> None:
        self._rows = rows
        self._mapping = mapping
        self._span = span
        self._ordinals = ordinals
        self.odd: Numbers = np.zeros(rows.num_rows, bool)
        self.ids: Any = None
        self._codes: dict[str, Coded] = {}

    def events(self) -> pa.Table:
        """The events of the rows that are not odd, with the columns of `event.imported.sql` that say anything.

        Raises InvalidRequest for a column that is not in the file.
        """
        missing = [column for column in self._mapping.values() if column not in self._rows.column_names]
        if missing:
            raise InvalidRequest(f"there is no column {missing[0]!r}; there are {', '.join(self._rows.column_names)}.")
        self.ids = self._ids()
        columns = {
            "occurred_at": self._times(),
            "event_id": self.ids,
            "type": self._types(),
            **self._identities(),
            **self._places(),
            **self._worth(),
            **self._context(),
        }
        properties = self._properties()
        if properties is not None:
            columns["properties"] = properties
        return pa.table(columns).filter(pa.array(~self.odd))

    def _column(self, target: str) -> pa.ChunkedArray | None:
        return self._rows[self._mapping[target]] if target in self._mapping else None

    def _text(self, target: str, most: int) -> pa.ChunkedArray | None:
        """The column as texts, '' for null; what is no text, too long or has a NUL is odd."""
        column = self._column(target)
        if column is None:
            return None
        kind = column.type
        if pa.types.is_dictionary(kind) and is_text(kind.value_type):
            column = column.cast(kind.value_type)
        elif pa.types.is_integer(kind) and target in _COUNTABLE:
            column = column.cast(pa.string())
        elif not is_text(kind):
            self.odd[:] = True
            return pa.chunked_array([pa.array([""] * len(column), pa.string())])
        column = column.fill_null("")
        unfit = pc.or_(pc.greater(pc.utf8_length(column), most), pc.match_substring(column, "\0"))
        self.odd |= unfit.to_numpy()
        return column

    def _encoded(self, target: str) -> Coded | None:
        """The texts of a column by codes, '' for null; a column of anything else is odd."""
        if target not in self._codes:
            column = self._column(target)
            if column is None:
                return None
            kind = column.type
            is_coded = pa.types.is_dictionary(kind) and is_text(kind.value_type)
            if pa.types.is_integer(kind) and target in _COUNTABLE:
                column = column.cast(pa.string())
            elif not is_coded and not is_text(kind):
                self.odd[:] = True
                column = pa.chunked_array([pa.array([""] * len(column), pa.string())])
            self._codes[target] = encode(column)
        return self._codes[target]

    def _coded(self, target: str, most: int, meaning: Meaning = str) -> pa.Array | None:
        """The texts by their meaning, as a dictionary; what is too long, has a NUL or no meaning is odd."""
        coded = self._encoded(target)
        if coded is None:
            return None
        return self._meant(coded, lambda text: None if len(text) > most or "\0" in text else meaning(text))

    def _meant(self, coded: Coded, meaning: Meaning) -> pa.Array:
        meant = [meaning(text) for text in coded.texts.to_pylist()]
        self.odd |= np.array([text is None for text in meant], bool)[coded.codes]
        distinct = list(dict.fromkeys(text or "" for text in meant))
        places = {text: place for place, text in enumerate(distinct)}
        codes = np.array([places[text or ""] for text in meant], np.int32)[coded.codes]
        return pa.DictionaryArray.from_arrays(pa.array(codes), pa.array(distinct, pa.string()))

    def _times(self) -> pa.Array:
        column = self._column("time")
        assert column is not None
        lacks = column.is_null()
        if is_text(column.type):
            lacks = pc.or_(lacks.fill_null(True), pc.equal(column, "").fill_null(True))
        is_lacking = lacks.to_numpy()
        self.odd |= is_lacking
        try:
            ms = np.zeros(len(column), np.int64)
            ms[~is_lacking] = to_ms(column.filter(pa.array(~is_lacking)), "time")
        except InvalidRequest:
            self.odd[:] = True
            return pa.array(np.zeros(len(column), np.int64))
        ms = np.clip(ms + self._span.shift_ms, 0, self._span.received_at)
        self.odd |= ms < self._span.oldest_ms
        return pa.array(ms)

    def _ids(self) -> pa.ChunkedArray | pa.Array:
        """The ids; a row without one gets one from its content and its ordinal among equal rows."""
        column = self._text("id", MOST_ID)
        lacks = np.ones(self._rows.num_rows, bool) if column is None else pc.equal(column, "").to_numpy()
        if not lacks.any():
            return column
        given = [""] * self._rows.num_rows if column is None else column.to_pylist()
        places = np.flatnonzero(lacks)
        for place, row in zip(places, self._rows.take(pa.array(places)).to_pylist(), strict=True):
            given[place] = derived_id(row, self._ordinals)
        return pa.array(given, pa.string())

    def _types(self) -> pa.Array:
        def meaning(text: str) -> str | None:
            return "event" if text == "" else normalise_type(text) or None

        coded = self._coded("type", MOST_TYPE, meaning)
        codes = pa.array(np.zeros(self._rows.num_rows, np.int32))
        return coded if coded is not None else pa.DictionaryArray.from_arrays(codes, pa.array(["event"]))

    def _identities(self) -> dict[str, Any]:
        columns = {
            "visitor_id": self._text("visitor", MOST_IDENTIFIER),
            "external_id": self._text("lead", MOST_IDENTIFIER),
            "email": self._coded("email", MOST_IDENTIFIER, _email),
            "handle": self._coded("phone", MOST_IDENTIFIER, lambda text: f"phone:{text.strip()}" if text else ""),
            "lead_name": self._coded("name", MOST_URL, lambda text: text.strip()[:200]),
            "account": self._coded("account", MOST_IDENTIFIER, lambda text: f"id:{text}" if text else ""),
        }
        found = {name: column for name, column in columns.items() if column is not None}
        identifying = [found[name] for name in ("visitor_id", "external_id", "email", "handle") if name in found]
        nobody = np.ones(self._rows.num_rows, bool)
        for column in identifying:
            nobody &= pc.equal(column, "").to_numpy(zero_copy_only=False)
        self.odd |= nobody
        self.odd |= watched(found, self._span.is_watched, self._rows.num_rows)
        return found

    def _places(self) -> dict[str, Any]:
        found: dict[str, Any] = {}
        urls = self._encoded("url")
        if urls is not None:
            found["url"] = self._coded("url", MOST_URL)
            found["host"] = self._meant(urls, lambda url: location_of(url).host)
            found["path"] = self._meant(urls, lambda url: location_of(url).path)
            for place, name in enumerate(_CAMPAIGN):
                if pc.any(pc.match_substring(urls.texts, "utm_")).as_py():
                    found[name] = self._meant(urls, lambda url, place=place: campaign_of(url, {})[place])  # type: ignore[misc]
        for name, most in (("title", MOST_TITLE), ("referrer", MOST_URL)):
            coded = self._coded(name, most)
            if coded is not None:
                found[name] = coded
        return found | self._told_campaign(found)

    def _told_campaign(self, by_url: dict[str, Any]) -> dict[str, Any]:
        """What the URL says of the campaign stands before what the columns say."""
        found = {}
        for name in _CAMPAIGN:
            told = self._coded(name, MOST_URL, lambda text: text[:200])
            if told is not None and name in by_url:
                said = by_url[name].cast(pa.string())
                told = pc.if_else(pc.equal(said, ""), told.cast(pa.string()), said).dictionary_encode()
            if told is not None:
                found[name] = told
        return found

    def _worth(self) -> dict[str, Any]:
        found: dict[str, Any] = {}
        currency = self._coded("currency", MOST_TYPE, _currency)
        if currency is not None:
            found["currency"] = currency
        value = self._numbers("value", pa.float64(), MOST_VALUE)
        if value is not None:
            found["value"] = value
        points = self._numbers("points", pa.int64(), MOST_POINTS)
        if points is not None:
            found["points"] = points.fill_null(0)
        return found

    def _numbers(self, target: str, kind: pa.DataType, most: float) -> pa.ChunkedArray | None:
        column = self._column(target)
        if column is None:
            return None
        fits = pa.types.is_integer(column.type) or (kind == pa.float64() and pa.types.is_floating(column.type))
        if not fits:
            self.odd[:] = True
            return pa.chunked_array([pa.nulls(len(column), kind)])
        column = column.cast(kind)
        self.odd |= ~pc.less_equal(pc.abs(column), most).fill_null(True).to_numpy()
        return column

    def _context(self) -> dict[str, Any]:
        """Device and so on, and the context as JSON, asked once for each combination."""
        names = [name for name in (*_CONTEXT, *_CAMPAIGN) if name in self._mapping]
        found = {name: self._coded(name, MOST_URL, lambda text: text[:100]) for name in _CONTEXT if name in names}
        coded = {name: column for name in names if (column := self._encoded(name)) is not None}
        if not names:
            return {}
        combined, firsts = _combined(list(coded.values()))
        texts = {name: column.texts.take(pa.array(column.codes[firsts])).to_pylist() for name, column in coded.items()}
        told = [_context_of({name: texts[name][place] for name in names}) for place in range(len(firsts))]
        whole = self._meant(Coded(combined, pa.array(told, pa.large_string())), str)
        return {**found, "context": whole}

    def _properties(self) -> pa.Array | None:
        """The columns that are not mapped, as JSON."""
        names = [name for name in self._rows.column_names if name not in set(self._mapping.values())]
        if not names:
            return None
        rows = self._rows.select(names).to_pylist()
        encoded = [msgspec.json.encode({name: scalar(value) for name, value in row.items()}).decode() for row in rows]
        return pa.array(encoded, pa.string())


def _combined(columns: list[Coded]) -> tuple[Numbers, Numbers]:
    """The code of each row's combination of texts, and the first row of each combination."""
    combined, count = np.zeros(len(columns[0].codes), np.int64), 1
    for column in columns:
        combined = combined * len(column.texts) + column.codes
        count *= max(1, len(column.texts))
        if count > _MANY:
            distinct, combined = np.unique(combined, return_inverse=True)
            count = len(distinct)
    firsts = np.full(count, -1)
    firsts[combined[::-1]] = np.arange(len(combined))[::-1]  # of several writes to one place the last one stays
    present = np.flatnonzero(firsts >= 0)
    places = np.zeros(count, np.int64)
    places[present] = np.arange(len(present))
    return places[combined], firsts[present]


def _context_of(told: dict[str, str]) -> str:
    context: dict[str, Any] = {name: told[name] for name in _CONTEXT if told.get(name)}
    campaign = {field: told[name] for name, field in _CAMPAIGN.items() if told.get(name)}
    if campaign:
        context["campaign"] = campaign
    return msgspec.json.encode(context).decode() if context else ""


def _email(text: str) -> str | None:
    email = text.strip().lower()
    return email if not email or is_email(email) else None


def _currency(text: str) -> str | None:
    code = text.strip().upper()
    return code if not code or (len(code) == 3 and code.isascii() and code.isalpha()) else None
