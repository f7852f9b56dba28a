"""The audit log of a site: who changed what, and when."""

from typing import Any, NamedTuple

import msgspec

from sojourn.model.site import owner_of
from sojourn.pipeline.commits import CommitLog
from sojourn.sql import sql
from sojourn.store.engine import Engine

# Who acts through the folder's socket: whoever may use the folder.
MACHINE = "owner of the machine"


class Entry(NamedTuple):
    """At this instant (milliseconds) the actor did this; `detail` says of what and how, `version` in which order."""

    at: int
    actor: str
    action: str
    detail: dict[str, Any]
    version: int = 0


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

    def latest(self, site_id: str, limit: int, before: int = 0, *, is_whole: bool = True) -> list[Entry]:
        """The newest first, of those before a version when it is given; without keys and people unless `is_whole`."""
        parameters = {"site_id": owner_of(site_id), "most": limit, "before": before, "is_whole": int(is_whole)}
        rows = self._engine.query(sql("audit.latest"), parameters)
        return [
            Entry(at, actor, action, msgspec.json.decode(detail), int(version))
            for at, actor, action, detail, version in rows
        ]
