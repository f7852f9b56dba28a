"""Taking a backup while events keep coming: everything stands still for a moment, is frozen, and copied afterwards."""

import shutil
import threading
import time
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from sojourn.errors import FileError, InvalidRequest, Unavailable
from sojourn.model.instant import iso
from sojourn.model.version import VERSION
from sojourn.pipeline.backup.moment import Moment, StoredPart, StoredTable, digest_of, files_of, id_of, place_of
from sojourn.pipeline.backup.writing import Place, writing
from sojourn.pipeline.commits import CommitLog
from sojourn.pipeline.loop import Loop
from sojourn.pipeline.worker import Worker
from sojourn.sql import sql
from sojourn.store.engine import Engine
from sojourn.store.parts import Part, Parts, Table

FROZEN = "sojourn"  # letters only: the engine spells others in its own way in the names of folders
TOLD_EVERY = 32 << 20
DELETES_WITHIN = 600.0

Step = dict[str, Any]


class Backups:
    """One backup at a time of the folder that this process owns."""

    def __init__(
        self, engine: Engine, commits: CommitLog, worker: Worker, loop: Loop, now_ms: Callable[[], int]
    ) -> None:
        self._engine = engine
        self._commits = commits
        self._worker = worker
        self._loop = loop
        self._now_ms = now_ms
        self._taking = threading.Lock()
        if engine.folder is not None:
            Parts(engine).thaw(FROZEN)  # what a killed process left would keep old files on the disk

    def take(self, destination: Path, keep: int | None = None) -> Generator[Step, None, None]:
        """The steps of a backup: {"copied", "total"} in bytes as it goes, at last {"done": what it holds}.

        Raises FileError when it cannot be written, InvalidRequest for a destination that cannot be one, Unavailable
        while another is being taken. Older moments and the data folder stay as they are, however it ends.
        """
        parts = Parts(self._engine)
        self._check(destination, keep)
        if not self._taking.acquire(blocking=False):
            raise Unavailable("A backup of this data folder is being taken already; repeat it afterwards.")
        try:
            with writing(destination) as place:
                frozen = self._frozen(parts)
                copy = _Copy(frozen, place)
                _check_room(destination, copy.total)
                yield from copy.steps()
                moment = self._moment(frozen, copy.stored)
                place.finish(moment)
                dropped = place.keep(keep) if keep is not None else 0
                yield {"done": {**shown(moment), "copied": copy.copied, "dropped": dropped}}
        except OSError as error:
            raise FileError(f"The backup cannot be written to {destination}: {error.strerror or error}.") from None
        finally:
            parts.thaw(FROZEN)
            self._taking.release()

    def _check(self, destination: Path, keep: int | None) -> None:
        folder = self._engine.folder
        if folder is not None and folder.parent.resolve() in (destination.resolve(), *destination.resolve().parents):
            raise InvalidRequest(f"{destination} lies in the data folder itself; give another place with --to.")
        if keep is not None and (keep < 1 or destination.suffix == ".tar"):
            raise InvalidRequest("--keep is 1 or more, and for a folder only: a .tar file holds one moment.")

    def _frozen(self, parts: Parts) -> "_Frozen":
        with self._still(parts):
            self._worker.save()
            with self._commits.alone():
                commit_id, taken_at = self._commits.settled(), self._now_ms()
                tables, frozen = parts.freeze(f"{FROZEN}{taken_at}")
            # Passes still stand: sessions are as they were frozen, and events are told from later ones by their commit.
            events, sessions = counts(self._engine, commit_id)
        schema = int(self._engine.query("SELECT max(version) FROM schema_versions")[0][0])
        return _Frozen(taken_at, commit_id, schema, events, sessions, tables, frozen)

    @contextmanager
    def _still(self, parts: Parts) -> Iterator[None]:
        """No pass works, and no row is on its way out: what was deleted shall not come back with the backup."""
        until = time.monotonic() + DELETES_WITHIN
        while True:
            with self._loop.held():
                if not parts.deleting():
                    yield
                    return
            if time.monotonic() > until:
                raise Unavailable("The store is still deleting rows; take the backup when it is done.")
            time.sleep(0.05)

    def _moment(self, frozen: "_Frozen", stored: dict[Part, StoredPart]) -> Moment:
        return Moment(
            sojourn=VERSION,
            schema=frozen.schema,
            taken_at=frozen.taken_at,
            commit_id=frozen.commit_id,
            event_count=frozen.event_count,
            session_count=frozen.session_count,
            tables=tuple(
                StoredTable(table.name, table.create, tuple(stored[p] for p in frozen.parts if p.table == table.name))
                for table in frozen.tables
            ),
        )


class _Frozen(NamedTuple):
    """The state of a moment, linked and not yet copied."""

    taken_at: int
    commit_id: int
    schema: int
    event_count: int
    session_count: int
    tables: list[Table]
    parts: list[Part]


class _Copy:
    """Copies what the place does not have; sizes in bytes."""

    def __init__(self, frozen: _Frozen, place: Place) -> None:
        self._place = place
        self._ids = {part: id_of(part.folder) for part in frozen.parts}
        self._sizes = {part: sum(file.stat().st_size for file in files_of(part.folder)) for part in frozen.parts}
        self._known = {part: place.known(self._place_of(part)) for part in frozen.parts}
        self.total = sum(self._sizes[part] for part in frozen.parts if self._known[part] is None)
        self.copied = 0
        self.stored: dict[Part, StoredPart] = {}

    def steps(self) -> Iterator[Step]:
        told = 0
        for count in self._copying():
            self.copied += count
            if self.copied - told >= TOLD_EVERY:
                told = self.copied
                yield {"copied": self.copied, "total": self.total}

    def _copying(self) -> Generator[int, None, None]:
        for part, known in self._known.items():
            files = known if known is not None else (yield from self._place.put(self._place_of(part), part.folder))
            self.stored[part] = StoredPart(part.name, self._ids[part], self._sizes[part], digest_of(files))

    def _place_of(self, part: Part) -> str:
        return place_of(part.table, part.name, self._ids[part])


def counts(engine: Engine, upto: int) -> tuple[int, int]:
    """How many events there are of the commits up to that one, and how many sessions; each event once."""
    events = engine.query(sql("event.count_upto"), {"upto": upto})
    return int(events[0][0]), int(engine.query("SELECT count() FROM sessions FINAL")[0][0])


def shown(moment: Moment) -> Step:
    """A moment as it is told: without its parts."""
    return {
        "moment": moment.name,
        "taken_at": iso(moment.taken_at),
        "sojourn": moment.sojourn,
        "event_count": moment.event_count,
        "session_count": moment.session_count,
        "size": moment.size,
    }


def _check_room(destination: Path, needed: int) -> None:
    place = destination if destination.is_dir() else destination.absolute().parent
    free = shutil.disk_usage(place).free
    if free < needed:
        raise FileError(
            f"The backup needs {needed / 1e6:,.0f} MB and {place} has {free / 1e6:,.0f} MB free; make room, or give "
            "another place with --to."
        )
