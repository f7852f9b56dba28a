"""Changes of a site's definition: at once where they touch nothing that is past, else by a generation of sessions."""

from typing import Any

import msgspec

from sojourn.model.retention import remembering
from sojourn.model.site import Site, changed, is_retroactive
from sojourn.pipeline.generation import Generations
from sojourn.pipeline.sites import Definition, Sites

# What holds at once, whatever is still being built.
AT_ONCE = ("name", "hosts", "plan", "retention_days", "earlier_windows", "time_zone")


def change_site(
    sites: Sites, generations: Generations, site_id: str, patch: dict[str, Any], now_ms: int
) -> tuple[Site, bool]:
    """The site as it will be, and whether its sessions are being built anew. Raises InvalidRequest."""
    definition = sites.definition(site_id)
    before = definition.building or definition.present
    target = remembering(definition.present, changed(before, patch), now_ms)
    at_once = msgspec.structs.replace(definition.present, **{name: getattr(target, name) for name in AT_ONCE})
    if is_retroactive(before, target):
        generations.start(at_once, target)
        return target, True
    if definition.building:
        sites.write(Definition(at_once, target))
        return target, True
    sites.write(Definition(target))
    return target, False
