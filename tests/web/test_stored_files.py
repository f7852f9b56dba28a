"""Events as files: CSV and Parquet say what the JSON list says, whole or page by page, wherever it is cut."""

import base64
import csv
import io
import json
from typing import Any

import pyarrow.parquet as pq
import pytest

from tests.serving import Server

WINDOW = {"from": "2026-04-01", "to": "2026-04-05"}
FILTERS: list[dict[str, Any]] = [
    {},
    {"type": ["purchase", "click"]},
    {"suppressed": "true"},
    {"suppressed": "false"},
    {"suppressed": "robot"},
    {"passive": "true"},
    {"passive": "false", "url": "/a/1"},
    {"lead_id": "sf-lead1"},
    {"url": "nowhere"},
    {"lead_id": "nobody"},
    {"type": "purchase", "suppressed": "false", "lead_id": "sf-lead2"},
]


def an_event(number: int) -> dict[str, Any]:
    event = {
        "type": ["page_view", "purchase", "click", "email_sent"][number % 4],
        "event_id": f"sf{number:03}",
        "visitor_id": f"sf-v{number % 11}",
        "lead": {"id": f"sf-lead{number % 5}", "name": 'Ann, "the" first'} if number % 7 == 0 else None,
        "account": {"id": "acme"} if number % 2 else None,
        "url": f"https://x.example/a/{number}?q=ä,b" if number % 3 else None,
        "value": 1.25 if number % 4 == 1 else None,
        "currency": "EUR",
        "points": number % 3,
        "properties": {"b": [1, None, "x"], "a": {"ü": number}} if number % 5 == 0 else None,
        "context": {"country": "DE", "screen": {"width": 9}} if number % 2 else None,
        "suppressed": "robot" if number % 13 == 0 else None,
        # Many have an instant in common.
        "occurred_at": f"2026-04-0{1 + number % 3}T0{number % 2}:00:00{'.125' if number % 4 else ''}Z",
    }
    return {name: value for name, value in event.items() if value is not None}


@pytest.fixture(scope="module")
def filled(server: Server) -> Server:
    events = [an_event(number) for number in range(150)]
    server.send(*events)
    # Other copies in the same places, and decisions: what is stored is not what is shown.
    server.send(*({**event, "properties": {"copy": True}} for event in events[::6]))
    for ids, reason in (([f"sf{n:03}" for n in range(3, 90, 9)], "own team"), (["sf012", "sf013", "sf026"], None)):
        server.ask("POST", "/v1/suppressions", json={"event_ids": ids, "reason": reason}).raise_for_status()
    server.send(
        {"type": "click", "visitor_id": "sf-last", "occurred_at": "2026-04-04T12:00:00Z", "event_id": "sf-last"}
    )
    server.settled(1, lead_id="sf-last")
    return server


def listed(server: Server, **filters: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    asked: dict[str, Any] = {**WINDOW, **filters, "limit": 40}
    while True:
        body = server.ask("GET", "/v1/events", params=asked).json()
        found += body["data"]
        if not body["has_more"]:
            return found
        asked = {"cursor": body["next_cursor"], "limit": 40}


def compact(value: dict[str, Any]) -> str | None:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")) if value else None


def flat(event: dict[str, Any]) -> dict[str, Any]:
    """An event of the JSON list as a row of a file says it."""
    more = {name: compact(event[name]) for name in ("properties", "context")}
    return event | {"lead": event["lead"]["name"]} | more


def spelt(event: dict[str, Any]) -> dict[str, str]:
    return {
        name: "" if value is None else str(value).lower() if isinstance(value, bool) else str(value)
        for name, value in flat(event).items()
    }


def rows_of(text: str) -> list[dict[str, str]]:
    return [
        {name: value.removesuffix(".0") for name, value in row.items()} for row in csv.DictReader(io.StringIO(text))
    ]


@pytest.mark.parametrize("filters", FILTERS, ids=str)
def test_a_file_is_the_list(filled: Server, filters: dict[str, Any]) -> None:
    expected = listed(filled, **filters)
    assert bool(expected) == (filters not in ({"url": "nowhere"}, {"lead_id": "nobody"}))
    answer = filled.ask("GET", "/v1/events", params={**WINDOW, **filters, "format": "csv"})
    assert rows_of(answer.text) == [spelt(event) for event in expected]
    assert answer.text.startswith("id,type,occurred_at,received_at,lead_id,lead,account_id,session_id,visitor_id,url")
    answer = filled.ask("GET", "/v1/events", params={**WINDOW, **filters, "format": "parquet"})
    rows = pq.read_table(io.BytesIO(answer.content)).to_pylist()
    for row, event in zip(rows, expected, strict=True):
        instants = {name: row.pop(name).isoformat()[:19] for name in ("occurred_at", "received_at")}
        assert instants == {name: event[name][:19] for name in instants}
        assert row == {name: value for name, value in flat(event).items() if name not in instants}


def test_a_file_of_a_session(filled: Server) -> None:
    session = filled.sessions(lead_id="sf-lead1", **WINDOW)[0]
    expected = listed(filled, session_id=session["id"])
    assert expected
    answer = filled.ask("GET", "/v1/events", params={**WINDOW, "session_id": session["id"], "format": "csv"})
    assert [row["id"] for row in rows_of(answer.text)] == [event["id"] for event in expected]


@pytest.mark.parametrize("limit", [1, 7, 150, 151, 200])
@pytest.mark.parametrize("filters", [{}, {"suppressed": "false"}, {"lead_id": "sf-lead1"}], ids=str)
def test_page_by_page_nothing_is_lost_and_nothing_comes_twice(
    filled: Server, limit: int, filters: dict[str, Any]
) -> None:
    if limit == 1:
        filters = {**filters, "to": "2026-04-01T01:00:00Z"}
    found: list[str] = []
    asked: dict[str, Any] = {**WINDOW, **filters, "format": "csv", "limit": limit}
    while True:
        answer = filled.ask("GET", "/v1/events", params=asked)
        page = [row["id"] for row in rows_of(answer.text)]
        found += page
        cursor = answer.headers.get("Sojourn-Next-Cursor")
        assert int(answer.headers["Sojourn-Rows"]) == len(page) <= limit
        if cursor is None:
            break
        assert len(page) == limit
        asked = {"cursor": cursor, "format": "csv", "limit": limit}
    assert found == [event["id"] for event in listed(filled, **filters)]


def test_a_file_that_broke_off_goes_on_behind_its_last_row(filled: Server) -> None:
    expected = [event["id"] for event in listed(filled)]
    cursor = base64.b64encode(json.dumps({"id": expected[70], "direction": "before"}).encode()).decode()
    answer = filled.ask("GET", "/v1/events", params={"cursor": cursor, "format": "csv"})
    rest = [row["id"] for row in rows_of(answer.text) if row["id"].startswith("sf")]
    assert rest == expected[71:]
