"""Sessions as other systems' own tests expect them, through the real store."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from sojourn.app import Sojourn
from sojourn.model.site import DEFAULT_PASSIVE_TYPES, Site
from tests.conftest import NOW
from tests.kit import listed, send

CASES = Path(__file__).parent / "cases"
BASE = NOW - 400 * 86_400_000
FILES = {path.stem: json.loads(path.read_text()) for path in sorted(CASES.glob("*.json"))}
TIMED = [(name, case) for name, body in FILES.items() for case in body.get("cases", []) if "expected_sessions" in case]
COUNTED = list(FILES["plausible"]["cases"])

# The timeout with which our one rule gives theirs, a gap that stays together under it, and one that does not.
RULES = {
    "dbt-labs/segment 0.7.0 @195d6801": (1_801_000, 1_800_000, 1_801_000),
    "rudderlabs/dbt-sessionization @d8fa6499": (1_860_000, 1_859_999, 1_860_000),
    "Looker demo_segment": (1_860_000, 1_800_000, 1_860_000),
    "Matomo core/Tracker (VisitorRecognition)": (1_800_000, 1_799_999, 1_800_000),
    "old Piwik_LogStats": (1_800_001, 1_800_000, 1_800_001),
    "Apache Flink TimeWindow.intersects": (1_800_001, 1_800_000, 1_800_001),
    "mloda-community-sessionization 0.11.0": (1_800_001, 1_800_000, 1_800_001),
    "retentioneering 5.2.4": (1_800_001, 1_800_000, 1_800_001),
    "Plausible": (1_860_000, 1_859_999, 1_860_000),
    "posthog-js 1.449": (1_800_001, 1_800_000, 1_800_001),
    "Snowplow browser tracker": (1_800_001, 1_800_000, 1_800_001),
}


@pytest.mark.parametrize(("name", "case"), TIMED, ids=[f"{name}: {case['name']}" for name, case in TIMED])
def test_case(app: Sojourn, new_site: Callable[..., Site], name: str, case: dict[str, Any]) -> None:
    scale = case["scale_to_30min"]
    is_same_at_timeout = "gap==timeout SAME" in case["rule"]
    site = new_site(session_timeout_ms=round(case["timeout_ms"] * scale) + is_same_at_timeout)
    offset = BASE if case["events"][0]["t_ms"] < 10**12 else 0
    least = min(event["t_ms"] for event in case["events"])

    def at(t_ms: int) -> int:
        at_ms: int = offset + round((t_ms - least) * scale) + (least if not offset else 0)
        return at_ms

    payloads = [
        {"type": "click", "event_id": event["id"], "visitor_id": event["key"], "occurred_at": at(event["t_ms"])}
        for event in case["events"]
    ]
    send(app, site, payloads)
    found = sorted((row["lead"], row["started_at"], row["ended_at"], row["event_count"]) for row in listed(app, site))
    assert found == sorted(
        (f"v:{session['key']}", at(session["start_ms"]), at(session["last_ms"]), session["count"])
        for session in case["expected_sessions"]
    )


@pytest.mark.parametrize("case", COUNTED, ids=[case["name"] for case in COUNTED])
def test_counters(app: Sojourn, new_site: Callable[..., Site], case: dict[str, Any]) -> None:
    site = new_site(passive_types=(*DEFAULT_PASSIVE_TYPES, "engagement"))
    payloads = [
        {
            "type": event["name"],
            "event_id": f"{number}",
            "visitor_id": "ann",
            "occurred_at": BASE + event["t_s"] * 1000,
            "url": f"https://{event.get('hostname', 'example.com')}{event.get('path', '/')}",
        }
        for number, event in enumerate(case["events"])
    ]
    send(app, site, payloads)
    (row,) = listed(app, site)
    expected = case["expected_session"]
    found = {
        "entry_page": row["entry_url"].removeprefix("https://example.com"),
        "exit_page": row["exit_url"].removeprefix("https://example.com"),
        "duration_s": (row["ended_at"] - row["started_at"]) // 1000,
        "events": row["event_count"],
        "hostname": row["entry_url"].split("/")[2] if row["entry_url"] else "",
        "exit_page_hostname": row["exit_url"].split("/")[2] if row["exit_url"] else "",
        "is_bounce": row["event_count"] == 1,
        "pageviews": sum(event["name"] == "pageview" for event in case["events"]),
    }
    assert {name: found[name] for name in expected} == expected


@pytest.mark.parametrize("rule", FILES["rules_only"]["rules"], ids=lambda rule: rule["peer"])
def test_every_peers_boundary_can_be_had(app: Sojourn, new_site: Callable[..., Site], rule: dict[str, str]) -> None:
    timeout_ms, same, new = RULES[rule["peer"]]
    site = new_site(session_timeout_ms=timeout_ms)
    payloads = [
        {"type": "click", "event_id": f"{visitor}{number}", "visitor_id": visitor, "occurred_at": BASE + number * gap}
        for visitor, gap in (("same", same), ("new", new))
        for number in (0, 1)
    ]
    send(app, site, payloads)
    counts = sorted((row["lead"], row["event_count"]) for row in listed(app, site))
    assert counts == [("v:new", 1), ("v:new", 1), ("v:same", 2)]
