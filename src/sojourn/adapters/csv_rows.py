"""CSV row by row in bounded memory: a row that cannot be read is told by its line, and those behind it are read on."""

import csv
import re
from collections.abc import Iterator
from enum import Enum, auto
from typing import IO, Any

from sojourn.errors import FileError

Row = dict[str, Any]
Numbered = tuple[int, Row | FileError]

MOST_BYTES = 1 << 20  # of a row
_BEHIND_BARE = re.compile(rb"[,\r\n]")


def csv_rows(file: IO[bytes]) -> Iterator[Numbered]:
    """(line, row) by the header's names, (line, FileError) for a row that does not fit or cannot be read.

    Raises csv.Error and UnicodeDecodeError for a header that cannot be read.
    """
    lines = _Lines(file)
    reader = csv.reader(lines)
    names = next(reader, [])
    lines.check()
    while True:
        first = lines.begin()
        try:
            values = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            lines.skip()
            yield first, FileError(f"the row cannot be read: {error}")
            continue
        if lines.fault is not None:
            yield lines.number, FileError(f"the line is not UTF-8: {lines.fault.reason}")
        elif len(values) == len(names):
            yield lines.number, dict(zip(names, values, strict=True))
        elif values:
            yield lines.number, FileError(f"the line has {len(values)} columns, the header {len(names)}")


class _Lines:
    """The lines of a file as `csv.reader` asks for them; those of the row under way are kept, to find its end."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._row: list[bytes] = []
        self._size = 0
        self._is_ended = True
        self._encoding = "utf-8-sig"
        self.number = 0
        self.fault: UnicodeDecodeError | None = None

    def begin(self) -> int:
        """A row begins; the number of its first line."""
        self._row = []
        self._size = 0
        self.fault = None
        self._encoding = "utf-8"
        return self.number + 1

    def check(self) -> None:
        """Raises UnicodeDecodeError for a row that is not UTF-8."""
        if self.fault is not None:
            raise self.fault

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        """Raises csv.Error for a row that is too long, or goes on behind the end of the file."""
        line = self._read()
        if not line:
            if self._row:
                raise csv.Error("a quote is never closed")
            raise StopIteration
        self._row.append(line)
        self._size += len(line)
        if self._size > MOST_BYTES:
            raise csv.Error(f"longer than {MOST_BYTES:,} bytes")
        try:
            return line.decode(self._encoding)
        except UnicodeDecodeError as error:
            self.fault = error
            return line.decode(self._encoding, "replace")

    def _read(self) -> bytes:
        """A line or, of a very long one, a piece."""
        line = self._file.readline(MOST_BYTES + 1)
        if line:
            self.number += self._is_ended
            self._is_ended = line.endswith(b"\n")
        return line

    def skip(self) -> None:
        """On to the end of a row that cannot be read."""
        goes_on, ending = True, _Ending()
        for piece in self._row:
            goes_on = goes_on and ending.goes_on(piece)
        while (goes_on or not self._is_ended) and (piece := self._read()):
            goes_on = goes_on and ending.goes_on(piece)


class _Place(Enum):
    START = auto()  # of a field
    BARE = auto()
    QUOTED = auto()
    QUOTE = auto()  # within quotes: the end of them, or the first of two


class _Ending:
    """Where a row ends, piece by piece, as `csv.reader` has it: a quote says something at the start of a field only."""

    def __init__(self) -> None:
        self._place = _Place.START

    def goes_on(self, piece: bytes) -> bool:
        """Whether the row goes on behind this piece of it."""
        at = 0
        while at < len(piece):
            if self._place is _Place.QUOTED:
                closing = piece.find(b'"', at)
                if closing < 0:
                    return True
                self._place, at = _Place.QUOTE, closing + 1
                continue
            if self._place is _Place.BARE:
                found = _BEHIND_BARE.search(piece, at)
                at = found.start() if found else len(piece)
            byte = piece[at : at + 1]
            if byte in (b"\r", b"\n"):
                return False
            self._place = self._behind(byte)
            at += 1
        return True

    def _behind(self, byte: bytes) -> _Place:
        if byte == b",":
            return _Place.START
        return _Place.QUOTED if byte == b'"' and self._place is not _Place.BARE else _Place.BARE
