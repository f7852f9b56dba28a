"""`sojourn copy`: a folder's data on a cluster, whatever cuts it off in between."""

import json
import random
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cluster.nodes import Cluster
from tests.cluster.test_founding import command
from tests.cluster.typed import typed
from tests.fixtures.make_folder import crowd
from tests.serving import Server, run

CUT = """
import sys
from pathlib import Path
from sojourn.pipeline import copying
from sojourn.place import Place
copying.ROWS_A_PIECE = 40
pieces = 0
for progress in copying.Copying(Place(Path(sys.argv[1])), Place.of(sys.argv[2])).run():
    pieces += 1
    if pieces == int(sys.argv[3]):
        import os
        os.kill(os.getpid(), 9)
"""


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with sessions, keys, a segment, a name of its site, and an erased lead."""
    place = Path(tmp_path_factory.mktemp("made")) / "data"
    server = Server(place).start()
    server.send(*crowd())
    server.quiet(200)
    assert (
        server.ask("POST", "/v1/segments", json={"name": "s", "filters": {"entry_point": ["click"]}}).status_code == 201
    )
    assert server.ask("PATCH", "/v1/site", json={"name": "shop"}).status_code == 200
    some = server.sessions()[0]["lead"]["id"]
    assert server.ask("DELETE", f"/v1/leads/{some}").status_code == 200
    server.quiet(1)
    assert server.stop() == 0
    server.close()
    return place


@pytest.fixture
def folder(made: Path, tmp_path: Path) -> Path:
    """One like it of this test."""
    return Path(shutil.copytree(made, tmp_path / "data", symlinks=True))


def shown(place: str, kind: str = "sessions") -> list[dict[str, object]]:
    done = typed(kind, "--data", place, "--from", "1970-01-01", "--format", "json")
    assert done.returncode == 0, done.stderr
    found: list[dict[str, object]] = json.loads(done.stdout)
    return found


def sites(place: str) -> str:
    return typed("sites", "list", "--data", place).stdout


def test_everything_is_taken_along_though_it_is_killed_in_between(cluster: Cluster, folder: Path) -> None:
    url = cluster.founded("copied")
    assert typed("cluster", "check", "--store", url).returncode == 0  # writes a site, as whatever opens a store first
    for pieces in (1, random.randrange(2, 12)):
        cut = subprocess.run([sys.executable, "-c", CUT, str(folder), url, str(pieces)], check=False)
        assert cut.returncode == -9
        (notes,) = folder.glob("copy-*.jsonl")
        with notes.open("ab") as file:
            file.write(b'["events", "2026')  # cut off in the middle of a line
    done = run("copy", "--from", str(folder), "--to", url)
    assert "the same in" in done.stdout, done.stderr
    again = run("copy", "--from", str(folder), "--to", url)
    assert (again.returncode, "copy to a database of its own" in again.stderr) == (1, True)
    server = Server(folder).start()
    try:
        assert shown(url) == shown(server.where)
        assert shown(url, "events") == shown(server.where, "events")
        keys = [typed("keys", "list", "--data", place).stdout for place in (url, server.where)]
        assert keys[0] == keys[1]
        assert "shop" in sites(url)
        assert sites(url) == sites(server.where)
    finally:
        server.close()
    assert "as the facts have it" in typed("doctor", "--store", url, "--whole").stdout


def test_a_copy_that_was_cut_off_begins_anew_on_a_database_made_anew(cluster: Cluster, folder: Path) -> None:
    url = cluster.founded("anew")
    subprocess.run([sys.executable, "-c", CUT, str(folder), url, "3"], check=False)
    assert len(list(folder.glob("copy-*.jsonl"))) == 1
    for node in cluster.nodes:
        for database in ("anew", "anew_local"):
            command(node, f"DROP DATABASE {database} SYNC")
    cluster.founded("anew")
    done = run("copy", "--from", str(folder), "--to", url)
    assert "the same in" in done.stdout, done.stderr
    assert list(folder.glob("copy-*.jsonl")) == []


def test_a_cluster_that_was_worked_on_since_is_not_copied_over(cluster: Cluster, folder: Path) -> None:
    url = cluster.founded("live")
    subprocess.run([sys.executable, "-c", CUT, str(folder), url, "3"], check=False)
    assert typed("sites", "add", "other", "--store", url).returncode == 0
    refused = run("copy", "--from", str(folder), "--to", url)
    assert (refused.returncode, "copy to a database of its own" in refused.stderr) == (1, True), refused.stdout
    assert "other" in sites(url)


def test_a_difference_is_told(cluster: Cluster, folder: Path) -> None:
    url = cluster.founded("unequal")
    lacking = (
        "ROWS = copying.Copying._pieces\ncopying.Copying._pieces = lambda s, t: list(ROWS(s, t))[t == 'events':]\n"
    )
    text = CUT.replace("pieces = 0", f"{lacking}pieces = 0", 1)
    cut = subprocess.run(
        [sys.executable, "-c", text, str(folder), url, "0"], check=False, capture_output=True, text=True
    )
    assert "The rows of events differ" in cut.stderr


def test_a_store_of_which_something_was_said_is_not_copied_over(cluster: Cluster, folder: Path) -> None:
    url = cluster.founded("said")
    assert typed("sites", "add", "other", "--store", url).returncode == 0
    refused = run("copy", "--from", str(folder), "--to", url)
    assert (refused.returncode, "has rows in sites" in refused.stderr) == (1, True)


def test_only_a_folder_is_copied_and_only_to_a_cluster(cluster: Cluster, tmp_path: Path) -> None:
    away = run("copy", "--from", str(tmp_path / "away"), "--to", cluster.url("x"))
    assert (away.returncode, "There is no data folder" in away.stderr, (tmp_path / "away").exists()) == (1, True, False)
    wrong = run("copy", "--from", str(tmp_path), "--to", str(tmp_path / "other"))
    assert (wrong.returncode, "Copy from a folder" in wrong.stderr) == (2, True)
    url = cluster.url("x").replace("127.0.0.1", "ann:secret@127.0.0.1", 1)
    between = typed("copy", "--from", url, "--to", url)
    assert (between.returncode, "Copy from a folder" in between.stderr, "secret" in between.stderr) == (2, True, False)
