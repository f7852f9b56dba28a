"""The list of sessions as a page: it shows what the API answers, for whatever filters, in any order."""

import csv
import io
import json
import os
import random
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import httpx
import pytest

from tests.kit import to_events
from tests.laws.test_filters import Known, known
from tests.serving import Server
from tests.web.pages.browsing import Browser, first_owner, links
from tests.web.test_export import CSV, read_csv
from tests.web.test_ways import SITE, Pairs, as_csv, draw_question, draw_rich, file_of, flags, paged, typed_here

COMBINATIONS = max(200, int(os.environ.get("LAW_EXAMPLES", "0")))
EVENTS = 600


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Server, list[Known], Browser]]:
    chance = random.Random(47)
    payloads = [draw_rich(chance, number) for number in range(EVENTS)]
    server = Server(tmp_path_factory.mktemp("pages")).start()
    server.send(*payloads)
    assert sum(session["event_count"] for session in server.settled(EVENTS)) == EVENTS
    yield server, known(SITE, to_events(SITE, payloads)), first_owner(server, "ann@example.com")
    server.close()


def ids_in(text: str) -> list[str]:
    """The sessions that a page lists, in its order."""
    return [urlsplit(each).path.removeprefix("/sessions/") for each in links(text, "/sessions/sess_")]


def turned(browser: Browser, pairs: Pairs) -> list[str]:
    """The ids of all pages, turned by the link that leads on."""
    found: list[str] = []
    address = f"/sessions?{urlencode(pairs)}"
    while True:
        answer = browser.get(address)
        assert answer.status_code == 200, answer.text
        found += ids_in(answer.text)
        following = re.search(r'rel="next" href="([^"]+)"', answer.text)
        if following is None:
            return found
        address = following[1].replace("&amp;", "&")


def rows_of(browser: Browser, pairs: Pairs) -> list[dict[str, str]]:
    answer = browser.get(f"/sessions.csv?{urlencode(pairs)}")
    assert answer.status_code == 200, answer.text
    return list(csv.DictReader(io.StringIO(answer.text)))


def total(browser: Browser, pairs: Pairs) -> int:
    answer = browser.get(f"/sessions/summary?{urlencode(pairs)}")
    assert answer.status_code == 200, answer.text
    found = re.search(r"<b>([\d,]+)</b><span>sessions", answer.text)
    assert found, answer.text
    return int(found[1].replace(",", ""))


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_page_summary_api_command_and_csv_agree(told: tuple[Server, list[Known], Browser]) -> None:
    """The same combinations by every way, and each answers what a plain filter over the oracle's sessions chooses."""
    server, sessions, browser = told
    chance = random.Random(48)
    for _ in range(COMBINATIONS):
        pairs, expected = draw_question(chance, server, sessions)
        answered = paged(server, pairs, 200)
        assert [session["id"] for session in answered] == expected, pairs
        assert turned(browser, pairs) == expected, pairs
        assert total(browser, pairs) == len(expected), pairs
        rows = rows_of(browser, pairs)
        assert [(row["Duration"], row["Events"]) for row in rows] == [
            (str(session["duration"]), str(session["event_count"])) for session in answered
        ], pairs
        typed = ("sessions", "--data", str(server.folder), *flags(chance, pairs), "--format")
        assert json.loads(typed_here(*typed, "json")) == answered, pairs
        assert read_csv(typed_here(*typed, "csv")) == as_csv(answered), pairs
        assert read_csv(file_of(server, pairs, CSV).decode()) == as_csv(answered), pairs


@pytest.mark.parametrize(
    ("by", "field"), [("duration", "duration"), ("points", "total_points"), ("events", "event_count")]
)
def test_any_order_lists_each_session_once(told: tuple[Server, list[Known], Browser], by: str, field: str) -> None:
    server, _, browser = told
    pairs = [("from", "1970-01-01"), ("min_events", "2")]
    by_id = {session["id"]: session for session in paged(server, pairs, 200)}
    for sort, is_rising in ((by, False), (f"-{by}", True)):
        found = turned(browser, [*pairs, ("sort", sort)])
        assert sorted(found) == sorted(by_id)
        values = [by_id[each][field] for each in found]
        assert values == sorted(values, reverse=not is_rising)


def test_oldest_first_is_the_list_turned_round(told: tuple[Server, list[Known], Browser]) -> None:
    server, _, browser = told
    pairs = [("from", "1970-01-01")]
    newest_first = [session["id"] for session in paged(server, pairs, 200)]
    assert turned(browser, [*pairs, ("sort", "-started_at")]) == newest_first[::-1]


def test_days_are_those_of_the_viewer_across_a_change_of_clocks(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Berlin's 29 March 2026 has 23 hours: it begins at 23:00 UTC the day before and ends at 22:00."""
    server = Server(tmp_path_factory.mktemp("days")).start()
    try:
        first = datetime(2026, 3, 28, 22, 30, tzinfo=UTC)
        for hours in range(26):
            at = first + timedelta(hours=hours)
            server.send({"type": "page_view", "visitor_id": f"v{hours}", "occurred_at": at.isoformat()})
        server.settled(26, **{"from": "2026-03-01"})
        browser = first_owner(server, "ann@example.com")
        browser.cookies.set("sojourn_time_zone", "Europe/Berlin")
        pairs = [("first_day", "2026-03-29"), ("last_day", "2026-03-29")]
        assert len(turned(browser, pairs)) == total(browser, pairs) == 23
        starts = [row["Start"] for row in rows_of(browser, pairs)]
        assert (starts[-1], starts[0]) == ("2026-03-29T00:30:00+01:00", "2026-03-29T23:30:00+02:00")
        summary = browser.get(f"/sessions/summary?{urlencode(pairs)}").text
        assert re.findall(r"<title>(\d.*?)</title>", summary) == ["2026-03-29: 23 sessions, 0 converted"]
    finally:
        server.close()


def test_chips_count_what_each_filter_leaves_and_lead_to_the_rest(
    told: tuple[Server, list[Known], Browser],
) -> None:
    server, _, browser = told
    pairs = [("from", "1970-01-01"), ("min_events", "2"), ("converted", "true")]
    summary = browser.get(f"/sessions/summary?{urlencode(pairs)}").text
    counts = [int(text.replace(",", "")) for text in re.findall(r'title="sessions that it leaves">([\d,]+)', summary)]
    assert counts == [len(paged(server, pairs[:count], 200)) for count in (2, 3)]
    without = [dict(parse_qsl(urlsplit(each).query)) for each in links(summary, "/sessions?")]
    assert {"from": "1970-01-01", "converted": "true"} in without
    assert {"from": "1970-01-01", "min_events": "2"} in without


def test_columns_are_those_that_are_asked_for(told: tuple[Server, list[Known], Browser]) -> None:
    _, _, browser = told
    pairs = [("from", "1970-01-01"), ("column", "lead"), ("column", "entry_url")]
    page = browser.get(f"/sessions?{urlencode(pairs)}").text
    assert re.findall(r'<th scope="col"[^>]*>(?:<a[^>]*>)?([^<]+)', page) == ["Lead", "Entry page"]
    assert list(rows_of(browser, pairs)[0]) == ["Lead", "Entry page"]


def test_a_view_is_saved_and_removed(told: tuple[Server, list[Known], Browser]) -> None:
    _, _, browser = told
    answer = browser.send_form("/sessions/views", name="Buyers", query="converted=true")
    assert answer.status_code == 303
    page = browser.get(answer.headers["location"]).text
    assert "Buyers" in page
    assert "converted" in page
    (removal,) = re.findall(r'action="(/sessions/views/[^"]+/remove)"', page)
    assert browser.send_form(removal).status_code == 303
    assert "Buyers" not in browser.get("/sessions").text


@pytest.mark.parametrize(
    "query",
    [
        "nonsense=1",
        "min_events=many",
        "sort=height",
        "column=eye",
        "first_day=soon",
        "cursor=xx",
        "sort=duration&cursor=xx",
    ],
)
def test_what_cannot_be_asked_is_said(told: tuple[Server, list[Known], Browser], query: str) -> None:
    _, _, browser = told
    answer = browser.get(f"/sessions?{query}")
    assert answer.status_code == 400
    assert 'role="alert"' in answer.text


def test_a_spreadsheet_gets_no_formula(told: tuple[Server, list[Known], Browser]) -> None:
    _, _, browser = told
    names = {row["Lead"] for row in rows_of(browser, [("from", "1970-01-01")])}
    assert "'=1+1" in names
    assert not any(name.startswith("=") for name in names)


def test_new_sessions_are_announced(told: tuple[Server, list[Known], Browser]) -> None:
    server, _, browser = told
    newest = server.ask("GET", "/v1/sessions", params={"from": "1970-01-01", "limit": "1"}).json()["data"][0]
    asked = f"/sessions/newer?from=1970-01-01&since={newest['started_at']}"
    assert "new session" not in browser.get(asked).text
    count = EVENTS + 1
    server.send({"type": "page_view", "visitor_id": "just-now", "event_id": "just-now"})
    server.settled(count)
    assert "1 new session " in browser.get(asked).text


def test_pages_need_a_login_and_say_so(told: tuple[Server, list[Known], Browser]) -> None:
    server, _, _ = told
    browser = Browser(server)
    for path in ("/sessions?converted=true", "/sessions.csv", "/sessions/summary"):
        answer = browser.get(path)
        assert answer.status_code == 303, path
        assert answer.headers["location"].startswith("/login?then="), path


def test_every_page_has_a_strict_policy_and_nothing_inline(told: tuple[Server, list[Known], Browser]) -> None:
    server, _, browser = told
    pages: list[tuple[httpx.Client, str]] = [(browser, "/sessions?from=1970-01-01"), (browser, "/sessions?bad=1")]
    pages += [(Browser(server), "/login"), (Browser(server), "/invitation?token=x")]
    for client, path in pages:
        answer = client.get(path)
        policy = answer.headers["content-security-policy"]
        assert "default-src 'none'" in policy, path
        assert "unsafe" not in policy, path
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert not re.search(r"<script>|<style|\sstyle=|\son[a-z]+=", answer.text), path


def test_the_address_is_the_apis_for_a_client_with_a_key(told: tuple[Server, list[Known], Browser]) -> None:
    server, _, browser = told
    as_api: Any = server.ask("GET", "/sessions", headers={"Accept": "text/html"})
    assert "data" in as_api.json()
    assert browser.get("/sessions", headers={"Accept": "application/json"}).status_code == 401
