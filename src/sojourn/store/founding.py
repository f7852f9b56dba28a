"""Making a cluster's databases and tables, and opening them: nothing is done before every node was found fit for it."""

from collections.abc import Iterable
from contextlib import closing

from sojourn.errors import StoreError, Unavailable
from sojourn.store.address import Address
from sojourn.store.cluster import Cluster
from sojourn.store.fitness import (
    clocks_apart,
    lacking,
    lines_of_lacking,
    misfits,
    record_for,
    record_of,
    role_of,
    stranger,
    weight_of,
)
from sojourn.store.looks import Look, asked, columns, looks, unlike_order
from sojourn.store.replicas import database_statements, is_replicated
from sojourn.store.schema import RECORD, RECORD_NAME, migrate, missing
from sojourn.store.unreachable import Unreachable


def found(address: Address) -> list[str]:
    """Make what is missing; the names of the schema's steps that were applied, and of the tables that were made anew.

    Raises StoreError, and changes nothing, for a node that cannot be reached, is too old or does not know the cluster,
    for nodes that are not all of it, list its shards otherwise than the database was made for, or cannot keep its
    copies, and for a database with tables of something else.
    """
    seen = _all_there(looks(address))
    _check(misfits(address, seen) + clocks_apart(seen))
    for node, look in zip(address.nodes, seen, strict=True):
        if look.tables:
            with asked(address, node) as client:
                _check(stranger(address, look, *columns(client, address)))
    _check(unlike_order(address))
    replicated = is_replicated([role_of(address, look) for look in seen])
    for text in database_statements(address, replicated=replicated):
        for node in address.nodes[: 1 if replicated else None]:
            with asked(address, node) as client:
                client.command(text)
    weight = weight_of(address, seen)
    with closing(Cluster(address, is_replicated=replicated, weight=weight)) as cluster:
        cluster.create_table(RECORD)
        for node, look in zip(address.nodes, seen, strict=True):
            if record_of(address, look) == "":
                record = record_for(look, weight)
                cluster.on_node(node, f"ALTER TABLE {address.local}.{RECORD_NAME} MODIFY COMMENT '{record}'")
        return migrate(cluster, lacking={name for look in seen for _, name in lacking(address, look)})


def opened(address: Address) -> Cluster:
    """Raises StoreError when no node can be reached, when one that can is not fit, when tables are not there, older or
    newer than this program. With copies of shards it is opened while a node is away.
    """
    answers = looks(address)
    seen = [look for look in answers if isinstance(look, Look)]
    if not seen:
        _all_there(answers)
    _check(misfits(address, seen) + clocks_apart(seen))
    if not any(look.tables for look in seen):
        raise StoreError(f"There is no database {address.database} at {address}; `sojourn cluster init` makes it.")
    _check(lines_of_lacking(address, seen))
    copied = any(look.tables[address.local, "events"].engine.startswith("Replicated") for look in seen)
    cluster = Cluster(address, is_replicated=copied)
    try:
        if waiting := missing(cluster):
            raise StoreError(f"The tables at {address} lack {', '.join(waiting)}; `sojourn cluster init` makes them.")
    except BaseException as error:
        cluster.close()
        if isinstance(error, Unavailable):
            _all_there(answers)
            raise StoreError(f"The store at {address} cannot be opened. {error.message}") from error
        raise
    return cluster


def _all_there(answers: Iterable[Look | Unreachable]) -> list[Look]:
    """Raises the first of those that are not."""
    seen = []
    for each in answers:
        if isinstance(each, Unreachable):
            raise each
        seen.append(each)
    return seen


def _check(wrong: str | list[str] | None) -> None:
    """Raises the first of the lines."""
    if wrong:
        raise StoreError(wrong if isinstance(wrong, str) else wrong[0])
