"""Lists into files, page by page: what is on the disk is noted, so that an export that is cut off goes on there."""

import os
import shutil
import sys
from collections.abc import Generator, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Self

import httpx
import msgspec
import pyarrow as pa
import pyarrow.parquet as pq
from rich.progress import Progress, SpinnerColumn, TextColumn

from sojourn.commands.terminal import begin, err, finish, out
from sojourn.errors import FileError, InvalidRequest
from sojourn.web.exporting import NEXT_CURSOR, ROWS

# Of sessions within a window of the server, which also counts what is no more. A page of events costs about as much
# whatever its length.
ROWS_A_PAGE = {"/v1/sessions": 90_000, "/v1/events": 200_000}
CSV, PARQUET = "csv", "parquet"
# Columns whose texts hardly repeat; the others are moved as dictionaries.
UNIQUE = {"id", "lead_id", "lead", "properties", "context"}
Pairs = list[tuple[str, str]]


class Place(msgspec.Struct):
    """How far a file has come: its bytes or its parts, the rows in them, and the cursor of what follows."""

    question: list[tuple[str, str]]
    size: int = 0
    rows: int = 0
    cursor: str | None = None


@dataclass(frozen=True)
class Order:
    """What to export: the list's path, how it is asked, in which form, and where to."""

    path: str
    pairs: Pairs
    form: str
    limit: int | None = None
    output: Path | None = None
    is_resumed: bool = False


def export(client: httpx.Client, order: Order) -> None:
    """Raises InvalidRequest, FileError, and what the server answers."""
    if order.output is None:
        if order.form == PARQUET:
            raise InvalidRequest("--format parquet needs a file to write to: -o FILE.parquet.")
        with closing(_pages(client, order, Place(order.pairs))) as pages:
            for page in pages:
                sys.stdout.buffer.write(page.body)
        sys.stdout.buffer.flush()
        return
    try:
        rows = (_csv_file if order.form == CSV else _parquet_file)(client, order, order.output)
    except OSError as error:
        raise FileError(f"{order.output} cannot be written: {error.strerror}.") from None
    out.print(f"{rows:,} rows -> {order.output}", soft_wrap=True)


@dataclass(frozen=True)
class Page:
    body: bytes
    rows: int
    cursor: str | None


def _pages(client: httpx.Client, order: Order, place: Place) -> Generator[Page]:
    """What follows the place. An answer's headers say where the next page begins: that one is looked up while the body
    of this one is made and written. The header of CSV comes with the first page of the list alone.
    """

    def ask(cursor: str | None, rows: int) -> httpx.Response:
        most = ROWS_A_PAGE[order.path]
        most = most if order.limit is None else min(most, order.limit - rows)
        asked = [("cursor", cursor)] if cursor is not None else order.pairs
        return begin(client, order.path, [*asked, ("format", order.form), ("limit", str(most))])

    rows, cursor = place.rows, place.cursor
    if place.size and cursor is None:  # it was cut off behind the last page
        return
    with ThreadPoolExecutor(1) as ahead:
        coming = ahead.submit(ask, cursor, rows) if order.limit is None or rows < order.limit else None
        while coming is not None:
            answer, is_first = coming.result(), rows == 0
            count, cursor = int(answer.headers[ROWS]), answer.headers.get(NEXT_CURSOR)
            rows += count
            is_last = cursor is None or rows == order.limit
            coming = None if is_last else ahead.submit(ask, cursor, rows)
            body = finish(answer)
            has_header = order.form == CSV and not is_first
            yield Page(body.partition(b"\n")[2] if has_header else body, count, cursor)


def _csv_file(client: httpx.Client, order: Order, output: Path) -> int:
    place = _place(order, output)
    with output.open("r+b" if place.size else "wb") as file, closing(_pages(client, order, place)) as pages:
        file.truncate(place.size)
        file.seek(place.size)
        for page in _followed(pages, place):
            file.write(page.body)
            _sync(file)
            place.size += len(page.body)
            _note(place, page, output)
    _note_path(output).unlink(missing_ok=True)
    return place.rows


def _parquet_file(client: httpx.Client, order: Order, output: Path) -> int:
    """Each page is a file beside the target, which is joined to those before it while the next one comes."""
    place, parts = _place(order, output), output.with_name(output.name + ".parts")
    if not place.size:
        shutil.rmtree(parts, ignore_errors=True)
    parts.mkdir(parents=True, exist_ok=True)
    with _Joined(output) as joined, closing(_pages(client, order, place)) as pages:
        for number in range(place.size):
            joined.add(parts / f"{number:06}.parquet")
        for page in _followed(pages, place):
            path = parts / f"{place.size:06}.parquet"
            with path.open("wb") as file:
                file.write(page.body)
                _sync(file)
            place.size += 1
            _note(place, page, output)
            joined.add(path)
    _note_path(output).unlink(missing_ok=True)
    shutil.rmtree(parts)
    return place.rows


class _Joined:
    """Files joined to one, in a thread; the target is there when all are in it."""

    def __init__(self, output: Path) -> None:
        self._output = output
        self._whole = output.with_name(output.name + ".whole")
        self._thread = ThreadPoolExecutor(1)
        self._writer: pq.ParquetWriter | None = None
        self._last: Future[None] | None = None

    def add(self, part: Path) -> None:
        """Returns when the one before it is in; what that failed with is raised."""
        if self._last is not None:
            self._last.result()
        self._last = self._thread.submit(self._write, part)

    def _write(self, part: Path) -> None:
        schema = pq.read_schema(part)
        texts = [field.name for field in schema if pa.types.is_string(field.type) and field.name not in UNIQUE]
        rows = pq.read_table(part, read_dictionary=texts)
        if self._writer is None:
            self._writer = pq.ParquetWriter(self._whole, rows.schema, compression="zstd", store_schema=False)
        self._writer.write_table(rows.cast(self._writer.schema))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        try:
            if kind is None and self._last is not None:
                self._last.result()
        finally:
            self._thread.shutdown()
            if self._writer is not None:
                self._writer.close()
        if kind is None:
            self._whole.replace(self._output)


def _place(order: Order, output: Path) -> Place:
    """Where to begin. Raises InvalidRequest when there is nothing of the same list to resume."""
    if not order.is_resumed:
        return Place(order.pairs)
    try:
        place = msgspec.json.decode(_note_path(output).read_bytes(), type=Place)
    except FileNotFoundError:
        raise InvalidRequest(f"There is no export to {output} that was cut off; leave out --resume.") from None
    except msgspec.MsgspecError:
        raise FileError(f"{_note_path(output)} is broken; export again without --resume.") from None
    if place.question != order.pairs:
        raise InvalidRequest(f"The export to {output} that was cut off had other filters; give the same ones.")
    return place


def _note_path(output: Path) -> Path:
    return output.with_name(output.name + ".resume")


def _note(place: Place, page: Page, output: Path) -> None:
    """What is on the disk now counts, whatever happens to this process."""
    place.rows += page.rows
    place.cursor = page.cursor
    path = _note_path(output)
    fresh = path.with_name(path.name + ".new")
    with fresh.open("wb") as file:
        file.write(msgspec.json.encode(place))
        _sync(file)
    fresh.replace(path)


def _sync(file: BinaryIO) -> None:
    file.flush()
    os.fsync(file.fileno())


def _followed(pages: Iterator[Page], place: Place) -> Iterator[Page]:
    columns = (SpinnerColumn(), TextColumn("{task.description}"))
    with Progress(*columns, console=err, transient=True, disable=not err.is_terminal) as progress:
        task = progress.add_task("exporting", total=None)
        for page in pages:
            yield page
            progress.update(task, description=f"{place.rows:,} rows")
