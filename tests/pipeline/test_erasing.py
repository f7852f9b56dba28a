"""An erasure whose receipt the store may have taken without saying so: it is carried out, whatever comes in between."""

from collections.abc import Callable, Sequence
from typing import Any

import pytest

from sojourn.app import Sojourn
from sojourn.errors import Unavailable
from sojourn.model.site import Site
from tests.conftest import NOW
from tests.kit import listed, send, to_events


def turned(app: Sojourn, _site: Site) -> None:
    app.loop.turn()


def refreshed(app: Sojourn, _site: Site) -> None:
    """As where a store is shared: what is stored is loaded every other second."""
    app.erasures.load()


def given(app: Sojourn, _site: Site) -> None:
    """To another process, which knows what is stored alone, and back."""
    app.turns.on_end()
    app.turns.on_begin()


def repeated(app: Sojourn, site: Site) -> None:
    assert app.erase(site.id, "v").event_count == 2


def erased_beside(app: Sojourn, site: Site) -> None:
    """What the first erasure goes by is written anew."""
    app.erase(site.id, "w")


@pytest.mark.parametrize(
    ("then", "is_taken"),
    [
        *((then, is_taken) for then in (turned, refreshed, repeated, erased_beside) for is_taken in (True, False)),
        (given, True),
        pytest.param(given, False, marks=pytest.mark.long),
    ],
)
def test_an_erasure_whose_receipt_was_not_acknowledged_is_carried_out(
    app: Sojourn,
    new_site: Callable[..., Site],
    monkeypatch: pytest.MonkeyPatch,
    then: Callable[[Sojourn, Site], None],
    is_taken: bool,
) -> None:
    site = new_site()
    clicks = [click("v", 0), click("v", 1), click("w", 0), click("x", 0)]
    send(app, site, clicks)
    insert = app.engine.insert

    def cut_off(table: str, columns: Sequence[str], body: bytes) -> None:
        if table != "receipts" or is_taken:
            insert(table, columns, body)
        if table == "receipts":
            raise Unavailable("cut off")

    with monkeypatch.context() as patch:
        patch.setattr(app.engine, "insert", cut_off)
        with pytest.raises(Unavailable):
            app.erase(site.id, "v")
    then(app, site)
    app.work_off()
    left = {"v:x"} if then is erased_beside else {"v:w", "v:x"}
    assert {row["lead"] for row in listed(app, site)} == left
    stored = app.engine.query("SELECT sender FROM events WHERE site_id = {site_id:String}", {"site_id": site.id})
    assert {sender for (sender,) in stored} == left
    assert app.erase(site.id, "v").is_done
    assert {event.sender for event in to_events(site, clicks) if not app.erasures.refuses(event)} == left


@pytest.mark.parametrize("go_on", [Sojourn.work_off, lambda app: app.loop.turn()])
def test_who_comes_again_while_an_erasure_is_not_ended_has_a_session(
    app: Sojourn, new_site: Callable[..., Site], monkeypatch: pytest.MonkeyPatch, go_on: Callable[[Sojourn], object]
) -> None:
    site = new_site()
    send(app, site, [click("v", 1)])
    execute = app.engine.execute

    def cut_off(text: str, parameters: Any = None) -> None:
        if text.startswith("/* session.erase */"):
            raise Unavailable("cut off")
        execute(text, parameters)

    with monkeypatch.context() as patch:
        patch.setattr(app.engine, "execute", cut_off)
        with pytest.raises(Unavailable):
            app.erase(site.id, "v")
    app.insert(to_events(site, [click("v", -60_000)], NOW + 60_000))
    go_on(app)
    app.work_off()
    assert [(row["lead"], row["event_count"]) for row in listed(app, site)] == [("v:v", 1)]


def click(visitor: str, number: int) -> dict[str, Any]:
    return {"type": "click", "visitor_id": visitor, "event_id": f"{visitor}{number}", "occurred_at": NOW - number}
