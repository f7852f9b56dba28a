"""Which leads new facts touch, and when: those of the events themselves, and where an identity fact came or went,
those on both sides of it.
"""

from collections.abc import Iterable
from typing import Any, NamedTuple

from sojourn.model.identity import EMAIL, HANDLE, ID, VISITOR, named_of
from sojourn.pipeline.owners import Owners, paths_from, reach
from sojourn.sql import sql
from sojourn.store.engine import Engine

FOREVER = 1 << 62


class Range(NamedTuple):
    """Commits after the first and up to the last, but for the hidden ones: those of an import under way."""

    after: int
    upto: int
    hidden: tuple[int, ...] = ()

    @property
    def parameters(self) -> dict[str, Any]:
        return {"after": self.after, "upto": self.upto, "hidden": list(self.hidden)}


class Touch(NamedTuple):
    """A lead whose sessions may have changed, between two instants, both included."""

    lead: str
    from_ms: int
    to_ms: int

    def stretched(self, from_ms: int, to_ms: int) -> "Touch":
        return Touch(self.lead, min(self.from_ms, from_ms), max(self.to_ms, to_ms))


class Fresh(NamedTuple):
    """The new events that name the same identifiers, and between which instants they lie."""

    sender: str
    external_id: str
    email: str
    handle: str
    from_ms: int
    to_ms: int
    is_named: bool

    @property
    def named(self) -> str:
        return named_of(self.external_id, self.email, self.handle)

    @property
    def keys(self) -> list[str]:
        """The identifiers behind which identity facts may lie."""
        optional = [(EMAIL, self.email), (HANDLE, self.handle)]
        return [self.sender, *(kind + text for kind, text in optional if text)]

    @property
    def is_linking(self) -> bool:
        """Whether it names a lead behind another identifier: an identity fact."""
        return len({ID + self.external_id, *self.keys} - {ID}) > 1


class Touched:
    """Finds the touches of a range of commits of one site, and records its identity facts on the way."""

    def __init__(self, engine: Engine, site_id: str, commits: Range) -> None:
        self._engine = engine
        self._site_id = site_id
        self._parameters = {"site_id": site_id, **commits.parameters}

    def find(self) -> list[Touch]:
        fresh = [Fresh(*row) for row in self._query("event.fresh")]
        linking = sorted({key for row in fresh if row.is_linking for key in row.keys})
        if linking:
            self._execute("link.collect")
            self._execute("member.collect", keys=linking)
        if any(row.is_named for row in fresh):
            self._execute("name.collect")
        touches = self._of_events(fresh)
        return merged([*touches, *self._of_facts(linking)] if linking else touches)

    def _of_events(self, fresh: list[Fresh]) -> list[Touch]:
        linked = reach(self._engine, self._site_id, {key for row in fresh for key in row.keys})
        plain = [row for row in fresh if linked.isdisjoint(row.keys)]
        others = sorted({row.sender for row in fresh if not linked.isdisjoint(row.keys)})
        touches = [Touch(row.named or row.sender, row.from_ms, row.to_ms) for row in plain]
        return touches + (self._resolved(others) if others else [])

    def _resolved(self, senders: list[str]) -> list[Touch]:
        rows = self._query("event.instants", senders=senders)
        keys = {sender for sender, *_ in rows} | {EMAIL + email for _, _, email, _ in rows if email}
        owners = Owners.behind(self._engine, self._site_id, keys)
        return merged(Touch(owners.owner(*row), row[3], row[3]) for row in rows)

    def _of_facts(self, keys: list[str]) -> list[Touch]:
        changed = [Touch(*row) for row in self._query("lead.changed", keys=keys, forever=FOREVER)]
        # What a ref leads on to may change hands with it: a phone's e-mail, an e-mail's owner.
        refs = {touch.lead for touch in changed if not touch.lead.startswith(VISITOR)}
        paths = paths_from(self._engine, self._site_id, refs)
        return [
            Touch(lead, touch.from_ms, touch.to_ms) for touch in changed for lead in _along(paths, touch.lead, refs)
        ]

    def _query(self, name: str, **more: Any) -> list[tuple[Any, ...]]:
        return self._engine.query(sql(name), {**self._parameters, **more})

    def _execute(self, name: str, **more: Any) -> None:
        self._engine.execute(sql(name), {**self._parameters, **more})


def collect_facts(engine: Engine, site_id: str, commits: Range) -> None:
    """Record the identity facts and names in the commits, however many they are."""
    parameters = {"site_id": site_id, **commits.parameters}
    for name in ("link.collect", "member.collect_all", "name.collect"):
        engine.execute(sql(name), parameters)


def _along(paths: dict[str, set[str]], lead: str, refs: set[str]) -> set[str]:
    """The lead, and everything that it leads on to if it is one of the refs."""
    found, frontier = {lead}, {lead} & refs
    while frontier:
        fresh = paths.get(frontier.pop(), set()) - found
        found |= fresh
        frontier |= fresh
    return found


def merged(touches: Iterable[Touch]) -> list[Touch]:
    """One touch a lead, from its first instant to its last."""
    by_lead: dict[str, Touch] = {}
    for touch in touches:
        known = by_lead.setdefault(touch.lead, touch)
        if known is not touch:
            by_lead[touch.lead] = known.stretched(touch.from_ms, touch.to_ms)
    return list(by_lead.values())
