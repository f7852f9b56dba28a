"""Lists as CSV and Parquet: the format a request asks for, and a body that is written while it is read."""

import io
from collections.abc import Callable, Iterator
from typing import Any

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from sojourn.errors import InvalidRequest

JSON, CSV, PARQUET = "json", "csv", "parquet"
MEDIA = {CSV: "text/csv", PARQUET: "application/vnd.apache.parquet"}
NEXT_CURSOR = "Sojourn-Next-Cursor"
ROWS = "Sojourn-Rows"
Tables = Iterator[pa.Table]


def format_of(request: Request) -> str:
    """By `format`, else by the Accept header. Raises InvalidRequest."""
    asked = request.query_params.get("format")
    if asked is not None:
        if asked not in (JSON, CSV, PARQUET):
            raise InvalidRequest(f"format is {asked[:60]!r}; allowed: {JSON}, {CSV}, {PARQUET}.")
        return asked
    accepted = request.headers.get("accept", "")
    return next((form for form, media in MEDIA.items() if media in accepted), JSON)


def streamed(tables: Tables, form: str, name: str, texts: Callable[[pa.Table], pa.Table]) -> Response:
    """The tables as one file. The first piece is made before anything is sent, so that an error is an answer."""
    pieces = (csv_pieces if form == CSV else parquet_pieces)(tables, texts)
    first = next(pieces, b"")

    def body() -> Iterator[bytes]:
        yield first
        yield from pieces

    headers = {"Content-Disposition": f'attachment; filename="{name}.{form}"'}
    return StreamingResponse(body(), media_type=MEDIA[form], headers=headers)


def whole(table: pa.Table, form: str, texts: Callable[[pa.Table], pa.Table], cursor: str | None) -> Response:
    """One page as a file, with the cursor of the page that follows in a header. The headers go out before the file is
    made, so that the next page can be asked for meanwhile.
    """
    pieces = (csv_pieces if form == CSV else parquet_pieces)(iter([table]), texts)
    headers = {ROWS: str(table.num_rows)} | ({NEXT_CURSOR: cursor} if cursor is not None else {})
    return StreamingResponse(pieces, media_type=MEDIA[form], headers=headers)


def csv_pieces(tables: Tables, texts: Callable[[pa.Table], pa.Table]) -> Iterator[bytes]:
    """A header, then the rows; null is nothing between two commas."""
    for number, table in enumerate(tables):
        sink = io.BytesIO()
        if number == 0:
            sink.write(",".join(table.column_names).encode() + b"\n")
        options = pyarrow.csv.WriteOptions(include_header=False, quoting_style="needed")
        pyarrow.csv.write_csv(texts(table), sink, options)
        yield sink.getvalue()


def parquet_pieces(tables: Tables, _texts: Any) -> Iterator[bytes]:
    """A row group a table."""
    sink = _Taken()
    writer: pq.ParquetWriter | None = None
    for table in tables:
        if writer is None:
            # Without the schema of Arrow: what is a dictionary here are texts to who reads it.
            writer = pq.ParquetWriter(sink, table.schema, compression="zstd", store_schema=False)
        writer.write_table(table.cast(writer.schema))
        yield sink.take()
    if writer is not None:
        writer.close()
        yield sink.take()


class _Taken(io.RawIOBase):
    """A file that is only written, and of which the pieces are taken away as they come."""

    def __init__(self) -> None:
        super().__init__()
        self._pieces: list[bytes] = []
        self._at = 0

    def writable(self) -> bool:
        return True

    def write(self, piece: Any) -> int:
        taken = bytes(piece)
        self._pieces.append(taken)
        self._at += len(taken)
        return len(taken)

    def tell(self) -> int:
        return self._at

    def take(self) -> bytes:
        pieces, self._pieces = self._pieces, []
        return b"".join(pieces)
