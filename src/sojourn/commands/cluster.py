"""Commands for a cluster of ClickHouse: make its tables, check it, tell how it is."""

import typer
from rich.table import Table

from sojourn import commands
from sojourn.commands.options import DataOption, place_of
from sojourn.commands.terminal import err, out, size
from sojourn.errors import StoreError

app = typer.Typer(help="Make, check and look at the tables of a ClickHouse cluster.", no_args_is_help=True)
_SAMPLE = 200
EXAMPLE = "clickhouse://name:password@host1:8123,host2:8123/sojourn?cluster=NAME"


@app.command("init", epilog=f"Example: sojourn cluster init --store '{EXAMPLE}'")
def init(store: DataOption = None) -> None:
    """Make the databases and tables that are missing, on every node; doing it again changes nothing."""
    place = place_of(store)
    from sojourn.pipeline import clusters

    made = clusters.make(place)
    out.print(f"{place}: " + (f"made {', '.join(made)}." if made else "everything is there."), soft_wrap=True)


@app.command("check", epilog=f"Example: sojourn cluster check --store '{EXAMPLE}'")
def check(store: DataOption = None) -> None:
    """Whether every node answers, all have the same tables and time, and sessions are as a rebuild has them."""
    place = place_of(store)
    from sojourn.pipeline import clusters

    clocks = [node.clock_ms for node in clusters.checked(place)]
    out.print(f"{len(clocks)} nodes answer; the same tables, clocks {max(clocks) - min(clocks)} ms apart.")
    commands.upkeep.doctor(place, _SAMPLE, repair=False)


@app.command("status", epilog=f"Example: sojourn cluster status --store '{EXAMPLE}'")
def status(store: DataOption = None) -> None:
    """What lies on each node, rows in all their versions, parts and bytes; and which processes are on the store."""
    place = place_of(store)
    from sojourn.pipeline import clusters

    there, silent = clusters.looked_at(place)
    table = Table("node", "version", "events", "parts", "sessions", "parts", "size", "free", "clock")
    for node in there:
        counts = (node.event_rows, node.event_parts, node.session_rows, node.session_parts)
        table.add_row(
            node.look.node,
            node.look.version,
            *(f"{count:,}" for count in counts),
            size(node.size),
            size(node.free),
            f"{node.clock_ms:+} ms",
        )
    for away in silent:
        table.add_row(away.node, "no answer")
        err.print(f"sojourn: {away.why}", soft_wrap=True)
    out.print(table)
    try:
        processes = clusters.processes(place)
    except StoreError as error:
        if error.message not in {away.why for away in silent}:
            raise
        raise typer.Exit(1) from None  # it was told already
    on_it = Table("process", "works", "behind by")
    for process in processes:
        behind = process.behind_ms
        on_it.add_row(process.name, *(("", "") if behind is None else ("yes", f"{behind:,} ms")))
    out.print(on_it)
