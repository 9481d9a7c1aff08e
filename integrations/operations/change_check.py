"""Compares the open changes of an order with what Pace was read to hold: those that Pace has are handled."""

from __future__ import annotations

from collections.abc import Iterable

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction
from django.utils import timezone

from integrations.core import order_changes
from integrations.core.audit import log as audit
from integrations.enums import ChangeClosed
from integrations.errors import NotAllowed
from integrations.models import Order, OrderChange
from integrations.planning.change_tasks import held_value
from integrations.planning.same_values import is_same
from integrations.stored import StoredTable

VERIFIED = "verified in Pace"
_ENTRIES = {
    ChangeClosed.VERIFIED: "change.verified",
    ChangeClosed.STAFF: "change.corrected",
    ChangeClosed.IGNORED: "change.ignored",
}


def note_what_pace_holds(order_id: int, held: Iterable[StoredTable]) -> int:
    """Compare the open changes of an order with a reading of Pace; those that Pace has are handled. How many were."""
    changes = list(OrderChange.objects.filter(order=order_id, handled_at__isnull=True))
    if not changes:
        return 0
    order = Order.objects.only("plan", "number").get(pk=order_id)
    jobs = {job.unit: job.number for job in order.jobs.exclude(number="")}
    handled = 0
    for change in changes:
        found = held_value(change.item, change.field, plan=order.plan or {}, jobs=jobs, held=list(held))
        if found is None:
            continue
        job, value = found
        if is_same(change.after, value):
            who = change.check_by or "Automation Hub"
            handle(change, ChangeClosed.VERIFIED, by=f"{who}, {VERIFIED}", actor=who)
            handled += 1
            continue
        OrderChange.objects.filter(pk=change.pk, handled_at__isnull=True).update(
            pace_job=job[:50], pace_value=value[:500], pace_read_at=timezone.now(), check_by=""
        )
    return handled


def handle(
    change: OrderChange, how: ChangeClosed, *, by: str, actor: str, user: AbstractBaseUser | None = None
) -> None:
    """Mark a change as handled, and write it to the audit log. Raises NotAllowed when it is handled already."""
    with transaction.atomic():
        mine = OrderChange.objects.filter(pk=change.pk)
        if not order_changes.close(mine, how, by=by, now=timezone.now()):
            raise NotAllowed("This change is handled already.")
        audit.record(_ENTRIES[how], {"change": str(change)}, order=change.order_id, actor=actor, user=user)
