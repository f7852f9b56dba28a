"""A data folder that a released version wrote is opened by this one, and shows the same sessions."""

import json
import tarfile
from pathlib import Path
from typing import Any

import pytest

from tests.serving import Server, run

FOLDERS = sorted((Path(__file__).parent / "fixtures").glob("folder_*.tar.gz"))


def test_the_folders_of_released_versions_are_kept() -> None:
    assert FOLDERS


@pytest.mark.parametrize("packed", FOLDERS, ids=lambda path: path.name.removesuffix(".tar.gz"))
def test_an_older_folder_shows_the_same_sessions(tmp_path: Path, packed: Path) -> None:
    shown = json.loads(packed.with_name(packed.name.removesuffix(".tar.gz") + ".json").read_text())
    with tarfile.open(packed) as tar:
        tar.extractall(tmp_path, filter="data")
    server = Server(tmp_path / "data").start()
    try:
        check(server, shown)
        done = run("doctor", "--data", str(server.folder), "--whole")
        assert done.returncode == 0, done.stderr
        goes_on(server, shown)
    finally:
        server.close()


def check(server: Server, shown: dict[str, Any]) -> None:
    """Everything that was shown is shown still; newer versions may show more."""
    found = server.sessions()
    assert [subset(row, known) for row, known in zip(found, shown["sessions"], strict=True)] == shown["sessions"]
    site = server.ask("GET", "/v1/site").json()["data"]
    assert subset(site, shown["site"]) == shown["site"]
    for old, now in shown["moved"].items():
        answer = server.ask("GET", f"/v1/sessions/{old}")
        assert (answer.json()["data"]["id"] if answer.status_code == 200 else None) == now


def subset(row: dict[str, Any], known: dict[str, Any]) -> dict[str, Any]:
    return {name: row[name] for name in known}


def goes_on(server: Server, shown: dict[str, Any]) -> None:
    """Both keys work, and a late event joins a session of then."""
    secret, write = shown["keys"]
    session = max(shown["sessions"], key=lambda row: row["event_count"])
    assert session["event_count"] > 5000
    late = {"type": "click", "event_id": "late", "visitor_id": session["lead"]["visitor_id"]}
    server.send(late | {"occurred_at": session["ended_at"]}, key=write)
    (grown,) = server.settled(session["event_count"] + 1, key=secret, lead_id=session["lead_id"])
    assert grown["id"] == session["id"]
