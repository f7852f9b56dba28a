"""Whether a cluster keeps copies of its shards, and the statements that make its tables then.

Copies are kept by ClickHouse itself, which needs a Keeper and, on each node, the macros `shard` and `replica`.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from sojourn.errors import StoreError
from sojourn.store.address import Address
from sojourn.store.sharding import sharded_by

_CREATES = re.compile(r"CREATE TABLE IF NOT EXISTS (\w+)")
_ENGINE = re.compile(r"\bENGINE = (\w*MergeTree)\b(?:\(([^)]*)\))?")
_SETTINGS = re.compile(r"\bSETTINGS\s+|$")
# Servers go on while the machine of a node loses its power: none of them would do again what it had not written yet.
_SYNCED = "fsync_after_insert = 1, fsync_part_directory = 1"
_FLEETING = {"processes", "errands"}  # said anew within seconds
_HELP = "see docs/cluster.md"


@dataclass(frozen=True)
class Role:
    """What a node is within its cluster: `shard` and `replica` are its macros, '' without them; `number` that of its
    shard, `copies` of how many nodes that consists, `is_left_to_them` whether an insert goes to one of these alone;
    `made` how its tables were made, if they are there.
    """

    node: str
    has_keeper: bool
    shard: str
    replica: str
    number: int
    copies: int
    is_left_to_them: bool = True
    made: str | None = None

    @property
    def can_copy(self) -> bool:
        return self.has_keeper and bool(self.shard and self.replica)


def is_replicated(roles: list[Role]) -> bool:
    """Whether the tables are, or are to be, replicated ones. Raises StoreError for nodes that cannot keep the copies
    that the cluster has.
    """
    made = {role.made.startswith("Replicated") for role in roles if role.made is not None}
    wants_copies = any(role.copies > 1 for role in roles)
    if wants_copies and not all(role.is_left_to_them for role in roles):
        raise StoreError(
            f"The cluster has copies of shards without internal_replication, and would write each row twice; {_HELP}."
        )
    lacking = next((role for role in roles if not role.can_copy), None)
    if lacking is None:
        if made != {False}:
            _check_macros(roles)
            return True
        lacking = roles[0]
    if made == {True} or wants_copies:
        what = (
            "has no Keeper configured"
            if not lacking.has_keeper
            else "has no macros shard and replica"
            if not lacking.can_copy
            else "has tables that are not replicated"
        )
        raise StoreError(f"The cluster keeps copies of shards, and the node {lacking.node} {what}; {_HELP}.")
    return False


def _check_macros(roles: list[Role]) -> None:
    """Each node is another copy, and the macro tells shards apart as the cluster does."""
    places: dict[tuple[str, str], Role] = {}
    shards: dict[str, int] = {}
    numbers: dict[int, str] = {}
    for role in roles:
        other = places.setdefault((role.shard, role.replica), role)
        is_known = shards.setdefault(role.shard, role.number) == role.number
        if other is not role or not is_known or numbers.setdefault(role.number, role.shard) != role.shard:
            told = f"shard {role.shard!r} and replica {role.replica!r}"
            raise StoreError(
                f"The macros of the node {role.node}, {told}, do not fit those of another node, or its shard "
                f"{role.number} of the cluster; {_HELP}."
            )


def database_statements(address: Address, *, replicated: bool) -> list[str]:
    """One for each database; on the cluster by any node when replicated, else on each node."""
    everywhere = _everywhere(address, replicated=replicated)
    return [f"CREATE DATABASE IF NOT EXISTS {name}{everywhere}" for name in (address.database, address.local)]


def table_statements(address: Address, statement: str, *, replicated: bool, weight: int | None) -> list[str]:
    """The local table, and over those of all nodes the one that is asked; `weight` as `sharded_by` takes it."""
    name = _CREATES.findall(statement)[0]
    local, asked, everywhere = address.local, address.database, _everywhere(address, replicated=replicated)
    own = _CREATES.sub(f"CREATE TABLE IF NOT EXISTS {local}.{name}{everywhere}", statement.strip(), count=1)
    if name not in _FLEETING and "fsync_after_insert" not in own:
        own = _SETTINGS.sub(lambda found: f"SETTINGS {_SYNCED}, " if found[0] else f" SETTINGS {_SYNCED}", own, count=1)
    if replicated:
        own = _ENGINE.sub(lambda found: _copied(f"{local}/{name}", found[1], found[2]), own, count=1)
    shards = f"Distributed('{address.cluster}', '{local}', '{name}', {sharded_by(name, weight)})"
    over = f"CREATE TABLE IF NOT EXISTS {asked}.{name}{everywhere} AS {local}.{name} ENGINE = {shards}"
    return [own, over]


def awaited(address: Address, tables: Iterable[str]) -> list[str]:
    """What a node is told before a deletion that looks for rows of these tables: each copy deletes for itself, and has
    to see what was written there.
    """
    return [f"SYSTEM SYNC REPLICA {address.local}.{table} LIGHTWEIGHT" for table in sorted(set(tables))]


def _copied(path: str, engine: str, arguments: str | None) -> str:
    own = ", ".join(filter(None, [f"'/clickhouse/tables/{{shard}}/{path}'", "'{replica}'", arguments]))
    return f"ENGINE = Replicated{engine}({own})"


def _everywhere(address: Address, *, replicated: bool) -> str:
    return f" ON CLUSTER '{address.cluster}'" if replicated else ""
