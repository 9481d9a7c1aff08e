"""An administrator says that the jobs of an order are not in Pace, because their Pace server is gone for good.

The hub never assumes that: an order with a commit that Pace did not confirm, or with a job at a server that does not
answer, waits for that server. Only a person can know that it will not come back.
"""

from __future__ import annotations

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction
from django.db.models import Q, QuerySet

from automationhub.lib.database_clock import database_now
from integrations.core.audit import log as audit
from integrations.core.workqueue.leases import is_free
from integrations.enums import JobState, OrderStatus
from integrations.errors import NotAllowed
from integrations.models import Order, PaceJob
from integrations.operations import order_actions

_NOT_IN_PACE = {
    "state": JobState.PLANNED,
    "number": "",
    "txn": "",
    "sent_to": "",
    "intent_at": None,
    "quiet_until": None,
    "refusal": "",
    "submitted_at": None,
    "adopted": False,
    "files": None,
}


def jobs_in_question(order: Order) -> QuerySet[PaceJob]:
    """The jobs of an order that are, or may be, in Pace; none once the whole order was submitted."""
    if order.submitted_at is not None:
        return PaceJob.objects.none()
    jobs = PaceJob.objects.filter(~Q(state=JobState.PLANNED) | ~Q(txn=""), order=order)
    return jobs.select_related("server").order_by("id")


def declare_absent(order: Order, *, reason: str, actor: str, user: AbstractBaseUser | None = None) -> int:
    """Forget that jobs of the order may be in Pace, and send it back to work; how many jobs.

    The next attempt looks in Pace where the order goes now before it writes anything. Raises NotAllowed without a reason,
    while a worker has the order, and while a commit may still be applied.
    """
    if not reason.strip():
        raise NotAllowed("Enter why you are sure that the jobs are not in Pace.")
    with transaction.atomic():
        free = Order.objects.select_for_update(no_key=True).filter(is_free(), pk=order.pk)
        row = free.only("number", "status", "submitted_at").first()
        if row is None:
            raise NotAllowed(
                f"Order {order.number} is being processed right now. Try again in a few minutes."
            )
        jobs = list(jobs_in_question(row))
        if not jobs:
            raise NotAllowed(f"Order {order.number} has no job that may be in Pace.")
        chosen = PaceJob.objects.filter(pk__in=[job.pk for job in jobs])
        if chosen.filter(quiet_until__gt=database_now()).exists():
            raise NotAllowed(
                f"Order {order.number}: a commit was sent minutes ago and may still be applied. Try again in a few minutes."
            )
        chosen.update(**_NOT_IN_PACE)
        servers = sorted({f"{job.server.name} ({job.sent_to or job.server.url})" for job in jobs})
        named = [
            f"{job.number} “{job.description}”" if job.number else f"“{job.description}”" for job in jobs
        ]
        audit.record(
            "staff.jobs_absent",
            {"jobs": ", ".join(named), "server": ", ".join(servers), "reason": reason.strip()},
            order=row,
            actor=actor,
            user=user,
        )
        if row.status != OrderStatus.ON_HOLD:
            order_actions.retry(row, actor=actor, user=user)
    return len(jobs)
