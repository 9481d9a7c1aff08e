"""Leases on named work: one worker at a time, on whatever machine, and at most one wake-up message on its way."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import ClassVar

from django.db.models import Q

from automationhub.lib import database_clock
from automationhub.lib.database_clock import database_now
from integrations.core.workqueue.leases import Lease, acquire
from integrations.models import WorkLease

# Longer than what is done between two renewals: several calls of up to 60 s each.
LENGTH = timedelta(minutes=10)
# How long a sent message is waited for before another one is sent.
PATIENCE = timedelta(seconds=15)


@dataclass
class Work(Lease[WorkLease]):
    """Named work under way. `summary` is stored when it ends well; `begun_at` is older when it continues a pass."""

    begun_at: datetime
    summary: str = ""

    lost: ClassVar[str] = "Another worker has taken this work over."

    def finish(self) -> None:
        """Release the lease after the whole work is done."""
        self.release(begun_at=None, finished_at=database_now(), summary=self.summary, problem="")

    def stop(self, problem: str = "") -> None:
        """Release the lease though the work did not get to its end: the next one starts over."""
        self.release(begun_at=None, problem=problem)

    def pause(self) -> None:
        """Release the lease; the next one continues this pass."""
        self.release(begun_at=self.begun_at, problem="")


def start(name: str, *, length: timedelta = LENGTH) -> Work | None:
    """Acquire the lease on this work; None while another worker has it."""
    row, _ = WorkLease.objects.get_or_create(name=name)
    lease = acquire(WorkLease.objects.all(), row.pk, length, queued_until=None)
    if lease is None:
        return None
    # Not read from the database: readings are compared with it, and these carry this process's idea of the time.
    begun_at = WorkLease.objects.values_list("begun_at", flat=True).get(pk=row.pk) or database_clock.now()
    return Work(lease.model, lease.pk, lease.token, lease.length, lease.until, begun_at)


@contextmanager
def one_at_a_time(name: str) -> Iterator[Work | None]:
    """The work, or None while another worker is at it. After an error the lease is released and nothing noted."""
    work = start(name)
    if work is None:
        yield None
        return
    try:
        yield work
    except BaseException:
        work.stop()
        raise
    work.finish()


def is_due(name: str, every: timedelta) -> bool:
    """Whether this work has not been finished for so long, or never."""
    last = WorkLease.objects.filter(name=name).values_list("finished_at", flat=True).first()
    return last is None or database_clock.now() - last >= every


def send_once(name: str, send: Callable[[], None]) -> bool:
    """Send a wake-up for this work unless one is believed to be on its way."""
    WorkLease.objects.get_or_create(name=name)
    ready = WorkLease.objects.filter(
        Q(queued_until__isnull=True) | Q(queued_until__lte=database_now()), name=name
    )
    if not ready.update(queued_until=database_now() + PATIENCE):
        return False
    send()
    return True


def note_arrival(name: str) -> None:
    """The wake-up has come: the next need sends another one."""
    WorkLease.objects.filter(name=name).update(queued_until=None)
