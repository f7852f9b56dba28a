"""The API from Python: Client, its async twin, and what they answer with."""

from sojourn.client.answers import (
    Accepted,
    Building,
    Change,
    Conflict,
    Counts,
    Decided,
    Effect,
    Event,
    Goal,
    Journey,
    KnownLead,
    Lead,
    Nudge,
    Page,
    Receipt,
    Refusal,
    Row,
    Session,
    Site,
    Tombstone,
)
from sojourn.client.async_client import AsyncChanges, AsyncClient
from sojourn.client.batches import NewEvent
from sojourn.client.client import Changes, Client
from sojourn.client.parameters import EventFilters, SessionFilters
from sojourn.client.retries import Retries

__all__ = [
    "Accepted",
    "AsyncChanges",
    "AsyncClient",
    "Building",
    "Change",
    "Changes",
    "Client",
    "Conflict",
    "Counts",
    "Decided",
    "Effect",
    "Event",
    "EventFilters",
    "Goal",
    "Journey",
    "KnownLead",
    "Lead",
    "NewEvent",
    "Nudge",
    "Page",
    "Receipt",
    "Refusal",
    "Retries",
    "Row",
    "Session",
    "SessionFilters",
    "Site",
    "Tombstone",
]
