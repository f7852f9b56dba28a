from collections.abc import Iterator
from pathlib import Path

import pytest

from sojourn.app import Sojourn
from sojourn.place import Place
from sojourn.store.address import Address
from sojourn.store.founding import found
from tests.cluster.nodes import Cluster, running
from tests.conftest import NOW


@pytest.fixture(scope="session")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """Two shards, for tests that do them no harm."""
    with running(Path(tmp_path_factory.mktemp("nodes"))) as nodes:
        yield nodes


@pytest.fixture(scope="session")
def app(cluster: Cluster) -> Iterator[Sojourn]:
    """In place of the embedded store: what is imported here runs on the cluster."""
    url = cluster.url("sojourn")
    found(Address.of(url))
    sojourn = Sojourn.at(Place.of(url), now_ms=lambda: NOW)
    yield sojourn
    sojourn.close()
