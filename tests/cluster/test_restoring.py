"""`sojourn cluster init` on a database that was made before, and on one that is another product's."""

import dataclasses
from typing import Any

import pytest

from sojourn.store.address import Address
from sojourn.store.fitness import MOST_CLOCK_MS, clocks_apart
from sojourn.store.nodes import NodeState, faults, states
from tests.cluster.nodes import Cluster
from tests.cluster.test_founding import asked, command, tables
from tests.cluster.test_opening import line_of
from tests.cluster.typed import typed


@pytest.mark.parametrize(
    ("dropped", "number"), [("lost.segments", 0), ("lost_local.segments", 1), ("lost_local.schema_versions", 1)]
)
def test_a_table_that_is_missing_on_a_node_is_made_anew(cluster: Cluster, dropped: str, number: int) -> None:
    url = cluster.founded("lost")
    whole = tables(cluster.nodes[0], "lost")
    command(cluster.nodes[number], f"DROP TABLE {dropped} SYNC")
    assert f"lacks the table {dropped};" in line_of("keys", "list", url=url)
    done = typed("cluster", "init", "--store", url)
    assert dropped.partition(".")[2] in done.stdout, done.stderr
    assert [tables(node, "lost") for node in cluster.nodes] == [whole, whole]
    assert "everything is there" in typed("cluster", "init", "--store", url).stdout
    assert typed("keys", "list", "--store", url).returncode == 0
    assert typed("cluster", "check", "--store", url).returncode == 0


@pytest.mark.parametrize(
    ("database", "statement"),
    [
        ("foreign", "events (id UInt64, name String) ENGINE = MergeTree ORDER BY id"),
        ("foreign_local", "sessions (id UInt64, name String) ENGINE = MergeTree ORDER BY id"),
        # The columns are ours, the engine is not.
        ("foreign_local", "progress (worker String, done UInt64, is_synced UInt8, version UInt64) ENGINE = Log"),
        ("foreign", "progress (worker String, done UInt64, is_synced UInt8, version UInt64) ENGINE = Log"),
    ],
)
def test_another_products_table_of_a_name_of_ours(cluster: Cluster, database: str, statement: str) -> None:
    name, node = statement.split()[0], cluster.nodes[1]
    command(node, f"CREATE DATABASE {database}")
    try:
        command(node, f"CREATE TABLE {database}.{statement}")
        line = line_of("cluster", "init", url=cluster.url("foreign"))
        assert f"has a table '{name}' in {database}, which is not Sojourn's; give a database of its own." in line
        assert tables(node, "foreign") == {f"{database}.{name}"}
        assert tables(cluster.nodes[0], "foreign") == set()
    finally:
        command(node, f"DROP DATABASE {database} SYNC")


RANGES = ", by ranges of buckets"


def test_a_database_of_a_version_that_recorded_no_shards_gets_the_record(cluster: Cluster) -> None:
    url = cluster.founded("unrecorded")
    record = "SELECT comment FROM system.tables WHERE database = 'unrecorded_local' AND name = 'schema_versions'"
    seats = [[(f"shard {number} of 2{RANGES}",)] for number in (1, 2)]
    assert [asked(node, record) for node in cluster.nodes] == seats
    for node in cluster.nodes:
        command(node, "ALTER TABLE unrecorded_local.schema_versions MODIFY COMMENT ''")
    assert typed("keys", "list", "--store", url).returncode == 0
    assert "everything is there" in typed("cluster", "init", "--store", url).stdout
    assert [asked(node, record) for node in cluster.nodes] == seats
    command(cluster.nodes[1], "ALTER TABLE unrecorded_local.schema_versions MODIFY COMMENT 'shard 2 of 3'")
    for words in (("keys", "list"), ("cluster", "init"), ("cluster", "check")):
        line = line_of(*words, url=url)
        assert f"was made when 127.0.0.1:{cluster.nodes[1].http} was shard 2 of 3; now it is shard 2 of 2" in line


def test_rows_that_lie_elsewhere_than_the_tables_look_for_them_are_refused(cluster: Cluster) -> None:
    """As after a backup of a database that was made before shards had ranges of buckets."""
    url = cluster.founded("restored")
    for number, node in enumerate(cluster.nodes, 1):
        command(node, f"ALTER TABLE restored_local.schema_versions MODIFY COMMENT 'shard {number} of 2'")
    for words in (("keys", "list"), ("cluster", "init"), ("cluster", "check")):
        assert "drop the database restored, and not restored_local, on all nodes" in line_of(*words, url=url)
    for node in cluster.nodes:
        command(node, "DROP DATABASE restored SYNC")
    assert "events" in typed("cluster", "init", "--store", url).stdout
    assert "as the facts have it" in typed("cluster", "check", "--store", url).stdout


def test_what_keeps_nodes_from_being_one_cluster(cluster: Cluster) -> None:
    url = cluster.founded("checked")
    first, second = (f"127.0.0.1:{node.http}" for node in cluster.nodes)
    command(cluster.nodes[1], "DROP TABLE checked.names SYNC")
    over = "Distributed('sojourn', 'checked_local', 'names', cityHash64(event_id))"
    command(cluster.nodes[1], f"CREATE TABLE checked.names AS checked_local.names ENGINE = {over}")
    assert f"{second} has another table checked.names than {first}." in line_of("cluster", "check", url=url)
    assert "the URL names 1" in line_of("cluster", "check", url=url.replace(f",{second}", ""))
    assert "knows no cluster 'other'" in line_of("cluster", "check", url=url.replace("=sojourn", "=other"))


def test_clocks_that_are_too_far_apart(cluster: Cluster) -> None:
    address = Address.of(cluster.founded("clocks"))
    one, other = (state for state in states(address) if isinstance(state, NodeState))
    assert abs(one.clock_ms) < 100  # it is the same machine
    for ahead in (-MOST_CLOCK_MS, MOST_CLOCK_MS):
        apart = dataclasses.replace(other, clock_ms=one.clock_ms + ahead)
        assert faults(address, [one, apart]) == []
    told = "The clocks of the nodes are 1200 ms apart; more than 1000 is too much."
    for ahead in (-1200, 1200):
        apart = dataclasses.replace(other, clock_ms=one.clock_ms + ahead)
        assert faults(address, [one, apart]) == [told]
    here = dataclasses.replace(one.look, ahead_ms=(0, 0))
    spans: Any = ((1000, 1500), []), ((1200, 1300), [told]), ((-1500, -1000), []), ((-1300, -1200), [told])
    for span, lines in spans:
        assert clocks_apart([here, dataclasses.replace(other.look, ahead_ms=span)]) == lines
    assert clocks_apart([one.look, other.look]) == []
