"""`make bench`: ours and the peers in one run, printed as tables and written to bench/out/last.md."""

import argparse
import platform
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from rich.console import Console
from rich.table import Table

import sojourn
from bench import scale, serve, sessionize

OUT = Path(__file__).parent / "out"


def machine() -> str:
    cpus = [
        line.split(":", 1)[1].strip() for line in Path("/proc/cpuinfo").read_text().splitlines() if "model name" in line
    ]
    memory = int(Path("/proc/meminfo").read_text().split()[1]) / 1024**2
    return f"{len(cpus)} cores ({cpus[0]}), {memory:.0f} GB, {platform.system()} {platform.release()}, Python {platform.python_version()}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--size", type=int, default=1_000_000, help="events in the files that are sessionized")
    parser.add_argument("--only", choices=["sessionize", "serve", "scale"], help="one part alone")
    arguments = parser.parse_args()
    console, lines = (
        Console(width=150, highlight=False),
        [f"{datetime.now(UTC):%Y-%m-%d}, Sojourn {sojourn.__version__}, {machine()}", ""],
    )
    if arguments.only in (None, "sessionize"):
        title = f"sessionize, {arguments.size:,} events, Parquet to Parquet"
        _show(console, lines, title, sessionize.COLUMNS, map(sessionize.cells, sessionize.rows(arguments.size, 3)))
    parts: dict[str, Callable[[], Iterable[serve.Row]]] = {
        "serve": serve.rows,
        "scale": partial(scale.rows, arguments.size),
    }
    for name, measured in parts.items():
        if arguments.only in (None, name):
            figures = [(row.what, row.measured, row.wanted, "yes" if row.is_reached else "no") for row in measured()]
            _show(console, lines, name, ("what", "measured", "wanted", "reached"), figures)
    OUT.mkdir(exist_ok=True)
    (OUT / "last.md").write_text("\n".join(lines))


def _show(
    console: Console, lines: list[str], title: str, columns: tuple[str, ...], rows: Iterable[tuple[str, ...]]
) -> None:
    rows = list(rows)
    table = Table(*columns, title=title)
    for row in rows:
        table.add_row(*row)
    console.print(table)
    lines += [f"### {title}", "", f"| {' | '.join(columns)} |", f"|{'---|' * len(columns)}"]
    lines += [f"| {' | '.join(row)} |" for row in rows] + [""]


if __name__ == "__main__":
    main()
