"""One process at a time works on a cluster; one that sleeps or dies does no harm."""

from collections.abc import Callable

import pytest

from sojourn.errors import StoreError, Unavailable
from sojourn.pipeline import lease
from sojourn.pipeline.lease import FREE_AFTER_MS, Lease
from sojourn.store.address import Address
from sojourn.store.founding import found, opened
from tests.cluster.nodes import Cluster
from tests.conftest import NOW

Named = Callable[..., Lease]


@pytest.fixture
def named(cluster: Cluster, request: pytest.FixtureRequest) -> Named:
    """Leases of processes that each have a store of their own open: the same one."""
    address = Address.of(cluster.url(f"lease_{abs(hash(request.node.name))}"))
    found(address)
    return lambda name, now_ms=NOW: Lease(opened(address), lambda: now_ms, name=f"elsewhere/1 {name}")


def test_a_second_one_is_refused_until_the_first_ends(named: Named) -> None:
    first, second = named("1 a"), named("2 b")
    first.take()
    with pytest.raises(StoreError, match="number 1 on elsewhere"):
        second.take(wait=0)
    with pytest.raises(Unavailable, match="not reached"):
        named("3 c").check()  # nothing is written before it is taken
    first.end()
    second.take(wait=0)
    second.check()
    second.end()


def test_one_that_was_silent_for_long_is_taken_over_and_writes_no_more(
    named: Named, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = named("1 d"), named("2 e", NOW + FREE_AFTER_MS)
    first.say()
    first.check()
    second.take(wait=0)
    monkeypatch.setattr(lease, "HOLDS_FOR", 0.0)
    with pytest.raises(Unavailable, match="not reached"):
        first.check()
    first.renew()
    with pytest.raises(Unavailable, match="restart this one"):
        first.check()
    first.end()
    monkeypatch.undo()
    second.check()  # what was lost is not given back
    second.end()
