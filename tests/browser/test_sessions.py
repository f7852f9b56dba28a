"""The main job of the list of sessions, done in a browser: look, filter, sort, page, save; by keyboard and on a phone."""

import re
from datetime import UTC, datetime, timedelta

from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import ARTEFACTS
from tests.browser.looking import Look, Served, keep, scrolls_sideways, serious_findings

# How much of the page moved that was there before, in window.moved.
MOVES = (
    "window.moved = 0; new PerformanceObserver((list) => { for (const entry of list.getEntries()) "
    "if (!entry.hadRecentInput) window.moved += entry.value; }).observe({type: 'layout-shift', buffered: true});"
)


def test_look_of_the_list(browser: Browser, served: Served, look: Look) -> None:
    with served.opened(browser, look) as page:
        page.goto("/sessions?converted=true&min_events=2")
        expect(page.locator(".totals")).to_be_visible()
        keep(page, ARTEFACTS, f"sessions-{look.name.lower()}")
        assert serious_findings(page) == []
        assert not scrolls_sideways(page)


def test_filters_choose_and_chips_take_away(page: Page) -> None:
    page.goto("/sessions")
    expect(page.locator(".total").first).to_contain_text("60")
    page.get_by_text("Filters", exact=True).click()
    page.locator("select[name=converted]").select_option("true")
    page.get_by_label("With the event").fill("demo_request")
    page.get_by_role("button", name="Apply the filters").click()
    expect(page.locator(".total").first).to_contain_text("4")
    assert page.locator("tbody tr").count() >= 4
    page.get_by_role("link", name="Without converted").click()
    expect(page.locator(".total").first).to_contain_text("20")


def test_headings_sort_both_ways(page: Page) -> None:
    page.goto("/sessions")
    page.get_by_role("link", name="Points").click()
    expect(page.locator("th[aria-sort=descending]")).to_contain_text("Points")
    page.get_by_role("link", name="Points").click()
    expect(page.locator("th[aria-sort=ascending]")).to_contain_text("Points")


def test_pages_lead_on_and_back(page: Page) -> None:
    page.goto("/sessions")
    page.get_by_role("link", name=re.compile("Next 50")).click()
    expect(page.locator("table.cards tbody tr")).to_have_count(10)
    page.get_by_role("link", name="First page").click()
    expect(page.locator("table.cards tbody tr")).to_have_count(50)


def test_times_are_the_viewers(page: Page, served: Served) -> None:
    page.goto("/sessions")
    expect(page.locator("footer")).to_contain_text("Europe/Berlin")


def test_a_keyboard_is_enough(page: Page) -> None:
    """From the address bar: skip the frame, open the filters, choose, apply, open a session."""
    page.goto("/sessions")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
    page.keyboard.press("Enter")
    for _ in range(20):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.closest('.more-filters') !== null"):
            break
    page.keyboard.press("Enter")
    field = page.get_by_label("Events at least")
    for _ in range(20):
        page.keyboard.press("Tab")
        if field.evaluate("each => each === document.activeElement"):
            break
    expect(field).to_be_focused()
    page.keyboard.type("5")
    page.keyboard.press("Enter")
    expect(page.locator(".total").first).to_contain_text("4")
    first = page.locator("table.cards tbody a").first
    for _ in range(40):
        page.keyboard.press("Tab")
        if first.evaluate("each => each === document.activeElement"):
            break
    expect(first).to_be_focused()


def test_menus_close_with_escape(page: Page) -> None:
    page.goto("/sessions")
    page.get_by_text("Columns", exact=True).click()
    expect(page.get_by_role("button", name="Show these")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="Show these")).to_be_hidden()


def test_without_scripts_all_can_be_read(browser: Browser, served: Served) -> None:
    with served.opened(browser, Look.LIGHT, is_scripted=False) as page:
        page.goto("/sessions?converted=true")
        expect(page.locator("table.cards tbody tr")).to_have_count(12)
        page.get_by_role("link", name="Totals and charts").click()
        expect(page.locator(".total").first).to_contain_text("12")


def test_the_first_load_is_light(page: Page) -> None:
    """Everything that the first page loads, as it is sent."""
    sizes: list[int] = []
    page.on("requestfinished", lambda request: sizes.append(request.sizes()["responseBodySize"]))
    page.goto("/sessions")
    expect(page.locator(".totals")).to_be_visible()
    assert sum(sizes) < 150_000


def test_nothing_moves_while_it_loads(page: Page) -> None:
    page.add_init_script(MOVES)
    page.goto("/sessions?converted=true")
    expect(page.locator(".totals")).to_be_visible()
    assert page.evaluate("window.moved") < 0.1


def test_sessions_before_and_after_come_and_nothing_moves(browser: Browser, served: Served) -> None:
    """From the first on to the second, and back; without scripts by a page in between."""
    long_ago = datetime.now(UTC) - timedelta(days=90)  # in no list of the other tests
    times = [(long_ago + timedelta(days=day)).isoformat() for day in range(2)]
    served.server.send(*({"type": "click", "visitor_id": "twice", "occurred_at": each} for each in times))
    known = {"lead_id": "twice", "from": "2020-01-01"}
    second, first = [f"/sessions/{each['id']}" for each in served.server.settled(2, **known)]
    with served.opened(browser, Look.LIGHT) as page:
        page.add_init_script(MOVES)
        page.goto(first)
        expect(page.locator("#beside")).to_be_visible()
        assert page.evaluate("window.moved") < 0.1
        expect(page.get_by_role("button", name="Previous")).to_be_disabled()
        page.get_by_role("link", name="Next").click()
        expect(page).to_have_url(f"{served.address}{second}")
        page.get_by_role("link", name="Previous").click()
        expect(page).to_have_url(f"{served.address}{first}")
    with served.opened(browser, Look.LIGHT, is_scripted=False) as page:
        page.goto(first)
        page.get_by_role("link", name="Sessions before and after").click()
        page.get_by_role("link", name="Next").click()
        expect(page).to_have_url(f"{served.address}{second}")


def test_totals_that_do_not_come_say_so(browser: Browser, served: Served) -> None:
    with served.opened(browser, Look.LIGHT, is_quiet=False) as page:
        page.route("**/sessions/summary*", lambda route: route.abort())
        page.goto("/sessions")
        expect(page.get_by_text("This could not be loaded now")).to_be_visible()
        expect(page.locator("table.cards tbody tr")).to_have_count(50)
