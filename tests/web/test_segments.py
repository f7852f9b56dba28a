"""Segments: named filters, and the sessions of the leads behind them; through a real server."""

from typing import Any

import pytest

from tests.serving import Server

WINDOW = {"from": "2026-01-10", "to": "2026-01-13"}


@pytest.fixture(scope="module")
def segment(server: Server) -> str:
    """Leads who once bought."""
    events: list[dict[str, Any]] = [
        {"visitor_id": "sg-ann", "type": "page_view", "occurred_at": "2026-01-10T10:00:00Z"},
        {"visitor_id": "sg-ann", "type": "purchase", "occurred_at": "2026-01-11T10:00:00Z"},
        {"visitor_id": "sg-bob", "type": "page_view", "occurred_at": "2026-01-10T10:00:00Z"},
        {"visitor_id": "sg-cat", "type": "purchase", "occurred_at": "2026-01-12T10:00:00Z", "points": 50},
    ]
    server.send(*({**event, "event_id": f"sg{number}"} for number, event in enumerate(events)))
    server.settled(4, **WINDOW)
    answer = server.ask("POST", "/v1/segments", json={"name": "Bought", "filters": {"converted": True}})
    assert answer.status_code == 201, answer.text
    made: str = answer.json()["data"]["id"]
    return made


def leads(server: Server, **parameters: Any) -> list[str]:
    return [session["lead"]["name"] for session in server.sessions(**{**WINDOW, **parameters})]


def test_a_list_holds_all_sessions_of_the_leads_in_it(server: Server, segment: str) -> None:
    assert leads(server, segment_id=segment) == ["sg-cat", "sg-ann", "sg-ann"]
    assert leads(server, segment_id=segment, entry_point="page_view") == ["sg-ann"]
    exported = server.ask("GET", "/v1/sessions", params={**WINDOW, "segment_id": segment, "format": "csv"}).text
    assert len(exported.strip().splitlines()) == 4
    other = server.ask("POST", "/v1/segments", json={"name": "Rich", "filters": {"min_points": 10}}).json()["data"][
        "id"
    ]
    assert leads(server, segment_id=other) == ["sg-cat"]
    assert leads(server, segment_id=[segment, other]) == ["sg-cat", "sg-ann", "sg-ann"]


def test_it_is_read_changed_and_removed(server: Server) -> None:
    body = {"name": " High ", "filters": {"intent": ["high"], "has_event": "Order Completed"}}
    made = server.ask("POST", "/v1/segments", json=body).json()["data"]
    path = f"/v1/segments/{made['id']}"
    assert server.ask("GET", path).json()["data"] == made
    assert made["name"] == "High"
    changed = server.ask("PATCH", path, json={"filters": {"min_events": 2}}).json()["data"]
    assert (changed["name"], changed["filters"]) == ("High", {"min_events": 2})
    assert changed in server.ask("GET", "/v1/segments").json()["data"]
    assert server.ask("DELETE", path).status_code == 200
    assert server.ask("GET", path).status_code == 404
    gone = server.ask("GET", "/v1/sessions", params={"segment_id": made["id"]})
    assert (gone.status_code, gone.json()["error"]) == (400, "InvalidRequest")


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"name": "x"},
        {"name": "x", "filters": {}},
        {"name": "", "filters": {"converted": True}},
        {"name": "x", "filters": {"colour": "red"}},
        {"name": "x", "filters": {"from": "2026-01-01"}},
        {"name": "x", "filters": {"segment_id": "seg_x"}},
        {"name": "x", "filters": {"min_points": "many"}},
        {"name": "x", "filters": {"intent": [{}]}},
        {"name": "x", "filters": {"converted": True}, "more": 1},
    ],
    ids=str,
)
def test_what_is_no_segment_is_400(server: Server, body: dict[str, Any]) -> None:
    answer = server.ask("POST", "/v1/segments", json=body)
    assert (answer.status_code, answer.json()["error"]) == (400, "InvalidRequest")
