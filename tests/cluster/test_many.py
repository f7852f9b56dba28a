"""Statements that name thousands of leads: longer than what a server takes as a parameter."""

from collections.abc import Callable

from sojourn.app import Sojourn
from sojourn.model.site import Site
from tests.kit import listed, send

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
