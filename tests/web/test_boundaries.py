"""What the contract says to the letter, at the very boundary: through the real API, at an instant that stands still."""

import base64
import hashlib
import json
from typing import Any

import pytest
import xxhash

from sojourn.app import Sojourn
from sojourn.model.site import DAY_MS, DEFAULT_PASSIVE_TYPES, DEFAULT_TIMEOUT_MS, Goal
from tests.conftest import NOW
from tests.web.asking import Make, at

EVER = {"from": "1970-01-01"}

# Sessions


def test_a_session_is_open_while_less_than_one_timeout_has_passed(make: Make) -> None:
    asked = make()
    asked.send(at(DEFAULT_TIMEOUT_MS, visitor_id="closed"), at(DEFAULT_TIMEOUT_MS - 1, visitor_id="open"))
    assert [(row["lead"]["name"], row["is_open"]) for row in asked.sessions()] == [("open", True), ("closed", False)]


def test_a_gap_of_the_timeout_starts_a_session_and_a_shorter_one_does_not(make: Make) -> None:
    asked = make()
    first, gap = 5 * DEFAULT_TIMEOUT_MS, DEFAULT_TIMEOUT_MS
    asked.send(at(first), at(first - gap + 1), at(first - 2 * gap + 1))
    assert [row["event_count"] for row in asked.sessions()] == [1, 2]
    # Who wants the timeout itself to stay together sets one millisecond more.
    asked = make(session_timeout_ms=DEFAULT_TIMEOUT_MS + 1)
    asked.send(at(first), at(first - gap))
    assert [row["duration"] for row in asked.sessions()] == [1800]


@pytest.mark.parametrize(("timeout_ms", "status"), [(59_999, 400), (60_000, 200), (86_400_000, 200), (86_400_001, 400)])
def test_a_timeout_has_its_bounds(make: Make, timeout_ms: int, status: int) -> None:
    asked = make()
    body = {"session_timeout_ms": timeout_ms}
    assert asked.ask("PATCH", "/v1/site", params={"dry_run": "true"}, json=body)[0] == status


def test_a_duration_is_floored_and_instants_have_milliseconds_when_they_are_not_zero(make: Make) -> None:
    asked = make()
    asked.send(at(60_000), at(1, event_id="b"))
    (session,) = asked.sessions()
    assert session["duration"] == 59
    assert session["started_at"].endswith("Z")
    assert "." not in session["started_at"]
    assert session["ended_at"].endswith(".999Z")


@pytest.mark.parametrize("kind", DEFAULT_PASSIVE_TYPES)
def test_passive_events_are_kept_shown_and_in_no_session(make: Make, kind: str) -> None:
    asked = make()
    asked.send(at(3000), at(2000, type=kind, points=5), at(1000 + DEFAULT_TIMEOUT_MS, type=kind))
    (session,) = asked.sessions()
    assert (session["event_count"], session["total_points"], session["duration"]) == (1, 0, 0)
    stored = asked.get("/v1/events")["data"]
    assert [(row["id"], row["passive"], row["session_id"]) for row in stored] == [
        ("2000", True, None),
        ("3000", False, session["id"]),
        (str(1000 + DEFAULT_TIMEOUT_MS), True, None),
    ]
    assert stored[0]["points"] == 5


def test_which_types_are_passive_is_a_setting(make: Make) -> None:
    asked = make(passive_types=("click",))
    asked.send(at(3000), at(2000, type="email_sent"))
    assert [row["entry_point"] for row in asked.sessions()] == ["email_sent"]


def test_what_is_suppressed_is_in_no_session_and_names_nobody(make: Make) -> None:
    asked = make()
    ann = {"lead": {"id": "ann"}}
    asked.send(
        at(3000), at(2000, suppressed="robot", points=9, **ann), at(1000, visitor_id="other", suppressed="robot")
    )
    (session,) = asked.sessions()
    assert (session["event_count"], session["total_points"], session["lead"]["name"]) == (1, 0, "v")
    assert [row["suppressed"] for row in asked.get("/v1/events", suppressed="robot")["data"]] == ["robot", "robot"]
    assert [lead["lead"]["name"] for lead in asked.get("/v1/leads")["data"]] == ["v"]
    # Released it is a fact again, for what came before too.
    asked.app.decide(asked.site.id, ["2000"], "")
    asked.app.work_off()
    (session,) = asked.sessions()
    assert (session["event_count"], session["total_points"], session["lead"]["external_id"]) == (2, 9, "ann")


def test_events_of_one_millisecond_are_in_the_bytewise_order_of_their_ids(make: Make) -> None:
    asked = make()
    ids = ["é", "a", "B", "10", "9", "ab", "Z"]
    asked.send(*(at(1000, event_id=event_id, type=f"type {event_id}") for event_id in ids))
    (session,) = asked.sessions()
    shown = asked.get(f"/v1/sessions/{session['id']}")["data"]["events"]
    assert [row["id"] for row in shown] == sorted(ids, key=str.encode)
    assert (session["entry_point"], session["exit_point"]) == ("type_10", "type_é")


def test_pages_are_distinct_by_host_and_path(make: Make) -> None:
    asked = make()
    urls = ["https://X.example/a/", "https://x.example/a", "http://x.example/a?b=1#c", "https://x.example/A", None]
    views = [at(9000 - n, type="page_view", **({"url": url} if url else {})) for n, url in enumerate(urls)]
    asked.send(*views, at(10, type="click", url="https://x.example/other"))
    (session,) = asked.sessions()
    assert (session["page_count"], session["event_count"]) == (2, 6)
    assert (session["entry_url"], session["exit_url"]) == (urls[0], urls[3])


def test_revenue_is_in_the_currency_that_the_site_reports_in(make: Make) -> None:
    bought = [
        at(9000, type="purchase", value=1.5, currency="usd"),
        at(8000, type="purchase", value=10, currency="EUR"),
        at(7000, type="purchase", value=2.25, currency="USD"),
        at(6000, type="click", value=99, currency="USD"),
    ]
    for currency, revenue in (("USD", 3.75), ("EUR", 10), ("GBP", None), (None, 3.75)):
        asked = make(currency=currency)
        asked.send(*bought)
        (session,) = asked.sessions()
        assert session["revenue"] == revenue, currency
        assert session["converted"] is True


def test_a_goal_is_event_types_or_pages(make: Make) -> None:
    asked = make(goals={"called": Goal(types=("call",)), "thanked": Goal(urls=("/thank-you*",))})
    asked.send(
        at(9000, type="page_view", url="https://x.example/thank-you/7"),
        at(8000, type="call", visitor_id="w"),
        at(7000, type="click", visitor_id="x", url="https://x.example/thank-you"),
    )
    assert {row["lead"]["name"]: row["goals"] for row in asked.sessions()} == {
        "v": ["thanked"],
        "w": ["called"],
        "x": [],
    }


def test_an_id_of_a_suppressed_event_answers_with_the_session_that_spans_its_time(make: Make) -> None:
    asked = make()
    asked.send(at(600_000))
    (old,) = asked.sessions()
    asked.send(at(900_000), at(300_000))
    asked.app.decide(asked.site.id, ["600000"], "robot")
    asked.app.work_off()
    (present,) = asked.sessions()
    assert present["id"] != old["id"]
    assert asked.get(f"/v1/sessions/{old['id']}")["data"]["id"] == present["id"]
    asked.app.decide(asked.site.id, ["900000"], "robot")
    asked.app.work_off()
    assert asked.ask("GET", f"/v1/sessions/{old['id']}")[0] == 404, "nothing spans its time"


def of_26(number: int) -> str:
    """128 bits in Crockford's base32."""
    return "".join("0123456789ABCDEFGHJKMNPQRSTVWXYZ"[number >> 5 * place & 31] for place in reversed(range(26)))


def test_ids_are_derived_as_the_docs_say(make: Make) -> None:
    asked = make()
    asked.send(at(5000, event_id="ä1"), at(4000, visitor_id="w", event_id="2", lead={"id": "ann"}))
    later, first = asked.sessions()
    site, sender = asked.site.id, "v:v"
    bucket = xxhash.xxh64_intdigest(f"{site}\0{sender}".encode()) & 0xFFFF
    tail = xxhash.xxh64_intdigest(f"{site}\0{sender}\0ä1".encode())
    assert first["id"] == "sess_" + of_26((NOW - 5000) << 80 | bucket << 64 | tail)
    assert first["id"] < later["id"]
    for session, ref in ((first, "v:v"), (later, "i:ann")):
        digest = hashlib.sha256(f"{site}\0{ref}".encode()).digest()
        assert session["lead_id"] == "lead_" + of_26(int.from_bytes(digest[:16], "big") >> 1)


# Lists


def test_a_list_reaches_back_thirty_days_and_up_to_now(make: Make) -> None:
    asked = make()
    edge = 30 * DAY_MS
    asked.send(at(0), at(edge), at(edge + DEFAULT_TIMEOUT_MS + 1, visitor_id="older"), at(edge + 1, visitor_id="w"))
    assert [row["lead"]["name"] for row in asked.sessions()] == ["v", "v"]
    assert len(asked.sessions(**EVER)) == 4


def test_from_is_included_and_to_is_not(make: Make) -> None:
    asked = make()
    asked.send(*({"visitor_id": f"v{n}", "occurred_at": f"2026-03-0{n}"} for n in (1, 2, 3)))
    assert asked.starts(**{"from": "2026-03-01", "to": "2026-03-03"}) == [
        "2026-03-02T00:00:00Z",
        "2026-03-01T00:00:00Z",
    ]
    assert asked.starts(**{"from": "2026-03-01T00:00:00.001Z", "to": "2026-03-03T00:00:00.001Z"}) == [
        "2026-03-03T00:00:00Z",
        "2026-03-02T00:00:00Z",
    ]


def test_bounds_of_numbers_are_inclusive(make: Make) -> None:
    asked = make()
    asked.send(at(61_999, points=7), at(1000, event_id="b"))
    score = asked.sessions()[0]["intent_score"]
    for name, value in (("duration", 60), ("events", 2), ("points", 7), ("intent", score)):
        found = [len(asked.sessions(**{f"{side}_{name}": value})) for side in ("min", "max")]
        assert found == [1, 1], name
        outside = {f"min_{name}": value + 1}, {f"max_{name}": value - 1}
        for unfit in outside:
            if 0 <= next(iter(unfit.values())) <= 100:
                assert asked.sessions(**unfit) == [], unfit


def test_what_may_be_repeated_is_any_of_and_events_are_all_of(make: Make) -> None:
    asked = make()
    asked.send(
        at(9000, type="purchase", visitor_id="a", context={"device": "mobile", "country": "DE"}),
        at(8000, type="page_view", visitor_id="a", url="https://x.example/a?b=1"),
        at(7000, type="page_view", visitor_id="b", url="https://x.example/b", context={"device": "tablet"}),
        at(6000, type="email_open", visitor_id="c"),
    )

    def named(**parameters: Any) -> str:
        return "".join(sorted(row["lead"]["name"] for row in asked.sessions(**parameters)))

    for parameters, names in (
        ({"converted": "true"}, "a"),
        ({"converted": "false"}, "bc"),
        ({"converted": ["true", "false"]}, "abc"),
        ({"converted": ["true", "true"]}, "a"),
        ({"device": ["mobile", "tablet"]}, "ab"),
        ({"device": ["mobile", "tablet"], "country": "DE"}, "a"),
        ({"has_event": ["purchase", "Page View"]}, "a"),
        ({"has_event": ["purchase", "email_open"]}, ""),
        ({"exit_point": ["page_view", "email_open"]}, "abc"),
        ({"entry_url": ["https://x.example/a*", "https://x.example/b"]}, "ab"),
        ({"entry_url": "https://x.example/a"}, ""),
        ({"intent": ["high", "low"]}, named(intent="high") + named(intent="low")),
    ):
        assert named(**parameters) == "".join(sorted(names)), parameters
    page = asked.get("/v1/sessions", limit=2, converted=["true", "false"])
    rest = asked.get("/v1/sessions", cursor=page["next_cursor"], converted=["true", "false"])
    assert (len(page["data"]), len(rest["data"])) == (2, 1)
    made = asked.ask("POST", "/v1/segments", json={"name": "all", "filters": {"converted": [True, False]}})[1]["data"]
    assert named(segment_id=made["id"]) == "abc"
    assert asked.ask("GET", "/v1/sessions", params={"converted": ["true", "perhaps"]})[0] == 400
    assert asked.ask("GET", "/v1/sessions", params={"min_events": ["1", "2"]})[0] == 400


def test_a_page_has_fifty_unless_a_limit_of_up_to_two_hundred_is_asked_for(make: Make) -> None:
    asked = make()
    asked.send(*(at(n, visitor_id=f"v{n:03}") for n in range(201)))
    ids = [row["id"] for limit in (200,) for row in asked.sessions(limit=limit)]
    assert ids == sorted(ids, reverse=True)
    assert len(ids) == 200
    page = asked.get("/v1/sessions")
    assert [row["id"] for row in page["data"]] == ids[:50]
    assert page["has_more"] is True
    cursor = json.loads(base64.b64decode(page["next_cursor"].translate(str.maketrans("-_", "+/"))))
    assert (cursor["id"], cursor["direction"]) == (ids[49], "before")
    last = asked.get("/v1/sessions", cursor=asked.get("/v1/sessions", limit=200)["next_cursor"])
    assert (len(last["data"]), last["has_more"], last["next_cursor"]) == (1, False, None)
    for limit in (0, 201, -1):
        assert asked.ask("GET", "/v1/sessions", params={"limit": limit})[0] == 400


def test_pages_lead_back_again(make: Make) -> None:
    asked = make()
    asked.send(*(at(n * 1000, visitor_id=f"v{n}") for n in range(10)))
    ids = [row["id"] for row in asked.sessions()]
    back = base64.b64encode(json.dumps({"id": ids[8], "direction": "after"}).encode()).decode()
    page = asked.get("/v1/sessions", cursor=back, limit=3)
    assert [row["id"] for row in page["data"]] == ids[5:8]
    further = asked.get("/v1/sessions", cursor=page["next_cursor"], limit=3)
    assert [row["id"] for row in further["data"]] == ids[2:5]
    last = asked.get("/v1/sessions", cursor=further["next_cursor"], limit=3)
    assert ([row["id"] for row in last["data"]], last["has_more"], last["next_cursor"]) == (ids[:2], False, None)


def test_a_cursor_of_an_id_alone_reaches_back_thirty_days_from_it(make: Make) -> None:
    asked = make()
    newest, edge = 100 * DAY_MS, 130 * DAY_MS
    asked.send(at(newest), at(edge, visitor_id="edge"), at(edge + 1, visitor_id="before"))
    first = asked.sessions(**EVER)[0]
    cursor = base64.b64encode(json.dumps({"id": first["id"], "direction": "before"}).encode()).decode()
    assert [row["lead"]["name"] for row in asked.sessions(cursor=cursor)] == ["edge"]


def test_changed_at_or_after_is_at_and_ever(make: Make) -> None:
    asked = make()
    asked.send(at(400 * DAY_MS))
    assert asked.sessions() == []
    (session,) = asked.sessions(**EVER)
    assert asked.sessions(updated_since=session["updated_at"]) == [session]
    changed_ms = asked.app.engine.query(
        "SELECT max(updated_at) FROM sessions WHERE site_id = {site_id:String}", {"site_id": asked.site.id}
    )[0][0]
    assert asked.sessions(updated_since=changed_ms) == [session]
    assert asked.sessions(updated_since=changed_ms + 1) == []


def test_a_session_that_is_no_more_leaves_a_tombstone(make: Make) -> None:
    asked = make()
    asked.send(at(1_000_000), at(500, visitor_id="w"))
    gone, moved = sorted(asked.sessions(), key=lambda row: row["started_at"], reverse=True)
    asked.send(at(1_500_000))
    asked.app.decide(asked.site.id, ["500"], "robot")
    asked.app.work_off()
    (present,) = asked.sessions()
    told = asked.sessions(updated_since="1970-01-01")
    tombstones = {row["id"]: row for row in told if "deleted" in row}
    assert tombstones == {
        gone["id"]: {"id": gone["id"], "deleted": True, "superseded_by": None},
        moved["id"]: {"id": moved["id"], "deleted": True, "superseded_by": present["id"]},
    }
    assert [row for row in told if "deleted" not in row] == [present]


# One session


def test_a_url_is_path_and_query_on_the_sites_own_hosts(make: Make) -> None:
    urls = ["https://shop.example/a?b=1", "https://shop.example", "https://elsewhere.example/a?b=1"]
    for hosts, shown in (((), ["/a?b=1", "/", "/a?b=1"]), (("shop.example",), ["/a?b=1", "/", urls[2]])):
        asked = make(hosts=hosts)
        asked.send(*(at(9000 - n, type="page view", url=url) for n, url in enumerate(urls)))
        answer = asked.get(f"/v1/sessions/{asked.sessions()[0]['id']}")["data"]
        assert [(row["type"], row["url"]) for row in answer["events"]] == [("PAGE_VIEW", url) for url in shown]
        assert [sorted(row) for row in answer["events"]] == [
            ["id", "occurred_at", "points", "properties", "type", "url"] for _ in urls
        ]
        assert answer["nudges"] == []
        assert "events_next_cursor" not in answer


@pytest.mark.parametrize("cursor", ["garbage", "", base64.b64encode(b"[1]").decode(), base64.b64encode(b"{}").decode()])
def test_an_unfit_place_in_a_session_is_400(make: Make, cursor: str) -> None:
    asked = make()
    asked.send(at(1))
    path = f"/v1/sessions/{asked.sessions()[0]['id']}"
    status, body = asked.ask("GET", path, params={"events_cursor": cursor})
    assert (status, body["error"]) == (400, "InvalidRequest")


# Retention and keys


def test_what_started_before_the_window_is_not_served(make: Make) -> None:
    asked = make()
    window = 30 * DAY_MS
    asked.send(
        at(window, visitor_id="edge"),
        at(window + 1, visitor_id="across"),
        at(window - 1, visitor_id="across"),
        at(window + 1, visitor_id="gone"),
    )
    ids = {row["lead"]["name"]: row["id"] for row in asked.sessions(**EVER)}
    assert len(ids) == 3
    assert asked.ask("PATCH", "/v1/site", json={"plan": "starter"})[0] == 200
    assert [row["lead"]["name"] for row in asked.sessions(**EVER)] == ["edge"]
    assert [lead["lead"]["name"] for lead in asked.get("/v1/leads")["data"]] == ["edge"]
    for name, status in (("edge", 200), ("across", 404), ("gone", 404)):
        assert asked.ask("GET", f"/v1/sessions/{ids[name]}")[0] == status, name
    assert [row["lead"]["name"] for row in asked.get("/v1/events", **EVER)["data"]] == ["across", "edge"]
    assert asked.ask("GET", "/v1/leads/gone")[0] == 404
    assert asked.ask("GET", "/v1/leads/gone/export")[0] == 404
    outlook = asked.get("/v1/site")["data"]["retention"]
    assert outlook["hidden_session_count"] == 2
    assert outlook["next_purge_session_count"] == 0, "deleted seven days later"


@pytest.mark.parametrize(
    ("patch", "kept"),
    [
        ({"plan": "starter"}, 30),
        ({"plan": "growth"}, 30),
        ({"plan": "scale"}, 90),
        ({"plan": "enterprise"}, None),
        ({"plan": "starter", "retention_days": 30}, 30),
        ({"plan": "starter", "retention_days": 31}, 400),
        ({"plan": "growth", "retention_days": None}, 400),
        ({"plan": "scale", "retention_days": 90}, 90),
        ({"plan": "scale", "retention_days": 91}, 400),
        ({"retention_days": 1}, 1),
        ({"retention_days": 0}, 400),
        ({"retention_days": 36_500}, 36_500),
    ],
)
def test_a_plan_says_how_long_is_kept(make: Make, patch: dict[str, Any], kept: int | None) -> None:
    asked = make()
    site = asked.get("/v1/site")["data"]
    assert (site["plan"], site["retention_days"], site["session_timeout_ms"]) == ("enterprise", None, 1_800_000)
    status, body = asked.ask("PATCH", "/v1/site", json=patch)
    if kept == 400:
        assert (status, body["error"]) == (400, "InvalidRequest")
    else:
        assert (status, body["data"]["retention_days"]) == (200, kept)


def test_a_key_is_stored_as_a_hash_alone(app: Sojourn, make: Make) -> None:
    asked = make()
    key, text = app.keys.create(asked.site.id, "publishable", is_test=True, now_ms=NOW)
    assert text.startswith("pk_test_")
    stored = str(app.engine.named("SELECT * FROM keys WHERE site_id LIKE {like:String}", {"like": asked.site.id + "%"}))
    assert key.key_hash in stored
    assert text not in stored
    assert text.removeprefix("pk_test_") not in stored
