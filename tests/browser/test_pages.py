"""Every page as people see it: in light, dark and on a phone; without what keeps people out, and without side scroll."""

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import ARTEFACTS
from tests.browser.looking import Look, Served, keep, scrolls_sideways, serious_findings
from tests.web.pages.browsing import PASSWORD

PAGES = {
    "session": "/sessions/{session}",
    "beside": "/sessions/{session}/beside",
    "events": "/events",
    "events-filtered": "/events?type=page_view&type=demo_request&suppressed=false&first_day=2026-01-01&first_time=09:00",
    "event": "/events/0-1",
    "leads": "/leads",
    "lead-unknown": "/leads?search=nobody@example.com",
    "missing": "/no/such/page",
    "lead": "/leads/{lead}",
    "settings": "/settings",
    "keys": "/settings/keys",
    "people": "/settings/people",
    "changes": "/settings/changes",
    "start": "/start",
    "help": "/help",
    "nothing": "/sessions?country=XX",
    "refused": "/sessions?min_events=many",
}
# What these answer is an error to the console too.
LOUD = ("refused", "missing", "lead-unknown")


@pytest.mark.parametrize("name", PAGES)
def test_look_of_a_page(browser: Browser, served: Served, look: Look, name: str) -> None:
    session = served.server.sessions(limit="1")[0]
    path = PAGES[name].format(session=session["id"], lead=session["lead_id"])
    with served.opened(browser, look, is_quiet=name not in LOUD) as page:
        page.goto(path)
        expect(page.locator("h1")).to_be_visible()
        keep(page, ARTEFACTS, f"{name}-{look.name.lower()}")
        assert serious_findings(page) == []
        assert not scrolls_sideways(page)


def test_look_of_the_login(browser: Browser, served: Served, look: Look) -> None:
    with served.opened(browser, look, is_known=False) as page:
        page.goto("/sessions?converted=true")
        expect(page.get_by_role("button", name="Log in")).to_be_visible()
        keep(page, ARTEFACTS, f"login-{look.name.lower()}")
        assert serious_findings(page) == []
        assert not scrolls_sideways(page)


def test_logging_in_goes_on_to_what_was_asked_for(browser: Browser, served: Served) -> None:
    with served.opened(browser, Look.LIGHT, is_known=False) as page:
        page.goto("/sessions?converted=true")
        page.get_by_label("E-mail").fill("ann@example.com")
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Log in").click()
        expect(page).to_have_url(f"{served.address}/sessions?converted=true")
        page.get_by_text("ann", exact=True).click()
        page.get_by_role("button", name="Log out", exact=True).click()
        expect(page.get_by_role("heading", name="Log in")).to_be_visible()


def test_a_session_leads_to_its_neighbours_and_its_lead(page: Page) -> None:
    page.goto("/sessions")
    page.locator("table.cards tbody a").first.click()
    expect(page.get_by_role("heading", name="Journey")).to_be_visible()
    page.locator("dl.facts a").first.click()
    expect(page.get_by_role("heading", name="Identifiers")).to_be_visible()


def test_events_are_followed_live(page: Page, served: Served) -> None:
    page.goto("/events?live=1")
    # Of a passive type, so that the other tests count the same sessions.
    served.server.send({"type": "email_sent", "visitor_id": "live", "event_id": "live-1"})
    expect(page.get_by_text("email sent")).to_be_visible(timeout=10_000)
