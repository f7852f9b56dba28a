"""What a cluster's URL is refused for, by every command alike: in one line, before anything is asked of the tables."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cluster.nodes import COPIES, NAME, Cluster, running
from tests.cluster.proxy import Proxy
from tests.cluster.test_founding import command
from tests.cluster.typed import typed
from tests.serving import free_port, run


def line_of(*arguments: str, url: str) -> str:
    """What it says when it refuses."""
    return refused(typed(*arguments, "--store", url))


def refusal(url: str) -> str:
    """That of a command that has to open it."""
    return line_of("sites", "list", url=url)


def refusal_of_a_server(url: str) -> str:
    return refused(run("serve", "--port", str(free_port()), "--store", url))


def refused(done: subprocess.CompletedProcess[str]) -> str:
    assert done.returncode == 1, done.stdout + done.stderr
    (line,) = (done.stdout + done.stderr).strip().splitlines()
    return line


@pytest.fixture(scope="module")
def url(cluster: Cluster) -> str:
    return cluster.founded("opened")


@pytest.fixture
def wired(cluster: Cluster) -> Iterator[tuple[str, list[Proxy]]]:
    """A URL of nodes behind wires, and these."""
    proxies = [Proxy(node.http) for node in cluster.nodes]
    cluster.founded("opened")
    hosts = ",".join(f"127.0.0.1:{proxy.port}" for proxy in proxies)
    yield f"clickhouse://{hosts}/opened?cluster={NAME}", proxies
    for proxy in proxies:
        proxy.close()


def test_a_url_that_does_not_name_each_node_once(cluster: Cluster, url: str) -> None:
    """Deletions go to the nodes that it names."""
    first, second = (f"127.0.0.1:{node.http}" for node in cluster.nodes)
    for fewer in (f",{second}", f"{first},"):
        assert "has 2 nodes, the URL names 1: name each once." in refusal(url.replace(fewer, ""))
    assert "has 2 nodes, the URL names 3: name each once." in refusal(url.replace(first, f"{first},{first}"))
    for again in (first, first.replace("127.0.0.1", "localhost")):
        twice = url.replace(second, again)
        told = f"names one node of the cluster twice: {first} and {again}; name each once."
        assert told in refusal(twice)
        assert told in line_of("cluster", "init", url=twice)
    assert told in refusal_of_a_server(twice)


def test_a_wrong_name_of_the_cluster(url: str) -> None:
    assert "knows no cluster 'other'; it knows copies, sojourn." in refusal(url.replace(NAME, "other"))
    assert f"that is not over the cluster '{COPIES}'" in refusal(url.replace(f"={NAME}", f"={COPIES}"))


@pytest.mark.parametrize("number", [0, 1])
def test_a_version_that_is_too_old(wired: tuple[str, list[Proxy]], number: int) -> None:
    url, proxies = wired
    proxies[number].instead = (b"26.9.", b"26.8.")
    assert f"127.0.0.1:{proxies[number].port} runs ClickHouse 26.8." in refusal(url)
    assert "; it takes 26.9 or newer." in line_of("cluster", "init", url=url)


def test_nodes_that_die_right_after_they_were_reached(wired: tuple[str, list[Proxy]]) -> None:
    url, proxies = wired
    for proxy in proxies:
        proxy.cut(b"system.clusters", *[1] * 50)
    told = f"nobody answers at 127.0.0.1:{proxies[0].port}: Remote end closed connection without response."
    assert told in refusal(url)
    assert told in line_of("cluster", "init", url=url)
    assert all(proxy.cuts for proxy in proxies)


def test_a_node_that_answers_with_errors(wired: tuple[str, list[Proxy]]) -> None:
    url, proxies = wired
    with proxies[1].failing():
        assert f"127.0.0.1:{proxies[1].port} cannot be opened: (total) memory limit exceeded." in refusal(url)


def test_a_node_without_tables(cluster: Cluster) -> None:
    url = cluster.founded("lacking_tables")
    command(cluster.nodes[1], "DROP TABLE lacking_tables.names SYNC")
    told = f"127.0.0.1:{cluster.nodes[1].http} lacks the table lacking_tables.names; `sojourn cluster init` makes it."
    assert told in refusal(url)
    for database in ("lacking_tables", "lacking_tables_local"):
        command(cluster.nodes[1], f"DROP DATABASE {database} SYNC")
    assert "`sojourn cluster init` makes it." in refusal_of_a_server(url)
    assert "There is no database nowhere" in refusal(cluster.url("nowhere"))


def test_a_node_that_is_away_is_told_beside_the_rest(tmp_path: Path) -> None:
    with running(tmp_path) as nodes:
        url = nodes.founded("shop")
        first, second = (f"127.0.0.1:{node.http}" for node in nodes.nodes)
        nodes.nodes[1].kill()
        told = f"nobody answers at {second}: Connection refused."
        assert told in refusal_of_a_server(url)
        assert told in line_of("cluster", "check", url=url)
        status = typed("cluster", "status", "--store", url)
        assert (status.returncode, status.stderr.count(told)) == (1, 1), status.stderr
        rows = {line.split()[1]: line for line in status.stdout.splitlines() if "127.0.0.1" in line}
        assert "26.9" in rows[first]
        assert "no answer" in rows[second]
