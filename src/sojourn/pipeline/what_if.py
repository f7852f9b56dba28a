"""What a change of a site's definitions would do, asked before it is done."""

from typing import Any

import msgspec

from sojourn.model.instant import iso
from sojourn.model.retention import GRACE_MS
from sojourn.model.site import MINUTE_MS, RETROACTIVE, Site, oldest_kept
from sojourn.pipeline.build import BUCKETS, FINAL
from sojourn.sql import sql
from sojourn.store.engine import Engine

ASKED_MINUTES = (15, 30, 60)
# The fields that touch sessions which exist.
TOLD = (*RETROACTIVE, "retention_days")


class WhatIf:
    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def effect(self, site_id: str, present: Site, target: Site, now_ms: int) -> dict[str, Any]:
        """How many sessions there are now and would be then, and at 15, 30 and 60 minutes; nothing is changed."""
        asked = [minutes * MINUTE_MS for minutes in ASKED_MINUTES]
        now, then, *others = self._both(site_id, present, target, asked, now_ms)
        is_smaller = oldest_kept(target, now_ms) > oldest_kept(present, now_ms)
        before, after = msgspec.to_builtins(present), msgspec.to_builtins(target)
        return {
            "dry_run": True,
            "changes": {
                name: {"from": before[name], "to": after[name]} for name in TOLD if before[name] != after[name]
            },
            "sessions": {"now": now, "then": then},
            "hidden_deleted_from": iso(now_ms + GRACE_MS) if is_smaller else None,
            "sessions_at": {f"{minutes}m": count for minutes, count in zip(ASKED_MINUTES, others, strict=True)},
        }

    def _both(self, site_id: str, present: Site, target: Site, asked: list[int], now_ms: int) -> list[int]:
        """How many sessions there are now, would be then, and at each timeout; of the same events in one go."""
        served = [(site.passive_types, oldest_kept(site, now_ms)) for site in (present, target)]
        before, then = present.session_timeout_ms, [target.session_timeout_ms, *asked]
        if served[0] == served[1]:
            return self._counts(site_id, target, [before, *then], now_ms)
        return self._counts(site_id, present, [before], now_ms) + self._counts(site_id, target, then, now_ms)

    def _counts(self, site_id: str, site: Site, timeouts: list[int], now_ms: int) -> list[int]:
        parameters = {
            "site_id": site_id,
            "passive_types": list(site.passive_types),
            "timeouts": timeouts,
            "purged_before": site.purged_before,
            "oldest": oldest_kept(site, now_ms),
        }
        every = {"site_id": site_id, "first_bucket": 0, "last_bucket": BUCKETS - 1}
        final = FINAL if self._engine.query(sql("event.decided"), every) else ""
        rows = self._engine.query(sql("session.what_if").replace("/* final */", final), parameters)
        return [int(count) for count in rows[0][0]] or [0] * len(timeouts)
