"""A purge goes on piece by piece: what is changed in between, here or by another process, is not undone by it."""

from collections.abc import Callable, Sequence
from typing import Any

import msgspec
import pytest

from sojourn.app import Sojourn
from sojourn.model.retention import GRACE_MS
from sojourn.model.site import DAY_MS, Site, twin_of
from sojourn.pipeline.collect import Arrival, collect
from sojourn.pipeline.handover import Handover
from sojourn.pipeline.retention import Retention
from sojourn.pipeline.sites import Sites
from tests.conftest import NOW, maker_of_sites

# A window of one day began there at `NOW`.
HORIZON = NOW - DAY_MS - GRACE_MS


@pytest.fixture
def new_site(app: Sojourn, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Site]:
    """In place of the other one: sites of other tests have much that is due as well, which is not asked here."""
    make = maker_of_sites(app)

    def made(**fields: Any) -> Site:
        site = make(**fields)
        monkeypatch.setattr(Sites, "__iter__", lambda _: iter([site.id]))
        return site

    return made


@pytest.mark.long  # deletions take long in a store of many tests
def test_a_site_that_is_built_anew_between_the_pieces_has_nothing_from_before_the_horizon(
    app: Sojourn, new_site: Callable[..., Site]
) -> None:
    site = filled(app, new_site, [HORIZON - 40 * DAY_MS, HORIZON - 1, HORIZON])
    retention = Retention(app.engine, app.sites)
    assert retention.work(NOW)
    app.change_site(site.id, {"session_timeout_ms": 60_000})
    assert app.generations.work(NOW)
    while retention.work(NOW) or app.generations.work(NOW):
        pass
    assert app.sites[site.id].generation > site.generation
    assert left(app, site) == {site.id: [HORIZON], twin_of(site.id): [HORIZON]}


def test_a_purge_begins_anew_when_another_process_worked_meanwhile(app: Sojourn, new_site: Callable[..., Site]) -> None:
    site = filled(app, new_site, [HORIZON - 40 * DAY_MS, HORIZON, HORIZON + 3 * DAY_MS])
    retention = Retention(app.engine, app.sites)
    handover = Handover(app.share, app.worker, app.generations, retention, app.registry, app.erasing, app.merges)
    assert retention.work(NOW)
    handover.give()
    handover.take()
    while retention.work(NOW + DAY_MS):
        pass
    assert app.sites[site.id].purged_before == HORIZON + DAY_MS
    assert left(app, site) == {site.id: [HORIZON + 3 * DAY_MS], twin_of(site.id): [HORIZON + 3 * DAY_MS]}


@pytest.mark.long  # deletions take long in a store of many tests
def test_a_purge_that_was_given_away_is_ended_though_the_window_was_widened(
    app: Sojourn, new_site: Callable[..., Site]
) -> None:
    """What is withdrawn of it is out of the window for good: a session never lacks where its events are shown."""
    site = filled(app, new_site, [HORIZON - 40 * DAY_MS, HORIZON])
    retention = Retention(app.engine, app.sites)
    assert retention.work(NOW)
    retention.forget()
    app.change_site(site.id, {"retention_days": None})
    while retention.work(NOW):
        pass
    assert left(app, site) == {site.id: [HORIZON], twin_of(site.id): [HORIZON]}


def filled(app: Sojourn, new_site: Callable[..., Site], instants: Sequence[int]) -> Site:
    """A session at each instant, as well in the test twin; sent before there was a window."""
    site = new_site(retention_days=1)
    before = msgspec.structs.replace(site, retention_days=None)
    for site_id in (site.id, twin_of(site.id)):
        arrival = Arrival(site=before, site_id=site_id, received_at=NOW, is_secret=True)
        app.insert(
            [
                collect({"type": "click", "event_id": f"{at}", "visitor_id": f"v{at}", "occurred_at": at}, arrival)
                for at in instants
            ]
        )
    while app.worker.work(app.now_ms):
        pass
    return site


def left(app: Sojourn, site: Site) -> dict[str, list[int]]:
    """When sessions and events are, which is the same."""
    found = {}
    for site_id in (site.id, twin_of(site.id)):
        parameters = {"site_id": site_id, "generation": app.sites[site.id].generation}
        sessions, events = (
            [at for (at,) in app.engine.query(text, parameters)]
            for text in (
                "SELECT started_at FROM sessions FINAL WHERE site_id = {site_id:String} AND is_deleted = 0"
                " AND generation = {generation:UInt32} ORDER BY started_at",
                "SELECT occurred_at FROM events FINAL WHERE site_id = {site_id:String} ORDER BY occurred_at",
            )
        )
        assert sessions == events
        found[site_id] = sessions
    return found
