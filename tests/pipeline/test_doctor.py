"""The doctor: a healthy folder is clean, and whatever is damaged in the derived tables is found and put right."""

import random
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from sojourn.app import Sojourn
from sojourn.errors import InvalidRequest
from sojourn.model.site import Site
from sojourn.pipeline import build, sessionize
from sojourn.pipeline.doctor import examining
from sojourn.pipeline.doctor.standstill import Standstill
from tests.kit import listed, send, to_events
from tests.laws.test_sessions import BASE, MOST_CODES, World, take_step

TABLES = ("links", "members", "names", "leads", "sessions", "slices")
VERY_MANY = 6


@pytest.fixture(scope="module")
def site(app: Sojourn, new_site: Callable[..., Site]) -> Iterator[Site]:
    """A site with everything in it: copies, decisions, identity facts, names, leads in slices, pages of events.

    Every test leaves it healthy.
    """
    with pytest.MonkeyPatch.context() as patch:
        for module in (sessionize, build):
            patch.setattr(module, "VERY_MANY", VERY_MANY)
        patch.setattr(examining, "EVENTS_A_PAGE", 200)
        site = new_site()
        fill(app, site, seed=5)
        yield site


def fill(app: Sojourn, site: Site, seed: int) -> None:
    chance = random.Random(seed)
    world = World(site)
    large = [{"type": "click", "visitor_id": "large", "occurred_at": BASE + n, "event_id": f"l{n}"} for n in range(50)]
    app.insert(to_events(site, [*map(named, range(30)), *large]))
    for _ in range(2):
        take_step(app, world, ("send", [chance.randrange(MOST_CODES) for _ in range(100)]))
        take_step(app, world, ("suppress", [chance.randrange(12) for _ in range(2)]))
        take_step(app, world, ("release", [chance.randrange(12)]))
        take_step(app, world, ("repeat", [chance.randrange(1000) for _ in range(10)]))
        app.work_off()


def named(number: int) -> dict[str, Any]:
    return {
        "type": "page_view",
        "event_id": f"named{number}",
        "visitor_id": f"browser{number}",
        "occurred_at": BASE + number,
        "url": "https://x.example/pricing",
        "lead": {"id": f"person{number % 9}", "email": f"p{number % 9}@x.example", "name": f"Person {number}"},
    }


def examine(app: Sojourn, site: Site, sample: int | None = None, *, repair: bool = False) -> dict[str, Any]:
    steps = list(app.doctor.examine(sample, repair=repair, site_ids=[site.id]))
    done: dict[str, Any] = steps[-1]["done"]
    return done


def ill(done: dict[str, Any], which: str = "checks") -> dict[str, int]:
    return {check["table"]: check["differing"] for check in done[which] if check["differing"]}


@pytest.mark.parametrize("sample", [None, 5])
def test_a_healthy_folder_is_clean(app: Sojourn, site: Site, sample: int | None) -> None:
    done = examine(app, site, sample)
    assert ill(done) == {}
    assert {check["table"] for check in done["checks"] if check["checked"]} == set(TABLES)
    assert done["state"]["worked_off"] == done["state"]["last_commit"]
    assert done["state"]["free"] > 0


def test_what_is_not_worked_off_yet_is_no_finding(app: Sojourn, site: Site) -> None:
    app.insert(to_events(site, [named(number) | {"event_id": f"new{number}"} for number in range(5)]))
    app.decide(site.id, ["named7", "l7"], "robot")
    assert ill(examine(app, site)) == {}


LOST = {
    "links": "DELETE FROM links WHERE site_id = {site_id:String} AND event_id LIKE 'named%'",
    "members": "DELETE FROM members WHERE site_id = {site_id:String}",
    "names": "DELETE FROM names WHERE site_id = {site_id:String} AND event_id = 'named3'",
    "leads": "DELETE FROM leads WHERE site_id = {site_id:String}",
    "sessions": "DELETE FROM sessions WHERE site_id = {site_id:String} AND number % 3 = 0",
    "slices": "INSERT INTO slices SELECT * REPLACE (1 AS is_deleted, version + 1 AS version)"
    " FROM slices FINAL WHERE site_id = {site_id:String} AND event_id = 'l0'",
}
ALTERED = {
    "links": "INSERT INTO links SELECT * REPLACE ('i:nobody' AS ref, version + 1 AS version)"
    " FROM links FINAL WHERE site_id = {site_id:String} AND event_id = 'named3'",
    "names": "INSERT INTO names SELECT * REPLACE ('Mallory' AS lead_name, version + 1 AS version)"
    " FROM names FINAL WHERE site_id = {site_id:String}",
    "sessions": "INSERT INTO sessions SELECT * REPLACE (event_count + 1 AS event_count, version + 1 AS version)"
    " FROM sessions FINAL WHERE site_id = {site_id:String} AND number % 3 = 0",
    "slices": "INSERT INTO slices SELECT * REPLACE (event_count + 1 AS event_count, version + 1 AS version)"
    " FROM slices FINAL WHERE site_id = {site_id:String}",
}
LEFT_OVER = {
    "links": "INSERT INTO links SELECT * REPLACE ('invented' AS event_id)"
    " FROM links FINAL WHERE site_id = {site_id:String} AND sender = 'v:browser3'",
    "names": "INSERT INTO names SELECT * REPLACE ('invented' AS event_id)"
    " FROM names FINAL WHERE site_id = {site_id:String} AND sender = 'v:browser3'",
    "sessions": "INSERT INTO sessions SELECT * REPLACE (number + 1 AS number, 'v:nobody' AS lead)"
    " FROM sessions FINAL WHERE site_id = {site_id:String} AND number % 3 = 0",
}


@pytest.mark.parametrize("damages", [LOST, ALTERED, LEFT_OVER], ids=["lost", "altered", "left over"])
def test_damage_is_found_and_put_right(app: Sojourn, site: Site, damages: dict[str, str]) -> None:
    before = contents(app, site)
    for statement in damages.values():
        app.engine.execute(statement, {"site_id": site.id})
    assert contents(app, site) != before
    done = examine(app, site, repair=True)
    assert set(damages) <= set(ill(done, "repaired")), done["repaired"]
    assert all(0 < len(check["examples"]) <= examining.SHOWN for check in done["repaired"])
    assert ill(done) == {}
    assert contents(app, site) == before


def contents(app: Sojourn, site: Site) -> list[dict[str, Any]]:
    """The sessions without what says when they were written."""
    return [{**row, "generation": 0, "version": 0, "updated_at": 0} for row in listed(app, site)]


def test_what_changed_last_is_in_every_sample_and_the_example_says_what_is_wrong(app: Sojourn, site: Site) -> None:
    send(app, site, [{"type": "click", "visitor_id": "newest", "event_id": "n1", "occurred_at": BASE}])
    app.engine.execute(
        "INSERT INTO sessions SELECT * REPLACE (total_points + 1 AS total_points, version + 1 AS version)"
        " FROM sessions FINAL WHERE site_id = {site_id:String} AND lead = 'v:newest'",
        {"site_id": site.id},
    )
    done = examine(app, site, sample=1, repair=True)
    assert ill(done, "repaired") == {"sessions": 1}
    (example,) = done["repaired"][0]["examples"]
    assert example.startswith("session sess_")
    assert example.endswith(": total_points is 1 and must be 0")
    assert ill(done) == {}


@pytest.fixture
def busy(app: Sojourn, site: Site) -> Callable[[], None]:
    """Sends something new to the site at each call, as a server does between the doctor's statements."""
    numbers = iter(range(10_000))

    def send_one() -> None:
        number = next(numbers)
        app.insert(
            to_events(site, [named(number % 30) | {"event_id": f"busy{number}", "lead": {"id": f"person{number % 7}"}}])
        )
        if number % 2:
            app.decide(site.id, [f"named{number % 30}"], "robot" if number % 4 == 1 else "")

    return send_one


def test_events_that_come_meanwhile_are_no_finding(
    app: Sojourn, site: Site, busy: Callable[[], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    compare = Standstill.compared

    def compared(self: Any, site_id: str, find: Any, *more: Any) -> Any:
        def disturbed(seen: Any) -> Any:
            busy()
            return find(seen)

        return compare(self, site_id, disturbed, *more)

    monkeypatch.setattr(Standstill, "compared", compared)
    assert ill(examine(app, site, sample=5)) == {}


@pytest.mark.parametrize("sample", [0, -1, 10_000_000])
def test_a_sample_of_none_is_refused(app: Sojourn, sample: int) -> None:
    with pytest.raises(InvalidRequest, match="--sample"):
        list(app.doctor.examine(sample))
