"""Who keeps a copy by `updated_since` ends with the list, whatever happened in between."""

import random
from collections.abc import Callable
from typing import Any

import pytest

from sojourn.app import Sojourn
from sojourn.errors import NotFound
from sojourn.model.instant import iso
from sojourn.model.site import Site
from sojourn.web.api import question_of
from tests.conftest import NOW
from tests.laws.test_sessions import MOST_CODES, World, take_step


def listed(app: Sojourn, site: Site, pairs: list[tuple[str, str]]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    asked = [*pairs, ("limit", "40")]
    while True:
        page = app.page(site.id, *question_of(asked))
        found += page.data
        if page.next_cursor is None:
            return found
        asked = [("cursor", page.next_cursor), ("limit", "40")]


class Copy:
    """A client's copy of a site's sessions."""

    def __init__(self) -> None:
        self.sessions: dict[str, dict[str, Any]] = {}
        self.since = 0

    def sync(self, app: Sojourn, site: Site) -> None:
        since = app.synced_until(site.id)
        for row in listed(app, site, [("updated_since", iso(self.since))]):
            if "deleted" in row:
                self.sessions.pop(row["id"], None)
                assert row["superseded_by"] == answered(app, site, row["id"])
            else:
                self.sessions[row["id"]] = row
        self.since = since


@pytest.mark.parametrize("seed", range(6))
def test_a_copy_ends_as_the_list(
    app: Sojourn, new_site: Callable[..., Site], monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    chance, world, copy, clock = random.Random(seed), World(new_site()), Copy(), [NOW]
    monkeypatch.setattr(app, "now_ms", lambda: clock[0])
    for _ in range(5):
        kind = chance.choice(["send", "send", "repeat", "suppress", "release", "timeout"])
        if kind == "timeout":
            app.change_site(world.site.id, {"session_timeout_ms": chance.choice([60_000, 1_800_000, 7_200_000])})
        else:
            most, count = (MOST_CODES, 40) if kind == "send" else (12, 3)
            take_step(app, world, (kind, [chance.randrange(most) for _ in range(count)]))
        app.work_off()
        if chance.random() < 0.6:
            copy.sync(app, world.site)
        clock[0] += chance.choice([0, 1, 5000])
    copy.sync(app, world.site)
    expected = {row["id"]: row for row in listed(app, world.site, [("from", "1970-01-01")])}
    assert copy.sessions == expected


def answered(app: Sojourn, site: Site, session_id: str) -> str | None:
    """The id that an old one answers with."""
    try:
        return str(app.journey(site.id, session_id)["id"])
    except NotFound:
        return None
