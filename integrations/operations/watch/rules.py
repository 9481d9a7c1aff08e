"""The rules: what each watches, and what it says about gathered facts. Pure: no database, no clock."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy

from automationhub.lib.shown_times import day_text
from integrations.models import AlertKind

# Fewer orders say nothing about how long they usually take.
FEW, FEW_USUAL = 5, 20
# What takes less is nobody's trouble, however unusual.
SHORTEST_SLOW = 30.0
# Fewer days with orders say nothing about what is usual on that weekday.
FEW_DAYS = 3
DAY_BEGINS, DAY_ENDS = 8, 18


@dataclass(frozen=True)
class LateOrder:
    """An order that has no job though it is to ship soon."""

    pk: int
    number: int
    storefront: str
    ships: date


@dataclass(frozen=True)
class Machine:
    """A machine with a worker. `disk_free` in percent; None when it did not say."""

    name: str
    disk_free: int | None
    clock: str


@dataclass(frozen=True)
class WatchFacts:
    """Everything the rules look at. `now` is in the portal's time zone."""

    now: datetime
    due: int = 0
    oldest_due: datetime | None = None
    recent_seconds: Sequence[float] = ()
    usual_seconds: Sequence[float] = ()
    late_orders: Sequence[LateOrder] = ()
    last_received: datetime | None = None
    # Orders in each business hour of the same weekday, for some weeks back.
    usual_hours: Sequence[Sequence[int]] = ()
    down: Sequence[str] = ()
    expiring: Sequence[datetime] = ()
    # Systems that say that their license has expired, with the orders that wait for it.
    without_license: Mapping[str, int] = field(default_factory=dict)
    machines: Sequence[Machine] = ()
    # Since when each finding of the rule that is asked is open.
    open_since: Mapping[str, datetime] = field(default_factory=dict)


@dataclass(frozen=True)
class WatchFinding:
    """Something to tell. `about`: what it is about, "" when there can be only one; `order`: the key of its order."""

    text: str
    about: str = ""
    order: int | None = None


@dataclass(frozen=True)
class WatchVerdict:
    """What a rule saw: its value in words, and what there is to tell."""

    value: str
    findings: Collection[WatchFinding] = ()


@dataclass(frozen=True)
class WatchRule:
    """One rule. `threshold` is where it starts; None when there is nothing to set. `over`: what is told when it is over.

    A rule without `kind` tells nothing itself: its alerts are raised where the matter shows first.
    """

    key: str
    title: str | Promise
    watches: str | Promise
    judge: Callable[[WatchFacts, int], WatchVerdict]
    threshold: int | None = None
    unit: str | Promise = ""
    kind: AlertKind | None = None
    over: str = ""


def _minutes(passed: timedelta) -> str:
    minutes = int(passed.total_seconds() // 60)
    if minutes < 120:
        return f"{minutes} minute" if minutes == 1 else f"{minutes} minutes"
    return f"{minutes // 60} hours"


def _seconds(seconds: float) -> str:
    return f"{seconds:.0f} seconds" if seconds < 120 else _minutes(timedelta(seconds=seconds))


def median(values: Sequence[float]) -> float:
    """The middle one; 0 of none."""
    return sorted(values)[len(values) // 2] if values else 0.0


# --- orders -----------------------------------------------------------------------------------------------------


def overdue(facts: WatchFacts, threshold: int) -> WatchVerdict:
    if facts.oldest_due is None:
        return WatchVerdict("No order waits for a worker.")
    waited = facts.now - facts.oldest_due
    value = f"{facts.due} due; the oldest has waited {_minutes(waited)}."
    if waited < timedelta(minutes=threshold):
        return WatchVerdict(value)
    text = (
        f"An order has waited {_minutes(waited)} for a worker ({facts.due} are due). Make sure that a worker is running, and "
        "add workers if they cannot keep up."
    )
    return WatchVerdict(value, [WatchFinding(text)])


def slow(facts: WatchFacts, threshold: int) -> WatchVerdict:
    recent, usual = median(facts.recent_seconds), median(facts.usual_seconds)
    if len(facts.recent_seconds) < FEW or len(facts.usual_seconds) < FEW_USUAL or not usual:
        return WatchVerdict("Too few orders to compare.")
    value = f"Median of the last hour {_seconds(recent)}, of the last week {_seconds(usual)}."
    if recent < max(SHORTEST_SLOW, threshold * usual):
        return WatchVerdict(value)
    text = (
        f"Orders take longer than usual from webhook to job: {_seconds(recent)} in the last hour, {_seconds(usual)} in the last "
        "week. Look under Outgoing calls for slow calls to Pace and Pressero, and under Queued tasks for waiting work."
    )
    return WatchVerdict(value, [WatchFinding(text)])


def ship_date(facts: WatchFacts, threshold: int) -> WatchVerdict:
    until = facts.now.date() + timedelta(days=threshold)
    near = [order for order in facts.late_orders if order.ships <= until]
    value = (
        f"Orders without a job that ship within {threshold} days: {len(near)}." if near else "No such order."
    )
    return WatchVerdict(
        value,
        [
            WatchFinding(
                f"Order {order.number} ({order.storefront}) is to ship on {day_text(order.ships)} "
                "and has no job in Pace yet. Open it to see what it waits for.",
                about=str(order.pk),
                order=order.pk,
            )
            for order in near
        ],
    )


def silence(facts: WatchFacts, threshold: int) -> WatchVerdict:
    begins = facts.now.replace(hour=DAY_BEGINS, minute=0, second=0, microsecond=0)
    ends = begins.replace(hour=DAY_ENDS)
    usual = usual_gap(facts.usual_hours)
    if usual is None:
        return WatchVerdict("Too few orders on this weekday to know what is usual.")
    last = facts.last_received
    silent = facts.now - max(last or begins, begins)
    value = f"Up to {usual} hours without an order are usual today. Last order: {_when(last, facts.now)}."
    since = facts.open_since.get("")
    goes_on = since is not None and (last is None or last <= since)
    if not goes_on and not (begins <= facts.now < ends and silent >= timedelta(hours=usual + threshold)):
        return WatchVerdict(value)
    text = (
        f"No order has been received for {_minutes(silent)}; on this weekday up to {usual} hours are usual. Place a test order, and "
        "check in Pressero that its webhooks are switched on and in Webhook events that they arrive."
    )
    return WatchVerdict(value, [WatchFinding(text)])


def usual_gap(days: Sequence[Sequence[int]]) -> int | None:
    """The longest run of business hours without an order on any of these days; None when too few days had orders."""
    busy = [day for day in days if any(day)]
    if len(busy) < FEW_DAYS:
        return None
    longest = 0
    for day in busy:
        run = 0
        for orders in day:
            run = 0 if orders else run + 1
            longest = max(longest, run)
    # Orders at the two ends of neighboring hours are almost an hour farther apart than the empty hours tell.
    return longest + 1


def _when(moment: datetime | None, now: datetime) -> str:
    return f"{_minutes(now - moment)} ago" if moment else "never"


# --- systems and machines ---------------------------------------------------------------------------------------


def connections(facts: WatchFacts, threshold: int) -> WatchVerdict:
    return WatchVerdict(
        f"Down or paused: {', '.join(facts.down)}." if facts.down else "All connections work."
    )


def expiries(facts: WatchFacts, threshold: int) -> WatchVerdict:
    if not facts.expiring:
        return WatchVerdict("Nothing expires within two weeks.")
    first = min(facts.expiring)
    return WatchVerdict(f"{len(facts.expiring)} expire soon, the first on {day_text(first)}.")


def licenses(facts: WatchFacts, threshold: int) -> WatchVerdict:
    if not facts.without_license:
        return WatchVerdict("No order is stopped by an expired license. The date is not known before.")
    return WatchVerdict(
        f"Expired: {', '.join(facts.without_license)}.",
        [
            WatchFinding(
                f"{system} says that its license has expired; orders that wait for it: {count}. Renew the license, then select "
                "Retry for these orders.",
                about=system,
            )
            for system, count in facts.without_license.items()
        ],
    )


def disk(facts: WatchFacts, threshold: int) -> WatchVerdict:
    known = [(one.disk_free, one.name) for one in facts.machines if one.disk_free is not None]
    if not known:
        return WatchVerdict("No worker has reported its disk.")
    least, where = min(known)
    return WatchVerdict(
        f"{least}% free on {where}.",
        [
            WatchFinding(
                f"The disk of machine {name} is nearly full: {free}% are free. Free space, or the hub cannot store orders and logs.",
                about=name,
            )
            for free, name in known
            if free < threshold
        ],
    )


def clocks(facts: WatchFacts, threshold: int) -> WatchVerdict:
    wrong = [one for one in facts.machines if one.clock]
    value = (
        f"Wrong on {', '.join(one.name for one in wrong)}."
        if wrong
        else "All clocks agree with the database."
    )
    return WatchVerdict(value, [WatchFinding(one.clock, about=one.name) for one in wrong])


RULES: tuple[WatchRule, ...] = (
    WatchRule(
        "order_overdue",
        gettext_lazy("Order overdue"),
        gettext_lazy("How long the order that waits longest has waited for a worker."),
        overdue,
        threshold=10,
        unit=gettext_lazy("minutes"),
        kind=AlertKind.ORDER_OVERDUE,
        over="Orders no longer wait too long for a worker.",
    ),
    WatchRule(
        "slower_than_usual",
        gettext_lazy("Slower than usual"),
        gettext_lazy("The time from webhook to job in the last hour, compared with the last week (medians)."),
        slow,
        threshold=3,
        unit=gettext_lazy("times the usual"),
        kind=AlertKind.SLOW,
        over="Orders take their usual time again.",
    ),
    WatchRule(
        "ship_date_near",
        gettext_lazy("Ship date near without a job"),
        gettext_lazy("Orders that are to ship soon and have no job in Pace."),
        ship_date,
        threshold=2,
        unit=gettext_lazy("days before"),
        kind=AlertKind.SHIP_DATE,
    ),
    WatchRule(
        "silence",
        gettext_lazy("No orders in business hours"),
        gettext_lazy(
            "The time without an order (8 AM to 6 PM), compared with the last four weeks on the same weekday."
        ),
        silence,
        threshold=1,
        unit=gettext_lazy("hours more than usual"),
        kind=AlertKind.SILENCE,
        over="Orders are arriving again.",
    ),
    WatchRule(
        "connection_down",
        gettext_lazy("Connection down"),
        gettext_lazy(
            "Connections to Pace and Pressero. The alert is sent as soon as a connection is down, and when it is up again."
        ),
        connections,
    ),
    WatchRule(
        "expires_soon",
        gettext_lazy("Certificate or token expires"),
        gettext_lazy(
            "Certificates of connections and API tokens. Alerts are sent 14 and 3 days before, to the token's owner or the superusers."
        ),
        expiries,
    ),
    WatchRule(
        "license_expired",
        gettext_lazy("License expired"),
        gettext_lazy(
            "Orders that Pace or Pressero refuses because its license has expired. Neither tells the date before."
        ),
        licenses,
        kind=AlertKind.LICENSE,
        over="No order is stopped by an expired license of {about} any more.",
    ),
    WatchRule(
        "disk_full",
        gettext_lazy("Disk nearly full"),
        gettext_lazy("Free space on the disk of each machine with a worker."),
        disk,
        threshold=10,
        unit=gettext_lazy("percent free"),
        kind=AlertKind.DISK_FULL,
        over="The disk of machine {about} has enough space again.",
    ),
    WatchRule(
        "clock_wrong",
        gettext_lazy("Worker's clock is wrong"),
        gettext_lazy(
            "The clock of each machine with a worker, compared with the database's. More than 5 seconds stop its work."
        ),
        clocks,
        kind=AlertKind.CLOCK_WRONG,
        over="The clock of machine {about} is right again.",
    ),
)
BY_KEY: dict[str, WatchRule] = {rule.key: rule for rule in RULES}
