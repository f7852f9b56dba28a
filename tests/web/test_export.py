"""Lists as files: CSV and Parquet say what the JSON list says, row by row, whole or page by page."""

import csv
import io
from typing import Any

import pyarrow.parquet as pq
import pytest

from sojourn.model.instant import iso, parse
from tests.serving import Server

CSV, PARQUET = "text/csv", "application/vnd.apache.parquet"
WINDOW = {"from": "2026-02-01", "to": "2026-02-03"}


@pytest.fixture(scope="module")
def filled(server: Server) -> Server:
    events: list[dict[str, Any]] = []
    for number in range(60):
        lead = {"id": f"ex{number % 7}", "name": 'Ann, "the" first'} if number % 3 == 0 else None
        event = {
            "type": ["page_view", "purchase", "demo_request"][number % 3],
            "event_id": f"ex{number}",
            "visitor_id": f"ex-v{number % 11}",
            "lead": lead,
            "account": {"id": "acme"} if number % 2 else None,
            "url": f"https://x.example/a,{number}" if number % 4 else None,
            "value": 1.25 if number % 3 == 1 else None,
            "currency": "EUR",
            "occurred_at": f"2026-02-0{1 + number % 2}T{number % 24:02}:00:00{'.125' if number % 5 else ''}Z",
        }
        events.append({name: value for name, value in event.items() if value is not None})
    server.send(*events)
    server.settled(60, **WINDOW)
    return server


def listed(server: Server, **more: Any) -> list[dict[str, Any]]:
    return server.sessions(**{**WINDOW, **more})


def flat(session: dict[str, Any]) -> dict[str, str]:
    """A session of the JSON list as a line of CSV says it."""
    shown = session | {"lead": session["lead"]["name"], "goals": " ".join(session["goals"])}
    return {
        name: "" if value is None else str(value).lower() if isinstance(value, bool) else str(value)
        for name, value in shown.items()
    }


def read_csv(text: str) -> list[dict[str, str]]:
    return [{name: number(value) for name, value in row.items()} for row in csv.DictReader(io.StringIO(text))]


def number(text: str) -> str:
    return text.removesuffix(".0")


@pytest.mark.parametrize("more", [{}, {"intent": "high"}, {"lead_id": "ex0"}, {"min_events": "99"}], ids=str)
def test_csv_is_the_list(filled: Server, more: dict[str, str]) -> None:
    answer = filled.ask("GET", "/v1/sessions", params={**WINDOW, **more}, headers={"Accept": CSV})
    assert answer.headers["content-type"].startswith(CSV)
    expected = [{name: number(value) for name, value in flat(session).items()} for session in listed(filled, **more)]
    assert read_csv(answer.text) == expected
    assert answer.text.startswith("id,lead_id,lead,account_id,started_at")


def test_parquet_is_the_list(filled: Server) -> None:
    answer = filled.ask("GET", "/v1/sessions", params={**WINDOW, "format": "parquet"})
    table = pq.read_table(io.BytesIO(answer.content))
    sessions = listed(filled)
    for name in (
        "id",
        "lead_id",
        "account_id",
        "duration",
        "event_count",
        "entry_url",
        "goals",
        "revenue",
        "converted",
    ):
        assert table[name].to_pylist() == [session[name] for session in sessions], name
    assert [each.isoformat()[:19] for each in table["started_at"].to_pylist()] == [
        session["started_at"][:19] for session in sessions
    ]


@pytest.mark.parametrize("form", ["csv", "parquet"])
def test_page_by_page_nothing_is_lost_and_nothing_comes_twice(filled: Server, form: str) -> None:
    found: list[str] = []
    asked: dict[str, Any] = {**WINDOW, "format": form, "limit": 7}
    while True:
        answer = filled.ask("GET", "/v1/sessions", params=asked)
        if form == "csv":
            found += [row["id"] for row in read_csv(answer.text)]
        else:
            found += pq.read_table(io.BytesIO(answer.content))["id"].to_pylist()
        cursor = answer.headers.get("Sojourn-Next-Cursor")
        if cursor is None:
            break
        asked = {"cursor": cursor, "format": form, "limit": 7}
    assert found == [session["id"] for session in listed(filled)]


def test_a_file_that_broke_off_goes_on_behind_the_instant_of_its_last_row(filled: Server) -> None:
    whole = read_csv(filled.ask("GET", "/v1/sessions", params={**WINDOW, "format": "csv"}).text)
    begun = whole[: len(whole) // 2]
    behind = iso(parse(begun[-1]["started_at"], "started_at") + 1)
    rest = read_csv(filled.ask("GET", "/v1/sessions", params={**WINDOW, "to": behind, "format": "csv"}).text)
    assert list({row["id"]: row for row in begun + rest}.values()) == whole


def test_what_does_not_fit_is_400(filled: Server) -> None:
    for parameters in (
        {"format": "xml"},
        {"format": "csv", "limit": 2_000_000},
        {"format": "csv", "updated_since": "2026-01-01"},
    ):
        assert filled.ask("GET", "/v1/sessions", params=parameters).status_code == 400
