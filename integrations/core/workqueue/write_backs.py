"""What Pressero is still to be told: noting that a job needs a look, waking a worker for it, what staff do.

Nothing is called from here; `orders/write_back/poll.py` and `orders/write_back/deliver.py` do the work.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction

from automationhub.lib import database_clock
from integrations.core.audit import log as audit
from integrations.core.workqueue import deliveries, work_leases
from integrations.core.workqueue import messages as queue
from integrations.enums import JobState
from integrations.models import ItemStage, PaceJob, PaceServer

logger = logging.getLogger(__name__)

WAKE_UP = "sync Pressero"


def note_push(server: PaceServer, number: str) -> bool:
    """Pace says that something about this job changed: its status is read as soon as a worker comes.

    False for a job that the hub does not watch.
    """
    with transaction.atomic():
        watched = PaceJob.objects.filter(
            server=server, number=number, state=JobState.DONE, watch_ended_at__isnull=True
        )
        if not watched.update(sync_due_at=database_clock.now()):
            logger.info("Pace server %s pushed job %s, which the hub does not watch.", server.slug, number)
            return False
        ask_for_worker()
    return True


def ask_for_worker() -> None:
    """After the present transaction, have a worker read what was asked for and deliver what is due."""
    work_leases.send_once(WAKE_UP, queue.ask_for_write_backs)


def wake_if_due() -> bool:
    """The clock's tick: wake a worker when something is due. Three index look-ups when nothing is."""
    pushed = PaceJob.objects.filter(
        sync_due_at__lte=database_clock.now(), server__active=True, watch_ended_at__isnull=True
    )
    due = pushed.exists() or any(deliveries.due_rows(kind, limit=1) for kind in deliveries.KINDS)
    if due:
        ask_for_worker()
    return due


def sync_now(jobs: Iterable[PaceJob], *, actor: str, user: AbstractBaseUser | None = None) -> int:
    """Staff want these jobs read now, and what could not be delivered tried again; the number of jobs."""
    with transaction.atomic():
        chosen = list(jobs)
        orders = sorted({job.order_id for job in chosen})
        ItemStage.objects.filter(item__order__in=orders).update(resolved_at=None)
        PaceJob.objects.filter(pk__in=[job.pk for job in chosen], state=JobState.DONE).update(
            sync_due_at=database_clock.now(), watch_ended_at=None
        )
        deliveries.rearm(orders)
        audit.record_all(
            audit.entry("staff.sync", {"job": job.number}, order=job.order_id, actor=actor, user=user)
            for job in chosen
        )
        ask_for_worker()
    return len(chosen)
