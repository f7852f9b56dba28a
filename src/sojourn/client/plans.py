"""The routes of the API as plans: what is asked, how many times, and what may be asked twice."""

from collections.abc import Iterable, Mapping
from itertools import islice
from pathlib import Path
from typing import Any

import msgspec

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
    Refusal,
    Session,
    Wrapped,
)
from sojourn.client.batches import Encoder, Sendable, is_lone
from sojourn.client.calls import json_of, one, page, place, reading, reading_data
from sojourn.client.definitions import Effect, Segment, Site
from sojourn.client.files import kind_of
from sojourn.client.listing import Listing
from sojourn.client.parameters import pairs_of
from sojourn.client.steps import Call, Plan, Reply, Request, once
from sojourn.errors import NotFound, SojournError

SESSIONS, EVENTS, SITE, LEADS, SEGMENTS = "/v1/sessions", "/v1/events", "/v1/site", "/v1/leads", "/v1/segments"
MAX_PAGE = 200
MAX_DECISIONS = 10_000


def sending(events: Sendable | Iterable[Sendable], encoder: Encoder) -> Plan[Accepted]:
    """Every event has an id before the first try, so each request may be repeated."""
    if is_lone(events):
        return once(_send(encoder.encode(events)))
    return _sending_all(events, encoder)  # type: ignore[arg-type]


def _send(body: bytes) -> Call[Accepted]:
    return Call(Request(method="POST", path=EVENTS, body=body), reading(Accepted))


def _sending_all(events: Iterable[Sendable], encoder: Encoder) -> Plan[Accepted]:
    accepted = duplicates = 0
    refused: list[Refusal] = []
    for batch in encoder.batches(events, refused):
        answer: Accepted = yield _send(batch.body())
        accepted += answer.accepted
        duplicates += answer.duplicates
        refused += [msgspec.structs.replace(item, index=batch.indices[item.index]) for item in answer.refused]
    refused.sort(key=lambda refusal: refusal.index)
    return Accepted(accepted=accepted, duplicates=duplicates, refused=refused)


def sessions(filters: Mapping[str, object], page_size: int) -> Listing[Session]:
    return Listing(page(Page[Session], SESSIONS, {**filters, "limit": page_size}))


def sessions_page(filters: Mapping[str, object], limit: int | None, cursor: str | None) -> Plan[Page[Session]]:
    return once(page(Page[Session], SESSIONS, {**filters, "limit": limit, "cursor": cursor}))


def events(filters: Mapping[str, object], page_size: int) -> Listing[Event]:
    return Listing(page(Page[Event], EVENTS, {**filters, "limit": page_size}))


def event(event_id: str, sender: str | None) -> Plan[Event]:
    return once(one(Wrapped[Event], place(EVENTS, event_id), {"sender": sender}))


def site() -> Plan[Site]:
    return once(one(Wrapped[Site], SITE))


def conflicts() -> Plan[list[Conflict]]:
    return once(one(Wrapped[list[Conflict]], "/v1/conflicts"))


def refusals() -> Plan[dict[str, int]]:
    return once(one(Wrapped[dict[str, int]], "/v1/refusals"))


def leads(page_size: int) -> Listing[LeadSummary]:
    return Listing(page(Page[LeadSummary], LEADS, {"limit": page_size}))


def lead(lead_id: str) -> Plan[KnownLead]:
    return once(one(Wrapped[KnownLead], place(LEADS, lead_id)))


def journey(session_id: str) -> Plan[Journey]:
    """The session with all its events, however many requests that takes."""
    asked = one(Wrapped[Journey], place(SESSIONS, session_id))
    first: Journey = yield asked
    rows, cursor = list(first.events), first.events_next_cursor
    while cursor is not None:
        request = msgspec.structs.replace(asked.request, params=(("events_cursor", cursor),))
        more: Journey = yield Call(request, asked.read)
        rows += more.events
        cursor = more.events_next_cursor
    return msgspec.structs.replace(first, events=rows, events_next_cursor=None)


def changing_site(patch: Mapping[str, Any]) -> Plan[Site]:
    """Not repeated when nobody knows if it was done: another change may have come in between, and would be undone."""
    request = Request(method="PATCH", path=SITE, body=json_of(patch))
    return once(Call(request, reading_data(Wrapped[Site]), is_repeatable=False))


def what_if(patch: Mapping[str, Any]) -> Plan[Effect]:
    request = Request(method="PATCH", path=SITE, params=(("dry_run", "true"),), body=json_of(patch))
    return once(Call(request, reading_data(Wrapped[Effect])))


def deciding(event_ids: str | Iterable[str], reason: str | None) -> Plan[Decided]:
    """Any number of ids. A decision made twice is the same decision, so it may be repeated.

    Raises NotFound when none of the events is there.
    """
    ids = iter([event_ids] if isinstance(event_ids, str) else event_ids)
    count, missing = 0, None
    while some := list(islice(ids, MAX_DECISIONS)):
        body = json_of({"event_ids": some, "reason": reason})
        request = Request(method="POST", path="/v1/suppressions", body=body)
        try:
            decided: Decided = yield Call(request, reading_data(Wrapped[Decided]))
            count += decided.event_count
        except NotFound as error:
            missing = error
    if missing is not None and not count:
        raise missing
    return Decided(event_count=count, reason=reason)


def lead_document(lead_id: str) -> Plan[dict[str, Any]]:
    """As it comes, so that nothing of it is passed over, whatever a newer server adds."""
    return once(one(Wrapped[dict[str, Any]], place(LEADS, lead_id) + "/export"))


def erasing(lead_id: str) -> Plan[Receipt]:
    """Not repeated when nobody knows if it was done: what came of the lead in between would be erased as well."""
    request = Request(method="DELETE", path=place(LEADS, lead_id))
    return once(Call(request, reading_data(Wrapped[Receipt]), is_repeatable=False))


def segments() -> Plan[list[Segment]]:
    return once(one(Wrapped[list[Segment]], SEGMENTS))


def segment(segment_id: str) -> Plan[Segment]:
    return once(one(Wrapped[Segment], place(SEGMENTS, segment_id)))


def making_segment(name: str, filters: Mapping[str, Any]) -> Plan[Segment]:
    """Not repeated when nobody knows if it was done: there would be two."""
    body = json_of({"name": name, "filters": filters})
    request = Request(method="POST", path=SEGMENTS, body=body)
    return once(Call(request, reading_data(Wrapped[Segment]), is_repeatable=False))


def changing_segment(segment_id: str, name: str | None, filters: Mapping[str, Any] | None) -> Plan[Segment]:
    """Not repeated when nobody knows if it was done, as a change of the site is not."""
    body = json_of({"name": name, "filters": filters})
    request = Request(method="PATCH", path=place(SEGMENTS, segment_id), body=body)
    return once(Call(request, reading_data(Wrapped[Segment]), is_repeatable=False))


def removing_segment(segment_id: str) -> Plan[Segment]:
    """Not repeated when nobody knows if it was done: it would not be found, as if it had never been there."""
    request = Request(method="DELETE", path=place(SEGMENTS, segment_id))
    return once(Call(request, reading_data(Wrapped[Segment]), is_repeatable=False))


def exporting(path: str, target: Path, filters: Mapping[str, object]) -> Plan[Path]:
    """A list as CSV or Parquet, by the ending of the file. A cut-off answer is asked for again from its beginning."""
    request = Request(method="GET", path=path, params=pairs_of(filters), accept=kind_of(target), target=target)

    def read(reply: Reply) -> Path:
        if not reply.is_saved:
            kind = reply.headers.get("content-type", "nothing")
            raise SojournError(f"The server answered {kind} instead of {request.accept}; it may be an older one.")
        return target

    return once(Call(request, read))
