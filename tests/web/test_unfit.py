"""What no client of ours would send is refused with a reason: it is never a failure of the server."""

import base64
import io
import json
from typing import Any

import pyarrow.parquet as pq
import pytest

from tests.serving import Server

NEVER = {"from": "2031-01-02", "to": "2031-01-01"}


@pytest.fixture(scope="module")
def session_id(server: Server) -> str:
    server.send({"type": "page_view", "visitor_id": "unfit", "event_id": "unfit-1"})
    found: str = server.settled(1, lead_id="unfit")[0]["id"]
    return found


def encoded(value: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode()


def refused(server: Server, path: str, **parameters: Any) -> str:
    answer = server.ask("GET", path, params=parameters)
    assert answer.status_code == 400, answer.text
    assert answer.json()["error"] == "InvalidRequest"
    message: str = answer.json()["message"]
    return message


@pytest.mark.parametrize(
    "filters",
    [
        {"from": "yesterday"},
        {"from": None},
        {"from": True},
        {"to": 1 << 70},
        {"type": 5},
        {"type": []},
        {"type": ["click", 1]},
        {"type": ["\0"]},
        {"lead_id": 5},
        {"session_id": [1]},
        {"passive": "perhaps"},
        {"colour": "red"},
    ],
    ids=str,
)
def test_a_cursor_of_events_with_filters_that_no_request_has(server: Server, filters: dict[str, Any]) -> None:
    cursor = encoded({"id": "unfit-1", "at": 1, "sender": "v:unfit", "filters": filters})
    assert "cursor is" in refused(server, "/v1/events", cursor=cursor)


@pytest.mark.parametrize("at", [-1, 1 << 62, 1 << 70])
def test_a_cursor_of_an_instant_that_there_is_not(server: Server, session_id: str, at: int) -> None:
    assert "cursor is" in refused(
        server, "/v1/events", cursor=encoded({"id": "unfit-1", "at": at, "sender": "v:unfit"})
    )
    assert "cursor is" in refused(
        server, f"/v1/sessions/{session_id}", events_cursor=encoded([at, "unfit-1", "v:unfit"])
    )


@pytest.mark.parametrize(
    "filters",
    [{"entry_url": []}, {"goal": []}, {"from": -1}, {"to": 1 << 62}, {"lead_id": "\0"}, {"goal": ["\0"]}],
    ids=str,
)
def test_a_cursor_of_sessions_with_filters_that_no_request_has(
    server: Server, session_id: str, filters: dict[str, Any]
) -> None:
    assert "cursor is" in refused(server, "/v1/sessions", cursor=encoded({"id": session_id, "filters": filters}))


@pytest.mark.parametrize("text", ["²²²²²²²²²", "١٢٣٤٥٦٧٨٩"])
def test_digits_of_another_script_are_no_instant(server: Server, text: str) -> None:
    assert f"from is {text!r}" in refused(server, "/v1/sessions", **{"from": text})


def test_a_segment_of_no_value(server: Server) -> None:
    answer = server.ask("POST", "/v1/segments", json={"name": "None", "filters": {"has_event": []}})
    assert answer.status_code == 400
    assert "filters.has_event is an empty list" in answer.json()["message"]


@pytest.mark.parametrize("path", ["/v1/sessions", "/v1/events"])
@pytest.mark.parametrize("more", [{}, {"limit": "3"}], ids=str)
def test_a_file_without_rows_has_its_columns(server: Server, path: str, more: dict[str, str]) -> None:
    answer = server.ask("GET", path, params={**NEVER, **more, "format": "csv"})
    assert answer.status_code == 200
    assert answer.text.startswith("id,")
    answer = server.ask("GET", path, params={**NEVER, **more, "format": "parquet"})
    table = pq.read_table(io.BytesIO(answer.content))
    assert (table.num_rows, table.column_names[0]) == (0, "id")


@pytest.mark.parametrize("path", ["/v1/sessions/", "/v1/segments/", "/v1/site/", "/healthz/"])
def test_a_path_that_goes_on_behind_its_end_is_not_there(server: Server, path: str) -> None:
    answer = server.ask("GET", path)
    assert (answer.status_code, answer.json()["error"]) == (404, "NotFound")
