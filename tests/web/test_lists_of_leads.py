"""The sessions of a lead, whose present versions are what counts, and of one that was listed the lead_id is known."""

from collections.abc import Callable
from typing import Any

import pytest

from sojourn.app import Sojourn
from sojourn.model.identity import lead_id_of
from sojourn.model.instant import iso
from sojourn.model.session import decode_id
from sojourn.model.site import Site
from sojourn.reports.cursor import Cursor, encode
from sojourn.reports.sessions import Page
from sojourn.store.engine import Statement
from sojourn.web.api import question_of
from tests.conftest import NOW
from tests.kit import send

HOUR = 3_600_000
WINDOW = [("from", iso(NOW - 30 * 24 * HOUR)), ("to", iso(NOW + 1))]


def click(visitor: str, hour: int, minute: int = 0, **fields: Any) -> dict[str, Any]:
    at = NOW - hour * HOUR + minute * 60_000
    return {"type": "click", "visitor_id": visitor, "event_id": f"{visitor} {at}", "occurred_at": at, **fields}


def asked(app: Sojourn, site: Site, *pairs: tuple[str, str]) -> Page:
    return app.page(site.id, *question_of(list(pairs)))


def pages(app: Sojourn, site: Site, lead: str, limit: int) -> list[list[str]]:
    """When the sessions began, page by page, to the end."""
    found, pairs = [], [*WINDOW, ("lead_id", lead)]
    while True:
        page = asked(app, site, *pairs, ("limit", str(limit)))
        found.append([row["started_at"] for row in page.data])
        if page.next_cursor is None:
            return found
        pairs = [("cursor", page.next_cursor)]


def test_present_versions_count_in_either_direction(app: Sojourn, new_site: Callable[..., Site]) -> None:
    site = new_site()
    send(app, site, [click(visitor, hour) for hour in range(1, 8) for visitor in ("v", "w")])
    for minute in (1, 2, 3):
        send(app, site, [click("v", hour, minute) for hour in (2, 5)])  # more versions
    lead = lead_id_of(site.id, "v:v")
    numbers = [decode_id(row["id"]) or 0 for row in asked(app, site, ("lead_id", lead), *WINDOW).data]
    app.decide(site.id, [f"v {NOW - 3 * HOUR}"], "own_team")
    app.work_off()  # one session is no more
    left = [row["number"] for row in app.sessions.of_numbers(app.sites[site.id], site.id, numbers)]
    assert left == numbers[:2] + numbers[3:]
    expected = [iso(NOW - hour * HOUR) for hour in (1, 2, 4, 5, 6, 7)]
    for limit in (1, 2, 4, 20):
        assert [at for page in pages(app, site, lead, limit) for at in page] == expected
    after = {**question_of([*WINDOW, ("lead_id", lead)])[0].filters, "lead_id": lead}
    (third,) = (
        row["id"] for row in asked(app, site, ("lead_id", lead), *WINDOW).data if row["started_at"] == expected[2]
    )
    back = asked(app, site, ("cursor", encode(Cursor(third, "after", after))), ("limit", "1"))
    assert [row["started_at"] for row in back.data] == expected[1:2]


def test_a_session_that_became_another_leads_is_no_longer_the_visitors(
    app: Sojourn, new_site: Callable[..., Site]
) -> None:
    site = new_site()
    send(app, site, [click("v", 3), click("v", 2)])
    ann: dict[str, Any] = {"lead": {"id": "ann"}}
    # What came before the first fact is the lead's that it names: Ann's, and later Bob's.
    send(app, site, [click("v", 1, **ann), click("w", 5, **ann)])
    expected = [[iso(NOW - hour * HOUR) for hour in (1, 2, 3, 5)]]
    for text in ("ann", lead_id_of(site.id, "i:ann"), lead_id_of(site.id, "v:v")):
        assert pages(app, site, text, 10) == expected
    send(app, site, [click("v", 2, 30, lead={"id": "bob"})])
    assert pages(app, site, "bob", 10) == [[iso(NOW - HOUR * 3 // 2), iso(NOW - 2 * HOUR), iso(NOW - 3 * HOUR)]]
    assert pages(app, site, "ann", 10) == [[iso(NOW - HOUR), iso(NOW - 5 * HOUR)]]


def test_whose_lead_id_was_listed_is_not_looked_up_and_on_another_site_it_says_nothing(
    app: Sojourn, new_site: Callable[..., Site], monkeypatch: pytest.MonkeyPatch
) -> None:
    site, other = new_site(), new_site()
    send(app, site, [click("v", 1)])
    send(app, other, [click("w", 1)])
    statements: list[str] = []

    def note(statement: Statement) -> None:
        statements.append(statement.name)

    monkeypatch.setattr(app.engine, "on_statement", note)
    (session,) = asked(app, site, *WINDOW).data
    assert pages(app, site, session["lead_id"], 5) == [[session["started_at"]]]
    assert "lead.of_number" not in statements
    assert pages(app, other, session["lead_id"], 5) == [[]]
    assert "lead.of_number" in statements
