"""Where backups are written to: a folder that grows moment by moment, or one .tar file.

Whatever is cut off in the middle has a temporary name, so moments that are there stay whole.
"""

import contextlib
import fcntl
import os
import shutil
import tarfile
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import BinaryIO, Protocol

import msgspec
import xxhash

from sojourn.errors import FileError, Unavailable
from sojourn.pipeline.backup.moment import (
    BLOCK,
    ENDING,
    FILES,
    MOMENTS,
    PARTS,
    Moment,
    StoredFile,
    files_of,
    pack,
    seal,
)
from sojourn.pipeline.backup.reading import FolderBackup, moments_of

PARTIAL = ".partial"
LOCK = ".lock"


class Place(Protocol):
    """Parts first, then the moment that names them."""

    def known(self, place: str, /) -> bytes | None:
        """The files.json of a part that is there already, whole; None if it is not."""

    def put(self, place: str, source: Path) -> Generator[int, None, bytes]:
        """Copy a part, giving the bytes copied as they come; returns its files.json. Raises OSError."""

    def finish(self, moment: Moment) -> None:
        """The moment counts from here on, and survives a power cut."""

    def keep(self, most: int, /) -> int:
        """Drops all moments but the newest so many; how many went."""


@contextlib.contextmanager
def writing(destination: Path) -> Iterator[Place]:
    """Raises FileError for a destination that is neither a backup nor empty, Unavailable while another writes to it."""
    if destination.suffix == ".tar":
        with _tar(destination) as file:
            yield file
        return
    if destination.exists() and not destination.is_dir():
        raise FileError(f"{destination} is a file; give a folder, or a name that ends in .tar.")
    if destination.is_dir() and any(destination.iterdir()) and not (destination / MOMENTS).is_dir():
        raise FileError(f"{destination} is not empty and holds no backup; give another folder with --to.")
    for name in (MOMENTS, PARTS):
        (destination / name).mkdir(mode=0o700, parents=True, exist_ok=True)
    with (destination / LOCK).open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Unavailable(f"Another backup is being written to {destination}; repeat it afterwards.") from None
        place = FolderPlace(destination)
        place.sweep()
        yield place


class FolderPlace:
    """A folder of moments that share their parts."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def sweep(self) -> None:
        """Takes away what a backup that was cut off left."""
        for left in [*self._root.glob(f"{PARTS}/*/*{PARTIAL}"), *self._root.glob(f"{MOMENTS}/*{PARTIAL}")]:
            shutil.rmtree(left) if left.is_dir() else left.unlink()

    def known(self, place: str) -> bytes | None:
        folder = self._root / place
        try:
            listed = (folder / FILES).read_bytes()
            files = msgspec.json.decode(listed, type=list[StoredFile])
            is_whole = all((folder / file.path).stat().st_size == file.size for file in files)
        except (OSError, msgspec.MsgspecError, UnicodeDecodeError):
            return None
        return listed if is_whole else None

    def put(self, place: str, source: Path) -> Generator[int, None, bytes]:
        folder = self._root / place
        partial = folder.with_name(folder.name + PARTIAL)
        files = []
        for path in files_of(source):
            target = partial / path.relative_to(source)
            target.parent.mkdir(parents=True, exist_ok=True)
            with path.open("rb") as reading, target.open("xb") as written:
                digest = yield from _copied(reading, written)
                _sync(written)
            files.append(StoredFile(str(path.relative_to(source)), path.stat().st_size, digest))
        listed = pack(files)
        _write(partial / FILES, listed)
        for inside in [*(path for path in partial.rglob("*") if path.is_dir()), partial]:
            _sync_folder(inside)
        if folder.exists():
            shutil.rmtree(folder)  # what lies there was found damaged
        partial.rename(folder)
        _sync_folder(folder.parent)
        return listed

    def finish(self, moment: Moment) -> None:
        _sync_folder(self._root / PARTS)
        path = self._root / MOMENTS / (moment.name + ENDING)
        partial = path.with_name(path.name + PARTIAL)
        _write(partial, seal(moment))
        partial.rename(path)
        _sync_folder(path.parent)
        _sync_folder(self._root)

    def keep(self, most: int) -> int:
        """Drops older moments first, then the parts that none names.

        Raises StoreError, and drops nothing, when one of the manifests that stay is damaged: what it names is unknown.
        """
        backup = FolderBackup(self._root)
        names = backup.names()
        staying = moments_of(backup, names[:most])
        for name in names[most:]:
            (self._root / MOMENTS / (name + ENDING)).unlink()
        _sync_folder(self._root / MOMENTS)
        needed = {self._root / place for moment in staying for place in moment.places}
        for part in self._root.glob(f"{PARTS}/*/*"):
            if part not in needed:
                shutil.rmtree(part)
        return len(names[most:])


@contextlib.contextmanager
def _tar(path: Path) -> Iterator["TarPlace"]:
    partial = path.with_name(path.name + PARTIAL)
    try:
        with partial.open("wb") as file:
            partial.chmod(0o600)
            yield TarPlace(file)
            _sync(file)
        partial.rename(path)
        _sync_folder(path.absolute().parent)
    finally:
        partial.unlink(missing_ok=True)


class TarPlace:
    """One file that holds one moment whole."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file

    def known(self, _place: str) -> bytes | None:
        return None

    def put(self, place: str, source: Path) -> Generator[int, None, bytes]:
        files = []
        for path in files_of(source):
            name = str(path.relative_to(source))
            size = path.stat().st_size
            self._file.write(self._header(f"{place}/{name}", size))
            with path.open("rb") as reading:
                digest = yield from _copied(reading, self._file)
            self._pad(size)
            files.append(StoredFile(name, size, digest))
        listed = pack(files)
        self._add(f"{place}/{FILES}", listed)
        return listed

    def finish(self, moment: Moment) -> None:
        self._add(f"{MOMENTS}/{moment.name}{ENDING}", seal(moment))
        self._file.write(b"\0" * 2 * tarfile.BLOCKSIZE)

    def keep(self, _most: int) -> int:
        return 0

    def _add(self, name: str, content: bytes) -> None:
        self._file.write(self._header(name, len(content)) + content)
        self._pad(len(content))

    def _header(self, name: str, size: int) -> bytes:
        entry = tarfile.TarInfo(name)
        entry.size, entry.mode = size, 0o600
        return entry.tobuf(tarfile.PAX_FORMAT)

    def _pad(self, size: int) -> None:
        self._file.write(b"\0" * (-size % tarfile.BLOCKSIZE))


def _copied(reading: BinaryIO, written: BinaryIO) -> Generator[int, None, str]:
    digest = xxhash.xxh3_128()
    while block := reading.read(BLOCK):
        written.write(block)
        digest.update(block)
        yield len(block)
    return digest.hexdigest()


def _write(path: Path, content: bytes) -> None:
    with path.open("xb") as file:
        file.write(content)
        _sync(file)


def _sync(file: BinaryIO) -> None:
    file.flush()
    os.fsync(file.fileno())


def _sync_folder(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
