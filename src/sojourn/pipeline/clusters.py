"""A cluster as its owner sees it: made, looked at, checked."""

from contextlib import closing
from dataclasses import dataclass

from sojourn.errors import InvalidRequest, StoreError
from sojourn.pipeline.board import Board, shown
from sojourn.place import Place
from sojourn.store.address import EXAMPLE, Address
from sojourn.store.founding import found, opened
from sojourn.store.looks import unlike_order
from sojourn.store.nodes import NodeState, Silent, faults, states


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


def looked_at(place: Place) -> tuple[list[NodeState], list[Silent]]:
    """The nodes that answer, and those that do not."""
    told = states(_address(place))
    return [each for each in told if isinstance(each, NodeState)], [each for each in told if isinstance(each, Silent)]


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
    """Raises StoreError for nodes that do not answer, do not fit together or are not those of the URL's cluster."""
    address = _address(place)
    nodes = states(address)
    if wrong := faults(address, nodes) or list(filter(None, [unlike_order(address)])):
        raise StoreError(" ".join(wrong))
    return [node for node in nodes if isinstance(node, NodeState)]


def _address(place: Place) -> Address:
    if place.cluster is None:
        raise InvalidRequest(f"{place} is a folder; give the URL of a cluster with --store, such as {EXAMPLE}")
    return Address.of(place.cluster)
