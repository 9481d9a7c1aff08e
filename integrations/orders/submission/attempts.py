"""The steps of one try, as rows of the order's page: one at a time, each stored before its first call to another system.

A step begins in the transaction that stores what the one before it has found out, which is over with that; the last one is
over in the transaction that gives the order back. A worker that dies leaves its step as running.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import QuerySet

from automationhub.lib.database_clock import database_now
from automationhub.lib.worker_identity import current_worker
from integrations.core.audit.recorder import TryRecorder
from integrations.core.workqueue.orders import OrderLease
from integrations.enums import AttemptOutcome, FailureMode, Step
from integrations.errors import HubError
from integrations.models import StepAttempt

# Failures that end with a retry by themselves.
_REPEATED = (FailureMode.TRANSIENT, FailureMode.VERIFY_FIRST)


@dataclass
class Attempts:
    """The steps of one try. All changes are made within `lease.holding`."""

    lease: OrderLease
    recorder: TryRecorder
    # The step that was begun last.
    step: Step | None = None
    _failure: HubError | None = None

    def begin(self, step: Step, now: datetime, *, passed: Step | None = None) -> None:
        """A step begins; the one before is over, and so is `passed`, which asked no other system."""
        self._end_well()
        done = [self._row(passed, now, outcome=AttemptOutcome.DONE, finished_at=now)] if passed else []
        rows = [*([] if self.recorder.is_quiet else done), self._row(step, now)]
        StepAttempt.objects.bulk_create(rows)
        self.step = step

    def fail(self, failure: HubError) -> None:
        """The present step failed in part, and the try goes on."""
        self._failure = failure

    def end(self, failure: HubError | None) -> None:
        """The try is over, and its last step with it."""
        failure = failure or self._failure
        if failure is None:
            self._end_well()
            return
        repeats = failure.failure_mode in _REPEATED
        self._running().update(
            outcome=AttemptOutcome.RETRY if repeats else AttemptOutcome.STOPPED,
            failure_mode=failure.failure_mode,
            message=failure.message,
            finished_at=database_now(),
        )

    def _end_well(self) -> None:
        if self.step is None:
            return
        if self.recorder.is_quiet:
            self._running().delete()
        else:
            self._running().update(outcome=AttemptOutcome.DONE, finished_at=database_now())

    def _running(self) -> QuerySet[StepAttempt]:
        # Whoever has taken the order over has closed it already, as abandoned.
        return StepAttempt.objects.filter(
            order=self.lease.order_id, attempt=self.lease.attempt, outcome=AttemptOutcome.RUNNING
        )

    def _row(self, step: Step, now: datetime, **columns: Any) -> StepAttempt:
        return StepAttempt(
            order_id=self.lease.order_id,
            step=step,
            attempt=self.lease.attempt,
            worker=current_worker(),
            started_at=now,
            **columns,
        )
