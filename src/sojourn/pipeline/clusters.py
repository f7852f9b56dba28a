"""A cluster as its owner sees it: made, looked at, checked."""

from sojourn.errors import InvalidRequest, StoreError
from sojourn.place import Place
from sojourn.store.address import EXAMPLE, Address
from sojourn.store.founding import found
from sojourn.store.nodes import NodeState, faults, states


def make(place: Place) -> list[str]:
    """What was missing and was made. Raises StoreError, and changes nothing, for nodes that are not fit for it."""
    return found(_address(place))


def looked_at(place: Place) -> list[NodeState]:
    """Raises StoreError for a node that does not answer."""
    return states(_address(place))


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
