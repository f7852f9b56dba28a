"""The API from Python: Client, its async twin, and what they answer with."""

from sojourn.client.answers import (
    Accepted,
    Conflict,
    Decided,
    Event,
    Identifier,
    Journey,
    KnownLead,
    Lead,
    LeadSummary,
    Nudge,
    Page,
    Receipt,
    Refusal,
    Row,
    Session,
    Tombstone,
)
from sojourn.client.async_client import AsyncChanges, AsyncClient
from sojourn.client.batches import NewEvent
from sojourn.client.client import Changes, Client
from sojourn.client.definitions import Building, Change, Counts, Effect, Goal, IntentSteps, Outlook, Segment, Site
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
    "Identifier",
    "IntentSteps",
    "Journey",
    "KnownLead",
    "Lead",
    "LeadSummary",
    "NewEvent",
    "Nudge",
    "Outlook",
    "Page",
    "Receipt",
    "Refusal",
    "Retries",
    "Row",
    "Segment",
    "Session",
    "SessionFilters",
    "Site",
    "Tombstone",
]
