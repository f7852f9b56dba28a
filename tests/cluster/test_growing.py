"""A cluster that gets another shard, or lists its shards in another order: rows would lie elsewhere, and count twice."""

from pathlib import Path

import pytest

from sojourn.store.address import Address
from sojourn.store.looks import unlike_order
from sojourn.store.sharding import SHARDED_BY
from tests.cluster.nodes import NAME, Cluster
from tests.cluster.test_founding import asked, command, tables
from tests.cluster.test_opening import line_of
from tests.cluster.typed import typed
from tests.serving import Server

LARGER = "larger"
# As docs/cluster.md has it.
MOVE = """INSERT INTO {new}.{table} SELECT * FROM {old}.{table}
SETTINGS distributed_foreground_insert = 1, parallel_distributed_insert_select = 0, max_partitions_per_insert_block = 0"""
NOT_MOVED = {"schema_versions", "processes", "errands"}


def restart(nodes: Cluster) -> None:
    nodes.stop()
    nodes.start()


@pytest.mark.long  # that other shards are refused is seen by the other order of them, too
def test_another_shard_is_refused_and_a_new_database_takes_everything(tmp_path: Path) -> None:
    nodes = Cluster(tmp_path)
    first, second = nodes.nodes
    for node in nodes.nodes:
        node.know(NAME, [first])
        node.know(LARGER, nodes.nodes)
    nodes.start()
    try:
        small = nodes.url("small").replace(f",127.0.0.1:{second.http}", "")
        assert typed("cluster", "init", "--store", small).returncode == 0
        before = filled(small)
        large = nodes.url("large", LARGER)
        assert "is not over the cluster 'larger'" in line_of("keys", "list", url=nodes.url("small", LARGER))
        assert typed("cluster", "init", "--store", large).returncode == 0
        for table in sorted(SHARDED_BY.keys() - NOT_MOVED):
            command(first, MOVE.format(table=table, old="small", new="large"))
        assert shown(large) == before
        assert "as the facts have it" in typed("doctor", "--store", large, "--whole").stdout
        for node in nodes.nodes:
            node.know(NAME, nodes.nodes)
        restart(nodes)
        for words in (("keys", "list"), ("cluster", "init"), ("cluster", "check")):
            line = line_of(*words, url=nodes.url("small"))
            assert f"was made when 127.0.0.1:{first.http} was shard 1 of 1; now it is shard 1 of 2" in line
            assert "docs/cluster.md" in line
        assert tables(second, "small") == set()
    finally:
        nodes.stop()


def filled(url: str) -> str:
    """The sessions of some events, some of whose senders turn out to be one lead."""
    server = Server(Path())
    server.where = url
    server.start()
    try:
        for number in range(3):
            lead = {"lead": {"id": "ann"}} if number == 2 else {}
            server.send(*({"type": "click", "visitor_id": f"v{n}", "event_id": f"{number}", **lead} for n in range(20)))
        server.settled(60)
        assert server.stop() == 0
    finally:
        server.close()
    return shown(url)


def shown(url: str) -> str:
    done = typed("sessions", "--store", url, "--from", "1970-01-01", "--format", "json")
    assert done.returncode == 0, done.stderr
    assert '"ann"' in done.stdout
    return done.stdout


def test_shards_in_another_order_or_of_another_weight_are_refused(tmp_path: Path) -> None:
    nodes = Cluster(tmp_path)
    first, second = nodes.nodes
    first.know("reversed", [first, second])
    second.know("reversed", [second, first])
    first.know("unlike", nodes.nodes, first_weight=3)
    second.know("unlike", nodes.nodes)
    for node in nodes.nodes:
        node.know("heavier", nodes.nodes, first_weight=3)
    nodes.start()
    try:
        nodes.founded("shop")
        told = f"{first.http} and 127.0.0.1:{second.http} do not list the same shards of the cluster 'reversed' in the"
        line = line_of("cluster", "init", url=nodes.url("other", "reversed"))
        assert told in line
        assert told in (unlike_order(Address.of(nodes.url("other", "reversed"))) or "")
        assert unlike_order(Address.of(nodes.url("shop"))) is None
        assert "with the same weights" in line_of("cluster", "init", url=nodes.url("other", "unlike"))
        filled(nodes.founded("heavy", "heavier"))
        ((_, last), (least, _)) = (
            asked(node, "SELECT min(bucket), max(bucket) FROM heavy_local.events")[0] for node in nodes.nodes
        )
        assert last < 3 * 65_536 // 4 <= least
        assert tables(first, "other") == tables(second, "other") == set()
        for node in nodes.nodes:
            node.know(NAME, [second, first])
        restart(nodes)
        for words in (("keys", "list"), ("cluster", "init"), ("cluster", "check")):
            line = line_of(*words, url=nodes.url("shop"))
            assert f"was made when 127.0.0.1:{first.http} was shard 1 of 2; now it is shard 2 of 2" in line
    finally:
        nodes.stop()
