"""The command line as a user types it: what it prints, what it writes, how it ends."""

import csv
import dataclasses
import gzip
import io
import json
import time
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from sojourn.commands import exporting
from sojourn.place import Place
from sojourn.web.connection import connect
from tests.serving import Server, key_in, run

ROWS = [
    ("ann", "2025-01-01T10:00:00Z", "page_view", "https://x.example/pricing", 2),
    ("ann", "2025-01-01T10:29:59.999Z", "demo_request", "", 5),
    ("bob", "2025-01-01T10:00:00Z", "click", "", 1),
    ("bob", "2025-01-01T10:30:00Z", "click", "", 1),
    ("bob", "2025-01-01T10:30:00Z", "click", "", 1),
]
NAMES = ("who", "at", "what", "page", "score")
MAP = "lead=who,time=at,type=what,url=page,points=score"


def write(folder: Path, ending: str) -> Path:
    frame = pl.DataFrame(ROWS, schema=list(NAMES), orient="row")
    path = folder / f"events.{ending}"
    text = {
        "csv": frame.write_csv(),
        "jsonl": frame.write_ndjson(),
    }.get(ending.removesuffix(".gz"))
    if text is None:
        frame.write_parquet(folder / "plain.parquet")
        body = (folder / "plain.parquet").read_bytes()
    else:
        body = text.encode()
    path.write_bytes(gzip.compress(body) if ending.endswith(".gz") else body)
    return path


def sessions(data: Path, *filters: str) -> list[dict[str, Any]]:
    done = run("sessions", "--data", str(data), "--format", "json", "--from", "1970-01-01", *filters)
    assert done.returncode == 0, done.stderr
    found: list[dict[str, Any]] = json.loads(done.stdout)
    return found


@pytest.mark.parametrize("ending", ["csv", "csv.gz", "jsonl.gz", "parquet", "parquet.gz"])
def test_import_takes_every_kind_and_a_second_time_changes_nothing(tmp_path: Path, ending: str) -> None:
    data, path = tmp_path / "data", write(tmp_path, ending)
    done = run("import", str(path), "--data", str(data), "--map", MAP)
    assert done.returncode == 0, done.stderr
    assert "5 rows" in done.stdout
    assert "5 accepted, 0 duplicates, 0 refused" in done.stdout
    first = sessions(data)
    assert [(row["lead"]["name"], row["event_count"], row["total_points"]) for row in first] == [
        ("bob", 2, 2),
        *sorted([("ann", 2, 7), ("bob", 1, 1)], key=lambda row: [s["lead"]["name"] for s in first[1:]].index(row[0])),
    ]
    again = run("import", str(path), "--data", str(data), "--map", MAP)
    assert "0 accepted, 5 duplicates" in again.stdout
    assert [row["id"] for row in sessions(data)] == [row["id"] for row in first]


def test_refusals_are_told_by_line_and_the_rest_is_kept(tmp_path: Path) -> None:
    path = tmp_path / "events.csv"
    path.write_text("who,at\nann,2025-01-01T10:00:00Z\nbob,yesterday\n,2025-01-01T10:00:00Z\nann,2025-01-01,more\n")
    done = run("import", str(path), "--data", str(tmp_path / "data"), "--map", "lead=who,time=at")
    assert done.returncode == 0
    assert "4 rows" in done.stdout
    assert "1 accepted, 0 duplicates, 3 refused" in done.stdout
    assert [line.split(":")[0] for line in done.stderr.strip().splitlines()] == ["line 3", "line 4", "line 5"]


def test_import_through_a_running_server_shift_and_window(tmp_path: Path) -> None:
    path = write(tmp_path, "csv")
    server = Server(tmp_path / "data").start()
    try:
        done = run("import", str(path), "--data", str(server.folder), "--map", MAP, "--shift-end", "now")
        assert done.returncode == 0, done.stderr
        (newest, *_) = server.settled(5)
        assert (
            abs(time.time() - time.mktime(time.strptime(newest["ended_at"][:19], "%Y-%m-%dT%H:%M:%S")) + time.timezone)
            < 60
        )
        assert len(sessions(server.folder)) == 3
        server.ask("PATCH", "/v1/site", json={"plan": "starter"})
        warned = run("import", str(path), "--data", str(server.folder), "--map", MAP)
        assert "will be refused" in warned.stderr
        assert warned.returncode == 2
        second = run("serve", "--data", str(server.folder), "--port", "1")
        assert second.returncode == 1
    finally:
        server.close()


def test_sessions_in_each_format_and_with_filters(tmp_path: Path) -> None:
    data = tmp_path / "data"
    run("import", str(write(tmp_path, "csv")), "--data", str(data), "--map", MAP)
    table = run("sessions", "--data", str(data), "--from", "1970-01-01")
    assert "demo_request" in table.stdout
    text = run("sessions", "--data", str(data), "--from", "1970-01-01", "--format", "csv").stdout
    assert [row["event_count"] for row in csv.DictReader(io.StringIO(text))].count("2") == 2
    assert [row["intent"] for row in sessions(data, "--min-duration", "60")] == ["high"]
    assert len(sessions(data, "--entry-point=click", "--limit", "1")) == 1
    wrong = run("sessions", "--data", str(data), "--min-duration", "x")
    assert (wrong.returncode, wrong.stdout) == (2, "")
    assert "min_duration is 'x'" in wrong.stderr


@pytest.mark.parametrize("ending", ["parquet", "csv", "jsonl"])
def test_sessionize_a_file(tmp_path: Path, ending: str) -> None:
    out = tmp_path / f"sessions.{ending}"
    columns = ["--lead", "who", "--time", "at", "--type", "what", "--url", "page", "--points", "score"]
    done = run("sessionize", str(write(tmp_path, "csv.gz")), "-o", str(out), *columns)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("3 sessions")
    assert out.stat().st_size > 100
    shown = run("sessionize", str(write(tmp_path, "parquet")), "--timeout", "1h", *columns)
    assert "demo_request" in shown.stdout


def test_keys_are_shown_once_rotate_and_end(tmp_path: Path) -> None:
    server = Server(tmp_path / "data").start()
    try:
        made = run("keys", "create", "--data", str(server.folder))
        key = key_in(made.stdout)
        assert server.ask("GET", "/v1/site", key).status_code == 200
        listed = run("keys", "list", "--data", str(server.folder)).stdout
        assert key not in listed
        name = made.stdout.split("id ")[1].split(";")[0]
        assert name in listed
        fresh = key_in(run("keys", "rotate", name, "--data", str(server.folder)).stdout)
        assert [server.ask("GET", "/v1/site", each).status_code for each in (key, fresh)] == [200, 200]
        run("keys", "revoke", name, "--data", str(server.folder))
        assert [server.ask("GET", "/v1/site", each).status_code for each in (key, fresh)] == [401, 200]
        wrong = run("keys", "revoke", "nothing0", "--data", str(server.folder))
        assert wrong.returncode == 1
        assert "nothing0" in wrong.stderr
    finally:
        server.close()


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["sessions", "--data", "/nowhere/at/all"], 1, "/nowhere/at/all"),
        (["import", "missing.csv"], 1, "missing.csv"),
        (["import", __file__], 1, ".py"),
        (["sessionize", "missing.parquet", "--lead", "a", "--time", "b"], 1, "missing.parquet"),
        (["sessionize", "x.csv", "--lead", "a", "--time", "b", "--timeout", "soon"], 2, "soon"),
        (["sessions", "--format", "xml"], 2, "xml"),
        (["import", "x.csv", "--map", "colour=red"], 2, "colour"),
        (["import", "x.csv", "--map", "time=at"], 2, "lead="),
        (["serve", "--port", "99999999"], 1, "99999999"),
        (["keys", "create", "--kind", "golden"], 2, "golden"),
        (["nonsense"], 2, "nonsense"),
        (["serve", "--nonsense"], 2, "nonsense"),
    ],
)
def test_a_mistake_is_told_in_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str], code: int, words: str
) -> None:
    monkeypatch.chdir(tmp_path)
    done = run(*arguments)
    assert done.returncode == code, done.stderr
    assert "Traceback" not in done.stderr
    assert words in done.stderr


def test_settings_come_from_flags_environment_and_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "sojourn.toml").write_text('port = 9001\nsecret_key = "sk_live_secret"\n')
    shown = run("settings", SOJOURN_HOST="0.0.0.0").stdout
    assert "sk_live_secret" not in shown
    assert "(hidden)" in shown
    for words in ("9001", "sojourn.toml", "SOJOURN_HOST", "default"):
        assert words in shown
    (tmp_path / "sojourn.toml").write_text("colour = 1\n")
    wrong = run("settings")
    assert (wrong.returncode, "colour" in wrong.stderr) == (2, True)
    (tmp_path / "sojourn.toml").unlink()
    assert run("settings", SOJOURN_PORT="eighty").returncode == 2


def test_sigterm_ends_cleanly_and_quickly(tmp_path: Path) -> None:
    server = Server(tmp_path / "data").start()
    server.send(*({"type": "click", "visitor_id": f"v{n}", "event_id": "e"} for n in range(500)))
    began = time.monotonic()
    assert server.stop() == 0
    assert time.monotonic() - began < 5
    server.start()
    assert len(server.settled(500)) == 500
    server.close()


@pytest.mark.parametrize("form", ["csv", "parquet"])
@pytest.mark.parametrize("whole", [2, 4])
@pytest.mark.parametrize("what", ["sessions", "events"])
def test_an_export_that_is_cut_off_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, what: str, form: str, whole: int
) -> None:
    """Killed in the middle of a page, whatever is half written, or behind the last of its four pages."""
    data, out = tmp_path / "data", tmp_path / f"{what}.{form}"
    frame = pl.DataFrame({"who": [f"v{n}" for n in range(50)], "at": ["2025-01-01T10:00:00Z"] * 50})
    frame.write_csv(tmp_path / "rows.csv")
    run("import", str(tmp_path / "rows.csv"), "--data", str(data), "--map", "visitor=who,time=at")
    listed = run(what, "--data", str(data), "--from", "1970-01-01", "--format", "json")
    expected = [row["id"] for row in json.loads(listed.stdout)]
    assert (len(expected), expected) == (50, sorted(expected, reverse=True))
    pages: list[int] = []

    def cut(place: exporting.Place, page: exporting.Page, output: Path) -> None:
        if len(pages) == whole:
            raise KeyboardInterrupt
        pages.append(page.rows)
        note(place, page, output)
        if page.cursor is None:
            raise KeyboardInterrupt

    note = exporting._note
    path = f"/v1/{what}"
    monkeypatch.setitem(exporting.ROWS_A_PAGE, path, 15)
    order = exporting.Order(path, [("from", "1970-01-01")], form, None, out)
    server = Server(data).start()
    try:
        with connect(Place(data)) as client:
            with monkeypatch.context() as patch:
                patch.setattr(exporting, "_note", cut)
                with pytest.raises(KeyboardInterrupt):
                    exporting.export(client, order)
            if form == "csv":
                with out.open("ab") as file:
                    file.write(b"sess_half a line")
            exporting.export(client, dataclasses.replace(order, is_resumed=True))
    finally:
        server.close()
    found = pl.read_csv(out) if form == "csv" else pl.read_parquet(out)
    assert found["id"].to_list() == expected
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(["data", "rows.csv", out.name])
    wrong = run(what, "--data", str(data), "--format", form, "-o", str(out), "--resume")
    assert (wrong.returncode, "leave out --resume" in wrong.stderr) == (2, True)


def test_events_are_listed(tmp_path: Path) -> None:
    data = tmp_path / "data"
    run("import", str(write(tmp_path, "csv")), "--data", str(data), "--map", MAP)
    done = run("events", "--data", str(data), "--from", "1970-01-01", "--type", "click", "--format", "csv")
    rows = list(csv.DictReader(io.StringIO(done.stdout)))
    assert [row["lead"] for row in rows] == ["bob"] * 3, done.stderr
    assert "page_view" in run("events", "--data", str(data), "--from", "1970-01-01").stdout
