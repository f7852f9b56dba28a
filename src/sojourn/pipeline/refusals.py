"""Refusals counted by site, day and reason, and stored from time to time."""

import threading
from collections import Counter
from collections.abc import Collection
from datetime import date

import msgspec

from sojourn.errors import Unavailable
from sojourn.model.refusal import Reason
from sojourn.pipeline.metering import Meter
from sojourn.store.engine import Engine


class Refusals:
    def __init__(self, engine: Engine, meter: Meter) -> None:
        self._engine = engine
        self._meter = meter
        self._counts: Counter[tuple[str, date, str]] = Counter()
        self._lock = threading.Lock()

    def count(self, site_id: str, day: date, reason: Reason) -> None:
        with self._lock:
            self._counts[site_id, day, reason.value] += 1
        self._meter.refused.add(reason.value)

    def save(self) -> None:
        """Writes the counts since the last time; they stay when the store cannot take them."""
        with self._lock:
            counts, self._counts = self._counts, Counter()
        if not counts:
            return
        rows = [
            msgspec.json.encode({"site_id": site_id, "day": day, "reason": reason, "refused": refused})
            for (site_id, day, reason), refused in counts.items()
        ]
        columns = ("site_id", "day", "reason", "refused")
        try:
            self._engine.insert("refusals", columns, b"\n".join(rows))
        except Unavailable:
            with self._lock:
                self._counts += counts
            raise

    def forget(self, site_ids: Collection[str]) -> None:
        """What was counted of sites that are removed, and not yet written."""
        with self._lock:
            self._counts = Counter({place: count for place, count in self._counts.items() if place[0] not in site_ids})

    def totals(self, site_id: str) -> dict[str, int]:
        """How many were refused for each reason, ever."""
        rows = self._engine.query(
            "SELECT toString(reason), sum(refused) FROM refusals WHERE site_id = {site_id:String} GROUP BY reason",
            {"site_id": site_id},
        )
        totals = Counter({reason: int(refused) for reason, refused in rows})
        with self._lock:
            for (site, _, reason), refused in self._counts.items():
                totals[reason] += refused if site == site_id else 0
        return dict(totals)
