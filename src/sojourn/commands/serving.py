"""Commands that serve: the server itself, and the demo."""

import asyncio
from collections.abc import Mapping
from typing import Any

import uvloop

import sojourn
from sojourn import logs
from sojourn.app import Sojourn
from sojourn.clock import clock_ms
from sojourn.commands.memory import keep_few_arenas
from sojourn.commands.terminal import out
from sojourn.errors import StoreError
from sojourn.model.bounds import Bounds
from sojourn.pipeline.sites import DEFAULT_SITE
from sojourn.place import Place
from sojourn.settings import Value
from sojourn.web.connection import is_served
from sojourn.web.server import port_socket
from sojourn.web.server import serve as run_server
from sojourn.web.stopping import Deadline

Values = Mapping[str, Value]


def serve(values: Values) -> None:
    place: Place = values["data"].value
    listener = port_socket(values["host"].value, values["port"].value)
    app = _opened(place, values)

    def on_ready() -> None:
        out.print(f"Sojourn {sojourn.__version__} serves {place} on {_address(values)}")
        if not app.keys.list(DEFAULT_SITE):
            out.print(f"There is no key yet: sojourn keys create --data {place}")
        _tell_of_setup(app, values)

    _run(app, place, listener, on_ready)


def demo(values: Values) -> None:
    from sojourn.commands.demo import go_on, load, prepare

    place: Place = values["data"].value
    listener = port_socket(values["host"].value, values["port"].value)
    prepare(place)
    app = _opened(place, values)
    logs.configure(values["log_format"].value, "error")  # a month at once is a slow query, and is to be
    world = load(app)
    logs.configure(values["log_format"].value, values["log_level"].value)
    _, key = app.keys.create(DEFAULT_SITE, "secret", is_test=False, now_ms=clock_ms())
    going_on: list[asyncio.Task[None]] = []

    def on_ready() -> None:
        address = _address(values)
        out.print(f"\nSojourn {sojourn.__version__} serves the demo on {address}")
        out.print(f"key: {key}")
        out.print(f'\n  curl -H "Authorization: Bearer {key}" "{address}/v1/sessions?limit=2"\n', soft_wrap=True)
        _tell_of_setup(app, values)
        out.print("It goes on while it runs; Ctrl-C ends it.")
        going_on.append(asyncio.create_task(go_on(app, world)))

    _run(app, place, listener, on_ready)


def _opened(place: Place, values: Values) -> Sojourn:
    if place.cluster is None and is_served(place):
        raise StoreError(f"Another server owns {place}; stop it, or give another --data.")
    logs.configure(values["log_format"].value, values["log_level"].value)
    keep_few_arenas()
    place.make()
    app = Sojourn.at(place, gather=values["gather_ms"].value / 1000, bounds=_bounds(values))
    app.merges.is_lasting = True
    for name in ("secret_key", "write_key"):
        if values[name].value:
            app.keys.adopt(DEFAULT_SITE, values[name].value, clock_ms())
    return app


def _bounds(values: Values) -> Bounds:
    return Bounds(
        reads=values["read_limit"].value,
        events=values["event_limit"].value,
        disk_warn_mb=values["disk_warn_mb"].value,
        slow_query_ms=values["slow_query_ms"].value,
    )


def _run(app: Sojourn, place: Place, listener: Any, on_ready: Any) -> None:
    deadline = Deadline()
    try:
        uvloop.run(run_server(app, place.folder, listener, on_ready, deadline.set))
    finally:
        app.close()
        deadline.cancel()


def _address(values: Values) -> str:
    host = values["host"].value
    return f"http://{f'[{host}]' if ':' in host else host}:{values['port'].value}"


def _tell_of_setup(app: Sojourn, values: Values) -> None:
    """While there is no login: the one-time link that makes the first owner."""
    if app.logins.is_empty:
        link = f"{_address(values)}/welcome?token={app.logins.setup_token()}"
        out.print(f"There is no login yet; this link makes the owner, once: {link}", soft_wrap=True)
