"""A generation built from nothing shows what passes made: also of events that decisions stand for."""

from collections.abc import Callable
from typing import Any

import pytest

from sojourn.app import Sojourn
from sojourn.errors import Unavailable
from sojourn.model.site import Site
from sojourn.pipeline import build
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


@pytest.mark.parametrize("piece", ["_page", "_slice_large", "_finish"])
def test_a_build_that_the_store_cuts_off_begins_anew_and_shows_nothing_half(
    app: Sojourn, new_site: Callable[..., Site], monkeypatch: pytest.MonkeyPatch, piece: str
) -> None:
    site = new_site()
    send(app, site, [{"type": "click", "event_id": f"{n}", "visitor_id": f"v{n}", "occurred_at": n} for n in range(40)])
    monkeypatch.setattr(build, "EVENTS_A_PAGE", 10)
    done, calls = getattr(build.Build, piece), 0

    def failing(self: Any, *arguments: Any) -> Any:
        nonlocal calls
        calls += 1
        if calls == (2 if piece == "_page" else 1):
            raise Unavailable("not now")
        return done(self, *arguments)

    monkeypatch.setattr(build.Build, piece, failing)
    app.change_site(site.id, {"session_timeout_ms": 60_000})
    with pytest.raises(Unavailable):
        app.work_off()
    assert app.sites[site.id].session_timeout_ms == site.session_timeout_ms
    assert len(listed(app, site)) == 40
    app.work_off()
    assert app.sites[site.id].session_timeout_ms == 60_000
    assert len(listed(app, site)) == 40
