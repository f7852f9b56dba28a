"""GET and PATCH /v1/site: what touches the past is built beside the present and switched at once."""

import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.serving import PATIENCE, Server

MINUTE = 60_000


@pytest.fixture
def own(new_server: Callable[[], Server]) -> Iterator[Server]:
    """A server of its own for each test that changes definitions: they may run in any order."""
    server = new_server().start()
    types = ["click"] * 4 + ["signup", "click"]
    server.send(
        *(
            {"type": kind, "visitor_id": "ann", "event_id": f"{n}", "occurred_at": f"2025-01-01T{10 + n // 3}:{n % 3 * 20:02}:00Z"}
            for n, kind in enumerate(types)
        )
    )  # fmt: skip
    server.settled(6)
    yield server
    server.close()


@pytest.fixture(scope="module")
def idle(new_server: Callable[[], Server]) -> Iterator[Server]:
    """A server of which nothing is changed."""
    server = new_server().start()
    yield server
    server.close()


def patch(server: Server, body: dict[str, Any], **parameters: str) -> tuple[int, dict[str, Any]]:
    answer = server.ask("PATCH", "/v1/site", json=body, params=parameters)
    return answer.status_code, answer.json()


def built(server: Server) -> dict[str, Any]:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        site: dict[str, Any] = server.ask("GET", "/v1/site").json()["data"]
        if site["building"] is None:
            return site
        time.sleep(0.02)
    raise AssertionError("the change was not built in time")


def test_the_site_tells_its_definition(idle: Server) -> None:
    site = idle.ask("GET", "/v1/site").json()["data"]
    assert site["session_timeout_ms"] == 30 * MINUTE
    assert (site["plan"], site["retention_days"], site["time_zone"]) == ("enterprise", None, "UTC")
    assert site["conversion_events"] == ["purchase"]
    assert sorted(site["goals"]) == ["demo_request", "purchase", "trial_signup"]
    assert "email_sent" in site["passive_types"]


def test_a_dry_run_answers_what_would_change_and_changes_nothing(own: Server) -> None:
    status, body = patch(own, {"session_timeout_ms": 20 * MINUTE}, dry_run="true")
    assert status == 200
    data = body["data"]
    assert data["changes"] == {"session_timeout_ms": {"from": 30 * MINUTE, "to": 20 * MINUTE}}
    assert data["sessions"] == {"now": 1, "then": 6}
    assert data["sessions_at"] == {"15m": 6, "30m": 1, "60m": 1}
    assert own.ask("GET", "/v1/site").json()["data"]["session_timeout_ms"] == 30 * MINUTE
    assert len(own.sessions()) == 1


def test_a_timeout_is_retroactive_to_the_millisecond_and_old_ids_resolve(own: Server) -> None:
    (whole,) = own.sessions()
    status, body = patch(own, {"session_timeout_ms": 20 * MINUTE})
    assert status == 202
    assert body["data"]["building"] is None or body["data"]["building"]["changes"]["session_timeout_ms"] == 20 * MINUTE
    assert built(own)["session_timeout_ms"] == 20 * MINUTE
    split = own.sessions()
    assert [session["event_count"] for session in split] == [1] * 6
    assert split[-1]["id"] == whole["id"]
    patch(own, {"session_timeout_ms": 20 * MINUTE + 1})
    built(own)
    (again,) = own.sessions()
    assert again["event_count"] == 6
    for session in split:
        assert own.ask("GET", f"/v1/sessions/{session['id']}").json()["data"]["id"] == again["id"]
    patch(own, {"session_timeout_ms": 30 * MINUTE})
    built(own)


def test_conversion_events_and_goals_touch_the_past(own: Server) -> None:
    assert own.sessions()[0]["converted"] is False
    patch(own, {"conversion_events": ["Signed Up"], "goals": {"joined": {"types": ["signup"]}}})
    built(own)
    (session,) = own.sessions()
    assert (session["converted"], session["goals"]) == (True, ["joined"])
    patch(own, {"passive_types": ["signup"]})
    built(own)
    assert [session["event_count"] for session in own.sessions()] == [1, 4]


def intents(server: Server) -> dict[str, tuple[str, int]]:
    """The intents of the sessions and their scores, by visitor."""
    found = [(visitor, server.sessions(lead_id=visitor)[0]) for visitor in ("buyer", "reader")]
    return {visitor: (session["intent"], session["intent_score"]) for visitor, session in found}


def test_steps_and_pages_of_intent_touch_the_past_and_hold_for_what_comes(own: Server) -> None:
    def viewed(who: str, minute: int, path: str) -> dict[str, Any]:
        at = f"2025-03-01T10:{minute:02}:00Z"
        return {"type": "page_view", "visitor_id": who, "occurred_at": at, "url": f"https://x.example{path}"}

    own.send(*(viewed("buyer", n, path) for n, path in enumerate(("/preise", "/buchen/1"))))
    own.send(*(viewed("reader", n, path) for n, path in enumerate(("/blog/a", "/blog/b"))))
    own.settled(2, lead_id="buyer")
    own.settled(2, lead_id="reader")
    assert intents(own) == {"buyer": ("none", 18), "reader": ("none", 18)}
    steps = {"high_urls": ["/preise*", "/buchen/*"], "content_urls": []}
    status, told = patch(own, {"intent_steps": steps | {"high_types": None}}, dry_run="true")
    assert (status, told["data"]["changes"]["intent_steps"]["from"]) == (200, {})
    assert told["data"]["sessions"]["now"] == told["data"]["sessions"]["then"]
    assert patch(own, {"intent_steps": steps | {"high_types": None}})[0] == 202
    assert built(own)["intent_steps"] == {"high_urls": ["/preise*", "/buchen/*"], "content_urls": []}
    assert intents(own) == {"buyer": ("high", 34), "reader": ("none", 18)}
    own.send(viewed("reader", 2, "/blog/c"))
    own.settled(3, lead_id="reader")
    assert intents(own)["reader"] == ("none", 27)
    assert patch(own, {"intent_steps": {}})[0] == 202
    assert built(own)["intent_steps"] == {}
    assert intents(own) == {"buyer": ("none", 18), "reader": ("research", 27)}


def test_what_does_not_touch_the_past_holds_at_once(own: Server) -> None:
    status, body = patch(own, {"name": "Shop", "hosts": ["Shop.Example"], "time_zone": "Europe/Berlin"})
    assert status == 200
    assert (body["data"]["name"], body["data"]["hosts"]) == ("Shop", ["shop.example"])


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"session_timeout_ms": 59_999}, ["session_timeout_ms", "59999", "60000"]),
        ({"session_timeout_ms": 86_400_001}, ["86400000"]),
        ({"session_timeout_ms": "30m"}, ["session_timeout_ms", "30m", "int"]),
        ({"session_timeout_ms": 1.5}, ["session_timeout_ms"]),
        ({"plan": "free"}, ["plan", "enterprise"]),
        ({"plan": "starter", "retention_days": 90}, ["retention_days", "30"]),
        ({"time_zone": "Mars"}, ["time_zone", "Mars"]),
        ({"currency": "Euro"}, ["currency"]),
        ({"goals": {"empty": {}}}, ["goals.empty"]),
        ({"goals": {"a": {"types": "x"}}}, ["goals"]),
        ({"conversion_events": [""]}, ["conversion_events"]),
        ({"intent_steps": {"high_types": [""]}}, ["intent_steps.high_types", "''", "types"]),
        ({"intent_steps": {"pages": []}}, ["intent_steps", "pages", "content_urls"]),
        ({"id": "other"}, ["id", "session_timeout_ms"]),
        ({"generation": 9}, ["generation"]),
    ],
)
def test_an_unfit_definition_is_named(idle: Server, body: dict[str, Any], words: list[str]) -> None:
    status, answer = patch(idle, body)
    assert (status, answer["error"]) == (400, "InvalidRequest")
    assert all(word in answer["message"] for word in words), answer


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b"nonsense"])
def test_a_body_that_is_no_object_is_refused(idle: Server, body: bytes) -> None:
    assert idle.ask("PATCH", "/v1/site", content=body).status_code == 400


def test_retention_hides_what_is_older_and_refuses_what_comes(own: Server) -> None:
    (newest, *_) = own.sessions()
    patch(own, {"plan": "scale"})
    assert own.ask("GET", "/v1/site").json()["data"]["retention_days"] == 90
    assert own.sessions() == []
    assert own.ask("GET", f"/v1/sessions/{newest['id']}").status_code == 404
    answer = own.send({"type": "click", "visitor_id": "late", "occurred_at": "2025-01-01"})
    assert [refused["error"] for refused in answer["refused"]] == ["InvalidRequest"]
    patch(own, {"plan": "enterprise", "retention_days": None})
    assert own.sessions()[0]["id"] == newest["id"]
