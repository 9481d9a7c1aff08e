"""An order's place in the work queue: wake, claim, renew, release, free, and what staff do to it.

All changes are conditional updates on the row, so that any number of workers on any number of machines agree:
- `due_at` says when a worker should look at the order; it stays in the past while one works on it, so that a dead
  worker's order is due again by itself once its lease is over.
- `lease_token` and `lease_until` say who works on it. A worker that lost its lease must stop (`LeaseLost`).
- `wake_count` counts what asked for a look; one that came during the work makes the order due again at once.
"""

from __future__ import annotations

import uuid
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.contrib.auth.models import AbstractBaseUser
from django.db import Error, transaction
from django.db.models import Case, F, Q, Value, When
from django.utils import timezone

from automationhub.lib import database
from integrations import audit, queue
from integrations.enums import AttemptOutcome, FailureMode, OrderStatus
from integrations.errors import HubError, LeaseLost
from integrations.models import Order, OrderChange, StepAttempt
from integrations.services import deliveries, write_backs
from integrations.worker_identity import current_worker, is_surely_dead

# Longer than the longest single call to another system (5 s to connect, 60 s and one more read of 30 s for the
# answer), with room for a slow machine: between calls the lease is renewed.
LEASE = timedelta(seconds=150)
RENEW_AFTER = timedelta(seconds=20)
# How long a sent wake-up is waited for before another one is sent.
WAKE_UP_PATIENCE = timedelta(seconds=60)
# Wake-ups that wait in the queue when the sweep adds no more.
MOST_IN_QUEUE = 500
# An order whose worker ended without a word this often is parked: it may be what kills them.
MAX_UNFINISHED_CLAIMS = 5

_OF_LEASE = ("pk", "lease_token", "lease_owner", "lease_until")
_FREE_LEASE = {"lease_token": None, "lease_owner": "", "lease_until": None}


class NotAllowed(HubError):
    """The order's state does not allow what was asked; `message` says why."""


@dataclass
class Claim:
    """A worker's right to work on one order until `until`; renewed while it works."""

    order_id: int
    number: int
    token: uuid.UUID
    wake_count: int
    attempt: int
    until: datetime
    correlation: str = field(default_factory=lambda: uuid.uuid4().hex[:16])

    def renew(self, *, force: bool = False) -> None:
        """Prolong the lease when it has been used for a while. Raises LeaseLost when another worker has the order."""
        now = timezone.now()
        if not force and self.until - now > LEASE - RENEW_AFTER:
            return
        until = now + LEASE
        mine = Order.objects.filter(pk=self.order_id, lease_token=self.token, lease_until__gt=now)
        if not mine.update(lease_until=until):
            raise LeaseLost("Another worker has taken this order over.")
        self.until = until


def _lease_is_free(now: datetime) -> Q:
    return Q(lease_until__isnull=True) | Q(lease_until__lte=now)


def wake(order_id: int, *, quietly: bool = False) -> None:
    """Make the order due now. A worker at work on it looks again when it is done; otherwise one is woken.

    `quietly`: a recurring comparison asks. An order that is due for another reason anyway is left to that.
    """
    now = timezone.now()
    if quietly:
        quiet = Case(When(due_at__isnull=True, then=Value(True)), default=F("quiet_look"))
        Order.objects.filter(pk=order_id).update(due_at=now, wake_count=F("wake_count") + 1, quiet_look=quiet)
    else:
        make_due([order_id], now)
    send_wake_up(order_id, now)


def make_due(order_ids: Collection[int], now: datetime) -> None:
    """Make these orders due. Who sends no message leaves it to the sweep to wake workers."""
    if order_ids:
        due = Order.objects.filter(pk__in=order_ids)
        due.update(due_at=now, wake_count=F("wake_count") + 1, quiet_look=False)


def announce(order_id: int) -> None:
    """Send the message for an order whose row says already that one is on its way."""
    queue.wake_worker(order_id)


def send_wake_up(order_id: int, now: datetime, *, force: bool = False) -> bool:
    """Send one message per order and minute at the most, and none while a worker is at it."""
    ready = Order.objects.filter(_lease_is_free(now), pk=order_id).exclude(status=OrderStatus.ON_HOLD)
    if not force:
        ready = ready.filter(Q(queued_until__isnull=True) | Q(queued_until__lte=now))
    if not ready.update(queued_until=now + WAKE_UP_PATIENCE):
        return False
    queue.wake_worker(order_id)
    return True


def claim(order_id: int) -> Claim | None:
    """Take the order for this worker; None when it is not due, on hold, or another worker has it.

    The attempt is counted here, before the work: the only count that also knows of killed workers.
    """
    token = uuid.uuid4()
    try:
        return _claim(order_id, token)
    except Error:
        # The claim may have been stored and its answer lost with the connection: nobody would know that it is held.
        _undo_claim(order_id, token)
        raise


def _claim(order_id: int, token: uuid.UUID) -> Claim | None:
    now = timezone.now()
    for overdue in Order.objects.filter(pk=order_id, lease_until__lte=now).only(*_OF_LEASE):
        _end_claim(overdue, now)
    taken = (
        Order.objects.filter(_lease_is_free(now), pk=order_id, due_at__lte=now)
        .exclude(status=OrderStatus.ON_HOLD)
        .update(
            lease_token=token,
            lease_owner=current_worker(),
            lease_until=now + LEASE,
            queued_until=None,
            attempts=F("attempts") + 1,
            unfinished_claims=F("unfinished_claims") + 1,
            status=Case(
                When(
                    status__in=[OrderStatus.RECEIVED, OrderStatus.NEEDS_ATTENTION],
                    then=Value(OrderStatus.PROCESSING),
                ),
                default=F("status"),
            ),
        )
    )
    if not taken:
        return None
    order = Order.objects.only("number", "wake_count", "attempts").get(pk=order_id)
    return Claim(order_id, order.number, token, order.wake_count, order.attempts, now + LEASE)


def _undo_claim(order_id: int, token: uuid.UUID) -> None:
    database.when_it_answers(
        lambda: Order.objects.filter(pk=order_id, lease_token=token).update(
            **_FREE_LEASE, attempts=F("attempts") - 1, unfinished_claims=F("unfinished_claims") - 1
        ),
        until=timezone.now() + LEASE,
    )


@dataclass(frozen=True)
class Ending:
    """How a claim ends: the order's new state. `due_at` None: nothing more to do by itself.

    `tried` False: it only waited for a connection, so the try does not count."""

    status: OrderStatus
    message: str = ""
    failure_mode: FailureMode = FailureMode.NONE
    cause: str = ""
    due_at: datetime | None = None
    tried: bool = True

    @property
    def succeeded(self) -> bool:
        return self.failure_mode == FailureMode.NONE


def release(held: Claim, ending: Ending) -> bool:
    """Give the order back in its new state. False when the lease was lost: then nothing is changed.

    Something that asked for a look meanwhile makes it due at once.
    """
    now = timezone.now()
    with transaction.atomic():
        mine = Order.objects.select_for_update().filter(pk=held.order_id, lease_token=held.token)
        order = mine.only("wake_count", "failing_since", "attempts").first()
        if order is None:
            return False
        woken = order.wake_count != held.wake_count
        due_at = now if woken else ending.due_at
        failing_since = None if ending.succeeded else (order.failing_since or now)
        Order.objects.filter(pk=order.pk).update(
            **_FREE_LEASE,
            status=ending.status,
            message=ending.message,
            failure_mode=ending.failure_mode,
            cause=ending.cause[:200],
            due_at=due_at,
            failing_since=failing_since,
            stopped_at=order.stopped_at or (now if ending.status == OrderStatus.NEEDS_ATTENTION else None),
            quiet_look=False,
            attempts=0 if ending.succeeded else max(0, order.attempts - (not ending.tried)),
            unfinished_claims=0,
        )
        if woken:
            send_wake_up(order.pk, now)
    return True


def is_held(token: uuid.UUID | None, *, now: datetime) -> bool:
    """Whether some worker still works on an order by this claim."""
    return token is not None and Order.objects.filter(lease_token=token, lease_until__gt=now).exists()


def free_dead_claims() -> int:
    """End the claims of workers that are dead or whose lease is over; their orders are due again."""
    now = timezone.now()
    # In the order of the leases, whose index holds these few: by id, SQLite reads every order there is, once a second.
    held = Order.objects.filter(lease_until__isnull=False).order_by("lease_until").only(*_OF_LEASE)
    return sum(
        _end_claim(order, now)
        for order in held
        if order.lease_until is None or order.lease_until <= now or is_surely_dead(order.lease_owner)
    )


def _end_claim(order: Order, now: datetime) -> bool:
    """End this very claim; False when its worker has renewed it, or a successor has taken the order, since."""
    with transaction.atomic():
        mine = Order.objects.filter(pk=order.pk, lease_token=order.lease_token, lease_until=order.lease_until)
        if not mine.update(**_FREE_LEASE, queued_until=None):
            return False
        StepAttempt.objects.filter(order=order, outcome=AttemptOutcome.RUNNING).update(
            outcome=AttemptOutcome.ABANDONED, finished_at=now
        )
        audit.record("order.abandoned", {"worker": order.lease_owner}, order=order)
    return True


def wake_due_orders(*, limit: int = 500, force: bool = False) -> int:
    """Free dead claims, then wake workers for what is due; the number of wake-ups sent.

    No more are sent than the workers take up soon: what waits, waits in the orders' rows. `force` sends them even where
    one is believed to be on its way (it may have been lost with the broker).
    """
    free_dead_claims()
    now = timezone.now()
    if not force:
        limit = min(limit, MOST_IN_QUEUE - queue.length())
        if limit <= 0:
            return 0
    due = Order.objects.filter(_lease_is_free(now), due_at__lte=now).exclude(status=OrderStatus.ON_HOLD)
    if not force:
        due = due.filter(Q(queued_until__isnull=True) | Q(queued_until__lte=now))
    ids = list(due.order_by("due_at").values_list("pk", flat=True)[:limit])
    with transaction.atomic():
        return sum(send_wake_up(order_id, now, force=force) for order_id in ids)


# --- what staff do ------------------------------------------------------------------------------------------


def retry(order: Order, *, actor: str, user: AbstractBaseUser | None = None) -> None:
    """Send an order back to work now, with a fresh clock. Raises NotAllowed when its state has nothing to retry."""
    now = timezone.now()
    with transaction.atomic():
        waiting = Order.objects.filter(
            _lease_is_free(now),
            Q(status__in=[OrderStatus.NEEDS_ATTENTION, OrderStatus.PROCESSING, OrderStatus.RECEIVED])
            | ~Q(failure_mode=FailureMode.NONE),
            pk=order.pk,
        ).exclude(status=OrderStatus.ON_HOLD)
        if not waiting.update(attempts=0, unfinished_claims=0, failing_since=None):
            raise NotAllowed(_why_no_retry(order))
        audit.record("staff.retry", order=order, actor=actor, user=user)
        if deliveries.rearm([order.pk]):
            write_backs.ask_for_worker()
        wake(order.pk)


def _why_no_retry(order: Order) -> str:
    order.refresh_from_db()
    if order.lease_until and order.lease_until > timezone.now():
        return f"Order {order.number} is being worked on right now."
    if order.status == OrderStatus.ON_HOLD:
        return f"Order {order.number} is on hold: release it first."
    return f"Order {order.number} is {order.get_status_display().lower()}; there is nothing to retry."


def process_again(order: Order, *, actor: str, user: AbstractBaseUser | None = None) -> None:
    """Read the order afresh and go through all steps again; jobs that are in Pace are never made twice.

    Raises NotAllowed when it is on hold.
    """
    with transaction.atomic():
        free = Order.objects.filter(pk=order.pk).exclude(status=OrderStatus.ON_HOLD)
        if not free.update(attempts=0, unfinished_claims=0, failing_since=None):
            raise NotAllowed(f"Order {order.number} is on hold: release it first.")
        audit.record("staff.reprocess", order=order, actor=actor, user=user)
        wake(order.pk)


def hold(order: Order, *, actor: str, user: AbstractBaseUser | None = None) -> None:
    """Stop an order before its submission. Raises NotAllowed when a worker has it or a job of it may be in Pace."""
    now = timezone.now()
    with transaction.atomic():
        stoppable = Order.objects.filter(
            _lease_is_free(now),
            pk=order.pk,
            status__in=[
                OrderStatus.RECEIVED,
                OrderStatus.WAITING,
                OrderStatus.PROCESSING,
                OrderStatus.NEEDS_ATTENTION,
            ],
        ).exclude(jobs__state__in=["committing", "done"])
        held = {"status": OrderStatus.ON_HOLD, "message": f"Put on hold by {actor}.", "due_at": None}
        # A wake-up on its way will find the order held and end: the release must send another one.
        if not stoppable.update(**held, queued_until=None):
            raise NotAllowed(
                f"Order {order.number} cannot be held: it is being worked on, or is in Pace already."
            )
        audit.record("staff.hold", order=order, actor=actor, user=user)


def release_hold(order: Order, *, actor: str, user: AbstractBaseUser | None = None) -> None:
    """Let a held order go on. Raises NotAllowed when it is not on hold."""
    with transaction.atomic():
        held = Order.objects.filter(pk=order.pk, status=OrderStatus.ON_HOLD)
        fresh = {"message": "", "failure_mode": FailureMode.NONE, "cause": "", "failing_since": None}
        if not held.update(status=OrderStatus.RECEIVED, attempts=0, unfinished_claims=0, **fresh):
            raise NotAllowed(f"Order {order.number} is not on hold.")
        audit.record("staff.release", order=order, actor=actor, user=user)
        wake(order.pk)


def mark_changes_handled(order: Order, *, actor: str, user: AbstractBaseUser | None = None) -> int:
    """Note that staff have seen to the changes after submission; how many there were. Raises NotAllowed without any."""
    with transaction.atomic():
        open_changes = OrderChange.objects.filter(order=order, handled_at__isnull=True)
        handled = open_changes.update(handled_at=timezone.now(), handled_by=actor[:200])
        if not handled:
            raise NotAllowed(f"Order {order.number} has no changes that wait to be handled.")
        audit.record("changes.handled", {"count": handled}, order=order, actor=actor, user=user)
    return handled
