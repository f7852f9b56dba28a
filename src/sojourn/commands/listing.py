"""Commands that list sessions and events."""

import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import msgspec
from rich.table import Table

from sojourn.commands.terminal import ask, out
from sojourn.errors import InvalidRequest, StoreError
from sojourn.place import Place
from sojourn.reports.filters import BY_NAME, MAX_LIMIT, Filter
from sojourn.web.connection import connect

FORMS = ("table", "json", "csv", "parquet")
NUMBERS = ("duration", "event_count", "total_points", "points")
SESSIONS = (
    "started_at",
    "lead",
    "duration",
    "event_count",
    "entry_point",
    "exit_point",
    "total_points",
    "intent",
    "converted",
)
EVENTS = ("occurred_at", "type", "lead", "url", "points", "suppressed", "passive", "id")
TABLES = {"/v1/sessions": SESSIONS, "/v1/events": EVENTS}


def filter_pairs(arguments: list[str], table: Mapping[str, Filter] = BY_NAME) -> list[tuple[str, str]]:
    """`--min-duration 60 --entry-point=page_view` as query parameters. Raises InvalidRequest."""
    pairs: list[tuple[str, str]] = []
    rest = iter(arguments)
    for argument in rest:
        flag, mark, value = argument.partition("=")
        name = flag.removeprefix("--").replace("-", "_")
        if not flag.startswith("--") or name not in table:
            allowed = ", ".join(f"--{known.replace('_', '-')}" for known in table)
            raise InvalidRequest(f"{flag} is no option here; filters are {allowed}.")
        pairs.append((name, value if mark else next(rest, "")))
    return pairs


@dataclass(frozen=True)
class Wanted:
    """How a list is to be shown: the form, how many rows, and the file to write them to."""

    form: str = "table"
    limit: int | None = None
    output: Path | None = None
    is_resumed: bool = False


def sessions(place: Place, site: str | None, wanted: Wanted, pairs: list[tuple[str, str]]) -> None:
    if wanted.form != "json" and any(name == "updated_since" for name, _ in pairs):
        raise InvalidRequest("--updated-since lists tombstones too, which only --format json can show.")
    _list(place, site, wanted, "/v1/sessions", pairs)


def events(place: Place, site: str | None, wanted: Wanted, pairs: list[tuple[str, str]]) -> None:
    _list(place, site, wanted, "/v1/events", pairs)


def _list(place: Place, site: str | None, wanted: Wanted, path: str, pairs: list[tuple[str, str]]) -> None:
    if wanted.form not in FORMS:
        raise InvalidRequest(f"--format is {wanted.form!r}; allowed: {', '.join(FORMS)}.")
    if place.cluster is None and not place.folder.exists():
        raise StoreError(f"There is no data folder {place}; `sojourn import` or `sojourn serve` makes one.")
    is_file = wanted.form in ("csv", "parquet")
    if not is_file and (wanted.output is not None or wanted.is_resumed):
        raise InvalidRequest("-o and --resume are for --format csv and parquet.")
    if wanted.is_resumed and wanted.output is None:
        raise InvalidRequest("--resume goes on with a file: give it with -o.")
    with connect(place, site) as client:
        if is_file:
            from sojourn.commands.exporting import Order, export  # Arrow is loaded for a file alone

            order = Order(path, pairs, wanted.form, wanted.limit, wanted.output, wanted.is_resumed)
            export(client, order)
            return
        rows = _all_rows(client, path, pairs, wanted.limit)
        if wanted.form == "json":
            _print_json(rows)
        else:
            _print_table(rows, TABLES[path])


def _all_rows(
    client: httpx.Client, path: str, pairs: list[tuple[str, str]], limit: int | None
) -> Iterator[dict[str, Any]]:
    left = limit if limit is not None else sys.maxsize
    asked: list[tuple[str, str]] = [*pairs]
    while left > 0:
        page = ask(client, "GET", path, params=[*asked, ("limit", str(min(MAX_LIMIT, left)))])
        yield from page["data"]
        left -= len(page["data"])
        if not page["has_more"]:
            return
        asked = [("cursor", page["next_cursor"])]


def _print_json(rows: Iterator[dict[str, Any]]) -> None:
    """One JSON array, a session a line."""
    sys.stdout.write("[")
    for number, row in enumerate(rows):
        sys.stdout.write(("," if number else "") + "\n" + msgspec.json.encode(row).decode())
    sys.stdout.write("\n]\n")


def _print_table(rows: Iterator[dict[str, Any]], columns: tuple[str, ...]) -> None:
    table = Table()
    for name in columns:
        table.add_column(name, justify="right" if name in NUMBERS else "left")
    for row in rows:
        shown = {name: _cell(row[name]) for name in columns}
        table.add_row(*shown.values())
    out.print(table)


def _cell(value: Any) -> str:
    if isinstance(value, dict):
        return str(value["name"])
    if isinstance(value, bool):
        return "yes" if value else ""
    return "" if value is None else str(value)
