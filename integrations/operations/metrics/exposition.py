"""The snapshot in Prometheus' words (`GET /metrics`: docs/monitoring.md §2)."""

from __future__ import annotations

import math
import platform
from collections.abc import Iterable, Iterator, Mapping, Sequence

import django
from django.db import connection
from prometheus_client import CollectorRegistry, GCCollector, PlatformCollector, ProcessCollector
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily
from prometheus_client.exposition import choose_encoder
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from integrations.core import tallies
from integrations.operations.metrics import snapshot, totals
from integrations.operations.metrics.snapshot import Snapshot
from integrations.operations.probes.running import product_version
from integrations.stored import StoredCounts, StoredTotals

PREFIX = "automationhub"


class _Database(Collector):
    """Gives the figures of the latest snapshot."""

    def collect(self) -> Iterable[Metric]:
        return families(snapshot.CACHED.get())


def _registry() -> CollectorRegistry:
    registry = CollectorRegistry()
    registry.register(_Database())
    # Of the web process that answers.
    ProcessCollector(registry=registry)
    PlatformCollector(registry=registry)
    GCCollector(registry=registry)
    return registry


_REGISTRY = _registry()


def render(accept: str) -> tuple[bytes, str]:
    """The answer and its content type, in the format that the caller prefers. Raises the database's errors."""
    encode, content_type = choose_encoder(accept)
    return encode(_REGISTRY), content_type


def families(found: Snapshot) -> Iterator[Metric]:
    """Every figure with its name, its help and its labels."""
    yield _build_info()
    yield _gauge("orders", "Orders by status.", ["status"], {(key,): n for key, n in found.orders.items()})
    yield _gauge("orders_due", "Orders that wait for a worker.", [], {(): found.due})
    yield _gauge(
        "oldest_due_seconds",
        "How long the order that waits longest for a worker has waited.",
        [],
        {(): found.oldest_due_seconds},
    )
    yield _histogram(
        "order_seconds",
        "From the event that let an order be sent to the commit of its last job.",
        [],
        {(): found.order_seconds.get("", {})},
        totals.ORDER_BOUNDS,
    )
    yield _counter(
        "events",
        "Webhook events stored, by result. A repeated event counts as a duplicate only.",
        ["result"],
        {(key,): n for key, n in found.events.items()},
    )
    yield _counter(
        "webhooks_refused",
        "Webhooks of Pressero and pushes of Pace that were refused and not stored, by reason.",
        ["system", "reason"],
        {tuple(key.split("|")): counts.get("count", 0) for key, counts in found.refused.items()},
    )
    yield _counter(
        "calls",
        "Calls to Pace and Pressero, by outcome.",
        ["system", "outcome"],
        {tuple(key.split("|")): counts.get("count", 0) for key, counts in found.calls.items()},
    )
    yield _histogram(
        "call_seconds", "How long these calls took.", ["system"], _by_system(found.calls), tallies.CALL_BOUNDS
    )
    yield _gauge(
        "circuit_open",
        "1 while a connection is not called because it is down or paused.",
        ["system", "name"],
        {key: int(is_open) for key, is_open in found.open_circuits.items()},
    )
    age = math.inf if found.heartbeat_age is None else found.heartbeat_age
    yield _gauge(
        "worker_heartbeat_age_seconds",
        "Since the last sign of life of any worker; +Inf when there was none.",
        [],
        {(): age},
    )
    yield _gauge(
        "workers", "Worker clusters that gave a sign of life in the last 3 minutes.", [], {(): found.workers}
    )


def _build_info() -> Metric:
    labels = {
        "version": product_version(),
        "python": platform.python_version(),
        "django": django.get_version(),
        "database": connection.vendor,
    }
    return _gauge("build_info", "1, with the versions as labels.", list(labels), {tuple(labels.values()): 1})


def _by_system(calls: StoredTotals) -> dict[tuple[str, ...], StoredCounts]:
    by_system: StoredTotals = {}
    for key, counts in calls.items():
        by_system = tallies.merged(by_system, {key.partition("|")[0]: counts})
    return {(system,): counts for system, counts in by_system.items()}


Samples = Mapping[tuple[str, ...], float]


def _gauge(name: str, help_text: str, labels: Sequence[str], samples: Samples) -> Metric:
    family = GaugeMetricFamily(f"{PREFIX}_{name}", help_text, labels=labels)
    for values, value in samples.items():
        family.add_metric(values, value)
    return family


def _counter(name: str, help_text: str, labels: Sequence[str], samples: Samples) -> Metric:
    family = CounterMetricFamily(f"{PREFIX}_{name}", help_text, labels=labels)
    for values, value in samples.items():
        family.add_metric(values, value)
    return family


def _histogram(
    name: str,
    help_text: str,
    labels: Sequence[str],
    samples: Mapping[tuple[str, ...], StoredCounts],
    bounds: Sequence[float],
) -> Metric:
    family = HistogramMetricFamily(f"{PREFIX}_{name}", help_text, labels=labels)
    for values, counts in samples.items():
        family.add_metric(values, buckets=cumulated(counts, bounds), sum_value=counts.get("sum", 0.0))
    return family


def cumulated(counts: StoredCounts, bounds: Sequence[float]) -> list[tuple[str, float]]:
    """How many there are up to each bound; what was counted by other bounds is found in the next larger one."""
    by_bound = {float(key): number for key, number in counts.items() if key not in ("count", "sum")}
    return [
        ("+Inf" if bound == math.inf else str(bound), sum(n for key, n in by_bound.items() if key <= bound))
        for bound in (*bounds, math.inf)
    ]
