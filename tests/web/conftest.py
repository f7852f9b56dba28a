import asyncio
from collections.abc import Callable, Iterator

import httpx
import pytest

from sojourn.app import Sojourn
from sojourn.model.site import Site
from sojourn.web.asgi import Application
from tests.serving import Server, key_in, run
from tests.web.asking import Asked, Http, Make


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """One running server for the tests that can share it: each uses leads of its own."""
    server = Server(tmp_path_factory.mktemp("served")).start()
    yield server
    server.close()


@pytest.fixture(scope="session")
def new_server(tmp_path_factory: pytest.TempPathFactory) -> Callable[[], Server]:
    """Makes a server on a store of its own, which is not started yet."""
    return lambda: Server(tmp_path_factory.mktemp("own"))


@pytest.fixture(scope="session")
def test_key(server: Server) -> str:
    return key_of_twin(server)


def key_of_twin(server: Server) -> str:
    """A secret key of the site's test twin, made by the command while the server runs."""
    done = run("keys", "create", "--test", "--data", server.where)
    assert done.returncode == 0, done.stderr
    return key_in(done.stdout)


@pytest.fixture(scope="module")
def http(app: Sojourn) -> Iterator[Http]:
    with asyncio.Runner() as runner:
        client = httpx.AsyncClient(transport=httpx.ASGITransport(app=Application(app)), base_url="http://sojourn")
        yield lambda *arguments, **options: runner.run(client.request(*arguments, **options))
        runner.run(client.aclose())


@pytest.fixture
def make(app: Sojourn, new_site: Callable[..., Site], http: Http) -> Make:
    return lambda **fields: Asked(app, http, new_site(**fields))
