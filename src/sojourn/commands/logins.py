"""`sojourn logins`: who may look at the pages."""

from typing import Annotated
from urllib.parse import quote

import typer
from rich.table import Table

from sojourn import settings
from sojourn.commands.options import DataOption, SiteOption, place_of
from sojourn.commands.terminal import ask, out
from sojourn.model.login import email_of
from sojourn.web.connection import connect

app = typer.Typer(help="List, invite and remove who may look at the pages; renew a password.", no_args_is_help=True)

EmailArgument = Annotated[str, typer.Argument(metavar="EMAIL")]
UrlOption = Annotated[
    str | None, typer.Option("--url", help="Address of the pages in the link; host and port of the settings without.")
]


@app.command("list", epilog="Example: sojourn logins list --data sojourn-data")
def list_(data: DataOption = None, site: SiteOption = None) -> None:
    """List who may look at the pages of a site."""
    with connect(place_of(data), site) as client:
        logins = ask(client, "GET", "/local/logins")["data"]
    table = Table("e-mail", "role", "password", "link until", "made")
    for login in logins:
        has_password = "set" if login["has_password"] else "not set"
        table.add_row(login["email"], login["role"], has_password, login["link_ends_at"] or "", login["created_at"])
    out.print(table)


@app.command("invite", epilog="Example: sojourn logins invite ann@example.com --role owner --data sojourn-data")
def invite(
    email: EmailArgument,
    role: Annotated[
        str | None, typer.Option(help="owner (may change everything) or viewer; without it as before, else viewer.")
    ] = None,
    data: DataOption = None,
    site: SiteOption = None,
    url: UrlOption = None,
) -> None:
    """Let somebody see a site's pages, or change the role; who has no password gets a link to set one."""
    with connect(place_of(data), site) as client:
        login = ask(client, "POST", "/local/logins", {"email": email_of(email), "role": role})["data"]
    out.print(f"{login['email']} is {login['role']} now.")
    if login["token"]:
        _print_link(login["token"], url, data)
    else:
        out.print("The password that was set before works.")


@app.command("link", epilog="Example: sojourn logins link ann@example.com --data sojourn-data")
def link(email: EmailArgument, data: DataOption = None, url: UrlOption = None) -> None:
    """Make a link to set a new password; the present one works until then."""
    with connect(place_of(data)) as client:
        token = ask(client, "POST", f"/local/logins/{quote(email_of(email), safe='')}/link")["data"]["token"]
    _print_link(token, url, data)


@app.command("remove", epilog="Example: sojourn logins remove ann@example.com --data sojourn-data")
def remove(email: EmailArgument, data: DataOption = None, site: SiteOption = None) -> None:
    """Let somebody see a site's pages no more; its last owner stays."""
    with connect(place_of(data), site) as client:
        ask(client, "DELETE", f"/local/logins/{quote(email_of(email), safe='')}")
    out.print(f"{email_of(email)} sees the site no more.")


def _print_link(token: str, url: str | None, data: str | None) -> None:
    address = (url or _address(data)).rstrip("/")
    out.print(
        f"It works once, for seven days, and is not shown again: {address}/invitation?token={token}", soft_wrap=True
    )


def _address(data: str | None) -> str:
    """Where the pages are, by the settings."""
    values = settings.resolve({"data": data})
    host = values["host"].value
    return f"http://{f'[{host}]' if ':' in host else host}:{values['port'].value}"
