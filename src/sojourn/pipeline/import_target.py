"""Where an import's events go, and what is recorded of it so that it goes on where it was cut off."""

from collections.abc import Callable
from typing import Any, NamedTuple

import msgspec

from sojourn.errors import Unavailable
from sojourn.model.event import COLUMNS, Event
from sojourn.model.site import Site
from sojourn.pipeline.commits import CommitLog
from sojourn.pipeline.erasures import Erasures
from sojourn.pipeline.metering import Meter
from sojourn.pipeline.refusals import Refusals
from sojourn.sql import sql
from sojourn.store.engine import Engine

TEXTS = tuple(name for name, kind in Event.__annotations__.items() if kind is str and name not in ("site_id", "sender"))
ABSENT = {"value": "NULL", "points": "toInt64(0)"} | dict.fromkeys(
    (name for name in (*TEXTS, "visitor_id") if name not in ("traits", "suppressed")), "''"
)


class Progress(NamedTuple):
    """How far the import of a file came."""

    rows: int = 0
    accepted: int = 0
    refused: int = 0
    is_done: bool = False


class Target:
    """Where the events go: one site, by commits that no pass sees before the import ends."""

    def __init__(
        self,
        engine: Engine,
        commits: CommitLog,
        refusals: Refusals,
        erasures: Erasures,
        meter: Meter,
        site: Site,
        site_id: str,
    ) -> None:
        self.engine = engine
        self.commits = commits
        self.refusals = refusals
        self.meter = meter
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
        with self.commits.commit(len(events), is_hidden=True) as commit_id:
            self.written.append(commit_id)
            self._check()
            for event in events:
                event.commit_id = commit_id
            self.engine.insert("events", COLUMNS, b"\n".join(map(msgspec.json.encode, events)))
        self.meter.stored_by_import(len(events))

    def insert_columns(self, table: Any, received_at: int) -> None:
        absent = "".join(f", {value} AS {name}" for name, value in ABSENT.items() if name not in table.column_names)
        with self.commits.commit(table.num_rows, is_hidden=True) as commit_id:
            self.written.append(commit_id)
            self._check()
            parameters = {"site_id": self.site_id, "commit_id": commit_id, "received_at": received_at}
            self.engine.insert_arrow(sql("event.imported").replace("/* absent */", absent), table, parameters)
        self.meter.stored_by_import(table.num_rows)

    def watched(self) -> Callable[[str], bool] | None:
        """Of which identifiers something was erased, so that events have to be looked at; None: of none."""
        if self.erasures.is_empty(self.site_id):
            return None
        return lambda ref: self.erasures.watches(self.site_id, ref)

    def progress(self, import_id: str) -> Progress:
        """As recorded."""
        rows = self.engine.query(sql("import.progress"), self._named(import_id))
        return Progress(int(rows[0][0]), int(rows[0][1]), int(rows[0][2]), bool(rows[0][3])) if rows else Progress()

    def record(self, import_id: str, progress: Progress) -> None:
        self._write("imports", self._named(import_id) | progress._asdict() | {"is_done": int(progress.is_done)})

    def shift(self, import_id: str) -> int | None:
        """By how many milliseconds an earlier run moved the events; None when there was none."""
        rows = self.engine.query(sql("import.shift"), self._named(import_id))
        return int(rows[0][0]) if rows else None

    def record_shift(self, import_id: str, shift_ms: int) -> None:
        """Before the first event is stored: whoever goes on has to move the others just as far."""
        self._write("import_shifts", self._named(import_id) | {"shift_ms": shift_ms})

    def _named(self, import_id: str) -> dict[str, Any]:
        return {"site_id": self.site_id, "import_id": import_id}

    def _write(self, table: str, row: dict[str, Any]) -> None:
        row |= {"version": self.commits.stamp()}
        self.engine.insert(table, tuple(row), msgspec.json.encode(row))
