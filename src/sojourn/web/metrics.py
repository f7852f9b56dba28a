"""GET /metrics: what Prometheus reads. A table of metrics, each with how it is read from a Sojourn."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from ipaddress import IPv6Address, ip_address
from itertools import accumulate
from typing import Any

import anyio.to_thread
from prometheus_client import CollectorRegistry, ProcessCollector
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily
from prometheus_client.exposition import choose_encoder
from prometheus_client.registry import Collector
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import Scope

from sojourn.app import Sojourn
from sojourn.pipeline.metering import Counts, Labels, Spread
from sojourn.web.access import access_of, header, need_secret

Values = Iterable[tuple[Labels, float]]
Family = CounterMetricFamily | GaugeMetricFamily | HistogramMetricFamily


@dataclass(frozen=True)
class Metric:
    """A name, what it tells, and where it is read: a counter or a gauge by its values, a histogram by its spread."""

    name: str
    help: str
    labels: Labels = ()
    counter: Callable[[Sojourn], Values] | None = None
    gauge: Callable[[Sojourn], Values] | None = None
    histogram: Callable[[Sojourn], Spread] | None = None

    def family(self, sojourn: Sojourn) -> Family:
        if self.histogram:
            return self._histogram(self.histogram(sojourn))
        kind = CounterMetricFamily if self.counter else GaugeMetricFamily
        family = kind(self.name, self.help, labels=self.labels)
        read = self.counter or self.gauge
        assert read
        for labels, value in read(sojourn):
            family.add_metric(labels, value)
        return family

    def _histogram(self, spread: Spread) -> HistogramMetricFamily:
        family = HistogramMetricFamily(self.name, self.help, labels=self.labels)
        bounds = [*map(str, spread.bounds), "+Inf"]
        for labels, counts, total in spread.items():
            family.add_metric(labels, list(zip(bounds, accumulate(counts), strict=True)), total)
        return family


def _counts(choose: Callable[[Sojourn], Counts]) -> Callable[[Sojourn], Values]:
    return lambda sojourn: choose(sojourn).items()


def _one(value: float) -> Values:
    return [((), value)]


def _late(sojourn: Sojourn) -> Values:
    return _one(sum(sum(counts) for _, counts, _ in sojourn.meter.lateness.items()))


def _oldest(sojourn: Sojourn) -> Values:
    since = sojourn.commits.waiting().since
    return _one(0 if since is None else max(0.0, sojourn.now_ms() / 1000 - since / 1_000_000))


def _progress(sojourn: Sojourn) -> Values:
    for definition in sojourn.sites.building():
        site_id = definition.present.id
        yield (site_id,), sojourn.generations.progress(site_id) or 0.0


def _disk(choose: Callable[[Any], float]) -> Callable[[Sojourn], Values]:
    """Nothing where the store is not on a disk of this machine."""
    return lambda sojourn: _one(choose(sojourn.disk)) if sojourn.disk else ()


METRICS = (
    Metric("sojourn_events_accepted_total", "Events stored.", counter=_counts(lambda s: s.meter.accepted)),
    Metric(
        "sojourn_events_imported_total",
        "Events stored that came from files; they are accepted ones too.",
        counter=_counts(lambda s: s.meter.imported),
    ),
    Metric(
        "sojourn_events_refused_total",
        "Events refused, by reason.",
        ("reason",),
        counter=_counts(lambda s: s.meter.refused),
    ),
    Metric(
        "sojourn_events_duplicate_total",
        "Events that were known already when they came.",
        counter=_counts(lambda s: s.meter.duplicates),
    ),
    Metric(
        "sojourn_events_late_total",
        "Events stored that had occurred more than 60 s before they were received, but for those of files.",
        counter=_late,
    ),
    Metric(
        "sojourn_event_lateness_seconds",
        "How late the late events were: received minus occurred.",
        histogram=lambda s: s.meter.lateness,
    ),
    Metric(
        "sojourn_sessions_changed_after_served_total",
        "Changes of sessions that somebody had read; of the last 10,000 that were served.",
        counter=_counts(lambda s: s.meter.changed_after_served),
    ),
    Metric(
        "sojourn_commits_waiting",
        "Commits of events that no pass has worked off yet.",
        gauge=lambda s: _one(s.commits.waiting().commit_count),
    ),
    Metric(
        "sojourn_events_waiting",
        "Events that are stored and not in sessions yet.",
        gauge=lambda s: _one(s.commits.waiting().event_count),
    ),
    Metric(
        "sojourn_oldest_waiting_seconds",
        "Age of the oldest commit that waits; 0 when none does.",
        gauge=_oldest,
    ),
    Metric(
        "sojourn_touched_leads_waiting",
        "Leads that the pass under way found touched and has not computed yet.",
        gauge=lambda s: _one(s.worker.waiting_leads),
    ),
    Metric(
        "sojourn_pass_seconds",
        "How long passes took: over new events, or a page of a next generation.",
        ("kind",),
        histogram=lambda s: s.meter.passes,
    ),
    Metric(
        "sojourn_worker_running",
        "1 while the thread that computes sessions runs, else 0.",
        gauge=lambda s: _one(s.loop.is_alive()),
    ),
    Metric(
        "sojourn_generation_progress_ratio",
        "The share of a site's next generation that is built, 0 to 1; absent when none is.",
        ("site",),
        gauge=_progress,
    ),
    Metric(
        "sojourn_insert_seconds",
        "How long inserts into the store took, by table.",
        ("table",),
        histogram=lambda s: s.meter.inserts,
    ),
    Metric(
        "sojourn_query_seconds",
        "How long other statements took, by the name of their file in sql/.",
        ("query",),
        histogram=lambda s: s.meter.queries,
    ),
    Metric(
        "sojourn_store_failures_total",
        "Statements that the store could not do.",
        ("kind",),
        counter=_counts(lambda s: s.meter.failures),
    ),
    Metric(
        "sojourn_disk_free_bytes",
        "Free bytes of the disk on which the data folder lies, as of some seconds ago.",
        gauge=_disk(lambda disk: disk.free_bytes),
    ),
    Metric(
        "sojourn_disk_size_bytes",
        "All bytes of the disk on which the data folder lies.",
        gauge=_disk(lambda disk: disk.total_bytes),
    ),
    Metric(
        "sojourn_disk_low",
        "1 while less is free than the setting disk_warn_mb, else 0.",
        gauge=_disk(lambda disk: disk.is_low),
    ),
    Metric(
        "sojourn_requests_total",
        "Requests, by the route's template, method and status.",
        ("route", "method", "status"),
        counter=_counts(lambda s: s.meter.requests),
    ),
    Metric(
        "sojourn_request_seconds",
        "How long requests took.",
        ("route", "method"),
        histogram=lambda s: s.meter.request_seconds,
    ),
    Metric(
        "sojourn_rate_limited_total",
        "Requests refused by a rate limit: reads of a secret key, or events of a publishable one.",
        ("kind",),
        counter=_counts(lambda s: s.meter.limited),
    ),
)


class _Table(Collector):
    """The table read for one Sojourn."""

    def __init__(self, sojourn: Sojourn) -> None:
        self._sojourn = sojourn

    def collect(self) -> Iterator[Family]:
        for metric in METRICS:
            yield metric.family(self._sojourn)


class Metrics:
    """The route, with a registry of its own."""

    def __init__(self, sojourn: Sojourn, *, is_local: bool) -> None:
        self._sojourn = sojourn
        self._is_local = is_local
        self._registry = CollectorRegistry()
        self._registry.register(_Table(sojourn))
        ProcessCollector(registry=self._registry)

    def routes(self) -> list[Route]:
        return [Route("/metrics", self.metrics)]

    async def metrics(self, request: Request) -> Response:
        """For this machine without a key, for others with a secret one. Raises Unauthorized, Forbidden."""
        if header(request.scope["headers"], b"authorization") is not None or not self._is_near(request.scope):
            need_secret(access_of(self._sojourn, request.scope["headers"], is_local=self._is_local))
        encode, content_type = choose_encoder(header(request.scope["headers"], b"accept") or "")
        text = await anyio.to_thread.run_sync(encode, self._registry)
        return Response(text, headers={"Content-Type": content_type})

    def _is_near(self, scope: Scope) -> bool:
        """On the folder's socket, or from this machine itself: what a proxy on it passes on comes from elsewhere."""
        if self._is_local:
            return True
        passed_on = any(name in (b"forwarded", b"x-forwarded-for", b"x-real-ip") for name, _ in scope["headers"])
        return not passed_on and is_loopback(scope["client"][0] if scope.get("client") else "")


def is_loopback(address: str) -> bool:
    try:
        parsed = ip_address(address)
    except ValueError:
        return False
    mapped = parsed.ipv4_mapped if isinstance(parsed, IPv6Address) else None
    return (mapped or parsed).is_loopback
