"""Backups as they are read: a folder or a .tar file, with the moments that it holds."""

import contextlib
import tarfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import BinaryIO, Protocol

from sojourn.errors import FileError, StoreError
from sojourn.pipeline.backup.moment import ENDING, MOMENTS, Moment, check_names, unseal


class Backup(Protocol):
    def names(self) -> list[str]:
        """The moments, newest first."""

    def size(self, path: str) -> int | None:
        """Bytes of a file, None when it is not there."""

    def open(self, path: str) -> BinaryIO:
        """Raises OSError when it is not there."""


@contextlib.contextmanager
def reading(source: Path) -> Iterator[Backup]:
    """Raises FileError when there is no backup."""
    if source.is_dir() and (source / MOMENTS).is_dir():
        yield FolderBackup(source)
    elif source.is_file():
        try:
            with tarfile.open(source, "r:") as tar:
                yield TarBackup(tar)
        except tarfile.TarError:
            raise FileError(f"{source} is no backup, or one that was cut off; give a folder or a .tar file.") from None
    else:
        raise FileError(f"There is no backup in {source}; `sojourn backup --to` makes one.")


class FolderBackup:
    def __init__(self, root: Path) -> None:
        self._root = root

    def names(self) -> list[str]:
        return sorted((path.stem for path in (self._root / MOMENTS).glob(f"*{ENDING}")), reverse=True)

    def size(self, path: str) -> int | None:
        file = self._root / path
        return file.stat().st_size if file.is_file() else None

    def open(self, path: str) -> BinaryIO:
        return (self._root / path).open("rb")


class TarBackup:
    def __init__(self, tar: tarfile.TarFile) -> None:
        self._tar = tar
        self._entries = {entry.name: entry for entry in tar.getmembers() if entry.isfile()}

    def names(self) -> list[str]:
        found = [name for name in self._entries if name.startswith(f"{MOMENTS}/") and name.endswith(ENDING)]
        return sorted((name.split("/", 1)[1].removesuffix(ENDING) for name in found), reverse=True)

    def size(self, path: str) -> int | None:
        entry = self._entries.get(path)
        return entry.size if entry else None

    def open(self, path: str) -> BinaryIO:
        entry = self._entries.get(path)
        file = self._tar.extractfile(entry) if entry else None
        if file is None:
            raise FileNotFoundError(path)
        return file  # type: ignore[return-value]


def moments_of(backup: Backup, names: Iterable[str]) -> list[Moment]:
    """Raises StoreError for a manifest that is damaged or of a newer program."""
    found = []
    for name in names:
        path = f"{MOMENTS}/{name}{ENDING}"
        with backup.open(path) as file:
            moment = unseal(file.read(), path)
        check_names(moment)
        found.append(moment)
    return found


def moment_at(backup: Backup, at: str | None) -> Moment:
    """The moment of that name, or the newest. Raises StoreError when there is none."""
    names = backup.names()
    if not names:
        raise StoreError("The backup holds no moment: it was cut off before its end; take another backup.")
    if at is not None and at not in names:
        raise StoreError(f"The backup holds no moment {at[:60]!r}; it holds {', '.join(names[:10])}.")
    return moments_of(backup, [at or names[0]])[0]
