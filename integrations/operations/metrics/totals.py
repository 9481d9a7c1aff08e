"""Counters that never go down: totals kept per kind of rows, and the rows after them counted when somebody asks.

Nothing is written on the way of an event or an order. A scheduled step adds what is settled to the totals, so that rows may
be removed afterwards; what is removed before that is added when it is removed.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.db.models import Case, Count, F, Q, QuerySet, Sum, When

from automationhub.lib import database_clock
from integrations.core import tallies
from integrations.core.tallies import CALL_BOUNDS, merged
from integrations.core.workqueue import work_leases
from integrations.models import MetricTotal, Order, OutgoingCall, WebhookEvent
from integrations.stored import StoredCounts, StoredTotals

EVENTS, CALLS, ORDERS = "events", "calls", "orders"
ORDER_BOUNDS = (1.0, 2.0, 5.0, 10.0, 20.0, 30.0, 60.0, 120.0, 300.0, 600.0, 1800.0, 3600.0, 14400.0, 86400.0)

# A row is committed within this time of the moment that it carries: a transaction ends after 30 seconds at the latest.
SETTLED_AFTER = timedelta(minutes=2)
EVERY = timedelta(seconds=50)
_PASS = "metrics: totals"  # noqa: S105 - the name of some work
# Rows that one step counts at most, so that the first one of an old database takes no long query.
SLICE = 100_000


@dataclass(frozen=True)
class TotalsSource:
    """One kind of rows: how those after a position are counted, and up to where nothing can come any more."""

    name: str
    count: Callable[[Q], StoredTotals]
    settled: Callable[[], Mapping[str, Any]]

    def after(self, row: MetricTotal) -> Q:
        """The rows that are not in the totals yet."""
        if self.name == ORDERS:
            return Q(submitted_at__gt=row.up_to_time) if row.up_to_time else Q(submitted_at__isnull=False)
        return Q(pk__gt=row.up_to_id)


# --- counting rows ----------------------------------------------------------------------------------------------


def count_events(rows: Q) -> StoredTotals:
    """Events by the verdict that they got when they arrived; those of older releases by that of today."""
    first = Case(When(first_verdict="", then=F("verdict")), default=F("first_verdict"))
    found = WebhookEvent.objects.filter(rows).order_by().values_list(first).annotate(Count("pk"))
    return {verdict: {"count": count} for verdict, count in found}


def count_calls(rows: Q | QuerySet[OutgoingCall]) -> StoredTotals:
    """Calls by system and outcome, with their durations."""
    calls = rows if isinstance(rows, QuerySet) else OutgoingCall.objects.filter(rows)
    milliseconds = [round(bound * 1000) for bound in CALL_BOUNDS]
    found: Any = (
        calls.order_by().values("system", "outcome").annotate(**_aggregates("milliseconds", milliseconds))
    )
    totals: StoredTotals = {}
    for row in found:
        counted = _by_bound(row, CALL_BOUNDS, total=(row["total"] or 0) / 1000)
        totals = merged(totals, {f"{_system(row['system'])}|{row['outcome']}": counted})
    return totals


def count_orders(rows: Q) -> StoredTotals:
    """Orders that became jobs, with the time from their event to the last job."""
    sent = Order.objects.filter(rows, seconds_to_job__isnull=False).order_by()
    row: dict[str, Any] = sent.aggregate(**_aggregates("seconds_to_job", ORDER_BOUNDS))
    return {"": _by_bound(row, ORDER_BOUNDS, total=row["total"] or 0.0)} if row["number"] else {}


def _aggregates(column: str, bounds: Sequence[float]) -> dict[str, Any]:
    below = {
        f"le_{n}": Count(column, filter=Q(**{f"{column}__lte": bound})) for n, bound in enumerate(bounds)
    }
    return {"number": Count(column), "total": Sum(column), **below}


def _by_bound(row: Mapping[str, Any], bounds: Sequence[float], *, total: float) -> StoredCounts:
    """How many there are up to each bound and above the bound before: such counts stay right when bounds change."""
    counted: StoredCounts = {"count": row["number"], "sum": total}
    before = 0
    for n, bound in enumerate(bounds):
        counted[str(bound)] = row[f"le_{n}"] - before
        before = row[f"le_{n}"]
    counted[str(math.inf)] = row["number"] - before
    return counted


def _system(name: str) -> str:
    """A label of a bounded set, whatever an old row holds."""
    return name.lower() if name in ("Pace", "Pressero") else "other"


def _settled_events() -> Mapping[str, Any]:
    old = WebhookEvent.objects.filter(received_at__lt=database_clock.now() - SETTLED_AFTER)
    return {"up_to_id": old.order_by("-received_at").values_list("pk", flat=True).first()}


def _settled_calls() -> Mapping[str, Any]:
    old = OutgoingCall.objects.filter(at__lt=database_clock.now() - SETTLED_AFTER)
    return {"up_to_id": old.order_by("-at").values_list("pk", flat=True).first()}


def _settled_orders() -> Mapping[str, Any]:
    return {"up_to_time": database_clock.now() - SETTLED_AFTER}


SOURCES = (
    TotalsSource(EVENTS, count_events, _settled_events),
    TotalsSource(CALLS, count_calls, _settled_calls),
    TotalsSource(ORDERS, count_orders, _settled_orders),
)


# --- the table --------------------------------------------------------------------------------------------------


def stored() -> dict[str, MetricTotal]:
    """The totals of every source and the tallies, empty where nothing was added yet: one query."""
    rows = {row.name: row for row in MetricTotal.objects.all()}
    names = (*(source.name for source in SOURCES), tallies.NAME)
    return {name: rows.get(name) or MetricTotal(name=name) for name in names}


def roll_up_if_due() -> bool:
    """Add what is settled to the totals, once a minute whoever asks; whether it was done."""
    if not work_leases.is_due(_PASS, EVERY):
        return False
    with work_leases.one_at_a_time(_PASS) as run:
        if run is None:
            return False
        roll_up()
    return True


def roll_up() -> None:
    """Add all settled rows to the totals, in slices."""
    for source in SOURCES:
        MetricTotal.objects.get_or_create(name=source.name)
        while _advance(source):
            pass


def _advance(source: TotalsSource) -> bool:
    """Add one slice; whether there may be more. Counted without a lock, and given up when the row has changed meanwhile."""
    row = MetricTotal.objects.get(name=source.name)
    settled = source.settled()
    if "up_to_time" in settled:
        until, position = Q(submitted_at__lte=settled["up_to_time"]), settled
    else:
        last = settled["up_to_id"] or 0
        if last <= row.up_to_id:
            return False
        position = {"up_to_id": min(last, row.up_to_id + SLICE)}
        until = Q(pk__lte=position["up_to_id"])
    counted = source.count(source.after(row) & until)
    unchanged = MetricTotal.objects.filter(pk=row.pk, version=row.version)
    added = unchanged.update(totals=merged(row.totals, counted), version=F("version") + 1, **position)
    return bool(added) and "up_to_id" in position


def keep_count_of_calls(calls: QuerySet[OutgoingCall]) -> None:
    """Add those of these calls that are not in the totals yet: they are removed in the transaction under way."""
    with transaction.atomic():
        row = MetricTotal.objects.select_for_update().filter(name=CALLS).first()
        counted = count_calls(calls.filter(pk__gt=row.up_to_id if row else 0))
        if not counted:
            return
        if row is None:
            # No step has run yet: made here, with nothing before it.
            row = MetricTotal.objects.select_for_update().get_or_create(name=CALLS)[0]
        row.totals = merged(row.totals, counted)
        row.version += 1
        row.save(update_fields=["totals", "version"])
