"""Retention: what the window has hidden for seven days is deleted, whole sessions, an hour's worth at a time."""

from collections.abc import Generator
from typing import Any

from sojourn.model.retention import GRACE_MS, horizon
from sojourn.model.site import Site, oldest_kept, twin_of
from sojourn.pipeline.owners import keys_behind
from sojourn.pipeline.sites import Sites
from sojourn.sql import sql
from sojourn.store.engine import Engine

EVERY_MS = 3_600_000


class Retention:
    """Purges one site's data after the other; each piece is bounded, so that passes come in between."""

    def __init__(self, engine: Engine, sites: Sites) -> None:
        self._engine = engine
        self._sites = sites
        self._purge: Generator[bool, None, None] | None = None
        self._next_at = 0

    def work(self, now_ms: int) -> bool:
        """Do the next piece of what is due; True if there was something."""
        if self._purge is None:
            if now_ms < self._next_at:
                return False
            self._next_at = now_ms + EVERY_MS
            self._purge = self._run(now_ms)
        if next(self._purge, None) is None:
            self._purge = None
            return False
        return True

    def forget(self) -> None:
        """Another process works: what it does meanwhile, the purge under way does not know. It begins anew."""
        if self._purge is not None:
            self._purge.close()
            self._purge, self._next_at = None, 0

    def outlook(self, site_id: str, site: Site, now_ms: int) -> dict[str, int | None]:
        """What is hidden and what the next purge will delete, instants in milliseconds; None: nothing."""
        oldest, before = oldest_kept(site, now_ms), horizon(site, max(now_ms, self._next_at))
        parameters = {"generation": site.generation, "oldest": oldest, "horizon": before}
        rows = self._engine.query(sql("session.hidden"), {"site_id": site_id, **parameters})
        hidden, due = rows[0]
        return {
            "oldest_served_at": oldest or None,
            "purged_before": site.purged_before or None,
            "next_purge_at": max(now_ms, self._next_at) if site.retention_days or before else None,
            "next_purge_before": before or None,
            "next_purge_session_count": int(due),
            "hidden_session_count": int(hidden),
            "hidden_deleted_by": now_ms + GRACE_MS + EVERY_MS if hidden else None,
        }

    def _run(self, now_ms: int) -> Generator[bool, None, None]:
        for site_id in list(self._sites):
            if site_id in self._sites:  # it may have been removed since
                yield from self._purge_site(site_id, now_ms)

    def _purge_site(self, site_id: str, now_ms: int) -> Generator[bool, None, None]:
        site = self._sites[site_id]
        before = horizon(site, now_ms)
        # What a build has read already would come again with it; the hour after it is soon enough.
        if not before or self._sites.definition(site_id).building:
            return
        places = [Place(self._engine, data_id, site, before) for data_id in (site_id, twin_of(site_id))]
        due = [place for place in places if place.is_due()]
        if not due:
            return
        # In one piece: in between a build could begin, or another process work, and what is withdrawn would come again.
        for place in due:
            place.withdraw()
        self._sites.move_horizon(site_id, before)
        yield True
        for place in due:
            yield from place.delete()


class Place:
    """The data of one site, or of its test twin, before the horizon."""

    def __init__(self, engine: Engine, site_id: str, site: Site, before: int) -> None:
        self._engine = engine
        self._site_id = site_id
        self._passive_types = list(site.passive_types)
        self._parameters = {"site_id": site_id, "generation": site.generation, "horizon": before}

    def is_due(self) -> bool:
        return bool(self._query("event.months") or self._query("session.oldest"))

    def withdraw(self) -> None:
        """Take from what lies behind the horizon that which leaves with a session from before it, and keep the
        identity facts that later events need. May be cut off and done again: sessions are deleted after it.
        """
        self._engine.execute("TRUNCATE TABLE leaving")
        self._find_reaching()
        self._execute("event.outlived")
        self._execute("link.keep", "links")
        self._execute("link.thin", "kept_links")
        self._execute("link.purge")
        self._execute("name.keep", "names")
        self._execute("name.thin", "kept_names")
        self._execute("name.purge")
        self._execute("event.withdraw")
        self._execute("slice.purge")
        self._execute("session.purge")
        self._engine.execute("TRUNCATE TABLE leaving")

    def delete(self) -> Generator[bool, None, None]:
        """The events before the horizon, a month at a time."""
        for (month,) in self._query("event.months"):
            text = sql("event.purge").replace("/* month */", str(int(month)))
            self._engine.execute(text, self._parameters)
            yield True

    def _find_reaching(self) -> None:
        rows = self._query("session.reaching")
        if not rows:
            return
        leads = [lead for lead, _ in rows]
        windows: dict[str, Any] = {
            "leads": leads,
            "froms": [self._parameters["horizon"]] * len(rows),
            "tos": [last for _, last in rows],
        }
        keys = keys_behind(self._engine, self._site_id, set(leads))
        self._execute("event.of_reaching", keys=keys, passive_types=self._passive_types, **windows)
        self._execute("slice.of_reaching", leads=leads)

    def _query(self, name: str, **more: Any) -> list[tuple[Any, ...]]:
        return self._engine.query(sql(name), {**self._parameters, **more})

    def _execute(self, name: str, table: str = "", **more: Any) -> None:
        self._engine.execute(sql(name).replace("/* table */", table), {**self._parameters, **more})
