"""Options that several commands have."""

from typing import Annotated

import typer

from sojourn import settings
from sojourn.place import Place

DataOption = Annotated[
    str | None,
    typer.Option("--data", "--store", metavar="PLACE", help="Folder in which everything is kept, or a cluster's URL."),
]
SiteOption = Annotated[
    str | None, typer.Option("--site", metavar="ID", help="Site; the default one without it, its test twin as ID:test.")
]
YesOption = Annotated[bool, typer.Option("--yes", help="Do it without being asked again.")]


def place_of(data: str | None) -> Place:
    """Where everything is kept, by flag, environment, file or default. Raises InvalidRequest."""
    place: Place = settings.resolve({"data": data})["data"].value
    return place
