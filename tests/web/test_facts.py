"""Facts of their own, as the API answers them: suppressions, erasures, and what a lead became."""

from typing import Any

import pytest

from tests.conftest import NOW
from tests.web.asking import Asked, Make, at

HOUR_MS = 3_600_000


def ids(rows: list[dict[str, Any]]) -> list[str]:
    return [row["id"] for row in rows]


def suppress(asked: Asked, *event_ids: str, reason: str | None = "own team") -> int:
    status, body = asked.ask("POST", "/v1/suppressions", json={"event_ids": event_ids, "reason": reason})
    assert status == 202, body
    asked.app.work_off()
    count: int = body["data"]["event_count"]
    return count


def test_copies_that_arrive_later_do_not_undo_a_suppression(make: Make) -> None:
    asked = make()
    asked.send(at(3000), at(2000))
    assert suppress(asked, "2000") == 1
    asked.send(at(2000), at(2000, occurred_at=NOW - 2500))
    (session,) = asked.sessions()
    assert (session["event_count"], session["duration"]) == (1, 0)
    assert [row["id"] for row in asked.get("/v1/events", suppressed="own team")["data"]] == ["2000"]
    assert suppress(asked, "2000", reason=None) == 1
    assert [row["event_count"] for row in asked.sessions()] == [2]


def test_a_suppression_splits_and_a_release_joins(make: Make) -> None:
    asked = make()
    asked.send(at(3_000_000), at(1_800_000), at(600_000))
    (whole,) = asked.sessions()
    suppress(asked, "1800000", "nobody's")
    later, first = asked.sessions()
    assert first["id"] == whole["id"] != later["id"]
    suppress(asked, "1800000", reason=None)
    assert ids(asked.sessions()) == [whole["id"]]
    assert asked.get(f"/v1/sessions/{later['id']}")["data"]["id"] == whole["id"], "an id that was served"


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"event_ids": ["1"] * 10_001, "reason": "x"}, 400),
        ({"event_ids": ["1"] * 10_000, "reason": "x"}, 202),
        ({"event_ids": [], "reason": "x"}, 400),
        ({"event_ids": ["1"], "reason": ""}, 400),
        ({"event_ids": ["1"], "reason": "x" * 101}, 400),
        ({"event_ids": ["1"], "reason": "x" * 100}, 202),
        ({"event_ids": "1", "reason": "x"}, 400),
        ({"event_ids": ["1"], "why": "x"}, 400),
        ({"event_ids": ["2"], "reason": "x"}, 404),
    ],
    ids=str,
)
def test_a_suppression_has_its_bounds(make: Make, body: dict[str, Any], status: int) -> None:
    asked = make()
    asked.send(at(1))
    answered, answer = asked.ask("POST", "/v1/suppressions", json=body)
    assert answered == status
    if status != 202:
        assert sorted(answer) == ["error", "message"]


def test_an_erased_lead_is_in_no_answer_and_its_late_copies_are_refused(make: Make) -> None:
    asked = make()
    ann: dict[str, Any] = {"lead": {"id": "ann", "email": "ann@x.example"}}
    asked.send(at(3 * HOUR_MS, visitor_id="a", **ann), at(HOUR_MS, visitor_id="a"), at(1000, visitor_id="other"))
    other, *hers = asked.sessions()
    assert len(hers) == 2
    lead_id = hers[0]["lead_id"]
    status, body = asked.ask("DELETE", "/v1/leads/ann@x.example")
    receipt = body["data"]
    assert status == 200
    assert (receipt["lead_id"], receipt["event_count"], receipt["session_count"]) == (lead_id, 2, 2)
    assert receipt["identifier_count"] == 3
    assert receipt["erased_at"] == "2026-05-28T20:26:40Z"
    assert ids(asked.sessions()) == [other["id"]]
    assert ids(asked.get("/v1/events")["data"]) == ["1000"]
    assert ids(asked.get("/v1/leads")["data"]) == [other["lead_id"]]
    for path in (f"sessions/{hers[0]['id']}", f"events/{HOUR_MS}", f"leads/{lead_id}", "leads/ann", "leads/a/export"):
        assert asked.ask("GET", f"/v1/{path}")[0] == 404, path
    for parameters in ({"lead_id": "ann"}, {"lead_id": lead_id}, {"lead_id": "a"}):
        assert asked.sessions(**parameters) == []
    tombstones = [row for row in asked.sessions(updated_since="1970-01-01") if row.get("deleted")]
    assert {row["id"]: row["superseded_by"] for row in tombstones} == dict.fromkeys(ids(hers))
    # Asked for again, the receipt comes again, by whatever names the lead had.
    for text in ("ann", "ann@x.example", lead_id, "a"):
        assert asked.ask("DELETE", f"/v1/leads/{text}") == (200, {"data": receipt}), text
    assert asked.ask("DELETE", "/v1/leads/nobody")[0] == 404


def test_a_lead_id_that_was_served_answers_as_the_lead_it_became(make: Make) -> None:
    asked = make()
    asked.send(at(3000))
    (anonymous,) = asked.sessions()
    asked.send(at(2000, type="identify", lead={"email": "ann@x.example"}))
    (named,) = asked.sessions()
    asked.send(at(1000, type="identify", lead={"id": "ann", "email": "Ann@X.example"}))
    (known,) = asked.sessions()
    assert len({each["lead_id"] for each in (anonymous, named, known)}) == 3
    assert anonymous["id"] == named["id"] == known["id"], "a session keeps its id whoever it belongs to"
    for text in (anonymous["lead_id"], named["lead_id"], known["lead_id"], "ann", "v", "ANN@x.example"):
        assert asked.get(f"/v1/leads/{text}")["data"]["id"] == known["lead_id"]
        assert ids(asked.sessions(lead_id=text)) == [known["id"]]
        assert ids(asked.get("/v1/events", lead_id=text)["data"]) == ["1000", "2000", "3000"]


def test_an_own_id_may_end_like_a_path(make: Make) -> None:
    asked = make()
    asked.send(at(2000, lead={"id": "a"}), at(1000, lead={"id": "a/export"}))
    assert asked.get("/v1/leads/a%2Fexport")["data"]["lead"]["name"] == "a/export"
    for path, name in (("a/export", "a"), ("a%2Fexport/export", "a/export")):
        document = asked.get(f"/v1/leads/{path}")["data"]
        assert (document["lead"]["name"], len(document["events"])) == (name, 1)


def test_leads_lead_on_and_back_with_the_envelope_of_the_sessions(make: Make) -> None:
    asked = make()
    asked.send(*(at(n, visitor_id=f"v{n}") for n in range(7)))
    whole = ids(asked.get("/v1/leads")["data"])
    assert whole == sorted(whole, reverse=True)
    assert len(whole) == 7
    first = asked.get("/v1/leads", limit=3)
    second = asked.get("/v1/leads", limit=3, cursor=first["next_cursor"])
    third = asked.get("/v1/leads", limit=3, cursor=second["next_cursor"])
    assert [ids(page["data"]) for page in (first, second, third)] == [whole[:3], whole[3:6], whole[6:]]
    assert [page["has_more"] for page in (first, second, third)] == [True, True, False]
    assert third["next_cursor"] is None
    for unfit in ({"limit": 0}, {"limit": 201}, {"cursor": "garbage"}, {"colour": "red"}):
        status, body = asked.ask("GET", "/v1/leads", params=unfit)
        assert (status, body["error"]) == (400, "InvalidRequest")


def test_a_text_that_stands_for_several_leads_is_400_and_names_them(make: Make) -> None:
    asked = make()
    asked.send(at(2000, visitor_id="twice"), at(1000, lead={"id": "twice"}))
    found = {row["lead_id"] for row in asked.sessions(lead_id="twice")}
    assert len(found) == 2, "a list answers with both"
    for method in ("GET", "DELETE"):
        status, body = asked.ask(method, "/v1/leads/twice")
        assert (status, body["error"]) == (400, "InvalidRequest")
        assert all(lead_id in body["message"] for lead_id in found)
    assert len(asked.sessions()) == 2
