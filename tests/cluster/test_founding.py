"""`sojourn cluster`: what it makes, what it tells, and that a wrong word changes nothing."""

from pathlib import Path
from typing import Any

import clickhouse_connect
import pytest

from sojourn.app import Sojourn
from sojourn.place import Place
from sojourn.store.address import Address
from sojourn.store.fitness import role_of
from sojourn.store.looks import Look, looks
from tests.cluster.nodes import COPIES, Cluster, Node, running
from tests.cluster.typed import typed
from tests.kit import to_events
from tests.serving import run


def asked(node: Node, text: str) -> list[tuple[Any, ...]]:
    client = clickhouse_connect.get_client(host="127.0.0.1", port=node.http)
    try:
        return [tuple(row) for row in client.query(text).result_rows]
    finally:
        client.close()


def tables(node: Node, database: str) -> set[str]:
    found = asked(
        node, f"SELECT database, name FROM system.tables WHERE database IN ('{database}', '{database}_local')"
    )
    return {".".join(row) for row in found}


def command(node: Node, text: str) -> None:
    client = clickhouse_connect.get_client(host="127.0.0.1", port=node.http)
    try:
        client.command(text)
    finally:
        client.close()


def test_tables_are_made_on_every_node_once(cluster: Cluster) -> None:
    url = cluster.url("made")
    before = run("keys", "list", "--store", url)
    assert (before.returncode, "sojourn cluster init" in before.stderr) == (1, True), before.stderr
    first, second = run("cluster", "init", "--store", url), run("cluster", "init", "--store", url)
    assert "made 0001_facts" in first.stdout, first.stderr
    assert "everything is there" in second.stdout, second.stderr
    first_node, second_node = cluster.nodes
    assert tables(first_node, "made") == tables(second_node, "made") > {"made.events", "made_local.sessions"}
    told = run("cluster", "status", "--store", url)
    assert all(f"127.0.0.1:{node.http}" in told.stdout for node in cluster.nodes), told.stderr
    checked = run("cluster", "check", "--store", url)
    assert "2 nodes answer" in checked.stdout, checked.stderr
    assert "as the facts have it" in checked.stdout


def test_nodes_that_do_not_fit_together_are_found(cluster: Cluster) -> None:
    url = cluster.url("unlike")
    typed("cluster", "init", "--store", url)
    command(cluster.nodes[1], "DROP TABLE unlike_local.names SYNC")
    assert "lacks the table unlike_local.names" in typed("cluster", "check", "--store", url).stderr
    command(cluster.nodes[1], "CREATE TABLE unlike_local.names (x UInt8) ENGINE = MergeTree ORDER BY x")
    assert "another table unlike_local.names" in typed("cluster", "check", "--store", url).stderr


@pytest.mark.parametrize(
    ("old", "new", "why"),
    [
        ("cluster=sojourn", "cluster=other", "knows no cluster 'other'"),
        ("127.0.0.1", "nobody:secret@127.0.0.1", "Authentication failed"),
        ("/wrong?", "/taken?", "which is not Sojourn's"),
        ("/wrong?", "/wrong!?", "names no database"),
        ("clickhouse:", "mysql:", "begin with clickhouse://"),
    ],
)
def test_a_wrong_word_changes_nothing_and_is_told_in_a_line(cluster: Cluster, old: str, new: str, why: str) -> None:
    command(cluster.nodes[1], "CREATE DATABASE IF NOT EXISTS taken")
    command(cluster.nodes[1], "CREATE TABLE IF NOT EXISTS taken.orders (x UInt8) ENGINE = MergeTree ORDER BY x")
    done = typed("cluster", "init", "--store", cluster.url("wrong").replace(old, new, 1))
    assert (done.returncode, len(done.stderr.strip().splitlines())) == (1, 1), done.stderr
    assert why in done.stderr
    assert "secret" not in done.stderr
    for node in cluster.nodes:
        assert tables(node, "wrong") == set()
        assert tables(node, "taken") <= {"taken.orders"}


def test_a_node_that_is_not_named_or_not_there_is_told(cluster: Cluster) -> None:
    first, second = (f"127.0.0.1:{node.http}" for node in cluster.nodes)
    lacking = typed("cluster", "init", "--store", cluster.url("lacking").replace(f",{second}", ""))
    assert "has 2 nodes, the URL names 1" in lacking.stderr
    away = typed("cluster", "init", "--store", cluster.url("away").replace(first, "127.0.0.1:1"))
    assert "nobody answers at 127.0.0.1:1" in away.stderr
    assert len(away.stderr.strip().splitlines()) == 1


def test_copies_without_a_keeper_are_refused(cluster: Cluster) -> None:
    """Nobody would bring a copy up to date that was away."""
    done = typed("cluster", "init", "--store", cluster.url("unkept", COPIES))
    assert (done.returncode, len(done.stderr.strip().splitlines())) == (1, 1), done.stderr
    assert f"127.0.0.1:{cluster.nodes[0].http} has no Keeper configured" in done.stderr
    assert all(tables(node, "unkept") == set() for node in cluster.nodes)


def test_a_keeper_and_macros_are_found_and_used(tmp_path: Path) -> None:
    """As far as it can be shown without one: by statements for the whole cluster, which nobody hands on here."""

    def more(number: int) -> str:
        return f"""<zookeeper><node><host>127.0.0.1</host><port>1</port></node></zookeeper>
        <distributed_ddl><path>/clickhouse/ddl</path></distributed_ddl>
        <macros><shard>{number}</shard><replica>one</replica></macros>"""

    with running(tmp_path, more=more) as nodes:
        address = Address.of(nodes.url("kept"))
        roles = [role_of(address, look) for look in looks(address) if isinstance(look, Look)]
        assert [(role.can_copy, role.shard, role.number, role.copies) for role in roles] == [
            (True, "1", 1, 1),
            (True, "2", 2, 1),
        ]
        done = typed("cluster", "init", "--store", nodes.url("kept"))
        assert (done.returncode, len(done.stderr.strip().splitlines())) == (1, 1), done.stderr
        assert "Replicated DDL queries are disabled" in done.stderr
        assert all(tables(node, "kept") == set() for node in nodes.nodes)
        unlike = typed("cluster", "init", "--store", nodes.url("kept", COPIES))
        assert "do not fit" in unlike.stderr


BUCKETS = {
    "events": "SELECT min(bucket), max(bucket), count() FROM ranged_local.events",
    "sessions": "SELECT min(at), max(at), count() FROM "
    "(SELECT bitAnd(bitShiftRight(number, 64), 65535) AS at FROM ranged_local.sessions)",
}


def test_a_shard_has_a_stretch_of_buckets(cluster: Cluster) -> None:
    """So that a node reads nothing for the senders of others; a session lies where its first event does."""
    app = Sojourn.at(Place.of(cluster.founded("ranged")))
    try:
        app.insert(to_events(app.site_for(), [{"type": "x", "visitor_id": f"v{n}"} for n in range(300)]))
        app.work_off()
    finally:
        app.close()
    for text in BUCKETS.values():
        ((_, last, few), (first, _, many)) = (asked(node, text)[0] for node in cluster.nodes)
        assert (last < 32_768 <= first, few + many, min(few, many) > 100) == (True, 300, True), text


OVER = "SELECT engine_full FROM system.tables WHERE database = 'older' AND name = 'events'"


def over(cluster: Cluster) -> list[str]:
    """What the nodes' tables of events lie by."""
    return [
        asked(node, OVER)[0][0].removeprefix("Distributed('sojourn', 'older_local', 'events', ")
        for node in cluster.nodes
    ]


def test_a_table_that_is_made_anew_spreads_rows_as_the_others_do(cluster: Cluster) -> None:
    """Also in a cluster that was founded before shards had ranges, with a record that does not say so, or none at all."""
    url = cluster.founded("older")
    assert over(cluster) == ["intDiv(bucket * 2, 65536))"] * 2
    first, second = cluster.nodes
    for record, by in (("", "intDiv(bucket * 2, 65536))"), ("shard {} of 2", "bucket)"), ("", "bucket)")):
        for number, node in enumerate(cluster.nodes, 1):
            comment = record.format(number)
            command(node, f"ALTER TABLE older_local.schema_versions MODIFY COMMENT '{comment}'")
            if record:
                command(node, "DROP DATABASE older SYNC")
        command(second, "DROP TABLE IF EXISTS older.events SYNC")
        assert "events" in typed("cluster", "init", "--store", url).stdout
        assert over(cluster) == [by] * 2
    command(first, "DROP DATABASE older_local SYNC")
    command(second, "DROP DATABASE older_local SYNC")
    command(second, "DROP DATABASE older SYNC")
    typed("cluster", "init", "--store", url)
    assert over(cluster) == ["bucket)"] * 2
    assert "everything is there" in typed("cluster", "init", "--store", url).stdout


def test_a_folder_is_no_cluster() -> None:
    done = typed("cluster", "status", "--store", "some-folder")
    assert (done.returncode, "some-folder is a folder" in done.stderr) == (2, True)
