"""Whether the nodes of a URL are the cluster that it names, and the database is one of Sojourn's."""

from collections.abc import Mapping, Sequence

from sojourn.store.address import Address
from sojourn.store.looks import Look, Table, unlike
from sojourn.store.replicas import Role
from sojourn.store.schema import RECORD_NAME
from sojourn.store.shapes import Shape, shapes
from sojourn.store.sharding import SHARDED_BY

OLDEST = (26, 9)  # what the same SQL was tried on
MOST_CLOCK_MS = 1000
_BY_RANGES = ", by ranges of buckets"


def misfits(address: Address, found: Sequence[Look]) -> list[str]:
    """What is wrong with these nodes or with the URL, a line each."""
    lines = [line for look in found if (line := _misfit(address, look))]
    servers: dict[tuple[str, ...], Look] = {}
    seats: dict[tuple[int, ...], Look] = {}
    for look in found:
        if (same := servers.setdefault(look.server, look)) is not look:
            lines += [f"The URL names one node of the cluster twice: {same.node} and {look.node}; name each once."]
        elif look.own is not None and (other := seats.setdefault(look.own[:2], look)) is not look:
            lines += [unlike(address, other.node, look.node)]
        elif look.seats and _weights(look) != _weights(found[0]):
            lines += [unlike(address, found[0].node, look.node)]
    if len({way for look in found for way in _ways(address, look)}) > 1:
        lines += [
            f"The tables of {address.database} look for rows on other shards than those that have them: drop the "
            f"database {address.database}, and not {address.local}, on all nodes, then run `sojourn cluster init`; see "
            "Backups in docs/cluster.md."
        ]
    return list(dict.fromkeys(lines))


def clocks_apart(found: Sequence[Look]) -> list[str]:
    """A line when these nodes' clocks are surely too far apart, however long each took to tell its own. By them
    processes know whether another one is still there.
    """
    apart = max(look.ahead_ms[0] for look in found) - min(look.ahead_ms[1] for look in found)
    return line_of_clocks(apart)


def line_of_clocks(apart_ms: int) -> list[str]:
    told = f"The clocks of the nodes are {apart_ms} ms apart; more than {MOST_CLOCK_MS} is too much."
    return [told] if apart_ms > MOST_CLOCK_MS else []


def _misfit(address: Address, look: Look) -> str | None:
    where, cluster = f"The node {look.node}", address.cluster
    if tuple(map(int, look.version.split(".")[:2])) < OLDEST:
        return f"{where} runs ClickHouse {look.version}; it takes {'.'.join(map(str, OLDEST))} or newer."
    if cluster not in look.clusters:
        return f"{where} knows no cluster {cluster!r}; it knows {', '.join(sorted(look.clusters)) or 'none'}."
    if look.over.startswith("Distributed") and not _is_over(address, "events", look.over):
        return f"{where} has a table 'events' in {address.database} that is not over the cluster {cluster!r}."
    recorded, expected = record_of(address, look).removesuffix(_BY_RANGES), seat_of(look)
    if look.own is not None and recorded not in ("", expected):
        return (
            f"The database {address.database} was made when {look.node} was {recorded}; now it is {expected}, and rows "
            "would lie elsewhere. Make a new database for it: see Growing in docs/cluster.md."
        )
    if len(look.seats) != len(address.nodes):
        return (
            f"The cluster {cluster!r} has {len(look.seats)} nodes, the URL names {len(address.nodes)}: name each once."
        )
    if look.own is None:
        return f"{where} is no node of the cluster {cluster!r}, or is so under another name."
    return None


def seat_of(look: Look) -> str:
    """Which rows lie on this node: that hangs on its shard's number, on how many there are, and on their weights."""
    weights = _weights(look)
    weighed = "" if set(weights.values()) == {1} else f", of the weights {', '.join(map(str, weights.values()))}"
    number = look.own.shard if look.own is not None else 0
    return f"shard {number} of {len(weights)}{weighed}"


def _weights(look: Look) -> dict[int, int]:
    """Of each shard."""
    return {seat.shard: seat.weight for seat in look.seats}


def record_of(address: Address, look: Look) -> str:
    """What `record_for` said when the database was made, which is the comment of a local table; '' without a record."""
    made = look.tables.get((address.local, RECORD_NAME))
    return made.comment if made is not None else ""


def weight_of(address: Address, found: Sequence[Look]) -> int | None:
    """What `sharded_by` takes for the tables that are made now: as those that are there lie. `found` are no misfits."""
    ways = {way for look in found for way in _ways(address, look)}
    has_rows = any((address.local, "events") in look.tables for look in found)
    return sum(_weights(found[0]).values()) if ways == {True} or (not ways and not has_rows) else None


def _ways(address: Address, look: Look) -> set[bool]:
    """Whether rows lie by ranges of buckets, by the record and by the definition, as far as these are there."""
    record = record_of(address, look)
    told = {record.endswith(_BY_RANGES)} if record else set()
    return told | ({"intDiv(" in look.over} if look.over.startswith("Distributed") else set())


def record_for(look: Look, weight: int | None) -> str:
    """`record_of` of a database that is made now."""
    return seat_of(look) + (_BY_RANGES if weight is not None else "")


def lacking(address: Address, look: Look) -> list[Table]:
    """The tables that are not there."""
    return sorted(
        {(base, name) for base in (address.local, address.database) for name in SHARDED_BY} - set(look.tables)
    )


def lines_of_lacking(address: Address, found: Sequence[Look]) -> list[str]:
    return [
        f"The node {look.node} lacks the table {'.'.join(tables[0])}; `sojourn cluster init` makes it."
        for look in found
        if (tables := lacking(address, look))
    ]


def stranger(
    address: Address, look: Look, columns: Mapping[Table, Mapping[str, str]], over: Mapping[str, str]
) -> str | None:
    """What is wrong when the databases have a table that Sojourn did not make."""
    for table, made in sorted(look.tables.items()):
        database, name = table
        own = Shape(made.engine.removeprefix("Replicated"), dict(columns.get(table, {})))
        wanted = shapes().get(name)
        if database == address.database and wanted is not None and _is_over(address, name, over.get(name, "")):
            wanted = Shape("Distributed", wanted.columns)
        if own != wanted:
            return (
                f"The node {look.node} has a table {name!r} in {database}, which is not Sojourn's; give a database of "
                "its own."
            )
    return None


def role_of(address: Address, look: Look) -> Role:
    """Of a node that has a seat in the cluster."""
    assert look.own is not None
    made = look.tables.get((address.local, "events"))
    return Role(
        node=look.node,
        has_keeper=look.has_keeper,
        shard=look.macros.get("shard", ""),
        replica=look.macros.get("replica", ""),
        number=look.own.shard,
        copies=sum(seat.shard == look.own.shard for seat in look.seats),
        is_left_to_them=look.own.is_left_to_them,
        made=made.engine if made is not None else None,
    )


def _is_over(address: Address, name: str, engine: str) -> bool:
    """Whether it is that of the table over the local ones of all nodes."""
    return engine.startswith(f"Distributed('{address.cluster}', '{address.local}', '{name}',")
