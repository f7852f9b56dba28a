"""A deletion goes from month to month without a pause."""

import time
from collections.abc import Callable

from sojourn.app import Sojourn
from sojourn.model.site import Site
from tests.conftest import NOW
from tests.kit import send

MONTHS, MONTH_MS = 24, 31 * 86_400_000


def test_the_engine_does_not_wait_between_the_months(app: Sojourn, new_site: Callable[..., Site]) -> None:
    """By its own settings it waits a tenth of a second and more for each."""
    site = new_site()
    send(
        app,
        site,
        (
            {"type": "click", "visitor_id": "v", "event_id": str(n), "occurred_at": NOW - n * MONTH_MS}
            for n in range(MONTHS)
        ),
    )
    took = []
    for _ in range(3):  # other tests take the processor meanwhile
        began = time.monotonic()
        app.engine.execute(
            "DELETE FROM events WHERE site_id = {site_id:String} AND type = 'none'", {"site_id": site.id}
        )
        took.append(time.monotonic() - began)
    parts = app.engine.query("SELECT count() FROM system.parts WHERE active AND table = 'events'")
    assert min(took) < 0.05 * max(MONTHS, int(parts[0][0]))
