"""Lists, synchronisation and files by answers of the contract's form, whatever server gives them."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from sojourn import FileError, SojournError, Unavailable
from sojourn.client import Event, Retries, Session, Tombstone
from sojourn.web.examples import SESSION
from tests.client.conftest import Connect
from tests.client.outside import HANG_UP, Answer, Outside

PARQUET = "application/vnd.apache.parquet"


def page(*rows: dict[str, Any], cursor: str | None = None, **more: str) -> Answer:
    return Answer(200, {"data": list(rows), "next_cursor": cursor, "has_more": cursor is not None, **more})


def session(number: int) -> dict[str, Any]:
    return {**SESSION, "id": f"sess_{number:026}"}


def tombstone(number: int, superseded_by: str | None = None) -> dict[str, Any]:
    return {"id": f"sess_{number:026}", "deleted": True, "superseded_by": superseded_by}


def test_a_list_asks_for_the_next_page_when_it_is_needed(connect: Connect) -> None:
    with Outside([page(session(2), session(1), cursor="more"), HANG_UP, page(session(0))]) as outside:
        rows = iter(connect(outside.url).sessions(intent="high", page_size=2))
        assert outside.asked == []
        assert [next(rows).id, next(rows).id] == [session(2)["id"], session(1)["id"]]
        assert len(outside.asked) == 1
        assert [row.id for row in rows] == [session(0)["id"]]
        assert [asked.parameters for asked in outside.asked] == [
            [("intent", "high"), ("limit", "2")],
            [("cursor", "more"), ("limit", "2")],
            [("cursor", "more"), ("limit", "2")],
        ]


def test_changes_are_sessions_and_tombstones(connect: Connect) -> None:
    first = page(session(3), tombstone(2, session(3)["id"]), cursor="more")
    with Outside([first, page(tombstone(1))]) as outside:
        changes = connect(outside.url).changes(datetime(2026, 4, 29, tzinfo=UTC))
        found = list(changes)
        assert [type(change) for change in found] == [Session, Tombstone, Tombstone]
        assert found[1:] == [
            Tombstone(id=tombstone(2)["id"], superseded_by=session(3)["id"]),
            Tombstone(id=tombstone(1)["id"], superseded_by=None),
        ]
        assert outside.asked[0].parameters == [("updated_since", "2026-04-29T00:00:00Z"), ("limit", "200")]


def test_the_next_changes_begin_where_the_server_says_before_the_first_page(connect: Connect) -> None:
    since, told = datetime(2020, 4, 29, tzinfo=UTC), "2020-05-01T10:00:00Z"
    first = page(session(3), cursor="more", synced_until=told)
    with Outside([first, page(session(2), synced_until="2020-05-02T10:00:00Z")]) as outside:
        changes = connect(outside.url).changes(since)
        rows = iter(changes)
        next(rows)
        assert changes.next_since == since, "not yet read to the end"
        assert len(list(rows)) == 1
        assert changes.next_since == datetime(2020, 5, 1, 10, tzinfo=UTC)
    with Outside([page()]) as outside:
        later = datetime(2100, 1, 1)  # noqa: DTZ001 - no zone is UTC
        changes = connect(outside.url).changes(later)
        assert list(changes) == []
        assert changes.next_since == later.replace(tzinfo=UTC), "never back"
    with Outside([page()]) as outside:
        list(connect(outside.url).changes())
        assert outside.asked[0].parameters[0] == ("updated_since", "1970-01-01T00:00:00Z")


def test_events_are_listed_and_shown(connect: Connect) -> None:
    row = {
        "id": "e1",
        "type": "page_view",
        "occurred_at": "2026-04-29T10:00:00.5Z",
        "received_at": "2026-04-29T10:00:01Z",
        "lead_id": "lead_1",
        "lead": {"id": "lead_1", "name": "Ann"},
        "session_id": None,
        "suppressed": "robot",
        "passive": False,
        "points": 0,
        "properties": {"a": 1},
        "context": {},
        "unheard_of": 1,
    }
    with Outside([page(row), Answer(200, {"data": row})]) as outside:
        client = connect(outside.url)
        (event,) = client.events(suppressed=True, type=["page_view", "click"], url="/pricing")
        assert isinstance(event, Event)
        assert (event.id, event.suppressed, event.properties) == ("e1", "robot", {"a": 1})
        assert event.occurred_at == datetime(2026, 4, 29, 10, 0, 0, 500_000, tzinfo=UTC)
        assert client.event("a/b ?") == event
        assert outside.asked[0].path == "/v1/events"
        assert outside.asked[0].parameters == [
            ("suppressed", "true"),
            ("type", "page_view"),
            ("type", "click"),
            ("url", "/pricing"),
            ("limit", "200"),
        ]
        assert outside.asked[1].path == "/v1/events/a%2Fb%20%3F"


@pytest.mark.parametrize(("name", "kind"), [("out.csv", "text/csv; charset=utf-8"), ("out.PARQUET", PARQUET)])
def test_an_export_is_a_whole_file_or_none(connect: Connect, tmp_path: Path, name: str, kind: str) -> None:
    target = tmp_path / name
    target.write_bytes(b"older")
    whole, cut = (
        Answer(200, b"id\n" * 700_000, {"Content-Type": kind}),
        Answer(200, b"i", {"Content-Type": kind}, is_cut=True),
    )
    with Outside([cut, HANG_UP, whole]) as outside:
        client = connect(outside.url)
        assert client.export(target, converted=True) == target
        assert target.read_bytes() == whole.body
        assert outside.asked[0].headers["accept"] == kind.partition(";")[0]
        assert outside.asked[0].parameters == [("converted", "true")]
    with Outside([cut]) as outside, pytest.raises(Unavailable):
        connect(outside.url, retries=Retries(most_tries=2)).export_events(str(target))
    assert outside.asked[0].path == "/v1/events"
    assert target.read_bytes() == whole.body
    assert list(tmp_path.iterdir()) == [target]


def test_an_export_that_cannot_be_is_said(connect: Connect, tmp_path: Path) -> None:
    with Outside([page()]) as outside:
        with pytest.raises(SojournError, match="application/json instead of text/csv"):
            connect(outside.url).export(tmp_path / "out.csv")
        assert list(tmp_path.iterdir()) == []
    with Outside([Answer(200, b"id\n", {"Content-Type": "text/csv"})]) as outside:
        with pytest.raises(FileError, match="No such file"):
            connect(outside.url).export(tmp_path / "nowhere" / "out.csv")
        (tmp_path / "folder.csv").mkdir()
        with pytest.raises(FileError, match="folder"):
            connect(outside.url).export(tmp_path / "folder.csv")
    assert [path.name for path in tmp_path.iterdir()] == ["folder.csv"]


def test_leads_are_asked_for_by_any_identifier(connect: Connect) -> None:
    receipt = {"id": "r1", "lead_id": "lead_1", "erased_at": "2026-04-29T10:00:00Z", "event_count": 3, "session_count": 1, "identifier_count": 2}  # fmt: skip
    known = {"id": "lead_1", "lead": {"id": "lead_1", "name": "Ann", "slack": "U1"}, "session_count": 1, "event_count": 1}  # fmt: skip
    answers = [
        {"data": known | {"stored_event_count": 1, "identifiers": [], "conflicts": []}},
        {"data": {"lead": {}, "unheard_of": 1}},
        {"data": receipt},
    ]
    with Outside([Answer(200, answer) for answer in answers]) as outside:
        client = connect(outside.url)
        assert client.lead("ann@x.example").lead.name == "Ann"
        assert client.export_lead("ann@x.example") == {"lead": {}, "unheard_of": 1}
        assert client.erase_lead("ann@x.example").event_count == 3
        assert [(asked.method, asked.path) for asked in outside.asked] == [
            ("GET", "/v1/leads/ann%40x.example"),
            ("GET", "/v1/leads/ann%40x.example/export"),
            ("DELETE", "/v1/leads/ann%40x.example"),
        ]
