"""Putting a moment of a backup back into a new folder: checked file by file, and there only when it is whole."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import xxhash

from sojourn.errors import FileError, StoreError, Unavailable
from sojourn.pipeline.backup.moment import (
    BLOCK,
    FILES,
    Moment,
    StoredFile,
    StoredPart,
    damaged,
    place_of,
    unpack,
)
from sojourn.pipeline.backup.reading import Backup, moment_at, moments_of, reading
from sojourn.pipeline.backup.taking import TOLD_EVERY, Step, counts, shown
from sojourn.store.embedded import Embedded
from sojourn.store.engine import Engine
from sojourn.store.parts import Parts
from sojourn.store.schema import migrate, steps

STORE, PARTIAL = "store", "store.partial"


def moments(source: Path) -> list[dict[str, Any]]:
    """What the backup holds, newest first. Raises FileError when there is none, StoreError when it is damaged."""
    with reading(source) as backup:
        return [shown(moment) for moment in moments_of(backup, backup.names())]


def restore(source: Path, folder: Path, at: str | None, now_ms: int) -> Iterator[Step]:
    """The steps of a restore: {"copied", "total"} in bytes as it goes, at last {"done": what was restored}.

    Raises StoreError for a folder that is not empty, a damaged backup or one of a newer program, FileError for what
    cannot be read or written. However it fails, nothing is left in the folder.
    """
    _check_empty(folder)
    try:
        with reading(source) as backup:
            moment = moment_at(backup, at)
            check_schema(moment)
            restoring = Restoring(backup, moment)
            restoring.check_sizes()
            with _new_store(folder) as partial:
                yield from restoring.into(partial, now_ms)
            yield {"done": shown(moment)}
    except OSError as error:
        where = error.filename or folder
        raise FileError(f"The backup cannot be restored: {where}: {error.strerror or error}.") from None


def check_schema(moment: Moment) -> None:
    """Raises StoreError for a backup of a newer program."""
    newest = max(version for version, _, _ in steps())
    if moment.schema > newest:
        raise StoreError(
            f"The backup has schema {moment.schema} of Sojourn {moment.sojourn}, this program knows {newest}: "
            "install the Sojourn that made it, or a newer one."
        )


def _check_empty(folder: Path) -> None:
    if folder.exists() and (not folder.is_dir() or any(path.name != PARTIAL for path in folder.iterdir())):
        raise StoreError(f"{folder} is not empty; give a new folder with --data.")


@contextmanager
def _new_store(folder: Path) -> Iterator[Path]:
    """A place for the store that becomes the folder's when the block ends well, and is gone otherwise."""
    is_new = not folder.exists()
    partial = folder / PARTIAL
    shutil.rmtree(partial, ignore_errors=True)  # of a restore that was killed
    partial.mkdir(mode=0o700, parents=True)
    try:
        yield partial
        os.sync()
        partial.rename(folder / STORE)
        os.sync()
    except BaseException:
        shutil.rmtree(folder if is_new else partial, ignore_errors=True)
        raise


class Restoring:
    """One moment, table by table and part by part."""

    def __init__(self, backup: Backup, moment: Moment) -> None:
        self._backup = backup
        self._moment = moment
        self._files = {
            (table.name, part): self._listed(table.name, part) for table in moment.tables for part in table.parts
        }

    def _listed(self, table: str, part: StoredPart) -> list[StoredFile]:
        path = f"{place_of(table, part.name, part.id)}/{FILES}"
        if self._backup.size(path) is None:
            raise damaged(table, part.name, FILES)
        with self._backup.open(path) as file:
            return unpack(file.read(), part, table)

    def check_sizes(self) -> None:
        """Raises StoreError for a file that is missing or has another size, before anything is made."""
        for (table, part), files in self._files.items():
            for file in files:
                if self._backup.size(f"{place_of(table, part.name, part.id)}/{file.path}") != file.size:
                    raise damaged(table, part.name, file.path)

    def into(self, store: Path, now_ms: int) -> Iterator[Step]:
        """Raises StoreError when a file is not as it was written, or when what was restored counts otherwise."""
        engine = Embedded(store.absolute())
        try:
            yield from self._fill(Parts(engine))
            migrate(engine, now_ms)
            self._check_counts(engine)
        except Unavailable as error:
            raise StoreError(f"The backup cannot be restored: {error.message}") from None
        finally:
            engine.close()

    def _fill(self, parts: Parts) -> Iterator[Step]:
        copied, told, total = 0, 0, self._moment.size
        for made in self._moment.tables:
            parts.create(made.name, made.create)
        for (table, part), files in self._files.items():
            target = parts.detached(table) / part.name
            for file in files:
                for count in self._copied(table, part, file, target / file.path):
                    copied += count
                    if copied - told >= TOLD_EVERY:
                        told = copied
                        yield {"copied": copied, "total": total}
            parts.attach(table, part.name)

    def _copied(self, table: str, part: StoredPart, file: StoredFile, target: Path) -> Iterator[int]:
        target.parent.mkdir(parents=True, exist_ok=True)
        digest = xxhash.xxh3_128()
        with (
            self._backup.open(f"{place_of(table, part.name, part.id)}/{file.path}") as source,
            target.open("xb") as written,
        ):
            while block := source.read(BLOCK):
                digest.update(block)
                written.write(block)
                yield len(block)
        if digest.hexdigest() != file.digest:
            raise damaged(table, part.name, file.path)

    def _check_counts(self, engine: Engine) -> None:
        found = counts(engine, self._moment.commit_id)
        due = (self._moment.event_count, self._moment.session_count)
        if found != due:
            raise StoreError(
                f"The backup of {self._moment.name} says {due[0]:,} events and {due[1]:,} sessions, and {found[0]:,} "
                f"and {found[1]:,} came out of it; take another moment with --at."
            )
