"""Filters choose whole sessions: whatever combination is asked, those that a plain filter over the oracle's sessions
would choose, each once, page by page, through the API's own code.
"""

import random
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import pytest

from sojourn.app import Sojourn
from sojourn.model.channel import channel_of
from sojourn.model.event import Event
from sojourn.model.identity import lead_id_of
from sojourn.model.instant import iso
from sojourn.model.session import encode_id, session_number
from sojourn.model.site import Site
from sojourn.web.api import question_of
from tests import oracle
from tests.kit import to_events

COMBINATIONS = 300
BASE = 1_777_000_000_000
DAY = 86_400_000
VALUES: dict[str, list[str | None]] = {
    "url": ["https://x.example/", "https://x.example/pricing", "https://x.example/blog/a", None],
    "referrer": [None, "https://www.google.com/", "https://other.example/"],
    "device": [None, "mobile", "desktop"],
    "browser": [None, "Firefox"],
    "os": [None, "Linux"],
    "country": [None, "DE", "US"],
    "source": [None, "newsletter", "ads"],
    "medium": [None, "cpc", "email"],
    "campaign": [None, "spring"],
    "account": [None, "acme", "globex"],
}
TYPES = ["page_view", "page_view", "click", "purchase", "demo_request", "email_open", "form_submit"]


class Known(NamedTuple):
    """A session as the plain filter sees it."""

    id: str
    lead: str
    started_at: int
    fields: dict[str, Any]


def draw_payload(chance: random.Random, number: int) -> dict[str, Any]:
    told = {name: chance.choice(values) for name, values in VALUES.items()}
    campaign = {"source": told["source"], "medium": told["medium"], "name": told["campaign"]}
    context = {name: told[name] for name in ("device", "browser", "os", "country") if told[name]}
    return {
        "type": chance.choice(TYPES),
        "event_id": f"e{number}",
        "visitor_id": f"v{chance.randrange(60)}",
        "lead": {"id": f"i{chance.randrange(9)}"} if chance.random() < 0.1 else None,
        "account": {"id": told["account"]} if told["account"] else None,
        "occurred_at": BASE + chance.randrange(20) * DAY + chance.randrange(4 * 3_600_000),
        "url": told["url"],
        "referrer": told["referrer"],
        "points": chance.randrange(-2, 9),
        "context": {**context, "campaign": {name: text for name, text in campaign.items() if text}},
    }


def known(site: Site, events: list[Event]) -> list[Known]:
    leads, by_lead = oracle.Identity(events), dict[str, list[Event]]()
    for event in sorted(events, key=lambda each: (each.occurred_at, each.event_id.encode(), each.sender.encode())):
        by_lead.setdefault(leads.lead_of(event), []).append(event)
    return [
        of_chain(site, lead, chain)
        for lead, own in by_lead.items()
        for chain in oracle.chains(own, site.session_timeout_ms)
    ]


def of_chain(site: Site, lead: str, chain: list[Event]) -> Known:
    folded = oracle.fold(lead, chain)
    views = [event.url for event in chain if event.type == "page_view" and event.url] or [""]
    first = chain[0]
    number = session_number(site.id, first.sender, first.event_id, first.occurred_at)
    firsts = ("account", "source", "medium", "campaign", "device", "browser", "os", "country")
    fields = {name: next((text for each in chain if (text := getattr(each, name))), "") for name in firsts}
    types = {event.type for event in chain}
    fields |= {
        "duration": (chain[-1].occurred_at - first.occurred_at) // 1000,
        "events": len(chain),
        "points": folded.total_points,
        "score": folded.intent_score,
        "entry_point": first.type,
        "exit_point": chain[-1].type,
        "entry_url": views[0],
        "exit_url": views[-1],
        "types": types,
        "converted": "purchase" in types,
        "goals": types & {"purchase", "demo_request", "trial_signup"},
        "intent": folded.intent,
        "channel": channel_of(oracle.origin_of(chain)),
    }
    return Known(encode_id(number), lead, first.occurred_at, fields)


def draw_filter(  # noqa: C901 - a drawer a kind of filter
    chance: random.Random, site: Site, sessions: list[Known]
) -> tuple[list[tuple[str, str]], Callable[[Known], bool]]:
    """One filter as query parameters, and as a plain condition; values are those of a session that there is."""
    sample = chance.choice(sessions)
    fields = sample.fields
    kind = chance.choice(["bounds", "any_of", "url", "has_event", "converted", "goal", "window", "lead", "account"])
    if kind == "bounds":
        name = chance.choice(["duration", "events", "points", "intent"])
        value, is_least = fields["score" if name == "intent" else name], chance.random() < 0.5
        key = "score" if name == "intent" else name
        return [
            (f"{'min' if is_least else 'max'}_{name}", str(value))
        ], lambda each: each.fields[key] >= value if is_least else each.fields[key] <= value
    if kind == "any_of":
        name = chance.choice(
            [
                "entry_point",
                "exit_point",
                "intent",
                "channel",
                "source",
                "medium",
                "campaign",
                "device",
                "browser",
                "os",
                "country",
            ]
        )
        wanted = [text for text in {fields[name], chance.choice(sessions).fields[name]} if text]
        return [(name, text) for text in wanted], lambda each: not wanted or each.fields[name] in wanted
    if kind == "url":
        name, cut = chance.choice(["entry_url", "exit_url"]), chance.randrange(10, 30)
        url = fields[name]
        if not url:
            return [], lambda _each: True
        if chance.random() < 0.5:
            return [(name, url)], lambda each: each.fields[name] == url
        return [(name, url[:cut] + "*")], lambda each: each.fields[name].startswith(url[:cut])
    if kind == "has_event":
        wanted = sorted(fields["types"])[:2]
        return [("has_event", text.upper()) for text in wanted], lambda each: each.fields["types"] >= set(wanted)
    if kind == "converted":
        return [
            ("converted", str(fields["converted"]).lower())
        ], lambda each: each.fields["converted"] == fields["converted"]
    if kind == "goal":
        goal = chance.choice(["purchase", "demo_request", "trial_signup"])
        return [("goal", goal)], lambda each: goal in each.fields["goals"]
    if kind == "window":
        return [("to", iso(sample.started_at))], lambda each: each.started_at < sample.started_at
    if kind == "lead":
        text = lead_id_of(site.id, sample.lead) if chance.random() < 0.5 else sample.lead[2:]
        return [("lead_id", text)], lambda each: each.lead == sample.lead
    account = fields["account"]
    return [
        ("account_id", account[3:])
    ] if account else [], lambda each: not account or each.fields["account"] == account


def draw_question(
    chance: random.Random, site: Site, sessions: list[Known]
) -> Iterator[tuple[list[tuple[str, str]], Callable[[Known], bool]]]:
    names: set[str] = set()
    for _ in range(chance.randrange(4)):
        pairs, condition = draw_filter(chance, site, sessions)
        if not names & {name for name, _ in pairs}:
            names |= {name for name, _ in pairs}
            yield pairs, condition


def draw_combination(
    chance: random.Random, site: Site, sessions: list[Known]
) -> tuple[list[tuple[str, str]], list[str]]:
    """Filters as query parameters, and the ids that they choose, in the list's order."""
    pairs: list[tuple[str, str]] = [("from", "2026-01-01")]
    conditions = []
    for more, condition in draw_question(chance, site, sessions):
        pairs += more
        conditions.append(condition)
    return pairs, sorted((each.id for each in sessions if all(fits(each) for fits in conditions)), reverse=True)


@pytest.fixture(scope="module")
def told(app: Sojourn, new_site: Callable[..., Site]) -> tuple[Site, list[Known]]:
    chance, site = random.Random(20), new_site()
    events = to_events(site, [draw_payload(chance, number) for number in range(1500)])
    app.insert(events)
    app.work_off()
    return site, known(site, events)


def asked(app: Sojourn, site: Site, pairs: list[tuple[str, str]], limit: int) -> list[str]:
    """The ids of every page, as the route lists them."""
    found: list[str] = []
    asked = [*pairs, ("limit", str(limit))]
    while True:
        page = app.page(site.id, *question_of(asked))
        found += [session["id"] for session in page.data]
        if page.next_cursor is None:
            return found
        asked = [("cursor", page.next_cursor), ("limit", str(limit))]


@pytest.mark.slow
def test_every_combination_chooses_what_a_plain_filter_would(app: Sojourn, told: tuple[Site, list[Known]]) -> None:
    site, sessions = told
    chance, sizes = random.Random(7), []
    for _ in range(COMBINATIONS):
        pairs, expected = draw_combination(chance, site, sessions)
        assert asked(app, site, pairs, chance.choice([20, 200, 200, 200])) == expected, pairs
        sizes.append(len(expected))
    assert max(sizes) > 200
    assert sum(1 for size in sizes if 0 < size < 100) > COMBINATIONS // 5
