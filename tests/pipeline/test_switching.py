"""A switch to another build in the middle of an answer: the answer is of the one or the other, and nothing lacks."""

from collections.abc import Callable
from typing import Any

import pytest

from sojourn.app import Sojourn
from sojourn.model.site import Site
from sojourn.store.engine import Statement
from sojourn.web.api import question_of
from tests.conftest import NOW
from tests.kit import send

COUNT = 5


def switched_at(app: Sojourn, site: Site, statement: str) -> Callable[[Statement], None]:
    """Switches once, when this statement of the answer has ended, and waits until the old rows are gone."""
    left = [statement]

    def heard(ended: Statement) -> None:
        if ended.name not in left:
            return
        left.clear()
        app.change_site(site.id, {"goals": {"more": {"types": ["click"]}}})
        app.work_off()
        parameters = {"site_id": site.id, "generation": app.sites[site.id].generation}
        old = "SELECT count() FROM sessions WHERE site_id = {site_id:String} AND generation < {generation:UInt32}"
        while app.engine.query(old, parameters) != [(0,)]:
            pass

    return heard


@pytest.mark.parametrize(
    ("asked", "statement"),
    [
        ([("from", "1970-01-01"), ("limit", "3")], "session.keys"),
        ([("updated_since", "1970-01-01"), ("limit", "3")], "session.changed"),
    ],
)
def test_a_page_under_way_is_whole(
    app: Sojourn,
    new_site: Callable[..., Site],
    monkeypatch: pytest.MonkeyPatch,
    asked: list[tuple[str, str]],
    statement: str,
) -> None:
    site = filled(app, new_site)
    expected = [row["id"] for row in app.page(site.id, *question_of(asked)).data]
    with monkeypatch.context() as patch:
        patch.setattr(app.engine, "on_statement", switched_at(app, site, statement))
        page = app.page(site.id, *question_of(asked))
    assert [row["id"] for row in page.data] == expected
    assert not any("deleted" in row for row in page.data)
    assert page.has_more
    assert page.data[0]["goals"] == ["more"]


def test_a_session_under_way_is_found(
    app: Sojourn, new_site: Callable[..., Site], monkeypatch: pytest.MonkeyPatch
) -> None:
    site = filled(app, new_site)
    row = app.page(site.id, *question_of([("from", "1970-01-01")])).data[0]
    # An id that became another takes two looks, and in between the rows go.
    send(app, site, [{**click(0, at=NOW - 1), "visitor_id": row["lead"]["visitor_id"], "event_id": "earlier"}])
    (new,) = (
        each["id"]
        for each in app.page(site.id, *question_of([("from", "1970-01-01")])).data
        if each["event_count"] == 2
    )
    with monkeypatch.context() as patch:
        patch.setattr(app.engine, "on_statement", switched_at(app, site, "session.spanning"))
        assert app.journey(site.id, row["id"])["id"] == new


def filled(app: Sojourn, new_site: Callable[..., Site]) -> Site:
    site = new_site()
    send(app, site, [click(number) for number in range(COUNT)])
    return site


def click(number: int, at: int = NOW) -> dict[str, Any]:
    return {"type": "click", "visitor_id": f"v{number}", "event_id": f"c{number}", "occurred_at": at}
