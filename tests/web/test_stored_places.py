"""GET /v1/events where many events, or copies of one, have an instant in common: none is skipped, none comes twice."""

import base64
import json
from typing import Any

import pytest

from sojourn.reports import event_export, event_rows, events
from sojourn.reports.events import EventQuestion
from tests.conftest import NOW
from tests.web.asking import Asked, Make

AT = 1_779_000_000_000


def pages(asked: Asked, limit: int, **parameters: Any) -> list[str]:
    found: list[str] = []
    question: dict[str, Any] = {**parameters, "limit": limit}
    while True:
        body = asked.get("/v1/events", **question)
        found += [event["id"] for event in body["data"]]
        if not body["has_more"]:
            return found
        question = {"cursor": body["next_cursor"], "limit": limit}


def copies(visitor: str, event_id: str, at: int, count: int = 2) -> list[dict[str, Any]]:
    """So many that differ, in one place."""
    event = {"type": "click", "visitor_id": visitor, "event_id": event_id, "occurred_at": at}
    return [{**event, "properties": {"copy": number}} for number in range(count)]


@pytest.mark.parametrize("before", [22, 23, 24])
def test_the_copy_that_stands_comes_wherever_what_is_read_at_once_ends(make: Make, before: int) -> None:
    asked = make()
    for pair in range(6):
        visitor, at = f"v{pair}", AT + pair * 1000
        # The newest ones of each visitor are of another lead: they are read and drop out.
        login = {"type": "identify", "visitor_id": visitor, "lead": {"id": f"old{pair}"}, "occurred_at": at - 9}
        other = {"type": "identify", "visitor_id": visitor, "lead": {"id": f"new{pair}"}, "occurred_at": at + 9}
        rest = [
            {"type": "click", "visitor_id": visitor, "event_id": f"x{number}", "occurred_at": at + 10 + number}
            for number in range(before - 1)
        ]
        asked.send(login, other, *rest, *copies(visitor, "c", at))
    for pair in range(6):
        body = asked.get("/v1/events", lead_id=f"old{pair}", type="click", limit=1)
        assert [event["id"] for event in body["data"]] == ["c"], pair


@pytest.mark.parametrize("limit", [1, 2, 7, 200])
def test_events_of_one_instant_come_once_forth_and_back(make: Make, limit: int) -> None:
    asked = make()
    same = [f"s{number:03}" for number in range(120)]
    sent = [event for name in same for event in copies(f"v{name}", name, AT)]
    around = [copies("v", name, at, 1)[0] for name, at in (("early", AT - 1), ("late", AT + 1))]
    asked.send(*sent, *around)
    expected = ["late", *reversed(same), "early"]
    assert pages(asked, limit) == expected
    cursor = base64.b64encode(json.dumps({"id": "early", "direction": "after"}).encode()).decode()
    back = pages(asked, limit, cursor=cursor)
    assert sorted(back) == sorted(expected[:-1])
    assert len(back) == len(expected) - 1


def test_more_copies_in_one_place_than_are_read_at_once(make: Make) -> None:
    asked = make()
    asked.send(*copies("v", "many", AT, 90), *copies("v", "next", AT - 1))
    assert pages(asked, 1) == ["many", "next"]


def test_a_state_is_that_of_now(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where hardly anything that is read fits."""
    monkeypatch.setattr(event_rows, "MOST_AT_ONCE", 30)
    asked = make()
    asked.send(*(copies("v", f"e{number:03}", AT + number, 1)[0] for number in range(100)))
    for ids, reason in (([f"e{number:03}" for number in range(1, 100)], "robot"), (["e050"], None), (["e060"], "own")):
        assert asked.ask("POST", "/v1/suppressions", json={"event_ids": ids, "reason": reason})[0] == 202
    assert pages(asked, 1, suppressed="false") == ["e050", "e000"]
    assert pages(asked, 1, suppressed="own") == ["e060"]
    assert len(pages(asked, 9, suppressed="robot")) == 97
    assert len(pages(asked, 9, suppressed="true")) == 98


def test_months_apart(make: Make) -> None:
    asked = make()
    days = [0, 1, 40, 100, 101, 900, 5000]
    asked.send(*(copies("v", f"d{day}", AT - day * 86_400_000, 1)[0] for day in days))
    names = [f"d{day}" for day in days]
    assert pages(asked, 2, **{"from": "1970-01-01"}) == names
    assert pages(asked, 200, **{"from": "1970-01-01"}) == names
    cursor = base64.b64encode(json.dumps({"id": "d5000", "direction": "after"}).encode()).decode()
    assert sorted(pages(asked, 2, cursor=cursor)) == sorted(names[:-1])


def test_a_cursor_pages_back_in_json_alone(make: Make) -> None:
    asked = make()
    asked.send(*(copies("v", f"e{number}", AT + number, 1)[0] for number in range(3)))
    cursor = base64.b64encode(json.dumps({"id": "e0", "direction": "after"}).encode()).decode()
    assert len(asked.get("/v1/events", cursor=cursor)["data"]) == 2
    for form in ("csv", "parquet"):
        status, body = asked.ask("GET", "/v1/events", params={"cursor": cursor, "format": form})
        assert (status, body["message"]) == (400, "paging back is for JSON alone.")


def filed(asked: Asked, limit: int | None = None, cursor: str | None = None) -> tuple[list[str], str | None]:
    """The ids of a file, and the cursor of what follows."""
    edge = events.decode(cursor) if cursor is not None else None
    question = EventQuestion((edge.filters if edge is not None else None) or {"from": 0}, 50, edge)
    pieces = list(asked.app.event_exports.tables(asked.site, asked.site.id, question, limit, NOW))
    return [each for table, _ in pieces for each in table["id"].to_pylist()], pieces[-1][1]


@pytest.mark.parametrize("rows", [1, 2, 5, 40])
def test_a_file_is_the_list_wherever_its_pieces_end(make: Make, monkeypatch: pytest.MonkeyPatch, rows: int) -> None:
    """Also within a minute, and within an instant, of more events than a piece is to have."""
    for name in ("FIRST_ROWS", "FEWEST_AT_ONCE", "MOST_AT_ONCE"):
        monkeypatch.setattr(event_export, name, rows)
    asked = make()
    same = [event for number in range(30) for event in copies(f"v{number}", f"s{number:03}", AT)]
    near = [copies("v", f"n{number}", AT + number % 5 - 2, 1)[0] for number in range(20)]
    far = [copies("v", f"f{number}", AT - number * 7 * 86_400_000, 1)[0] for number in range(12)]
    asked.send(*same, *near, *far, *copies("v", "many", AT, 9))
    expected = pages(asked, 200, **{"from": "1970-01-01"})
    assert len(expected) == 30 + 20 + 12 + 1
    assert filed(asked) == (expected, None)
    for limit in (1, 7, 62):
        found, cursor = filed(asked, limit)
        while cursor is not None:
            more, cursor = filed(asked, limit, cursor)
            assert len(more) == limit or cursor is None
            found += more
        assert found == expected, limit
    assert filed(asked, 63) == (expected, None)


def test_no_event_is_skipped_or_comes_twice_while_events_arrive(make: Make) -> None:
    asked = make()
    first = [f"a{number:02}" for number in range(40)]
    asked.send(*(copies("v", name, AT - number * 500, 1)[0] for number, name in enumerate(first)))
    found: list[str] = []
    question: dict[str, Any] = {"from": "1970-01-01", "limit": 3}
    for turn in range(100):
        body = asked.get("/v1/events", **question)
        found += [event["id"] for event in body["data"]]
        if not body["has_more"]:
            break
        question = {"cursor": body["next_cursor"], "limit": 3}
        # Newer ones, late ones between those that are there, and other copies of some.
        asked.send(*(copies("w", f"b{turn}-{number}", AT - 7001 * number + 5000, 1)[0] for number in range(5)))
        asked.send({**copies("v", first[turn * 7 % 40], AT - turn * 7 % 40 * 500, 1)[0], "properties": {"turn": turn}})
    assert len(found) == len(set(found))
    assert set(first) <= set(found)
    assert any(name.startswith("b") for name in found)
