"""What each node of a cluster has, and whether the nodes fit together."""

import time
from contextlib import closing
from dataclasses import dataclass

from clickhouse_connect.driver.client import Client
from clickhouse_connect.driver.exceptions import ClickHouseError
from clickhouse_connect.driver.exceptions import Error as DriverError

from sojourn.errors import StoreError
from sojourn.store.address import Address
from sojourn.store.cluster import connect_to
from sojourn.store.engine import reason_of
from sojourn.store.sharding import SHARDED_BY

MOST_CLOCK_MS = 1000
_TABLES = """
SELECT name, create_table_query FROM system.tables
WHERE database = {database:String} AND NOT is_temporary ORDER BY name
"""
_PARTS = """
SELECT countIf(table = 'events'), sumIf(rows, table = 'events'), countIf(table = 'sessions'),
    sumIf(rows, table = 'sessions'), sum(bytes_on_disk)
FROM system.parts WHERE database = {database:String} AND active
"""


@dataclass(frozen=True)
class NodeState:
    """Of one node; `clock_ms` is how far it is ahead of this machine, `rows` count every version of an event or a
    session, `tables` are the names and statements of its local ones.
    """

    node: str
    version: str
    clock_ms: int
    event_parts: int
    event_rows: int
    session_parts: int
    session_rows: int
    size: int
    free: int
    tables: tuple[tuple[str, str], ...]


def states(address: Address) -> list[NodeState]:
    """Raises StoreError for a node that cannot be reached."""
    return [_state(address, node) for node in address.nodes]


def faults(found: list[NodeState]) -> list[str]:
    """What keeps these from being one cluster; a line each."""
    first, *others = found
    lines = [
        f"{state.node} lacks the table {min(lacking)}; `sojourn cluster init` makes it."
        for state in found
        if (lacking := set(SHARDED_BY) - {name for name, _ in state.tables})
    ]
    for state in others:
        differing = sorted({name for name, _ in set(state.tables) ^ set(first.tables)})
        if differing:
            lines.append(f"{state.node} has another table {differing[0]} than {first.node}.")
    clocks = [state.clock_ms for state in found]
    if (apart := max(clocks) - min(clocks)) > MOST_CLOCK_MS:
        lines.append(f"The clocks of the nodes are {apart} ms apart; more than {MOST_CLOCK_MS} is too much.")
    return lines


def _state(address: Address, node: tuple[str, int]) -> NodeState:
    name = f"{node[0]}:{node[1]}"
    try:
        with closing(connect_to(address, node, database="")) as client:
            return _asked(client, address, name)
    except (ClickHouseError, DriverError, OSError) as error:
        raise StoreError(f"The node {name} does not answer: {reason_of(error)}") from error


def _asked(client: Client, address: Address, name: str) -> NodeState:
    local = {"database": address.local}
    tables = client.query(_TABLES, parameters=local).result_rows
    ((event_parts, event_rows, session_parts, session_rows, size),) = client.query(_PARTS, parameters=local).result_rows
    ((free,),) = client.query("SELECT min(free_space) FROM system.disks").result_rows
    return NodeState(
        node=name,
        version=str(client.server_version),
        clock_ms=_clock_ms(client),
        event_parts=event_parts,
        event_rows=event_rows,
        session_parts=session_parts,
        session_rows=session_rows,
        size=size,
        free=free,
        tables=tuple((str(table), str(statement)) for table, statement in tables),
    )


def _clock_ms(client: Client) -> int:
    """By the quickest of a few answers, whose middle is when the node looked at its clock."""
    answers = []
    for _ in range(3):
        began = time.time_ns()
        ((told,),) = client.query("SELECT toUnixTimestamp64Milli(now64(3))").result_rows
        ended = time.time_ns()
        answers.append((ended - began, int(told) - (began + ended) // 2_000_000))
    return min(answers)[1]
