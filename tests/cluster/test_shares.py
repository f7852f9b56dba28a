"""A pass over many visitors is spread over the servers of a cluster, and whoever dies or sleeps meanwhile does no harm."""

import re
import signal
from collections.abc import Iterator
from contextlib import closing, contextmanager

import pytest

from sojourn.store.address import Address
from sojourn.store.cluster import connect_to
from tests.cluster.nodes import Cluster
from tests.cluster.test_serving import event
from tests.cluster.test_several import two_on, within, work_at
from tests.serving import LONGEST, SECRET, Server, event_count, run

VISITORS, AT_ONCE = 2400, 1200
# A pass may take a part of them, too few to be shared.
ROUNDS = 4
SOON = 5.0


@pytest.fixture
def pair(cluster: Cluster, request: pytest.FixtureRequest) -> Iterator[tuple[Server, Server]]:
    with two_on(cluster.founded(f"shares{abs(hash(request.node.name)) % 10**9}")) as servers:
        yield servers


@contextmanager
def crowd_comes(pair: tuple[Server, Server], number: int) -> Iterator[None]:
    """An event of each of many visitors, some of whom are known, is taken while the one that works sleeps; it goes on
    when the block begins.
    """
    work_at(pair[0], SECRET)
    assert pair[0].process is not None
    pair[0].process.send_signal(signal.SIGSTOP)
    for start in range(0, VISITORS, AT_ONCE):  # soon: who sleeps for long works no more
        known = [{"lead": {"id": f"lead{n}"}} if n % 3 == 0 else {} for n in range(start, start + AT_ONCE)]
        pair[1].send(*(event(f"v{start + n}", number, **fields) for n, fields in enumerate(known)))
    pair[0].process.send_signal(signal.SIGCONT)
    yield


def shares_done(server: Server) -> int:
    told = server.ask("GET", "/metrics").text
    return sum(
        map(int, re.findall(r'sojourn_query_seconds_count\{query="session.recompute(?:_direct)?"\} (\d+)', told))
    )


def is_asked(pair: tuple[Server, Server]) -> bool:
    address = Address.of(pair[0].where)
    with closing(connect_to(address, address.nodes[0])) as client:
        return bool(client.query("SELECT number FROM errands").result_rows)


def test_all_take_a_share(pair: tuple[Server, Server]) -> None:
    for number in range(ROUNDS):
        with crowd_comes(pair, number):
            found = pair[0].settled(VISITORS * (number + 1))
        assert (len(found), event_count(found)) == (VISITORS, VISITORS * (number + 1))
        if number and shares_done(pair[1]):
            break
    assert shares_done(pair[1]) >= 1
    assert not is_asked(pair)  # nothing of any lead is left there
    assert "as the facts have it" in run("doctor", "--store", pair[0].where).stdout


@pytest.mark.long
@pytest.mark.parametrize("number", [0, 1])
@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGSTOP])
def test_one_that_dies_or_sleeps_with_its_share_does_no_harm(
    pair: tuple[Server, Server], how: signal.Signals, number: int
) -> None:
    """Be it the one that asks (0) or the one that is asked."""
    ill, other = pair[number].process, pair[1 - number]
    assert ill is not None
    for number_of in range(ROUNDS):
        count = VISITORS * (number_of + 1)
        with crowd_comes(pair, number_of):
            if within(SOON, lambda: is_asked(pair)):
                break
        assert event_count(other.settled(count)) == count
    else:
        raise AssertionError("nobody was asked")
    ill.send_signal(how)
    try:
        assert event_count(other.settled(count)) == count
    finally:
        ill.send_signal(signal.SIGCONT)
    if how == signal.SIGSTOP:
        assert within(LONGEST, lambda: pair[number].ask("GET", "/readyz").status_code == 200)
    other.send(event("later", 0))
    assert event_count(other.settled(count + 1)) == count + 1
    assert "as the facts have it" in run("doctor", "--store", other.where, "--whole").stdout
