"""The tests' words: send payloads to a site, list what became of them. By the real path, without a server."""

from collections.abc import Iterable
from typing import Any

from sojourn.app import Sojourn
from sojourn.model.event import Event
from sojourn.model.site import Site
from sojourn.pipeline.collect import Arrival, collect
from tests.conftest import NOW


def to_events(site: Site, payloads: Iterable[dict[str, Any]], received_at: int = NOW) -> list[Event]:
    arrival = Arrival(site=site, site_id=site.id, received_at=received_at, is_secret=True)
    return [collect(payload, arrival) for payload in payloads]


def send(app: Sojourn, site: Site, payloads: Iterable[dict[str, Any]]) -> None:
    app.insert(to_events(site, payloads))
    app.work_off()


def listed(app: Sojourn, site: Site) -> list[dict[str, Any]]:
    """The stored rows of the site's present sessions, oldest first."""
    return app.engine.named(
        "SELECT * FROM sessions FINAL WHERE site_id = {site_id:String} AND generation = {generation:UInt32}"
        " ORDER BY started_at, number",
        {"site_id": site.id, "generation": app.sites[site.id].generation},
    )
