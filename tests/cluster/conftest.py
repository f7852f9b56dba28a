from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from sojourn.app import Sojourn
from sojourn.model.site import Site
from sojourn.place import Place
from sojourn.store.address import Address
from sojourn.store.founding import found
from tests.cluster.nodes import Cluster, running
from tests.conftest import NOW, maker_of_sites


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


@pytest.fixture(scope="session")
def new_site(app: Sojourn) -> Callable[..., Site]:
    """In place of the other one, which may be made of the embedded store already."""
    return maker_of_sites(app)
