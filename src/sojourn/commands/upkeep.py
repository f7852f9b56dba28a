"""Commands that keep a data folder well: backup, restore, doctor."""

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import httpx
import msgspec
from rich.progress import Progress, SpinnerColumn, TextColumn
from rich.table import Table

from sojourn.clock import clock_ms
from sojourn.commands.terminal import err, out, size
from sojourn.errors import ERRORS, SojournError, StoreError, Unavailable
from sojourn.model.instant import iso
from sojourn.pipeline.backup import restoring
from sojourn.place import Place
from sojourn.web.connection import connect

Step = dict[str, Any]
# A step may take as long as the store needs for a page, or a moment of waiting for rows on their way out.
PATIENCE = httpx.Timeout(300.0, read=900.0)


def backup(place: Place, destination: Path, keep: int | None) -> None:
    _check_there(place)
    order = {"to": str(destination.absolute()), "keep": keep}
    with connect(place) as client:
        done = _followed(_steps(client, "/local/backup", order), _copied("backing up"))
    out.print(f"{_summary(done)} -> {destination}", soft_wrap=True)
    out.print(f"{size(done['copied'])} copied" + (f", {done['dropped']} older dropped" if done["dropped"] else ""))


def list_backups(source: Path) -> None:
    table = Table("moment", "events", "sessions", "size", "by Sojourn")
    for moment in restoring.moments(source):
        table.add_row(
            moment["moment"],
            f"{moment['event_count']:,}",
            f"{moment['session_count']:,}",
            size(moment["size"]),
            moment["sojourn"],
        )
    out.print(table)


def restore(source: Path, place: Place, at: str | None) -> None:
    if place.cluster is not None:
        raise StoreError("A backup goes back into a folder; a cluster is backed up and restored by its own statements.")
    done = _followed(restoring.restore(source, place.folder, at, clock_ms()), _copied("restoring"))
    out.print(f"{_summary(done)} -> {place}", soft_wrap=True)


def doctor(place: Place, sample: int | None, *, repair: bool) -> None:
    """Raises StoreError when something differs, so that it ends with 1."""
    _check_there(place)
    with connect(place) as client:
        order = {"sample": sample, "repair": repair}
        done = _followed(_steps(client, "/local/doctor", order), _examined)
    _print_state(done["state"])
    for check in done["repaired"]:
        _print_findings(check, "put right")
    table = Table("site", "table", "compared", "differ")
    for check in done["checks"]:
        table.add_row(check["site_id"], check["table"], f"{check['checked']:,}", f"{check['differing']:,}")
    out.print(table)
    ill = [check for check in done["checks"] if check["differing"]]
    for check in ill:
        _print_findings(check, "differ")
    if ill:
        count = sum(check["differing"] for check in ill)
        raise StoreError(f"{count:,} rows are not as the facts have them; `sojourn doctor --repair` puts them right.")
    out.print("Everything compared is as the facts have it.")


def _check_there(place: Place) -> None:
    if place.cluster is None and not (place.folder / restoring.STORE).is_dir():
        raise StoreError(f"There is no data folder {place}; give the right one with --data.")


def _steps(client: httpx.Client, path: str, order: Step) -> Iterable[Step]:
    """The lines of the answer as they come. Raises the error that the server ends with."""
    codes: dict[str, type[SojournError]] = {kind.code: kind for kind in ERRORS}
    try:
        with client.stream("POST", path, content=msgspec.json.encode(order), timeout=PATIENCE) as answer:
            for line in answer.iter_lines():
                step: Step = msgspec.json.decode(line)
                if "error" in step:
                    raise codes.get(step["error"], SojournError)(step["message"])
                yield step
    except httpx.TransportError as error:
        raise Unavailable(f"The server of the data folder does not answer any more: {error}; try again.") from None


def _followed(steps: Iterable[Step], told: Callable[[Step], str]) -> Step:
    """What the last step says; those before it are shown as they come."""
    columns = (SpinnerColumn(), TextColumn("{task.description}"))
    with Progress(*columns, console=err, transient=True, disable=not err.is_terminal) as progress:
        task = progress.add_task("waiting", total=None)
        for step in steps:
            if "done" in step:
                done: Step = step["done"]
                return done
            progress.update(task, description=told(step))
    raise Unavailable("The server ended before the work was done; try again.")


def _copied(doing: str) -> Callable[[Step], str]:
    return lambda step: f"{doing}: {size(step['copied'])} of {size(step['total'])}"


def _examined(step: Step) -> str:
    if step["doing"] == "building":
        return f"{step['site_id']}: building sessions anew, {step['progress']:.0%}"
    return f"{step['site_id']}: {step['doing']}, page {step['page'] + 1} of {step['pages']}"


def _summary(done: Step) -> str:
    return f"{done['moment']}: {done['event_count']:,} events, {done['session_count']:,} sessions, {size(done['size'])}"


def _print_state(state: Step) -> None:
    free = f"{size(state['free'])} free" if state["free"] is not None else "a cluster"
    commits = [iso(state[name] // 1000) if state[name] else "none" for name in ("last_commit", "worked_off")]
    out.print(
        f"schema {state['schema']}; last commit {commits[0]}, worked off up to {commits[1]}; {free}", soft_wrap=True
    )


def _print_findings(check: Step, what: str) -> None:
    out.print(f"{check['site_id']}, {check['table']}: {check['differing']:,} {what}", style="yellow")
    for example in check["examples"]:
        out.print(f"  {example}", soft_wrap=True, markup=False)
