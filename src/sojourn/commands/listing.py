"""Commands that list sessions."""

import csv
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import msgspec
from rich.table import Table

from sojourn.commands.terminal import ask, out
from sojourn.errors import InvalidRequest, StoreError
from sojourn.reports.filters import BY_NAME
from sojourn.reports.sessions import MAX_LIMIT
from sojourn.web.connection import connect
from sojourn.web.openapi import SESSION_FIELDS

TABLE = (
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


def filter_pairs(arguments: list[str]) -> list[tuple[str, str]]:
    """`--min-duration 60 --entry-point=page_view` as query parameters. Raises InvalidRequest."""
    pairs: list[tuple[str, str]] = []
    rest = iter(arguments)
    for argument in rest:
        flag, mark, value = argument.partition("=")
        name = flag.removeprefix("--").replace("-", "_")
        if not flag.startswith("--") or name not in BY_NAME:
            allowed = ", ".join(f"--{known.replace('_', '-')}" for known in BY_NAME)
            raise InvalidRequest(f"{flag} is no option here; filters are {allowed}.")
        pairs.append((name, value if mark else next(rest, "")))
    return pairs


def sessions(folder: Path, site: str | None, form: str, limit: int | None, pairs: list[tuple[str, str]]) -> None:
    if form not in ("table", "json", "csv"):
        raise InvalidRequest(f"--format is {form!r}; allowed: table, json, csv.")
    if form != "json" and any(name == "updated_since" for name, _ in pairs):
        raise InvalidRequest("--updated-since lists tombstones too, which only --format json can show.")
    if not folder.exists():
        raise StoreError(f"There is no data folder {folder}; `sojourn import` or `sojourn serve` makes one.")
    with connect(folder, site) as client:
        rows = _all_sessions(client, pairs, limit)
        {"json": _print_json, "csv": _print_csv, "table": _print_table}[form](rows)


def _all_sessions(client: httpx.Client, pairs: list[tuple[str, str]], limit: int | None) -> Iterator[dict[str, Any]]:
    left = limit if limit is not None else sys.maxsize
    asked: list[tuple[str, str]] = [*pairs]
    while left > 0:
        page = ask(client, "GET", "/v1/sessions", params=[*asked, ("limit", str(min(MAX_LIMIT, left)))])
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


def _print_csv(rows: Iterator[dict[str, Any]]) -> None:
    writer = csv.DictWriter(sys.stdout, list(SESSION_FIELDS), lineterminator="\n")
    writer.writeheader()
    for row in rows:
        writer.writerow(row | {"lead": row["lead"]["name"], "goals": " ".join(row["goals"])})


def _print_table(rows: Iterator[dict[str, Any]]) -> None:
    table = Table()
    for name in TABLE:
        table.add_column(name, justify="right" if name in ("duration", "event_count", "total_points") else "left")
    for row in rows:
        shown = row | {"lead": row["lead"]["name"], "converted": "yes" if row["converted"] else ""}
        table.add_row(*(str(shown[name]) for name in TABLE))
    out.print(table)
