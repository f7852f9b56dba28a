"""How tables are made where ClickHouse keeps copies of shards: the statements, since there is no Keeper to run them."""

import dataclasses

import pytest

from sojourn.app import Sojourn
from sojourn.errors import StoreError
from sojourn.sql import sql
from sojourn.store.address import Address
from sojourn.store.cluster import on_files
from sojourn.store.replicas import Role, database_statements, is_replicated, table_statements
from sojourn.store.schema import statements, steps

ADDRESS = Address.of("clickhouse://one,two/shop?cluster=main")
SYNCED = "fsync_after_insert = 1, fsync_part_directory = 1"
ONE = Role("one:8123", True, "s1", "r1", number=1, copies=1)
TWO = Role("two:8123", True, "s2", "r1", number=2, copies=1)


def test_every_table_is_copied_by_a_statement_that_the_engine_reads(app: Sojourn) -> None:
    made = [text for _, _, file in steps() for text in statements(file)]
    for statement in made:
        name = statement.split()[2]
        text = statement.replace("CREATE TABLE ", "CREATE TABLE IF NOT EXISTS ", 1)
        own, over = table_statements(ADDRESS, text, replicated=True, weight=2)
        assert own.startswith(f"CREATE TABLE IF NOT EXISTS shop_local.{name} ON CLUSTER 'main'")
        assert f"MergeTree('/clickhouse/tables/{{shard}}/shop_local/{name}', '{{replica}}'" in own
        assert own.count("ENGINE = Replicated") == 1
        assert over.startswith(f"CREATE TABLE IF NOT EXISTS shop.{name} ON CLUSTER 'main' AS shop_local.{name} ")
        for each in (own, over):
            assert app.engine.query(f"EXPLAIN AST {each}")


def test_arguments_of_an_engine_stay() -> None:
    text = "CREATE TABLE IF NOT EXISTS sessions (x UInt8) ENGINE = ReplacingMergeTree(version, is_deleted) ORDER BY x"
    (own, _) = table_statements(ADDRESS, text, replicated=True, weight=2)
    assert "ENGINE = ReplicatedReplacingMergeTree('/clickhouse/tables/{shard}/shop_local/sessions'" in own
    assert "'{replica}', version, is_deleted) ORDER BY x" in own


def test_without_a_keeper_each_node_is_told_for_itself() -> None:
    text = "CREATE TABLE IF NOT EXISTS names (x UInt8) ENGINE = MergeTree ORDER BY x"
    own, _ = table_statements(ADDRESS, text, replicated=False, weight=2)
    assert own == text.replace("names", "shop_local.names") + " SETTINGS " + SYNCED
    assert database_statements(ADDRESS, replicated=False)[0] == "CREATE DATABASE IF NOT EXISTS shop"
    assert database_statements(ADDRESS, replicated=True)[0] == "CREATE DATABASE IF NOT EXISTS shop ON CLUSTER 'main'"


def test_every_table_that_is_not_said_anew_is_synced_once() -> None:
    for statement in (text for _, _, file in steps() for text in statements(file)):
        text = statement.replace("CREATE TABLE ", "CREATE TABLE IF NOT EXISTS ", 1)
        own, _ = table_statements(ADDRESS, text, replicated=False, weight=2)
        is_fleeting = statement.split()[2] in ("processes", "errands")
        assert [own.count("SETTINGS"), own.count(SYNCED)] in ([[0, 0], [1, 0]] if is_fleeting else [[1, 1]])


def test_a_deletion_waits_for_what_it_looks_for(app: Sojourn) -> None:
    wait, deletion = on_files(ADDRESS, sql("member.erase"), replicated=True)
    assert wait == "SYSTEM SYNC REPLICA shop_local.leaving LIGHTWEIGHT"
    assert app.engine.query("SELECT formatQuery({text:String})", {"text": wait}) == [(wait,)]
    assert "DELETE FROM shop_local.members" in deletion
    assert deletion.count("GLOBAL IN (SELECT ref FROM shop.leaving") == 2
    assert on_files(ADDRESS, sql("member.erase"), replicated=False) == [deletion]
    assert on_files(ADDRESS, sql("member.keys"), replicated=True) == []


def test_copies_are_kept_where_all_nodes_can() -> None:
    assert is_replicated([ONE, TWO])
    assert not is_replicated([ONE, dataclasses.replace(TWO, has_keeper=False)])
    assert not is_replicated([dataclasses.replace(ONE, shard=""), TWO])
    plain = dataclasses.replace(ONE, made="ReplacingMergeTree")
    assert not is_replicated([plain, dataclasses.replace(plain, node="two", number=2, shard="s2")])
    assert not is_replicated([plain, dataclasses.replace(plain, node="two", number=2)])  # whatever their macros are


@pytest.mark.parametrize(
    ("second", "why"),
    [
        (dataclasses.replace(TWO, number=1, copies=2, has_keeper=False), "two:8123 has no Keeper"),
        (dataclasses.replace(TWO, number=1, copies=2, replica=""), "two:8123 has no macros"),
        (dataclasses.replace(TWO, shard="s1"), "do not fit"),
        (dataclasses.replace(TWO, number=1), "do not fit"),
        (dataclasses.replace(ONE, node="two:8123"), "do not fit"),
        (dataclasses.replace(TWO, number=1, copies=2, is_left_to_them=False), "internal_replication"),
        (dataclasses.replace(TWO, has_keeper=False, made="ReplicatedReplacingMergeTree"), "two:8123 has no Keeper"),
    ],
)
def test_nodes_that_cannot_keep_copies_are_told(second: Role, why: str) -> None:
    with pytest.raises(StoreError, match=why):
        is_replicated([ONE, second])


def test_tables_without_copies_do_not_get_them() -> None:
    plain = [dataclasses.replace(role, made="ReplacingMergeTree", copies=2) for role in (ONE, TWO)]
    with pytest.raises(StoreError, match="not replicated"):
        is_replicated(plain)
