"""Commands that read files of events: into a data folder, or to sessions at once."""

import time
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx
import pyarrow as pa
from rich.progress import Progress, SpinnerColumn, TextColumn
from rich.table import Table

import sojourn
from sojourn.adapters import files as event_files
from sojourn.adapters.mapping import Mapper, parse_map
from sojourn.app import clock_ms
from sojourn.commands.terminal import ask, err, out
from sojourn.errors import InvalidRequest
from sojourn.model.instant import iso, to_ms
from sojourn.model.site import Site, oldest_kept
from sojourn.pipeline.importing import Tally, bounds, import_rows
from sojourn.web.connection import connect

SHOWN_REFUSALS = 20
SHOWN_SESSIONS = 50
# As many as a terminal has room for; a file gets all.
SHOWN_COLUMNS = ("lead", "started_at", "duration", "event_count", "entry_point", "exit_point", "total_points", "intent")


def import_file(folder: Path, path: Path, columns: str | None, *, shift: bool) -> None:
    mapping = parse_map(columns) if columns is not None else None
    span = bounds(event_files.rows(path), Mapper(mapping))
    if span is None:
        raise InvalidRequest(
            f"No row of {path.name} has a time; is --map right? Columns: {', '.join(event_files.columns(path))}."
        )
    shift_ms = clock_ms() - span[1] if shift else 0
    with connect(folder) as client:
        _warn_of_window(client, span, shift_ms)
        tally = _import(client, path, Mapper(mapping), shift_ms)
    out.print(
        f"{tally.rows:,} rows of {path.name}: {tally.accepted:,} accepted, "
        f"{tally.duplicates:,} duplicates, {tally.refused:,} refused"
    )
    for line, message in tally.refusals[:SHOWN_REFUSALS]:
        err.print(f"line {line}: {message}", style="yellow", soft_wrap=True, markup=False)
    if tally.refused > SHOWN_REFUSALS:
        err.print(f"… and {tally.refused - SHOWN_REFUSALS:,} more")
    if tally.rows and tally.refused == tally.rows:
        raise InvalidRequest(f"Every row of {path.name} was refused.")


def _warn_of_window(client: httpx.Client, span: tuple[int, int, int], shift_ms: int) -> None:
    known = ask(client, "GET", "/v1/site")["data"]
    oldest = oldest_kept(Site(id=known["id"], retention_days=known["retention_days"]), clock_ms())
    if span[0] + shift_ms < oldest:
        err.print(
            f"Rows before {iso(oldest)} will be refused: the site keeps {known['retention_days']} days.",
            style="yellow",
        )


def _import(client: httpx.Client, path: Path, mapper: Mapper, shift_ms: int) -> Tally:
    columns = (SpinnerColumn(), TextColumn("{task.description}"))
    with Progress(*columns, console=err, transient=True, disable=not err.is_terminal) as progress:
        task = progress.add_task("importing", total=None)
        started = time.monotonic()

        def on_progress(tally: Tally) -> None:
            rate = tally.rows / max(0.001, time.monotonic() - started)
            progress.update(task, description=f"{tally.rows:,} rows, {tally.refused:,} refused, {rate:,.0f} rows/s")

        def send(payloads: list[dict[str, Any]]) -> dict[str, Any]:
            return ask(client, "POST", "/v1/events", {"events": payloads})

        return import_rows(event_files.rows(path), mapper, send, shift_ms, on_progress)


def sessionize_file(path: Path, output: Path | None, columns: dict[str, str | None], timeout_ms: int) -> None:
    named: dict[str, Any] = dict(columns)
    table: pa.Table = sojourn.sessionize(path, timeout=timeout_ms, output=output, **named)
    if output is not None:
        out.print(f"{table.num_rows:,} sessions -> {output}")
        return
    names = [name for name in SHOWN_COLUMNS if name in table.column_names]
    shown = Table(*names)
    for row in table.select(names).slice(0, SHOWN_SESSIONS).to_pylist():
        shown.add_row(*map(_cell, row.values()))
    out.print(shown)
    if table.num_rows > SHOWN_SESSIONS:
        out.print(f"… {table.num_rows:,} sessions in all; write them with -o sessions.parquet")


def _cell(value: Any) -> str:
    if isinstance(value, datetime):
        return iso(to_ms(value))
    return "" if value is None else str(value)
