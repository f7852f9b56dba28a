"""class Sojourn: builds the parts and delegates to them; no logic of its own."""

import os
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

from sojourn.clock import clock_ms
from sojourn.errors import InvalidRequest, NotFound, Unavailable
from sojourn.model.bounds import Bounds
from sojourn.model.event import Event
from sojourn.model.site import Site, changed
from sojourn.pipeline.admitting import admitted
from sojourn.pipeline.audit import Audit
from sojourn.pipeline.backup.taking import Backups
from sojourn.pipeline.buffer import Buffer, recent_of
from sojourn.pipeline.cleaning import Cleaner
from sojourn.pipeline.commits import log_of
from sojourn.pipeline.deciding import decide
from sojourn.pipeline.demo import Demo
from sojourn.pipeline.describing import Descriptions
from sojourn.pipeline.disk import Disk
from sojourn.pipeline.doctor.doctor import Doctor
from sojourn.pipeline.erasing import Erasing
from sojourn.pipeline.erasures import Erasures, Receipt
from sojourn.pipeline.errands import errands_of
from sojourn.pipeline.generation import Generations
from sojourn.pipeline.handover import Handover
from sojourn.pipeline.healing import Healing
from sojourn.pipeline.importing import Plan, Tally
from sojourn.pipeline.imports import Imports
from sojourn.pipeline.joining import joined
from sojourn.pipeline.keys import Keys
from sojourn.pipeline.logins import Logins
from sojourn.pipeline.loop import Loop
from sojourn.pipeline.metering import Meter
from sojourn.pipeline.presence import Presence
from sojourn.pipeline.refusals import Refusals
from sojourn.pipeline.registry import Registry
from sojourn.pipeline.retention import Retention
from sojourn.pipeline.saved_views import SavedViews
from sojourn.pipeline.segments import Segments
from sojourn.pipeline.served import Served
from sojourn.pipeline.sharing import Share
from sojourn.pipeline.site_changes import change_site
from sojourn.pipeline.sites import DEFAULT_SITE, Sites
from sojourn.pipeline.turns import Turns
from sojourn.pipeline.what_if import WhatIf
from sojourn.pipeline.worker import Worker
from sojourn.place import Place
from sojourn.reports.changes import Changes
from sojourn.reports.event_export import EventExports
from sojourn.reports.events import EventPages
from sojourn.reports.export import Exports
from sojourn.reports.holding import Holding
from sojourn.reports.journey import Journeys
from sojourn.reports.lead_pages import LeadPages
from sojourn.reports.leads import Leads
from sojourn.reports.lists import Lists
from sojourn.reports.ranked import RankedSessions
from sojourn.reports.sessions import Page, Question, Sessions
from sojourn.reports.summary import Summaries
from sojourn.store.address import Address
from sojourn.store.embedded import Embedded
from sojourn.store.engine import Engine
from sojourn.store.merges import Merges


class Sojourn:
    """A store opened for work: facts in, sessions out. `close` ends it cleanly."""

    def __init__(
        self,
        store: Engine,
        now_ms: Callable[[], int] = clock_ms,
        gather: float = 0.015,
        bounds: Bounds | None = None,
        presence: Presence | None = None,
    ) -> None:
        self.now_ms = now_ms
        self.bounds = bounds or Bounds()
        self.meter = Meter(self.bounds.slow_query_ms)
        self.disk: Disk | None = None
        self.stop: Callable[[], None] = lambda: None
        self.is_stopping = False
        self.engine, self.presence = store, presence
        self.engine.on_statement = self.meter.statement
        self.served = Served(self.engine, self.meter)
        self.commits = log_of(self.engine, lambda: self.now_ms())
        self.sites = Sites(self.engine, self.commits)
        self.keys = Keys(self.engine, self.commits)
        self.refusals = Refusals(self.engine, self.meter)
        self.segments = Segments(self.engine, self.commits)
        self.logins = Logins(self.engine, self.commits)
        self.audit = Audit(self.engine, self.commits)
        self.saved_views = SavedViews(self.engine, self.commits)
        self._build_reports()
        self.merges = Merges(self.engine)
        self.generations = Generations(self.engine, self.commits, self.sites, self.merges)
        self.what_if = WhatIf(self.engine)
        self.turns = Turns(presence)
        self._build_work(gather)

    def _build_reports(self) -> None:
        """What reads."""
        self.leads = Leads(self.engine, self.served)
        self.sessions = Sessions(self.engine, self.served)
        self.lead_pages = LeadPages(self.engine, self.sessions)
        holding = Holding(self.engine)
        self.lists = Lists(
            self.sites,
            self.segments,
            self.leads,
            self.sessions,
            Changes(self.engine, self.sessions, holding),
            Exports(self.engine, self.sites),
            self.now_ms,
        )
        self.orders = RankedSessions(self.engine, self.sessions, self.lists)
        self.summaries = Summaries(self.engine, self.sessions, self.lists)
        self.journeys = Journeys(self.engine, self.sessions, self.leads, holding)
        self.events = EventPages(self.engine, self.leads, self.journeys, holding)
        self.event_exports = EventExports(self.engine, self.events, self.leads, holding)

    def _build_work(self, gather: float) -> None:
        """What writes: passes, imports, erasures, purges. What was cut off is ended first."""
        errands = errands_of(self.presence, self.engine)
        self.worker = Worker(self.engine, self.commits, self.sites, self.generations, self.merges, self.served, errands)
        self.erasures = Erasures(self.engine)
        self.imports = Imports(
            self.engine, self.commits, self.refusals, self.erasures, self.meter, self.worker, self.merges, self.turns
        )
        self.retention = Retention(self.engine, self.sites)
        self.descriptions = Descriptions(self.sites, self.retention, self.generations)
        self.cleaner = Cleaner(self.engine)
        self.erasing = Erasing(
            self.engine, self.commits, self.sites, self.generations, self.erasures, self.cleaner, self.turns
        )
        chores = (self.erasing.work, self.retention.work, self.cleaner.work, self.merges.work)
        clocks = (self.now_ms, self.commits.change_ms)
        first = (Healing(self.engine, self.commits).work, self.erasing.end_begun)
        self.loop = Loop(
            self.worker, self.generations, self.refusals, self.meter, clocks, self.turns, chores, first, errands
        )
        recent = recent_of(self.engine, self.commits.settled())
        may = partial(admitted, self.sites, self.erasures)
        self.buffer = Buffer(self.engine, self.commits, recent, self.meter, self.loop.wake, gather, may)
        kept = (self.keys, self.saved_views, self.logins, self.segments)
        self.registry = Registry(self.engine, self.commits, self.sites, kept, self.refusals, self.turns, self._let_go)
        self.demo = Demo(self.sites, self.registry, self.change_site)
        self.backups = Backups(self.engine, self.commits, self.worker, self.loop, self.now_ms)
        self.doctor = Doctor(
            self.engine, self.commits, self.sites, self.generations, self.worker, self.loop, self.commits.change_ms
        )
        caches, wake = (self.sites, self.erasures, *kept), self.loop.wake
        self.share = Share(self.presence, self.commits, self.worker, self.generations, self.buffer, caches, wake)
        self.sites.check = self.share.check
        parts = (self.generations, self.retention, self.registry, self.erasing, self.merges)
        handover = Handover(self.share, self.worker, *parts)
        self.turns.on_begin, self.turns.on_turn, self.turns.on_end = handover.take, self.worker.settle, handover.give
        if self.presence is None:
            handover.end_begun()

    @classmethod
    def at(cls, place: Place, **options: Any) -> "Sojourn":
        """Raises StoreError for a place that cannot be opened: see `Embedded.within` and `check_founded`."""
        if place.cluster is not None:
            cluster, presence = joined(Address.of(place.cluster))
            try:
                return cls(cluster, presence=presence, **options)
            except BaseException:
                presence.leave()
                cluster.close()
                raise
        engine = Embedded.within(place.folder)
        sojourn = cls(engine, **options)
        sojourn.disk = Disk(engine.folder, sojourn.bounds.disk_warn_mb)
        sojourn.demo.look(place.folder)
        return sojourn

    @property
    def is_demo(self) -> bool:
        """Whether the default site's data is made up."""
        return self.demo.is_on

    def work_off(self) -> None:
        """Everything that is written becomes visible before this returns. For commands and tests: no thread."""
        change_ms = self.commits.change_ms
        with self.turns:
            self.erasing.end_begun()
            while self.worker.work(change_ms) or self.generations.work(change_ms()):
                pass
            while self.retention.work(self.now_ms()):
                pass
            self.cleaner.finish(self.now_ms())
            self.erasing.work(self.now_ms())
            self.worker.save()

    def insert(self, events: list[Event]) -> None:
        """Durable insert without a server's buffer: for import and tests."""
        self.buffer.insert(events)

    def import_files(
        self, site_id: str, plan: Plan, on_progress: Callable[[Path, Tally], None]
    ) -> list[tuple[Path, Tally]]:
        """Raises FileError, InvalidRequest, and what `on_progress` raises to end it."""
        try:
            return self.imports.run(self.sites[site_id], site_id, plan, self.now_ms(), on_progress)
        finally:
            self.loop.wake()

    def page(self, site_id: str, question: Question, lead: str | None = None) -> Page:
        return self.lists.page(site_id, question, lead)

    def synced_until(self, site_id: str) -> int:
        """Every change of a session that was stamped before this instant can be seen: from here a next sync asks."""
        return self.share.synced_until(site_id)

    def journey(self, site_id: str, session_id: str, place: str | None = None) -> dict[str, Any]:
        return self.sites.read(
            site_id, lambda site: self.journeys.journey(site, site_id, session_id, self.now_ms(), place)
        )

    def decide(self, site_id: str, event_ids: Sequence[str], reason: str) -> int:
        """Suppress events for a reason, or release them with ''; how many it concerns. Raises NotFound."""
        count = decide(self.engine, self.commits, site_id, event_ids, reason)
        self.loop.wake()
        return count

    def erase(self, site_id: str, text: str) -> Receipt:
        """Everything of a lead is gone, and refused when it comes again. Of one that was erased, the receipt again.

        Raises NotFound, InvalidRequest for a text that stands for several leads, Unavailable.
        """
        catch_up = partial(self.worker.catch_up, self.commits.change_ms)
        self.served.forget_refs()
        try:
            return self.erasing.erase(site_id, lambda: self.leads.found(site_id, text), catch_up, self.now_ms())
        except NotFound:
            receipt = self.leads.erased(site_id, text, self.erasures)
            if receipt is None:
                raise
            return receipt

    def conflicts(self, site_id: str) -> list[dict[str, Any]]:
        """Facts that contradict, newest first: the external id won."""
        return self.lead_pages.conflicts(self.sites[site_id], site_id, self.now_ms())

    def change_site(self, site_id: str, patch: dict[str, Any]) -> tuple[Site, bool]:
        """The site as it will be, and whether its sessions are being built anew. Raises InvalidRequest."""
        with self.turns:
            changed_site, is_building = change_site(self.sites, self.generations, site_id, patch, self.now_ms())
        if is_building:
            self.loop.wake()
        return changed_site, is_building

    def dry_run(self, site_id: str, patch: dict[str, Any]) -> dict[str, Any]:
        """What the patch would change. Raises InvalidRequest."""
        definition = self.sites.definition(site_id)
        return self.what_if.effect(site_id, definition.present, changed(definition.present, patch), self.now_ms())

    def check_ready(self) -> None:
        """Raises Unavailable while the store or the worker is not there."""
        self.share.check()
        self.engine.execute("SELECT 1")
        if not self.loop.is_alive():
            raise Unavailable("The worker does not run; restart the server.")

    def describe_site(self, site_id: str) -> dict[str, Any]:
        return self.descriptions.of(site_id, self.now_ms())

    def _let_go(self, site_id: str) -> None:
        self.generations.forget(site_id)
        self.erasures.load()
        self.buffer.forget()
        self.cleaner.soon()

    def site_for(self, site_id: str = DEFAULT_SITE) -> Site:
        if site_id not in self.sites:
            raise InvalidRequest(f"There is no site {site_id!r}.")
        return self.sites[site_id]

    def close(self) -> None:
        """Ends the worker, records how far it got, and closes the engine."""
        try:
            self.merges.close()
            self.loop.stop()
            self.refusals.save()
            # After this a restart need not do again what a power cut might have taken along.
            os.sync()
            with suppress(Unavailable):  # then that is done once more
                if self.turns.is_mine:
                    self.worker.save(is_synced=self.presence is None)
        finally:
            if self.presence is not None:
                self.presence.leave()
            self.engine.close()
