"""What a cluster's nodes do for a pass, a filtered list and one session: the same data on one shard and on two.

`python -m bench.shards --size 200000`. Each node's own counters (system.events) are read before and after; the nodes are
real, on loopback, and share the machine, so rows and bytes are told, and no times.
"""

import argparse
import contextlib
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import clickhouse_connect
from rich.console import Console
from rich.table import Table

from bench.rich_events import rich_events
from sojourn.adapters.mapping import parse_map
from sojourn.app import Sojourn
from sojourn.pipeline.importing import Plan
from sojourn.place import Place
from sojourn.reports.sessions import Question
from sojourn.store.address import Address
from sojourn.store.founding import found
from tests.cluster.nodes import Node, running
from tests.kit import to_events

DAY_MS = 86_400_000
FRESH = 2_000  # events of the pass that is measured
COUNTERS = ("SelectedRows", "SelectedBytes", "NetworkReceiveBytes")


class Reading(NamedTuple):
    """Of one node, between two moments: rows and bytes read from its tables, bytes received from others."""

    rows: int
    read: int
    received: int


def counters(node: Node) -> Reading:
    with contextlib.closing(clickhouse_connect.get_client(host="127.0.0.1", port=node.http)) as client:
        rows = client.query(f"SELECT event, value FROM system.events WHERE event IN {COUNTERS}").result_rows
    values = {str(name): int(value) for name, value in rows}
    return Reading(*(values.get(name, 0) for name in COUNTERS))


def measured(nodes: list[Node], work: Callable[[], object]) -> list[Reading]:
    """What each node did meanwhile, first the one that is asked; its own counters' query is the same each time."""
    idle = [counters(node) for node in nodes]
    before = [counters(node) for node in nodes]
    work()
    after = [counters(node) for node in nodes]
    first, *others = [
        Reading(*(b - a - (a - i) for i, a, b in zip(*each, strict=True)))
        for each in zip(idle, before, after, strict=True)
    ]
    # The coordinator counts what the others read for it as well.
    rows, read = (sum(other[place] for other in others) for place in (0, 1))
    return [Reading(first.rows - rows, first.read - read, first.received), *others]


def filled(app: Sojourn, size: int) -> None:
    """By the import, as the command does it; then everything is worked off."""
    columns = (
        "id=event_id,visitor=visitor_id,time=occurred_at,type=type,url=url,points=points,email=email,"
        "referrer=referrer,campaign=campaign,device=device,country=country,value=value"
    )
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "events.parquet"
        rich_events(size).write_parquet(path)
        app.import_files("default", Plan(str(path), parse_map(columns)), lambda _path, _tally: None)
    app.work_off()


def merge(node: Node) -> None:
    """As a node is some minutes after an import: until then each part not merged yet is read a piece of as well."""
    with contextlib.closing(clickhouse_connect.get_client(host="127.0.0.1", port=node.http)) as client:
        tables = "SELECT concat(database, '.', name) FROM system.tables WHERE database LIKE 'bench%' AND engine LIKE '%MergeTree'"
        for (table,) in client.query(tables).result_rows:
            client.command(f"OPTIMIZE TABLE {table} FINAL")


def fresh(app: Sojourn) -> None:
    """New events of leads that are there, of whom each has about as many as the others, whatever else is stored."""
    now_ms = app.now_ms()
    site = app.site_for()
    alike = "SELECT visitor_id, max(occurred_at) FROM events GROUP BY 1 HAVING count() BETWEEN 8 AND 12"
    visitors = app.engine.query(f"{alike} ORDER BY 1 LIMIT {FRESH}")
    payloads = [
        {"type": "click", "visitor_id": visitor, "event_id": f"fresh {number}", "occurred_at": min(at + 1000, now_ms)}
        for number, (visitor, at) in enumerate(visitors)
    ]
    app.insert(to_events(site, payloads, now_ms))


def operations(app: Sojourn) -> Iterator[tuple[str, Callable[[], object]]]:
    """Each with a name; what it needs is done before it is told."""
    fresh(app)
    yield f"a pass over {FRESH:,} new events", app.work_off
    ((newest,),) = app.engine.query("SELECT max(started_at) FROM sessions")
    window = {"from": newest - 30 * DAY_MS, "to": newest + 1}
    yield "a page of 30 days, by duration", lambda: app.page("default", Question({**window, "min_duration": 600}))
    yield (
        "a page of 30 days, by entry",
        lambda: app.page("default", Question({**window, "entry_point": ["page_view"]})),
    )
    yield "a page of 30 days, of few", lambda: app.page("default", Question({**window, "min_events": 60}))
    (session, *_) = app.page("default", Question(window)).data
    yield "one session with its events", lambda: app.journey("default", session["id"])


def rows(size: int) -> Iterator[tuple[str, ...]]:
    for shards in (1, 2):
        for events in (size, 2 * size):
            with tempfile.TemporaryDirectory() as folder, running(Path(folder), shards) as cluster:
                url = cluster.url("bench")
                found(Address.of(url))
                app = Sojourn.at(Place.of(url))
                try:
                    asked = app.engine.query("SELECT tcpPort()")[0][0]
                    nodes = sorted(cluster.nodes, key=lambda node: node.tcp != asked)
                    filled(app, events)
                    for node in nodes:
                        merge(node)
                    for what, work in operations(app):
                        each = measured(nodes, work)
                        yield (
                            what,
                            f"{events:,}",
                            str(shards),
                            " + ".join(f"{reading.rows:,}" for reading in each),
                            " + ".join(f"{reading.read / 1e6:,.1f}" for reading in each),
                            f"{each[0].received / 1e3:,.0f}",
                        )
                finally:
                    app.close()


COLUMNS = (
    "what",
    "events stored",
    "shards",
    "rows read, each node",
    "MB read, each node",
    "kB the coordinator received",
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--size", type=int, default=200_000, help="events stored; a second run has twice as many")
    console = Console(width=150, highlight=False)
    table = Table(*COLUMNS)
    for row in sorted(rows(parser.parse_args().size), key=lambda row: (row[0], row[1], row[2])):
        table.add_row(*row)
    console.print(table)


if __name__ == "__main__":
    main()
