"""What /metrics tells, to whom, and that the alert rules ask for nothing that is not there."""

import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import polars as pl
import pytest
import yaml
from prometheus_client.parser import text_string_to_metric_families

from sojourn.app import Sojourn
from sojourn.pipeline.sites import DEFAULT_SITE
from sojourn.place import Place
from sojourn.web.asgi import Application
from sojourn.web.connection import connect
from sojourn.web.metrics import METRICS, is_loopback
from tests.conftest import NOW
from tests.serving import PATIENCE, SECRET, WRITE, Server, run

ALERTS = Path(__file__).parents[2] / "deploy" / "alerts.yml"
FROM_PROMETHEUS = {"up"}
DAY_MS = 86_400_000

Samples = dict[tuple[str, frozenset[tuple[str, str]]], float]


def samples(text: str) -> Samples:
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def read(server: Server) -> Samples:
    answer = server.ask("GET", "/metrics", None)
    assert answer.status_code == 200
    assert answer.headers["Content-Type"].startswith("text/plain; version=")
    return samples(answer.text)


def value(found: Samples, name: str, **labels: str) -> float:
    return found.get((name, frozenset(labels.items())), 0.0)


def grown(before: Samples, after: Samples, name: str, **labels: str) -> float:
    return value(after, name, **labels) - value(before, name, **labels)


@pytest.fixture(scope="module")
def metered(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server of its own: nobody else counts."""
    limits = {"SOJOURN_EVENT_LIMIT": "3", "SOJOURN_DISK_WARN_MB": "1000000000", "SOJOURN_GATHER_MS": "1"}
    server = Server(tmp_path_factory.mktemp("metered"), **limits).start()
    yield server
    server.close()


def event(visitor: str, event_id: str, **more: Any) -> dict[str, Any]:
    return {"type": "page_view", "visitor_id": visitor, "event_id": event_id, **more}


def test_what_became_of_events_is_counted(metered: Server) -> None:
    before = read(metered)
    late = "2026-01-01T00:00:00Z"
    metered.send(event("counted", "1"), event("counted", "2", occurred_at=late), {"type": "click"}, {"visitor_id": "x"})
    metered.send(event("counted", "2", occurred_at=late))
    assert metered.ask("POST", "/v1/events", json={"type": "click"}).status_code == 400
    after = read(metered)
    assert grown(before, after, "sojourn_events_accepted_total") == 2
    assert grown(before, after, "sojourn_events_duplicate_total") == 1
    assert grown(before, after, "sojourn_events_refused_total", reason="no_lead") == 2
    assert grown(before, after, "sojourn_events_refused_total", reason="no_type") == 1
    assert grown(before, after, "sojourn_events_late_total") == 1
    assert grown(before, after, "sojourn_event_lateness_seconds_count") == 1
    assert grown(before, after, "sojourn_event_lateness_seconds_bucket", le="3600.0") == 0
    assert grown(before, after, "sojourn_event_lateness_seconds_sum") > 86_400


@pytest.mark.parametrize("ending", ["csv", "parquet"])
def test_what_is_imported_counts_as_accepted_and_never_as_late(metered: Server, tmp_path: Path, ending: str) -> None:
    before, path = read(metered), tmp_path / f"events.{ending}"
    frame = pl.DataFrame({"who": [f"{ending}{n}" for n in range(50)] + [None], "at": ["2026-01-01T00:00:00Z"] * 51})
    frame.write_csv(path) if ending == "csv" else frame.write_parquet(path)
    assert run("import", str(path), "--data", metered.where, "--map", "visitor=who,time=at").returncode == 0
    after = read(metered)
    assert grown(before, after, "sojourn_events_accepted_total") == 50
    assert grown(before, after, "sojourn_events_imported_total") == 50
    assert grown(before, after, "sojourn_events_refused_total", reason="no_lead") == 1
    assert grown(before, after, "sojourn_events_late_total") == 0


def test_requests_are_counted_by_template_method_and_status(metered: Server) -> None:
    before = read(metered)
    paths = ["/v1/sessions/sess_a", "/v1/sessions/sess_b", "/v1/sessions?limit=0", "/nothing/a", "/nothing/b"]
    for path in paths:
        metered.ask("GET", path)
    metered.ask("GET", "/v1/site", None)
    metered.client.request("PROPFIND", "/v1/site")
    for _ in range(4):
        metered.ask("POST", "/v1/events", WRITE, json={"type": "click", "visitor_id": "limited"})
    after = read(metered)

    def requests(route: str, status: str, method: str = "GET") -> float:
        return grown(before, after, "sojourn_requests_total", route=route, method=method, status=status)

    assert requests("/v1/sessions/{id}", "404") == 2
    assert requests("/v1/sessions", "400") == 1
    assert requests("(none)", "404") == 2
    assert requests("/v1/site", "401") == 1
    assert requests("/v1/site", "405", "other") == 1
    assert requests("/v1/events", "202", "POST") == 3
    assert requests("/v1/events", "429", "POST") == 1
    assert grown(before, after, "sojourn_rate_limited_total", kind="events") == 1
    assert grown(before, after, "sojourn_request_seconds_count", route="/v1/sessions/{id}", method="GET") == 2
    assert all("nothing" not in text for _, labels in after for _, text in labels)


def read_once(metered: Server, holds: Callable[[Samples], bool]) -> Samples:
    """What is measured once it holds: the pass that makes sessions visible counts itself a moment later."""
    found, deadline = read(metered), time.monotonic() + PATIENCE
    while not holds(found) and time.monotonic() < deadline:
        found = read(metered)
    return found


WAITING = [f"sojourn_{name}_waiting" for name in ("commits", "events", "touched_leads")]


def test_work_and_store_are_timed_and_nothing_waits_in_the_end(metered: Server) -> None:
    before = read(metered)
    metered.send(event("timed", "1"))
    assert len(metered.settled(1, lead_id="timed")) == 1

    def passes(found: Samples) -> float:
        return grown(before, found, "sojourn_pass_seconds_count", kind="events")

    after = read_once(metered, lambda found: passes(found) >= 1 and not any(value(found, name) for name in WAITING))
    assert passes(after) >= 1
    assert grown(before, after, "sojourn_insert_seconds_count", table="events") == 1
    assert grown(before, after, "sojourn_query_seconds_count", query="session.versions") >= 1
    assert value(after, "sojourn_store_failures_total", kind="insert") == 0
    assert [value(after, name) for name in (*WAITING, "sojourn_oldest_waiting_seconds")] == [0, 0, 0, 0]
    assert value(after, "sojourn_worker_running") == 1
    assert value(after, "process_resident_memory_bytes") > 0


CHANGED = "sojourn_sessions_changed_after_served_total"


def changed_by(metered: Server, before: Samples, count: int) -> Samples:
    after = read_once(metered, lambda found: grown(before, found, CHANGED) >= count)
    assert grown(before, after, CHANGED) == count
    return after


def test_a_session_that_changes_after_it_was_served_is_counted_once_a_change(metered: Server) -> None:
    metered.send(event("read", "1", occurred_at=1_777_000_000_000), event("unread", "1", occurred_at=1_777_000_000_000))
    metered.settled(1, lead_id="read")
    before = read(metered)
    metered.send(event("read", "2", occurred_at=1_777_000_060_000), event("unread", "2", occurred_at=1_777_000_060_000))
    metered.settled(2, lead_id="read")
    first = changed_by(metered, before, 1)
    metered.send(event("read", "3", occurred_at=1_777_080_000_000))
    metered.settled(3, lead_id="read")
    metered.send(event("read", "0", occurred_at=1_776_999_999_000))  # under another id: the one that was read ends
    metered.settled(4, lead_id="read")
    changed_by(metered, first, 1)


def test_a_change_counts_once_whoever_sees_it_first(app: Sojourn, new_site: Any) -> None:
    site = new_site()
    counted = app.meter.changed_after_served

    def count() -> int:
        return sum(count for _, count in counted.items())

    def row(content: int, updated_at: int) -> dict[str, Any]:
        return {"number": 1, "lead": "l", "started_at": 0, "content": content, "updated_at": updated_at}

    before = count()
    app.served.note(site.id, site.generation, [row(content=1, updated_at=10)])
    app.served.note(site.id, site.generation, [row(content=2, updated_at=20)])
    assert count() == before + 1, "read between a pass and its check"
    app.served.note(site.id, site.generation, [row(content=2, updated_at=20)])
    app.served.note(site.id, site.generation, [row(content=1, updated_at=10)])
    assert count() == before + 1, "the same again, and an answer that was asked for before the change"
    app.served.check(site, site.id, ["other"])
    assert count() == before + 1, "none of the leads that were touched"
    app.served.check(site, site.id, ["l"])
    app.served.check(site, site.id, ["l"])
    assert count() == before + 2, "it is no more; once"


def test_a_disk_that_is_nearly_full_is_said_by_readyz_and_metrics(metered: Server, server: Server) -> None:
    answer = metered.ask("GET", "/readyz", None)
    assert (answer.status_code, answer.json()) == (200, {"status": "ready", "disk": "low"})
    found = read(metered)
    assert value(found, "sojourn_disk_low") == 1
    assert 0 < value(found, "sojourn_disk_free_bytes") <= value(found, "sojourn_disk_size_bytes")
    assert server.ask("GET", "/readyz", None).json() == {"status": "ready"}
    assert value(read(server), "sojourn_disk_low") == 0


def test_the_next_generation_tells_how_far_it_is(app: Sojourn, new_site: Any) -> None:
    (metric,) = (metric for metric in METRICS if metric.name == "sojourn_generation_progress_ratio")
    assert metric.gauge
    site = new_site()
    app.change_site(site.id, {"session_timeout_ms": 60_000})
    assert dict(metric.gauge(app))[site.id,] == 0
    app.work_off()
    assert (site.id,) not in dict(metric.gauge(app))


async def statuses(app: Sojourn, address: str, *headers: dict[str, str]) -> list[int]:
    transport = httpx.ASGITransport(app=Application(app), client=(address, 1))
    async with httpx.AsyncClient(transport=transport, base_url="http://sojourn") as client:
        return [(await client.get("/metrics", headers=each)).status_code for each in headers]


@pytest.mark.anyio
async def test_who_may_read_the_metrics(app: Sojourn) -> None:
    secret = app.keys.create(DEFAULT_SITE, "secret", is_test=False, now_ms=NOW)[1]
    publishable = app.keys.create(DEFAULT_SITE, "publishable", is_test=False, now_ms=NOW)[1]
    keys = [{}, *({"Authorization": f"Bearer {key}"} for key in (secret, publishable, "sk_live_unknown"))]
    assert await statuses(app, "203.0.113.7", *keys) == [401, 200, 403, 401]
    assert await statuses(app, "127.0.0.1", *keys) == [200, 200, 403, 401]
    assert await statuses(app, "127.0.0.1", {"X-Forwarded-For": "203.0.113.7"}, {"Forwarded": "for=x"}) == [401, 401]


def test_the_owner_reads_the_metrics_on_the_socket(metered: Server) -> None:
    with connect(Place(metered.folder)) as client:
        assert client.get("/metrics").status_code == 200


def test_what_is_a_loopback_address() -> None:
    assert all(map(is_loopback, ("127.0.0.1", "127.8.0.1", "::1", "::ffff:127.0.0.1")))
    assert not any(map(is_loopback, ("", "10.0.0.1", "::ffff:10.0.0.1", "localhost.example", "unix:")))


def test_every_metric_of_the_table_is_served(metered: Server) -> None:
    text = metered.ask("GET", "/metrics", SECRET).text
    assert [metric.name for metric in METRICS if f"# TYPE {metric.name} " not in text] == []


def rules() -> list[dict[str, Any]]:
    document = yaml.safe_load(ALERTS.read_text(encoding="utf-8"))
    return [rule for group in document["groups"] for rule in group["rules"]]


@pytest.mark.parametrize("rule", rules(), ids=lambda rule: str(rule["alert"]))
def test_alert_rules_ask_for_metrics_that_are_there(metered: Server, rule: dict[str, Any]) -> None:
    metered.ask("GET", "/v1/sessions")
    there = {name for name, _ in read(metered)} | {metric.name for metric in METRICS} | FROM_PROMETHEUS
    bare = re.sub(r'"[^"]*"|\{[^}]*\}|\[[^\]]*\]|\bby \([^)]*\)', "", rule["expr"])
    named = {name for name in re.findall(r"[a-z_]+", bare) if name not in ("sum", "rate", "increase", "and", "max")}
    assert named <= there
    assert named
    assert len(rule["annotations"]["summary"].splitlines()) == 1
    assert rule["labels"]["severity"] in ("page", "ticket")
