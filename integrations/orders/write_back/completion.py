"""When is it over: the watch of a job, and an order (docs/statuses.md §6)."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.utils import timezone

from integrations.causes import NO_CAUSE, CauseKind
from integrations.core.audit import log as audit
from integrations.core.workqueue import outbox
from integrations.core.workqueue.leases import is_free
from integrations.enums import FailureMode, JobState, OrderStatus
from integrations.models import ItemStage, Order, OrderItem, PaceJob, PaceShipment
from integrations.models.write_backs import PENDING


def settle(order_ids: Collection[int]) -> int:
    """End the watch of closed jobs about which Pressero is up to date, and complete the orders whose jobs all
    are; the number of orders completed. Four queries when nothing is due, two more for what is."""
    if not order_ids:
        return 0
    now = timezone.now()
    closed = PaceJob.objects.filter(
        order__in=order_ids,
        state=JobState.DONE,
        open_in_pace=False,
        watch_ended_at__isnull=True,
        gone_at=None,
    )
    closed.exclude(_pending("order_id")).update(watch_ended_at=now)
    return complete_orders(Order.objects.filter(pk__in=order_ids))


def complete_orders(orders: QuerySet[Order]) -> int:
    """Complete those of these orders that are through; the number."""
    of_order = PaceJob.objects.filter(order=OuterRef("pk"))
    through = orders.filter(
        is_free(),
        Exists(of_order),
        ~Exists(of_order.filter(~Q(state=JobState.DONE) | Q(watch_ended_at__isnull=True))),
        ~_pending("pk"),
        ~Exists(
            OrderItem.objects.filter(order=OuterRef("pk"))
            .exclude(job_number="")
            .exclude(sent_job_number=F("job_number"))
        ),
        status=OrderStatus.SUBMITTED,
        due_at__isnull=True,
    )
    completed = 0
    for pk in list(through.values_list("pk", flat=True)):
        with transaction.atomic():
            # Only from this very state: a worker may have taken the order up meanwhile.
            still = Order.objects.filter(is_free(), pk=pk, status=OrderStatus.SUBMITTED)
            if still.update(status=OrderStatus.COMPLETED):
                audit.record("order.completed", order=pk)
                outbox.status_changed(pk, OrderStatus.SUBMITTED, OrderStatus.COMPLETED)
                completed += 1
    return completed


UPDATES = CauseKind.PRESSERO_UPDATES


def open_problem(order_id: int) -> dict[str, Any]:
    """Message, who must act and cause of the first update to Pressero that waits for a person; empty without one."""
    for rows in _parked([order_id]):
        if row := rows.first():
            message = f"The jobs are in Pace, but Pressero is not up to date: {row.problem}"
            return {"message": message, "failure_mode": FailureMode(row.failure_mode), "cause": UPDATES.of()}
    return {}


def show_problems(order_ids: Collection[int]) -> None:
    """Bring the messages of these orders in line with what waits for a person; an order at work is left to its worker."""
    if not order_ids:
        return
    mine = Order.objects.filter(
        is_free(),
        status__in=[OrderStatus.SUBMITTED, OrderStatus.COMPLETED],
        cause_kind__in=[CauseKind.NONE, UPDATES],
    )
    # The orders' rows are locked from the look to the change, in one order: a look that comes late changes nothing.
    with transaction.atomic():
        locked = mine.filter(pk__in=order_ids).select_for_update(no_key=True).order_by("pk")
        rows = {pk: (kind, status) for pk, kind, status in locked.values_list("pk", "cause_kind", "status")}
        shown = {pk: kind for pk, (kind, _) in rows.items()}
        if not shown:
            return
        stages, shipments = _parked(shown)
        waiting = {
            *stages.values_list("item__order", flat=True),
            *shipments.values_list("job__order", flat=True),
        }
        for pk in waiting:
            problem = open_problem(pk)
            columns = problem.pop("cause", NO_CAUSE).columns
            Order.objects.filter(pk=pk).update(**problem, **columns)
            if not shown[pk]:
                outbox.needs_attention(pk, rows[pk][1], problem.get("message", ""))
        over = [pk for pk, kind in shown.items() if kind == UPDATES and pk not in waiting]
        if over:
            Order.objects.filter(pk__in=over).update(
                message="", failure_mode=FailureMode.NONE, **NO_CAUSE.columns
            )


def _parked(order_ids: Collection[int]) -> tuple[QuerySet[ItemStage], QuerySet[PaceShipment]]:
    waits = ~Q(problem="") & Q(due_at__isnull=True, lease_token__isnull=True)
    return (
        ItemStage.objects.filter(waits, item__order__in=order_ids).order_by("pk"),
        PaceShipment.objects.filter(waits, job__order__in=order_ids).order_by("pk"),
    )


def _pending(order: str) -> Exists:
    """Something of the order is still to be told to Pressero, or waits for a person."""
    stages = ItemStage.objects.filter(PENDING, item__order=OuterRef(order))
    shipments = PaceShipment.objects.filter(PENDING, job__order=OuterRef(order))
    return Exists(stages) | Exists(shipments)  # type: ignore[return-value]
