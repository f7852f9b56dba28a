"""What a backup says of a moment: which parts its tables consist of, and their checksums."""

import re
from datetime import timedelta
from pathlib import Path, PurePosixPath

import msgspec
import xxhash

from sojourn.errors import StoreError
from sojourn.model.instant import EPOCH

FORMAT = 1
FILES = "files.json"
BLOCK = 1 << 20
MOMENTS, PARTS, ENDING = "moments", "parts", ".json"
_SAFE = re.compile(r"[\w%@,+=-][\w.%@,+=-]*")
_encoder = msgspec.json.Encoder()


class StoredFile(msgspec.Struct, frozen=True):
    """A file of a part: its path in the part, its bytes, XXH3 (128 bits) of its content."""

    path: str
    size: int
    digest: str


class StoredPart(msgspec.Struct, frozen=True):
    """A part of a table: `id` is derived from what it holds, `digest` is that of its files.json."""

    name: str
    id: str
    size: int
    digest: str


class StoredTable(msgspec.Struct, frozen=True):
    name: str
    create: str
    parts: tuple[StoredPart, ...] = ()


class Moment(msgspec.Struct, frozen=True, kw_only=True):
    """A manifest; `commit_id` is the last commit in it, `schema` the last step of the schema."""

    format: int = FORMAT
    sojourn: str
    schema: int
    taken_at: int
    commit_id: int
    event_count: int
    session_count: int
    tables: tuple[StoredTable, ...]

    @property
    def name(self) -> str:
        """`20260429T101432.250Z`: sorts like the instant."""
        seconds, rest = divmod(self.taken_at, 1000)
        return f"{EPOCH + timedelta(seconds=seconds):%Y%m%dT%H%M%S}.{rest:03d}Z"

    @property
    def size(self) -> int:
        return sum(part.size for table in self.tables for part in table.parts)

    @property
    def places(self) -> set[str]:
        """Where the parts lie in the backup."""
        return {place_of(table.name, part.name, part.id) for table in self.tables for part in table.parts}


class _Sealed(msgspec.Struct):
    digest: str
    moment: msgspec.Raw


class _Version(msgspec.Struct):
    format: int
    sojourn: str


def place_of(table: str, name: str, part_id: str) -> str:
    return f"{PARTS}/{table}/{name}-{part_id}"


def seal(moment: Moment) -> bytes:
    body = _encoder.encode(moment)
    return _encoder.encode(_Sealed(digest_of(body), msgspec.Raw(body)))


def unseal(content: bytes, name: str) -> Moment:
    """Raises StoreError for a manifest that was damaged or that a newer program wrote."""
    try:
        sealed = msgspec.json.decode(content, type=_Sealed)
        if digest_of(bytes(sealed.moment)) != sealed.digest:
            raise StoreError(f"The manifest {name} of the backup is damaged; take another moment with --at.")
        version = msgspec.json.decode(sealed.moment, type=_Version)
        if version.format > FORMAT:
            raise StoreError(
                f"The backup was made by Sojourn {version.sojourn} in a format that this program does not know; "
                "install that Sojourn, or a newer one."
            )
        return msgspec.json.decode(sealed.moment, type=Moment)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        raise StoreError(f"The manifest {name} of the backup is damaged; take another moment with --at.") from None


def digest_of(content: bytes) -> str:
    return xxhash.xxh3_128_hexdigest(content)


def files_of(folder: Path) -> list[Path]:
    """The files of a part, in the order of their paths."""
    return sorted(path for path in folder.rglob("*") if path.is_file())


def id_of(folder: Path) -> str:
    """64 bits derived from what a part holds, without reading its data: the engine keeps their checksums beside them.

    XXH3 of the paths and sizes of its files and of the content of the short ones in text (checksums.txt among them).
    """
    digest = xxhash.xxh3_64()
    for path in files_of(folder):
        digest.update(f"{path.relative_to(folder)}\0{path.stat().st_size}\0".encode())
        if path.suffix in (".txt", ".json"):
            digest.update(path.read_bytes())
    return digest.hexdigest()


def pack(files: list[StoredFile]) -> bytes:
    return _encoder.encode(files)


def unpack(content: bytes, part: StoredPart, table: str) -> list[StoredFile]:
    """The files of a part. Raises StoreError when its list is not the one that the manifest names."""
    if digest_of(content) != part.digest:
        raise damaged(table, part.name, FILES)
    files = msgspec.json.decode(content, type=list[StoredFile])
    for file in files:
        if not all(_SAFE.fullmatch(step) for step in PurePosixPath(file.path).parts):
            raise damaged(table, part.name, file.path)
    return files


def damaged(table: str, part: str, file: str) -> StoreError:
    return StoreError(
        f"The backup is damaged: {file[:200]} of part {part} of table {table} is not as it was written. "
        "Take another moment with --at, or another backup."
    )


def check_names(moment: Moment) -> None:
    """Raises StoreError for a manifest whose names would lead out of the backup."""
    for table in moment.tables:
        names = [table.name, *(part.name for part in table.parts), *(part.id for part in table.parts)]
        if not all(_SAFE.fullmatch(name) for name in names):
            raise StoreError(f"The manifest of {moment.name} names parts as no backup does; take another moment.")
