"""What is asked of ClickHouse, be it in the process (`store/embedded.py`) or a cluster (`store/cluster.py`)."""

import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import clickhouse_connect
import pyarrow as pa
from clickhouse_connect.driver.client import Client
from clickhouse_connect.driver.exceptions import ClickHouseError, OperationalError
from clickhouse_connect.driver.exceptions import Error as DriverError
from clickhouse_connect.driver.external import ExternalData

from sojourn.errors import StoreError, Unavailable
from sojourn.store.unreachable import unreachable

# Set for every statement, embedded or not: what is answered must not hang on a server's defaults.
SETTINGS = {
    "async_insert": 0,
    "join_use_nulls": 0,
    "enable_named_columns_in_function_tuple": 1,
    "max_partitions_per_insert_block": 0,
    "do_not_merge_across_partitions_select_final": 1,
    "optimize_on_insert": 0,
    "max_query_size": 1 << 30,  # a cluster is sent the identifiers of a whole pass within the statement
    "output_format_arrow_low_cardinality_as_dictionary": 1,
    "output_format_arrow_string_as_string": 1,
    "output_format_arrow_compression_method": "none",  # what is read is read once, in this process
    "use_top_k_dynamic_filtering": 0,  # doubles the time of a list in which hardly any session fits
    # To look for such chains took more than half of the time of a pass's longest statement, and there are none.
    "optimize_and_compare_chain": 0,
    "optimize_or_like_chain": 0,
    "schema_inference_make_columns_nullable": 2,  # as the file says
}

INSERT, QUERY = "insert", "query"
OTHER = "other"
JSON_LINES = "JSONEachRow"

Row = tuple[Any, ...]


class Statement(NamedTuple):
    """What the store was asked: INSERT and the table, or QUERY and its file; `failure` is the engine's name for it."""

    kind: str
    name: str
    seconds: float
    failure: str | None


def _unheard(_statement: Statement) -> None:
    """Nobody listens."""


def _nothing() -> None:
    pass


def name_of(text: str) -> str:
    """The file of a query by its leading comment; OTHER for one that is not in a file."""
    return text[3 : text.index(" */")] if text.startswith("/* ") else OTHER


class Engine(ABC):
    """Queries and inserts from any thread: each call borrows a connection of its own.

    `on_statement` is told of each when it has ended, in the thread that asked.
    Raises Unavailable when the engine cannot do it now, StoreError when it cannot be opened.
    """

    folder: Path | None = None  # where the embedded engine keeps its files; none for a cluster
    breaking: tuple[type[Exception], ...] = ()  # what a connection that meets it is of no more use after

    def __init__(self) -> None:
        self._idle: list[Client] = []
        self._all: list[Client] = []
        self._lock = threading.Lock()
        self._is_opened = False
        self.failed_at = 0.0  # when a statement last failed, on the monotonic clock
        self.on_statement: Callable[[Statement], None] = _unheard
        self.on_delete: Callable[[], None] = _nothing  # before events or sessions are deleted
        with self._client() as client:
            client.command("SELECT 1")

    @property
    def is_shared(self) -> bool:
        """Whether other processes may read and write the same store."""
        return self.folder is None

    @abstractmethod
    def _connect(self) -> Client:
        """A connection with the SETTINGS. Raises StoreError."""

    @abstractmethod
    def create_table(self, statement: str) -> None:
        """A `CREATE TABLE IF NOT EXISTS` of the schema."""

    @abstractmethod
    def insert_arrow(self, text: str, table: pa.Table, parameters: Mapping[str, Any]) -> None:
        """INSERT … SELECT, in which `/* rows */` stands for the rows of the table."""

    @abstractmethod
    def arrow_of_kept(self, text: str, paths: Sequence[Path], parameters: Mapping[str, Any]) -> pa.Table:
        """A query in which `/* rows */` stands for all rows that `keep_arrow` wrote into these files of one folder."""

    def is_in_doubt(self) -> bool:
        """Whether what was written of late may not be on the disk."""
        return False

    @contextmanager
    def _client(self, kind: str = QUERY, name: str = OTHER) -> Iterator[Client]:
        """A connection for one statement."""
        with self._lock:
            client = self._idle.pop() if self._idle else None
        if client is None:
            client = self._another()
        is_broken = False
        try:
            with self._told(kind, name):
                yield client
        except Unavailable as error:
            is_broken = isinstance(error.__cause__, self.breaking)
            raise
        finally:
            self._give_back(client, is_broken)

    def _another(self) -> Client:
        """Raises StoreError for the first connection; that a later one fails may pass: Unavailable."""
        try:
            client = self._connect()
        except StoreError as error:
            if not self._is_opened:
                raise
            raise refused(error) from error
        self._is_opened = True
        with self._lock:
            self._all.append(client)
        return client

    @contextmanager
    def _told(self, kind: str, name: str) -> Iterator[None]:
        """One statement, of which `on_statement` is told. Raises Unavailable."""
        began, failure = time.perf_counter(), None
        try:
            yield
        except (ClickHouseError, DriverError, OSError) as error:
            failure = _name_of_failure(error)
            self.failed_at = time.monotonic()
            raise refused(error) from error
        finally:
            self.on_statement(Statement(kind, name, time.perf_counter() - began, failure))

    def _give_back(self, client: Client, is_broken: bool) -> None:
        """One that broke takes the idle ones along: the next is made anew, by way of a node that answers."""
        with self._lock:
            if not is_broken:
                self._idle.append(client)
                return
            broken, self._idle = [client, *self._idle], []
            self._all = [other for other in self._all if other not in broken]
        for other in broken:
            other.close()

    def query(self, text: str, parameters: Mapping[str, Any] | None = None) -> list[Row]:
        with self._client(QUERY, name_of(text)) as client:
            return [tuple(row) for row in client.query(text, parameters=dict(parameters or {})).result_rows]

    def named(self, text: str, parameters: Mapping[str, Any] | None = None) -> list[dict[str, Any]]:
        """The rows as dictionaries by column name."""
        with self._client(QUERY, name_of(text)) as client:
            return list(client.query(text, parameters=dict(parameters or {})).named_results())

    def execute(
        self, text: str, parameters: Mapping[str, Any] | None = None, external: ExternalData | None = None
    ) -> None:
        with self._client(QUERY, name_of(text)) as client:
            client.command(text, parameters=dict(parameters or {}), external_data=external)

    def raw(self, text: str, parameters: Mapping[str, Any], form: str) -> bytes:
        """The rows in one of the engine's own forms."""
        with self._client(QUERY, name_of(text)) as client:
            body: bytes = client.raw_query(text, parameters=dict(parameters), fmt=form)
        return body

    def insert(self, table: str, columns: Sequence[str], body: bytes, form: str = JSON_LINES) -> None:
        """Rows as JSON, one object a line, or in another form. Durable when it returns, for tables that are synced on
        insert. Raises Unavailable, also when the disk ran full meanwhile and took the rows along.
        """
        with self._client(INSERT, table) as client:
            client.raw_insert(table, columns, body, fmt=form)

    def arrow(
        self, text: str, parameters: Mapping[str, Any] | None = None, external: ExternalData | None = None
    ) -> pa.Table:
        """The rows as an Arrow table; texts of few values are dictionaries."""
        with self._client(QUERY, name_of(text)) as client:
            body = client.raw_query(text, parameters=dict(parameters or {}), fmt="ArrowStream", external_data=external)
        return pa.ipc.open_stream(pa.py_buffer(body)).read_all()

    @staticmethod
    def keep_arrow(table: pa.Table, path: Path, nullable: Collection[str] = ()) -> None:
        """Write a table for `arrow_of_kept`; a column without nulls says so, so that the engine's has none either, but
        for those that may have some in another file. Raises Unavailable where there is no room for it.
        """
        fields = [
            field.with_nullable(field.name in nullable or table[field.name].null_count > 0) for field in table.schema
        ]
        table = table.cast(pa.schema(fields))
        try:
            with pa.OSFile(str(path), "wb") as sink, pa.ipc.new_file(sink, table.schema) as writer:
                writer.write_table(table.combine_chunks())
        except OSError as error:
            raise refused(error) from error

    def close(self) -> None:
        with self._lock:
            clients, self._all, self._idle = self._all, [], []
        for client in clients:
            client.close()


def get_client(**options: Any) -> Client:
    """Raises StoreError with the engine's own words."""
    try:
        client: Client = clickhouse_connect.get_client(**options)
        return client
    except (ClickHouseError, DriverError, OSError) as error:
        if isinstance(error, OperationalError | OSError) and "host" in options:
            raise unreachable(f"{options['host']}:{options['port']}", error) from error
        where = options.get("path") or f"{options['host']}:{options['port']}"
        raise StoreError(f"The store in {where} cannot be opened: {reason_of(error)}") from error


def refused(error: Exception) -> Unavailable:
    return Unavailable(f"The store cannot do this now, so nothing was acknowledged; repeat it: {reason_of(error)}")


def _name_of_failure(error: Exception) -> str:
    """The engine's name for it, such as NOT_ENOUGH_SPACE: unlike its words it holds nothing of the data."""
    return str(getattr(error, "name", None) or type(error).__name__)


def reason_of(error: Exception) -> str:
    """One line of the engine's own words, without its stack and its query."""
    text = str(error)
    for mark in ("DB::Exception: ", "Exception: "):
        if mark in text:
            text = text.split(mark, 1)[1]
    return text.split("(version", 1)[0].split("\n", 1)[0].split(": While ", 1)[0].strip()[:300]
