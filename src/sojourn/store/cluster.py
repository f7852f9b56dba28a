"""A ClickHouse cluster: each table a Distributed one over local ones, which lie in a database of their own."""

import logging
import re
import secrets
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from functools import cache
from itertools import product
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pyarrow as pa
from clickhouse_connect.driver.binding import format_bind_value
from clickhouse_connect.driver.client import Client
from clickhouse_connect.driver.exceptions import OperationalError
from clickhouse_connect.driver.external import ExternalData
from urllib3 import PoolManager

from sojourn.store.address import Address
from sojourn.store.engine import JSON_LINES, QUERY, SETTINGS, Engine, Row, get_client, name_of, refused
from sojourn.store.liveness import patient_pools
from sojourn.store.replicas import awaited, table_statements
from sojourn.store.sharding import SHARDED_BY
from sojourn.store.structure import structure_of
from sojourn.store.unreachable import Unreachable, check_ca

_SETTINGS = {
    **SETTINGS,
    "distributed_product_mode": "global",  # what a subquery finds is found on every shard
    "distributed_foreground_insert": 1,  # acknowledged when the shards have it on their disks
    "parallel_distributed_insert_select": 0,  # what a statement reads, it reads of all shards
    "skip_unavailable_shards": 0,  # an answer is whole or none
    # Where shards have copies: what is acknowledged is on most of them, and all read the first one that is there, which
    # has what it was sent; one that lags is not asked. Without copies these change nothing.
    "load_balancing": "in_order",
    "insert_quorum": "auto",
    "insert_quorum_timeout": 10_000,  # milliseconds
    "max_replica_delay_for_distributed_queries": 5,  # seconds
    "fallback_to_stale_replicas_for_distributed_queries": 0,
    "alter_sync": 2,
    "receive_timeout": 10,  # seconds without a sign of a node; one that works gives signs
    "send_timeout": 10,
}
_COPIED = {
    # A node reads its own copy before it looks for the first one that is there: a write is on most copies, not on each.
    "prefer_localhost_replica": 0,
    # Equal counts in a row are no repetition.
    "insert_deduplicate": 0,
    # What a deletion looks for is the same for each copy: see `awaited`.
    "allow_nondeterministic_mutations": 1,
}
# A statement about the files of a table, which each node does for its own.
_OF_FILES = re.compile(r"^((?:/\*.*\*/ )?(?:DELETE FROM|ALTER TABLE|TRUNCATE TABLE)) (\w+)", re.MULTILINE)
_READS = re.compile(rf"\b(FROM|JOIN) ({'|'.join(SHARDED_BY)})\b")
_SUBQUERIES = re.compile(r"\b((?:NOT )?IN \((?=\s*(?:--[^\n]*\s*)*SELECT))")
_OF_SERVERS = re.compile(r"\bsystem\.(parts|mutations|processes|tables)\b")
# A server takes no longer parameter, nor many of them; what is longer stands in the statement itself.
_LONGEST_PARAMETER = 20_000
_PARAMETERS = re.compile(r"\{(\w+):([^}]+)\}")
_ROWS = "sent_rows"
# What the driver says of a connection that fails is told by the error, and more clearly.
for _name in ("clickhouse_connect", "urllib3.connectionpool"):
    logging.getLogger(_name).addHandler(logging.NullHandler())
    logging.getLogger(_name).propagate = False
# One that does not answer at all is found sooner, see `liveness`.
_CONNECT_SECONDS, _ANSWER_SECONDS = 5, 300


@cache
def _pools(is_verified: bool, ca: str | None) -> PoolManager:
    """Raises StoreError for a file of certificates that is none."""
    if ca is not None:
        check_ca(ca)
    return patient_pools(is_verified, ca)


def connect_to(
    address: Address,
    node: tuple[str, int],
    database: str | None = None,
    token: str = "",
    more: Mapping[str, Any] = MappingProxyType({}),
) -> Client:
    """`token` marks what is asked through it, `more` are settings. Raises Unreachable and other StoreErrors."""
    return get_client(
        host=node[0],
        port=node[1],
        username=address.name,
        password=address.password,
        database=address.database if database is None else database,
        secure=address.is_secure,
        verify=address.is_verified,
        connect_timeout=_CONNECT_SECONDS,
        send_receive_timeout=_ANSWER_SECONDS,
        pool_mgr=_pools(address.is_verified, address.ca if address.is_secure else None),
        autogenerate_session_id=False,
        settings={**_SETTINGS, **more, "log_comment": token},
    )


class Cluster(Engine):
    """The statements of the embedded engine, on many nodes.

    Raises StoreError when no node can be reached, or refuses the name, the password or the database.
    """

    breaking = (OperationalError, OSError)

    def __init__(self, address: Address, *, is_replicated: bool = False, weight: int | None = None) -> None:
        """`is_replicated`: whether its tables have copies, of which all servers are to read the same one. `weight`: of
        one that makes tables, as `sharded_by` takes it.
        """
        self.address = address
        self.is_replicated = is_replicated
        self._weight = weight
        self.token = secrets.token_hex(4)  # marks the statements of this process
        self.check_may_write: Callable[[], None] = lambda: None  # raises Unavailable while nothing may be written
        first = int(self.token, 16) % len(address.nodes)  # each process begins at another one
        self._own: dict[tuple[str, int], Client] = {}  # to one node each
        self._nodes = address.nodes[first:] + address.nodes[:first]  # last the one that did not answer
        super().__init__()

    def insert(self, table: str, columns: Sequence[str], body: bytes, form: str = JSON_LINES) -> None:
        self.check_may_write()
        super().insert(table, columns, body, form)
        self.check_may_write()

    def _connect(self) -> Client:
        *others, last = self._nodes
        for node in others:
            try:
                return self._connect_to(node)
            except Unreachable:
                self._nodes = (*(other for other in self._nodes if other != node), node)
        return self._connect_to(last)

    def _connect_to(self, node: tuple[str, int]) -> Client:
        return connect_to(self.address, node, token=self.token, more=_COPIED if self.is_replicated else {})

    def query(self, text: str, parameters: Mapping[str, Any] | None = None) -> list[Row]:
        return super().query(*self._fitted(text, parameters))

    def named(self, text: str, parameters: Mapping[str, Any] | None = None) -> list[dict[str, Any]]:
        return super().named(*self._fitted(text, parameters))

    def arrow(
        self, text: str, parameters: Mapping[str, Any] | None = None, external: ExternalData | None = None
    ) -> pa.Table:
        return super().arrow(*self._fitted(text, parameters), external)

    def execute(
        self, text: str, parameters: Mapping[str, Any] | None = None, external: ExternalData | None = None
    ) -> None:
        is_word = text.startswith("/* process.say */")
        if not is_word:
            self.check_may_write()
        # Before the parameters are in it: these are what was sent, and may look like a statement.
        own = on_files(self.address, text, replicated=self.is_replicated)
        if not own:
            super().execute(*self._fitted(text, parameters), external)
        for told, node in product(own, self.address.nodes):
            self.check_may_write()  # another process may have taken over while a node took its time
            self.on_node(node, *self._fitted(told, parameters))
        if not is_word:
            self.check_may_write()  # it may have taken so long that another process has looked already

    def on_node(self, node: tuple[str, int], text: str, parameters: Mapping[str, Any] | None = None) -> None:
        """Raises Unavailable, also when the node cannot be reached."""
        try:
            client = self._own.pop(node, None) or self._connect_to(node)
        except Unreachable as error:
            raise refused(error) from error
        with ExitStack() as unless_it_fails:
            unless_it_fails.callback(client.close)
            with self._told(QUERY, name_of(text)):
                client.command(text, parameters=dict(parameters or {}))
            if self._own.setdefault(node, client) is client:
                unless_it_fails.pop_all()

    def close(self) -> None:
        super().close()
        while self._own:
            self._own.popitem()[1].close()

    def create_table(self, statement: str) -> None:
        """The local table on each node, and over them the one that is asked: see `replicas`."""
        texts = table_statements(self.address, statement, replicated=self.is_replicated, weight=self._weight)
        for text in texts:
            for node in self.address.nodes[: 1 if self.is_replicated else None]:
                self.on_node(node, text)

    def insert_arrow(self, text: str, table: pa.Table, parameters: Mapping[str, Any]) -> None:
        self.execute(text.replace("/* rows */", _ROWS), parameters, _external(table))

    def arrow_of_kept(self, text: str, paths: Sequence[Path], parameters: Mapping[str, Any]) -> pa.Table:
        kept = pa.concat_tables(pa.ipc.open_file(pa.memory_map(str(path))).read_all() for path in paths)
        return self.arrow(text.replace("/* rows */", _ROWS), parameters, _external(kept.unify_dictionaries()))

    def _fitted(self, text: str, parameters: Mapping[str, Any] | None) -> tuple[str, Mapping[str, Any]]:
        """What asks of the server's own tables asks each node; long parameters stand in the statement."""
        if _OF_SERVERS.search(text):
            text = _OF_SERVERS.sub(rf"clusterAllReplicas('{self.address.cluster}', system.\1)", text)
            text = text.replace("currentDatabase()", f"'{self.address.local}'")
        short: dict[str, Any] = {}
        long: dict[str, str] = {}
        for name, value in (parameters or {}).items():
            shown = str(format_bind_value(value)) if isinstance(value, list | tuple) else ""
            if len(shown) <= _LONGEST_PARAMETER:
                short[name] = value
            else:
                long[name] = shown.replace("\\", "\\\\").replace("'", "\\'")
        # All at once: what was sent may look like a parameter, too.
        return _PARAMETERS.sub(lambda of: f"CAST('{long[of[1]]}' AS {of[2]})" if of[1] in long else of[0], text), short


def on_files(address: Address, text: str, *, replicated: bool) -> list[str]:
    """What all nodes are told, one after the other, where the statement is about the files of a table; else nothing.

    A deletion looks for other tables where its own one lies, and by the server's settings: it shall find those of all
    shards.
    """
    if not _OF_FILES.search(text):
        return []
    before, head, table, rest = _OF_FILES.split(text, maxsplit=1)
    read = [found[1] for found in _READS.findall(rest)]
    rest = _READS.sub(rf"\1 {address.database}.\2", _SUBQUERIES.sub(r"GLOBAL \1", rest))
    waits = awaited(address, read) if replicated else []
    return [*waits, f"{before}{head} {address.local}.{table}{rest}"]


def _external(table: pa.Table) -> ExternalData:
    """The rows of an Arrow table as a table of the statement that they come with."""
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table.combine_chunks())
    body = sink.getvalue().to_pybytes()
    return ExternalData(file_name=_ROWS, data=body, fmt="ArrowStream", structure=structure_of(table))
