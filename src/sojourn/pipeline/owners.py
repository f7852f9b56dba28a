"""Whose event it is, for a few events: what `identity.resolved.sql` says of many, without the price of planning it."""

from bisect import bisect_right
from collections.abc import Iterable, Mapping
from itertools import groupby
from typing import Any, NamedTuple

from sojourn.model.identity import EMAIL, ID, VISITOR, named_of
from sojourn.sql import sql
from sojourn.store.engine import Engine

MEMBER_STEPS = 3  # a visitor named a phone, the phone an e-mail, the e-mail an id


class Fact(NamedTuple):
    """At this instant the event named `ref` behind `key`."""

    key: str
    occurred_at: int
    event_id: str
    sender: str
    ref: str
    is_weak: bool


class Span(NamedTuple):
    """From `since` on (milliseconds) the key's events belong to `ref`."""

    since: int
    ref: str


class Owners:
    """What the identity facts say (contract, section 3): they count by their time, never by their arrival."""

    def __init__(self, facts: Iterable[Fact]) -> None:
        """`facts`: all that hold, of every key that is going to be asked for and of what these lead to."""
        self._spans: dict[str, list[Span]] = {}
        self._email_owners: dict[str, str] = {}
        for key, found in groupby(sorted(facts, key=_in_order), key=lambda fact: fact.key):
            if key.startswith(EMAIL):
                self._email_owners[key] = next(found).ref
            else:
                self._spans[key] = _spans(list(found))

    @classmethod
    def behind(cls, engine: Engine, site_id: str, keys: set[str]) -> "Owners":
        """With the facts of these keys and of what they lead to."""
        linked = reach(engine, site_id, keys)
        if not linked:
            return cls(())
        rows = engine.query(sql("link.facts"), {"site_id": site_id, "keys": sorted(linked | keys)})
        return cls(Fact(*row) for row in rows)

    def owner(self, sender: str, external_id: str, email: str, at_ms: int) -> str:
        """The ref of the lead of an event with these identifiers at this instant."""
        first = named_of(external_id, email, "") or self._led_to(sender, at_ms) or sender
        # A visitor may lead to a phone, a phone to an e-mail or an id.
        second = self._led_to(first, at_ms) or first
        return self._email_owners.get(second, second)

    def first(self, ref: str) -> str:
        """What the ref became: the first lead that a fact names behind it."""
        if ref.startswith(ID):
            return ref
        return self.owner(ref, "", ref[len(EMAIL) :] if ref.startswith(EMAIL) else "", 0)

    def of_row(self, row: Mapping[str, Any]) -> str:
        """The owner of an event by its columns."""
        return self.owner(row["sender"], row["external_id"], row["email"], row["occurred_at"])

    def _led_to(self, key: str, at_ms: int) -> str | None:
        """What came before a key's first fact belongs to that first lead."""
        spans = self._spans.get(key)
        return spans[max(0, bisect_right(spans, at_ms, key=lambda span: span.since) - 1)].ref if spans else None


def _in_order(fact: Fact) -> tuple[str, int, bytes, bytes]:
    return fact.key, fact.occurred_at, fact.event_id.encode(), fact.sender.encode()


def _spans(facts: list[Fact]) -> list[Span]:
    """The facts of a key in order, without those that do not count: a weak one after a strong one."""
    kept: list[Span] = []
    is_weak = True
    for fact in facts:
        is_weak = is_weak and fact.is_weak
        if not fact.is_weak or is_weak:
            kept.append(Span(fact.occurred_at, fact.ref))
    return kept


def reach(engine: Engine, site_id: str, keys: set[str]) -> set[str]:
    """Those of the keys behind which identity facts lie, and everything that these lead to."""
    paths = paths_from(engine, site_id, keys)
    return set(paths).union(*paths.values())


def paths_from(engine: Engine, site_id: str, keys: set[str]) -> dict[str, set[str]]:
    """Where the identity facts of the keys lead, and those of what they lead to; few statements, however many keys."""
    found: dict[str, set[str]] = {}
    asked: set[str] = set()
    frontier = {key for key in keys if not key.startswith(ID)}
    while frontier:
        rows = engine.query(sql("link.reach"), {"site_id": site_id, "keys": sorted(frontier)})
        for key, ref in rows:
            found.setdefault(key, set()).add(ref)
        asked |= frontier
        frontier = {ref for _, ref in rows if not ref.startswith(ID)} - asked
    return found


def keys_behind(engine: Engine, site_id: str, leads: set[str]) -> list[str]:
    """Every key whose events may belong to one of the leads: these, what named them, what named that, and so on."""
    return sorted(leads.union(*members_behind(engine, site_id, leads).values()))


def members_behind(engine: Engine, site_id: str, leads: set[str]) -> dict[str, set[str]]:
    """The same by what named whom: for each ref the keys that ever named it."""
    found: dict[str, set[str]] = {}
    asked, frontier = set(leads), leads
    for _ in range(MEMBER_STEPS):
        refs = sorted(ref for ref in frontier if not ref.startswith(VISITOR))  # nothing names a visitor behind a key
        rows = engine.query(sql("member.keys"), {"site_id": site_id, "refs": refs}) if refs else []
        for ref, key in rows:
            found.setdefault(ref, set()).add(key)
        frontier = {key for _, key in rows} - asked
        asked |= frontier
    return found
