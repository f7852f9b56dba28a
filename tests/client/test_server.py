"""The client and its async twin against a real server."""

import re
import time
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest

from sojourn import Client, Forbidden, InvalidRequest, NotFound, PayloadTooLarge, SojournError, Unauthorized
from sojourn.client import Goal, IntentSteps, Journey, Lead, NewEvent, Page, Session, Site
from tests.client.conftest import Connect
from tests.serving import PATIENCE, SECRET, WRITE, Server

DAY = datetime(2026, 4, 29, tzinfo=UTC)


@pytest.fixture
def lead(request: pytest.FixtureRequest) -> str:
    """A lead of its own for each test and twin."""
    return str(request.node.name)


def view(lead: str, minutes: float, **more: Any) -> dict[str, Any]:
    at = DAY + timedelta(minutes=minutes)
    return {"type": "page_view", "visitor_id": lead, "url": "https://x.example/pricing", "occurred_at": at, **more}


def settled(client: Any, lead: str, count: int) -> list[Session]:
    """The lead's sessions once they hold so many events."""
    deadline = time.monotonic() + PATIENCE
    while True:
        found = list(client.sessions(from_=DAY, lead_id=lead))
        if sum(session.event_count for session in found) == count or time.monotonic() > deadline:
            return found
        time.sleep(0.1)


def test_what_is_sent_becomes_sessions_with_their_events(client: Any, lead: str) -> None:
    answer = client.send([view(lead, 0), view(lead, 1, type="purchase", value=9.5, currency="EUR"), view(lead, 60)])
    assert (answer.accepted, answer.duplicates, answer.refused) == (3, 0, [])
    later, first = settled(client, lead, 3)
    assert isinstance(first, Session)
    assert (first.started_at, first.ended_at) == (DAY, DAY + timedelta(minutes=1))
    assert (first.duration, first.event_count, first.converted, first.goals) == (60, 2, True, ["purchase"])
    assert (first.revenue, first.currency, first.entry_point, first.exit_point) == (9.5, "EUR", "page_view", "purchase")
    assert first.lead == Lead(id=first.lead_id, name=lead, visitor_id=lead)
    journey = client.session(first.id)
    assert isinstance(journey, Journey)
    assert [(row.type, row.url, row.occurred_at) for row in journey.events] == [
        ("PAGE_VIEW", "/pricing", DAY),
        ("PURCHASE", "/pricing", DAY + timedelta(minutes=1)),
    ]
    assert journey.nudges == []
    assert later.started_at == DAY + timedelta(hours=1)


def test_one_event_is_sent_as_a_mapping_or_as_a_new_event(client: Any, lead: str) -> None:
    client.send(view(lead, 0))
    client.send(NewEvent(type="Page View", visitor_id=lead, occurred_at=DAY + timedelta(minutes=1), points=5))
    (session,) = settled(client, lead, 2)
    assert session.total_points == 5


def test_one_refused_event_raises_and_refused_ones_of_several_are_told(client: Any, lead: str) -> None:
    with pytest.raises(InvalidRequest, match="type"):
        client.send({"visitor_id": lead})
    with pytest.raises(PayloadTooLarge, match="100,000"):
        client.send(view(lead, 0, properties={"text": "x" * 100_000}))
    events: list[Any] = [
        view(lead, 0),
        {"visitor_id": lead},
        "nonsense",
        view(lead, 1),
        view(lead, 2, points={1, 2}),
        {},
    ]
    answer = client.send(events)
    assert answer.accepted == 2
    assert [refusal.index for refusal in answer.refused] == [1, 2, 4, 5]
    assert {refusal.error for refusal in answer.refused} == {"InvalidRequest"}


def test_more_than_a_request_takes_is_sent_in_several(client: Any, lead: str) -> None:
    many = (view(lead, number / 1000) if number % 1500 else {"type": ""} for number in range(4100))
    answer = client.send(many)
    assert answer.accepted == 4097
    assert [refusal.index for refusal in answer.refused] == [0, 1500, 3000]
    large = [view(lead, 5, properties={"text": "x" * 90_000}) for _ in range(70)]
    assert client.send(large).accepted == 70
    (session,) = settled(client, lead, 4167)
    assert len(client.session(session.id).events) == 4167


def test_a_session_with_many_events_comes_whole(client: Any, lead: str) -> None:
    client.send(view(lead, number / 10_000, event_id=f"{number:05}") for number in range(10_500))
    (session,) = settled(client, lead, 10_500)
    journey = client.session(session.id)
    assert [row.id for row in journey.events] == [f"{number:05}" for number in range(10_500)]
    assert journey.events_next_cursor is None


def test_sending_again_counts_once(client: Any, lead: str) -> None:
    events = [view(lead, 0, event_id="once"), view(lead, 1, event_id="and-again")]
    assert client.send(events).duplicates == 0
    assert client.send(events).duplicates == 2
    assert client.send([]).accepted == 0


def test_lists_page_by_themselves(client: Any, lead: str) -> None:
    client.send(view(lead, 60 * number) for number in range(23))
    assert len(settled(client, lead, 23)) == 23
    asked = {"from_": DAY, "to": DAY + timedelta(days=2), "lead_id": lead}
    whole = list(client.sessions(page_size=5, **asked))
    assert [session.started_at for session in whole] == [DAY + timedelta(hours=hour) for hour in reversed(range(23))]
    page = client.sessions_page(limit=20, **asked)
    assert isinstance(page, Page)
    assert (page.data, page.has_more) == (whole[:20], True)
    rest = client.sessions_page(cursor=page.next_cursor)
    assert (rest.data, rest.has_more, rest.next_cursor) == (whole[20:], False, None)


def test_filters_are_those_of_the_api(client: Any, lead: str) -> None:
    client.send([view(lead, 0), view(lead, 60, type="email_open"), view(lead, 61), view(lead, 120, type="purchase")])
    assert len(settled(client, lead, 4)) == 3

    def entries(**filters: Any) -> list[str]:
        return [session.entry_point for session in client.sessions(lead_id=lead, **{"from_": DAY, **filters})]

    assert entries(entry_point=["page_view", "purchase"]) == ["purchase", "page_view"]
    assert entries(entry_point="email_open") == ["email_open"]
    assert entries(converted=True) == ["purchase"]
    assert entries(converted=False, min_events=2) == ["email_open"]
    assert entries(from_="2026-04-29T01:00:00", to=None) == ["purchase", "email_open"]
    assert entries(from_=DAY.date(), to=datetime(2026, 4, 29, 4, tzinfo=timezone(timedelta(hours=2)))) == [
        "email_open",
        "page_view",
    ]
    for unfit, words in (
        ({"colour": "red"}, "colour"),
        ({"intent": []}, "intent is empty"),
        ({"intent": "huge"}, "high"),
        ({"min_events": {}}, "min_events"),
        ({"updated_since": DAY}, "changes"),
    ):
        with pytest.raises(InvalidRequest, match=words):
            list(client.sessions(**unfit))


def test_the_site_is_read_changed_and_asked_what_if(client: Any) -> None:
    site = client.site()
    assert isinstance(site, Site)
    assert (site.id, site.session_timeout_ms, site.goals["purchase"]) == (
        "default",
        1_800_000,
        Goal(types=["purchase"]),
    )
    assert site.intent_steps == IntentSteps()
    effect = client.change_site({"intent_steps": {"high_urls": ["/book*"]}}, dry_run=True)
    assert effect.changes["intent_steps"].to == {"high_urls": ["/book*"]}
    assert client.change_site({"name": "Renamed"}).name == "Renamed"
    effect = client.change_site({"session_timeout_ms": 3_600_000}, dry_run=True)
    assert (effect.changes["session_timeout_ms"].from_, effect.changes["session_timeout_ms"].to) == (
        1_800_000,
        3_600_000,
    )
    assert effect.sessions.now >= effect.sessions.then
    assert set(effect.sessions_at) == {"15m", "30m", "60m"}
    assert client.site().session_timeout_ms == 1_800_000
    with pytest.raises(InvalidRequest, match="session_timeout_ms"):
        client.change_site({"session_timeout_ms": 1})
    with pytest.raises(InvalidRequest, match="JSON"):
        client.change_site({"name": object()})


def test_events_are_suppressed_and_released(client: Any, lead: str) -> None:
    client.send([view(lead, minute, event_id=f"{lead}{minute}") for minute in range(3)])
    settled(client, lead, 3)
    assert client.suppress([f"{lead}0", f"{lead}1", "not there"], "own team").event_count == 2
    assert settled(client, lead, 1)[0].started_at == DAY + timedelta(minutes=2)
    # More ids than a request takes: that some part of them knows none is no error.
    many = (f"{lead}{minute}" for minute in range(25_000))
    assert client.release(many).event_count == 3
    assert len(settled(client, lead, 3)) == 1
    with pytest.raises(NotFound, match="nowhere"):
        client.suppress("nowhere", "robot")


def test_conflicts_and_refusals_are_told(client: Any, lead: str) -> None:
    email = f"{lead}@x.example".replace("[", "-").replace("]", "")
    owners = [{"lead": {"id": f"{lead}{number}", "email": email}} for number in (1, 2)]
    client.send(view(lead, minute) | owner for minute, owner in enumerate(owners))
    settled(client, f"{lead}2", 1)
    (conflict,) = [row for row in client.conflicts() if row.email == email]
    assert (conflict.belongs_to, conflict.also_named_with) == (f"{lead}1", f"{lead}2")
    assert conflict.occurred_at == DAY + timedelta(minutes=1)
    client.send([{"type": "page_view"}])
    assert client.refusals()["no_lead"] >= 1


def test_errors_are_those_of_the_server(client: Any, connect: Connect, server: Server) -> None:
    with pytest.raises(NotFound, match="sess_nowhere") as caught:
        client.session("sess_nowhere")
    assert (caught.value.code, caught.value.status) == ("NotFound", 404)
    with pytest.raises(Unauthorized):
        connect(f"http://127.0.0.1:{server.port}", "sk_live_wrong").site()
    publishable = connect(f"http://127.0.0.1:{server.port}/", WRITE)
    assert publishable.send({"type": "page_view", "visitor_id": "v"}).accepted == 1
    with pytest.raises(Forbidden):
        publishable.site()
    for unfit in ("", "..", None):
        with pytest.raises(InvalidRequest, match="id"):
            client.session(unfit)
    with pytest.raises(SojournError):
        client.session("what/ever?a=b#c d")


def test_a_server_that_writes_no_files_is_told(client: Any, tmp_path: Path) -> None:
    """Until the answer is what the file's ending says, there is no file."""
    with pytest.raises(InvalidRequest, match=r"\.csv and \.parquet"):
        client.export(tmp_path / "sessions.xlsx")
    with pytest.raises(SojournError):
        client.export(tmp_path / "sessions.csv", from_="nonsense")
    assert list(tmp_path.iterdir()) == []


def test_what_the_docs_show_runs(server: Server) -> None:
    """The examples in the order of the page, but for those that need a file or more time."""
    text = (Path(__file__).parent.parent.parent / "docs" / "python.md").read_text(encoding="utf-8")
    text = text.replace("http://127.0.0.1:8000", f"http://127.0.0.1:{server.port}").replace("sk_live_…", SECRET)
    examples = [code for code in re.findall(r"```python\n(.*?)```", text, re.DOTALL) if "client" in code]
    assert len(examples) == 7
    with Client(f"http://127.0.0.1:{server.port}", SECRET) as client:
        for code in examples:
            if "changes" not in code:
                exec(compile(code, "docs/python.md", "exec"), {"client": client})
