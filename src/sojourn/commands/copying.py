"""The command that takes everything from a folder along to a cluster."""

from contextlib import closing

from rich.progress import BarColumn, MofNCompleteColumn, TextColumn
from rich.progress import Progress as Bar

from sojourn.commands.terminal import err, out
from sojourn.errors import StoreError
from sojourn.pipeline.copying import Copying
from sojourn.place import Place
from sojourn.web.connection import is_served


def copy(source: Place, target: Place) -> None:
    if is_served(source):
        raise StoreError(f"A server owns {source}; stop it, so that nothing changes while it is copied.")
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with (
        closing(Copying(source, target)) as copying,
        Bar(*columns, console=err, transient=True, disable=not err.is_terminal) as bar,
    ):
        task = bar.add_task("copying", total=None)
        for progress in copying.run():
            what = f"compared {progress.compared[-1]}" if progress.compared else "copying"
            bar.update(task, description=what, completed=progress.done, total=progress.total)
    out.print(
        f"{progress.done:,} rows copied, {len(progress.compared)} tables compared: the same in {target}", soft_wrap=True
    )
