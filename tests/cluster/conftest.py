import itertools
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from sojourn.app import Sojourn
from sojourn.model.site import Site
from sojourn.place import Place
from tests.cluster.nodes import Cluster, running
from tests.conftest import NOW, maker_of_sites
from tests.serving import Server
from tests.web.conftest import http, key_of_twin, make

__all__ = ["http", "make"]

# What is refused before a store is asked, in many bodies.
BY_THE_BODY = {"test_good_events_beside_a_bad_one_are_kept", "test_a_bad_event_alone_gets_its_error"}


@pytest.fixture(scope="session")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """Two shards, for tests that do them no harm."""
    with running(Path(tmp_path_factory.mktemp("nodes"))) as nodes:
        yield nodes


@contextmanager
def process_on(url: str) -> Iterator[Sojourn]:
    sojourn = Sojourn.at(Place.of(url), now_ms=lambda: NOW)
    yield sojourn
    sojourn.close()


# Idle servers ask a cluster again and again: none stays longer than it is used.
@pytest.fixture(scope="module")
def app(cluster: Cluster) -> Iterator[Sojourn]:
    """In place of the embedded store: what is imported here runs on the cluster."""
    with process_on(cluster.founded("sojourn")) as sojourn:
        yield sojourn


@pytest.fixture(scope="module")
def new_site(app: Sojourn) -> Callable[..., Site]:
    """In place of the other one, which may be made of the embedded store already."""
    return maker_of_sites(app)


@pytest.fixture(scope="module")
def server(cluster: Cluster) -> Iterator[Server]:
    """In place of one on a folder."""
    server = Server(Path())
    server.where = cluster.founded("served")
    yield server.start()
    try:
        server.stop()
    finally:
        server.close()


@pytest.fixture(scope="session")
def new_server(cluster: Cluster) -> Callable[[], Server]:
    """In place of one on a folder."""
    numbers = itertools.count()

    def make() -> Server:
        server = Server(Path())
        server.where = cluster.founded(f"own{next(numbers)}")
        return server

    return make


@pytest.fixture(scope="module")
def test_key(server: Server) -> str:
    return key_of_twin(server)


def taken_from(*modules: ModuleType, but_for: Collection[str] = ()) -> dict[str, Any]:
    """What is collected of other modules' tests, with the fixtures that these have of their own."""
    found: dict[str, Any] = {}
    for module in modules:
        for name, each in vars(module).items():
            is_own = getattr(each, "__module__", None) == module.__name__
            is_wanted = name.startswith("test_") and is_own and name not in but_for
            if is_wanted or type(each).__name__ == "FixtureFunctionDefinition":
                assert found.setdefault(name, each) is each, f"two of the name {name}"
    return found
