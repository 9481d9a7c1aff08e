"""Numbers for the first page: orders per hour kept in a small table, and what is worked out of them.

Hours that are over are counted by the sweep, in one grouped query over an index that holds all it needs; the present day is
counted when somebody looks. So no page counts a large table.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from django.db import transaction
from django.db.models import Count, Max, Min, Q, Value
from django.db.models.functions import Concat, TruncHour
from django.utils import timezone

from integrations.core.workqueue import work_leases
from integrations.enums import OrderStatus
from integrations.models import AuditEntry, HourlyOrders, Order, WorkLease

# How far back the charts go, and how often which part is counted again.
RETENTION = timedelta(days=35)
RECENT = timedelta(days=8)
RECENT_EVERY = timedelta(seconds=50)
ALL_EVERY = timedelta(hours=1)
_RECENT_PASS, _ALL_PASS = "statistics: last days", "statistics: last weeks"

HOUR = timedelta(hours=1)
# Times from webhook to job are those of the latest orders: a number that does not grow.
SAMPLE = 1000


@dataclass
class Bucket:
    """The orders received in some span of time."""

    start: datetime
    received: int = 0
    stopped: int = 0
    by_status: Counter[str] = field(default_factory=Counter)

    def add(self, other: Bucket) -> None:
        self.received += other.received
        self.stopped += other.stopped
        self.by_status.update(other.by_status)


# --- keeping the table ------------------------------------------------------------------------------------------


def refresh_if_due() -> bool:
    """Count the last days again, and once an hour the last weeks; whether anything was counted."""
    counted = False
    for name, every, span in ((_ALL_PASS, ALL_EVERY, RETENTION), (_RECENT_PASS, RECENT_EVERY, RECENT)):
        if not work_leases.is_due(name, every):
            continue
        with work_leases.one_at_a_time(name) as run:
            if run is None:
                continue
            run.summary = f"{refresh(span)} hours."
            counted = True
    return counted


def refresh(span: timedelta = RETENTION) -> int:
    """Make the hours of this span from the orders, the present one included; their number. Run it as often as you like."""
    now = timezone.now()
    since = _floor(now - span)
    buckets = count_hours(since)
    with transaction.atomic():
        HourlyOrders.objects.bulk_create(
            [
                HourlyOrders(
                    hour=one.start,
                    received=one.received,
                    stopped=one.stopped,
                    by_status=dict(sorted(one.by_status.items())),
                )
                for one in buckets
            ],
            update_conflicts=True,
            unique_fields=["hour"],
            update_fields=["received", "stopped", "by_status"],
        )
        rest = HourlyOrders.objects.filter(hour__gte=since).exclude(hour__in=[one.start for one in buckets])
        rest.delete()
        HourlyOrders.objects.filter(hour__lt=now - 2 * RETENTION).delete()
    return len(buckets)


def count_hours(
    since: datetime, until: datetime | None = None, storefront: int | None = None
) -> list[Bucket]:
    """The hours with orders, counted from the orders themselves: one query over the index of the time received."""
    orders = Order.objects.filter(received_at__gte=since)
    if storefront is not None:
        orders = orders.filter(storefront=storefront)
    if until is not None:
        orders = orders.filter(received_at__lt=until)
    rows = (
        orders.order_by()
        # Not the bare column: SQLite would read every order there is, in the order of the index of states.
        .annotate(hour=TruncHour("received_at", tzinfo=UTC), state=Concat("status", Value("")))
        .values("hour", "state")
        .annotate(count=Count("id"), stopped=Count("stopped_at"))
        .values_list("hour", "state", "count", "stopped")
    )
    buckets: dict[datetime, Bucket] = {}
    for hour, status, count, stopped in rows:
        one = Bucket(hour, count, stopped, Counter({status: count}))
        buckets.setdefault(hour, Bucket(hour)).add(one)
    return [buckets[hour] for hour in sorted(buckets)]


def _floor(moment: datetime) -> datetime:
    return moment.replace(minute=0, second=0, microsecond=0)


# --- reading ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Traffic:
    """Orders of today and of this week, and the bars of the charts; days are those of the zone of `now`."""

    today: Bucket
    week: Bucket
    hours: tuple[Bucket, ...]
    days: tuple[Bucket, ...]


def traffic(now: datetime, *, hours: int = 24, days: int = 14, storefront: int | None = None) -> Traffic:
    """Today is counted now, what was before comes from the table: two or three queries, however many orders there are.

    Of one `storefront` all is counted now, in one query: the table has no storefronts.
    """
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    first_day = midnight - timedelta(days=days - 1)
    if storefront is not None:
        week = midnight - timedelta(days=now.weekday())
        since = min(first_day, week, now - HOUR * hours)
        found = count_hours(_floor(since.astimezone(UTC)), storefront=storefront)
        return arrange(found, now, hours=hours, days=days)
    live_since = min(midnight, _floor(now) - HOUR)
    before = _kept(_floor(first_day.astimezone(UTC)), live_since.astimezone(UTC))
    found = [*before, *count_hours(live_since)]
    return arrange(found, now, hours=hours, days=days)


def _kept(since: datetime, until: datetime) -> list[Bucket]:
    rows = HourlyOrders.objects.filter(hour__gte=since, hour__lt=until)
    kept = [Bucket(row.hour, row.received, row.stopped, Counter(row.by_status)) for row in rows]
    if kept or WorkLease.objects.filter(name=_ALL_PASS, finished_at__isnull=False).exists():
        return kept
    return count_hours(since, until)  # nobody has counted yet


def arrange(found: Iterable[Bucket], now: datetime, *, hours: int, days: int) -> Traffic:
    """Hours summed up into what the page shows. A pure function; an hour belongs to the day it begins in."""
    zone = now.tzinfo
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    monday = (midnight - timedelta(days=now.weekday())).date()
    this_hour = _floor(now.astimezone(UTC))
    by_hour = {this_hour - HOUR * back: Bucket(this_hour - HOUR * back) for back in range(hours - 1, -1, -1)}
    starts = [midnight - timedelta(days=back) for back in range(days - 1, -1, -1)]
    by_day = {start.date(): Bucket(start) for start in starts}
    today, week = Bucket(midnight), Bucket(midnight - timedelta(days=now.weekday()))
    for one in found:
        day = one.start.astimezone(zone).date()
        if one.start in by_hour:
            by_hour[one.start].add(one)
        if day in by_day:
            by_day[day].add(one)
        if day == now.date():
            today.add(one)
        if day >= monday:
            week.add(one)
    return Traffic(today, week, tuple(by_hour.values()), tuple(by_day.values()))


@dataclass(frozen=True)
class Untouched:
    """How many orders needed no attention, of how many."""

    count: int
    received: int

    @property
    def percent(self) -> int | None:
        """Rounded down, so that only all of them are 100%; None without orders."""
        return self.count * 100 // self.received if self.received else None


def untouched(found: Iterable[Bucket]) -> Untouched:
    """The orders of these spans that never stopped."""
    spans = list(found)
    received = sum(one.received for one in spans)
    return Untouched(received - sum(one.stopped for one in spans), received)


@dataclass(frozen=True)
class TopCause:
    """What stopped orders: how many, and what it said last."""

    message: str
    orders: int


def top_causes(since: datetime, storefront: int | None = None, most: int = 5) -> list[TopCause]:
    """The causes that stopped the most orders since then, resolved ones too: two queries."""
    stops = AuditEntry.objects.filter(type="order.stopped", at__gte=since, order__isnull=False)
    if storefront is not None:
        stops = stops.filter(order__storefront=storefront)
    rows = list(
        stops.exclude(data__cause__isnull=True)
        .exclude(data__cause="")
        .order_by()
        .values("data__cause")
        .annotate(orders=Count("order", distinct=True), latest=Max("id"))
        .order_by("-orders", "data__cause")[:most]
    )
    said = AuditEntry.objects.in_bulk([row["latest"] for row in rows])
    return [
        TopCause(_without_order(str(said[row["latest"]].data.get("message", ""))), row["orders"])
        for row in rows
    ]


def _without_order(message: str) -> str:
    """What stopped an order, without its number and item."""
    text = re.sub(r"^Order \d+(, item \d+)?: ", "", message)
    return text[:1].upper() + text[1:]


@dataclass(frozen=True)
class Pace:
    """How long it takes from the webhook to the job, in seconds; None without an order to measure."""

    median: float | None
    p95: float | None
    count: int


def seconds_to_job(now: datetime) -> Pace:
    """Of the latest orders submitted in the last seven days, without those that people had to help: they took longer."""
    sent = Order.objects.filter(
        submitted_at__gte=now - timedelta(days=7), seconds_to_job__isnull=False, stopped_at__isnull=True
    )
    latest = sent.order_by("-submitted_at").values_list("seconds_to_job", flat=True)[:SAMPLE]
    values = [value for value in latest if value is not None]
    return Pace(percentile(values, 0.5), percentile(values, 0.95), len(values))


def percentile(values: Sequence[float], share: float) -> float | None:
    """The smallest value that at least this share of the values does not exceed."""
    if not values:
        return None
    ranked = sorted(values)
    return ranked[max(0, -(-int(share * 100) * len(ranked) // 100) - 1)]


@dataclass(frozen=True)
class Backlog:
    """What waits for a worker."""

    due: int
    oldest: datetime | None


def backlog(now: datetime) -> Backlog:
    """Orders that are due: one query over the index of due orders."""
    due = Order.objects.filter(due_at__lte=now).exclude(status=OrderStatus.ON_HOLD)
    found = due.aggregate(count=Count("id"), oldest=Min("due_at", filter=Q(due_at__isnull=False)))
    return Backlog(found["count"], found["oldest"])
