"""What staff do to an order: retry it, process it again, hold and release it, mark its changes as handled."""

from __future__ import annotations

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction
from django.db.models import Case, Expression, F, Q, Value, When
from django.utils import timezone

from integrations.causes import NO_CAUSE
from integrations.core import order_changes
from integrations.core.audit import log as audit
from integrations.core.workqueue import deliveries, outbox, write_backs
from integrations.core.workqueue.leases import is_free
from integrations.core.workqueue.orders import _NONE_UNFINISHED, _end_leases, is_held, wake
from integrations.enums import ChangeClosed, FailureMode, OrderStatus, StorefrontMode
from integrations.errors import NotAllowed
from integrations.models import Order, OrderChange


def _status_of(order: Order) -> str:
    """The order's status as it is stored; its row stays locked until the transaction ends."""
    row = Order.objects.select_for_update(no_key=True).filter(pk=order.pk)
    return row.values_list("status", flat=True).first() or ""


def retry(order: Order, *, actor: str, user: AbstractBaseUser | None = None) -> None:
    """Send an order back to work now, with a fresh clock. Raises NotAllowed when its state has nothing to retry."""
    with transaction.atomic():
        waiting = Order.objects.filter(
            is_free(),
            Q(status__in=[OrderStatus.NEEDS_ATTENTION, OrderStatus.PROCESSING, OrderStatus.RECEIVED])
            | ~Q(failure_mode=FailureMode.NONE),
            pk=order.pk,
        ).exclude(status=OrderStatus.ON_HOLD)
        if not waiting.update(attempts=0, failing_since=None, **_NONE_UNFINISHED):
            raise NotAllowed(_why_no_retry(order))
        audit.record("staff.retry", order=order, actor=actor, user=user)
        if deliveries.rearm([order.pk]):
            write_backs.ask_for_worker()
        wake(order.pk)


def _why_no_retry(order: Order) -> str:
    order.refresh_from_db()
    if is_held(order.lease_token):
        return f"Order {order.number} is being processed right now."
    if order.status == OrderStatus.ON_HOLD:
        return f"Order {order.number} is on hold. Release it first."
    return f"Order {order.number} is {order.get_status_display().lower()}; there is nothing to retry."


def process_again(order: Order, *, actor: str, user: AbstractBaseUser | None = None) -> None:
    """Read the order afresh and go through all steps again; jobs that are in Pace are never made twice.

    Raises NotAllowed when it is on hold.
    """
    with transaction.atomic():
        before = _status_of(order)
        free = Order.objects.filter(pk=order.pk).exclude(status=OrderStatus.ON_HOLD)
        again: dict[str, Expression] = {
            "status": Case(
                When(status=OrderStatus.SHADOW, then=Value(OrderStatus.RECEIVED)), default=F("status")
            )
        }
        if order.storefront.mode == StorefrontMode.LIVE:
            # In shadow mode it is only planned again: that says nothing about sending it, once the storefront is live.
            again["released"] = Value(True)
        if not free.update(attempts=0, failing_since=None, **_NONE_UNFINISHED, **again):
            raise NotAllowed(f"Order {order.number} is on hold. Release it first.")
        if before == OrderStatus.SHADOW:
            outbox.status_changed(order.pk, before, OrderStatus.RECEIVED)
        audit.record("staff.reprocess", order=order, actor=actor, user=user)
        wake(order.pk)


def hold(order: Order, *, actor: str, user: AbstractBaseUser | None = None) -> None:
    """Stop an order before its submission. Raises NotAllowed when a worker has it or a job of it may be in Pace."""
    with transaction.atomic():
        before = _status_of(order)
        # A worker that wakes up late must not give the held order back in another state.
        _end_leases([order.pk])
        stoppable = Order.objects.filter(
            lease_until__isnull=True,
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
                f"Order {order.number} cannot be held because it is being processed or is already in Pace."
            )
        outbox.status_changed(order.pk, before, OrderStatus.ON_HOLD, message=str(held["message"]))
        audit.record("staff.hold", order=order, actor=actor, user=user)


def release_hold(order: Order, *, actor: str, user: AbstractBaseUser | None = None) -> None:
    """Let a held order go on. Raises NotAllowed when it is not on hold."""
    with transaction.atomic():
        held = Order.objects.filter(pk=order.pk, status=OrderStatus.ON_HOLD)
        fresh = {"message": "", "failure_mode": FailureMode.NONE, **NO_CAUSE.columns, "failing_since": None}
        if not held.update(
            status=OrderStatus.RECEIVED, attempts=0, released=True, **_NONE_UNFINISHED, **fresh
        ):
            raise NotAllowed(f"Order {order.number} is not on hold.")
        outbox.status_changed(order.pk, OrderStatus.ON_HOLD, OrderStatus.RECEIVED)
        audit.record("staff.release", order=order, actor=actor, user=user)
        wake(order.pk)


def mark_changes_handled(order: Order, *, actor: str, user: AbstractBaseUser | None = None) -> list[int]:
    """Mark the open changes after submission as handled; their ids. Raises NotAllowed without any."""
    with transaction.atomic():
        changes = OrderChange.objects.filter(order=order, handled_at__isnull=True)
        ids = list(changes.values_list("pk", flat=True))
        handled = order_changes.close(
            changes.filter(pk__in=ids), ChangeClosed.STAFF, by=actor, now=timezone.now()
        )
        if not handled:
            raise NotAllowed(f"Order {order.number} has no changes that wait to be handled.")
        audit.record("changes.handled", {"count": handled}, order=order, actor=actor, user=user)
    return ids


def reopen_changes(
    order: Order, changes: list[int], *, actor: str, user: AbstractBaseUser | None = None
) -> None:
    """Make changes that were marked as handled open again. Raises NotAllowed when none of them is handled."""
    with transaction.atomic():
        if not order_changes.reopen(OrderChange.objects.filter(order=order, pk__in=changes)):
            raise NotAllowed(f"The changes of order {order.number} are open already.")
        audit.record("changes.reopened", {"count": len(changes)}, order=order, actor=actor, user=user)
