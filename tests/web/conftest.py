from collections.abc import Iterator

import pytest

from tests.serving import Server, key_in, run


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """One running server for the tests that can share it: each uses leads of its own."""
    server = Server(tmp_path_factory.mktemp("served")).start()
    yield server
    server.close()


@pytest.fixture(scope="session")
def test_key(server: Server) -> str:
    """A secret key of the site's test twin, made by the command while the server runs."""
    done = run("keys", "create", "--test", "--data", str(server.folder))
    assert done.returncode == 0, done.stderr
    return key_in(done.stdout)
