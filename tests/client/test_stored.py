"""Stored events, leads and segments by the client and its async twin, against a real server."""

from datetime import timedelta
from typing import Any

import pytest

from sojourn import InvalidRequest, NotFound
from sojourn.client import Event, Identifier, KnownLead, Lead, LeadSummary, Receipt, Segment
from tests.client.test_server import DAY, settled, view


@pytest.fixture
def name(request: pytest.FixtureRequest) -> str:
    """Apart for each test and twin."""
    return str(request.node.name).replace("[", "-").replace("]", "")


def test_a_stored_event_has_all_its_fields(client: Any, name: str) -> None:
    client.send(
        view(
            name,
            0,
            event_id=f"{name}/1",
            account={"domain": "x.example"},
            title="Prices",
            referrer="https://search.example/",
            value=9.5,
            currency="EUR",
            points=3,
            properties={"plan": "team"},
            context={"campaign": "spring", "device": "tablet", "country": "DE"},
        )
        | {"lead": {"id": f"id {name}", "traits": {"name": "Ann Example"}}}
    )
    (session,) = settled(client, name, 1)
    event = client.event(f"{name}/1")
    assert isinstance(event, Event)
    assert event.lead == Lead(id=session.lead_id, name="Ann Example", external_id=f"id {name}")
    assert (event.lead_id, event.session_id, event.visitor_id) == (session.lead_id, session.id, name)
    assert event.account_id == session.account_id is not None
    assert (event.type, event.occurred_at, event.url) == ("page_view", DAY, "https://x.example/pricing")
    assert event.received_at > DAY
    assert (event.title, event.referrer, event.points) == ("Prices", "https://search.example/", 3)
    assert (event.value, event.currency, event.campaign) == (9.5, "EUR", "spring")
    assert (event.device, event.country, event.browser) == ("tablet", "DE", None)
    assert (event.properties, event.context["country"]) == ({"plan": "team"}, "DE")
    assert (event.suppressed, event.passive) == (None, False)
    assert list(client.events(from_=DAY, lead_id=name)) == [event]


def test_events_of_several_senders_are_told_apart(client: Any, name: str) -> None:
    client.send(view(f"{name}{number}", number, event_id=name) for number in range(2))
    settled(client, f"{name}1", 1)
    assert client.event(name).visitor_id == f"{name}1"
    assert client.event(name, sender=f"v:{name}0").visitor_id == f"{name}0"
    with pytest.raises(NotFound):
        client.event(name, sender="v:nobody")


def test_events_page_by_themselves(client: Any, name: str) -> None:
    types = ("page_view", "identify", "email_open")
    client.send(
        view(name, n, event_id=f"{n:02}", type=types[n % 3], suppressed="robot" if n == 4 else None) for n in range(23)
    )
    settled(client, name, 15)
    found = list(client.events(from_=DAY, lead_id=name, page_size=5))
    assert [event.id for event in found] == [f"{number:02}" for number in reversed(range(23))]
    assert {event.type for event in found if event.passive} == {"identify"}
    assert [event.id for event in client.events(from_=DAY, lead_id=name, suppressed="robot")] == ["04"]
    assert len(list(client.events(from_=DAY, lead_id=name, passive=False, type=["Page View", "email_open"]))) == 15


def test_leads_are_listed_and_one_is_known_by_all_its_identifiers(client: Any, name: str) -> None:
    email = f"{name}@x.example"
    client.send(
        [view(name, 0), view(name, 1, type="identify") | {"lead": {"id": name, "email": email}}, view(name, 60)]
    )
    settled(client, name, 2)
    listed = [lead for lead in client.leads(page_size=2) if lead.lead.name == name]
    ids = [lead.id for lead in client.leads()]
    assert ids == sorted({*ids}, reverse=True)
    (summary,) = listed
    assert isinstance(summary, LeadSummary)
    assert (summary.session_count, summary.event_count) == (2, 2)
    assert (summary.first_seen_at, summary.last_seen_at) == (DAY, DAY + timedelta(hours=1))
    for text in (summary.id, name, email.upper()):
        lead = client.lead(text)
        assert isinstance(lead, KnownLead)
        assert (lead.id, lead.lead, lead.event_count) == (summary.id, summary.lead, 2)
        assert (lead.stored_event_count, lead.conflicts) == (3, [])
        assert lead.identifiers == [
            Identifier(kind="external_id", value=name),
            Identifier(kind="email", value=email),
            Identifier(kind="visitor_id", value=name),
        ]


def test_a_leads_conflicts_come_with_it(client: Any, name: str) -> None:
    email = f"{name}@x.example"
    owners = [{"lead": {"id": f"{name}{number}", "email": email}} for number in (1, 2)]
    client.send(view(name, minute) | owner for minute, owner in enumerate(owners))
    settled(client, f"{name}2", 1)
    (conflict,) = client.lead(f"{name}2").conflicts
    assert (conflict.email, conflict.belongs_to, conflict.also_named_with) == (email, f"{name}1", f"{name}2")


def test_a_lead_is_exported_whole_and_erased_with_a_receipt(client: Any, name: str) -> None:
    own = f"own/{name}"  # an id of one's own may be anything
    sent = [view(name, minute, event_id=f"{name}{minute}") | {"lead": {"id": own}} for minute in (0, 1, 60)]
    passive = view(name, 61, event_id=f"{name}-passive", type="email_sent") | {"lead": {"id": own}}
    client.send([*sent, passive])
    settled(client, own, 3)
    lead = client.lead(own)
    document = client.export_lead(own)
    assert (document["id"], document["stored_event_count"]) == (lead.id, 4)
    assert [session["id"] for session in document["sessions"]] == [
        session.id for session in client.sessions(from_=DAY, lead_id=own)
    ]
    assert [event["id"] for event in document["events"]] == [event["event_id"] for event in sent] + [f"{name}-passive"]
    receipt = client.erase_lead(own)
    assert isinstance(receipt, Receipt)
    assert receipt.id.startswith("rcpt_")
    assert (receipt.lead_id, receipt.event_count, receipt.session_count) == (lead.id, 4, 2)
    assert receipt.identifier_count == len(lead.identifiers)
    assert client.erase_lead(own) == receipt == client.erase_lead(lead.id)
    for ask in (client.lead, client.export_lead):
        with pytest.raises(NotFound):
            ask(own)
    assert list(client.sessions(from_=DAY, lead_id=own)) == []
    (refusal,) = client.send([sent[0], view(f"{name} again", 0)]).refused
    assert (refusal.index, refusal.error) == (0, "InvalidRequest")


def test_a_segment_is_made_used_changed_and_removed(client: Any, name: str) -> None:
    client.send([view(name, 0, type=f"wanted {name}"), view(name, 60), view(f"{name} other", 0)])
    settled(client, name, 2)
    segment = client.make_segment("Wanted", {"has_event": [f"wanted {name}"], "max_events": 9})
    assert isinstance(segment, Segment)
    assert (segment.name, segment.filters["max_events"], segment.created_at) == ("Wanted", 9, segment.updated_at)
    assert client.segment(segment.id) == segment
    assert segment in client.segments()
    assert {found.lead.name for found in client.sessions(from_=DAY, segment_id=[segment.id])} == {name}
    assert len(list(client.sessions(from_=DAY, segment_id=segment.id))) == 2
    renamed = client.change_segment(segment.id, name="Renamed")
    assert (renamed.name, renamed.filters) == ("Renamed", segment.filters)
    assert client.change_segment(segment.id, filters={"has_event": "nothing"}).name == "Renamed"
    assert list(client.sessions(from_=DAY, segment_id=segment.id)) == []
    assert client.remove_segment(segment.id).id == segment.id
    for ask in (client.segment, client.remove_segment, client.change_segment):
        with pytest.raises(NotFound):
            ask(segment.id)
    with pytest.raises(InvalidRequest, match="colour"):
        client.make_segment("Unfit", {"colour": "red"})


def test_the_site_tells_what_retention_does(client: Any) -> None:
    effect = client.change_site({"retention_days": 30}, dry_run=True)
    assert (effect.changes["retention_days"].from_, effect.changes["retention_days"].to) == (None, 30)
    assert effect.hidden_deleted_from > DAY
    outlook = client.site().retention
    assert (outlook.oldest_served_at, outlook.next_purge_at, outlook.hidden_session_count) == (None, None, 0)
