"""Which events may still be stored when they are: something may have happened since they were collected."""

from collections.abc import Container

from sojourn.model.event import Event
from sojourn.pipeline.erasures import Erasures


def admitted(sites: Container[str], erasures: Erasures, events: list[Event]) -> list[Event]:
    """Those that are not of a site that was removed since they were collected, nor of a lead that was erased."""
    asked = {event.site_id for event in events}
    gone = {site_id for site_id in asked if site_id not in sites}
    if not gone and all(erasures.is_empty(site_id) for site_id in asked):
        return events
    return [event for event in events if event.site_id not in gone and not erasures.refuses(event)]
