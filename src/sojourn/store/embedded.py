"""ClickHouse in this process, on a folder that it owns."""

import os
import re
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pyarrow as pa
from clickhouse_connect.driver.client import Client
from clickhouse_connect.driver.external import ExternalData

from sojourn.errors import StoreError
from sojourn.store.engine import JSON_LINES, SETTINGS, Engine, get_client, refused
from sojourn.store.schema import migrate
from sojourn.store.written import Room, check_written

_CONFIG = str(Path(__file__).with_name("embedded.xml"))
_DELETES = re.compile(r"^(?:/\*.*\*/ )?DELETE FROM (?:events|sessions)\b", re.MULTILINE)
_INSERTS = re.compile(r"^(?:/\*.*\*/ )?INSERT INTO (\w+)", re.MULTILINE)


class Embedded(Engine):
    """One a process: a second one on another folder is refused. Raises StoreError when the folder cannot be opened."""

    folder: Path

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._room = Room(folder)
        super().__init__()

    @classmethod
    def within(cls, folder: Path) -> "Embedded":
        """That of a data folder, with its tables as this program needs them.

        Raises StoreError for a folder that cannot be made, read or written, that another process owns, with newer data.
        """
        store = folder.absolute() / "store"
        try:
            store.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise StoreError(f"The data folder {folder} cannot be made: {error.strerror}.") from None
        if not os.access(store, os.W_OK | os.X_OK) or os.statvfs(store).f_flag & os.ST_RDONLY:
            raise StoreError(f"The data folder {folder} cannot be written; give another one, or the right to write.")
        engine = cls(store)
        migrate(engine)
        return engine

    def _connect(self) -> Client:
        client = get_client(interface="chdb", path=str(self.folder), chdb_options={"config-file": _CONFIG})
        for name, value in SETTINGS.items():
            client.command(f"SET {name} = {value!r}")
        return client

    def create_table(self, statement: str) -> None:
        self.execute(statement)

    def execute(
        self, text: str, parameters: Mapping[str, Any] | None = None, external: ExternalData | None = None
    ) -> None:
        found = _INSERTS.search(text)
        if _DELETES.search(text):
            self.on_delete()
        if found is None:
            super().execute(text, parameters, external)
            return
        with self._checked(found[1]):
            super().execute(text, parameters, external)

    def insert(self, table: str, columns: Sequence[str], body: bytes, form: str = JSON_LINES) -> None:
        """Raises Unavailable, also when the disk ran full meanwhile and took the rows along."""
        with self._checked(table):
            super().insert(table, columns, body, form)

    @contextmanager
    def _checked(self, table: str) -> Iterator[None]:
        """An insert into the table. Raises Unavailable when the disk ran full meanwhile and took rows along."""
        self._room.is_short()  # remembered, if it is
        yield
        if self._room.is_short():
            check_written(self, table)

    def is_in_doubt(self) -> bool:
        return self._room.is_short()

    def insert_arrow(self, text: str, table: pa.Table, parameters: Mapping[str, Any]) -> None:
        try:
            place = tempfile.TemporaryDirectory(prefix="sojourn-")
        except OSError as error:
            raise refused(error) from error
        with place as folder:
            path = Path(folder) / "rows.arrow"
            self.keep_arrow(table, path)
            self.execute(_with_rows(text, path), parameters)

    def arrow_of_kept(self, text: str, paths: Sequence[Path], parameters: Mapping[str, Any]) -> pa.Table:
        names = ",".join(path.name for path in paths)
        return self.arrow(_with_rows(text, paths[0].with_name(f"{{{names}}}")), parameters)


def _with_rows(text: str, path: Path) -> str:
    return text.replace("/* rows */", f"file('{path}', 'Arrow')")
