"""Lists of sessions: newest first, page by page, whole sessions chosen by filters."""

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, NamedTuple

from sojourn.model.session import encode_id, started_ms_of
from sojourn.model.site import DAY_MS, Site, oldest_kept
from sojourn.pipeline.served import Served
from sojourn.reports import filters as filter_table
from sojourn.reports.cursor import Cursor, encode
from sojourn.reports.filters import DEFAULT_LIMIT
from sojourn.reports.present import lead_object, presented
from sojourn.reports.session_rows import SessionRow, SessionRows, keys_of
from sojourn.sql import sql
from sojourn.store.engine import Engine

DEFAULT_WINDOW_MS = 30 * DAY_MS
WINDOW = {"from", "to"}
OF_LEADS = {*WINDOW, "lead_id"}
# How much farther than its rows reach the next page is looked for: what is too near has to be read twice.
MARGIN = 2
# How many versions of a session a stretch is read with, on average; more take a second question.
VERSIONS = 8


class Stretch(NamedTuple):
    """Where the first rows of a list lay, in milliseconds: its edge, the first, and how far behind that the last."""

    edge_ms: int
    first_ms: int
    length_ms: int


@dataclass(frozen=True)
class Page:
    data: list[dict[str, Any]]
    next_cursor: str | None

    @property
    def has_more(self) -> bool:
        return self.next_cursor is not None


@dataclass(frozen=True)
class Question:
    """What a list is asked: `filters` by name, instants in milliseconds; `leads` the refs behind `lead_id`, `segments`
    the filters of the segments behind `segment_id`.
    """

    filters: Mapping[str, Any]
    limit: int = DEFAULT_LIMIT
    after: Cursor | None = None
    leads: tuple[str, ...] | None = None
    segments: tuple[Mapping[str, Any], ...] = ()


class Sessions:
    """Reads the present generation of a site's sessions."""

    def __init__(self, engine: Engine, served: Served) -> None:
        self._engine = engine
        self._served = served
        self._session_rows = SessionRows(engine)
        self._stretches: dict[tuple[str, int], Stretch] = {}  # by site and number of rows

    def page(self, site: Site, site_id: str, question: Question, now_ms: int) -> Page:
        """Up to `limit` sessions behind the cursor, and the cursor of the page that follows."""
        filters = with_window(question, now_ms)
        with ThreadPoolExecutor(1) as threads:
            # Whose sessions a list of leads shows is known before they are read.
            named = threads.submit(self._names, site_id, question.leads) if question.leads else None
            rows = self._rows(site, site_id, question, now_ms)
        names = named.result() if named is not None else None
        backwards = question.after is not None and question.after.direction == "after"
        more, rows = len(rows) > question.limit, rows[: question.limit]
        if backwards:
            rows.reverse()
        direction = "after" if backwards else "before"
        edge = (rows[0] if backwards else rows[-1]) if rows else None
        cursor = encode(Cursor(encode_id(edge["number"]), direction, filters)) if more and edge else None
        return Page(self.present(site, site_id, rows, now_ms, names), cursor)

    def of_numbers(self, site: Site, site_id: str, numbers: Sequence[int]) -> list[SessionRow]:
        """The rows of these sessions, newest first; of one that is no more there is none."""
        return self._session_rows.of_numbers(site, site_id, numbers)

    def one(self, site: Site, site_id: str, number: int) -> SessionRow | None:
        """The row of this session, if there is such a one now."""
        return self._session_rows.one(site, site_id, number)

    def neighbours(self, site: Site, site_id: str, row: SessionRow, now_ms: int) -> tuple[str | None, str | None]:
        """The ids of the sessions of the same lead before and after this one, as far as the site keeps them."""
        number, most = row["number"], 1
        parameters = {"site_id": site_id, "generation": site.generation, "lead": row["lead"], "number": number}
        parameters |= {"started_at": row["started_at"], "oldest": oldest_kept(site, now_ms), "now_ms": now_ms}
        while True:
            keys = [key for (key,) in self._engine.query(sql("session.beside"), parameters | {"most": most})]
            rows = self.of_numbers(site, site_id, keys)
            own = [other["number"] for other in rows if other["lead"] == row["lead"]]
            before = max((other for other in own if other < number), default=None)
            after = min((other for other in own if other > number), default=None)
            is_before_sure = before is not None or sum(key < number for key in keys) < most
            if is_before_sure and (after is not None or sum(key > number for key in keys) < most):
                return before and encode_id(before), after and encode_id(after)
            most *= 8  # those that were the lead's and are no more fill it

    def present(
        self, site: Site, site_id: str, rows: list[SessionRow], now_ms: int, names: Mapping[str, str] | None = None
    ) -> list[dict[str, Any]]:
        """The rows as the API shows them; `names` of their leads, where they are known."""
        self._served.note(site_id, site.generation, rows)
        if names is None:
            names = self._names(site_id, sorted({row["lead"] for row in rows}))
        return [
            presented(
                row,
                site_id,
                lead_object(row["lead"], names.get(row["lead"], "")),
                site.session_timeout_ms,
                now_ms,
            )
            for row in rows
        ]

    def _names(self, site_id: str, leads: Sequence[str]) -> dict[str, str]:
        if not leads:
            return {}
        return dict(self._engine.query(sql("name.of_leads"), {"site_id": site_id, "leads": list(leads)}))

    def _rows(self, site: Site, site_id: str, question: Question, now_ms: int) -> list[SessionRow]:
        """One row more than the limit where there is one."""
        asked, most = self._asked(site, site_id, question, now_ms), question.limit + 1
        if question.filters.keys() <= WINDOW and question.leads is None:
            return self._nearest(asked, site_id, most)
        if question.leads is not None and question.filters.keys() <= OF_LEADS:
            return self._chosen(asked, most, "session.keys_of_leads", question.leads)
        return self._chosen(asked, most, "session.keys")

    def _nearest(self, asked: "_Asked", site_id: str, most: int) -> list[SessionRow]:
        """The first rows of a list that only its window chooses. No more is read than a stretch as long as such rows
        took before; where they take more, keys say where they lie.
        """
        place, edge_ms = (site_id, most), asked.edge_ms
        known = self._stretches.get(place)
        if known is not None:
            is_all, near = asked.near(known)
            at_once = VERSIONS * most
            parameters = {**asked.parameters, **near, "most": at_once}
            rows, versions = self._session_rows.newest(asked.text("session.newest"), parameters)
            rows = rows[:most]
            if len(rows) == most:
                self._stretches[place] = _stretch_of(edge_ms, rows)
            if len(rows) == most or (is_all and versions < at_once):
                return rows
        rows = self._chosen(asked, most, "session.keys")
        if len(rows) == most:
            self._stretches[place] = _stretch_of(edge_ms, rows)
        return rows

    def _chosen(
        self, asked: "_Asked", most: int, keys_text: str, leads: Sequence[str] | None = None
    ) -> list[SessionRow]:
        """Of every session that matches, the present version does, so keys are chosen over all versions, which needs
        no merging; those whose present one does not match drop out, and then more are read. With `leads` nothing but
        these and what is in a key chooses them.
        """
        found: list[SessionRow] = []
        asked.parameters["most"] = most + most // 16
        while True:
            keys = self._engine.query(asked.text(keys_text), asked.parameters)
            numbers = list(dict.fromkeys(number for _, number in keys))
            if numbers:
                found += self._matching(asked, numbers, most - len(found), leads)
            if len(keys) < asked.parameters["most"] or len(found) >= most:
                return found
            asked.parameters["most"] *= 2  # what was written often of late fills a page with its versions
            asked.go_on_from(numbers[-1])

    def _matching(
        self, asked: "_Asked", numbers: list[int], most: int, leads: Sequence[str] | None
    ) -> list[SessionRow]:
        if leads is None:
            parameters = {**asked.parameters, **keys_of(numbers), "most": most}
            return self._session_rows.read(asked.text("session.list"), parameters)
        rows = asked.in_order(self._session_rows.present(asked.parameters, numbers))
        return [row for row in rows if row["lead"] in leads][:most]

    def filters_of(self, site: Site, question: Question, now_ms: int) -> dict[str, Any]:
        """The filters with their window, which begins no earlier than the site keeps."""
        filters = with_window(question, now_ms)
        wanted = {**filters, "from": max(filters["from"], oldest_kept(site, now_ms))}
        return wanted if question.leads is None else {**wanted, "lead_id": list(question.leads)}

    def conditions(self, site: Site, site_id: str, question: Question, now_ms: int) -> tuple[list[str], dict[str, Any]]:
        """What chooses the sessions of a list, in SQL, one text a filter in their order; and its parameters."""
        wanted = self.filters_of(site, question, now_ms)
        texts, parameters = filter_table.conditions(wanted, site_id, question.segments)
        return texts, parameters | {
            "site_id": site_id,
            "generation": site.generation,
            "oldest": oldest_kept(site, now_ms),
        }

    def _asked(self, site: Site, site_id: str, question: Question, now_ms: int) -> "_Asked":
        backwards = question.after is not None and question.after.direction == "after"
        texts, parameters = self.conditions(site, site_id, question, now_ms)
        by_key = filter_table.by_key(self.filters_of(site, question, now_ms))
        asked = _Asked(texts, by_key, parameters, backwards=backwards)
        if question.after is not None:
            asked.go_on_from(question.after.number)
        return asked


class _Asked:
    """The conditions of a list, in the direction in which it is read."""

    def __init__(self, texts: list[str], by_key: list[str], parameters: dict[str, Any], *, backwards: bool) -> None:
        self.parameters = parameters
        self._by_key = by_key
        self._texts = texts
        self._backwards = backwards

    def go_on_from(self, number: int) -> None:
        """Ask only for what lies behind this session, and within the window as before."""
        if "edge" not in self.parameters:
            self._texts = [*self._texts, f"number {'>' if self._backwards else '<'} {{edge:UInt128}}"]
        self.parameters["edge"], at_ms = number, started_ms_of(number)
        if self._backwards:
            self.parameters["f_from"] = max(self.parameters["f_from"], at_ms)
        else:
            self.parameters["f_to"] = min(self.parameters["f_to"], at_ms + 1)

    def in_order(self, rows: list[SessionRow]) -> list[SessionRow]:
        """Rows that are newest first."""
        return rows[::-1] if self._backwards else rows

    @property
    def edge_ms(self) -> int:
        """Where the list begins, in the direction in which it is read."""
        edge: int = self.parameters["f_from" if self._backwards else "f_to"]
        return edge

    def near(self, known: Stretch) -> tuple[bool, dict[str, int]]:
        """The part of the window that is read first, and whether that is all of it: as long as such rows took before,
        and longer by what lay empty before them, where this list begins in or near that.
        """
        from_ms, to_ms = self.parameters["f_from"], self.parameters["f_to"]
        length, edge = MARGIN * known.length_ms + 1, self.edge_ms
        is_there = min(known.edge_ms, known.first_ms) - length <= edge <= max(known.edge_ms, known.first_ms) + length
        start = known.first_ms if is_there else edge
        if self._backwards:
            end = max(start, edge) + length
            return end >= to_ms, {"near_from": from_ms, "near_to": min(to_ms, end)}
        begin = min(start, edge) - length
        return begin <= from_ms, {"near_from": max(from_ms, begin), "near_to": to_ms}

    def text(self, name: str) -> str:
        texts = [*self._texts, *self._by_key] if name == "session.keys" else self._texts
        text = sql(name).replace("/* filters */", " AND ".join(texts))
        return text.replace("/* order */", "ASC" if self._backwards else "DESC")


def _stretch_of(edge_ms: int, rows: list[SessionRow]) -> Stretch:
    first = rows[0]["started_at"]
    return Stretch(edge_ms, first, abs(first - rows[-1]["started_at"]))


def with_window(question: Question, now_ms: int) -> dict[str, Any]:
    """The filters with `from` and `to`; where a cursor says neither, they reach 30 days beyond its place."""
    filters = dict(question.filters)
    filters.setdefault("to", now_ms + 1)
    newest = now_ms
    if question.after is not None:
        newest = min(newest, started_ms_of(question.after.number))
    filters.setdefault("from", max(0, newest - DEFAULT_WINDOW_MS))
    return filters
