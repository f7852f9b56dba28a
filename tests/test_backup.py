"""A backup is the state of a moment: taken under load it restores to sessions of exactly the events that it holds."""

import json
import os
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Self

import httpx
import msgspec
import pytest

from sojourn.app import Sojourn
from sojourn.errors import FileError, InvalidRequest, SojournError, StoreError, Unavailable
from sojourn.model.identity import lead_id_of
from sojourn.model.instant import iso
from sojourn.model.session import encode_id
from sojourn.model.site import Site
from sojourn.pipeline.backup import moment as moments
from sojourn.pipeline.backup import taking
from sojourn.pipeline.backup.reading import FolderBackup, moment_at
from sojourn.pipeline.backup.restoring import restore
from tests import oracle
from tests.conftest import NOW
from tests.kit import send, to_events
from tests.serving import SECRET, Server, run
from tests.test_faults import small_disk  # noqa: F401 - a fixture

THREADS = 4
BASE = 1_777_000_000_000
TIMEOUT = 30 * 60_000


def payload(thread: int, number: int) -> dict[str, Any]:
    """People of several threads share browsers, and log in late, so that leads change hands all the time."""
    found: dict[str, Any] = {
        "type": "click",
        "event_id": f"{thread}-{number}",
        "visitor_id": f"v{(thread * 7 + number) % 40}",
        "occurred_at": BASE + (number * 7_919 + thread * 104_729) % 86_400 * 1000,
        "points": number % 5,
    }
    if number % 11 == 0:
        found["lead"] = {"id": f"p{number % 17}", "email": f"m{number % 13}@x.example"}
    return found


class Load:
    """Threads that send without end; `acknowledged` and `sent` are how many events of each thread."""

    def __init__(self, server: Server) -> None:
        self.acknowledged = [0] * THREADS
        self.sent = [0] * THREADS
        self._stop = threading.Event()
        self._server = server
        self._threads = [threading.Thread(target=self._run, args=(thread,)) for thread in range(THREADS)]

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def _run(self, thread: int) -> None:
        with httpx.Client(base_url=f"http://127.0.0.1:{self._server.port}", timeout=60) as client:
            while not self._stop.is_set():
                first = self.acknowledged[thread]
                events = [payload(thread, first + n) for n in range(9)]
                self.sent[thread] = first + len(events)
                answer = client.post(
                    "/v1/events", json={"events": events}, headers={"Authorization": f"Bearer {SECRET}"}
                )
                assert answer.status_code == 202, answer.text
                self.acknowledged[thread] = self.sent[thread]

    def reaches(self, count: int) -> None:
        deadline = time.monotonic() + 60
        while min(self.acknowledged) < count and time.monotonic() < deadline:
            time.sleep(0.01)
        assert min(self.acknowledged) >= count


@pytest.mark.slow
def test_a_backup_under_load_restores_to_the_state_of_a_moment(tmp_path: Path) -> None:
    server = Server(tmp_path / "data").start()
    backup = tmp_path / "backup"
    try:
        with Load(server) as load:
            load.reaches(100)
            before = list(load.acknowledged)
            done = run("backup", "--data", str(server.folder), "--to", str(backup))
            after = list(load.sent)
            assert done.returncode == 0, done.stderr
            load.reaches(max(after) + 50)
            examined = run("doctor", "--data", str(server.folder), "--whole")
            assert examined.returncode == 0, examined.stdout + examined.stderr
        assert not shadows(server.folder)
    finally:
        server.close()
    done = run("restore", "--from", str(backup), "--data", str(tmp_path / "restored"))
    assert done.returncode == 0, done.stderr
    count = moment_at(FolderBackup(backup), None).event_count
    check_moment(Server(tmp_path / "restored").start(), count, before, after)


def check_moment(server: Server, count: int, before: list[int], after: list[int]) -> None:
    """Of each thread the first events and no others; and the sessions that these make."""
    try:
        sessions = server.settled(count)
        journeys = [server.ask("GET", f"/v1/sessions/{session['id']}").json()["data"] for session in sessions]
    finally:
        server.close()
    assert sum(session["event_count"] for session in sessions) == count
    numbers: list[set[int]] = [set() for _ in range(THREADS)]
    for journey in journeys:
        for event in journey["events"]:
            thread, number = event["id"].split("-")
            numbers[int(thread)].add(int(number))
    assert [found == set(range(len(found))) for found in numbers] == [True] * THREADS
    assert all(low <= len(found) <= high for low, found, high in zip(before, numbers, after, strict=True))
    site = Site(id="default")
    held = to_events(site, [payload(thread, n) for thread, found in enumerate(numbers) for n in found])
    due = [
        (encode_id(row.number), lead_id_of("default", row.lead), row.event_count, iso(row.started_at), row.total_points)
        for row in oracle.sessions(held, {}, TIMEOUT)
    ]
    names = ("id", "lead_id", "event_count", "started_at", "total_points")
    assert sorted(tuple(session[name] for name in names) for session in sessions) == sorted(due)


def shadows(folder: Path) -> list[Path]:
    return list((folder / "store" / "shadow").glob(f"{taking.FROZEN}*"))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with some thousand events and two keys, without a server."""
    place = tmp_path_factory.mktemp("folder")
    rows = [json.dumps(payload(thread, number)) for thread in range(THREADS) for number in range(1000)]
    (place / "events.jsonl").write_text("\n".join(rows))
    assert run("import", str(place / "events.jsonl"), "--data", str(place / "data")).returncode == 0
    return place / "data"


@pytest.fixture(scope="module")
def taken(folder: Path) -> Path:
    """A backup of it."""
    target = folder.parent / "backup"
    assert run("backup", "--data", str(folder), "--to", str(target)).returncode == 0
    return target


@pytest.fixture
def backup(taken: Path, tmp_path: Path) -> Path:
    """A copy of the backup, to be damaged."""
    for path in taken.rglob("*"):
        if path.is_file():
            target = tmp_path / "copy" / path.relative_to(taken)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(path.read_bytes())
    return tmp_path / "copy"


def sessions(folder: Path) -> str:
    done = run("sessions", "--data", str(folder), "--format", "json", "--from", "1970-01-01")
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_a_folder_and_a_file_restore_to_the_same_sessions(folder: Path, taken: Path, tmp_path: Path) -> None:
    packed = tmp_path / "backup.tar"
    assert run("backup", "--data", str(folder), "--to", str(packed)).returncode == 0
    assert [path.name for path in tmp_path.iterdir()] == ["backup.tar"]
    before = sessions(folder)
    for source in (taken, packed):
        target = tmp_path / f"of-{source.name}"
        done = run("restore", "--from", str(source), "--data", str(target))
        assert done.returncode == 0, done.stderr
        assert "4,000 events" in done.stdout
        assert sessions(target) == before
        again = run("restore", "--from", str(source), "--data", str(target))
        assert again.returncode == 1
        assert "is not empty" in again.stderr
        assert len(again.stderr.strip().splitlines()) == 1


def test_a_second_backup_copies_little_and_old_ones_are_dropped(folder: Path, tmp_path: Path) -> None:
    target = tmp_path / "backup"
    for keep in ("5", "5", "2", "1"):
        before = files(target)
        done = run("backup", "--data", str(folder), "--to", str(target), "--keep", keep)
        assert done.returncode == 0, done.stderr
        fresh = sum(size for path, size in files(target).items() if path not in before)
        assert not before or fresh < sum(before.values()) / 4
    listed = run("backup", "--list", str(target))
    assert listed.stdout.count("4,000") == 1
    backup = FolderBackup(target)
    held = {str(path.relative_to(target)) for path in target.glob("parts/*/*")}
    assert held == moment_at(backup, None).places
    assert run("restore", "--from", str(target), "--data", str(tmp_path / "restored")).returncode == 0


def files(folder: Path) -> dict[Path, int]:
    return {path: path.stat().st_size for path in folder.rglob("*") if path.is_file()}


def test_a_moment_is_chosen_by_its_name(taken: Path, tmp_path: Path) -> None:
    (name,) = FolderBackup(taken).names()
    assert name in run("backup", "--list", str(taken)).stdout
    done = run("restore", "--from", str(taken), "--data", str(tmp_path / "restored"), "--at", name)
    assert done.returncode == 0, done.stderr
    wrong = run("restore", "--from", str(taken), "--data", str(tmp_path / "other"), "--at", "yesterday")
    assert wrong.returncode == 1
    assert name in wrong.stderr


def flip(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def some_file(backup: Path, name: str = "data.bin") -> Path:
    return max(backup.glob(f"parts/events/*/{name}"), key=lambda path: path.stat().st_size)


def resealed(**changes: Any) -> Callable[[Path], None]:
    def change(backup: Path) -> None:
        moment = moment_at(FolderBackup(backup), None)
        path = next((backup / "moments").iterdir())
        path.write_bytes(moments.seal(msgspec.structs.replace(moment, **changes)))

    return change


def with_table(name: str, create: str) -> Callable[[Path], None]:
    return lambda backup: resealed(tables=(moments.StoredTable(name, create),))(backup)


HARMS: dict[str, tuple[Callable[[Path], Any], str]] = {
    "a flipped bit": (lambda backup: flip(some_file(backup)), "data.bin of part"),
    "a file cut short": (lambda backup: some_file(backup).write_bytes(b""), "data.bin of part"),
    "a missing file": (lambda backup: some_file(backup, "primary.cidx").unlink(), "primary.cidx of part"),
    "a missing part": (lambda backup: some_file(backup, "files.json").unlink(), "files.json of part"),
    "a broken list of files": (lambda backup: flip(some_file(backup, "files.json")), "files.json of part"),
    "a broken manifest": (lambda backup: flip(next((backup / "moments").iterdir())), "is damaged"),
    "an empty manifest": (lambda backup: next((backup / "moments").iterdir()).write_bytes(b""), "is damaged"),
    "no manifest": (lambda backup: next((backup / "moments").iterdir()).unlink(), "holds no moment"),
    "a newer schema": (resealed(schema=9999), "schema 9999"),
    "a newer format": (resealed(format=99), "format that this program does not know"),
    "other counts": (resealed(event_count=1), "says 1 events"),
    "a table outside": (with_table("../../x", "CREATE TABLE x (a Int8) ENGINE = Memory"), "names parts as no backup"),
    "another statement": (with_table("sites", "DROP TABLE sites"), "another statement than CREATE"),
}


@pytest.mark.parametrize("name", HARMS)
def test_a_damaged_backup_is_told_in_one_line_and_leaves_nothing(backup: Path, tmp_path: Path, name: str) -> None:
    harm, words = HARMS[name]
    harm(backup)
    target = tmp_path / "restored"
    done = run("restore", "--from", str(backup), "--data", str(target))
    assert done.returncode == 1
    assert words in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
    assert not target.exists()


def test_a_restore_that_was_killed_may_be_repeated(taken: Path, tmp_path: Path) -> None:
    left = tmp_path / "restored" / "store.partial"
    left.mkdir(parents=True)
    (left / "half").write_text("of it")
    done = run("restore", "--from", str(taken), "--data", str(tmp_path / "restored"))
    assert done.returncode == 0, done.stderr
    assert [path.name for path in (tmp_path / "restored").iterdir()] == ["store"]


def test_what_a_killed_backup_left_is_swept_and_what_is_damaged_is_copied_again(folder: Path, backup: Path) -> None:
    part = some_file(backup).parent
    partial = part.with_name(part.name + ".partial")
    partial.mkdir()
    (partial / "data.bin").write_text("half of it")
    some_file(backup).write_bytes(b"cut short")
    done = run("backup", "--data", str(folder), "--to", str(backup))
    assert done.returncode == 0, done.stderr
    assert not list(backup.rglob("*.partial"))
    assert run("restore", "--from", str(backup), "--data", str(backup.parent / "restored")).returncode == 0


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["backup", "--data", "nowhere", "--to", "backup"], 1, "no data folder nowhere"),
        (["backup", "--data", "nowhere"], 2, "--to"),
        (["backup", "--list", "nowhere"], 1, "no backup in nowhere"),
        (["backup", "--list", "plain.tar"], 1, "plain.tar is no backup"),
        (["restore", "--from", "nowhere", "--data", "new"], 1, "no backup in nowhere"),
        (["restore", "--from", "plain.tar", "--data", "new"], 1, "plain.tar is no backup"),
        (["doctor", "--data", "nowhere"], 1, "no data folder nowhere"),
        (["doctor", "--sample", "5", "--whole"], 2, "--sample"),
    ],
)
def test_a_mistake_is_told_in_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str], code: int, words: str
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "plain.tar").write_text("no archive")
    done = run(*arguments)
    assert done.returncode == code, done.stderr
    assert "Traceback" not in done.stderr
    assert words in done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["plain.tar"]


def take(app: Sojourn, target: Path, keep: int | None = None) -> dict[str, Any]:
    done: dict[str, Any] = list(app.backups.take(target, keep))[-1]["done"]
    return done


def store_of(app: Sojourn) -> Path:
    assert app.engine.folder is not None
    return app.engine.folder


def test_places_that_cannot_hold_a_backup_are_refused(app: Sojourn, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("of something else")
    refusals: list[tuple[Path, int | None, type[SojournError]]] = [
        (tmp_path, None, FileError),
        (tmp_path / "file", None, FileError),
        (tmp_path / "file" / "below", None, FileError),
        (tmp_path / "file" / "below.tar", None, FileError),
        (store_of(app).parent / "backup", None, InvalidRequest),
        (tmp_path / "new", 0, InvalidRequest),
        (tmp_path / "new.tar", 3, InvalidRequest),
    ]
    for place, keep, error in refusals:
        with pytest.raises(error):
            take(app, place, keep)
    assert [path.name for path in tmp_path.iterdir()] == ["file"]
    assert not shadows(store_of(app).parent)


def test_whoever_hangs_up_ends_the_backup_and_leaves_nothing(
    app: Sojourn, new_site: Callable[..., Site], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    send(app, new_site(), [payload(0, number) for number in range(20)])
    monkeypatch.setattr(taking, "TOLD_EVERY", 1)
    for target in (tmp_path / "folder", tmp_path / "file.tar"):
        steps = app.backups.take(target)
        assert 0 < next(steps)["copied"] <= next(steps)["total"]
        assert shadows(store_of(app).parent)
        with pytest.raises(Unavailable, match="taken already"):
            next(app.backups.take(tmp_path / "other"))
        steps.close()
        assert not shadows(store_of(app).parent)
    assert list((tmp_path / "folder" / "moments").iterdir()) == []
    assert not (tmp_path / "file.tar").exists()
    assert take(app, tmp_path / "folder")["taken_at"] == iso(NOW)


def test_two_backups_do_not_write_to_one_place(app: Sojourn, tmp_path: Path) -> None:
    import fcntl

    take(app, tmp_path / "backup")
    with (tmp_path / "backup" / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with pytest.raises(Unavailable, match="Another backup is being written"):
            take(app, tmp_path / "backup")


def test_moments_are_kept_when_one_of_them_cannot_be_read(app: Sojourn, tmp_path: Path) -> None:
    """What it names is unknown, so nothing may go."""
    target = tmp_path / "backup"
    take(app, target)
    (target / "moments" / "20200101T000000.000Z.json").write_text("broken")
    parts = set(target.glob("parts/*/*"))
    with pytest.raises(StoreError, match="20200101"):
        take(app, target, keep=2)
    assert set(target.glob("parts/*/*")) >= parts
    assert take(app, target, keep=1)["dropped"] == 1


@pytest.fixture
def full_disk(small_disk: Path) -> Path:  # noqa: F811
    with (small_disk / "ballast").open("wb") as file:
        try:
            while True:
                file.write(os.urandom(65_536))
        except OSError:
            pass
    return small_disk


@pytest.mark.slow
def test_a_full_disk_is_told_and_leaves_nothing(app: Sojourn, new_site: Callable[..., Site], full_disk: Path) -> None:
    send(app, new_site(), [payload(0, number) for number in range(20)])
    for target in (full_disk / "backup", full_disk / "backup.tar"):
        with pytest.raises(FileError, match=r"cannot be written|make room"):
            take(app, target)
        assert not shadows(store_of(app).parent)
    assert not list((full_disk / "backup").glob("moments/*"))
    (full_disk / "ballast").unlink()
    assert take(app, full_disk / "backup")["event_count"] >= 20


@pytest.mark.slow
def test_a_full_disk_ends_a_restore_in_one_line(taken: Path, full_disk: Path) -> None:
    done = run("restore", "--from", str(taken), "--data", str(full_disk / "restored"))
    assert done.returncode == 1
    assert len(done.stderr.strip().splitlines()) == 1
    assert not (full_disk / "restored").exists()


def test_a_restore_does_not_touch_a_folder_that_is_none(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("of something else")
    with pytest.raises(StoreError, match="is not empty"):
        list(restore(tmp_path, tmp_path / "file", None, NOW))
