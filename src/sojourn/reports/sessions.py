"""Lists of sessions: newest first, page by page, whole sessions chosen by filters."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sojourn.model.session import encode_id, started_ms_of
from sojourn.model.site import DAY_MS, Site, oldest_kept
from sojourn.pipeline.served import Served
from sojourn.reports import filters as filter_table
from sojourn.reports.cursor import Cursor, encode
from sojourn.reports.present import lead_object, presented
from sojourn.store.engine import Engine, sql

MAX_LIMIT = 200
DEFAULT_LIMIT = 50
DEFAULT_WINDOW_MS = 30 * DAY_MS


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

    def page(self, site: Site, site_id: str, question: Question, now_ms: int) -> Page:
        """Up to `limit` sessions behind the cursor, and the cursor of the page that follows."""
        filters = _with_window(question, now_ms)
        rows = self._rows(site, site_id, question, now_ms)
        backwards = question.after is not None and question.after.direction == "after"
        more, rows = len(rows) > question.limit, rows[: question.limit]
        if backwards:
            rows.reverse()
        direction = "after" if backwards else "before"
        edge = (rows[0] if backwards else rows[-1]) if rows else None
        cursor = encode(Cursor(encode_id(edge["number"]), direction, filters)) if more and edge else None
        return Page(self.present(site, site_id, rows, now_ms), cursor)

    def one(self, site: Site, site_id: str, number: int) -> dict[str, Any] | None:
        """The row of a session by its id, or None."""
        rows = self._engine.named(
            sql("session.one"),
            {
                "site_id": site_id,
                "generation": site.generation,
                "number": number,
                "started_at": started_ms_of(number),
            },
        )
        return rows[0] if rows else None

    def present(self, site: Site, site_id: str, rows: list[dict[str, Any]], now_ms: int) -> list[dict[str, Any]]:
        """The rows as the API shows them."""
        self._served.note(site_id, rows)
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

    def _names(self, site_id: str, leads: list[str]) -> dict[str, str]:
        if not leads:
            return {}
        return dict(self._engine.query(sql("name.of_leads"), {"site_id": site_id, "leads": leads}))

    def _rows(self, site: Site, site_id: str, question: Question, now_ms: int) -> list[dict[str, Any]]:
        """One row more than the limit where there is one. Of every session that matches, the present version does, so
        keys are chosen over all versions, which needs no merging; those whose present one does not match drop out, and
        then more are read.
        """
        asked = self._asked(site, site_id, question, now_ms)
        most, found = question.limit + 1, list[dict[str, Any]]()
        asked.parameters["most"] = most + most // 4
        while True:
            keys = self._engine.query(asked.text("session.keys"), asked.parameters)
            distinct = list(dict.fromkeys(keys))
            if distinct:
                instants, numbers = [key[0] for key in distinct], [key[1] for key in distinct]
                parameters = {**asked.parameters, "instants": instants, "numbers": numbers, "most": most - len(found)}
                found += self._engine.named(asked.text("session.list"), parameters)
            if len(keys) < asked.parameters["most"] or len(found) >= most:
                return found
            asked.go_on_from(keys[-1][1])

    def filters_of(self, site: Site, question: Question, now_ms: int) -> dict[str, Any]:
        """The filters with their window, which begins no earlier than the site keeps."""
        filters = _with_window(question, now_ms)
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
        asked = _Asked(texts, parameters, backwards=backwards)
        if question.after is not None:
            asked.go_on_from(question.after.number)
        return asked


class _Asked:
    """The conditions of a list, in the direction in which it is read."""

    def __init__(self, texts: list[str], parameters: dict[str, Any], *, backwards: bool) -> None:
        self.parameters = parameters
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

    def text(self, name: str) -> str:
        text = sql(name).replace("/* filters */", " AND ".join(self._texts))
        return text.replace("/* order */", "ASC" if self._backwards else "DESC")


def _with_window(question: Question, now_ms: int) -> dict[str, Any]:
    """The filters with `from` and `to`; where a cursor says neither, they reach 30 days beyond its place."""
    filters = dict(question.filters)
    filters.setdefault("to", now_ms + 1)
    newest = now_ms
    if question.after is not None:
        newest = min(newest, started_ms_of(question.after.number))
    filters.setdefault("from", max(0, newest - DEFAULT_WINDOW_MS))
    return filters
