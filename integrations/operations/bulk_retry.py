"""Retrying, holding and releasing many orders: asked for in a request, done by workers, with a trace of how far it is."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction
from django.db.models import Count, Q, QuerySet
from django.utils import timezone

from automationhub.lib.database_clock import database_now
from integrations.causes import Cause
from integrations.core.audit import log as audit
from integrations.core.workqueue import messages as queue
from integrations.core.workqueue.leases import acquire, is_free, is_held
from integrations.enums import OrderStatus
from integrations.errors import LeaseLost, NotAllowed
from integrations.models import BulkAction, BulkRetry, Order
from integrations.operations import inbox, order_actions

MOST_ORDERS = 5000
SHOWN_REFUSALS = 20
LEASE = timedelta(seconds=60)
_AT_WORK = (OrderStatus.RECEIVED, OrderStatus.PROCESSING)
_SUBMITTED = (OrderStatus.SUBMITTED, OrderStatus.COMPLETED)
_SERVICES: dict[str, Callable[..., None]] = {
    BulkAction.RETRY: order_actions.retry,
    BulkAction.PROCESS_AGAIN: order_actions.process_again,
    BulkAction.HOLD: order_actions.hold,
    BulkAction.RELEASE: order_actions.release_hold,
}


def start(
    cause: Cause, *, actor: str, user: AbstractBaseUser | None = None, storefront_id: int | None = None
) -> BulkRetry:
    """Have workers retry all orders that stopped for this cause, or those of one storefront.

    A retry of the same orders that still runs is returned instead of a second one. Raises NotAllowed when no order
    waits for it.
    """
    group = inbox.of_cause(cause, storefront_id)
    running = _running(cause)
    if group is None and running is None:
        raise NotAllowed("No order is waiting for this any more.")
    orders = inbox.of_storefront(inbox.stopped().filter(**cause.columns), storefront_id)
    ids = list(orders.order_by("id").values_list("pk", flat=True)[:MOST_ORDERS])
    if running is not None and (group is None or set(ids) <= set(running.orders)):
        return running
    assert group is not None  # noqa: S101 - for the type checker
    with transaction.atomic():
        run = BulkRetry.objects.create(
            cause=cause.key,
            title=group.message,
            orders=ids,
            asked_by=actor[:200],
            user_id=getattr(user, "pk", None),
        )
        audit.record("staff.retry_many", {"cause": cause.key, "count": len(ids)}, actor=actor, user=user)
        queue.ask_for_bulk_retry(run.pk)
    return run


def _running(cause: Cause) -> BulkRetry | None:
    runs = BulkRetry.objects.filter(cause=cause.key, chosen_by="", finished_at__isnull=True)
    return runs.order_by("-id").first()


def matching(orders: QuerySet[Order]) -> int:
    """How many orders one run would take of these: never counts further than that, plus one when there are more."""
    return orders.order_by().values("pk")[: MOST_ORDERS + 1].count()


def start_listed(
    action: str, orders: QuerySet[Order], *, chosen_by: str, actor: str, user: AbstractBaseUser | None = None
) -> BulkRetry:
    """Have workers do `action` to the orders that a list shows, the oldest MOST_ORDERS of them at the most.

    The list's filters are read once, now: what comes to match them later was not asked for. `chosen_by`: the filters in
    words. Raises NotAllowed when none matches any more.
    """
    ids = list(orders.order_by("id").values_list("pk", flat=True)[:MOST_ORDERS])
    if not ids:
        raise NotAllowed("No order matches these filters any more.")
    with transaction.atomic():
        run = BulkRetry.objects.create(
            action=action,
            title=chosen_by,
            chosen_by=chosen_by,
            orders=ids,
            asked_by=actor[:200],
            user_id=getattr(user, "pk", None),
        )
        said: dict[str, Any] = {"chosen": chosen_by, "count": len(ids)}
        audit.record(f"staff.{action}_listed", said, actor=actor, user=user)
        queue.ask_for_bulk_retry(run.pk)
    return run


def work(pk: int, *, budget: float = 20.0) -> bool:
    """Go on with a run for `budget` seconds; whether it is finished. Does nothing while another worker has it.

    A worker that dies on the way leaves its lease; the next one goes on where it stopped. To do it to an order twice does
    no harm: the second time is refused, or changes nothing.
    """
    lease = acquire(BulkRetry.objects.filter(finished_at__isnull=True), pk, LEASE)
    if lease is None:
        return False
    run = BulkRetry.objects.select_related("user").get(pk=pk)
    stop_at = time.monotonic() + budget
    try:
        while run.position < len(run.orders) and time.monotonic() < stop_at:
            # One transaction: a worker that wakes up late sends no order back to work that has stopped again since.
            with lease.holding(position=run.position):
                _act_on_one(run)
                run.position += 1
                lease.renew(position=run.position, refused=run.refused, refusals=run.refusals)
    except LeaseLost:
        return False
    finished = run.position >= len(run.orders)
    lease.release(finished_at=database_now() if finished else None)
    if not finished:
        queue.ask_for_bulk_retry(pk)
    return finished


def _act_on_one(run: BulkRetry) -> None:
    orders = Order.objects.select_related("storefront").only("pk", "number", "status", "storefront__mode")
    order = orders.filter(pk=run.orders[run.position]).first()
    try:
        if order is not None:
            _SERVICES[run.action](order, actor=run.asked_by, user=run.user)
    except NotAllowed as error:
        run.refused += 1
        if len(run.refusals) < SHOWN_REFUSALS:
            run.refusals.append(error.message)


def wake_unfinished() -> int:
    """Runs whose worker or message was lost are sent on their way again; the number of them."""
    lost = BulkRetry.objects.filter(is_free(), finished_at__isnull=True, asked_at__lt=timezone.now() - LEASE)
    ids = list(lost.values_list("pk", flat=True)[:20])
    for pk in ids:
        queue.ask_for_bulk_retry(pk)
    return len(ids)


def outcome(ids: Sequence[int]) -> dict[str, int]:
    """How these orders stand: at work (or due for it), submitted, stopped again, and waiting for something else.

    One query.
    """
    at_work = Q(status__in=_AT_WORK) | Q(due_at__lte=database_now()) | is_held()
    stopped = Q(status=OrderStatus.NEEDS_ATTENTION)
    submitted = Q(status__in=_SUBMITTED)
    return Order.objects.filter(pk__in=list(ids)).aggregate(
        at_work=Count("id", filter=at_work),
        submitted=Count("id", filter=submitted & ~at_work),
        stopped=Count("id", filter=stopped & ~at_work),
        waiting=Count("id", filter=~submitted & ~stopped & ~at_work),
    )
