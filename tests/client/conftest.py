"""One test holds for both twins: `connect` makes a Client, or an AsyncClient that is used as if it were one."""

import asyncio
import inspect
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from sojourn import AsyncClient, Client
from tests.serving import SECRET, Server


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """One running server: each test uses leads of its own."""
    server = Server(tmp_path_factory.mktemp("served")).start()
    yield server
    server.close()


class Awaited:
    """Awaits every method of the async twin, and reads its lists row by row."""

    def __init__(self, twin: AsyncClient, runner: asyncio.Runner) -> None:
        self._twin = twin
        self._runner = runner

    def __repr__(self) -> str:
        return repr(self._twin)

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._twin, name)

        def call(*arguments: Any, **options: Any) -> Any:
            result = method(*arguments, **options)
            return self._runner.run(result) if inspect.iscoroutine(result) else AwaitedRows(result, self._runner)

        return call


class AwaitedRows:
    def __init__(self, rows: Any, runner: asyncio.Runner) -> None:
        self._rows = rows
        self._runner = runner

    def __getattr__(self, name: str) -> Any:
        return getattr(self._rows, name)

    def __iter__(self) -> Iterator[Any]:
        while True:
            try:
                yield self._runner.run(anext(self._rows))
            except StopAsyncIteration:
                return


Connect = Callable[..., Any]


@pytest.fixture(params=[Client, AsyncClient], ids=["client", "async"])
def connect(request: pytest.FixtureRequest) -> Iterator[Connect]:
    """Makes clients, whose pauses are noted in `pauses` and not kept, and closes them."""
    runner = asyncio.Runner()
    made: list[Any] = []

    def make(url: str, key: str = SECRET, *, pauses: list[float] | None = None, **options: Any) -> Any:
        noted = pauses if pauses is not None else []

        async def note(seconds: float) -> None:
            noted.append(seconds)

        if request.param is Client:
            made.append(Client(url, key, **{"sleep": noted.append, **options}))
        else:
            made.append(Awaited(AsyncClient(url, key, **{"sleep": note, **options}), runner))
        return made[-1]

    yield make
    for client in made:
        client.close()
    runner.close()


@pytest.fixture
def client(server: Server, connect: Connect) -> Any:
    return connect(f"http://127.0.0.1:{server.port}")
