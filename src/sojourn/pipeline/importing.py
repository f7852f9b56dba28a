"""Files of events into a site: in batches, each durable before the next is read, in constant memory; resumable."""

from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Any

import msgspec
import xxhash

from sojourn.adapters import files as event_files
from sojourn.adapters.columns import Columns, Span
from sojourn.adapters.mapping import Mapper
from sojourn.adapters.ordinals import Ordinals
from sojourn.adapters.spans import bounds
from sojourn.errors import FileError, InvalidRequest
from sojourn.model import instant
from sojourn.model.event import Event
from sojourn.model.refusal import Refused
from sojourn.model.site import oldest_kept
from sojourn.pipeline.collect import Arrival, collect
from sojourn.pipeline.import_target import Progress, Target

ROWS_AT_ONCE = 20_000
SHOWN_REFUSALS = 1000
INSERTS_AT_ONCE = 2
# What repeats few texts, in most files.
REPEATED = (
    *("type", "url", "title", "referrer", "currency", "account", "source", "medium", "campaign"),
    *("device", "browser", "os", "country"),
)
Payload = dict[str, Any]


class Plan(msgspec.Struct, forbid_unknown_fields=True):
    """What to import: a file or a folder, the mapping of columns, whether to move the last event to now."""

    path: str
    mapping: dict[str, str] | None = None
    is_shifted: bool = False
    is_dry: bool = False
    is_again: bool = False


@dataclass
class Tally:
    """What became of the rows read so far; `refusals` holds the first thousand as (file, line, message)."""

    rows: int = 0
    accepted: int = 0
    duplicates: int = 0
    refused: int = 0
    resumed: int = 0
    first_ms: int | None = None
    last_ms: int | None = None
    outside: str = ""  # from when on the site keeps events, when some of these are older
    refusals: list[tuple[str, int, str]] = field(default_factory=list)

    def refuse(self, file: str, line: int, message: str) -> None:
        self.refused += 1
        if len(self.refusals) < SHOWN_REFUSALS:
            self.refusals.append((file, line, message))


class Import:
    """One file into the target. `on_progress` may raise to end it: what is recorded stays, and is not done twice."""

    def __init__(
        self, target: Target, plan: Plan, path: Path, now_ms: int, on_progress: Callable[[Tally], None]
    ) -> None:
        self._target = target
        self._plan = plan
        self._path = path
        self._now_ms = now_ms
        self._on_progress = on_progress
        self._ordinals = Ordinals()
        self._mapper = Mapper(plan.mapping, self._ordinals)
        self._skipped = 0
        self._is_skipped = False
        self.tally = Tally()

    def run(self) -> Tally:
        import_id = fingerprint(self._path, self._plan)
        if not self._plan.is_again and not self._plan.is_dry:
            done = self._target.progress(import_id)
            if done.is_done:
                return Tally(rows=done.rows, duplicates=done.accepted, refused=done.refused)
            self._skipped = self.tally.resumed = self.tally.rows = done.rows
            self.tally.accepted, self.tally.refused = done.accepted, done.refused
        span = self._span(import_id)
        is_columnar = self._plan.mapping is not None and event_files.is_columnar(self._path)
        for _ in self._columns(span) if is_columnar else self._rows(span):
            self._record(import_id, is_done=False)
            self._on_progress(self.tally)
        self._record(import_id, is_done=True)
        return self.tally

    def _record(self, import_id: str, *, is_done: bool) -> None:
        if not self._plan.is_dry:
            tally = self.tally
            self._target.record(import_id, Progress(tally.rows, tally.accepted, tally.refused, is_done))

    def _span(self, import_id: str) -> Span:
        """When the events are received, from when on they are kept, and by how much they are moved."""
        oldest = oldest_kept(self._target.site, self._now_ms)
        shift = self._known_shift(import_id)
        if shift is None or self._plan.is_dry or oldest:
            first_ms, last_ms = self._bounds()
            if shift is None:
                shift = self._now_ms - last_ms
                if not self._plan.is_dry:
                    self._target.record_shift(import_id, shift)
            self.tally.first_ms, self.tally.last_ms = first_ms + shift, last_ms + shift
            if first_ms + shift < oldest:
                self.tally.outside = instant.iso(oldest)
                self._on_progress(self.tally)
        return Span(self._now_ms, oldest, shift, self._target.watched())

    def _known_shift(self, import_id: str) -> int | None:
        """None: the last event is to be moved to now. What was cut off goes on as it began."""
        if not self._plan.is_shifted:
            return 0
        return None if self._plan.is_again else self._target.shift(import_id)

    def _bounds(self) -> tuple[int, int]:
        found = bounds(self._path, self._plan.mapping)
        if found is None:
            columns = ", ".join(event_files.columns(self._path))
            raise InvalidRequest(f"No row of {self._path.name} has a time; is --map right? Columns: {columns}.")
        return found

    def _columns(self, span: Span) -> Iterator[None]:
        assert self._plan.mapping is not None
        repeated = [column for target, column in self._plan.mapping.items() if target in REPEATED]
        with ThreadPoolExecutor(INSERTS_AT_ONCE) as threads:
            under_way: deque[tuple[int, int, Future[None]]] = deque()
            for before, table in event_files.tables(self._path, repeated=repeated):
                batch = self._batch(before, table, span)
                if batch is None:
                    continue
                accepted = batch[0].num_rows + len(batch[1])
                under_way.append((before + table.num_rows, accepted, threads.submit(self._store, *batch)))
                if len(under_way) > INSERTS_AT_ONCE:
                    self._stored(under_way.popleft())
                    yield
            while under_way:
                self._stored(under_way.popleft())
                yield

    def _stored(self, batch: "tuple[int, int, Future[None]]") -> None:
        """Count a batch once it is durable."""
        rows, accepted, stored = batch
        stored.result()
        self.tally.rows = rows
        self.tally.accepted += accepted

    def _batch(self, before: int, table: Any, span: Span) -> tuple[Any, list[Event]] | None:
        assert self._plan.mapping is not None
        batch = Columns(table, self._plan.mapping, span, self._ordinals)
        self._is_skipped = before + table.num_rows <= self._skipped
        if self._is_skipped:
            if "id" not in self._plan.mapping:
                batch.events()  # for the ordinals of equal rows
            return None
        events = batch.events()
        odd = batch.odd.nonzero()[0]
        rows = table.take(odd).to_pylist() if len(odd) else []
        numbered = zip((before + odd + 1).tolist(), rows, strict=True)
        return events, self._collected(self._payloads(numbered, span.shift_ms, batch.ids, before))

    def _store(self, columns: Any, events: list[Event]) -> None:
        if self._plan.is_dry:
            return
        if columns.num_rows:
            self._target.insert_columns(columns, self._now_ms)
        if events:
            self._target.insert_events(events)

    def _rows(self, span: Span) -> Iterator[None]:
        rows = event_files.rows(self._path)
        number = 0
        while batch := list(islice(rows, ROWS_AT_ONCE)):
            number += len(batch)
            self._is_skipped = number <= self._skipped
            payloads = self._payloads(iter(batch), span.shift_ms, None, 0)
            if self._is_skipped:
                for _ in payloads:  # for the ordinals of equal rows
                    pass
                continue
            events = self._collected(payloads)
            self.tally.rows = number
            self.tally.accepted += len(events)
            if events and not self._plan.is_dry:
                self._target.insert_events(events)
            yield

    def _payloads(
        self, rows: Iterator[tuple[int, Any]], shift_ms: int, ids: Any, before: int
    ) -> Iterator[tuple[int, Payload]]:
        for line, row in rows:
            try:
                if isinstance(row, FileError):
                    raise row
                payload = self._mapper.payload(row) if ids is not None else self._mapper(row)
                if ids is not None:
                    payload["event_id"] = ids[line - 1 - before].as_py()
                if shift_ms:
                    payload["occurred_at"] = instant.parse(payload.get("occurred_at"), "occurred_at") + shift_ms
            except (FileError, InvalidRequest) as error:
                self._refuse(line, error.message)
                continue
            yield line, payload

    def _collected(self, payloads: Iterator[tuple[int, Payload]]) -> list[Event]:
        target, events = self._target, []
        arrival = Arrival(target.site, target.site_id, self._now_ms, is_secret=True, is_erased=target.erasures.refuses)
        day = datetime.fromtimestamp(self._now_ms / 1000, UTC).date()
        for line, payload in payloads:
            try:
                events.append(collect(payload, arrival))
            except Refused as refused:
                self._refuse(line, refused.message)
                if not self._plan.is_dry:
                    target.refusals.count(target.site_id, day, refused.reason)
        return events

    def _refuse(self, line: int, message: str) -> None:
        if not self._is_skipped:
            self.tally.refuse(self._path.name, line, message)


def fingerprint(path: Path, plan: Plan) -> str:
    """What a file is known by when it is imported again: its size, beginning, end and time, and the mapping."""
    if not path.is_file():
        raise FileError(f"There is no file {path}.")
    stat = path.stat()
    digest = xxhash.xxh3_128(msgspec.json.encode((stat.st_size, stat.st_mtime_ns, plan.mapping, plan.is_shifted)))
    try:
        with path.open("rb") as file:
            digest.update(file.read(1 << 20))
            file.seek(max(0, stat.st_size - (1 << 20)))
            digest.update(file.read())
    except OSError as error:
        raise FileError(f"{path.name} cannot be read: {error.strerror}.") from None
    return digest.hexdigest()
