"""POST /v1/events: what is taken, what is refused, and that good events beside bad ones are kept."""

import gzip
import json
import zlib
from typing import Any

import pytest

from sojourn.model.event import TYPE_ALIASES, normalise_type
from tests.serving import SECRET, WRITE, Server


def post(server: Server, body: bytes, key: str = SECRET, **headers: str) -> tuple[int, dict[str, Any]]:
    answer = server.ask(
        "POST", "/v1/events", key, content=body, headers={"Content-Type": "application/json", **headers}
    )
    return answer.status_code, answer.json()


GOOD = b'{"type": "click", "visitor_id": "%s", "event_id": "%s"}'
LONG = b"9" * 5000
BAD = {
    "broken": (b'{"type": "click", "visitor_id": ', "InvalidRequest"),
    "nan": (b'{"type": "click", "visitor_id": "v", "value": NaN}', "InvalidRequest"),
    "infinity": (b'{"type": "click", "visitor_id": "v", "value": 1e999}', "InvalidRequest"),
    "huge number": (b'{"type": "click", "visitor_id": "v", "value": 1e300}', "InvalidRequest"),
    "endless integer": (b'{"type": "click", "visitor_id": "v", "points": ' + LONG + b"}", "InvalidRequest"),
    "points too high": (b'{"type": "click", "visitor_id": "v", "points": 1000001}', "InvalidRequest"),
    "points not whole": (b'{"type": "click", "visitor_id": "v", "points": 1.5}', "InvalidRequest"),
    "points a boolean": (b'{"type": "click", "visitor_id": "v", "points": true}', "InvalidRequest"),
    "deep": (b'{"type": "click", "visitor_id": "v", "properties": ' + b'{"a":' * 5000 + b"1" + b"}" * 5001, "InvalidRequest"),
    "surrogate": (b'{"type": "click", "visitor_id": "\\ud800"}', "InvalidRequest"),
    "surrogate in a property": (b'{"type": "click", "visitor_id": "v", "properties": {"a": "\\ud83d"}}', "InvalidRequest"),
    "no text": (b'{"type": "click", "visitor_id": "\xff\xfe"}', "InvalidRequest"),
    "a list": (b"[1, 2]", "InvalidRequest"),
    "a number": (b"1", "InvalidRequest"),
    "null": (b"null", "InvalidRequest"),
    "type missing": (b'{"visitor_id": "v"}', "InvalidRequest"),
    "type a number": (b'{"type": 7, "visitor_id": "v"}', "InvalidRequest"),
    "type empty": (b'{"type": " -- ", "visitor_id": "v"}', "InvalidRequest"),
    "nobody": (b'{"type": "click"}', "InvalidRequest"),
    "lead a text": (b'{"type": "click", "lead": "ann"}', "InvalidRequest"),
    "lead without identifier": (b'{"type": "click", "lead": {"traits": {"a": 1}}}', "InvalidRequest"),
    "e-mail": (b'{"type": "click", "lead": {"email": "ann"}}', "InvalidRequest"),
    "1601": (b'{"type": "click", "visitor_id": "v", "occurred_at": "1601-01-01T00:00:00Z"}', "InvalidRequest"),
    "before 1970": (b'{"type": "click", "visitor_id": "v", "occurred_at": -1}', "InvalidRequest"),
    "after 9999": (b'{"type": "click", "visitor_id": "v", "occurred_at": 99999999999999999}', "InvalidRequest"),
    "no instant": (b'{"type": "click", "visitor_id": "v", "occurred_at": "yesterday"}', "InvalidRequest"),
    "properties a list": (b'{"type": "click", "visitor_id": "v", "properties": [1]}', "InvalidRequest"),
    "event_id too long": (b'{"type": "click", "visitor_id": "v", "event_id": "' + b"x" * 129 + b'"}', "InvalidRequest"),
    "NUL": (b'{"type": "click", "visitor_id": "a\\u0000b"}', "InvalidRequest"),
    "currency": (b'{"type": "click", "visitor_id": "v", "currency": "euro"}', "InvalidRequest"),
    "unknown field": (b'{"type": "click", "visitor_id": "v", "occured_at": "2026-01-01"}', "InvalidRequest"),
    "a million properties": (
        b'{"type": "click", "visitor_id": "v", "properties": {' + b",".join(b'"p%d":1' % n for n in range(300_000)) + b"}}",
        "PayloadTooLarge",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD)
def test_a_bad_event_alone_gets_its_error(server: Server, name: str) -> None:
    body, code = BAD[name]
    status, answer = post(server, body)
    assert status == {"InvalidRequest": 400, "PayloadTooLarge": 413}[code]
    assert sorted(answer) == ["error", "message"]
    assert answer["error"] == code
    assert len(answer["message"]) > 10


@pytest.mark.parametrize("name", sorted(set(BAD) - {"broken"}))
def test_good_events_beside_a_bad_one_are_kept(server: Server, name: str) -> None:
    bad, code = BAD[name]
    lead = f"beside-{name.replace(' ', '-')}".encode()
    body = b'{"events": [%s, %s, %s]}' % (GOOD % (lead, b"1"), bad, GOOD % (lead, b"2"))
    status, answer = post(server, body)
    assert status == 202, answer
    assert (answer["accepted"], answer["duplicates"]) == (2, 0)
    assert [(refused["index"], refused["error"]) for refused in answer["refused"]] == [(1, code)]
    assert sum(session["event_count"] for session in server.settled(2, lead_id=lead.decode())) == 2


def test_an_error_names_field_value_and_what_is_allowed(server: Server) -> None:
    _, answer = post(server, b'{"type": "click", "visitor_id": "v", "points": 1000001}')
    assert "points is 1000001" in answer["message"]
    assert "1,000,000" in answer["message"]


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b'{"events": [' + b",".join([b'{"type":"a","visitor_id":"many"}'] * 2001) + b"]}", 400),
        (b'{"events": {"type": "a"}}', 400),
        (b'{"events": [', 400),
        (b"", 400),
        (b"x" * 10_000_000, 413),
        (b'{"type": "a", "visitor_id": "v", "title": "' + b"x" * 100_000 + b'"}', 413),
    ],
)
def test_a_body_that_cannot_be_taken(server: Server, body: bytes, status: int) -> None:
    answered, answer = post(server, body)
    assert answered == status
    assert sorted(answer) == ["error", "message"]


def test_compressed_bodies_are_taken_and_bombs_refused(server: Server) -> None:
    body = b'{"events": [{"type": "click", "visitor_id": "packed"}]}'
    assert post(server, gzip.compress(body), **{"Content-Encoding": "gzip"})[1]["accepted"] == 1
    assert post(server, zlib.compress(body), **{"Content-Encoding": "deflate"})[1]["accepted"] == 1
    assert post(server, gzip.compress(b" " * 50_000_000), **{"Content-Encoding": "gzip"})[0] == 413
    assert post(server, gzip.compress(body)[:-9], **{"Content-Encoding": "gzip"})[0] == 400
    assert post(server, body, **{"Content-Encoding": "br"})[0] == 400
    assert post(server, b"no gzip", **{"Content-Encoding": "gzip"})[0] == 400


def test_an_event_counts_once_and_copies_that_differ_settle_on_the_smallest(server: Server) -> None:
    first = {"type": "click", "visitor_id": "copies", "event_id": "c", "occurred_at": "2025-08-01T10:00:00Z"}
    assert server.send(first, first) == {"accepted": 1, "duplicates": 1, "refused": []}
    assert server.send(first)["duplicates"] == 1
    assert server.send({**first, "occurred_at": "2025-08-01T09:00:00Z"})["accepted"] == 1
    assert server.send({**first, "occurred_at": "2025-08-01T11:00:00Z"})["accepted"] == 1
    other = {**first, "visitor_id": "copies2"}
    assert server.send(other)["accepted"] == 1
    server.settled(1, lead_id="copies2")
    (session,) = server.settled(1, lead_id="copies")
    assert (session["started_at"], session["event_count"]) == ("2025-08-01T09:00:00Z", 1)


def test_without_an_id_an_event_counts_each_time(server: Server) -> None:
    event = {"type": "click", "visitor_id": "noid", "occurred_at": "2025-08-02T10:00:00Z"}
    assert server.send(event, event)["accepted"] == 2
    assert server.send(event)["accepted"] == 1
    assert server.settled(3, lead_id="noid")[0]["event_count"] == 3


def test_passive_and_suppressed_events_are_in_no_session(server: Server) -> None:
    at = "2025-08-03T10:0{}:00Z"
    server.send(
        {"type": "click", "visitor_id": "quiet", "occurred_at": at.format(1)},
        {"type": "email_delivered", "visitor_id": "quiet", "occurred_at": at.format(2)},
        {"type": "identify", "visitor_id": "quiet", "occurred_at": at.format(3)},
        {"type": "click", "visitor_id": "quiet", "occurred_at": at.format(4), "suppressed": "robot", "points": 5},
    )
    (session,) = server.settled(1, lead_id="quiet")
    assert (session["event_count"], session["total_points"]) == (1, 0)


def test_a_wrong_client_clock_is_corrected(server: Server) -> None:
    event = {
        "type": "click",
        "visitor_id": "clock",
        "occurred_at": "2020-01-01T00:00:00Z",
        "sent_at": "2020-01-01T00:01:00Z",
    }
    future = {"type": "click", "visitor_id": "future", "occurred_at": "2999-01-01T00:00:00Z"}
    before = server.ask("GET", "/healthz").headers["date"]
    server.send(event, future)
    (corrected,), (clamped,) = server.settled(1, lead_id="clock"), server.settled(1, lead_id="future")
    assert before
    assert corrected["started_at"][:4] == clamped["started_at"][:4] >= "2026"
    assert corrected["started_at"] < clamped["started_at"]


def test_a_publishable_key_sends_events_but_neither_points_nor_suppressed(server: Server) -> None:
    event = {"type": "click", "visitor_id": "public", "event_id": "p1"}
    assert server.send(event, key=WRITE)["accepted"] == 1
    for extra in ({"points": 1}, {"suppressed": "robot"}):
        status, answer = post(server, json.dumps({**event, **extra}).encode(), WRITE)
        assert (status, answer["error"]) == (403, "Forbidden")


def test_a_page_on_another_origin_may_send(server: Server) -> None:
    asked = {"Origin": "https://shop.example", "Access-Control-Request-Method": "POST"}
    preflight = server.ask("OPTIONS", "/v1/events", None, headers=asked)
    assert preflight.status_code == 204
    assert "authorization" in preflight.headers["access-control-allow-headers"]
    for key in (WRITE, None):
        answer = server.ask("POST", "/v1/events", key, json={"type": "click", "visitor_id": "page"})
        assert answer.headers["access-control-allow-origin"] == "*"


def test_no_key_no_event(server: Server) -> None:
    answer = server.ask("POST", "/v1/events", None, content=b"{}")
    assert (answer.status_code, answer.json()["error"]) == (401, "Unauthorized")


def test_refusals_are_counted_by_reason(server: Server) -> None:
    before = server.ask("GET", "/v1/refusals").json()["data"].get("no_type", 0)
    post(server, b'{"visitor_id": "v"}')
    assert server.ask("GET", "/v1/refusals").json()["data"]["no_type"] == before + 1


@pytest.mark.parametrize(
    ("spelling", "name"),
    [
        ("pageview", "page_view"),
        ("Page View", "page_view"),
        ("pageView", "page_view"),
        ("PAGE-VIEW", "page_view"),
        ("CART_ADD", "add_to_cart"),
        ("Product Added", "add_to_cart"),
        ("Order Completed", "purchase"),
        ("myOwnThing", "my_own_thing"),
        ("HTTPError", "http_error"),
        ("Prüfung fertig", "prüfung_fertig"),
    ],
)
def test_types_are_normalised(spelling: str, name: str) -> None:
    assert normalise_type(spelling) == name


def test_aliases_lead_to_names_that_stay(server: Server) -> None:
    assert all(normalise_type(name) == name for name in TYPE_ALIASES.values())
    assert server.ask("GET", "/healthz").json() == {"status": "ok"}
