"""A site as the API shows it: its definition, what retention does, and what is being built."""

from typing import Any

from sojourn.model.instant import iso
from sojourn.model.site import Site, owner_of, shown
from sojourn.pipeline.generation import Generations
from sojourn.pipeline.retention import Retention
from sojourn.pipeline.sites import Sites


class Descriptions:
    def __init__(self, sites: Sites, retention: Retention, generations: Generations) -> None:
        self._sites = sites
        self._retention = retention
        self._generations = generations

    def of(self, site_id: str, now_ms: int) -> dict[str, Any]:
        definition = self._sites.definition(site_id)
        answer: dict[str, Any] = shown(definition.present)
        answer["is_test"] = site_id != owner_of(site_id)
        answer["retention"] = self._outlook(site_id, definition.present, now_ms)
        answer["building"] = None
        if definition.building:
            building = shown(definition.building)
            answer["building"] = {
                "progress": self._generations.progress(site_id),
                "changes": {name: value for name, value in building.items() if value != answer.get(name)},
            }
        return answer

    def _outlook(self, site_id: str, site: Site, now_ms: int) -> dict[str, Any]:
        """What is hidden and will be deleted."""
        outlook = self._retention.outlook(site_id, site, now_ms)
        return {
            name: value if value is None or name.endswith("_count") else iso(value) for name, value in outlook.items()
        }
