"""One process at a time works on a cluster; one that sleeps or dies does no harm."""

from collections.abc import Callable

import pytest

from sojourn.errors import StoreError, Unavailable
from sojourn.pipeline import lease
from sojourn.pipeline.lease import Lease
from sojourn.store.address import Address
from sojourn.store.founding import found, opened
from tests.cluster.nodes import Cluster

Named = Callable[..., Lease]


@pytest.fixture
def named(cluster: Cluster, request: pytest.FixtureRequest) -> Named:
    """Leases of processes that each have a store of their own open: the same one."""
    address = Address.of(cluster.url(f"lease_{abs(hash(request.node.name))}"))
    found(address)
    return lambda name: Lease(opened(address), name=f"elsewhere/1 {name}")


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


def test_who_waits_does_not_disturb_who_works(named: Named) -> None:
    first, second = named("1 a"), named("2 b")
    first.take()
    with pytest.raises(StoreError):
        second.take(wait=0)
    first.renew()
    first.check()
    first.end()
    with pytest.raises(Unavailable):
        first.check()  # what still runs in this process writes nothing more


def test_one_that_was_silent_for_long_is_taken_over_and_writes_no_more(
    named: Named, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also when the one that took over has ended: what it changed is not known here."""
    first, second = named("1 d"), named("2 e")
    first.say()
    first.check()
    monkeypatch.setattr(lease, "FREE_AFTER_MS", 0)
    second.take(wait=0)
    second.end()
    monkeypatch.setattr(lease, "HOLDS_FOR", 0.0)
    with pytest.raises(Unavailable, match="not reached"):
        first.check()
    monkeypatch.undo()
    first.renew()
    with pytest.raises(Unavailable, match="restart this one"):
        first.check()
    first.end()


def test_of_two_that_begin_together_at_most_one_works(named: Named) -> None:
    first, second = named("1 f"), named("2 g")
    first.say()
    with pytest.raises(StoreError):
        second.take(wait=0)
    first.renew()
    assert not first.is_lost, "the other one took its word back"
    first.end()
