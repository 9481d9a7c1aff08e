"""Sending many orders back to work: asked for in a request, done by workers, with a trace of how far it is."""

from __future__ import annotations

import time
import uuid
from collections.abc import Sequence
from datetime import timedelta

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction
from django.db.models import Count, Q
from django.utils import timezone

from integrations import audit, queue
from integrations.enums import OrderStatus
from integrations.models import BulkRetry, Order
from integrations.services import inbox, orders
from integrations.services.orders import NotAllowed

MOST_ORDERS = 5000
SHOWN_REFUSALS = 20
LEASE = timedelta(seconds=60)
_AT_WORK = (OrderStatus.RECEIVED, OrderStatus.PROCESSING)


def start(cause: str, *, actor: str, user: AbstractBaseUser | None = None) -> BulkRetry:
    """Have workers retry all orders that need somebody for this cause; one that runs already is not begun twice.

    Raises NotAllowed when there are none.
    """
    running = BulkRetry.objects.filter(cause=cause, finished_at__isnull=True).first()
    if running is not None:
        return running
    group = inbox.of_cause(cause)
    if group is None:
        raise NotAllowed("No order needs anybody for this any more.")
    ids = list(inbox.stopped().filter(cause=cause).order_by("id").values_list("pk", flat=True)[:MOST_ORDERS])
    with transaction.atomic():
        run = BulkRetry.objects.create(
            cause=cause,
            title=group.message,
            orders=ids,
            asked_by=actor[:200],
            user_id=getattr(user, "pk", None),
        )
        audit.record("staff.retry_many", {"cause": cause, "count": len(ids)}, actor=actor, user=user)
        queue.ask_for_bulk_retry(run.pk)
    return run


def work(pk: int, *, budget: float = 20.0) -> bool:
    """Go on with a run for `budget` seconds; whether it is finished. Does nothing while another worker has it.

    A worker that dies on the way leaves its lease; the next one goes on where it stopped. To retry an order twice does
    no harm.
    """
    now = timezone.now()
    token = uuid.uuid4()
    free = BulkRetry.objects.filter(
        Q(lease_until__isnull=True) | Q(lease_until__lte=now), pk=pk, finished_at__isnull=True
    )
    if not free.update(lease_token=token, lease_until=now + LEASE):
        return False
    run = BulkRetry.objects.select_related("user").get(pk=pk)
    mine = BulkRetry.objects.filter(pk=pk, lease_token=token)
    stop_at = time.monotonic() + budget
    while run.position < len(run.orders) and time.monotonic() < stop_at:
        _retry_one(run)
        run.position += 1
        kept = {"position": run.position, "refused": run.refused, "refusals": run.refusals}
        if not mine.update(lease_until=timezone.now() + LEASE, **kept):
            return False
    finished = run.position >= len(run.orders)
    mine.update(lease_token=None, lease_until=None, finished_at=timezone.now() if finished else None)
    if not finished:
        queue.ask_for_bulk_retry(pk)
    return finished


def _retry_one(run: BulkRetry) -> None:
    order = Order.objects.only("pk", "number", "status").filter(pk=run.orders[run.position]).first()
    try:
        if order is not None:
            orders.retry(order, actor=run.asked_by, user=run.user)
    except NotAllowed as error:
        run.refused += 1
        if len(run.refusals) < SHOWN_REFUSALS:
            run.refusals.append(error.message)


def wake_unfinished() -> int:
    """Runs whose worker or message was lost are sent on their way again; the number of them."""
    now = timezone.now()
    lost = BulkRetry.objects.filter(
        Q(lease_until__isnull=True) | Q(lease_until__lte=now),
        finished_at__isnull=True,
        asked_at__lt=now - LEASE,
    )
    ids = list(lost.values_list("pk", flat=True)[:20])
    for pk in ids:
        queue.ask_for_bulk_retry(pk)
    return len(ids)


def outcome(ids: Sequence[int]) -> dict[str, int]:
    """What became of these orders so far: at work (or due for it), done, and stopped again. One query."""
    now = timezone.now()
    at_work = Q(status__in=_AT_WORK) | Q(due_at__lte=now) | Q(lease_until__gt=now)
    stopped = Q(status=OrderStatus.NEEDS_ATTENTION)
    return Order.objects.filter(pk__in=list(ids)).aggregate(
        at_work=Count("id", filter=at_work),
        stopped=Count("id", filter=stopped & ~at_work),
        done=Count("id", filter=~stopped & ~at_work),
    )
