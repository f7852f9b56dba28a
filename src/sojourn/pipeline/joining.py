"""A cluster's store, opened by one more process."""

from sojourn.pipeline.board import Board
from sojourn.pipeline.presence import Presence
from sojourn.store.address import Address
from sojourn.store.cluster import Cluster
from sojourn.store.founding import opened


def joined(address: Address) -> tuple[Cluster, Presence]:
    """The store, and this process among those that share it. Raises StoreError for one that cannot be opened."""
    cluster = opened(address)
    presence = Presence(Board(cluster))
    cluster.check_may_write = presence.check
    try:
        presence.join()
    except BaseException:
        presence.leave()
        cluster.close()
        raise
    return cluster, presence
