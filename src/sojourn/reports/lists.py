"""Lists of sessions as a request asks for them: with the leads and segments that its filters name."""

import dataclasses
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import pyarrow as pa

from sojourn.model.site import Site
from sojourn.pipeline.segments import Segments
from sojourn.pipeline.sites import Sites
from sojourn.reports.changes import SINCE, Changes
from sojourn.reports.cursor import Cursor, encode
from sojourn.reports.export import Exports
from sojourn.reports.leads import Leads
from sojourn.reports.segments import segment_filters
from sojourn.reports.sessions import Page, Question, Sessions, with_window


class Lists:
    def __init__(
        self,
        sites: Sites,
        segments: Segments,
        leads: Leads,
        sessions: Sessions,
        changes: Changes,
        exports: Exports,
        now_ms: Callable[[], int],
    ) -> None:
        self.sites = sites
        self.now_ms = now_ms
        self._segments = segments
        self._leads = leads
        self._sessions = sessions
        self._changes = changes
        self._exports = exports

    def page(self, site_id: str, question: Question, lead: str | None = None) -> Page:
        """A page of sessions, or of their changes. Raises InvalidRequest."""
        asked = self.resolved(site_id, question, None)
        if lead is None:
            return self._page(site_id, asked)
        candidates = tuple(self._leads.candidates(site_id, lead))
        with ThreadPoolExecutor(1) as threads:
            # Most leads are what their lead_id says: the list is read while it is asked what became of them.
            likely = dataclasses.replace(asked, leads=candidates)
            guess = threads.submit(self._page, site_id, likely) if len(candidates) == 1 else None
            leads = self._leads.become(site_id, candidates)
            if guess is not None and leads == candidates:
                return guess.result()
            return self._page(site_id, dataclasses.replace(asked, leads=leads))

    def _page(self, site_id: str, question: Question) -> Page:
        reader = self._changes if SINCE in question.filters else self._sessions
        return self.sites.read(site_id, lambda site: reader.page(site, site_id, question, self.now_ms()))

    def export(self, site_id: str, question: Question, lead: str | None, limit: int | None) -> Iterator[pa.Table]:
        """The list as tables; all of it without a limit."""
        return self._exports.tables(site_id, self.resolved(site_id, question, lead), limit, self.now_ms())

    def export_page(self, site_id: str, question: Question, lead: str | None) -> tuple[pa.Table, str | None]:
        """So many rows of the list as the limit says, and the cursor of what follows: of the same window and build."""
        filters = with_window(question, self.now_ms())
        asked = dataclasses.replace(question, filters=filters)

        def ask(site: Site) -> tuple[int, pa.Table]:
            return site.generation, pa.concat_tables(self.export(site_id, asked, lead, question.limit + 1))

        generation, table = self.sites.read(site_id, ask)
        page = table.slice(0, question.limit)
        if table.num_rows == page.num_rows:
            return page, None
        return page, encode(Cursor(page["id"][-1].as_py(), "before", filters, generation))

    def resolved(self, site_id: str, question: Question, lead: str | None) -> Question:
        """With the leads and segments that its filters name. Raises InvalidRequest."""
        named = question.filters.get("segment_id", [])
        segments = tuple(segment_filters(self._segments, site_id, named))
        leads = None if lead is None else self._leads.behind(site_id, lead)
        return dataclasses.replace(question, leads=leads, segments=segments)
