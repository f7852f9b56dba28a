"""The server: the API on a port, and the same on a socket in the data folder for the commands of its owner."""

import asyncio
import contextlib
import gc
import os
import signal
import socket
from collections.abc import Callable, Iterator
from pathlib import Path

import uvicorn

from sojourn.app import Sojourn
from sojourn.errors import StoreError
from sojourn.pipeline.disk import Disk
from sojourn.web.asgi import Application
from sojourn.web.sockets import SOCKET, is_answered, socket_path

BACKLOG = 2048
# Open requests get so many seconds of those in which a server is to be gone.
STOP_WITHIN = 3
LOOK_EVERY = 5.0


class _Quiet(uvicorn.Server):
    """A server that leaves the signals to us: two of them run in one loop."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def local_socket(folder: Path) -> socket.socket:
    """The folder's socket, 0600; one that a killed server left behind is replaced."""
    with socket_path(folder) as path:
        Path(path).unlink(missing_ok=True)
        listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        before = os.umask(0o177)
        try:
            listener.bind(path)
        finally:
            os.umask(before)
        listener.listen(BACKLOG)
    return listener


def port_socket(host: str, port: int) -> socket.socket:
    """Raises StoreError when the address is taken or not this machine's."""
    listener = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except (OSError, OverflowError) as error:
        listener.close()
        raise StoreError(f"{host}:{port} cannot be listened on: {error}; choose another with --port.") from None
    listener.listen(BACKLOG)
    return listener


def _server(application: Application) -> _Quiet:
    config = uvicorn.Config(
        application,
        loop="none",
        http="httptools",
        lifespan="off",
        proxy_headers=False,
        log_config=None,
        access_log=False,
        server_header=False,
        backlog=BACKLOG,
        timeout_graceful_shutdown=STOP_WITHIN,
    )
    return _Quiet(config)


def _calm_collector() -> None:
    """Requests make many short-lived objects and no cycles: a look at every 700th costs a fifth of ingest."""
    gc.freeze()
    gc.set_threshold(100_000, 20, 20)


def _when_told_to_stop(act: Callable[[], None]) -> None:
    loop = asyncio.get_running_loop()
    for name in (signal.SIGTERM, signal.SIGINT):
        # Only the main thread may; a command's own server runs in another one and is stopped by it.
        with contextlib.suppress(ValueError, RuntimeError):
            loop.add_signal_handler(name, act)


async def _watch(disk: Disk) -> None:
    while True:
        await asyncio.to_thread(disk.look)
        await asyncio.sleep(LOOK_EVERY)


async def serve(
    sojourn: Sojourn,
    folder: Path,
    listener: socket.socket | None,
    on_ready: Callable[[], None],
    on_signal: Callable[[], None] = lambda: None,
) -> None:
    """Runs until SIGTERM, SIGINT or `stop`; every acknowledged event is durable by then."""
    is_owner = sojourn.presence is None or not is_answered(folder)  # commands need one of those that share a store
    servers = [(_server(Application(sojourn)), listener)] if listener is not None else []
    if is_owner:
        servers.append((_server(Application(sojourn, is_local=True)), local_socket(folder)))

    def stop() -> None:
        sojourn.is_stopping = True
        for server, _ in servers:
            server.should_exit = True

    def on_stop_signal() -> None:
        on_signal()
        sojourn.loop.stop_soon()
        stop()

    _when_told_to_stop(on_stop_signal)
    _calm_collector()
    sojourn.stop = stop
    sojourn.loop.start()
    on_ready()
    watch = asyncio.create_task(_watch(sojourn.disk)) if sojourn.disk and listener else None
    try:
        await asyncio.gather(*(server.serve(sockets=[bound]) for server, bound in servers))
    finally:
        if watch:
            watch.cancel()
        await sojourn.buffer.drain()
        if is_owner:
            (folder / SOCKET).unlink(missing_ok=True)
