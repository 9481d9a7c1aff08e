"""Asking a worker to read what Pace holds of an order now (pipeline/pace_look.py reads it)."""

from __future__ import annotations

from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from integrations import queue
from integrations.enums import JobState
from integrations.models import Order, PaceLook
from integrations.services.orders import NotAllowed

# A message may be lost with its broker: after this long the button sends another one.
PATIENCE = timedelta(seconds=45)


def ask(order: Order, *, actor: str) -> PaceLook:
    """Have Pace read for this order; a look that is on its way already is not asked for twice.

    Raises NotAllowed while no job of the order is in Pace.
    """
    if not order.jobs.filter(state=JobState.DONE).exists():
        raise NotAllowed(f"Order {order.number} has no job in Pace yet.")
    now = timezone.now()
    with transaction.atomic():
        found, created = PaceLook.objects.select_for_update().get_or_create(
            order=order, defaults={"asked_at": now, "asked_by": actor[:200]}
        )
        if not created and found.is_waiting and now - found.asked_at < PATIENCE:
            return found
        found.asked_at, found.asked_by = now, actor[:200]
        found.save(update_fields=["asked_at", "asked_by"])
        queue.ask_for_look(order.pk)
    return found
