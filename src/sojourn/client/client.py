"""class Client: the API from Python. All logic is in plans and exchanges; this waits for the network."""

import random
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, Self, TypeVar, Unpack, overload

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


class Changes(Iterator[Session | Tombstone]):
    """What changed; when it has been read to its end, `next_since` is from when to ask next (before: what was asked).

    Asking so tells some changes twice and leaves none out.
    """

    def __init__(self, rows: Iterator[Session | Tombstone], sync: Sync) -> None:
        self._rows = rows
        self._sync = sync

    def __next__(self) -> Session | Tombstone:
        return next(self._rows)

    @property
    def next_since(self) -> datetime:
        return self._sync.next_since


class Client:
    """Talks to a server with one key: sends events, lists sessions, pages by itself and repeats what failed.

    May be shared by threads. timeout: seconds for each of connecting, sending and waiting for an answer, or an
    httpx.Timeout. retries: how often a request is repeated, and how long it may wait. transport: another way to the
    server, such as an httpx.HTTPTransport with its own certificates or a socket. sleep, chance (0 to 1) and new_id
    are there for tests.

    Methods raise the errors of sojourn.errors: what the server answered with, and Unavailable when it did not answer.
    Raises InvalidRequest for what is no address or no key.
    """

    def __init__(
        self,
        url: str,
        key: str,
        *,
        timeout: float | httpx.Timeout = TIMEOUT,
        retries: Retries = PATIENT,
        transport: httpx.BaseTransport | None = None,
        sleep: Callable[[float], object] = time.sleep,
        chance: Callable[[], float] = random.random,
        new_id: Callable[[], str] = new_event_id,
    ) -> None:
        self._manner = manner_of(url, retries, chance, new_id)
        self._http = httpx.Client(**options_of(self._manner, key, timeout), transport=transport)
        self._sleep = sleep

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._manner.url!r})"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Closes its connections."""
        self._http.close()

    def send(self, events: Sendable | Iterable[Sendable]) -> Accepted:
        """Sends one event or any number; what is accepted is durable.

        An event without an event_id gets one before the first try. One event that is refused raises its error; of
        several, the refused are listed with their indices, and the others are taken.
        """
        return self._run(plans.sending(events, Encoder(self._manner.new_id)))

    def sessions(self, *, page_size: int = plans.MAX_PAGE, **filters: Unpack[SessionFilters]) -> Iterator[Session]:
        """All sessions that the filters choose, newest first."""
        return self._rows(plans.sessions(filters, page_size))

    def sessions_page(
        self, *, limit: int | None = None, cursor: str | None = None, **filters: Unpack[SessionFilters]
    ) -> Page[Session]:
        """One page of sessions; its next_cursor leads to the next one."""
        return self._run(plans.sessions_page(filters, limit, cursor))

    def session(self, session_id: str) -> Journey:
        """One session with all its events, under any id that it ever had. Raises NotFound."""
        return self._run(plans.journey(session_id))

    def changes(self, since: datetime | None = None, *, page_size: int = plans.MAX_PAGE) -> Changes:
        """Sessions that changed at or after the instant (None: all), and tombstones of those that are no more."""
        sync = sync_since(since, page_size)
        return Changes(self._rows(sync), sync)

    def events(self, *, page_size: int = plans.MAX_PAGE, **filters: Unpack[EventFilters]) -> Iterator[Event]:
        """All events that the filters choose, newest first: suppressed and passive ones too."""
        return self._rows(plans.events(filters, page_size))

    def event(self, event_id: str, *, sender: str | None = None) -> Event:
        """One event by the id that it was sent with; of several senders the newest, or that of the sender that is given
        (`v:9f2c`). Raises NotFound.
        """
        return self._run(plans.event(event_id, sender))

    def export(self, path: str | Path, **filters: Unpack[SessionFilters]) -> Path:
        """Writes all sessions that the filters choose into a CSV or Parquet file, by its ending.

        The file is there when it is whole. Raises FileError when it cannot be written.
        """
        return self._run(plans.exporting(plans.SESSIONS, Path(path), filters))

    def export_events(self, path: str | Path, **filters: Unpack[EventFilters]) -> Path:
        """Writes all events that the filters choose into a CSV or Parquet file, as `export` does."""
        return self._run(plans.exporting(plans.EVENTS, Path(path), filters))

    def site(self) -> Site:
        """The site of the key."""
        return self._run(plans.site())

    @overload
    def change_site(self, patch: Mapping[str, Any], *, dry_run: Literal[False] = False) -> Site: ...
    @overload
    def change_site(self, patch: Mapping[str, Any], *, dry_run: Literal[True]) -> Effect: ...
    def change_site(self, patch: Mapping[str, Any], *, dry_run: bool = False) -> Site | Effect:
        """Changes fields of the site, or with dry_run only says what that would do.

        What touches the past is built beside the present: see `building` of the answer and of `site()`.
        """
        if dry_run:
            return self._run(plans.what_if(patch))
        return self._run(plans.changing_site(patch))

    def suppress(self, event_ids: str | Iterable[str], reason: str) -> Decided:
        """Takes events out of sessions for a reason, any number. Raises NotFound when none of them is there."""
        return self._run(plans.deciding(event_ids, reason))

    def release(self, event_ids: str | Iterable[str]) -> Decided:
        """Undoes `suppress`. Raises NotFound when none of them is there."""
        return self._run(plans.deciding(event_ids, None))

    def conflicts(self) -> list[Conflict]:
        """Facts that contradict, newest first."""
        return self._run(plans.conflicts())

    def refusals(self) -> dict[str, int]:
        """How many events were refused, by reason."""
        return self._run(plans.refusals())

    def leads(self, *, page_size: int = plans.MAX_PAGE) -> Iterator[LeadSummary]:
        """All leads that have a session, by their lead_ids downwards."""
        return self._rows(plans.leads(page_size))

    def lead(self, lead_id: str) -> KnownLead:
        """A lead by its lead_id, or by your own id, e-mail or visitor id of it. Raises NotFound."""
        return self._run(plans.lead(lead_id))

    def export_lead(self, lead_id: str) -> dict[str, Any]:
        """Everything that is stored of a lead, as the JSON document that the server gives. Raises NotFound."""
        return self._run(plans.lead_document(lead_id))

    def erase_lead(self, lead_id: str) -> Receipt:
        """Erases a lead, for good; of one that was erased, the receipt again. Raises NotFound."""
        return self._run(plans.erasing(lead_id))

    def segments(self) -> list[Segment]:
        """All segments of the site, newest first."""
        return self._run(plans.segments())

    def segment(self, segment_id: str) -> Segment:
        """One segment. Raises NotFound."""
        return self._run(plans.segment(segment_id))

    def make_segment(self, name: str, filters: Mapping[str, Any]) -> Segment:
        """Makes a segment of filters of sessions, by name: a value each, or a list of values."""
        return self._run(plans.making_segment(name, filters))

    def change_segment(
        self, segment_id: str, *, name: str | None = None, filters: Mapping[str, Any] | None = None
    ) -> Segment:
        """Changes its name, its filters or both. Raises NotFound."""
        return self._run(plans.changing_segment(segment_id, name, filters))

    def remove_segment(self, segment_id: str) -> Segment:
        """Removes a segment, and answers what it was. Raises NotFound."""
        return self._run(plans.removing_segment(segment_id))

    def _rows(self, listing: Listing[T]) -> Iterator[T]:
        while listing.call is not None:
            page = self._run(once(listing.call))
            yield from page.data
            listing.passed(page)

    def _run(self, plan: Plan[T]) -> T:
        steps = talk(plan, self._manner)
        outcome: Outcome | None = None
        while True:
            try:
                step = steps.send(outcome)
            except StopIteration as end:
                result: T = end.value
                return result
            if isinstance(step, Pause):
                self._sleep(step.seconds)
                outcome = None
            else:
                outcome = self._do(step)

    def _do(self, request: Request) -> Outcome:
        try:
            with self._http.stream(**asked(request)) as response:
                status, headers = response.status_code, response.headers
                if not request.is_for_file(status, headers):
                    return Reply(status=status, headers=headers, body=response.read())
                with Part.of(request) as part:
                    for chunk in response.iter_bytes(CHUNK):
                        part.write(chunk)
                return Reply(status=status, headers=headers, is_saved=True)
        except httpx.RequestError as error:
            return failure_of(error)
