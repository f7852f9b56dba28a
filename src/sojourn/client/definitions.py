"""What a server answers about the site and its segments, typed as `answers` are."""

from datetime import datetime
from typing import Any

import msgspec


class Goal(msgspec.Struct, frozen=True, kw_only=True):
    types: list[str] = msgspec.field(default_factory=list)
    urls: list[str] = msgspec.field(default_factory=list)


class IntentSteps(msgspec.Struct, frozen=True, kw_only=True):
    """Kinds of steps and pages that the site has of its own; None where those that are shipped hold."""

    decisive_types: list[str] | None = None
    high_types: list[str] | None = None
    high_urls: list[str] | None = None
    content_urls: list[str] | None = None
    unsubscribe_types: list[str] | None = None


class Building(msgspec.Struct, frozen=True, kw_only=True):
    """Sessions being built under changed definitions: how far (0 to 1), and what is changed."""

    progress: float
    changes: dict[str, Any]


class Outlook(msgspec.Struct, frozen=True, kw_only=True):
    """What retention does: from when sessions are served, what is hidden and until when it is deleted, and what the
    next purge takes away. None where there is nothing of it.
    """

    oldest_served_at: datetime | None = None
    purged_before: datetime | None = None
    next_purge_at: datetime | None = None
    next_purge_before: datetime | None = None
    next_purge_session_count: int = 0
    hidden_session_count: int = 0
    hidden_deleted_by: datetime | None = None


class Site(msgspec.Struct, frozen=True, kw_only=True):
    """The site of the key; `building` is None when no change is under way."""

    id: str
    name: str
    hosts: list[str]
    session_timeout_ms: int
    plan: str
    retention_days: int | None = None
    conversion_events: list[str]
    goals: dict[str, Goal]
    passive_types: list[str]
    intent_steps: IntentSteps = IntentSteps()
    currency: str | None = None
    time_zone: str
    generation: int
    is_test: bool = False
    building: Building | None = None
    retention: Outlook | None = None


class Change(msgspec.Struct, frozen=True, kw_only=True, rename={"from_": "from"}):
    """The value of a field before and after."""

    from_: Any = None
    to: Any = None


class Counts(msgspec.Struct, frozen=True, kw_only=True):
    now: int
    then: int


class Effect(msgspec.Struct, frozen=True, kw_only=True):
    """What a change of the site would do: numbers of sessions, also at a timeout of 15m, 30m and 60m.

    `hidden_deleted_from`: when what it would hide begins to be deleted, None when it would hide nothing.
    """

    changes: dict[str, Change]
    sessions: Counts
    sessions_at: dict[str, int]
    hidden_deleted_from: datetime | None = None


class Segment(msgspec.Struct, frozen=True, kw_only=True):
    """A name for the leads that have a session which passes its filters."""

    id: str
    name: str
    filters: dict[str, Any]
    created_at: datetime
    updated_at: datetime
