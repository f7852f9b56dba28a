"""class AsyncClient: the twin of Client, for asyncio. Its methods are told there."""

import random
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, Self, TypeVar, Unpack, overload

import anyio
import anyio.to_thread
import httpx

from sojourn.client import plans
from sojourn.client.answers import (
    Accepted,
    Conflict,
    Decided,
    Event,
    Journey,
    KnownLead,
    LeadSummary,
    Page,
    Receipt,
    Session,
    Tombstone,
)
from sojourn.client.batches import Encoder, Sendable
from sojourn.client.definitions import Effect, Segment, Site
from sojourn.client.exchange import talk
from sojourn.client.faults import failure_of
from sojourn.client.files import Part
from sojourn.client.listing import Listing, Sync, sync_since
from sojourn.client.parameters import EventFilters, SessionFilters
from sojourn.client.retries import Retries
from sojourn.client.steps import Outcome, Pause, Plan, Reply, Request, once
from sojourn.client.wiring import CHUNK, PATIENT, TIMEOUT, asked, manner_of, new_event_id, options_of

T = TypeVar("T")


class AsyncChanges(AsyncIterator[Session | Tombstone]):
    """The twin of Changes: read by `async for`."""

    def __init__(self, rows: AsyncIterator[Session | Tombstone], sync: Sync) -> None:
        self._rows = rows
        self._sync = sync

    async def __anext__(self) -> Session | Tombstone:
        return await anext(self._rows)

    @property
    def next_since(self) -> datetime:
        return self._sync.next_since


class AsyncClient:
    """Client for asyncio: its methods are awaited, its lists read by `async for`; all else is the same.

    `transport` is an asynchronous one, `sleep` is awaited.
    """

    def __init__(
        self,
        url: str,
        key: str,
        *,
        timeout: float | httpx.Timeout = TIMEOUT,
        retries: Retries = PATIENT,
        transport: httpx.AsyncBaseTransport | None = None,
        sleep: Callable[[float], Awaitable[object]] = anyio.sleep,
        chance: Callable[[], float] = random.random,
        new_id: Callable[[], str] = new_event_id,
    ) -> None:
        self._manner = manner_of(url, retries, chance, new_id)
        self._http = httpx.AsyncClient(**options_of(self._manner, key, timeout), transport=transport)
        self._sleep = sleep

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._manner.url!r})"

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        await self._http.aclose()

    async def send(self, events: Sendable | Iterable[Sendable]) -> Accepted:
        return await self._run(plans.sending(events, Encoder(self._manner.new_id)))

    def sessions(self, *, page_size: int = plans.MAX_PAGE, **filters: Unpack[SessionFilters]) -> AsyncIterator[Session]:
        return self._rows(plans.sessions(filters, page_size))

    async def sessions_page(
        self, *, limit: int | None = None, cursor: str | None = None, **filters: Unpack[SessionFilters]
    ) -> Page[Session]:
        return await self._run(plans.sessions_page(filters, limit, cursor))

    async def session(self, session_id: str) -> Journey:
        return await self._run(plans.journey(session_id))

    def changes(self, since: datetime | None = None, *, page_size: int = plans.MAX_PAGE) -> AsyncChanges:
        sync = sync_since(since, page_size)
        return AsyncChanges(self._rows(sync), sync)

    def events(self, *, page_size: int = plans.MAX_PAGE, **filters: Unpack[EventFilters]) -> AsyncIterator[Event]:
        return self._rows(plans.events(filters, page_size))

    async def event(self, event_id: str, *, sender: str | None = None) -> Event:
        return await self._run(plans.event(event_id, sender))

    async def export(self, path: str | Path, **filters: Unpack[SessionFilters]) -> Path:
        return await self._run(plans.exporting(plans.SESSIONS, Path(path), filters))

    async def export_events(self, path: str | Path, **filters: Unpack[EventFilters]) -> Path:
        return await self._run(plans.exporting(plans.EVENTS, Path(path), filters))

    async def site(self) -> Site:
        return await self._run(plans.site())

    @overload
    async def change_site(self, patch: Mapping[str, Any], *, dry_run: Literal[False] = False) -> Site: ...
    @overload
    async def change_site(self, patch: Mapping[str, Any], *, dry_run: Literal[True]) -> Effect: ...
    async def change_site(self, patch: Mapping[str, Any], *, dry_run: bool = False) -> Site | Effect:
        if dry_run:
            return await self._run(plans.what_if(patch))
        return await self._run(plans.changing_site(patch))

    async def suppress(self, event_ids: str | Iterable[str], reason: str) -> Decided:
        return await self._run(plans.deciding(event_ids, reason))

    async def release(self, event_ids: str | Iterable[str]) -> Decided:
        return await self._run(plans.deciding(event_ids, None))

    async def conflicts(self) -> list[Conflict]:
        return await self._run(plans.conflicts())

    async def refusals(self) -> dict[str, int]:
        return await self._run(plans.refusals())

    def leads(self, *, page_size: int = plans.MAX_PAGE) -> AsyncIterator[LeadSummary]:
        return self._rows(plans.leads(page_size))

    async def lead(self, lead_id: str) -> KnownLead:
        return await self._run(plans.lead(lead_id))

    async def export_lead(self, lead_id: str) -> dict[str, Any]:
        return await self._run(plans.lead_document(lead_id))

    async def erase_lead(self, lead_id: str) -> Receipt:
        return await self._run(plans.erasing(lead_id))

    async def segments(self) -> list[Segment]:
        return await self._run(plans.segments())

    async def segment(self, segment_id: str) -> Segment:
        return await self._run(plans.segment(segment_id))

    async def make_segment(self, name: str, filters: Mapping[str, Any]) -> Segment:
        return await self._run(plans.making_segment(name, filters))

    async def change_segment(
        self, segment_id: str, *, name: str | None = None, filters: Mapping[str, Any] | None = None
    ) -> Segment:
        return await self._run(plans.changing_segment(segment_id, name, filters))

    async def remove_segment(self, segment_id: str) -> Segment:
        return await self._run(plans.removing_segment(segment_id))

    async def _rows(self, listing: Listing[T]) -> AsyncIterator[T]:
        while listing.call is not None:
            page = await self._run(once(listing.call))
            for row in page.data:
                yield row
            listing.passed(page)

    async def _run(self, plan: Plan[T]) -> T:
        steps = talk(plan, self._manner)
        outcome: Outcome | None = None
        while True:
            try:
                step = steps.send(outcome)
            except StopIteration as end:
                result: T = end.value
                return result
            if isinstance(step, Pause):
                await self._sleep(step.seconds)
                outcome = None
            else:
                outcome = await self._do(step)

    async def _do(self, request: Request) -> Outcome:
        try:
            async with self._http.stream(**asked(request)) as response:
                status, headers = response.status_code, response.headers
                if not request.is_for_file(status, headers):
                    return Reply(status=status, headers=headers, body=await response.aread())
                with Part.of(request) as part:
                    async for chunk in response.aiter_bytes(CHUNK):
                        await anyio.to_thread.run_sync(part.write, chunk)
                return Reply(status=status, headers=headers, is_saved=True)
        except httpx.RequestError as error:
            return failure_of(error)
