"""`sojourn leads`: one lead, everything about it, and its erasure."""

import json
import sys
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import quote

import httpx
import typer
from rich.table import Table

from sojourn.commands.options import DataOption, SiteOption, YesOption, place_of
from sojourn.commands.terminal import ask, checked, gone, out
from sojourn.errors import FileError, InvalidRequest
from sojourn.web.connection import connect

app = typer.Typer(help="Show, export and erase a lead.", no_args_is_help=True)

LeadArgument = Annotated[
    str, typer.Argument(metavar="ID", help="lead_id, or your own id, e-mail, phone or visitor id.")
]


@app.command("show", epilog="Example: sojourn leads show ann@example.com --data sojourn-data")
def show(lead: LeadArgument, data: DataOption = None, site: SiteOption = None) -> None:
    """Show a lead: its identifiers, when it was seen, and what contradicts."""
    with connect(place_of(data), site) as client:
        told = ask(client, "GET", _path(lead))["data"]
    table = Table("what", "value")
    for name, value in _rows(told):
        table.add_row(name, value)
    out.print(table)


@app.command("export", epilog="Example: sojourn leads export ann@example.com -o ann.json --data sojourn-data")
def export(
    lead: LeadArgument,
    data: DataOption = None,
    site: SiteOption = None,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", metavar="FILE", help="Where to; to the terminal without it.")
    ] = None,
) -> None:
    """Write everything that is stored of a lead as one JSON document."""
    with connect(place_of(data), site) as client:
        try:
            with client.stream("GET", _path(lead) + "/export", timeout=None) as answer:
                _write(answer, output)
        except httpx.TransportError as error:
            raise gone(error) from None


@app.command("erase", epilog="Example: sojourn leads erase ann@example.com --yes --data sojourn-data")
def erase(lead: LeadArgument, data: DataOption = None, site: SiteOption = None, *, yes: YesOption = False) -> None:
    """Delete everything of a lead, for good; copies that come later are refused."""
    if not yes:
        raise InvalidRequest(f"This deletes everything of the lead {lead}, for good; say so with --yes.")
    with connect(place_of(data), site) as client:
        receipt = ask(client, "DELETE", _path(lead))["data"]
    out.print(
        f"{receipt['lead_id']} is erased: {receipt['event_count']:,} events, {receipt['session_count']:,} sessions, "
        f"{receipt['identifier_count']:,} identifiers.\nReceipt {receipt['id']}, {receipt['erased_at']}",
        soft_wrap=True,
    )


def _path(lead: str) -> str:
    return f"/v1/leads/{quote(lead, safe='')}"


def _rows(told: dict[str, Any]) -> list[tuple[str, str]]:
    rows = [("id", told["id"]), ("name", told["lead"]["name"])]
    rows += [(each["kind"], each["value"]) for each in told["identifiers"]]
    names = ("first_seen_at", "last_seen_at", "session_count", "event_count", "stored_event_count")
    rows += [(name.removesuffix("_at").replace("_", " "), str(told[name] or "")) for name in names]
    rows += [
        ("conflict", f"{each['email']} is {each['belongs_to']}'s, named with {each['also_named_with']} too")
        for each in told["conflicts"]
    ]
    return rows


def _write(answer: httpx.Response, output: Path | None) -> None:
    if answer.status_code >= 400:
        checked(json.loads(answer.read()))
    if output is None:
        for text in answer.iter_text():
            sys.stdout.write(text)
        sys.stdout.write("\n")
        return
    try:
        with output.open("wb") as file:
            for piece in answer.iter_bytes():
                file.write(piece)
    except OSError as error:
        raise FileError(f"{output} cannot be written: {error.strerror}.") from None
    out.print(f"{output} holds everything of the lead.", soft_wrap=True)
