"""One session, events and one lead as pages: they show what the API answers, and nothing that was sent runs in them."""

import csv
import html
import io
import re
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote

import msgspec
import pytest

from tests.serving import Server
from tests.web.pages.browsing import Browser, first_owner, invited, links, log_of, words

DAY = "2026-04-29T10"
HOSTILE = "<script>alert(1)</script>\"'&"
JOURNEY: list[tuple[str, str, dict[str, Any]]] = [
    ("email_open", "00", {}),
    ("page_view", "03", {"url": "https://example.com/pricing"}),
    ("email_sent", "04", {}),
    ("robot_ping", "05", {"suppressed": "robot", "points": 3}),
    ("page_view", "06", {"url": "javascript:alert(1)", "properties": {"note": HOSTILE}, "points": 7}),
    ("demo_request", "07", {"points": 10}),
]


def sent(number: int, hour: int = 10) -> list[dict[str, Any]]:
    return [
        {
            "type": kind,
            "event_id": f"{number}-{hour}-{minute}",
            "occurred_at": f"{DAY[:-2]}{hour}:{minute}:00Z",
            "lead": {"email": f"lead{number}@example.com", "name": f"{HOSTILE} {number}"},
            **more,
        }
        for kind, minute, more in JOURNEY
    ]


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Server, Browser]]:
    server = Server(tmp_path_factory.mktemp("stories")).start()
    for number in range(3):
        server.send(*sent(number), *sent(number, 14))
    server.settled(24, **{"from": "2026-04-01"})
    with first_owner(server, "ann@example.com") as browser:
        yield server, browser
    server.close()


def sessions_of(server: Server, number: int) -> list[dict[str, Any]]:
    return server.sessions(lead_id=f"lead{number}@example.com")


def test_a_session_shows_its_steps_its_gaps_and_what_counts_in_none(told: tuple[Server, Browser]) -> None:
    server, browser = told
    session = sessions_of(server, 0)[0]
    page = browser.get(f"/sessions/{session['id']}").text
    steps = re.findall(r"<li class=\"event( aside)?\">\s*<div class=\"between\"><span><a[^>]+><b>([^<]+)</b>", page)
    assert [name for _, name in steps] == [kind.replace("_", " ") for kind, _, _ in JOURNEY]
    assert [name for aside, name in steps if aside] == ["email sent", "robot ping"]
    assert "suppressed: robot" in page
    assert sum(map(int, re.findall(r"([+-]\d+) points?<", page))) == session["total_points"] == 17
    assert "3 min later" in page
    assert "/pricing" in page


def test_intent_is_explained_to_the_point(told: tuple[Server, Browser]) -> None:
    server, browser = told
    session = sessions_of(server, 0)[0]
    page = browser.get(f"/sessions/{session['id']}").text
    table = page[page.index("What counts") : page.index("</tbody>", page.index("What counts"))]
    scores = [int(text) for text in re.findall(r'<td class="number">[^<]*</td><td class="number">(\d+)</td>', table)]
    assert len(scores) == 4
    assert sum(scores) == session["intent_score"] > 0


def test_intent_names_what_it_counts(told: tuple[Server, Browser]) -> None:
    server, browser = told
    page = browser.get(f"/sessions/{sessions_of(server, 0)[0]['id']}").text
    lines = re.findall(r'<th scope="row">([^<]+)<span class="sub">([^<]+)</span>', page)
    assert [name for name, _ in lines] == [
        "Different pages, up to 4",
        "Different high-intent steps, up to 3",
        "A demo request, a trial or a filled cart",
    ]
    assert html.unescape(lines[1][1]) == "/pricing"
    assert lines[2][1] == "demo request"


def test_intent_is_explained_by_the_steps_of_the_site(told: tuple[Server, Browser]) -> None:
    """Of a session as the site defines its steps now: other names, and what they add up to."""
    server, browser = told
    (first, *_) = sessions_of(server, 0)
    own = {"decisive_types": [], "high_types": ["demo_request", "email_open"], "high_urls": ["/alert*"]}
    assert server.ask("PATCH", "/v1/site", json={"intent_steps": own}).status_code == 202
    built(server)
    page = browser.get(f"/sessions/{first['id']}").text
    lines = re.findall(r'<th scope="row">([^<]+)(?:<span class="sub">([^<]+)</span>)?', page)
    named = {name.strip(): html.unescape(names) for name, names in lines}
    assert named["Different high-intent steps, up to 3"] == "email open, demo request"
    assert named["A decisive step"] == ""
    assert "High intent: a decisive step, or two different high-intent steps, as this site defines them." in page
    assert sessions_of(server, 0)[0]["intent_score"] == first["intent_score"] - 16 - 8 + 16
    assert server.ask("PATCH", "/v1/site", json={"intent_steps": {}}).status_code == 202
    built(server)
    assert sessions_of(server, 0)[0]["intent_score"] == first["intent_score"]


def built(server: Server) -> None:
    while server.ask("GET", "/v1/site").json()["data"]["building"]:
        time.sleep(0.05)


def test_a_long_session_is_read_part_by_part(told: tuple[Server, Browser]) -> None:
    """Every event once, in order, with the gap to the one before also where a part begins."""
    server, browser = told
    start = datetime(2026, 2, 20, tzinfo=UTC)
    lead = {"email": "long@example.com"}
    events = [
        {
            "type": "click" if number else "demo_request",
            "event_id": f"long{number:04}",
            "occurred_at": (start + timedelta(minutes=number)).isoformat(),
            "lead": lead,
            **({"suppressed": "robot"} if number % 400 == 200 else {}),
        }
        for number in range(1300)
    ]
    server.send(*events)
    session = server.settled(1297, lead_id=lead["email"])[0]
    address, parts = f"/sessions/{session['id']}", list[list[str]]()
    while address:
        page = browser.get(address).text
        parts.append(re.findall(r'<li class="event(?: aside)?">.*?href="/events/(long\d+)"', page, re.DOTALL))
        assert "1 min later" in page
        assert page.count('<li class="gap">') == len(parts[-1]) - (len(parts) == 1)
        assert "demo request" in page[page.index("What counts") :]
        assert not parts[1:] or ">From the first event<" in page
        following = re.search(r'rel="next" href="(/sessions/[^"]+events_cursor[^"]+)"', page)
        address = html.unescape(following[1]) if following else ""
    assert [len(part) for part in parts] == [501, 502, 297]
    assert [each for part in parts for each in part] == [event["event_id"] for event in events]
    assert browser.get(f"/sessions/{session['id']}?events_cursor=nonsense").status_code == 400
    assert browser.get(f"/sessions/{session['id']}?step=many").status_code == 400


def test_neighbours_of_the_lead_lead_both_ways(told: tuple[Server, Browser]) -> None:
    server, browser = told
    later, earlier = sessions_of(server, 1)
    for session in (later, earlier):
        assert f'/sessions/{session["id"]}/beside"' in browser.get(f"/sessions/{session['id']}").text
    page = browser.get(f"/sessions/{earlier['id']}/beside").text
    assert f'rel="next" href="/sessions/{later["id"]}"' in page
    assert 'rel="prev"' not in page
    part = browser.get(f"/sessions/{later['id']}/beside", headers={"HX-Request": "true"}).text
    assert f'rel="prev" href="/sessions/{earlier["id"]}"' in part
    assert 'rel="next"' not in part
    assert "<html" not in part
    assert browser.get("/sessions/ses_none/beside").status_code == 404


@pytest.mark.parametrize("path", ["/sessions?from=2026-04-01", "/events?from=2026-04-01", "/leads/lead2@example.com"])
def test_what_was_sent_is_shown_and_never_runs(told: tuple[Server, Browser], path: str) -> None:
    server, browser = told
    pages = [browser.get(path), browser.get(f"/sessions/{sessions_of(server, 2)[0]['id']}")]
    for answer in pages:
        assert answer.status_code == 200
        assert "<script>alert" not in answer.text
        assert 'href="javascript' not in answer.text
        assert "&lt;script&gt;alert(1)" in answer.text


def test_events_are_those_of_the_api(told: tuple[Server, Browser]) -> None:
    server, browser = told
    for query in ("", "&type=page_view", "&suppressed=true", "&passive=true", "&lead_id=lead1@example.com"):
        page = browser.get(f"/events?from=2026-04-01{query}").text
        answer = server.ask("GET", f"/v1/events?from=2026-04-01{query}").json()["data"]
        shown = re.findall(r"&#34;id&#34;: &#34;(\d-\d\d-\d\d)&#34;", page)
        assert shown == [event["id"] for event in answer], query


def events_in(page: str) -> list[str]:
    """The ids of the events that a page lists, as they stand in their JSON."""
    return re.findall(r"&#34;id&#34;: &#34;([^&]+)&#34;,\n  &#34;type", page)


def chips_in(page: str) -> dict[str, str]:
    """By what a chip says, where its × leads to."""
    found = re.findall(r'<li class="chip">(.*?) <a href="([^"]+)"', page)
    return {html.unescape(text): html.unescape(address) for text, address in found}


def test_several_types_are_kept_and_each_is_taken_away_by_its_chip(told: tuple[Server, Browser]) -> None:
    server, browser = told
    page = browser.get("/events?first_day=2026-04-01&type=demo_request,+page_view&lead_id=lead0@example.com").text
    asked = "from=2026-04-01&type=demo_request&type=page_view&lead_id=lead0@example.com"
    answer = server.ask("GET", f"/v1/events?{asked}").json()["data"]
    assert events_in(page) == [event["id"] for event in answer]
    assert len(answer) == 6
    chips = chips_in(page)
    assert list(chips) == ["from 2026-04-01", "Event: demo request", "Event: page view", "Lead: lead0@example.com"]
    assert 'value="demo_request, page_view"' in page
    less = browser.get(chips["Event: page view"]).text
    assert len(events_in(less)) == 2
    assert list(chips_in(less)) == ["from 2026-04-01", "Event: demo request", "Lead: lead0@example.com"]


def test_days_and_times_of_events_are_the_viewers(told: tuple[Server, Browser]) -> None:
    """Berlin is two hours ahead of UTC then; the last minute belongs to the window."""
    _, browser = told
    browser.cookies.set("sojourn_time_zone", "Europe/Berlin")
    day = "first_day=2026-04-29&last_day=2026-04-29&lead_id=lead0@example.com"
    page = browser.get(f"/events?{day}&first_time=12:03&last_time=12:06").text
    browser.cookies.delete("sojourn_time_zone")
    assert events_in(page) == [f"0-10-{minute}" for minute in ("06", "05", "04", "03")]
    assert "2026-04-29 12:03 to 2026-04-29 12:06" in chips_in(page)
    for query in ("first_time=12:03", "first_day=2026-04-29&first_time=noon", f"{day}&from=2026-04-01"):
        assert browser.get(f"/events?{query}").status_code == 400, query


def test_one_event_is_a_page_that_leads_to_its_session_or_says_why_there_is_none(told: tuple[Server, Browser]) -> None:
    server, browser = told
    address = next(iter(links(browser.get("/events?from=2026-04-01&type=demo_request").text, "/events/0-10-07")))
    page = browser.get(address).text
    event = server.ask("GET", "/v1/events/0-10-07").json()["data"]
    assert f'href="/sessions/{event["session_id"]}"' in page
    assert f'href="/leads/{event["lead_id"]}"' in page
    assert msgspec.json.decode(html.unescape(re.findall(r"<pre[^>]*>(.*?)</pre>", page, re.DOTALL)[0])) == event
    assert "suppressed for robot" in words(browser.get("/events/0-10-05").text)
    assert "not the lead's own behaviour" in words(browser.get("/events/0-10-04").text)
    assert browser.get("/events/nothing/such").status_code == 404


def test_a_file_of_events_holds_no_formula(told: tuple[Server, Browser]) -> None:
    server, browser = told
    texts = ["=1+1", "+1", "-1", "@now", "\tcell", "\rcell", "plain = 1"]
    for number, text in enumerate(texts):
        event = {"type": "note", "event_id": f"formula{number}", "lead": {"id": f"f{number}"}, "points": -number}
        server.send(event | {"occurred_at": f"2026-02-01T10:0{number}:00Z", "title": text})
    server.settled(7, **{"from": "2026-02-01", "to": "2026-02-02"})
    file = browser.get("/events.csv?first_day=2026-02-01&last_day=2026-02-01").text
    rows = list(csv.DictReader(io.StringIO(file, newline="")))[::-1]
    assert [row["title"] for row in rows] == [*(f"'{text}" for text in texts[:6]), "plain = 1"]
    assert [int(row["points"]) for row in rows] == [-number for number in range(7)]


def test_events_lead_on_and_come_as_a_file(told: tuple[Server, Browser]) -> None:
    _, browser = told
    page = browser.get("/events?from=2026-04-01&live=1").text
    assert 'hx-trigger="every 2s"' in page
    file = browser.get("/events.csv?from=2026-04-01&type=demo_request")
    assert file.headers["content-type"].startswith("text/csv")
    assert len(file.text.splitlines()) == 7
    assert browser.get("/events?nonsense=1").status_code == 400


def test_a_lead_is_found_by_any_identifier_and_exported_as_by_the_api(told: tuple[Server, Browser]) -> None:
    server, browser = told
    lead = server.ask("GET", "/v1/leads/lead1@example.com").json()["data"]
    for text in ("lead1@example.com", lead["id"]):
        page = words(browser.get(f"/leads/{quote(text)}").text)
        assert f"{lead['session_count']} sessions" in page
        assert f"{lead['stored_event_count']} events stored" in page
        assert "lead1@example.com" in page
    own = browser.get(f"/leads/{lead['id']}/export").json()["data"]
    theirs = server.ask("GET", f"/v1/leads/{lead['id']}/export").json()["data"]
    assert own | {"exported_at": ""} == theirs | {"exported_at": ""}
    assert "lead exported" in log_of(browser).replace("_", " ")


def test_only_an_owner_who_types_the_identifier_erases_a_lead(told: tuple[Server, Browser]) -> None:
    server, browser = told
    name, path = "lead2@example.com", "/leads/lead2@example.com/erase"
    with invited(server, browser, "vic@example.com", "viewer") as viewer:
        assert viewer.post(path, data={"csrf": viewer.csrf, "confirmed": name}).status_code == 403
        assert "Erase this lead" not in viewer.get("/leads/lead2@example.com").text
    for wrong in ("somebody", f"{HOSTILE} 2"):
        assert browser.send_form(path, confirmed=wrong).status_code == 400
    assert len(sessions_of(server, 2)) == 2
    answer = browser.send_form(path, confirmed=name)
    assert answer.status_code == 303
    receipt = answer.headers["location"].removeprefix("/receipts/")
    # Whoever loads the page again reads it again, and erases nothing.
    for _ in range(2):
        page = words(browser.get(f"/receipts/{receipt}").text)
        assert f"Receipt {receipt}" in page
        assert "Sessions 2 " in page
    assert browser.get("/receipts/rcpt_00000000000000000000000000").status_code == 404
    assert sessions_of(server, 2) == []
    assert browser.get("/leads/lead2@example.com").status_code == 404
    assert "lead erased" in log_of(browser).replace("_", " ")
    found = browser.get("/leads?search=lead2@example.com")
    assert found.status_code == 404
    assert f"/receipts/{receipt}" in found.text


def test_leads_are_listed_page_by_page_as_by_the_api(told: tuple[Server, Browser]) -> None:
    server, browser = told
    day = "2026-01-05T10:00:00Z"
    server.send(
        *({"type": "click", "event_id": f"many{n}", "lead": {"id": f"many{n}"}, "occurred_at": day} for n in range(60))
    )
    server.settled(60, **{"from": "2026-01-05", "to": "2026-01-06"})
    theirs = server.ask("GET", "/v1/leads", params={"limit": "200"}).json()["data"]
    address, found = "/leads", list[str]()
    while address:
        page = browser.get(address).text
        found += re.findall(r'href="/leads/(lead_\w+)"', page)
        following = re.search(r'rel="next" href="([^"]+)"', page)
        address = html.unescape(following[1]) if following else ""
    assert found == [lead["id"] for lead in theirs]
    assert len(found) > 60
    assert browser.get("/leads?cursor=nonsense").status_code == 400
    assert browser.get("/leads?colour=red").status_code == 400


def test_a_search_leads_to_the_lead(told: tuple[Server, Browser]) -> None:
    server, browser = told
    lead_id = server.ask("GET", "/v1/leads/lead1@example.com").json()["data"]["id"]
    for text in ("LEAD1@example.com", f" {lead_id} "):
        answer = browser.get("/leads", params={"search": text})
        assert (answer.status_code, answer.headers["location"]) == (303, f"/leads/{lead_id}")
    missing = browser.get("/leads", params={"search": "nobody"})
    assert missing.status_code == 404
    assert 'role="alert"' in missing.text
    assert 'value="nobody"' in missing.text


def test_a_conflict_says_who_what_which_won_and_when(told: tuple[Server, Browser]) -> None:
    server, browser = told
    for number, minute in ((1, "00"), (2, "30")):
        lead = {"id": f"crm-{number}", "email": "shared@example.com"}
        at = f"2026-03-05T09:{minute}:00Z"
        server.send({"type": "click", "event_id": f"shared{number}", "lead": lead, "occurred_at": at})
    server.settled(2, **{"from": "2026-03-05", "to": "2026-03-06"})
    for number in (1, 2):
        page = words(browser.get(f"/leads/crm-{number}").text)
        told_so = "shared@example.com belongs to crm-1 also named with crm-2 , which won when 5 Mar 2026, 09:30"
        assert told_so in page, page


def test_a_lead_whose_own_id_holds_a_slash_has_a_page(told: tuple[Server, Browser]) -> None:
    server, browser = told
    server.send({"type": "click", "event_id": "slash", "occurred_at": "2026-03-01T10:00:00Z", "lead": {"id": "crm/7"}})
    server.settled(1, lead_id="crm/7")
    assert "crm/7" in words(browser.get("/leads/crm/7").text)
    assert browser.get("/leads/crm/7/export").json()["data"]["stored_event_count"] == 1


def test_what_is_not_there_is_said(told: tuple[Server, Browser]) -> None:
    _, browser = told
    for path in ("/sessions/sess_nonsense", "/leads/nobody@example.com"):
        answer = browser.get(path)
        assert answer.status_code == 404
        assert "Not found" in answer.text


def test_pages_of_other_data_know_nothing_of_it(told: tuple[Server, Browser]) -> None:
    """The test twin is a site of its own: what is only in the live data is not there."""
    server, browser = told
    session, other = sessions_of(server, 1)[0]["id"], {"site": "default:test"}
    for path in (f"/sessions/{session}", "/events/1-10-07", "/leads/lead1@example.com"):
        assert browser.get(path).status_code == 200, path
        assert browser.get(path, params=other).status_code == 404, path
    assert browser.get("/leads", params={**other, "search": "lead1@example.com"}).status_code == 404
    for path in ("/events?first_day=2026-01-01&site=default:test", "/leads?site=default:test"):
        assert links(browser.get(path).text, "/leads/") == [], path


def test_links_stay_on_the_site_that_the_address_names(told: tuple[Server, Browser]) -> None:
    server, browser = told
    session = sessions_of(server, 1)[0]["id"]
    paths = ["/events?first_day=2026-04-01", "/events/1-10-07", "/leads", "/leads/lead1@example.com", "/leads?search=x"]
    for path in (*paths, f"/sessions/{session}", "/sessions/sess_x", "/events?colour=red"):
        page = browser.get(f"{path}{'&' if '?' in path else '?'}site=default").text
        found = [each for each in links(page, "/") if not each.startswith("/static/")]
        assert found, path
        assert [each for each in found if "site=default" not in each] == [], path
