"""Merges that a process held back are let go by whoever works after it."""

import time
from concurrent.futures import ThreadPoolExecutor

from sojourn.app import Sojourn
from tests.cluster.conftest import process_on
from tests.cluster.nodes import Cluster
from tests.serving import LONGEST


def held(app: Sojourn) -> int:
    """How many tables of all nodes."""
    text = "SELECT count() FROM system.tables WHERE database = currentDatabase() AND engine_full LIKE '%max_bytes_to%'"
    return int(app.engine.query(text)[0][0])


def hold(app: Sojourn) -> None:
    with app.turns:
        app.merges.hold()


def test_who_works_after_one_that_held_them_lets_them_go(cluster: Cluster) -> None:
    """Though it found nothing held back when it worked before."""
    url = cluster.founded("merging")
    with process_on(url) as first:
        first.work_off()
        assert held(first) == 0
        with process_on(url) as second, ThreadPoolExecutor(1) as threads:
            holding = threads.submit(hold, second)
            deadline = time.monotonic() + LONGEST
            while not holding.done() and time.monotonic() < deadline:
                first.turns.may_work()  # gives the work away once the other one asks for it
            holding.result()
            assert held(first) == 4  # two tables on two nodes; and it ends without a pass
        first.work_off()
        assert held(first) == 0
