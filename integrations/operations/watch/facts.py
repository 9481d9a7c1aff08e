"""Gathering what the rules look at: a handful of queries over indexes, whatever the number of orders."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db.models import Count
from django.utils import timezone

from integrations.causes import CauseKind
from integrations.core.connections import circuits
from integrations.enums import OrderStatus
from integrations.models import Heartbeat, HourlyOrders, Order
from integrations.operations import expiries, health, statistics
from integrations.operations.watch.rules import DAY_BEGINS, DAY_ENDS, LateOrder, Machine, WatchFacts

# Orders that a person or an approval keeps from becoming jobs. More of them than this is a matter of its own.
WITHOUT_JOB = (
    OrderStatus.RECEIVED, OrderStatus.WAITING, OrderStatus.PROCESSING, OrderStatus.NEEDS_ATTENTION, OrderStatus.ON_HOLD,
)  # fmt: skip
MOST_LATE = 200
# The farthest that the threshold of the ship date can usefully look.
FARTHEST = timedelta(days=30)
WEEKS = 4
SAMPLE = 1_000


def gather(now: datetime) -> WatchFacts:
    """The facts of this moment; `now` in the portal's time zone."""
    backlog = statistics.backlog(now)
    recent_since = now - timedelta(hours=1)
    sent = Order.objects.filter(seconds_to_job__isnull=False).order_by("-submitted_at")
    recent = sent.filter(submitted_at__gte=recent_since)
    usual = sent.filter(submitted_at__gte=now - timedelta(days=7), submitted_at__lt=recent_since)
    newest = Order.objects.order_by("-received_at").values_list("received_at", flat=True).first()
    return WatchFacts(
        now=now,
        due=backlog.due,
        oldest_due=backlog.oldest,
        recent_seconds=[
            one for one in recent.values_list("seconds_to_job", flat=True)[:SAMPLE] if one is not None
        ],
        usual_seconds=[
            one for one in usual.values_list("seconds_to_job", flat=True)[:SAMPLE] if one is not None
        ],
        late_orders=_late_orders(now),
        last_received=newest,
        usual_hours=_usual_hours(now),
        down=[str(one.server or one.account) for one in circuits.open_circuits()],
        expiring=[one.ends_at for one in expiries.ending(now=now)],
        without_license=_without_license(),
        machines=_machines(now),
    )


def _late_orders(now: datetime) -> list[LateOrder]:
    # Yesterday's ship date is told too; what is older was told long ago.
    dates = (now.date() - timedelta(days=1), now.date() + FARTHEST)
    late = Order.objects.filter(status__in=WITHOUT_JOB, submitted_at__isnull=True, ship_by__range=dates)
    rows = late.order_by("ship_by", "pk").values_list("pk", "number", "storefront__name", "ship_by")[
        :MOST_LATE
    ]
    return [LateOrder(pk, number, storefront, ships) for pk, number, storefront, ships in rows if ships]


def _usual_hours(now: datetime) -> Sequence[Sequence[int]]:
    """Orders in each business hour of this weekday, of the weeks before: from the table of hours, one query."""
    zone = now.tzinfo
    days = [(now - timedelta(weeks=back)).date() for back in range(1, WEEKS + 1)]
    since = now - timedelta(weeks=WEEKS, days=1)
    by_hour: dict[tuple[object, int], int] = {}
    for hour, received in HourlyOrders.objects.filter(hour__gte=since).values_list("hour", "received"):
        local = hour.astimezone(zone)
        by_hour[local.date(), local.hour] = received
    return [[by_hour.get((day, hour), 0) for hour in range(DAY_BEGINS, DAY_ENDS)] for day in days]


def _without_license() -> dict[str, int]:
    """The systems that orders wait for because of their license: one query over the few orders that need attention."""
    stopped = Order.objects.filter(status=OrderStatus.NEEDS_ATTENTION, cause_kind=CauseKind.LICENSE).order_by(
        "cause_subject"
    )
    return dict(stopped.values_list("cause_subject").annotate(Count("pk")))


def _machines(now: datetime) -> list[Machine]:
    """The machines whose workers have reported lately: the newest report of each."""
    found: dict[str, Machine] = {}
    for beat in Heartbeat.objects.filter(at__gt=now - health.STALE_WORKER).order_by("at"):
        name = beat.cluster.partition(":")[0]
        found[name] = Machine(name, beat.disk_free, beat.clock_problem)
    return [found[name] for name in sorted(found)]


def now_here() -> datetime:
    """This moment in the portal's time zone, whose business hours count."""
    return timezone.localtime(timezone.now(), timezone.get_default_timezone())
