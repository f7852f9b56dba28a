"""Statements that name thousands of leads: longer than what a server takes as a parameter."""

from collections.abc import Callable

import pytest

from sojourn.app import Sojourn
from sojourn.model.site import Site
from tests.kit import listed, send, to_events

COUNT = 3_000
# What would change the statement if it were read as a part of it.
ODD = (
    *(f"{{{name}:x}}" for name in ("froms", "tos", "leads", "keys", "buckets", "senders", "site_id")),
    *(f"\n{start} FROM links, names" for start in ("TRUNCATE TABLE links", "DELETE FROM links", "ALTER TABLE links")),
    *("-- %s", "/* rows */", "%(x)s", "$$", "system.parts", "IN (SELECT 1)"),
)
BEGAN = 1_777_000_000_000


def test_a_pass_over_thousands_of_leads(app: Sojourn, new_site: Callable[..., Site]) -> None:
    site = new_site()
    names = [*ODD, *(f"a visitor's \\ long 'name' {number:040}" for number in range(COUNT))]
    for minute in (0, 1):
        send(
            app,
            site,
            [
                {"type": "click", "visitor_id": name, "event_id": f"{minute}", "occurred_at": BEGAN + minute * 60_000}
                for name in names
            ],
        )
    rows = listed(app, site)
    assert sorted(row["lead"] for row in rows) == sorted(f"v:{name}" for name in names)
    assert {row["event_count"] for row in rows} == {2}


@pytest.mark.long
def test_a_pass_over_thousands_of_the_longest_identifiers(app: Sojourn, new_site: Callable[..., Site]) -> None:
    """One statement of it has 25 MB."""
    site = new_site()
    count = 14_000
    events = (
        {
            "type": "form_submit",
            "visitor_id": f"{n:0512}",
            "event_id": "1",
            "occurred_at": BEGAN,
            "lead": {"id": f"l{n}"},
        }
        for n in range(count)
    )
    app.insert(to_events(site, events))
    app.work_off()
    rows = app.engine.query(
        "SELECT count(), uniqExact(lead) FROM sessions FINAL WHERE site_id = {site_id:String}", {"site_id": site.id}
    )
    assert [tuple(map(int, row)) for row in rows] == [(count, count)]
