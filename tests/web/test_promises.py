"""What goes wrong in the systems that exist, each a promise of ours: through a real server."""

from typing import Any

from tests.serving import Server


def send(server: Server, visitor: str, *instants: str, **more: Any) -> None:
    server.send(
        *(
            {
                "type": "page_view",
                "visitor_id": visitor,
                "event_id": at,
                "occurred_at": at,
                "url": "https://x.example/",
                **more,
            }
            for at in instants
        )
    )


def test_midnight_and_a_change_of_the_clocks_do_not_cut(server: Server) -> None:
    send(server, "night", "2025-12-31T23:50:00Z", "2026-01-01T00:10:00Z", "2026-01-01T00:39:59.999Z")
    send(server, "clocks", "2025-03-30T01:50:00+01:00", "2025-03-30T03:10:00+02:00")
    assert [session["event_count"] for session in server.settled(3, lead_id="night")] == [3]
    assert [session["duration"] for session in server.settled(2, lead_id="clocks")] == [1200]


def test_a_campaign_a_referrer_or_a_device_does_not_cut(server: Server) -> None:
    send(server, "same", "2025-09-01T10:00:00Z")
    send(server, "same", "2025-09-01T10:01:00Z", referrer="https://other.example/", context={"device": "mobile"})
    server.send(
        {
            "type": "page_view",
            "visitor_id": "same",
            "occurred_at": "2025-09-01T10:02:00Z",
            "url": "https://x.example/?utm_campaign=b",
        }
    )
    (session,) = server.settled(3, lead_id="same")
    assert (session["referrer"], session["device"], session["campaign"]) == ("https://other.example/", "mobile", "b")


def test_login_neither_splits_nor_overwrites(server: Server) -> None:
    """Ann browses, logs in, logs out; Bob logs in at the same browser. Each keeps what was theirs."""
    send(server, "kiosk", "2025-09-02T10:00:00Z")
    send(server, "kiosk", "2025-09-02T10:05:00Z", lead={"id": "kiosk-ann"})
    send(server, "kiosk", "2025-09-02T10:10:00Z")
    send(server, "kiosk", "2025-09-02T10:15:00Z", lead={"id": "kiosk-bob"})
    send(server, "kiosk", "2025-09-02T10:20:00Z")
    assert [session["event_count"] for session in server.settled(3, lead_id="kiosk-ann")] == [3]
    assert [session["event_count"] for session in server.settled(2, lead_id="kiosk-bob")] == [2]


def test_two_devices_of_one_lead_interleave_into_one_session(server: Server) -> None:
    send(server, "phone", "2025-09-03T10:00:00Z", "2025-09-03T10:40:00Z", lead={"id": "two-devices"})
    send(server, "laptop", "2025-09-03T10:20:00Z", lead={"id": "two-devices"})
    assert [session["event_count"] for session in server.settled(3, lead_id="two-devices")] == [3]


def test_an_email_click_never_takes_over_a_visitor_who_has_a_strong_lead(server: Server) -> None:
    send(server, "clicker", "2025-09-04T10:00:00Z", lead={"id": "clicker-ann"})
    server.send(
        {
            "type": "email_click",
            "visitor_id": "clicker",
            "occurred_at": "2025-09-04T10:01:00Z",
            "lead": {"email": "forwarded@x.example"},
        }
    )
    send(server, "clicker", "2025-09-04T10:02:00Z")
    assert [session["event_count"] for session in server.settled(2, lead_id="clicker-ann")] == [2]
    assert [session["event_count"] for session in server.settled(1, lead_id="forwarded@x.example")] == [1]


def test_a_late_event_extends_prepends_and_joins_and_changes_nothing_else(server: Server) -> None:
    send(server, "late", "2025-09-05T10:00:00Z", "2025-09-05T10:50:00Z", "2025-09-06T10:00:00Z")
    newest, _, _ = server.settled(3, lead_id="late")
    send(server, "late", "2025-09-05T10:25:00Z")
    after = server.settled(4, lead_id="late")
    assert [session["event_count"] for session in after] == [1, 3]
    assert after[0] == newest


def test_updated_at_stays_when_nothing_changed(server: Server) -> None:
    send(server, "stays", "2025-09-07T10:00:00Z")
    (before,) = server.settled(1, lead_id="stays")
    send(server, "stays", "2025-09-08T10:00:00Z")
    assert server.settled(2, lead_id="stays")[1] == before


def test_one_event_is_a_session_of_no_length_that_counts(server: Server) -> None:
    send(server, "single", "2025-09-09T10:00:00Z")
    (session,) = server.settled(1, lead_id="single")
    assert (session["duration"], session["event_count"], session["started_at"]) == (0, 1, session["ended_at"])
