"""Lists that page by themselves, and how far a synchronisation has come."""

from datetime import UTC, datetime
from typing import Generic, TypeVar

import msgspec

from sojourn.client.answers import Mark, Page, Session, Tombstone
from sojourn.client.parameters import pairs_of
from sojourn.client.steps import Call, Reply, Request

T = TypeVar("T")

BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)


class Listing(Generic[T]):
    """The pages of a list one after the other: `call` is the next to make, None at the end."""

    def __init__(self, call: Call[Page[T]]) -> None:
        self.call: Call[Page[T]] | None = call

    def passed(self, page: Page[T]) -> None:
        """The page has been read to its end."""
        assert self.call is not None
        if not page.has_more or page.next_cursor is None:
            self.call = None
            return
        # A cursor carries the filters and works alone.
        limit = tuple(pair for pair in self.call.request.params if pair[0] == "limit")
        request = msgspec.structs.replace(self.call.request, params=(("cursor", page.next_cursor), *limit))
        self.call = Call(request, self.call.read)


class Sync(Listing[Session | Tombstone]):
    """The pages of what changed since an instant; at their end `next_since` is from when to ask next."""

    def __init__(self, call: Call[Page[Session | Tombstone]], since: datetime) -> None:
        super().__init__(call)
        self.next_since = since
        self._synced_until: datetime | None = None

    def passed(self, page: Page[Session | Tombstone]) -> None:
        super().passed(page)
        # What the first page tells holds for all: it was told before any of them was read.
        self._synced_until = self._synced_until or page.synced_until
        if self.call is None and self._synced_until is not None:
            self.next_since = max(self.next_since, self._synced_until)


def read_changes(reply: Reply) -> Page[Session | Tombstone]:
    """A page in which sessions and tombstones are mixed."""
    page = msgspec.json.decode(reply.body, type=Page[msgspec.Raw])
    return Page(
        data=[_change(raw) for raw in page.data],
        next_cursor=page.next_cursor,
        has_more=page.has_more,
        synced_until=page.synced_until,
    )


def _change(raw: msgspec.Raw) -> Session | Tombstone:
    if msgspec.json.decode(raw, type=Mark).deleted:
        return msgspec.json.decode(raw, type=Tombstone)
    return msgspec.json.decode(raw, type=Session)


def sync_since(since: datetime | None, limit: int) -> Sync:
    """What changed since the instant (no zone: UTC), everything for None."""
    begin = BEGINNING if since is None else since if since.tzinfo is not None else since.replace(tzinfo=UTC)
    params = pairs_of({"updated_since": begin, "limit": limit})
    return Sync(Call(Request(method="GET", path="/v1/sessions", params=params), read_changes), begin)
