"""Telling Pressero again what it was told before: job numbers, stages, shipments."""

from __future__ import annotations

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction

from integrations.core.audit import log as audit
from integrations.core.workqueue import deliveries, orders, write_backs
from integrations.enums import JobState, OrderStatus
from integrations.errors import NotAllowed
from integrations.models import Order, OrderItem


def resend(order: Order, *, actor: str, user: AbstractBaseUser | None = None) -> None:
    """Have workers tell Pressero the order's job numbers, stages and shipments once more, whatever it shows now.

    A shipment that Pressero has is not added a second time. Raises NotAllowed while no job is in Pace.
    """
    if order.status == OrderStatus.ON_HOLD or not order.jobs.filter(state=JobState.DONE).exists():
        raise NotAllowed(
            f"Order {order.number} has no job in Pace yet, so there is nothing to send to Pressero."
        )
    with transaction.atomic():
        OrderItem.objects.filter(order=order).exclude(job_number="").update(sent_job_number="")
        deliveries.send_again(order.pk)
        audit.record("staff.resend", order=order, actor=actor, user=user)
        write_backs.ask_for_worker()
        orders.wake(order.pk)
