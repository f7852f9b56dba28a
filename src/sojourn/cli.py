"""The command line: a thin shell over the API and the library."""

import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from sojourn import __version__, commands, settings
from sojourn.commands import cluster, keys, leads, logins, sites
from sojourn.commands.options import DataOption, SiteOption, place_of
from sojourn.errors import InvalidRequest, SojournError
from sojourn.model.bounds import SAMPLE
from sojourn.model.instant import parse_duration
from sojourn.place import Place
from sojourn.reports.event_filters import BY_NAME as EVENT_FILTERS
from sojourn.reports.filters import FILTERS

FAILED, WRONG_USAGE = 1, 2

app = typer.Typer(
    name="sojourn",
    help="Events in, sessions out.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
keys_app = typer.Typer(help="Make, list, rotate and revoke keys.", no_args_is_help=True)
app.add_typer(keys_app, name="keys")
app.add_typer(sites.app, name="sites")
app.add_typer(leads.app, name="leads")
app.add_typer(logins.app, name="logins")
app.add_typer(cluster.app, name="cluster")

FormatOption = Annotated[str, typer.Option("--format", help="table, json, csv or parquet.")]


def _values(**flags: Any) -> dict[str, settings.Value]:
    return settings.resolve(flags)


@app.callback(invoke_without_command=True)
def _root(*, version: Annotated[bool, typer.Option("--version", help="Print the version and end.")] = False) -> None:
    if version:
        print(f"sojourn {__version__}")
        raise typer.Exit


@app.command(epilog="Example: sojourn serve --data sojourn-data --port 8000")
def serve(
    data: DataOption = None,
    host: Annotated[str | None, typer.Option(help="Address to listen on.")] = None,
    port: Annotated[int | None, typer.Option(help="Port to listen on.")] = None,
    gather_ms: Annotated[int | None, typer.Option(help="How long a commit waits for more events.")] = None,
    read_limit: Annotated[int | None, typer.Option(help="Requests a minute of a secret key; 0 is off.")] = None,
    event_limit: Annotated[int | None, typer.Option(help="Events a minute of a publishable key; 0 is off.")] = None,
    disk_warn_mb: Annotated[int | None, typer.Option(help="Free space below which it warns; 0 is off.")] = None,
    slow_query_ms: Annotated[int | None, typer.Option(help="From when on a query is in the log; 0 is off.")] = None,
    log_format: Annotated[str | None, typer.Option(help="Form of the log: text or json.")] = None,
    log_level: Annotated[str | None, typer.Option(help="From which level on the log is written.")] = None,
) -> None:
    """Run everything in one process: the API, the work that follows, the store."""
    limits = {"read_limit": read_limit, "event_limit": event_limit, "gather_ms": gather_ms}
    told = {"disk_warn_mb": disk_warn_mb, "slow_query_ms": slow_query_ms, "log_format": log_format}
    commands.serving.serve(_values(data=data, host=host, port=port, log_level=log_level, **limits, **told))


@app.command(epilog="Example: sojourn demo --port 8000")
def demo(
    data: Annotated[str, typer.Option("--data", metavar="DIR", help="Folder for the demo; made anew.")] = "demo-data",
    host: Annotated[str | None, typer.Option(help="Address to listen on.")] = None,
    port: Annotated[int | None, typer.Option(help="Port to listen on.")] = None,
) -> None:
    """Serve a made-up month of about 2,000 leads that ends now, and goes on."""
    commands.serving.demo(_values(data=data, host=host, port=port))


@app.command(
    "import",
    epilog="Example: sojourn import events.csv --data sojourn-data --map lead=user_id,time=at,type=event",
)
def import_(
    file: Annotated[Path, typer.Argument(help="CSV, JSON Lines or Parquet, also with .gz behind it, or a folder.")],
    data: DataOption = None,
    site: SiteOption = None,
    columns: Annotated[
        str | None,
        typer.Option(
            "--map",
            metavar="FIELD=COLUMN,…",
            help="Which column is which field: lead or visitor, time, type, id, url, points …, or a TOML file that "
            "says so; without it rows are events as the API takes them, or Segment messages.",
        ),
    ] = None,
    shift_end: Annotated[
        str | None,
        typer.Option("--shift-end", metavar="now", help="Move all events so that the last is now."),
    ] = None,
    *,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would become of the rows, store none.")] = False,
    again: Annotated[bool, typer.Option("--again", help="From the start, also what was imported before.")] = False,
) -> None:
    """Put a file or a folder of files into a data folder; importing it again changes nothing."""
    if shift_end not in (None, "now"):
        raise typer.BadParameter("allowed is now", param_hint="--shift-end")
    order = commands.importing.Order(file, columns, shift_end == "now", dry_run, again)
    commands.importing.import_file(place_of(data), order, site)


@app.command(epilog="Example: sojourn sessionize events.csv -o sessions.parquet --lead user_id --time at --type event")
def sessionize(
    file: Annotated[Path, typer.Argument(help="CSV, JSON Lines or Parquet, each also with .gz behind it.")],
    lead: Annotated[str, typer.Option(help="Column of the lead.")],
    time: Annotated[str, typer.Option(help="Column of the time.")],
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", metavar="OUT", help="Where to: .parquet, .csv or .jsonl; without it, a table."),
    ] = None,
    type_: Annotated[str | None, typer.Option("--type", help="Column of the event type.")] = None,
    url: Annotated[str | None, typer.Option(help="Column of the URL.")] = None,
    points: Annotated[str | None, typer.Option(help="Column of the points.")] = None,
    id_: Annotated[str | None, typer.Option("--id", help="Column of the event id.")] = None,
    timeout: Annotated[str, typer.Option(help="A gap as long as this or longer starts a new session.")] = "30m",
) -> None:
    """Any file of events to sessions, without a data folder."""
    columns = {"lead": lead, "time": time, "type": type_, "url": url, "points": points, "id": id_}
    commands.importing.sessionize_file(file, output, columns, parse_duration(timeout, "--timeout"))


LimitOption = Annotated[int | None, typer.Option(min=1, help="How many at the most; all without it.")]
OutputOption = Annotated[
    Path | None, typer.Option("--output", "-o", metavar="FILE", help="Where to, for csv and parquet.")
]
ResumeOption = Annotated[bool, typer.Option("--resume", help="Go on with a file that was cut off.")]


def sessions(
    ctx: typer.Context,
    data: DataOption = None,
    site: SiteOption = None,
    format_: FormatOption = "table",
    limit: LimitOption = None,
    output: OutputOption = None,
    *,
    resume: ResumeOption = False,
) -> None:
    """List sessions, newest first, with the same filters as the API."""
    wanted = commands.listing.Wanted(format_, limit, output, resume)
    commands.listing.sessions(place_of(data), site, wanted, commands.listing.filter_pairs(ctx.args))


def events(
    ctx: typer.Context,
    data: DataOption = None,
    site: SiteOption = None,
    format_: FormatOption = "table",
    limit: LimitOption = None,
    output: OutputOption = None,
    *,
    resume: ResumeOption = False,
) -> None:
    """List events, newest first, with the same filters as the API: suppressed and passive ones too."""
    wanted = commands.listing.Wanted(format_, limit, output, resume)
    commands.listing.events(place_of(data), site, wanted, commands.listing.filter_pairs(ctx.args, EVENT_FILTERS))


_TAKES_FILTERS = {
    "allow_extra_args": True,
    "ignore_unknown_options": True,
    "help_option_names": ["-h", "--help"],
}
for _command, _filters, _example in (
    (sessions, FILTERS, "sojourn sessions --data sojourn-data --format csv --min-duration 60"),
    (events, EVENT_FILTERS.values(), "sojourn events --data sojourn-data --type purchase --format json"),
):
    _named = ", ".join(f"--{item.name.replace('_', '-')}" for item in _filters)
    app.command(epilog=f"Filters, as in the API: {_named}. Example: {_example}", context_settings=_TAKES_FILTERS)(
        _command
    )


@keys_app.command("create", epilog="Example: sojourn keys create --kind publishable --data sojourn-data")
def keys_create(
    data: DataOption = None,
    site: SiteOption = None,
    kind: Annotated[str, typer.Option(help="secret (reads and writes) or publishable (sends events).")] = "secret",
    *,
    test: Annotated[bool, typer.Option("--test", help="For the site's test twin, whose data is apart.")] = False,
) -> None:
    """Make a key; it is shown this once."""
    keys.keys_create(place_of(data), site, kind, is_test=test)


@keys_app.command("list", epilog="Example: sojourn keys list --data sojourn-data")
def keys_list(data: DataOption = None, site: SiteOption = None) -> None:
    """List the keys by their beginning and end."""
    keys.keys_list(place_of(data), site)


@keys_app.command("rotate", epilog="Example: sojourn keys rotate 1f0c2ab93d77 --data sojourn-data")
def keys_rotate(
    key: Annotated[str, typer.Argument(metavar="ID")], data: DataOption = None, site: SiteOption = None
) -> None:
    """Replace a key; the old one works for one hour more."""
    keys.keys_rotate(place_of(data), site, key)


@keys_app.command("revoke", epilog="Example: sojourn keys revoke 1f0c2ab93d77 --data sojourn-data")
def keys_revoke(
    key: Annotated[str, typer.Argument(metavar="ID")], data: DataOption = None, site: SiteOption = None
) -> None:
    """End a key at once."""
    keys.keys_revoke(place_of(data), site, key)


@app.command("settings", epilog="Example: SOJOURN_PORT=9000 sojourn settings")
def settings_(data: DataOption = None) -> None:
    """Print each setting with its value and where it comes from."""
    keys.show_settings(_values(data=data))


@app.command(epilog="Example: sojourn backup --data sojourn-data --to /backups/sojourn --keep 7")
def backup(
    data: DataOption = None,
    to: Annotated[
        Path | None, typer.Option("--to", metavar="DEST", help="A folder that grows moment by moment, or a .tar file.")
    ] = None,
    keep: Annotated[int | None, typer.Option(help="Drop all moments but the newest so many.")] = None,
    list_: Annotated[
        Path | None, typer.Option("--list", metavar="DEST", help="List what a backup holds, and do nothing else.")
    ] = None,
) -> None:
    """Copy the state of a moment, while a server goes on or without one; only what is not there yet is copied."""
    if (to is None) == (list_ is None):
        raise typer.BadParameter("give one of both: --to DEST or --list DEST", param_hint="--to")
    if list_ is not None:
        commands.upkeep.list_backups(list_)
    elif to is not None:
        commands.upkeep.backup(place_of(data), to, keep)


@app.command(epilog="Example: sojourn restore --from /backups/sojourn --data restored-data")
def restore(
    source: Annotated[Path, typer.Option("--from", metavar="DEST", help="What `sojourn backup` wrote.")],
    data: DataOption = None,
    at: Annotated[str | None, typer.Option(metavar="MOMENT", help="Which moment; the newest without it.")] = None,
) -> None:
    """Put a backup back into a new data folder, checked file by file."""
    commands.upkeep.restore(source, place_of(data), at)


@app.command(epilog=f"Example: sojourn copy --from sojourn-data --to '{cluster.EXAMPLE}'")
def copy(
    source: Annotated[str, typer.Option("--from", metavar="DIR", help="A data folder that no server owns.")],
    target: Annotated[str, typer.Option("--to", metavar="URL", help="A cluster, after `sojourn cluster init`.")],
) -> None:
    """Take everything from a folder along to a cluster; cut off, it goes on; in the end all is compared."""
    commands.copying.copy(Place.of(source), Place.of(target))


@app.command(epilog="Example: sojourn doctor --data sojourn-data --whole --repair")
def doctor(
    data: DataOption = None,
    sample: Annotated[int | None, typer.Option(help="How many leads to look at; 1000 without it.")] = None,
    *,
    whole: Annotated[bool, typer.Option("--whole", help="Look at every lead.")] = False,
    repair: Annotated[bool, typer.Option("--repair", help="Put right what differs, and look again.")] = False,
) -> None:
    """Compare what is derived with a rebuild from the facts, while a server goes on or without one."""
    if whole and sample is not None:
        raise typer.BadParameter("--whole looks at every lead; leave out --sample", param_hint="--sample")
    commands.upkeep.doctor(place_of(data), None if whole else SAMPLE if sample is None else sample, repair=repair)


@app.command(epilog="Example: sojourn bench --size 1000000")
def bench(
    size: Annotated[int, typer.Option(min=1000, max=100_000_000, help="How many events are made up.")] = 200_000,
) -> None:
    """Measure this machine with made-up events in a temporary folder: import, lists, one session, sending."""
    commands.benching.bench(size)


def main() -> None:
    """Exit codes: 0 done, 1 it failed, 2 wrong usage; never a traceback for a user's mistake."""
    try:
        app(prog_name="sojourn")
    except InvalidRequest as error:
        _end(error.message, WRONG_USAGE)
    except SojournError as error:
        _end(error.message, FAILED)
    except BrokenPipeError:
        sys.stderr.close()
        raise SystemExit(FAILED) from None


def _end(message: str, code: int) -> None:
    print(f"sojourn: {message}", file=sys.stderr)
    raise SystemExit(code)
