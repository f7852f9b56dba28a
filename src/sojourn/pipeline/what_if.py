"""What a change of a site's definitions would do, asked before it is done."""

from typing import Any

import msgspec

from sojourn.model.site import MINUTE_MS, RETROACTIVE, Site
from sojourn.store.engine import Engine, sql

ASKED_MINUTES = (15, 30, 60)


class WhatIf:
    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def effect(self, site_id: str, present: Site, target: Site) -> dict[str, Any]:
        """How many sessions there are now and would be then, and at 15, 30 and 60 minutes; nothing is changed."""
        asked = [minutes * MINUTE_MS for minutes in ASKED_MINUTES]
        now = self._counts(site_id, present, [present.session_timeout_ms])[0]
        then, *others = self._counts(site_id, target, [target.session_timeout_ms, *asked])
        before, after = msgspec.to_builtins(present), msgspec.to_builtins(target)
        return {
            "dry_run": True,
            "changes": {
                name: {"from": before[name], "to": after[name]} for name in RETROACTIVE if before[name] != after[name]
            },
            "sessions": {"now": now, "then": then},
            "sessions_at": {f"{minutes}m": count for minutes, count in zip(ASKED_MINUTES, others, strict=True)},
        }

    def _counts(self, site_id: str, site: Site, timeouts: list[int]) -> list[int]:
        parameters = {"site_id": site_id, "passive_types": list(site.passive_types), "timeouts": timeouts}
        rows = self._engine.query(sql("session.what_if"), parameters)
        return [int(count) for count in rows[0][0]] or [0] * len(timeouts)
