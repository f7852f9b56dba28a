"""A cluster as its owner sees it: made, looked at, checked."""

from contextlib import closing
from dataclasses import dataclass

from sojourn.errors import InvalidRequest, StoreError
from sojourn.pipeline.board import Board, shown
from sojourn.place import Place
from sojourn.store.address import EXAMPLE, Address
from sojourn.store.founding import found, opened
from sojourn.store.nodes import NodeState, faults, states


@dataclass(frozen=True)
class ProcessState:
    """Of one that is on the store; `behind_ms` is how much older than the newest commit what it worked off is, None for
    one that does not work.
    """

    name: str
    behind_ms: int | None


def make(place: Place) -> list[str]:
    """What was missing and was made. Raises StoreError, and changes nothing, for nodes that are not fit for it."""
    return found(_address(place))


def looked_at(place: Place) -> list[NodeState]:
    """Raises StoreError for a node that does not answer."""
    return states(_address(place))


def processes(place: Place) -> list[ProcessState]:
    """Those that are on the store. Raises StoreError when that cannot be opened."""
    with closing(opened(_address(place))) as cluster:
        said = Board(cluster).others()
    newest = max((each.word.newest for each in said), default=0)
    return [
        ProcessState(shown(each.name), max(0, newest - each.word.done) // 1000 if each.word.works else None)
        for each in said
        if each.is_there
    ]


def checked(place: Place) -> list[NodeState]:
    """Raises StoreError also for nodes that do not fit together."""
    nodes = looked_at(place)
    if wrong := faults(nodes):
        raise StoreError(" ".join(wrong))
    return nodes


def _address(place: Place) -> Address:
    if place.cluster is None:
        raise InvalidRequest(f"{place} is a folder; give the URL of a cluster with --store, such as {EXAMPLE}")
    return Address.of(place.cluster)
