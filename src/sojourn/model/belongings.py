"""Which identifiers are a lead's own, and which it shares with others."""

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from sojourn.model.identity import EMAIL, HANDLE, ID, VISITOR, named_of

WEAK = (HANDLE, VISITOR)


class Named(NamedTuple):
    """What events name alike; `is_its`: whether they are the lead's; `last_ms`: when the last of them happened."""

    sender: str
    external_id: str
    email: str
    handle: str
    is_its: bool | int
    last_ms: int

    @property
    def refs(self) -> set[str]:
        named = {ID + self.external_id, EMAIL + self.email, HANDLE + self.handle, self.sender}
        return named - {ID, EMAIL, HANDLE}


class Belongings(NamedTuple):
    """The refs of a lead: those that are its alone, and those that others have too. The lead's own is among them."""

    own: frozenset[str]
    shared: frozenset[str]
    last_ms: int

    @property
    def all(self) -> frozenset[str]:
        return self.own | self.shared


def belongings(
    lead: str, rows: Sequence[Named], links: Iterable[tuple[str, str]], owners: Mapping[str, str]
) -> Belongings:
    """Whose is what: `rows` are of every sender whose events may be the lead's, `links` (key, ref) every identity fact
    of these, whether it holds or not, `owners` whose an e-mail is.

    An own id and an e-mail are one lead's alone. A visitor or a phone is it when every event that names it is the
    lead's, and every fact about it leads there.
    """
    its = [row for row in rows if row.is_its]
    others = {ref for row in rows if not row.is_its for ref in row.refs}
    facts: dict[str, set[str]] = {}
    for key, ref in links:
        facts.setdefault(key, set()).add(ref)
    strong = {own_of(row) for row in its if not own_of(row).startswith(WEAK)}
    strong |= {email for email, owner in owners.items() if owner == lead}
    strong |= {lead} - {lead if lead.startswith(WEAK) else ""}
    named = {ref for row in its for ref in row.refs}
    weak = {ref for ref in named | set(facts) if ref.startswith(WEAK)} - others
    while unfit := {ref for ref in weak if not facts.get(ref, set()) <= strong | weak}:
        weak -= unfit
    own = frozenset(strong | weak)
    last = max((row.last_ms for row in its), default=0)
    return Belongings(own, frozenset(named | {lead}) - own, last)


def own_of(row: Named) -> str:
    """The strongest identifier that such an event names, else its sender: by it late copies are known."""
    strong = named_of(row.external_id, row.email, "")
    return strong or row.sender
