"""What was served, remembered for a while, to tell how often a session changes after somebody has read it."""

import threading
from collections import OrderedDict
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from sojourn.model.identity import lead_id_of
from sojourn.model.site import Site
from sojourn.pipeline.metering import Meter
from sojourn.sql import sql
from sojourn.store.engine import Engine

REMEMBERED = 10_000


class _Key(NamedTuple):
    site_id: str
    generation: int
    number: int


class _Reading(NamedTuple):
    lead: str
    started_at: int
    content: int
    updated_at: int


class Served:
    """The last sessions that were served, each with the content in which it was; of any thread."""

    def __init__(self, engine: Engine, meter: Meter, most: int = REMEMBERED) -> None:
        self._engine = engine
        self._meter = meter
        self._most = most
        self._lock = threading.Lock()
        self._readings: OrderedDict[_Key, _Reading] = OrderedDict()
        self._refs: OrderedDict[str, str] = OrderedDict()  # by lead_id, which is a hash of the site and the ref

    def note(self, site_id: str, generation: int, rows: Iterable[Mapping[str, Any]]) -> None:
        """These rows of a generation of `sessions` go out.

        Who reads between a pass and its check finds the change first: it counts here, and the check finds nothing.
        """
        changed = 0
        with self._lock:
            for row in rows:
                key = _Key(site_id, generation, row["number"])
                reading = _Reading(row["lead"], row["started_at"], row["content"], row["updated_at"])
                before = self._readings.get(key, reading)
                if before.updated_at > reading.updated_at:
                    continue  # asked before that pass, answered after its check
                changed += before.content != reading.content
                self._readings[key] = reading
                self._readings.move_to_end(key)
                self._refs[lead_id_of(site_id, row["lead"])] = row["lead"]
            for remembered in (self._readings, self._refs):
                while len(remembered) > self._most:
                    remembered.popitem(last=False)
        self._meter.changed_after_served.add(count=changed)

    def ref_of(self, lead_id: str) -> str | None:
        """Whose lead_id it is, of those whose sessions were served."""
        return self._refs.get(lead_id)

    def forget_refs(self) -> None:
        """One of them is to be forgotten."""
        with self._lock:
            self._refs.clear()

    def check(self, site: Site, site_id: str, leads: Iterable[str]) -> None:
        """After a pass over these leads: count the sessions that are no longer as they were served.

        Asks the store only where one of them was served.
        """
        readings = self._of(site, site_id, leads)
        if not readings:
            return
        parameters = {
            "site_id": site_id,
            "generation": site.generation,
            "instants": [reading.started_at for reading in readings.values()],
            "numbers": [key.number for key in readings],
        }
        rows = self._engine.query(sql("session.contents"), parameters)
        now = {number: (content, updated_at) for number, content, updated_at in rows}
        self._meter.changed_after_served.add(count=self._settle(readings, now))

    def _of(self, site: Site, site_id: str, leads: Iterable[str]) -> dict[_Key, _Reading]:
        if not self._readings:
            return {}
        touched = set(leads)
        with self._lock:
            return {
                key: reading
                for key, reading in self._readings.items()
                if reading.lead in touched and key.site_id == site_id and key.generation == site.generation
            }

    def _settle(self, readings: Iterable[_Key], now: Mapping[int, tuple[int, int]]) -> int:
        """How many changed. Each change counts once: what is remembered is what is there now."""
        changed = 0
        with self._lock:
            for key in readings:
                reading = self._readings.get(key)
                content, updated_at = now.get(key.number, (None, None))
                if reading is None or reading.content == content:
                    continue
                changed += 1
                if content is None or updated_at is None:
                    del self._readings[key]
                else:
                    self._readings[key] = reading._replace(content=content, updated_at=updated_at)
        return changed
