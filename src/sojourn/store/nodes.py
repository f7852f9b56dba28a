"""What each node of a cluster has, and whether the nodes fit together."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from clickhouse_connect.driver.client import Client

from sojourn.errors import StoreError
from sojourn.store.address import Address
from sojourn.store.fitness import line_of_clocks, lines_of_lacking, misfits
from sojourn.store.looks import Look, asked, each_of, look_at, named

_TABLES = """
SELECT database || '.' || name, replaceRegexpOne(create_table_query, ' COMMENT ''[^'']*''$', '') FROM system.tables
WHERE database IN ({asked:String}, {local:String}) AND NOT is_temporary ORDER BY ALL
"""
_PARTS = """
SELECT countIf(table = 'events'), sumIf(rows, table = 'events'), countIf(table = 'sessions'),
    sumIf(rows, table = 'sessions'), sum(bytes_on_disk)
FROM system.parts WHERE database = {local:String} AND active
"""


@dataclass(frozen=True)
class NodeState:
    """Of one node; `clock_ms` is how far it is ahead of this machine, `rows` count every version of an event or a
    session, `tables` are the names and statements of those in both databases.
    """

    look: Look
    clock_ms: int
    event_parts: int
    event_rows: int
    session_parts: int
    session_rows: int
    size: int
    free: int
    tables: tuple[tuple[str, str], ...]


class Silent(NamedTuple):
    """A node that tells nothing, and why."""

    node: str
    why: str


def states(address: Address) -> list[NodeState | Silent]:
    """Of each node of the URL, in its order."""
    return each_of(address, _state)


def faults(address: Address, found: Sequence[NodeState | Silent]) -> list[str]:
    """What keeps these from being the cluster of the URL; a line each."""
    lines = [state.why for state in found if isinstance(state, Silent)]
    there = [state for state in found if isinstance(state, NodeState)]
    if not there:
        return lines
    looks = [state.look for state in there]
    lines += misfits(address, looks) + lines_of_lacking(address, looks)
    first, *others = there
    for state in others:
        differing = sorted({name for name, _ in set(state.tables) ^ set(first.tables)})
        if differing:
            lines.append(f"{state.look.node} has another table {differing[0]} than {first.look.node}.")
    clocks = [state.clock_ms for state in there]
    return lines + line_of_clocks(max(clocks) - min(clocks))


def _state(address: Address, node: tuple[str, int]) -> NodeState | Silent:
    try:
        with asked(address, node) as client:
            return _told(client, address, node)
    except StoreError as error:
        return Silent(named(node), error.message)


def _told(client: Client, address: Address, node: tuple[str, int]) -> NodeState:
    bases = {"asked": address.database, "local": address.local}
    ((event_parts, event_rows, session_parts, session_rows, size),) = client.query(_PARTS, parameters=bases).result_rows
    ((free,),) = client.query("SELECT min(free_space) FROM system.disks").result_rows
    return NodeState(
        look=look_at(client, address, node),
        clock_ms=_clock_ms(client),
        event_parts=event_parts,
        event_rows=event_rows,
        session_parts=session_parts,
        session_rows=session_rows,
        size=size,
        free=free,
        tables=tuple(
            (str(table), str(statement)) for table, statement in client.query(_TABLES, parameters=bases).result_rows
        ),
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
