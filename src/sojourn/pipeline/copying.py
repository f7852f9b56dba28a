"""A data folder's tables to a cluster, piece by piece: what was copied stays, and in the end all is compared."""

import hashlib
import os
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from sojourn.errors import InvalidRequest, StoreError
from sojourn.pipeline.board import shown
from sojourn.pipeline.joining import joined
from sojourn.pipeline.sites import FIRST, Definition
from sojourn.place import Place
from sojourn.store.address import Address
from sojourn.store.embedded import Embedded
from sojourn.store.engine import Engine
from sojourn.store.sharding import SHARDED_BY

ROWS_A_PIECE = 200_000
# Each store's own: what it consists of, and who works on it.
_NOT_COPIED = {"schema_versions", "processes", "errands"}
_SITES = "sites"
_NATIVE = "Native"
_MARK = "copy"
_MARKED = f"SELECT count() FROM errands WHERE name = '{_MARK}' AND number = {{number:UInt64}}"
_PARTS = "SELECT name, rows FROM system.parts WHERE database = currentDatabase() AND table = {table:String} AND active"
_COLUMNS = """
SELECT name FROM system.columns
WHERE database = currentDatabase() AND table = {table:String} AND default_kind NOT IN ('ALIAS', 'MATERIALIZED')
ORDER BY position
"""
_ENGINES = "SELECT name, engine FROM system.tables WHERE database = currentDatabase()"


class Piece(NamedTuple):
    """Rows of one part, by their places in it."""

    table: str
    part: str
    first: int
    end: int


@dataclass
class Progress:
    """How many rows are copied, of how many; `compared` are the tables that were found equal."""

    done: int
    total: int
    compared: list[str]


class Copying:
    """From a folder that no server owns to a cluster on which none works. Raises StoreError and Unavailable."""

    def __init__(self, source: Place, target: Place) -> None:
        if source.cluster is not None or target.cluster is None:
            raise InvalidRequest("Copy from a folder (--from) to the URL of a cluster (--to).")
        if not (source.folder / "store").is_dir():
            raise StoreError(f"There is no data folder {source}; give the right one with --from.")
        self._source = Embedded.within(source.folder)
        self._notes = _Notes(source.folder, str(target))
        self._engines: dict[str, str] = dict(self._source.query(_ENGINES))
        self._target, self._presence = joined(Address.of(target.cluster))
        if others := self._presence.others.there:
            self.close()
            raise StoreError(f"Another process works on this store: {shown(others[0].name)}; stop it first.")

    def run(self) -> Iterator[Progress]:
        """Tells after each piece, and after each table that was compared."""
        self._check_empty()
        self._source.execute("SYSTEM STOP MERGES")  # so that parts stay what they are
        pieces = [piece for table in self._tables(is_small=False) for piece in self._pieces(table)]
        progress = Progress(0, sum(piece.end - piece.first for piece in pieces), [])
        for piece in pieces:
            if piece not in self._notes.done:
                self._copy(piece)
                self._notes.add(piece)
            progress.done += piece.end - piece.first
            yield progress
        self._copy_small()
        for table in sorted(self._engines.keys() - _NOT_COPIED):
            self._compare(table)
            progress.compared.append(table)
            yield progress
        self._notes.forget()

    def close(self) -> None:
        self._presence.leave()
        self._source.close()
        self._target.close()

    def _check_empty(self) -> None:
        """What was begun goes on; else nothing may be there. The mark of what was begun is gone with the database, and
        when another process has worked on it since.
        """
        if self._notes.number and self._target.query(_MARKED, {"number": self._notes.number}) != [(0,)]:
            return
        filled = [table for table in SHARDED_BY if table not in _NOT_COPIED and _count(self._target, table)]
        if filled and not (filled == [_SITES] and self._is_new()):
            raise StoreError(f"The cluster has rows in {filled[0]}; copy to a database of its own.")
        mark = {"name": _MARK, "number": self._notes.begin(), "parameters": ""}
        self._target.insert("errands", tuple(mark), msgspec.json.encode(mark))

    def _is_new(self) -> bool:
        """Whether all that was said of sites is what the first command writes that opens a store."""
        said = self._target.query(f"SELECT DISTINCT definition FROM {_SITES}")
        return all(msgspec.json.decode(text, type=Definition) == FIRST for (text,) in said)

    def _tables(self, *, is_small: bool) -> list[str]:
        """Of tables in which a row that comes twice counts once, pieces can be copied; others, all small, go whole, and
        so do sites: what was written to them by opening the store is newer than what is copied.
        """
        return [
            table
            for table, engine in sorted(self._engines.items())
            if table not in _NOT_COPIED and ("Replacing" not in engine or table == _SITES) == is_small
        ]

    def _pieces(self, table: str) -> Iterator[Piece]:
        for part, rows in sorted(self._source.query(_PARTS, {"table": table})):
            for first in range(0, rows, ROWS_A_PIECE):
                yield Piece(table, part, first, min(first + ROWS_A_PIECE, rows))

    def _copy(self, piece: Piece) -> None:
        places = {"part": piece.part, "first": piece.first, "end": piece.end}
        condition = "_part = {part:String} AND _part_offset >= {first:UInt64} AND _part_offset < {end:UInt64}"
        self._send(piece.table, condition, places)

    def _copy_small(self) -> None:
        for table in self._tables(is_small=True):
            self._target.execute(f"TRUNCATE TABLE {table}")
            self._send(table, "1", {})

    def _send(self, table: str, condition: str, parameters: dict[str, Any]) -> None:
        columns = [name for (name,) in self._source.query(_COLUMNS, {"table": table})]
        body = self._source.raw(f"SELECT {', '.join(columns)} FROM {table} WHERE {condition}", parameters, _NATIVE)
        if body:
            self._target.insert(table, columns, body, _NATIVE)

    def _compare(self, table: str) -> None:
        here, there = (_sum(engine, table, self._engines[table]) for engine in (self._source, self._target))
        if here != there:
            raise StoreError(
                f"The rows of {table} differ: {here[0]:,} here, {there[0]:,} on the cluster, or another checksum. "
                "Copy to a new database."
            )


class _Notes:
    """What was copied to where, in a file of the folder: its number, then a line each piece."""

    def __init__(self, folder: Path, target: str) -> None:
        self._path = folder / f"copy-{hashlib.sha256(target.encode()).hexdigest()[:16]}.jsonl"
        self.number = 0
        self.done: set[Piece] = set()
        if self._path.exists():
            *lines, cut_off = self._path.read_bytes().split(b"\n")
            first, *pieces = map(msgspec.json.decode, lines or [b"0"])
            self.number = first if isinstance(first, int) else 0
            self.done = {Piece(*piece) for piece in pieces}
            if cut_off:  # its piece is copied again
                os.truncate(self._path, self._path.stat().st_size - len(cut_off))

    def begin(self) -> int:
        """Anew."""
        self.number, self.done = secrets.randbits(63), set()
        self._path.write_bytes(msgspec.json.encode(self.number) + b"\n")
        return self.number

    def add(self, piece: Piece) -> None:
        with self._path.open("ab") as file:
            file.write(msgspec.json.encode(piece) + b"\n")

    def forget(self) -> None:
        self._path.unlink()


def _count(engine: Engine, table: str) -> int:
    return int(engine.query(f"SELECT count() FROM {table}")[0][0])


def _sum(engine: Engine, table: str, kind: str) -> tuple[int, int]:
    """How many rows count, and a checksum that is the same in any order."""
    final = "" if kind == "MergeTree" else "FINAL"
    ((count, checksum),) = engine.query(
        f"SELECT count(), sum(xxHash64(formatRowNoNewline('TSV', *))) FROM {table} {final}"
    )
    return int(count), int(checksum)
