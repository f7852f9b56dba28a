"""A generation built from nothing shows what passes made: also of events that decisions stand for."""

from collections.abc import Callable

from sojourn.app import Sojourn
from sojourn.model.site import Site
from tests.kit import listed, send


def test_a_suppressed_event_stays_out_of_a_new_generation(app: Sojourn, new_site: Callable[..., Site]) -> None:
    site = new_site()
    send(app, site, [{"type": "click", "event_id": f"{n}", "visitor_id": "v", "occurred_at": n} for n in range(3)])
    app.decide(site.id, ["1"], "robot")
    app.work_off()
    assert [session["event_count"] for session in listed(app, site)] == [2]
    app.change_site(site.id, {"session_timeout_ms": 60_000})
    app.work_off()
    assert [session["event_count"] for session in listed(app, site)] == [2]
