"""`sojourn sites`: which sites there are."""

from typing import Annotated

import typer
from rich.table import Table

from sojourn.commands.options import DataOption, YesOption, place_of
from sojourn.commands.terminal import ask, out
from sojourn.errors import InvalidRequest
from sojourn.model.site import check_site_id
from sojourn.web.connection import connect

app = typer.Typer(help="Add, list and remove sites, each with keys and data of its own.", no_args_is_help=True)

SiteArgument = Annotated[str, typer.Argument(metavar="ID")]


@app.command("add", epilog='Example: sojourn sites add shop --name "The shop" --data sojourn-data')
def add(
    site: SiteArgument,
    data: DataOption = None,
    name: Annotated[str | None, typer.Option(help="Its name; its id without it.")] = None,
) -> None:
    """Add a site; `sojourn keys create --site ID` makes a key for it."""
    with connect(place_of(data)) as client:
        made = ask(client, "POST", "/local/sites", {"id": check_site_id(site), "name": name})["data"]
    out.print(f"The site {made['id']} is there. A key for it: sojourn keys create --site {made['id']}", soft_wrap=True)


@app.command("list", epilog="Example: sojourn sites list --data sojourn-data")
def list_(data: DataOption = None) -> None:
    """List the sites with their timeout, their retention and how many keys they have."""
    with connect(place_of(data)) as client:
        sites = ask(client, "GET", "/local/sites")["data"]
    table = Table("id", "name", "timeout", "retention", "keys")
    for site in sites:
        days = site["retention_days"]
        minutes = f"{site['session_timeout_ms'] / 60_000:g} min"
        table.add_row(site["id"], site["name"], minutes, f"{days} days" if days else "all", str(site["key_count"]))
    out.print(table)


@app.command("remove", epilog="Example: sojourn sites remove shop --yes --data sojourn-data")
def remove(site: SiteArgument, data: DataOption = None, *, yes: YesOption = False) -> None:
    """Remove a site with its keys, its test twin and all their data, for good."""
    if not yes:
        raise InvalidRequest(f"This deletes everything of the site {site}, for good; say so with --yes.")
    with connect(place_of(data)) as client:
        gone = ask(client, "DELETE", f"/local/sites/{check_site_id(site)}")["data"]
    out.print(f"The site {gone['id']} is removed.")
