"""What a server answers, typed. Fields that a newer server adds are passed over; instants are datetimes in UTC."""

from datetime import datetime
from typing import Any, Generic, TypeVar

import msgspec

T = TypeVar("T")


class Lead(msgspec.Struct, frozen=True, kw_only=True):
    """Whose session it is: its id, its name to show, and the identifier it is known by."""

    id: str
    name: str
    external_id: str | None = None
    email: str | None = None
    phone: str | None = None
    visitor_id: str | None = None


class Conflict(msgspec.Struct, frozen=True, kw_only=True):
    """A fact that named an e-mail with another own id than the one it belongs to."""

    email: str
    belongs_to: str
    also_named_with: str
    occurred_at: datetime
    event_id: str


class LeadSummary(msgspec.Struct, frozen=True, kw_only=True):
    """A lead, and how much its sessions hold; None for the instants when it has no session."""

    id: str
    lead: Lead
    first_seen_at: datetime | None = None
    last_seen_at: datetime | None = None
    session_count: int
    event_count: int


class Identifier(msgspec.Struct, frozen=True, kw_only=True):
    """One of the identifiers of a lead: `external_id`, `email`, `phone` or another kind, `visitor_id`."""

    kind: str
    value: str


class KnownLead(LeadSummary, frozen=True, kw_only=True):
    """A lead with every identifier it is known by, the strongest first, and the conflicts that concern it.

    `stored_event_count` counts passive and suppressed events too, `event_count` those in sessions.
    """

    stored_event_count: int
    identifiers: list[Identifier]
    conflicts: list[Conflict]


class Session(msgspec.Struct, frozen=True, kw_only=True):
    """A session; docs/api.md says what each field means. `duration` is in seconds."""

    id: str
    lead_id: str
    lead: Lead
    account_id: str | None = None
    started_at: datetime
    ended_at: datetime
    duration: int
    is_open: bool
    event_count: int
    page_count: int
    entry_point: str
    exit_point: str
    entry_url: str | None = None
    exit_url: str | None = None
    total_points: int
    intent_score: int
    intent: str
    converted: bool
    goals: list[str]
    revenue: float | None = None
    currency: str | None = None
    nudge_count: int
    source: str | None = None
    medium: str | None = None
    campaign: str | None = None
    channel: str | None = None
    referrer: str | None = None
    device: str | None = None
    browser: str | None = None
    os: str | None = None
    country: str | None = None
    updated_at: datetime


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """An event as a session shows it: `type` in upper snake case, `url` as path and query on the site's own hosts."""

    id: str
    type: str
    url: str | None = None
    occurred_at: datetime
    points: int
    properties: dict[str, Any]


class Nudge(msgspec.Struct, frozen=True, kw_only=True):
    """A nudge that was shown in a session."""

    nudge_id: str
    type: str
    shown_at: datetime
    outcome: str | None = None
    interacted_at: datetime | None = None
    influenced_conversion: bool | None = None


class Journey(Session, frozen=True, kw_only=True):
    """A session with its events, oldest first, and its nudges, newest first.

    `events_next_cursor` leads to further events; `Client.session` follows it and leaves None.
    """

    events: list[Row]
    nudges: list[Nudge]
    events_next_cursor: str | None = None


class Tombstone(msgspec.Struct, frozen=True, kw_only=True):
    """A session that is no more under this id; its events are in `superseded_by` now, or in no session."""

    id: str
    superseded_by: str | None = None


class Event(msgspec.Struct, frozen=True, kw_only=True):
    """An event as it is stored: suppressed and passive ones too; `type` in lower snake case, `url` whole."""

    id: str
    type: str
    occurred_at: datetime
    received_at: datetime
    lead_id: str
    lead: Lead
    account_id: str | None = None
    session_id: str | None = None
    visitor_id: str | None = None
    url: str | None = None
    title: str | None = None
    referrer: str | None = None
    points: int
    value: float | None = None
    currency: str | None = None
    properties: dict[str, Any]
    context: dict[str, Any]
    source: str | None = None
    medium: str | None = None
    campaign: str | None = None
    device: str | None = None
    browser: str | None = None
    os: str | None = None
    country: str | None = None
    suppressed: str | None = None
    passive: bool


class Page(msgspec.Struct, Generic[T], frozen=True, kw_only=True):
    """One page of a list; `next_cursor` is None when `has_more` is False, `synced_until` without `updated_since`."""

    data: list[T]
    next_cursor: str | None = None
    has_more: bool
    synced_until: datetime | None = None


class Refusal(msgspec.Struct, frozen=True, kw_only=True):
    """An event that was not taken: its index in what was sent, the error's code, and what is wrong with it."""

    index: int
    error: str
    message: str


class Accepted(msgspec.Struct, frozen=True, kw_only=True):
    """What became of the events sent: accepted is durable; duplicates are those known at once."""

    accepted: int = 0
    duplicates: int = 0
    refused: list[Refusal] = msgspec.field(default_factory=list)


class Decided(msgspec.Struct, frozen=True, kw_only=True):
    """How many events were suppressed for the reason, or released (None)."""

    event_count: int
    reason: str | None = None


class Receipt(msgspec.Struct, frozen=True, kw_only=True):
    """What was erased of a lead; its `id` stands for the erasure."""

    id: str
    lead_id: str
    erased_at: datetime
    event_count: int
    session_count: int
    identifier_count: int


class Wrapped(msgspec.Struct, Generic[T], frozen=True, kw_only=True):
    """The envelope of a single answer."""

    data: T


class Mark(msgspec.Struct, frozen=True, kw_only=True):
    """Tells a tombstone from a session."""

    deleted: bool = False
