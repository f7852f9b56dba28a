"""Making a cluster's databases and tables: nothing is made before every node was found fit."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Any

from clickhouse_connect.driver.client import Client
from clickhouse_connect.driver.exceptions import ClickHouseError
from clickhouse_connect.driver.exceptions import Error as DriverError

from sojourn.errors import StoreError
from sojourn.store.address import Address
from sojourn.store.cluster import Cluster, connect_to, connected
from sojourn.store.engine import reason_of
from sojourn.store.replicas import database_statements, is_replicated, role_of
from sojourn.store.schema import migrate, missing
from sojourn.store.sharding import SHARDED_BY

OLDEST = (26, 9)  # what the same SQL was tried on


def found(address: Address) -> list[str]:
    """Make what is missing; the names of the schema's steps that were applied.

    Raises StoreError, and changes nothing, for a node that cannot be reached, is too old or does not know the cluster,
    for nodes that are not all of it or cannot keep its copies, and for a database with tables of something else.
    """
    roles = []
    for node in address.nodes:
        with _asked(address, node) as client:
            _check_node(client, address, node)
            roles.append(role_of(client, address, f"{node[0]}:{node[1]}"))
    replicated = is_replicated(roles)
    for text in database_statements(address, replicated=replicated):
        for node in address.nodes[: 1 if replicated else None]:
            with _asked(address, node) as client:
                client.command(text)
    cluster = Cluster(address, is_replicated=replicated)
    try:
        return migrate(cluster)
    finally:
        cluster.close()


def opened(address: Address) -> Cluster:
    """Raises StoreError when it cannot be reached, when its tables are not there, older or newer than this program."""
    with closing(connected(address, database="")) as client:
        if (address.database,) not in _rows(client, "SELECT name FROM system.databases"):
            raise StoreError(f"There is no database {address.database} at {address}; `sojourn cluster init` makes it.")
        made = _rows(client, f"SELECT engine FROM system.tables WHERE database = '{address.local}' AND name = 'events'")
    cluster = Cluster(address, is_replicated=any(engine.startswith("Replicated") for (engine,) in made))
    if waiting := missing(cluster):
        raise StoreError(f"The tables at {address} lack {', '.join(waiting)}; `sojourn cluster init` makes them.")
    return cluster


@contextmanager
def _asked(address: Address, node: tuple[str, int]) -> Iterator[Client]:
    try:
        with closing(connect_to(address, node, database="")) as client:
            yield client
    except (ClickHouseError, DriverError, OSError) as error:
        raise StoreError(f"The node {node[0]}:{node[1]} does not do it: {reason_of(error)}") from error


def _check_node(client: Client, address: Address, node: tuple[str, int]) -> None:
    where = f"The node {node[0]}:{node[1]}"
    version = str(client.server_version)
    if tuple(map(int, version.split(".")[:2])) < OLDEST:
        raise StoreError(f"{where} runs ClickHouse {version}; it takes {'.'.join(map(str, OLDEST))} or newer.")
    known = _rows(client, "SELECT cluster, count(), sum(is_local) FROM system.clusters GROUP BY cluster")
    counts = {name: (count, local_count) for name, count, local_count in known}
    if address.cluster not in counts:
        raise StoreError(
            f"{where} knows no cluster {address.cluster!r}; it knows {', '.join(sorted(counts)) or 'none'}."
        )
    count, local_count = counts[address.cluster]
    if count != len(address.nodes):
        raise StoreError(
            f"The cluster {address.cluster!r} has {count} nodes, the URL names {len(address.nodes)}: name each."
        )
    if local_count != 1:
        raise StoreError(f"{where} is no node of the cluster {address.cluster!r}, or is so under another name.")
    tables = _rows(
        client, f"SELECT name FROM system.tables WHERE database IN ('{address.database}', '{address.local}')"
    )
    strangers = sorted({name for (name,) in tables} - set(SHARDED_BY))
    if strangers:
        raise StoreError(
            f"{where} has a table {strangers[0]!r} in {address.database} or {address.local}, which is not Sojourn's; "
            "give a database of its own."
        )


def _rows(client: Client, text: str) -> list[tuple[Any, ...]]:
    return [tuple(row) for row in client.query(text).result_rows]
