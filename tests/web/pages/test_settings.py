"""The settings of a site on the pages: what is asked first, what is changed, and what the audit log says of it."""

import re
import time
from typing import Any

import pytest

from tests.serving import PATIENCE, Server
from tests.web.pages.browsing import Browser, key_shown, log_of, words

MINUTE = 60_000


@pytest.fixture(scope="module", autouse=True)
def events(pages_server: Server, owner_pages: Browser) -> None:
    """Gaps of 10, 20 and 40 minutes, three times, and a conversion."""
    began = int(time.time() * 1000) - 20 * 24 * 60 * MINUTE
    rows: list[dict[str, Any]] = []
    for lead in range(3):
        for number, minutes in enumerate((0, 10, 30, 70)):
            at = began + minutes * MINUTE
            rows.append({"type": "click", "visitor_id": f"s{lead}", "event_id": f"e{number}", "occurred_at": at})
    pages_server.send(*rows)
    pages_server.settled(len(rows))


def site(server: Server) -> dict[str, Any]:
    answer: dict[str, Any] = server.ask("GET", "/v1/site").json()["data"]
    return answer


def built(server: Server) -> dict[str, Any]:
    deadline = time.monotonic() + PATIENCE
    while (found := site(server))["building"] and time.monotonic() < deadline:
        time.sleep(0.05)
    assert found["building"] is None
    return found


def numbers(text: str) -> list[int]:
    """The column of sessions of the what-if's table."""
    rows = re.findall(r'<tr><th scope="row">.*?</th><td class="number">([\d,]+)</td>', text)
    return [int(row.replace(",", "")) for row in rows]


def test_the_what_if_is_that_of_the_api(pages_server: Server, owner_pages: Browser) -> None:
    shown = owner_pages.get("/settings/what-if", params={"what": "timeout", "amount": "15", "unit": "min"})
    assert shown.status_code == 200
    patch = {"session_timeout_ms": 15 * MINUTE}
    told = pages_server.ask("PATCH", "/v1/site", json=patch, params={"dry_run": "true"}).json()["data"]
    expected = [told["sessions"]["now"], told["sessions"]["then"], *told["sessions_at"].values()]
    assert numbers(shown.text) == expected == [6, 9, 9, 6, 3]
    assert "Timeout: 30 min → 15 min" in words(shown.text)
    assert site(pages_server)["session_timeout_ms"] == 30 * MINUTE  # nothing is done yet


def test_a_timeout_is_changed_and_its_progress_shown(pages_server: Server, owner_pages: Browser) -> None:
    answer = owner_pages.send_form("/settings/timeout", amount="0.25", unit="h")
    assert answer.headers["location"] == "/settings?done=timeout"
    assert "The timeout is changed." in owner_pages.get(answer.headers["location"]).text
    assert built(pages_server)["session_timeout_ms"] == 15 * MINUTE
    assert len(pages_server.sessions()) == 9
    assert "are built anew" in owner_pages.get("/settings/building").text
    assert log_of(owner_pages).endswith("owner@example.com Settings changed Timeout: 30 min → 15 min")
    owner_pages.send_form("/settings/timeout", amount="1800000", unit="ms")
    assert built(pages_server)["session_timeout_ms"] == 30 * MINUTE
    before = log_of(owner_pages)
    owner_pages.send_form("/settings/timeout", amount="30", unit="min")
    assert log_of(owner_pages) == before  # nothing changed


def test_name_hosts_zone_and_currency(pages_server: Server, owner_pages: Browser) -> None:
    fields = {"name": " The <shop> ", "hosts": "Shop.example\r\n\r\nwww.shop.example", "time_zone": "Asia/Tokyo"}
    owner_pages.send_form("/settings/site", **fields, currency="eur")
    found = built(pages_server)
    assert [found[name] for name in ("name", "hosts", "time_zone", "currency")] == [
        "The <shop>",
        ["shop.example", "www.shop.example"],
        "Asia/Tokyo",
        "EUR",
    ]
    shown = owner_pages.get("/settings").text
    assert "The &lt;shop&gt;" in shown
    assert "<shop>" not in shown
    owner_pages.send_form("/settings/site", name="Default site", hosts="", time_zone="UTC", currency="")
    assert built(pages_server)["currency"] is None


def test_conversions_goals_and_passive_types(pages_server: Server, owner_pages: Browser) -> None:
    owner_pages.send_form("/settings/conversions", conversion_events="purchase\nOrder Paid")
    owner_pages.send_form("/settings/goals", goal="Read the docs", types="", urls="/docs*", old="")
    assert "Goal read_the_docs: none → /docs*" in log_of(owner_pages)
    taken = owner_pages.send_form("/settings/goals", goal="purchase", types="x", urls="", old="read_the_docs")
    assert (taken.status_code, "There is a goal" in taken.text) == (400, True)
    owner_pages.send_form("/settings/goals", goal="docs", types="docs_read", urls="", old="read_the_docs")
    owner_pages.send_form("/settings/goals/remove", old="trial_signup")
    owner_pages.send_form("/settings/passive", passive_types="email_sent")
    found = built(pages_server)
    assert found["conversion_events"] == ["purchase", "order_paid"]
    assert found["goals"]["docs"] == {"types": ["docs_read"], "urls": []}
    assert list(found["goals"]) == ["purchase", "demo_request", "docs"]
    assert found["passive_types"] == ["email_sent"]
    assert owner_pages.send_form("/settings/goals/remove", old="trial_signup").status_code == 404
    assert "docs_read" in owner_pages.get("/settings").text


def test_own_steps_of_intent_are_in_the_audit_log(pages_server: Server, owner_pages: Browser) -> None:
    pages_server.ask("PATCH", "/v1/site", json={"intent_steps": {"high_urls": ["/book*", "/call"], "high_types": []}})
    built(pages_server)
    text = log_of(owner_pages)
    assert "Intent: high urls: as shipped → /book*, /call" in text
    assert "Intent: high types: as shipped → none" in text
    pages_server.ask("PATCH", "/v1/site", json={"intent_steps": {}})
    built(pages_server)
    assert "Intent: high urls: /book*, /call → as shipped" in log_of(owner_pages)


def test_retention_says_what_goes_when(pages_server: Server, owner_pages: Browser) -> None:
    asked = {"what": "retention", "plan": "growth", "retention_days": "10"}
    shown = words(owner_pages.get("/settings/what-if", params=asked).text)
    assert "Plan: enterprise → growth" in shown
    assert "Days kept: all → 10" in shown
    assert "They are deleted from" in shown
    owner_pages.send_form("/settings/retention", plan="growth", retention_days="10")
    text = words(owner_pages.get("/settings").text)
    assert "6 older sessions are hidden, and deleted by" in text
    assert pages_server.sessions() == []
    owner_pages.send_form("/settings/retention", plan="growth", retention_days="")
    assert site(pages_server)["retention_days"] == 30
    owner_pages.send_form("/settings/retention", plan="enterprise", retention_days="")
    assert (site(pages_server)["retention_days"], len(pages_server.sessions())) == (None, 6)
    assert "Nothing will be deleted." in owner_pages.get("/settings").text


@pytest.mark.parametrize(
    ("path", "fields"),
    [
        ("/settings/site", {"name": "", "time_zone": "UTC"}),
        ("/settings/site", {"name": "x", "time_zone": "Mars/Base"}),
        ("/settings/site", {"name": "x", "time_zone": "UTC", "currency": "Euro"}),
        ("/settings/timeout", {"amount": "30", "unit": "years"}),
        ("/settings/timeout", {"amount": "30m", "unit": "s"}),
        ("/settings/timeout", {"amount": "9" * 400, "unit": "s"}),
        ("/settings/timeout", {"amount": "25", "unit": "h"}),
        ("/settings/retention", {"plan": "growth", "retention_days": "31"}),
        ("/settings/retention", {"plan": "growth", "retention_days": "²"}),
        ("/settings/retention", {"plan": "free"}),
        ("/settings/goals", {"goal": "empty"}),
        ("/settings/goals", {"goal": "unfit", "types": "!!!"}),
        ("/settings/goals", {"goal": "Größe", "types": "x"}),
        ("/settings/goals", {"goal": "x", "types": "y", "old": "nothing"}),
        ("/settings/conversions", {"conversion_events": "!!!"}),
    ],
)
def test_a_mistake_is_told_and_what_was_typed_stays(
    pages_server: Server, owner_pages: Browser, path: str, fields: dict[str, str]
) -> None:
    before = site(pages_server)
    answer = owner_pages.send_form(path, **fields)
    assert answer.status_code in (400, 404)
    assert 'class="problem" role="alert"' in answer.text
    assert site(pages_server) | {"retention": 0} == before | {"retention": 0}
    what = path.rpartition("/")[2]
    if what in ("timeout", "retention"):
        asked = owner_pages.get("/settings/what-if", params={"what": what, **fields})
        assert (asked.status_code, 'role="alert"' in asked.text) == (400, True)
    if "goal" in fields and "old" not in fields:
        assert f'value="{fields["goal"]}"' in answer.text


def test_keys_are_made_rotated_and_revoked(pages_server: Server, owner_pages: Browser) -> None:
    made = owner_pages.send_form("/settings/keys", kind="secret", data="test")
    key = key_shown(made.text)
    assert key.startswith("sk_test_")
    assert made.headers["cache-control"] == "no-store"
    assert key not in owner_pages.get("/settings/keys").text
    assert log_of(owner_pages).endswith("Kind: secret, test")
    assert key not in owner_pages.get("/settings/changes").text
    assert pages_server.ask("GET", "/v1/site", key).status_code == 200
    key_id = key_id_of(owner_pages, key)
    fresh = key_shown(owner_pages.send_form(f"/settings/keys/{key_id}/rotate").text)
    assert [pages_server.ask("GET", "/v1/site", each).status_code for each in (key, fresh)] == [200, 200]
    assert owner_pages.send_form(f"/settings/keys/{key_id}/rotate").status_code == 400
    assert owner_pages.send_form(f"/settings/keys/{key_id}/revoke").status_code == 303
    assert [pages_server.ask("GET", "/v1/site", each).status_code for each in (key, fresh)] == [401, 200]
    publishable = key_shown(owner_pages.send_form("/settings/keys", kind="publishable", data="live").text)
    assert pages_server.ask("GET", "/v1/site", publishable).status_code == 403
    for fields in ({"kind": "golden", "data": "live"}, {"kind": "secret", "data": "old"}):
        assert owner_pages.send_form("/settings/keys", **fields).status_code == 400
    assert owner_pages.send_form("/settings/keys/nothing00000/revoke").status_code == 404


def key_id_of(browser: Browser, key: str) -> str:
    match = re.search(rf"<code>\S*{key[-4:]}</code> <span[^>]*>(\w+)</span>", browser.get("/settings/keys").text)
    assert match
    return match[1]


def test_changes_by_the_api_are_in_the_log_too(pages_server: Server, owner_pages: Browser) -> None:
    pages_server.ask("PATCH", "/v1/site", json={"name": "By a key"})
    assert re.search(r"key [0-9a-f]{12} Settings changed Name: Default site → By a key$", log_of(owner_pages))
    pages_server.ask("PATCH", "/v1/site", json={"name": "Default site"})


def test_the_log_goes_on_over_pages(owner_pages: Browser) -> None:
    for number in range(60):
        owner_pages.send_form("/settings/site", name=f"Name {number}", time_zone="UTC")
    owner_pages.send_form("/settings/site", name="Default site", time_zone="UTC")
    first = owner_pages.get("/settings/changes").text
    older = re.search(r'rel="next" href="([^"]+)"', first)
    assert older
    second = owner_pages.get(older[1]).text
    found = [int(number) for text in (first, second) for number in re.findall(r"→ Name (\d+)", text)]
    assert found == list(range(59, -1, -1))
    assert owner_pages.get("/settings/changes?before=soon").status_code == 400


def test_help_leads_to_pages_that_are_there(owner_pages: Browser) -> None:
    text = owner_pages.get("/help").text
    for question in (
        "Sessions or Events?",
        "How long does a session last?",
        "Can one lead have multiple sessions?",
        "Do sessions affect scoring?",
        "What Is a Session?",
    ):
        assert re.search(rf"<h2 id=\"\w+\">{re.escape(question)}</h2>", text)
    links = [link.replace("&amp;", "&") for link in re.findall(r'href="(/sessions[^"]*)"', text)]
    assert "/sessions?converted=true" in links
    assert [link for link in links if owner_pages.get(link).status_code != 200] == []
    assert {anchor for anchor in re.findall(r'href="#(\w+)"', text) if f'id="{anchor}"' not in text} == set()
