"""Commands that read files of events: into a data folder, or to sessions at once."""

import time
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx
import pyarrow as pa
from rich.progress import Progress, SpinnerColumn, TextColumn
from rich.table import Table

import sojourn
from sojourn.adapters.files import ENDINGS, files_in, kind_of
from sojourn.adapters.mapping import parse_map
from sojourn.commands.terminal import err, out, stream
from sojourn.errors import FileError, InvalidRequest, Unavailable
from sojourn.model.instant import iso, to_ms
from sojourn.place import Place
from sojourn.web.connection import connect

SHOWN_REFUSALS = 20
SHOWN_SESSIONS = 50
# As many as a terminal has room for; a file gets all.
SHOWN_COLUMNS = ("lead", "started_at", "duration", "event_count", "entry_point", "exit_point", "total_points", "intent")


@dataclass(frozen=True)
class Order:
    """What the command was asked: the file or folder, its columns, and how."""

    path: Path
    columns: str | None
    is_shifted: bool = False
    is_dry: bool = False
    is_again: bool = False

    def plan(self) -> dict[str, Any]:
        """Raises InvalidRequest for columns, FileError for files that cannot be taken."""
        mapping = parse_map(self.columns) if self.columns is not None else None
        for path in files_in(self.path):
            if kind_of(path) not in ENDINGS:
                raise FileError(f"{path.name} has another ending than {', '.join(ENDINGS)}, each also with .gz.")
        flags = {"is_shifted": self.is_shifted, "is_dry": self.is_dry, "is_again": self.is_again}
        return {"path": str(self.path.absolute()), "mapping": mapping, **flags}


def import_file(place: Place, order: Order, site: str | None = None) -> None:
    plan = order.plan()
    with connect(place, site) as client:
        results = _followed(client, plan)
        if not order.is_dry and err.is_terminal:
            err.print("making sessions …", style="dim")
    for result in results:
        _tell(result["file"], result["tally"], is_dry=order.is_dry)
    told = [result["tally"] for result in results]
    if told and all(tally["rows"] and tally["refused"] == tally["rows"] for tally in told):
        raise InvalidRequest(f"Every row of {order.path.name} was refused.")


def _followed(client: httpx.Client, plan: dict[str, Any]) -> list[dict[str, Any]]:
    """Follow the import to its end. Raises what it ended with."""
    columns = (SpinnerColumn(), TextColumn("{task.description}"))
    warned: set[str] = set()
    with Progress(*columns, console=err, transient=True, disable=not err.is_terminal) as progress:
        task = progress.add_task("importing", total=None)
        started = time.monotonic()
        for line in stream(client, "/local/imports", plan):
            if "done" in line:
                done: list[dict[str, Any]] = line["done"]
                return done
            tally, rate = line["tally"], line["tally"]["rows"] / max(0.001, time.monotonic() - started)
            shown = f"{line['file']}: {tally['rows']:,} rows, {tally['refused']:,} refused, {rate:,.0f} rows/s"
            progress.update(task, description=shown)
            if tally["outside"] and line["file"] not in warned:
                warned.add(line["file"])
                when = f"{line['file']} has rows before {tally['outside']}"
                err.print(f"{when}; they will be refused: the site does not keep them.", style="yellow", soft_wrap=True)
    raise Unavailable("The server ended before the import did; run it again, and it goes on where it was.")


def _tell(name: str, tally: dict[str, Any], *, is_dry: bool) -> None:
    would = "would be " if is_dry else ""
    out.print(
        f"{tally['rows']:,} rows of {name}: {tally['accepted']:,} {would}accepted, "
        f"{tally['duplicates']:,} duplicates, {tally['refused']:,} {would}refused",
        soft_wrap=True,
    )
    if tally["resumed"]:
        out.print(f"went on after row {tally['resumed']:,}, where an earlier import of it was cut off")
    if is_dry and tally["first_ms"] is not None:
        out.print(f"from {iso(tally['first_ms'])} to {iso(tally['last_ms'])}; nothing was stored")
    for _, line, message in tally["refusals"][:SHOWN_REFUSALS]:
        err.print(f"line {line}: {message}", style="yellow", soft_wrap=True, markup=False)
    if tally["refused"] > SHOWN_REFUSALS:
        err.print(f"… and {tally['refused'] - SHOWN_REFUSALS:,} more")


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
