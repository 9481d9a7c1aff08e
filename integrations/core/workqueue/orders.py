"""An order's place in the work queue: wake, claim, renew, release, free.

All changes are conditional updates on the row, so that any number of workers on any number of machines agree:
- `due_at` says when a worker should look at the order; it stays in the past while one works on it, so that a dead
  worker's order is due again by itself once its lease is over.
- `lease_token` and `lease_until` say who works on it. A worker that lost its lease must stop (`LeaseLost`).
- `wake_count` counts what asked for a look; one that came during the work makes the order due again at once.
"""

from __future__ import annotations

import uuid
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, ClassVar

from django.db import Error, transaction
from django.db.models import BooleanField, Case, ExpressionWrapper, F, Q, Value, When
from django.utils import timezone

from automationhub.lib import database, database_clock
from automationhub.lib.database_clock import database_now
from automationhub.lib.worker_identity import current_worker, is_surely_dead
from integrations.causes import NO_CAUSE, Cause
from integrations.core.audit import log as audit
from integrations.core.workqueue import messages as queue
from integrations.core.workqueue import outbox
from integrations.core.workqueue.leases import FREE, Lease, acquire, is_free
from integrations.enums import AttemptOutcome, FailureMode, OrderStatus
from integrations.models import Order, StepAttempt

# Longer than the longest single call to another system (5 s to connect, 60 s and one more read of 30 s for the
# answer), with room for a slow machine: between calls the lease is renewed.
LEASE = timedelta(seconds=150)
# How long a sent wake-up is waited for before another one is sent.
WAKE_UP_PATIENCE = timedelta(seconds=60)
# Wake-ups that wait in the queue when the sweep adds no more.
MOST_IN_QUEUE = 500
# An order whose worker ended without a word this often is parked: it may be what kills them.
MAX_UNFINISHED_LEASES = 5

# Orders that are being processed as soon as a worker has them.
_TAKEN_UP = (OrderStatus.RECEIVED, OrderStatus.NEEDS_ATTENTION)
_FREE_LEASE = {**FREE, "lease_owner": ""}
# The count of workers that ended without a word starts over; one that wakes up late finds that it is counted no longer.
_NONE_UNFINISHED: dict[str, Any] = {"unfinished_leases": 0, "lease_series": F("lease_series") + 1}


@dataclass
class OrderLease(Lease[Order]):
    """A worker's lease on one order, renewed while it works. Every write to rows of the order happens within `holding`,
    or is a conditional update on the state that was read."""

    number: int
    wake_count: int
    attempt: int
    series: int
    trace_parent: str = ""
    correlation: str = field(default_factory=lambda: uuid.uuid4().hex[:16])

    lost: ClassVar[str] = "Another worker has taken this order over."

    @property
    def order_id(self) -> int:
        return int(self.pk)


def _no_message_on_its_way() -> Q:
    return Q(queued_until__isnull=True) | Q(queued_until__lte=database_now())


def wake(order_id: int, *, quietly: bool = False) -> None:
    """Make the order due now. A worker at work on it looks again when it is done; otherwise one is woken.

    `quietly`: a recurring comparison asks. An order that is due for another reason anyway is left to that.
    """
    if quietly:
        quiet = Case(When(due_at__isnull=True, then=Value(True)), default=F("background_refresh"))
        row = Order.objects.filter(pk=order_id)
        row.update(due_at=database_now(), wake_count=F("wake_count") + 1, background_refresh=quiet)
    else:
        make_due([order_id])
    send_wake_up(order_id)


def make_due(order_ids: Collection[int]) -> None:
    """Make these orders due. Who sends no message leaves it to the sweep to wake workers."""
    if order_ids:
        due = Order.objects.filter(pk__in=order_ids)
        due.update(due_at=database_now(), wake_count=F("wake_count") + 1, background_refresh=False)


def announce(order_id: int) -> None:
    """Send the message for an order whose row says already that one is on its way."""
    queue.wake_worker(order_id)


def send_wake_up(order_id: int, *, force: bool = False) -> bool:
    """Send one message per order and minute at the most, and none while a worker is at it."""
    ready = Order.objects.filter(is_free(), pk=order_id).exclude(status=OrderStatus.ON_HOLD)
    if not force:
        ready = ready.filter(_no_message_on_its_way())
    if not ready.update(queued_until=database_now() + WAKE_UP_PATIENCE):
        return False
    queue.wake_worker(order_id)
    return True


def acquire_lease(order_id: int) -> OrderLease | None:
    """Acquire the lease on the order for this worker; None when it is not due, on hold, or another worker has it.

    The attempt is counted here, before the work: the only count that also knows of killed workers.
    """
    token = uuid.uuid4()
    try:
        return _acquire(order_id, token)
    except Error:
        # The claim may have been stored and its answer lost with the connection: nobody would know that it is held.
        _undo_acquire(order_id, token)
        raise


def _acquire(order_id: int, token: uuid.UUID) -> OrderLease | None:
    due = Order.objects.filter(due_at__lte=database_now()).exclude(status=OrderStatus.ON_HOLD)
    with transaction.atomic():
        # Locked before it is taken: a lease may end at any moment, and whoever takes the order over closes what is open.
        free = due.filter(is_free(), pk=order_id).select_for_update(no_key=True)
        order = free.only(
            "number",
            "status",
            "wake_count",
            "attempts",
            "lease_series",
            "lease_token",
            "lease_owner",
            "trace_parent",
        ).first()
        if order is None:
            return None
        lease = acquire(
            due,
            order_id,
            LEASE,
            token=token,
            lease_owner=current_worker(),
            queued_until=None,
            attempts=F("attempts") + 1,
            unfinished_leases=F("unfinished_leases") + 1,
            status=Case(
                When(
                    status__in=_TAKEN_UP,
                    then=Value(OrderStatus.PROCESSING),
                ),
                default=F("status"),
            ),
        )
        if lease is None:
            return None
        if order.lease_token is not None:
            _close_abandoned({order_id: order.lease_owner})
        if order.status in _TAKEN_UP:
            outbox.status_changed(order_id, order.status, OrderStatus.PROCESSING)
    return OrderLease(
        Order,
        order_id,
        token,
        LEASE,
        lease.until,
        order.number,
        order.wake_count,
        order.attempts + 1,
        order.lease_series,
        order.trace_parent,
    )


def _undo_acquire(order_id: int, token: uuid.UUID) -> None:
    database.when_it_answers(
        lambda: Order.objects.filter(pk=order_id, lease_token=token).update(
            **_FREE_LEASE, attempts=F("attempts") - 1, unfinished_leases=F("unfinished_leases") - 1
        ),
        until=timezone.now() + LEASE,
    )


@dataclass(frozen=True)
class Ending:
    """How a claim ends: the order's new state. `due_at` None: nothing more to do by itself.

    `tried` False: it only waited for a connection, so the try does not count. `failing` False: nothing is wrong with that
    connection either (staff paused it), so the time during which retries are made starts over."""

    status: OrderStatus
    message: str = ""
    failure_mode: FailureMode = FailureMode.NONE
    cause: Cause = NO_CAUSE
    due_at: datetime | None = None
    tried: bool = True
    failing: bool = True

    @property
    def succeeded(self) -> bool:
        return self.failure_mode == FailureMode.NONE

    @property
    def needs_a_person(self) -> bool:
        return not self.succeeded and self.due_at is None


def release(held: OrderLease, ending: Ending) -> bool:
    """Give the order back in its new state. False when the lease was lost: then nothing is changed.

    Something that asked for a look meanwhile makes it due at once.
    """
    now = database_clock.now()
    with transaction.atomic(savepoint=False):
        # Also when the lease is over and nobody has taken the order: then it is given back all the same.
        mine = Order.objects.select_for_update(no_key=True).filter(pk=held.order_id, lease_token=held.token)
        order = mine.only(
            "wake_count", "failing_since", "attempts", "stopped_at", "status", "message"
        ).first()
        if order is None:
            return False
        woken = order.wake_count != held.wake_count
        due_at = now if woken else ending.due_at
        failing_since = (order.failing_since or now) if ending.failing and not ending.succeeded else None
        Order.objects.filter(pk=order.pk).update(
            **_FREE_LEASE,
            status=ending.status,
            message=ending.message,
            failure_mode=ending.failure_mode,
            **ending.cause.columns,
            due_at=due_at,
            failing_since=failing_since,
            stopped_at=order.stopped_at or (now if ending.status == OrderStatus.NEEDS_ATTENTION else None),
            background_refresh=False,
            attempts=0 if ending.succeeded else max(0, order.attempts - (not ending.tried)),
            **_NONE_UNFINISHED,
        )
        _notify_others(order, ending)
        if woken:
            send_wake_up(order.pk)
    return True


def _notify_others(before: Order, ending: Ending) -> None:
    outbox.status_changed(before.pk, before.status, ending.status, message=ending.message)
    same = (before.status, before.message) == (ending.status, ending.message)
    if ending.needs_a_person and not same:
        outbox.needs_attention(before.pk, ending.status, ending.message)


def let_go(held: OrderLease) -> None:
    """What a worker does that finds its lease gone: it lives, so its claim is none that ended without a word.

    While nobody has taken the order it is free at once. Else only this claim's own count is taken back, unless it was
    forgotten meanwhile.
    """
    with transaction.atomic():
        mine = Order.objects.filter(pk=held.order_id, lease_token=held.token)
        if mine.update(**_FREE_LEASE, queued_until=None, **_NONE_UNFINISHED):
            running = StepAttempt.objects.filter(order=held.order_id, outcome=AttemptOutcome.RUNNING)
            running.update(outcome=AttemptOutcome.RETRY, finished_at=database_now())
            audit.record_all(
                [
                    audit.entry(
                        "order.lease_lost",
                        {},
                        order=held.order_id,
                        actor=f"worker {current_worker()}",
                        correlation=held.correlation,
                    )
                ]
            )
            send_wake_up(held.order_id)
            return
        counted = Order.objects.filter(pk=held.order_id, lease_series=held.series, unfinished_leases__gt=0)
        counted.update(unfinished_leases=F("unfinished_leases") - 1)


def is_held(token: uuid.UUID | None) -> bool:
    """Whether some worker still works on an order by this claim."""
    return (
        token is not None and Order.objects.filter(lease_token=token, lease_until__gt=database_now()).exists()
    )


def free_dead_leases() -> int:
    """End the claims of workers that are dead or whose lease is over; their orders are due again."""
    # In the order of the leases, whose index holds these few: by id, SQLite reads every order there is, once a second.
    held = Order.objects.filter(lease_until__isnull=False).order_by("lease_until")
    over = ExpressionWrapper(Q(lease_until__lte=database_now()), output_field=BooleanField())
    found = list(held.annotate(is_over=over).values_list("pk", "lease_owner", "is_over"))
    dead = {owner for owner in {owner for _, owner, _ in found} if is_surely_dead(owner)}
    ids = [pk for pk, owner, is_over in found if is_over or owner in dead]
    return _end_leases(ids, dead) if ids else 0


def _end_leases(ids: Collection[int], dead: Collection[str] = ()) -> int:
    """End those of these claims that are over or of dead workers at this moment; one that was renewed meanwhile stays.

    Orders whose rows are locked are skipped: their workers are at them, or hang in their transactions until the
    database ends these. The next sweep finds them.
    """
    with transaction.atomic():
        ending = Order.objects.filter(
            Q(lease_until__lte=database_now()) | Q(lease_owner__in=dead), pk__in=ids
        )
        locked = ending.select_for_update(skip_locked=True, no_key=True).order_by("pk")
        owners = dict(locked.values_list("pk", "lease_owner"))
        if not owners:
            return 0
        Order.objects.filter(pk__in=owners).update(**_FREE_LEASE, queued_until=None)
        _close_abandoned(owners)
    return len(owners)


def _close_abandoned(owners: Mapping[int, str]) -> None:
    """Close and tell what these orders' former workers left: in the transaction that ends or takes over their claims."""
    running = StepAttempt.objects.filter(order__in=owners, outcome=AttemptOutcome.RUNNING)
    running.update(outcome=AttemptOutcome.ABANDONED, finished_at=database_now())
    audit.record_all(
        audit.entry("order.abandoned", {"worker": owner}, order=pk) for pk, owner in owners.items()
    )


def wake_due_orders(*, limit: int = 500, force: bool = False) -> int:
    """Free dead claims, then wake workers for what is due; the number of wake-ups sent.

    No more are sent than the workers take up soon: what waits, waits in the orders' rows. `force` sends them even where
    one is believed to be on its way (it may have been lost with the broker).
    """
    free_dead_leases()
    if not force:
        limit = min(limit, MOST_IN_QUEUE - queue.length())
        if limit <= 0:
            return 0
    due = Order.objects.filter(is_free(), due_at__lte=database_now()).exclude(status=OrderStatus.ON_HOLD)
    if not force:
        due = due.filter(_no_message_on_its_way())
    due = due.order_by("due_at")
    if not due.exists():
        return 0
    with transaction.atomic():
        # Rows that somebody else has locked are skipped: one session that hangs must not stop the sweep.
        ids = list(due.select_for_update(skip_locked=True, no_key=True).values_list("pk", flat=True)[:limit])
        Order.objects.filter(pk__in=ids).update(queued_until=database_now() + WAKE_UP_PATIENCE)
        for order_id in ids:
            queue.wake_worker(order_id)
    return len(ids)
