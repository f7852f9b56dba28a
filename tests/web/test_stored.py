"""GET /v1/events: everything that is stored, in order, once, with every filter; through a real server."""

from typing import Any

import pytest

from tests.serving import SECRET, Server

AT = "2026-02-11T07:0{}:00Z"
LEAD = "stored-ann"
EVENTS: list[dict[str, Any]] = [
    {"type": "page_view", "event_id": "st0", "visitor_id": "st-v", "url": "https://x.example/pricing?a=1"},
    {"type": "click", "event_id": "st1", "visitor_id": "st-v", "url": "https://x.example/blog", "lead": {"id": LEAD}},
    {"type": "email_sent", "event_id": "st2", "visitor_id": "st-v"},
    {"type": "click", "event_id": "st3", "visitor_id": "st-v", "suppressed": "own team"},
    {"type": "purchase", "event_id": "st4", "visitor_id": "st-v", "value": 5, "currency": "EUR", "points": 3},
    {"type": "click", "event_id": "st/5 é", "visitor_id": "st-w", "properties": {"a": [1]}},
]


@pytest.fixture(scope="module")
def stored(server: Server) -> Server:
    server.send(*({**event, "occurred_at": AT.format(place)} for place, event in enumerate(EVENTS)))
    server.settled(3, lead_id=LEAD)
    server.settled(1, lead_id="st-w")
    return server


def ids(server: Server, **parameters: Any) -> list[str]:
    """Page by page, two at a time."""
    found: list[str] = []
    window = {"from": "2026-02-11T07:00:00Z", "to": "2026-02-11T07:06:00Z"}
    asked: dict[str, Any] = {**window, **parameters, "limit": 2}
    while True:
        body = server.ask("GET", "/v1/events", params=asked).json()
        found += [event["id"] for event in body["data"]]
        if not body["has_more"]:
            assert body["next_cursor"] is None
            return found
        asked = {"cursor": body["next_cursor"], "limit": 2}


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        ({}, ["st/5 é", "st4", "st3", "st2", "st1", "st0"]),
        ({"lead_id": LEAD}, ["st4", "st3", "st2", "st1", "st0"]),
        ({"type": ["click", "Order Completed"]}, ["st/5 é", "st4", "st3", "st1"]),
        ({"suppressed": "true"}, ["st3"]),
        ({"suppressed": "own team"}, ["st3"]),
        ({"suppressed": "robot"}, []),
        ({"suppressed": "false", "type": "click"}, ["st/5 é", "st1"]),
        ({"passive": "true"}, ["st2"]),
        ({"passive": "false", "lead_id": LEAD}, ["st4", "st3", "st1", "st0"]),
        ({"url": "pricing"}, ["st0"]),
        ({"to": AT.format(2)}, ["st1", "st0"]),
        ({"lead_id": "nobody"}, []),
    ],
    ids=str,
)
def test_filters(stored: Server, filters: dict[str, Any], expected: list[str]) -> None:
    assert ids(stored, **filters) == expected


def test_of_a_session(stored: Server) -> None:
    (session,) = stored.sessions(lead_id=LEAD)
    assert ids(stored, session_id=session["id"]) == ["st4", "st1", "st0"]
    answer = stored.ask("GET", "/v1/events", params={"session_id": "sess_x"})
    assert (answer.status_code, answer.json()["error"]) == (404, "NotFound")


def test_one_event_with_all_its_fields(stored: Server) -> None:
    (session,) = stored.sessions(lead_id=LEAD)
    event = stored.ask("GET", "/v1/events/st4").json()["data"]
    assert event["session_id"] == session["id"]
    assert event["lead"] == session["lead"]
    told = ("type", "occurred_at", "visitor_id", "value", "currency", "points", "suppressed", "passive", "url")
    assert [event[name] for name in told] == ["purchase", AT.format(4), "st-v", 5, "EUR", 3, None, False, None]
    suppressed = stored.ask("GET", "/v1/events/st3", params={"sender": "v:st-v"}).json()["data"]
    assert (suppressed["suppressed"], suppressed["session_id"]) == ("own team", None)
    assert stored.ask("GET", "/v1/events/st%2F5%20%C3%A9").json()["data"]["properties"] == {"a": [1]}
    assert stored.ask("GET", "/v1/events/st3", params={"sender": "v:other"}).status_code == 404
    assert stored.ask("GET", "/v1/events/nothing").status_code == 404


def test_paging_back_and_a_cursor_of_an_id_alone(stored: Server) -> None:
    import base64
    import json

    def cursor(body: dict[str, Any]) -> str:
        return base64.b64encode(json.dumps(body).encode()).decode()

    older = stored.ask("GET", "/v1/events", params={"cursor": cursor({"id": "st2"}), "limit": 2}).json()
    assert [event["id"] for event in older["data"]] == ["st1", "st0"]
    newer = stored.ask("GET", "/v1/events", params={"cursor": cursor({"id": "st1", "direction": "after"}), "limit": 2})
    assert [event["id"] for event in newer.json()["data"]] == ["st3", "st2"]


@pytest.mark.parametrize(
    "parameters",
    [{"cursor": "x"}, {"limit": "0"}, {"colour": "red"}, {"passive": "maybe"}, {"cursor": "eyJpZCI6Im5vYm9keSJ9"}],
    ids=str,
)
def test_what_does_not_fit_is_400(stored: Server, parameters: dict[str, str]) -> None:
    answer = stored.ask("GET", "/v1/events", SECRET, params=parameters)
    assert (answer.status_code, answer.json()["error"]) == (400, "InvalidRequest")


def test_a_decision_shows_at_once(server: Server) -> None:
    server.send({"type": "click", "event_id": "st-d", "visitor_id": "st-d", "occurred_at": "2026-03-02T10:00:00Z"})
    server.ask("POST", "/v1/suppressions", json={"event_ids": ["st-d"], "reason": "robot"})
    assert server.ask("GET", "/v1/events/st-d").json()["data"]["suppressed"] == "robot"
