"""The demo's data: its notice on the pages, and its removal by one click."""

import asyncio
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from sojourn.app import Sojourn
from sojourn.commands import demo
from sojourn.demo.world import World
from sojourn.errors import InvalidRequest, Unavailable
from sojourn.model.login import OWNER, VIEWER
from sojourn.model.site import Site
from sojourn.pipeline.demo import DEMO_MARK, mark_demo
from sojourn.pipeline.sites import DEFAULT_SITE
from sojourn.web.asgi import Application
from sojourn.web.pages.asked import COOKIE, csrf_of
from tests.conftest import NOW
from tests.kit import listed, send

NOTICE = "This is demo data"


def work(app: Sojourn) -> None:
    """What was sent is in sessions; without the cleaning of files, which takes a while."""
    while app.worker.work(app.commits.change_ms):
        pass


@pytest.fixture
def folder(app: Sojourn, tmp_path: Path) -> Iterator[Path]:
    """A folder that is marked as a demo's, with a small world loaded."""
    mark_demo(tmp_path, demo.DEFINITION)
    app.demo.look(tmp_path)
    app.change_site(DEFAULT_SITE, demo.DEFINITION)
    app.insert(demo.collected(app, World(5, NOW, people=40).until(NOW)))
    work(app)
    yield tmp_path
    if app.is_demo:
        app.demo.remove()


def ask(app: Sojourn, role: str, method: str, path: str, site: str = DEFAULT_SITE) -> httpx.Response:
    login, _ = app.logins.invite(f"{role}@example.com", DEFAULT_SITE, role, NOW)
    login, _ = app.logins.invite(f"{role}@example.com", site, role, NOW)
    ticket = app.logins.open(login, NOW)

    async def answer() -> httpx.Response:
        transport = httpx.ASGITransport(app=Application(app))
        headers = {"Accept": "text/html", "Cookie": f"{COOKIE}={ticket}"}
        async with httpx.AsyncClient(transport=transport, base_url="http://sojourn", headers=headers) as client:
            form = {"csrf": csrf_of(ticket)} if method == "POST" else None
            return await client.request(method, path, data=form, params={"site": site})

    return asyncio.run(answer())


def counts(app: Sojourn) -> dict[str, int]:
    """The rows of the default site, by table."""
    tables = ("events", "sessions", "leads", "links", "names", "members", "slices", "refusals", "keys")
    return {
        table: int(app.engine.query(f"SELECT count() FROM {table} WHERE site_id = 'default'")[0][0]) for table in tables
    }


def test_pages_tell_that_it_is_demo_data_and_offer_its_removal_to_owners(app: Sojourn, folder: Path) -> None:
    shown = ask(app, OWNER, "GET", "/sessions").text
    assert NOTICE in shown
    assert "/demo/remove" in shown
    seen = ask(app, VIEWER, "GET", "/sessions").text
    assert NOTICE in seen
    assert "/demo/remove" not in seen


def test_a_viewer_removes_nothing(app: Sojourn, folder: Path) -> None:
    answer = ask(app, VIEWER, "POST", "/demo/remove")
    assert answer.status_code == 403
    assert app.is_demo
    assert counts(app)["events"] > 0


def test_it_is_removed_by_one_click_and_what_comes_later_stays(app: Sojourn, folder: Path) -> None:
    key = app.keys.create(DEFAULT_SITE, "secret", is_test=False, now_ms=NOW)[1]
    before = counts(app)
    assert min(before[table] for table in ("events", "sessions", "leads", "links", "names")) > 30
    answer = ask(app, OWNER, "POST", "/demo/remove")
    assert (answer.status_code, answer.headers["location"]) == (303, "/sessions?site=default")
    left = counts(app)
    assert left.pop("keys") == before["keys"]
    assert set(left.values()) == {0}
    assert not app.is_demo
    assert not (folder / DEMO_MARK).exists()
    site = app.sites[DEFAULT_SITE]
    assert (site.name, site.hosts, site.time_zone) == (Site(id="x").name, (), "UTC")
    assert app.audit.latest(DEFAULT_SITE, 1)[0].action == "demo_removed"
    shown = ask(app, OWNER, "GET", "/sessions").text
    assert NOTICE not in shown
    assert "No events yet" in shown

    async def send() -> httpx.Response:
        transport = httpx.ASGITransport(app=Application(app))
        headers = {"Authorization": f"Bearer {key}"}
        async with httpx.AsyncClient(transport=transport, base_url="http://sojourn", headers=headers) as client:
            return await client.post("/v1/events", json={"type": "page_view", "visitor_id": "real"})

    assert asyncio.run(send()).status_code == 202
    work(app)
    assert (counts(app)["events"], counts(app)["sessions"]) == (1, 1)
    app.registry.empty(DEFAULT_SITE)


def test_the_same_events_may_come_again_after_it(app: Sojourn, folder: Path) -> None:
    before = counts(app)
    app.demo.remove()
    work(app)
    app.insert(demo.collected(app, World(5, NOW, people=40).until(NOW)))
    work(app)
    assert counts(app)["sessions"] == before["sessions"]
    app.registry.empty(DEFAULT_SITE)


def test_nothing_is_removed_where_the_data_is_not_a_demos(app: Sojourn, tmp_path: Path) -> None:
    app.demo.look(tmp_path)
    app.insert(demo.collected(app, World(5, NOW, people=5).until(NOW)))
    before = counts(app)
    answer = ask(app, OWNER, "POST", "/demo/remove")
    assert answer.status_code == 400
    assert "no demo data" in answer.text
    with pytest.raises(InvalidRequest):
        app.demo.remove()
    assert counts(app) == before
    app.registry.empty(DEFAULT_SITE)


def test_it_is_removed_on_its_own_site_alone(app: Sojourn, folder: Path) -> None:
    if "other" not in app.sites:
        app.registry.add("other")
    assert NOTICE not in ask(app, OWNER, "GET", "/sessions", "other").text
    assert ask(app, OWNER, "POST", "/demo/remove", "other").status_code == 400
    assert app.is_demo


def test_a_form_of_another_login_removes_nothing(app: Sojourn, folder: Path) -> None:
    login, _ = app.logins.invite("owner@example.com", DEFAULT_SITE, OWNER, NOW)
    ticket = app.logins.open(login, NOW)

    async def answer() -> int:
        transport = httpx.ASGITransport(app=Application(app))
        async with httpx.AsyncClient(transport=transport, base_url="http://sojourn") as client:
            headers = {"Accept": "text/html", "Cookie": f"{COOKIE}={ticket}"}
            return (await client.post("/demo/remove", data={"csrf": "0" * 64}, headers=headers)).status_code

    assert asyncio.run(answer()) == 403
    assert app.is_demo


def test_what_the_owner_said_of_the_site_stays(app: Sojourn, folder: Path) -> None:
    app.change_site(DEFAULT_SITE, {"name": "Ours"})
    app.demo.remove()
    assert (app.sites[DEFAULT_SITE].name, app.sites[DEFAULT_SITE].hosts) == ("Ours", ())
    app.change_site(DEFAULT_SITE, {"name": Site(id="x").name})


def test_nothing_is_removed_while_an_import_is_under_way(app: Sojourn, folder: Path) -> None:
    with app.commits.commit(is_hidden=True) as commit_id:
        pass
    with pytest.raises(Unavailable):
        app.demo.remove()
    assert app.is_demo
    app.worker.reveal([commit_id])
    work(app)


def test_while_it_is_removed_nothing_more_is_sent(app: Sojourn, folder: Path) -> None:
    with app.demo.sending() as may_send:
        assert may_send
        with app.demo.sending() as is_second:
            assert not is_second
    app.demo.remove()
    with app.demo.sending() as may_send:
        assert not may_send


def test_going_on_sends_by_the_durable_path_and_ends_with_the_demo(
    app: Sojourn, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the clock as an argument: two minutes pass at once."""
    monkeypatch.setattr(demo, "LONGEST_REST", 0.1)
    world = World(5, NOW - 120_000, people=40)
    list(world.until(NOW - 120_000))
    before = counts(app)["events"]

    async def run() -> None:
        going_on = asyncio.create_task(demo.go_on(app, world))
        for _ in range(1000):
            if counts(app)["events"] > before:
                break
            await asyncio.sleep(0.01)
        assert counts(app)["events"] > before + 20
        await asyncio.to_thread(app.demo.remove)
        await asyncio.wait_for(going_on, 10)

    asyncio.run(run())
    assert counts(app)["events"] == 0


def test_the_pages_notice_is_one_form(app: Sojourn, folder: Path) -> None:
    shown = ask(app, OWNER, "GET", "/sessions").text
    assert len(re.findall(r'action="/demo/remove[^"]*"', shown)) == 1


def test_a_site_is_emptied_while_its_sessions_are_built_anew(app: Sojourn, new_site: Callable[..., Site]) -> None:
    site = new_site()
    send(app, site, [{"type": "page_view", "visitor_id": "v1", "occurred_at": NOW - 1000}])
    app.change_site(site.id, {"session_timeout_ms": 60_000})
    assert app.generations.work(NOW)
    app.registry.empty(site.id)
    app.work_off()
    assert listed(app, app.sites[site.id]) == []
    assert app.sites[site.id].session_timeout_ms == 60_000
    send(app, app.sites[site.id], [{"type": "page_view", "visitor_id": "v1", "occurred_at": NOW - 500}])
    (session,) = listed(app, app.sites[site.id])
    assert (session["event_count"], session["started_at"]) == (1, NOW - 500)
