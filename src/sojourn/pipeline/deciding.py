"""Decisions about events that are stored: to suppress them for a reason, or to release them."""

from collections.abc import Sequence

from sojourn.errors import NotFound
from sojourn.pipeline.commits import CommitLog
from sojourn.sql import sql
from sojourn.store.engine import Engine


def decide(engine: Engine, commits: CommitLog, site_id: str, event_ids: Sequence[str], reason: str) -> int:
    """Suppress events for a reason, or release them with ''; how many it concerns. Raises NotFound."""
    parameters = {"site_id": site_id, "event_ids": list(event_ids)}
    count = int(engine.query(sql("event.count_by_id"), parameters)[0][0])
    if not count:
        raise NotFound(f"There is no event {event_ids[0][:60]!r} on this site.")
    with commits.commit() as commit_id:
        engine.execute(sql("event.decide"), {**parameters, "reason": reason, "commit_id": commit_id})
    return count
