"""What the database knows, gathered in at most ten queries over indexes, and kept for some seconds."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from threading import Lock
from typing import Any

from django.db.models import BooleanField, Count, ExpressionWrapper, Max, Q, QuerySet, Sum, Value
from django.db.models.expressions import RawSQL

from automationhub.lib import database, database_clock
from automationhub.lib.database_clock import database_now
from integrations.core import tallies
from integrations.enums import CallOutcome, EventVerdict, OrderStatus
from integrations.models import Heartbeat, Order, PaceServer, PresseroAccount, WebhookEvent
from integrations.operations import health, statistics
from integrations.operations.metrics import totals
from integrations.stored import StoredTotals

# Several scrapers, and one that asks every second, cost no more than this.
CACHE_SECONDS = 3.0
# The totals may change between the first query and the last; then all of them are asked again.
TRIES = 3
SYSTEMS = ("pace", "pressero")


@dataclass(frozen=True)
class Snapshot:
    """The figures of one moment."""

    orders: Mapping[str, int]
    due: int
    oldest_due_seconds: float
    events: Mapping[str, int]
    calls: StoredTotals
    refused: StoredTotals
    order_seconds: StoredTotals
    open_circuits: Mapping[tuple[str, str], bool]
    heartbeat_age: float | None
    workers: int


class _Cached:
    """The last snapshot of this process. Threads that ask while one is made wait for it."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._due_at = 0.0
        self._found: Snapshot | None = None

    def get(self) -> Snapshot:
        with self._lock:
            if self._found is None or time.monotonic() >= self._due_at:
                with database.answering_within(health.DATABASE_PATIENCE):
                    self._found = take()
                self._due_at = time.monotonic() + CACHE_SECONDS
            return self._found

    def forget(self) -> None:
        """Ask the database next time."""
        self._found = None


CACHED = _Cached()


def take() -> Snapshot:
    """Ask the database now."""
    now = database_clock.now()
    backlog = statistics.backlog(now)
    heartbeat = Heartbeat.objects.aggregate(
        newest=Max("at"), alive=Count("pk", filter=Q(at__gt=now - health.STALE_WORKER))
    )
    counted = _counters()
    return Snapshot(
        orders=_by_status(),
        due=backlog.due,
        oldest_due_seconds=_age(now - backlog.oldest) if backlog.oldest else 0.0,
        events=_events(counted[totals.EVENTS]),
        calls=_every_call(
            totals.merged(counted[totals.CALLS], tallies.of(counted[tallies.NAME], tallies.CALLS))
        ),
        refused=_every_refusal(tallies.of(counted[tallies.NAME], tallies.REFUSED)),
        order_seconds=counted[totals.ORDERS],
        open_circuits=_circuits(),
        heartbeat_age=_age(now - heartbeat["newest"]) if heartbeat["newest"] else None,
        workers=heartbeat["alive"],
    )


def _age(passed: timedelta) -> float:
    return max(0.0, passed.total_seconds())


def _counters() -> dict[str, StoredTotals]:
    """The totals and what came after them: five queries as a rule."""
    before = totals.stored()
    for _ in range(TRIES):
        counted = {
            source.name: totals.merged(
                before[source.name].totals, source.count(source.after(before[source.name]))
            )
            for source in totals.SOURCES
        }
        after = totals.stored()
        counted[tallies.NAME] = after[tallies.NAME].totals
        if all(after[source.name].version == before[source.name].version for source in totals.SOURCES):
            break
        before = after
    return counted


def _by_status() -> dict[str, int]:
    found = dict(Order.objects.order_by().values_list("status").annotate(Count("pk")))
    return {status: found.get(status, 0) for status in OrderStatus.values}


def _events(counted: StoredTotals) -> dict[str, int]:
    """By result. A message that came again has no row of its own."""
    # Not as a parameter: SQLite would not use the index of repeated events for it.
    repeated = WebhookEvent.objects.order_by().filter(repeats__gt=RawSQL("0", ()))
    duplicates = repeated.aggregate(sum=Sum("repeats"))["sum"] or 0
    return {
        **{verdict: int(counted.get(verdict, {}).get("count", 0)) for verdict in EventVerdict.values},
        "duplicate": duplicates,
    }


def _every_call(counted: StoredTotals) -> StoredTotals:
    """With a zero for each outcome that there was none of: a counter that appears later hides its first increase."""
    none: StoredTotals = {f"{system}|{outcome}": {} for system in SYSTEMS for outcome in CallOutcome.values}
    return {**none, **counted}


def _every_refusal(counted: StoredTotals) -> StoredTotals:
    """As for calls."""
    none: StoredTotals = {
        f"{system}|{reason}": {} for system, reasons in tallies.REASONS.items() for reason in reasons
    }
    return {**none, **counted}


def _circuits() -> dict[tuple[str, str], bool]:
    """Every active connection by system and name, and whether it is left alone at present: one query."""
    servers = _with_circuit(PaceServer.objects.filter(active=True), "pace")
    accounts = _with_circuit(PresseroAccount.objects.filter(active=True), "pressero")
    return {(system, name): bool(is_open) for system, name, is_open in servers.union(accounts, all=True)}


def _with_circuit(systems: QuerySet[Any], system: str) -> QuerySet[Any]:
    left_alone = (
        Q(circuit__paused=True)
        | Q(circuit__open_until__gt=database_now())
        | Q(circuit__down_since__isnull=False)
    )
    is_open = ExpressionWrapper(left_alone, output_field=BooleanField())
    return (
        systems.order_by()
        .annotate(system=Value(system), is_open=is_open)
        .values_list("system", "name", "is_open")
    )
