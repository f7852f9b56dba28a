"""The audit log of a site: who changed what, and when."""

from typing import Any, NamedTuple

import msgspec

from sojourn.model.site import owner_of
from sojourn.pipeline.commits import CommitLog
from sojourn.store.engine import Engine, sql


class Entry(NamedTuple):
    """At this instant (milliseconds) the actor did this; `detail` says of what and how."""

    at: int
    actor: str
    action: str
    detail: dict[str, Any]


class Audit:
    def __init__(self, engine: Engine, commits: CommitLog) -> None:
        self._engine = engine
        self._commits = commits

    def note(self, site_id: str, entry: Entry) -> None:
        """Durable when it returns."""
        row = {
            "site_id": owner_of(site_id),
            "at": entry.at,
            "version": self._commits.stamp(),
            "actor": entry.actor,
            "action": entry.action,
            "detail": msgspec.json.encode(entry.detail).decode(),
        }
        self._engine.insert("audit", tuple(row), msgspec.json.encode(row))

    def latest(self, site_id: str, limit: int) -> list[Entry]:
        """The newest first."""
        rows = self._engine.query(sql("audit.latest"), {"site_id": owner_of(site_id), "most": limit})
        return [Entry(at, actor, action, msgspec.json.decode(detail)) for at, actor, action, detail in rows]
