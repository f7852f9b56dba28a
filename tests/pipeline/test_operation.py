"""What is counted and remembered for an operator: what waits, what was served, what the disk has left."""

import logging
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from sojourn.app import Sojourn
from sojourn.clock import clock_ms
from sojourn.errors import Unavailable
from sojourn.model.site import Site
from sojourn.pipeline.commits import MOST_ENTRIES, CommitLog, Waiting
from sojourn.pipeline.disk import Disk
from sojourn.pipeline.loop import Loop
from sojourn.pipeline.metering import Meter, Spread
from sojourn.pipeline.worker import Worker
from sojourn.reports.sessions import Question
from sojourn.sql import sql
from sojourn.store.engine import INSERT, QUERY, Statement, name_of
from tests.conftest import NOW
from tests.kit import listed, send, to_events
from tests.serving import PATIENCE


def test_what_is_committed_waits_until_a_pass_has_seen_it() -> None:
    log = CommitLog(5, clock_ms)
    assert log.waiting() == Waiting(0, 0, None)
    log.left_waiting(3, 2, 7)
    with log.commit(10) as first:
        pass
    with log.commit(20):
        assert log.waiting() == Waiting(3, 17, 3)
        log.worked_off(log.settled())
        assert log.waiting() == Waiting(0, 0, None)
    assert log.waiting().event_count == 20
    assert log.waiting().since is not None
    assert log.waiting().since != first


def test_a_worker_that_stands_needs_no_memory_and_nothing_goes_uncounted() -> None:
    log = CommitLog(0, clock_ms)
    for _ in range(MOST_ENTRIES + 100):
        with log.commit(2):
            pass
    waiting = log.waiting()
    assert (waiting.commit_count, waiting.event_count) == (MOST_ENTRIES + 100, 2 * MOST_ENTRIES + 200)
    log.worked_off(log.settled())
    assert log.waiting() == Waiting(0, 0, None)


def test_a_spread_counts_each_value_up_to_its_bound() -> None:
    spread = Spread((1.0, 2.0))
    for value in (0.5, 1.0, 1.5, 2.0, 9.0):
        spread.add(value, "a")
    assert spread.items() == [(("a",), [2, 2, 1], 14.0)]


def page(app: Sojourn, site: Site) -> list[dict[str, Any]]:
    return app.page(site.id, Question({"from": 0})).data


def click(at: int, event_id: str = "", **more: Any) -> dict[str, Any]:
    return {"type": "click", "visitor_id": "ann", "occurred_at": at, "event_id": event_id or str(at), **more}


def changes(app: Sojourn) -> int:
    return app.meter.changed_after_served.total()


def test_only_changes_of_what_was_served_count(app: Sojourn, new_site: Any) -> None:
    site = new_site()
    before = changes(app)
    send(app, site, [click(1000)])
    send(app, site, [click(2000)])
    assert changes(app) == before
    page(app, site)
    send(app, site, [click(10_000_000), click(3000, visitor_id="bob")])
    assert changes(app) == before
    send(app, site, [click(3000)])
    assert changes(app) == before + 1
    send(app, site, [click(4000)])
    assert changes(app) == before + 2


def test_a_session_that_ends_or_goes_to_another_lead_has_changed(app: Sojourn, new_site: Any) -> None:
    site = new_site()
    send(app, site, [click(1000)])
    page(app, site)
    before = changes(app)
    send(app, site, [click(2000, lead={"id": "ann"})])
    assert changes(app) == before + 1
    page(app, site)
    app.decide(site.id, ["1000", "2000"], "robot")
    app.work_off()
    assert page(app, site) == []
    assert changes(app) == before + 2


def test_a_whole_site_built_anew_counts_nothing(app: Sojourn, new_site: Any) -> None:
    site = new_site()
    send(app, site, [click(1000), click(61_000)])
    page(app, site)
    before = changes(app)
    app.change_site(site.id, {"session_timeout_ms": 60_000})
    app.work_off()
    assert len(page(app, site)) == 2
    assert changes(app) == before


def test_the_store_tells_what_it_was_asked_and_what_failed(app: Sojourn, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[Statement] = []
    monkeypatch.setattr(app.engine, "on_statement", told.append)
    app.engine.query(sql("progress.last"), {"worker": "nobody"})
    with pytest.raises(Unavailable):
        app.engine.insert("refusals", ("refused",), b'{"refused": "ann@x.example"}')
    assert [(statement.kind, statement.name) for statement in told] == [(QUERY, "progress.last"), (INSERT, "refusals")]
    assert told[0].failure is None
    assert told[1].failure
    assert "ann" not in told[1].failure
    assert name_of("SELECT 1") == "other"


def test_slow_queries_and_failures_are_in_the_log_by_name(caplog: pytest.LogCaptureFixture) -> None:
    meter = Meter(slow_query_ms=100)
    with caplog.at_level(logging.WARNING, "sojourn"):
        meter.statement(Statement(QUERY, "session.list", 0.1, None))
        meter.statement(Statement(QUERY, "session.one", 0.09, None))
        for _ in range(3):
            meter.statement(Statement(INSERT, "events", 0.01, "NOT_ENOUGH_SPACE"))
    fields = [record.fields for record in caplog.records]  # type: ignore[attr-defined]
    assert fields == [
        {"query": "session.list", "ms": 100},
        {"query": "events", "ms": 10, "failure": "NOT_ENOUGH_SPACE"},
    ]
    assert dict(meter.failures.items())[INSERT,] == 3


def test_the_disk_is_low_below_what_is_set_and_says_so_once(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, "sojourn"):
        assert not Disk(tmp_path, 1).is_low
        low = Disk(tmp_path, 1_000_000_000)
        low.look()
        gone = Disk(tmp_path / "gone", 1)
        assert (low.is_low, gone.is_low, gone.free_bytes) == (True, True, 0)
        assert len(caplog.records) == 2
        (tmp_path / "gone").mkdir()
        gone.look()
    assert not gone.is_low
    assert [record.levelname for record in caplog.records] == ["WARNING", "WARNING", "INFO"]
    assert 0 < low.free_bytes <= low.total_bytes


def test_counting_from_many_threads_loses_nothing() -> None:
    meter = Meter()

    def count() -> None:
        for _ in range(2000):
            meter.accepted.add()

    threads = [threading.Thread(target=count) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert meter.accepted.total() == 16_000


def test_the_worker_goes_on_when_there_is_room_for_temporary_files_again(
    app: Sojourn, new_site: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    site = new_site()
    send(app, site, [{"type": "click", "visitor_id": "one", "event_id": "e", "occurred_at": NOW}])
    app.change_site(site.id, {"session_timeout_ms": 60_000})
    loop = Loop(app.worker, app.generations, app.refusals, app.meter, (app.now_ms, app.commits.change_ms), app.turns)
    place = tmp_path / "temporary"
    monkeypatch.setattr(tempfile, "tempdir", str(place))
    loop.start()
    until(lambda: any("is tried again" in record.getMessage() for record in caplog.records))
    assert loop.is_alive()
    place.mkdir()
    until(lambda: app.sites[site.id].generation > site.generation)
    loop.stop()


@pytest.mark.parametrize("error", [RuntimeError("can't start new thread"), MemoryError()])
def test_the_worker_goes_on_when_there_are_threads_and_memory_again(
    app: Sojourn, new_site: Any, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, error: Exception
) -> None:
    site = new_site()
    app.insert(to_events(site, [{"type": "click", "visitor_id": "one", "event_id": "1", "occurred_at": NOW}]))
    loop = Loop(app.worker, app.generations, app.refusals, app.meter, (app.now_ms, app.commits.change_ms), app.turns)
    with monkeypatch.context() as scarce:
        scarce.setattr("sojourn.pipeline.sessionize.ThreadPoolExecutor", raising(error))
        loop.start()
        until(lambda: any("is tried again" in record.getMessage() for record in caplog.records))
    until(lambda: [row["event_count"] for row in listed(app, site)] == [1])
    loop.stop()


def raising(error: Exception) -> Callable[..., object]:
    def fail(*_: object) -> object:
        raise error

    return fail


def test_who_took_the_work_and_stops_before_its_first_pass_leaves_all_to_do(app: Sojourn) -> None:
    worker = Worker(app.engine, app.commits, app.sites, app.generations, app.merges, app.served, name="new")
    worker.resume()
    worker.save(is_synced=True)
    assert app.engine.query("SELECT done FROM progress FINAL WHERE worker = 'new'") == [(0,)]


def test_a_build_goes_on_while_passes_rest(app: Sojourn, new_site: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Under load a pass may rest for seconds: a change of a site's definition must not wait for it as well."""
    site = new_site()
    loop = Loop(app.worker, app.generations, app.refusals, app.meter, (app.now_ms, app.commits.change_ms), app.turns)
    monkeypatch.setattr("sojourn.pipeline.loop.rest_after", lambda took, leads: 3600.0)
    app.insert(to_events(site, [{"type": "click", "visitor_id": "one", "event_id": "1", "occurred_at": NOW}]))
    assert loop.turn()
    app.insert(to_events(site, [{"type": "click", "visitor_id": "one", "event_id": "2", "occurred_at": NOW}]))
    assert not loop.turn()
    app.change_site(site.id, {"session_timeout_ms": 60_000})
    while app.sites.definition(site.id).building:
        assert loop.turn()
        assert app.worker.waiting()
    app.work_off()
    assert [row["event_count"] for row in listed(app, site)] == [2]


def until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.05)
