"""A cluster that is reached by TLS: who has no certificate of it is told so, and everything goes by it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cluster.nodes import NAME, Cluster
from tests.cluster.proxy import Proxy
from tests.cluster.typed import typed
from tests.serving import Server, run
from tests.tls import certificate, speaking_tls

__all__ = ["certificate"]


@pytest.fixture
def nodes(cluster: Cluster, certificate: Path) -> Iterator[str]:
    """Where they are reached by TLS alone."""
    proxies = [Proxy(node.http, speaking_tls(certificate)) for node in cluster.nodes]
    yield ",".join(f"127.0.0.1:{proxy.port}" for proxy in proxies)
    for proxy in proxies:
        proxy.close()


def test_everything_goes_by_tls(nodes: str, certificate: Path) -> None:
    any_url = f"clickhouse://{nodes}/secure?cluster={NAME}&secure=1"
    url = f"{any_url}&ca={certificate}"
    assert run("cluster", "init", "--store", url).returncode == 0
    server = Server(Path())
    server.where = url
    server.start()
    try:
        server.send({"type": "page_view", "visitor_id": "v1", "event_id": "1"})
        (session,) = server.settled(1)
        assert server.ask("GET", f"/v1/sessions/{session['id']}").json()["data"]["events"][0]["id"] == "1"
    finally:
        server.close()
    assert run("cluster", "check", "--store", f"{any_url}&verify=0").returncode == 0


@pytest.mark.parametrize(
    ("option", "why"),
    [
        ("secure=1", "there is no TLS with 127.0.0.1:{port}: self-signed certificate; see secure"),
        ("secure=0", "nobody answers at 127.0.0.1:{port}: Connection reset by peer."),
        ("secure=1&ca=/no/such.pem", "The file /no/such.pem of the URL's ca holds no certificates: No such file"),
        ("secure=1&ca={empty}", "holds no certificates: no certificate or crl found"),
    ],
)
def test_who_is_not_trusted_is_refused_with_the_reason(nodes: str, tmp_path: Path, option: str, why: str) -> None:
    (tmp_path / "empty.pem").write_text("nothing")
    words = {"empty": tmp_path / "empty.pem", "port": nodes.split(",")[0].rpartition(":")[2]}
    refused = typed(
        "cluster", "init", "--store", f"clickhouse://{nodes}/strange?cluster={NAME}&{option.format(**words)}"
    )
    assert refused.returncode == 1
    (line,) = refused.stderr.splitlines()
    assert why.format(**words) in line
    assert "Traceback" not in refused.stdout


def test_a_node_that_speaks_no_tls_is_told(cluster: Cluster) -> None:
    (line,) = typed("cluster", "init", "--store", f"{cluster.url('plain')}&secure=1").stderr.splitlines()
    assert f"there is no TLS with 127.0.0.1:{cluster.nodes[0].http}: wrong version number" in line
