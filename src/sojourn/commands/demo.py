"""The demo's data: a folder of its own, a month that is loaded, and what goes on while it is served."""

import asyncio
import shutil
from collections.abc import Iterable
from datetime import UTC, datetime

from rich.progress import Progress, SpinnerColumn, TextColumn

from sojourn.app import Sojourn
from sojourn.commands.terminal import err, out
from sojourn.demo.product import HOSTS, ZONE
from sojourn.demo.sending import Delivery
from sojourn.demo.world import World
from sojourn.errors import StoreError, Unavailable
from sojourn.model.event import Event
from sojourn.model.refusal import Refused
from sojourn.pipeline.collect import Arrival, collect
from sojourn.pipeline.demo import DEMO_MARK, mark_demo
from sojourn.pipeline.sites import DEFAULT_SITE
from sojourn.place import Place
from sojourn.web.connection import is_served

SEED = 7
# What the demo says of the site, until its data is removed.
DEFINITION = {"name": "Demo", "hosts": list(HOSTS), "time_zone": ZONE}
AT_ONCE = 5_000
SHORTEST_REST, LONGEST_REST = 0.1, 5.0


def prepare(place: Place) -> None:
    """The demo is made anew each time; a folder that is not a demo's is left alone. Raises StoreError."""
    folder = place.folder
    if place.cluster is not None:
        raise StoreError("The demo is made in a folder of its own; give one with --data.")
    if folder.exists() and any(folder.iterdir()) and not (folder / DEMO_MARK).exists():
        raise StoreError(f"{folder} is not a demo's folder; give an empty one with --data.")
    if is_served(place):
        raise StoreError(f"A demo is running in {folder}; stop it, or give another --data.")
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    mark_demo(folder, DEFINITION)


def load(app: Sojourn) -> World:
    """The month that ends now, by the way that every event goes. The world that is answered goes on from there."""
    now_ms = app.now_ms()
    app.change_site(DEFAULT_SITE, DEFINITION)
    world = World(SEED, now_ms)
    columns = (SpinnerColumn(), TextColumn("{task.description}"))
    with Progress(*columns, console=err, transient=True, disable=not err.is_terminal) as progress:
        task = progress.add_task("making up a month", total=None)
        sent = accepted = 0
        waiting: list[Delivery] = []
        for delivery in world.until(now_ms):
            waiting.append(delivery)
            if len(waiting) == AT_ONCE:
                accepted += _insert(app, waiting)
                sent += len(waiting)
                waiting = []
                progress.update(task, description=f"{sent:,} events")
        accepted += _insert(app, waiting)
        sent += len(waiting)
        progress.update(task, description=f"{sent:,} events, making sessions")
        app.work_off()
    out.print(
        f"{sent:,} events of a made-up month: {accepted:,} accepted, {sent - accepted:,} refused as they should be"
    )
    return world


async def go_on(app: Sojourn, world: World) -> None:
    """Sends what arrives from now on, until the demo's data is removed or the server ends."""
    waiting: list[Event] = []
    while app.is_demo and not app.is_stopping:
        with app.demo.sending() as may_send:
            if may_send:
                waiting += collected(app, world.until(app.now_ms()))
                try:
                    await app.buffer.add(waiting)
                    waiting = []
                except Unavailable:
                    pass  # they are sent again
        rest = (world.next_at() - app.now_ms()) / 1000
        await asyncio.sleep(min(LONGEST_REST, max(SHORTEST_REST, rest)))
    if not app.is_stopping:
        out.print("The demo's data is removed, and nothing more is made up. What is sent from now on stays.")


def collected(app: Sojourn, deliveries: Iterable[Delivery]) -> list[Event]:
    """The events as the product takes them; what it refuses is counted as any refused event."""
    site, events = app.sites[DEFAULT_SITE], []
    for delivery in deliveries:
        arrival = Arrival(site, DEFAULT_SITE, delivery.received_at, is_secret=True, is_erased=app.erasures.refuses)
        try:
            events.append(collect(delivery.payload, arrival))
        except Refused as refused:
            day = datetime.fromtimestamp(delivery.received_at / 1000, UTC).date()
            app.refusals.count(DEFAULT_SITE, day, refused.reason)
    return events


def _insert(app: Sojourn, deliveries: list[Delivery]) -> int:
    """How many of them were accepted."""
    events = collected(app, deliveries)
    if events:
        app.insert(events)
    return len(events)
