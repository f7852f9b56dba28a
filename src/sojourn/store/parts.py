"""Tables as files: frozen in a moment to be copied at leisure, and attached again in another folder.

For the embedded store alone; a cluster is copied by its own means.
"""

import re
import shutil
from pathlib import Path
from typing import NamedTuple

from sojourn.errors import StoreError
from sojourn.sql import sql
from sojourn.store.engine import Engine

_DATABASE = re.compile(r"^(CREATE \w+(?: \w+)*) \w+\.")
_NAME = re.compile(r"\w+")
SHADOW = "shadow"


class Table(NamedTuple):
    """A table, how it is made, and where its parts lie, told from the store's folder; '' when it has none."""

    name: str
    create: str
    place: str


class Part(NamedTuple):
    """A part of a table: a folder of files that never change."""

    table: str
    name: str
    folder: Path


class Parts:
    """Raises StoreError for a store that is not in a folder."""

    def __init__(self, engine: Engine) -> None:
        if engine.folder is None:
            raise StoreError("This store is a cluster: back it up with its own BACKUP statement.")
        self._engine = engine
        self._folder = engine.folder

    def tables(self) -> list[Table]:
        """All that there are, those with parts first: a view needs what it reads."""
        rows = self._engine.query(sql("table.list"))
        return [Table(name, _DATABASE.sub(r"\1 ", create, count=1), self._place(path)) for name, create, path in rows]

    def _place(self, path: str) -> str:
        return str(Path(path).relative_to(self._folder)) if path else ""

    def freeze(self, name: str) -> tuple[list[Table], list[Part]]:
        """Every table, and the parts of which they consist now: links to their files, which stay until `thaw`.

        The name consists of letters and digits.
        """
        tables = self.tables()
        for table in tables:
            if table.place:
                self._engine.execute(f"ALTER TABLE {table.name} FREEZE WITH NAME '{name}'")
        shadow = self._folder / SHADOW / name
        if not shadow.is_dir():
            raise StoreError(f"The store froze its parts elsewhere than in {shadow}; this is a fault of the program.")
        return tables, [
            Part(table.name, folder.name, folder)
            for table in tables
            if table.place
            for folder in sorted((shadow / table.place).glob("*/"))
        ]

    def thaw(self, prefix: str) -> None:
        """Takes away what was frozen under names that begin so; the tables keep their files."""
        for folder in (self._folder / SHADOW).glob(f"{prefix}*"):
            shutil.rmtree(folder, ignore_errors=True)

    def deleting(self) -> bool:
        """Whether rows that were deleted are still in the parts."""
        rows = self._engine.query(
            "SELECT count() FROM system.mutations WHERE database = currentDatabase() AND NOT is_done"
        )
        return rows != [(0,)]

    def create(self, name: str, create: str) -> None:
        """Make a table of a backup. Raises StoreError for another statement than that."""
        if not _NAME.fullmatch(name) or not re.match(rf"CREATE \w+(?: \w+)* {name}\b", create):
            raise StoreError(
                f"The backup makes its table {name[:60]!r} by another statement than CREATE; take another."
            )
        self._engine.execute(create)

    def detached(self, name: str) -> Path:
        """Where the files of parts are put before they are attached."""
        place = next(table.place for table in self.tables() if table.name == name)
        return self._folder / place / "detached"

    def attach(self, table: str, part: str) -> None:
        self._engine.execute(f"ALTER TABLE {table} ATTACH PART {{part:String}}", {"part": part})
