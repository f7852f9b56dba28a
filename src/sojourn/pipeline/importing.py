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
from sojourn.errors import FileError, InvalidRequest, Unavailable
from sojourn.model import instant
from sojourn.model.event import COLUMNS, Event
from sojourn.model.refusal import Refused
from sojourn.model.site import Site, oldest_kept
from sojourn.pipeline.collect import Arrival, collect
from sojourn.pipeline.commits import CommitLog
from sojourn.pipeline.erasures import Erasures
from sojourn.pipeline.refusals import Refusals
from sojourn.sql import sql
from sojourn.store.engine import Engine

ROWS_AT_ONCE = 20_000
SHOWN_REFUSALS = 1000
INSERTS_AT_ONCE = 2
# What repeats few texts, in most files.
REPEATED = (
    *("type", "url", "title", "referrer", "currency", "account", "source", "medium", "campaign"),
    *("device", "browser", "os", "country"),
)
TEXTS = tuple(name for name, kind in Event.__annotations__.items() if kind is str and name not in ("site_id", "sender"))
ABSENT = {"value": "NULL", "points": "toInt64(0)"} | dict.fromkeys(
    (name for name in (*TEXTS, "visitor_id") if name not in ("traits", "suppressed")), "''"
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


class Target:
    """Where the events go: one site, by commits that no pass sees before the import ends."""

    def __init__(
        self,
        engine: Engine,
        commits: CommitLog,
        refusals: Refusals,
        erasures: Erasures,
        site: Site,
        site_id: str,
    ) -> None:
        self.engine = engine
        self.commits = commits
        self.refusals = refusals
        self.site = site
        self.site_id = site_id
        self.erasures = erasures
        self.written: list[int] = []
        self._revision = erasures.revision

    def _check(self) -> None:
        """Raises Unavailable when a lead was erased since the events were collected; once some are stored, none is."""
        if self.erasures.revision != self._revision:
            raise Unavailable("A lead was erased when the import began; run it again.")

    def insert_events(self, events: list[Event]) -> None:
        with self.commits.commit(is_hidden=True) as commit_id:
            self.written.append(commit_id)
            self._check()
            for event in events:
                event.commit_id = commit_id
            self.engine.insert("events", COLUMNS, b"\n".join(map(msgspec.json.encode, events)))

    def insert_columns(self, table: Any, received_at: int) -> None:
        absent = "".join(f", {value} AS {name}" for name, value in ABSENT.items() if name not in table.column_names)
        with self.commits.commit(is_hidden=True) as commit_id:
            self.written.append(commit_id)
            self._check()
            parameters = {"site_id": self.site_id, "commit_id": commit_id, "received_at": received_at}
            self.engine.insert_arrow(sql("event.imported").replace("/* absent */", absent), table, parameters)

    def watched(self) -> Callable[[str], bool] | None:
        """Of which identifiers something was erased, so that events have to be looked at; None: of none."""
        if self.erasures.is_empty(self.site_id):
            return None
        return lambda ref: self.erasures.watches(self.site_id, ref)

    def progress(self, import_id: str) -> tuple[int, int, int, bool]:
        """(rows, accepted, refused, is_done) as recorded."""
        rows = self.engine.query(sql("import.progress"), {"site_id": self.site_id, "import_id": import_id})
        return (int(rows[0][0]), int(rows[0][1]), int(rows[0][2]), bool(rows[0][3])) if rows else (0, 0, 0, False)

    def record(self, import_id: str, tally: "Tally", *, is_done: bool) -> None:
        row = {"site_id": self.site_id, "import_id": import_id, "rows": tally.rows, "accepted": tally.accepted}
        row |= {"refused": tally.refused, "is_done": int(is_done), "version": self.commits.stamp()}
        self.engine.insert("imports", tuple(row), msgspec.json.encode(row))


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
            rows, accepted, refused, is_done = self._target.progress(import_id)
            if is_done:
                return Tally(rows=rows, duplicates=accepted, refused=refused)
            self._skipped = self.tally.resumed = rows
            self.tally.accepted, self.tally.refused = accepted, refused
        span = self._span()
        is_columnar = self._plan.mapping is not None and event_files.is_columnar(self._path)
        for _ in self._columns(span) if is_columnar else self._rows(span):
            if not self._plan.is_dry:
                self._target.record(import_id, self.tally, is_done=False)
            self._on_progress(self.tally)
        if not self._plan.is_dry:
            self._target.record(import_id, self.tally, is_done=True)
        return self.tally

    def _span(self) -> Span:
        """When the events are received, from when on they are kept, and by how much they are moved."""
        oldest = oldest_kept(self._target.site, self._now_ms)
        if not (self._plan.is_shifted or self._plan.is_dry or oldest):
            return Span(self._now_ms, oldest, 0, self._target.watched())
        found = bounds(self._path, self._plan.mapping)
        if found is None:
            columns = ", ".join(event_files.columns(self._path))
            raise InvalidRequest(f"No row of {self._path.name} has a time; is --map right? Columns: {columns}.")
        shift = self._now_ms - found[1] if self._plan.is_shifted else 0
        self.tally.first_ms, self.tally.last_ms = found[0] + shift, found[1] + shift
        if found[0] + shift < oldest:
            self.tally.outside = instant.iso(oldest)
            self._on_progress(self.tally)
        return Span(self._now_ms, oldest, shift, self._target.watched())

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
