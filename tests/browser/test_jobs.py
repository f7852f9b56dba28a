"""What people come to the other pages for, done in a browser from the first click to the last."""

import json
import re
import shlex
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.looking import Look, Served
from tests.serving import Server
from tests.web.pages.browsing import PASSWORD, first_owner, setup_token

LEAD = "lead7@example.com"


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A server that these tests change as they like."""
    server = Server(tmp_path_factory.mktemp("jobs")).start()
    yield Served.filled(server, first_owner(server, "ann@example.com"))
    server.close()


@pytest.fixture
def page(browser: Browser, own: Served) -> Iterator[Page]:
    with own.opened(browser, Look.LIGHT) as page:
        page.on("dialog", lambda dialog: dialog.accept())
        yield page


def count_of(page: Page, row: str) -> int:
    return int(page.get_by_role("row", name=row).locator("td").first.inner_text().replace(",", ""))


def test_first_run_from_the_link_to_the_first_session(browser: Browser, tmp_path: Path) -> None:
    server = Server(tmp_path / "data").start()
    try:
        with Served(server, "").opened(browser, Look.LIGHT, is_known=False) as page:
            page.goto(f"/welcome?token={setup_token(server)}")
            page.get_by_label("E-mail").fill("first@example.com")
            page.get_by_label("Password").fill(PASSWORD)
            page.get_by_label("Once more").fill(PASSWORD)
            page.get_by_role("button", name="Create the owner").click()
            expect(page.get_by_text("Waiting for the event")).to_be_visible()
            page.get_by_role("button", name="Make a key").click()
            line = page.get_by_label("The line to run").inner_text()
            subprocess.run([*shlex.split(line), "--silent", "--fail"], check=True, capture_output=True, timeout=20)
            expect(page.get_by_role("heading", name="It arrived")).to_be_visible(timeout=15_000)
            page.get_by_role("link", name="Its session").click(timeout=15_000)
            expect(page.get_by_role("heading", name="Journey")).to_be_visible()
            expect(page.locator("li.event")).to_have_count(1)
    finally:
        server.close()


def test_a_timeout_is_changed_after_its_effect_is_seen(page: Page) -> None:
    page.goto("/settings")
    timeout = page.get_by_role("region", name="Timeout")
    timeout.get_by_label("Timeout").fill("1")
    timeout.get_by_role("button", name="What would it change?").click()
    now, then = count_of(page, "Now"), count_of(page, "Then")
    assert then > now > 0
    page.get_by_role("button", name="Do it").click()
    expect(page.get_by_role("region", name="Timeout")).to_be_visible()
    expect(page.get_by_text("Sessions are being built anew")).to_have_count(0, timeout=15_000)
    page.goto("/sessions")
    expect(page.locator(".total").first).to_contain_text(str(then))


def test_a_goal_is_added_and_removed(page: Page) -> None:
    page.goto("/settings")
    goals = page.get_by_role("region", name="Goals")
    goals.get_by_text("Add a goal").click()
    form = goals.locator(".add")
    form.get_by_label("Name").fill("pricing_seen")
    form.get_by_label("Pages").fill("/pricing*")
    form.get_by_role("button", name="Add the goal").click()
    added = page.get_by_role("region", name="Goals").get_by_text("pricing seen")
    expect(added).to_be_visible(timeout=15_000)
    added.click()
    page.get_by_role("button", name="Remove the goal pricing_seen").click()
    expect(page.get_by_role("region", name="Goals").get_by_text("pricing seen")).to_have_count(0, timeout=15_000)


def shown_key(page: Page) -> str:
    return page.locator("section.once code.secret").inner_text()


def short(key: str) -> str:
    """A key as the list of keys calls it."""
    return f"{key[:8]}…{key[-4:]}"


def status_of(own: Served, key: str) -> int:
    return own.server.ask("GET", "/v1/site", key).status_code


def test_a_key_is_made_shown_once_rotated_and_revoked(page: Page, own: Served) -> None:
    page.goto("/settings/keys")
    page.get_by_role("button", name="Make it").click()
    first = shown_key(page)
    assert status_of(own, first) == 200
    page.goto("/settings/keys")
    assert first not in page.content()
    page.get_by_role("button", name=f"Rotate {short(first)}").click()
    second = shown_key(page)
    assert (status_of(own, first), status_of(own, second)) == (200, 200)
    for key in (first, second):
        page.goto("/settings/keys")
        page.get_by_role("button", name=f"Revoke {short(key)}").click()
        expect(page.get_by_role("heading", name="Revoked keys")).to_be_visible()
        assert status_of(own, key) == 401


def test_somebody_is_invited_promoted_and_removed(browser: Browser, page: Page, own: Served) -> None:
    page.goto("/settings/people")
    page.get_by_label("E-mail").fill("bob@example.com")
    page.get_by_role("button", name="Make a link").click()
    link = page.locator("section.once code.secret").inner_text()
    with own.opened(browser, Look.LIGHT, is_known=False, is_quiet=False) as other:
        other.goto(link)
        other.get_by_label("Password").fill(PASSWORD)
        other.get_by_label("Once more").fill(PASSWORD)
        other.locator("button.main").click()
        expect(other.get_by_role("heading", name="Sessions", exact=True)).to_be_visible()
        other.goto("/settings/people")
        expect(other.get_by_role("heading", name="Not allowed")).to_be_visible()
        page.goto("/settings/people")
        page.get_by_label("Role of bob@example.com").select_option("owner")
        page.get_by_role("button", name="Change the role of bob@example.com").click()
        expect(page.get_by_label("Role of bob@example.com")).to_have_value("owner")
        other.goto("/settings/people")
        expect(other.get_by_role("heading", name="Invite somebody")).to_be_visible()
        page.get_by_role("button", name="Remove bob@example.com").click()
        expect(page.get_by_label("Role of bob@example.com")).to_have_count(0)
        other.goto("/sessions")
        expect(other.get_by_role("heading", name="Log in")).to_be_visible()


def test_a_lead_is_found_exported_and_erased(page: Page, own: Served) -> None:
    page.goto("/sessions")
    page.get_by_role("link", name="Leads", exact=True).click()
    page.get_by_label("E-mail, own id").fill(LEAD)
    page.get_by_role("button", name="Find").click()
    expect(page.get_by_role("heading", name="Identifiers")).to_be_visible()
    with page.expect_download() as download:
        page.get_by_role("link", name="Export everything").click()
    exported = json.loads(Path(download.value.path()).read_text(encoding="utf-8"))["data"]
    assert len(exported["events"]) == exported["stored_event_count"] > 0
    page.get_by_label(re.compile("^Type")).fill(LEAD)
    page.get_by_role("button", name="Erase this lead").click()
    expect(page.get_by_role("heading", name="Erased")).to_be_visible()
    page.reload()
    expect(page.get_by_text("rcpt_")).to_be_visible()
    assert own.server.sessions(lead_id=LEAD) == []


def test_events_are_filtered_and_one_is_opened(page: Page) -> None:
    page.goto("/events")
    page.get_by_label("Event", exact=True).fill("demo_request, purchase")
    page.get_by_role("button", name="Apply").click()
    names = page.locator("table.cards tbody td:first-child")
    expect(names.filter(has_text="page view")).to_have_count(0)
    expect(names.filter(has_text="demo request").first).to_be_visible()
    page.get_by_role("link", name="Without Event: demo request").click()
    expect(names.filter(has_text="demo request")).to_have_count(0)
    page.locator("table.cards tbody a").first.click()
    expect(page.get_by_role("heading", name="As stored")).to_be_visible()
    page.get_by_role("link", name="the session that it belongs to").click()
    expect(page.get_by_role("heading", name="Journey")).to_be_visible()


def test_following_live_brings_what_comes_and_keeps_the_filters(page: Page, own: Served) -> None:
    page.goto("/events?type=scroll_end")
    page.get_by_role("link", name="Follow live").click()
    expect(page.get_by_text("following live")).to_be_visible()
    for kind in ("other", "scroll_end"):
        own.server.send({"type": kind, "visitor_id": "live", "event_id": f"live-{kind}"})
    names = page.locator("table.cards tbody td:first-child")
    expect(names).to_have_count(1, timeout=10_000)
    expect(names).to_have_text("scroll end")
    page.get_by_role("link", name="Stop following").click()
    expect(page.get_by_text("following live")).to_have_count(0)
    expect(page).to_have_url(f"{own.address}/events?type=scroll_end")
