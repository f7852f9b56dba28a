"""Options that several commands have."""

from pathlib import Path
from typing import Annotated

import typer

from sojourn import settings

DataOption = Annotated[Path | None, typer.Option("--data", metavar="DIR", help="Folder in which everything is kept.")]
SiteOption = Annotated[
    str | None, typer.Option("--site", metavar="ID", help="Site; the default one without it, its test twin as ID:test.")
]
YesOption = Annotated[bool, typer.Option("--yes", help="Do it without being asked again.")]


def folder_of(data: Path | None) -> Path:
    """The data folder by flag, environment, file or default. Raises InvalidRequest."""
    folder: Path = settings.resolve({"data": data})["data"].value
    return folder
