"""GET /v1/sessions and /v1/sessions/{id} as the contract has them."""

import base64
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from sojourn.reports.cursor import Cursor, encode
from tests.serving import WRITE, Server

EXAMPLE = [
    ("page_view", "/collections/running", "10:14:32"),
    ("page_view", "/products/ultra-stride-v2", "10:15:48"),
    ("page_view", "/products/ultra-stride-v1", "10:18:01"),
    ("page_view", "/cart", "10:21:40"),
    ("add_to_cart", "/products/ultra-stride-v2", "10:22:15"),
    ("page_view", "/checkout", "10:25:00"),
    ("purchase", "/checkout/thank-you", "10:27:44"),
    ("page_view", "/checkout/thank-you", "10:28:07"),
]


def event(kind: str, visitor: str, at: str, url: str | None = None, **more: Any) -> dict[str, Any]:
    base = {"type": kind, "visitor_id": visitor, "occurred_at": at, "event_id": f"{visitor}-{kind}-{at}-{url}"}
    return {**base, **({"url": f"https://shop.example{url}"} if url else {}), **more}


def one(server: Server, lead: str, count: int) -> dict[str, Any]:
    (session,) = server.settled(count, lead_id=lead)
    return session


def test_the_documented_example_comes_out_field_for_field(server: Server) -> None:
    server.send(*(event(kind, "example", f"2026-04-29T{at}Z", url) for kind, url, at in EXAMPLE))
    session = one(server, "example", 8)
    documented = {
        "started_at": "2026-04-29T10:14:32Z",
        "ended_at": "2026-04-29T10:28:07Z",
        "page_count": 6,
        "intent_score": 82,
        "converted": True,
    }
    assert {name: session[name] for name in documented} == documented
    answer = server.ask("GET", f"/v1/sessions/{session['id']}").json()["data"]
    assert {name: answer[name] for name in documented} == documented
    shown = [{name: row[name] for name in ("type", "url", "occurred_at")} for row in answer["events"]]
    for documented_event in (
        {"type": "PAGE_VIEW", "url": "/collections/running", "occurred_at": "2026-04-29T10:14:32Z"},
        {"type": "PAGE_VIEW", "url": "/products/ultra-stride-v2", "occurred_at": "2026-04-29T10:15:48Z"},
        {"type": "ADD_TO_CART", "url": "/products/ultra-stride-v2", "occurred_at": "2026-04-29T10:22:15Z"},
        {"type": "PURCHASE", "url": "/checkout/thank-you", "occurred_at": "2026-04-29T10:27:44Z"},
    ):
        assert documented_event in shown
    assert answer["nudges"] == []


def test_the_documented_second_session_comes_out_too(server: Server) -> None:
    server.send(
        event("page_view", "example2", "2026-04-29T09:52:11Z", "/a"),
        event("page_view", "example2", "2026-04-29T09:54:03Z", "/b"),
    )
    session = one(server, "example2", 2)
    assert (session["page_count"], session["intent_score"], session["converted"]) == (2, 18, False)
    assert (session["started_at"], session["ended_at"]) == ("2026-04-29T09:52:11Z", "2026-04-29T09:54:03Z")


@pytest.mark.parametrize(
    ("intent", "steps"),
    [
        ("high", [("email_open", None), ("page_view", "/pricing"), ("page_view", "/case-study/acme"), ("demo_request", "/demo")]),
        ("high", [("Email Opened", None), ("email_click", None), ("page_view", "/pricing"), ("page_view", "/case-study"), ("form_submit", "/contact")]),
        ("low", [("email_open", None), ("email_unsubscribe", None)]),
        ("low", [("email_open", None)]),
        ("none", [("email_open", None), ("email_click", None)]),
        ("research", [("page_view", "/blog/one"), ("page_view", "/blog/two"), ("page_view", "/docs/start"), ("page_view", "/blog/three")]),
        ("none", [("page_view", "/"), ("page_view", "/pricing")]),
        ("high", [("page_view", "/blog/1"), ("page_view", "/blog/2"), ("page_view", "/blog/3"), ("CART_ADD", "/p")]),
    ],
)  # fmt: skip
def test_journeys_of_the_product_page(server: Server, intent: str, steps: list[tuple[str, str | None]]) -> None:
    lead = f"journey-{abs(hash(str(steps)))}"
    server.send(*(event(kind, lead, f"2026-04-29T10:0{n}:00Z", url) for n, (kind, url) in enumerate(steps)))
    assert one(server, lead, len(steps))["intent"] == intent


def test_every_field_of_a_session(server: Server) -> None:
    lead = {"id": "fields-7", "email": "Fields@Example.com", "traits": {"name": "Ann Example"}}
    url = "https://Shop.example/Pricing/?utm_source=news&utm_medium=email&utm_campaign=spring"
    first = {"type": "Page View", "event_id": "f1", "occurred_at": "2026-03-01T10:00:00.123Z", "url": url, "lead": lead}
    context = {"device": "mobile", "browser": "Firefox", "os": "Android", "country": "DE", "ip": "203.0.113.9"}
    more = {"visitor_id": "fields", "account": {"domain": "example.com"}, "context": context, "points": 5}
    last = {"type": "Order Completed", "event_id": "f2", "occurred_at": "2026-03-01T10:01:00Z", "visitor_id": "fields"}
    sent = server.send(
        {**first, **more, "referrer": "https://www.google.com/"},
        {**last, "value": 59.9, "currency": "eur", "points": 2, "properties": {"order": {"id": 1}}},
    )
    assert sent == {"accepted": 2, "duplicates": 0, "refused": []}
    session = one(server, "fields-7", 2)
    assert session["id"].startswith("sess_")
    assert session["lead"] == {"id": session["lead_id"], "external_id": "fields-7", "name": "Ann Example"}
    assert session["account_id"].startswith("acct_")
    expected = {
        "started_at": "2026-03-01T10:00:00.123Z",
        "ended_at": "2026-03-01T10:01:00Z",
        "duration": 59,
        "is_open": False,
        "event_count": 2,
        "page_count": 1,
        "entry_point": "page_view",
        "exit_point": "purchase",
        "entry_url": url,
        "exit_url": url,
        "total_points": 7,
        "intent_score": 9 + 16 + 22,
        "intent": "high",
        "converted": True,
        "goals": ["purchase"],
        "revenue": 59.9,
        "currency": "EUR",
        "nudge_count": 0,
        "source": "news",
        "medium": "email",
        "campaign": "spring",
        "channel": "email",
        "referrer": "https://www.google.com/",
        "device": "mobile",
        "browser": "Firefox",
        "os": "Android",
        "country": "DE",
    }
    assert {name: session[name] for name in expected} == expected
    answer = server.ask("GET", f"/v1/sessions/{session['id']}").json()["data"]
    assert "203.0.113.9" not in json.dumps(answer)
    assert [row["points"] for row in answer["events"]] == [5, 2]
    assert sum(row["points"] for row in answer["events"]) == session["total_points"]
    assert answer["events"][1]["properties"] == {"order": {"id": 1}}
    assert answer["events"][0]["id"] == "f1"


def test_paging_repeats_and_skips_nothing_even_within_one_millisecond(server: Server, test_key: str) -> None:
    at = "2025-01-01T00:00:00Z"
    server.send(*(event("click", f"page-{n}", at) for n in range(120)), key=test_key)
    moment = {"from": at, "to": "2025-01-01T00:00:01Z"}  # other tests have their own
    found = server.settled(120, test_key, limit="7", **moment)
    ids = [session["id"] for session in found]
    assert len(set(ids)) == 120
    assert ids == sorted(ids, reverse=True)
    first = server.ask("GET", "/v1/sessions", test_key, params={**moment, "limit": 50}).json()
    own = base64.b64encode(json.dumps({"id": first["data"][-1]["id"], "direction": "before"}).encode()).decode()
    second = server.ask("GET", "/v1/sessions", test_key, params={"cursor": own, "limit": 10}).json()
    assert [session["id"] for session in second["data"]] == ids[50:60]
    back = base64.b64encode(json.dumps({"id": ids[60], "direction": "after"}).encode()).decode()
    before = server.ask("GET", "/v1/sessions", test_key, params={"cursor": back, "limit": 10}).json()
    assert [session["id"] for session in before["data"]] == ids[50:60]


def test_a_cursor_carries_window_and_filters(server: Server) -> None:
    server.send(*(event("click", "cursor", f"2025-02-{day:02}T00:00:00Z") for day in range(1, 11)))
    server.settled(10, lead_id="cursor")
    asked = {"lead_id": "cursor", "from": "2025-02-01", "to": "2025-02-09", "limit": "3", "max_events": "5"}
    page = server.ask("GET", "/v1/sessions", params=asked).json()
    starts = [session["started_at"] for session in page["data"]]
    while page["has_more"]:
        page = server.ask("GET", "/v1/sessions", params={"cursor": page["next_cursor"], "limit": "2"}).json()
        starts += [session["started_at"] for session in page["data"]]
    assert starts == [f"2025-02-{day:02}T00:00:00Z" for day in range(8, 0, -1)]
    assert page["next_cursor"] is None
    again = server.ask("GET", "/v1/sessions", params=asked).json()["next_cursor"]
    assert server.ask("GET", "/v1/sessions", params={**asked, "cursor": again}).status_code == 200
    assert server.ask("GET", "/v1/sessions", params={"cursor": again, "lead_id": "other"}).status_code == 400


@pytest.mark.parametrize(("direction", "edge", "days"), [("before", 6, [4, 3]), ("after", 1, [4, 3])])
def test_a_cursor_outside_the_window_does_not_widen_it(
    server: Server, direction: str, edge: int, days: list[int]
) -> None:
    server.send(*(event("click", "outside", f"2025-03-{day:02}T00:00:00Z") for day in range(1, 7)))
    newest_first = [session["id"] for session in server.settled(6, lead_id="outside")]
    window = {"from": 1_740_960_000_000, "to": 1_741_132_800_000}  # 3 to 4 March
    cursor = encode(Cursor(newest_first[6 - edge], direction, {**window, "lead_id": "outside"}))
    page = server.ask("GET", "/v1/sessions", params={"cursor": cursor}).json()
    assert [session["id"] for session in page["data"]] == [newest_first[6 - day] for day in days]


def test_filters_choose_whole_sessions(server: Server) -> None:
    lead: dict[str, Any] = {"lead": {"id": "filters"}}
    server.send(
        event("page_view", "f", "2025-03-01T10:00:00Z", "/a", **lead),
        event("click", "f", "2025-03-01T10:05:00Z", **lead),
        event("email_open", "f", "2025-03-02T10:00:00Z", points=9, **lead),
        event("purchase", "f", "2025-03-03T10:00:00Z", value=3, **lead),
    )
    whole = {session["started_at"]: session for session in server.settled(4, lead_id="filters")}
    for parameters, days in (
        ({"min_duration": "300"}, [1]),
        ({"max_duration": "0"}, [3, 2]),
        ({"min_duration": "301"}, []),
        ({"min_events": "2"}, [1]),
        ({"max_events": "1"}, [3, 2]),
        ({"entry_point": "page_view"}, [1]),
        ({"entry_point": ["page_view", "email_open"]}, [2, 1]),
        ({"exit_point": "click"}, [1]),
        ({"converted": "true"}, [3]),
        ({"converted": "false"}, [2, 1]),
        ({"goal": "purchase"}, [3]),
        ({"min_points": "9"}, [2]),
        ({"intent": ["low"]}, [2]),
        ({"from": "2025-03-02", "to": "2025-03-03T10:00:00Z"}, [2]),
        ({"from": "2025-03-02T10:00:00Z", "to": "2025-03-03T10:00:00.001Z"}, [3, 2]),
    ):
        found = server.sessions(lead_id="filters", **parameters)
        assert [session["started_at"][8:10] for session in found] == [f"{day:02}" for day in days], parameters
        for session in found:
            known = whole[session["started_at"]]
            assert session == known


@pytest.mark.parametrize(
    ("parameters", "words"),
    [
        ({"limit": "0"}, ["limit", "'0'", "1 to 200"]),
        ({"limit": "201"}, ["limit", "201"]),
        ({"limit": "abc"}, ["limit", "abc"]),
        ({"from": "yesterday"}, ["from", "yesterday"]),
        ({"to": "2026-13-01"}, ["to"]),
        ({"min_duration": "1.5"}, ["min_duration", "1.5"]),
        ({"max_events": ""}, ["max_events"]),
        ({"converted": "maybe"}, ["converted", "maybe", "true, false"]),
        ({"intent": "huge"}, ["intent", "high, low, research, none"]),
        ({"colour": "red"}, ["colour", "lead_id"]),
        ({"cursor": "garbage"}, ["cursor"]),
        ({"cursor": base64.b64encode(b'{"id":"sess_1","direction":"before"}').decode()}, ["cursor"]),
        ({"cursor": base64.b64encode(b'{"id":"sess_01KQCPTYE04X5AV0R4ENX4QM4E","direction":"up"}').decode()}, ["cursor"]),
        ({"limit": ["1", "2"]}, ["limit", "once"]),
        ({"min_events": "99999999999999999999999"}, ["min_events"]),
        ({"entry_point": "\0"}, ["entry_point"]),
    ],
)  # fmt: skip
def test_an_unfit_parameter_is_named(server: Server, parameters: dict[str, Any], words: list[str]) -> None:
    answer = server.ask("GET", "/v1/sessions", params=parameters)
    assert answer.status_code == 400
    body = answer.json()
    assert sorted(body) == ["error", "message"]
    assert body["error"] == "InvalidRequest"
    assert all(word in body["message"] for word in words), body


@pytest.mark.parametrize(
    "text", ["sess_01HY8QVZK3MN2PXRT5GW4JCBD", "x", "sess_", "sess_" + "Z" * 26, "sess_" + "0" * 26, "%00", "é"]
)
def test_any_other_text_is_not_found(server: Server, text: str) -> None:
    answer = server.ask("GET", f"/v1/sessions/{text}")
    assert answer.status_code == 404
    assert answer.json()["error"] == "NotFound"


def test_an_id_that_was_served_keeps_resolving(server: Server) -> None:
    server.send(event("click", "moves", "2025-04-01T10:00:00Z"), event("click", "moves", "2025-04-01T11:00:00Z"))
    second, first = server.settled(2, lead_id="moves")
    server.send(event("click", "moves", "2025-04-01T09:50:00Z"), event("click", "moves", "2025-04-01T10:29:59.999Z"))
    server.send(event("click", "moves", "2025-04-01T10:31:00Z"))
    (joined,) = server.settled(5, lead_id="moves")
    for old in (first, second):
        assert server.ask("GET", f"/v1/sessions/{old['id']}").json()["data"]["id"] == joined["id"]
    assert first["id"] != joined["id"] != second["id"]
    # The first event suppressed: its session answers with what spans its time, or with 404 when nothing does.
    ids = ["moves-click-2025-04-01T09:50:00Z-None"]
    assert server.ask("POST", "/v1/suppressions", json={"event_ids": ids, "reason": "robot"}).status_code == 202
    (shorter,) = server.settled(4, lead_id="moves")
    assert shorter["started_at"] == "2025-04-01T10:00:00Z"
    assert server.ask("GET", f"/v1/sessions/{joined['id']}").status_code == 404
    server.ask("POST", "/v1/suppressions", json={"event_ids": ids, "reason": None})
    assert server.settled(5, lead_id="moves")[0]["id"] == joined["id"]


def test_a_lead_id_keeps_answering_as_the_lead_it_became(server: Server) -> None:
    server.send(event("click", "becomes", "2025-05-01T10:00:00Z"))
    anonymous = one(server, "becomes", 1)
    server.send(event("login", "becomes", "2025-05-01T10:10:00Z", lead={"id": "became", "email": "became@x.example"}))
    known = one(server, "became", 2)
    assert known["lead_id"] != anonymous["lead_id"]
    for text in (anonymous["lead_id"], known["lead_id"], "became", "becomes", "BECAME@x.example"):
        assert [session["id"] for session in server.sessions(lead_id=text)] == [known["id"]]


def test_conflicts_are_recorded_and_listed(server: Server) -> None:
    both = {"email": "shared@x.example"}
    server.send(
        event("click", "c1", "2025-06-01T10:00:00Z", lead={"id": "first-owner", **both}),
        event("click", "c2", "2025-06-02T10:00:00Z", lead={"id": "second-owner", **both}),
    )
    server.settled(1, lead_id="second-owner")
    listed = [row for row in server.ask("GET", "/v1/conflicts").json()["data"] if row["email"] == "shared@x.example"]
    assert [(row["belongs_to"], row["also_named_with"]) for row in listed] == [("first-owner", "second-owner")]


def test_keys_decide_what_may_be_asked(server: Server) -> None:
    for path in ("/v1/sessions", "/sessions", "/v1/site", "/v1/sessions/sess_x", "/v1/conflicts", "/v1/refusals"):
        for key, status, code in (
            (None, 401, "Unauthorized"),
            ("sk_live_no", 401, "Unauthorized"),
            (WRITE, 403, "Forbidden"),
        ):
            answer = server.ask("GET", path, key)
            assert (answer.status_code, answer.json()["error"]) == (status, code), path
    assert server.ask("GET", "/v1/sessions", None, headers={"Authorization": "Basic abc"}).status_code == 401
    assert server.ask("GET", "/sessions", headers={"Accept": "application/json"}).status_code == 200


def test_unknown_paths_and_methods_answer_in_the_same_form(server: Server) -> None:
    for method, path, status in (
        ("GET", "/nothing", 404),
        ("DELETE", "/v1/sessions", 405),
        ("GET", "/v1/events/", 404),
    ):
        answer = server.ask(method, path)
        assert answer.status_code == status
        assert sorted(answer.json()) == ["error", "message"]


def test_is_open_until_one_timeout_has_passed(server: Server) -> None:
    now = datetime.now(UTC)
    server.send(
        event("click", "open", (now - timedelta(minutes=29)).isoformat()),
        event("click", "closed", (now - timedelta(minutes=31)).isoformat()),
    )
    assert one(server, "open", 1)["is_open"] is True
    assert one(server, "closed", 1)["is_open"] is False


def test_a_test_key_sees_only_its_twin(server: Server, test_key: str) -> None:
    server.send(event("click", "apart", "2025-07-01T10:00:00Z"))
    server.send(
        event("click", "apart", "2025-07-01T10:00:00Z"), event("click", "apart", "2025-07-02T10:00:00Z"), key=test_key
    )
    live, test = one(server, "apart", 1), server.settled(2, test_key, lead_id="apart")
    assert len(test) == 2
    assert live["id"] not in {session["id"] for session in test}
    assert server.ask("GET", f"/v1/sessions/{live['id']}", test_key).status_code == 404
    assert server.ask("GET", "/v1/site", test_key).json()["data"]["is_test"] is True
