"""Leases: of any number of workers on any number of machines, one at a time works on a row.

A lease is a random token and an end on the row itself. All changes are conditional updates, and all times are the
database's own, so neither a machine with a wrong clock nor a worker that wakes up late can take or keep what is another
worker's. A lease whose worker died ends with its time.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, ClassVar, Generic, TypeVar

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from automationhub.lib.database_clock import database_now
from integrations.causes import CauseKind
from integrations.core.workqueue import heartbeats, worker_clock
from integrations.errors import LeaseLost, StateChanged
from integrations.models import Leased

Row = TypeVar("Row", bound=Leased)

# A lease that was used for less than this is not renewed yet, so that short work costs no statement for it.
RENEW_AFTER = timedelta(seconds=20)

FREE: dict[str, Any] = {"lease_token": None, "lease_until": None}


def is_free() -> Q:
    """The condition for rows that no worker holds at this moment."""
    return Q(lease_until__isnull=True) | Q(lease_until__lte=database_now())


def is_held() -> Q:
    """The condition for rows that a worker holds at this moment."""
    return Q(lease_until__gt=database_now())


@dataclass
class Lease(Generic[Row]):
    """The right to work on one row.

    `until` is the end by this machine's own clock, and only says when to renew. Whether the lease is still held is
    decided by the database alone.
    """

    model: type[Row]
    pk: Any
    token: uuid.UUID
    length: timedelta
    until: datetime

    lost: ClassVar[str] = "Another worker has taken this work over."

    def renew(self, *, force: bool = False, **columns: Any) -> None:
        """Prolong the lease when it has been used for a while. Raises LeaseLost when it is gone.

        `force`: in any case. `columns`: what else is stored in the same statement, which then is always sent.
        """
        now = timezone.now()
        left = self.until - now
        # More than a whole lease is left when this machine's clock was set back: then the time used is not known.
        fresh = self.length - min(RENEW_AFTER, self.length / 3) < left <= self.length
        if fresh and not force and not columns:
            return
        self.update(lease_until=database_now() + self.length, **columns)
        self.until = now + self.length
        if not force and not columns:
            # Long work is a sign of life: while all workers of a cluster are at it, no task ends that could be one.
            heartbeats.note_work()

    @contextmanager
    def holding(self, *, or_over: bool = False, **state: Any) -> Iterator[datetime]:
        """One database transaction in which the lease is surely held: for every write that depends on it.

        The row stays locked until the transaction ends, so nobody can take it over in between: a worker that wakes up
        late changes nothing of its successor's. `state`: columns of the row as they were read, when the write depends on
        them. `or_over`: a lease whose time is over will do while nobody else has taken the row. Gives the database's
        time. Raises LeaseLost when the lease, or that state, is gone; then nothing of the block is stored.
        """
        with transaction.atomic():
            mine = self._mine() if or_over else self._mine().filter(is_held())
            locked = mine.filter(**state).order_by().select_for_update(no_key=True)
            found = list(locked.annotate(database_time=database_now()).values_list("database_time"))
            if not found:
                raise LeaseLost(self.lost)
            yield found[0][0]

    def update(self, **columns: Any) -> None:
        """Change columns of the row itself, in one statement. Raises LeaseLost when the lease is gone."""
        if not self._mine().filter(is_held()).update(**columns):
            raise LeaseLost(self.lost)

    def release(self, *conditions: Q, **columns: Any) -> bool:
        """Give the row back, with these columns changed; also when the lease is over and nobody has taken the row.

        False when another worker has, or when the row does not meet the conditions: then nothing is changed.
        """
        return bool(self._mine().filter(*conditions).update(**FREE, **columns))

    def _mine(self) -> QuerySet[Row]:
        return self.model._default_manager.filter(pk=self.pk, lease_token=self.token)


def acquire(
    rows: QuerySet[Row], pk: Any, length: timedelta, *, token: uuid.UUID | None = None, **columns: Any
) -> Lease[Row] | None:
    """Take one of these rows for this worker; None when it is none of them, or another worker has it.

    `columns`: what else changes with it. Raises WrongClock on a machine whose clock is wrong.
    """
    worker_clock.must_be_right()
    token, until = token or uuid.uuid4(), timezone.now() + length
    changes = {"lease_token": token, "lease_until": database_now() + length, **columns}
    if not rows.filter(is_free(), pk=pk).update(**changes):
        return None
    return Lease(rows.model, pk, token, length, until)


def must_change(rows: int) -> None:
    """For the count of a conditional update that is made holding the lease: it must have found its row.

    Raises StateChanged, not LeaseLost: nobody else has the lease, so this worker has to give it back.
    """
    if not rows:
        raise StateChanged(
            "The records changed while this was being processed, so nothing more was written.",
            cause=CauseKind.STATE_CHANGED.of(),
        )
