"""The plain oracle: what sessions are, in a few folds over Python lists. It shares no code with the product but for
the derivation of ids, the published intent formula and the table of channels.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple

from sojourn.model import intent
from sojourn.model.channel import Origin, channel_of
from sojourn.model.event import Event
from sojourn.model.intent import IntentSteps
from sojourn.model.session import session_number

Decisions = Mapping[tuple[str, str], str]
SHIPPED = IntentSteps()


class Session(NamedTuple):
    number: int
    lead: str
    started_at: int
    ended_at: int
    event_count: int
    entry_point: str
    exit_point: str
    total_points: int
    page_count: int
    converted: bool
    intent: str
    intent_score: int
    types: tuple[str, ...]
    channel: str


def sessions(
    copies: Iterable[Event],
    decisions: Decisions,
    timeout_ms: int,
    passive: Iterable[str] = ("identify",),
    facts: Iterable[Event] = (),
    steps: IntentSteps = SHIPPED,
) -> list[Session]:
    """`facts` are events that are gone and still say who is who."""
    return sorted(fold(lead, chain, steps) for lead, chain in chained(copies, decisions, timeout_ms, passive, facts))


def chained(
    copies: Iterable[Event],
    decisions: Decisions,
    timeout_ms: int,
    passive: Iterable[str] = ("identify",),
    facts: Iterable[Event] = (),
) -> list[tuple[str, list[Event]]]:
    """The events of each session, with its lead."""
    events = unsuppressed(copies, decisions)
    leads = Identity([*facts, *events])
    by_lead = defaultdict(list)
    for event in sorted(events, key=lambda e: (e.occurred_at, e.event_id.encode(), e.sender.encode())):
        if event.type not in passive:
            by_lead[leads.lead_of(event)].append(event)
    return [(lead, chain) for lead, events in by_lead.items() for chain in chains(events, timeout_ms)]


def unsuppressed(copies: Iterable[Event], decisions: Decisions) -> list[Event]:
    return [event for event in standing(copies) if not decisions.get((event.sender, event.event_id), event.suppressed)]


def standing(copies: Iterable[Event]) -> list[Event]:
    """Of the copies of an event the one with the smallest (occurred_at, content)."""
    best: dict[tuple[str, str], Event] = {}
    for copy in copies:
        key = (copy.sender, copy.event_id)
        best[key] = min(best.get(key, copy), copy, key=lambda e: (e.occurred_at, e.content))
    return list(best.values())


def chains(events: list[Event], timeout_ms: int) -> list[list[Event]]:
    found: list[list[Event]] = []
    for event in events:
        if not found or event.occurred_at - found[-1][-1].occurred_at >= timeout_ms:
            found.append([])
        found[-1].append(event)
    return found


def fold(lead: str, chain: list[Event], steps: IntentSteps = SHIPPED) -> Session:
    first, last = chain[0], chain[-1]
    signs = signs_of(chain, steps)
    return Session(
        session_number(first.site_id, first.sender, first.event_id, first.occurred_at),
        lead,
        first.occurred_at,
        last.occurred_at,
        len(chain),
        first.type,
        last.type,
        sum(event.points for event in chain),
        signs.page_count,
        signs.is_converted,
        intent.intent_of(signs),
        intent.score_of(signs),
        tuple(sorted({event.type for event in chain}, key=str.encode)),
        channel_of(origin_of(chain)),
    )


def origin_of(chain: list[Event]) -> Origin:
    """Of each text what the first event says that says anything; pages are the first and the last."""

    def first(name: str) -> str:
        return next((getattr(event, name) for event in chain if getattr(event, name)), "")

    urls = [event.url for event in chain if event.type == "page_view" and event.page] or [""]
    source, medium, campaign, referrer = map(first, ("source", "medium", "campaign", "referrer"))
    return Origin(source, medium, campaign, referrer, urls[0], urls[-1], chain[0].type)


def signs_of(chain: list[Event], own: IntentSteps = SHIPPED) -> intent.Signs:
    types = {event.type for event in chain}
    views = [event for event in chain if event.type == "page_view" and event.page]
    decisive = intent.DECISIVE_TYPES if own.decisive_types is None else own.decisive_types
    unsubscribing = intent.UNSUBSCRIBE_TYPES if own.unsubscribe_types is None else own.unsubscribe_types
    high_types = intent.HIGH_TYPES if own.high_types is None else own.high_types
    steps = [event for event in chain if event.type in high_types]
    steps += [event for event in views if is_of(event.path, own.high_urls, intent.is_high_path)]
    read = [event for event in views if is_of(event.path, own.content_urls, intent.is_content_path)]
    return intent.Signs(
        page_count=len({event.page for event in views}),
        content_page_count=len({event.page for event in read}),
        high_step_count=len({(event.type, event.page) for event in steps}),
        is_decisive=any(kind in decisive for kind in types),
        is_converted="purchase" in types,
        is_email_only=all(kind.startswith("email_") or kind in unsubscribing for kind in types),
        has_unsubscribe=any(kind in unsubscribing for kind in types),
        is_open_only=types == {intent.OPEN_TYPE},
    )


def is_of(path: str, patterns: Iterable[str] | None, is_shipped: Callable[[str], bool]) -> bool:
    """Whether a path fits one of the site's own patterns, or without any those that are shipped."""
    return is_shipped(path) if patterns is None else any(fits(path, pattern) for pattern in patterns)


def fits(path: str, pattern: str) -> bool:
    """Letter by letter; `*` stands for any of them."""
    if pattern[:1] == "*":
        return any(fits(path[start:], pattern[1:]) for start in range(len(path) + 1))
    return path[:1] == pattern[:1] and (not path or fits(path[1:], pattern[1:]))


class Identity:
    """Section 3 of the contract, fact by fact."""

    def __init__(self, events: Iterable[Event]) -> None:
        self.facts: dict[str, list[tuple[int, bytes, bytes, bool, str]]] = defaultdict(list)
        for event in events:
            strong = f"i:{event.external_id}" if event.external_id else f"e:{event.email}" if event.email else ""
            weak = f"h:{event.handle}" if event.handle else ""
            place = (event.occurred_at, event.event_id.encode(), event.sender.encode())
            if event.visitor_id and (strong or weak):
                is_weak = event.type == "email_click" or not strong
                self.facts[f"v:{event.visitor_id}"].append((*place, is_weak, strong or weak))
            if event.email and event.external_id:
                self.facts[f"e:{event.email}"].append((*place, False, f"i:{event.external_id}"))
            if event.handle and strong:
                self.facts[f"h:{event.handle}"].append((*place, False, strong))
        for facts in self.facts.values():
            facts.sort()

    def lead_of(self, event: Event) -> str:
        if event.external_id:
            return f"i:{event.external_id}"
        ref = f"e:{event.email}" if event.email else self.at(event.sender, event.occurred_at)
        if ref.startswith("h:"):
            ref = self.at(ref, event.occurred_at)
        if ref.startswith("e:") and self.facts.get(ref):
            ref = self.facts[ref][0][4]
        return ref

    def at(self, key: str, at_ms: int) -> str:
        """Whom the latest fact at or before the instant names, before the first one that first; weak facts only
        while no strong one came before them.
        """
        effective: list[tuple[int, str]] = []
        has_strong = False
        for occurred_at, _, _, is_weak, ref in self.facts.get(key, []):
            if not (is_weak and has_strong):
                effective.append((occurred_at, ref))
            has_strong = has_strong or not is_weak
        before = [ref for occurred_at, ref in effective if occurred_at <= at_ms]
        return before[-1] if before else effective[0][1] if effective else key
