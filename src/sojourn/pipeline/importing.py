"""Files of events into a site: in batches, each durable before the next is read, in constant memory; resumable."""

from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

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


@dataclass
class Outlook:
    """What is known of a file before its rows are read; `tally` is where its import begins, or ended."""

    path: Path
    import_id: str
    is_done: bool
    span: Span
    tally: Tally


class Looking:
    """Looks at files of an import, and stores nothing."""

    def __init__(self, target: Target, plan: Plan, now_ms: int) -> None:
        self._target = target
        self._plan = plan
        self._now_ms = now_ms
        self._oldest_ms = oldest_kept(target.site, now_ms)
        self._bounds: dict[str, tuple[int, int]] = {}  # by import

    @property
    def may_refuse_old(self) -> bool:
        """Whether the site keeps not everything."""
        return self._oldest_ms > 0

    def at(self, path: Path) -> Outlook:
        """Raises FileError for one that cannot be read, InvalidRequest for one without times where they are asked."""
        plan, import_id = self._plan, fingerprint(path, self._plan)
        done = Progress() if plan.is_again or plan.is_dry else self._target.progress(import_id)
        if done.is_done:
            tally = Tally(rows=done.rows, duplicates=done.accepted, refused=done.refused)
            return Outlook(path, import_id, True, self._span(0), tally)
        tally = Tally(rows=done.rows, accepted=done.accepted, refused=done.refused, resumed=done.rows)
        shift = self._known_shift(import_id)
        if shift is None or plan.is_dry or self._oldest_ms:
            first_ms, last_ms = self._bounds_of(path, import_id)
            shift = self._now_ms - last_ms if shift is None else shift
            tally.first_ms, tally.last_ms = first_ms + shift, last_ms + shift
            if first_ms + shift < self._oldest_ms:
                tally.outside = instant.iso(self._oldest_ms)
        return Outlook(path, import_id, False, self._span(shift), tally)

    def _span(self, shift_ms: int) -> Span:
        return Span(self._now_ms, self._oldest_ms, shift_ms, self._target.watched())

    def _known_shift(self, import_id: str) -> int | None:
        """None: the last event is to be moved to now. What was cut off goes on as it began."""
        if not self._plan.is_shifted:
            return 0
        return None if self._plan.is_again else self._target.shift(import_id)

    def _bounds_of(self, path: Path, import_id: str) -> tuple[int, int]:
        """Asked of each file once: all its rows are read for it."""
        found = self._bounds.get(import_id) or bounds(path, self._plan.mapping)
        if found is None:
            columns = ", ".join(event_files.columns(path))
            raise InvalidRequest(f"No row of {path.name} has a time; is --map right? Columns: {columns}.")
        self._bounds[import_id] = found
        return found


class _Batch(NamedTuple):
    """What is under way: up to which row, how many of its rows are accepted and refused."""

    rows: int
    accepted: int
    refused: int
    stored: Future[None]


class Import:
    """One file into the target. `on_progress` may raise to end it: what is recorded stays, and is not done twice."""

    def __init__(self, target: Target, plan: Plan, outlook: Outlook, on_progress: Callable[[Tally], None]) -> None:
        self._target = target
        self._plan = plan
        self._outlook = outlook
        self._path = outlook.path
        self._now_ms = outlook.span.received_at
        self._on_progress = on_progress
        self._ordinals = Ordinals()
        self._mapper = Mapper(plan.mapping, self._ordinals)
        self._skipped = outlook.tally.resumed
        self._is_skipped = False
        self._refused_ahead = 0  # of rows that are read again when the import is cut off now
        self.tally = outlook.tally

    def run(self) -> Tally:
        span = self._outlook.span
        if self._outlook.is_done:
            return self.tally
        if self._plan.is_shifted and not self._plan.is_dry:
            self._target.record_shift(self._outlook.import_id, span.shift_ms)
        is_columnar = self._plan.mapping is not None and event_files.is_columnar(self._path)
        for _ in self._columns(span) if is_columnar else self._rows(span):
            self._record(is_done=False)
            self._on_progress(self.tally)
        self._record(is_done=True)
        return self.tally

    def _record(self, *, is_done: bool) -> None:
        if not self._plan.is_dry:
            tally = self.tally
            progress = Progress(tally.rows, tally.accepted, tally.refused - self._refused_ahead, is_done)
            self._target.record(self._outlook.import_id, progress)

    def _columns(self, span: Span) -> Iterator[None]:
        assert self._plan.mapping is not None
        repeated = [column for target, column in self._plan.mapping.items() if target in REPEATED]
        with ThreadPoolExecutor(INSERTS_AT_ONCE) as threads:
            under_way: deque[_Batch] = deque()
            for before, table in event_files.tables(self._path, repeated=repeated):
                known = self.tally.refused
                batch = self._batch(before, table, span)
                if batch is None:
                    continue
                accepted, refused = batch[0].num_rows + len(batch[1]), self.tally.refused - known
                stored = threads.submit(self._store, *batch)
                under_way.append(_Batch(before + table.num_rows, accepted, refused, stored))
                self._refused_ahead += refused
                if len(under_way) > INSERTS_AT_ONCE:
                    self._stored(under_way.popleft())
                    yield
            while under_way:
                self._stored(under_way.popleft())
                yield

    def _stored(self, batch: "_Batch") -> None:
        """Count a batch once it is durable."""
        batch.stored.result()
        self.tally.rows = batch.rows
        self.tally.accepted += batch.accepted
        self._refused_ahead -= batch.refused

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
