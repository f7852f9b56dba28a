"""What the nodes of a cluster say of themselves and of the cluster: one statement each, all at the same time."""

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any, NamedTuple, TypeVar

from clickhouse_connect.driver.client import Client
from clickhouse_connect.driver.exceptions import ClickHouseError, OperationalError
from clickhouse_connect.driver.exceptions import Error as DriverError

from sojourn.errors import StoreError
from sojourn.store.address import Address
from sojourn.store.cluster import connect_to
from sojourn.store.engine import reason_of
from sojourn.store.unreachable import Unreachable, Untrusted, unreachable

_SERVER = "toString(serverUUID()), hostName(), toString(tcpPort())"
_LOOK = f"""
SELECT
    [{_SERVER}],
    (SELECT groupUniqArray(cluster) FROM system.clusters),
    (SELECT groupArray((shard_num, replica_num, shard_weight, is_local, internal_replication))
        FROM system.clusters WHERE cluster = {{cluster:String}}),
    (SELECT groupArray((database, name, engine, comment))
        FROM system.tables WHERE database IN ({{asked:String}}, {{local:String}}) AND NOT is_temporary),
    (SELECT any(engine_full) FROM system.tables WHERE database = {{asked:String}} AND name = 'events'),
    (SELECT groupArray((macro, substitution)) FROM system.macros),
    (SELECT count() FROM system.server_settings WHERE name = 'keeper_hosts' AND value != ''),
    toUnixTimestamp64Milli(now64(3))
"""
_COLUMNS = "SELECT database, table, name, type FROM system.columns WHERE database IN ({asked:String}, {local:String})"
# Not in every look: to write them takes a node longer than all the rest.
_OVER = "SELECT name, engine_full FROM system.tables WHERE database = {asked:String}"
_SERVERS = f"SELECT DISTINCT _shard_num, {_SERVER} FROM clusterAllReplicas('{{}}', system.one)"
MOST_AT_ONCE = 16

Table = tuple[str, str]  # database and name
Told = TypeVar("Told")


class Seat(NamedTuple):
    """Of a node within the cluster; `is_left_to_them`: one of a shard's nodes gets an insert, and tells the others."""

    shard: int
    replica: int
    weight: int
    is_own: bool
    is_left_to_them: bool


class Made(NamedTuple):
    """How a table was made."""

    engine: str
    comment: str


@dataclass(frozen=True)
class Look:
    """Of one node: `server` is the same by whatever name it is reached, `clusters` are all that it knows, `seats` those
    of the URL's cluster, `tables` those in both databases, `over` what the one of events is made over. `ahead_ms`: how
    far its clock is ahead of this machine, at least and at most.
    """

    node: str
    server: tuple[str, ...]
    version: str
    clusters: frozenset[str]
    seats: tuple[Seat, ...]
    tables: dict[Table, Made]
    over: str
    macros: dict[str, str]
    has_keeper: bool
    ahead_ms: tuple[int, int]

    @property
    def own(self) -> Seat | None:
        """None for a node that is not of the cluster, or more than once."""
        found = [seat for seat in self.seats if seat.is_own]
        return found[0] if len(found) == 1 else None


def named(node: tuple[str, int]) -> str:
    return f"{node[0]}:{node[1]}"


@contextmanager
def asked(address: Address, node: tuple[str, int]) -> Iterator[Client]:
    """A connection of its own. Raises Unreachable, also for one that dies meanwhile, and StoreError."""
    try:
        with closing(connect_to(address, node, database="")) as client:
            yield client
    except (OperationalError, OSError) as error:
        raise unreachable(named(node), error) from error
    except (ClickHouseError, DriverError) as error:
        raise StoreError(f"The node {named(node)} does not do it: {reason_of(error)}") from error


def looks(address: Address) -> list[Look | Unreachable]:
    """Of each node of the URL, in its order. Raises StoreError for one that answers with an error or is not trusted."""
    return each_of(address, _look_if_there)


def each_of(address: Address, ask: Callable[[Address, tuple[str, int]], Told]) -> list[Told]:
    """What each node of the URL tells, in its order; they are asked at the same time."""
    with ThreadPoolExecutor(min(len(address.nodes), MOST_AT_ONCE)) as pool:
        return list(pool.map(partial(ask, address), address.nodes))


def _look_if_there(address: Address, node: tuple[str, int]) -> Look | Unreachable:
    try:
        with asked(address, node) as client:
            return look_at(client, address, node)
    except Untrusted:
        raise
    except Unreachable as error:
        return error


def look_at(client: Client, address: Address, node: tuple[str, int]) -> Look:
    began = time.time_ns()
    (row,) = client.query(_LOOK, parameters=_words(address)).result_rows
    ended = time.time_ns()
    server, clusters, seats, tables, over, macros, keepers, told_ms = row
    return Look(
        node=named(node),
        server=tuple(server),
        version=str(client.server_version),
        clusters=frozenset(clusters),
        seats=tuple(
            Seat(shard, replica, weight, bool(is_own), bool(is_left))
            for shard, replica, weight, is_own, is_left in _rows(seats)
        ),
        tables={(database, name): Made(engine, comment) for database, name, engine, comment in _rows(tables)},
        over=over,
        macros=dict(_rows(macros)),
        has_keeper=bool(keepers),
        ahead_ms=(told_ms - ended // 1_000_000, told_ms - began // 1_000_000),
    )


def columns(client: Client, address: Address) -> tuple[dict[Table, dict[str, str]], dict[str, str]]:
    """The type of each column of each table in both databases, and what those that are asked are made over."""
    found: dict[Table, dict[str, str]] = {}
    for database, table, name, kind in client.query(_COLUMNS, parameters=_words(address)).result_rows:
        found.setdefault((database, table), {})[name] = kind
    over = client.query(_OVER, parameters=_words(address)).result_rows
    return found, {str(name): str(engine) for name, engine in over}


def unlike_order(address: Address) -> str | None:
    """What is wrong when nodes do not list the same shards in the same order.

    Raises StoreError for a node that does not reach all others.
    """
    first: set[tuple[object, ...]] | None = None
    for node in address.nodes:
        with asked(address, node) as client:
            servers = {tuple(row) for row in client.query(_SERVERS.format(address.cluster)).result_rows}
        if servers != (first := first or servers):
            return unlike(address, named(address.nodes[0]), named(node))
    return None


def unlike(address: Address, one: str, other: str) -> str:
    """Each of the two would put rows elsewhere."""
    return (
        f"The nodes {one} and {other} do not list the same shards of the cluster {address.cluster!r} in the same "
        "order, with the same weights; give both the same settings."
    )


def _rows(told: list[dict[str, Any]]) -> list[Any]:
    """As tuples."""
    return [tuple(each.values()) for each in told]


def _words(address: Address) -> dict[str, str]:
    return {"cluster": address.cluster, "asked": address.database, "local": address.local}
