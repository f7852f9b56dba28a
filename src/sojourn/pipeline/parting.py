"""A pass's leads in parts that several processes can make the sessions of at once."""

from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet

from sojourn.pipeline.touched import Touch

Members = Mapping[str, AbstractSet[str]]  # by ref, the keys that ever named it


def parted(windows: Sequence[Touch], members: Members, linked: AbstractSet[str], count: int) -> list[list[Touch]]:
    """So many parts of about the same size, or fewer. Leads behind whom the same key lies are in the same one: a
    session moves from lead to lead only with the key of its first event. Those of whom identity facts tell, by what is
    `linked`, come first: what makes the sessions of a part without any costs less.
    """
    parts: list[list[Touch]] = [[]]
    most = len(windows) / count
    for group in sorted(_groups(windows, members), key=lambda group: (not _is_linked(group, linked), -len(group))):
        if parts[-1] and len(parts[-1]) + len(group) / 2 > most and len(parts) < count:
            parts.append([])
        parts[-1] += group
    return parts


def _is_linked(group: list[Touch], linked: AbstractSet[str]) -> bool:
    return any(touch.lead in linked for touch in group)


def keys_of(leads: AbstractSet[str], members: Members) -> list[str]:
    """Every key whose events may belong to one of the leads."""
    found, frontier = set(leads), set(leads)
    while frontier:
        frontier = set().union(*(members[ref] for ref in frontier if ref in members)) - found
        found |= frontier
    return sorted(found)


def _groups(windows: Iterable[Touch], members: Members) -> Iterable[list[Touch]]:
    """The windows of leads that hang together, directly or by others."""
    above: dict[str, str] = {}

    def top(ref: str) -> str:
        while (parent := above.setdefault(ref, ref)) != ref:
            above[ref] = ref = above[parent]
        return ref

    for ref, keys in members.items():
        for key in keys:
            above[top(key)] = top(ref)
    groups: dict[str, list[Touch]] = {}
    for window in windows:
        groups.setdefault(top(window.lead), []).append(window)
    return groups.values()
