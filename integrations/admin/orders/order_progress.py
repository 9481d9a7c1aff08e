"""Whether something is going on with an order, for the page that shows it while it runs."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext

from integrations.core.audit import log as audit
from integrations.enums import OrderStatus
from integrations.models import Order, PaceSnapshot
from integrations.operations.pace_snapshot import PATIENCE

# An order that is due within this time is worth watching; one that waits longer is not.
SOON = timedelta(seconds=15)


def progress(order: Order) -> dict[str, Any]:
    """`busy`, what a worker did last as a sentence, and `version`, which changes with everything that happens.

    Two queries.
    """
    now = timezone.now()
    at_work = order.lease_until is not None and order.lease_until > now
    due = order.due_at is not None and order.due_at <= now + SOON and order.status != OrderStatus.ON_HOLD
    snapshot = PaceSnapshot.objects.filter(order=order).first()
    is_reading = snapshot is not None and snapshot.is_waiting and now - snapshot.asked_at < PATIENCE
    latest = order.audit.order_by("-id").first()
    if is_reading and not at_work:
        sentence = gettext("Reading from Pace what it holds …")
    elif at_work or due:
        sentence = audit.describe(latest).sentence if latest else gettext("Waiting for a worker …")
    else:
        sentence = ""
    return {
        "busy": bool(at_work or due or is_reading),
        "at_work": at_work,
        "sentence": sentence,
        "version": f"{latest.pk if latest else 0}-{order.status}-{snapshot.read_at if snapshot else ''}",
    }
