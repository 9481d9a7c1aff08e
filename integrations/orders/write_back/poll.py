"""Looking at open jobs in Pace: the pass over all of them, and the look at what Pace pushed. (docs/statuses.md §2)

Calls of a pass: two for each batch of 200 jobs, and two more for a batch in which something has been shipped.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from django.db.models import F, Q, QuerySet

from automationhub.lib import database_clock, tracing
from integrations.causes import CauseKind
from integrations.clients.http.classifier import says_unknown_here
from integrations.clients.pace import status as pace_status
from integrations.clients.pace.client import PaceClient
from integrations.clients.pace.partial_reading import ReadingNotes
from integrations.clients.pace.status import PolledJob
from integrations.core import alerts
from integrations.core.audit.recorder import note_trouble
from integrations.core.connections import circuits
from integrations.core.connections.clients import pace_client
from integrations.core.workqueue import failures, work_leases, write_backs
from integrations.core.workqueue import messages as queue
from integrations.core.workqueue.retry_policy import needs_a_person
from integrations.enums import JobState, OrderStatus
from integrations.errors import HubError, LeaseLost, PermanentError
from integrations.models import Order, PaceJob, PaceServer
from integrations.orders.write_back import completion, unread
from integrations.orders.write_back.poll_results import PollResult, store

logger = logging.getLogger(__name__)

BATCH = 200
POLL = "the regular check of Pace"
PUSH = "a push from Pace"
# A look that failed is repeated after this long; a push is no reason to hammer a Pace that is down.
PUSH_RETRY = timedelta(seconds=30)

_COLUMNS = (
    "order_id", "server_id", "unit", "number", "pace_status", "pace_status_name", "part_statuses", "open_in_pace",
    "synced_at", "sync_due_at", "gone_at",
)  # fmt: skip


@dataclass
class PollReport:
    """How a pass went."""

    jobs: int = 0
    changed: int = 0
    unfinished: bool = False
    problems: list[str] | None = None

    def add(self, other: PollReport) -> None:
        self.jobs += other.jobs
        self.changed += other.changed
        self.unfinished = self.unfinished or other.unfinished
        self.problems = [*(self.problems or []), *(other.problems or [])]


def watched(server: PaceServer) -> QuerySet[PaceJob]:
    """The jobs that are followed: in Pace, and not yet closed with everything told."""
    return PaceJob.objects.filter(server=server, state=JobState.DONE, watch_ended_at__isnull=True).only(
        *_COLUMNS
    )


def sync_all(*, budget: float | None = None) -> PollReport:
    """A pass over the open jobs of every active server. `budget` in seconds: what is left then, a next task goes on with."""
    report = PollReport()
    for server in PaceServer.objects.filter(active=True).order_by("pk"):
        report.add(sync_server(server, budget=budget))
    completion.complete_orders(Order.objects.filter(status=OrderStatus.SUBMITTED))
    write_backs.wake_if_due()
    if report.unfinished:
        queue.ask_for_sync()
    return report


def sync_server(server: PaceServer, *, budget: float | None = None) -> PollReport:
    """The pass over one server's open jobs, longest unseen first; nothing when another worker is at it."""
    report = PollReport(problems=[])
    work = work_leases.start(f"statuses of {server.slug}")
    if work is None:
        return report
    stop_at = None if budget is None else time.monotonic() + budget
    try:
        while True:
            if stop_at is not None and time.monotonic() > stop_at:
                report.unfinished = True
                work.pause()
                return report
            unseen = watched(server).filter(Q(synced_at__isnull=True) | Q(synced_at__lt=work.begun_at))
            batch = list(unseen.order_by(F("synced_at").asc(nulls_first=True), "pk")[:BATCH])
            if not batch:
                work.finish()
                return report
            report.changed += _poll_batch(server, batch, POLL)
            report.jobs += len(batch)
            work.renew()
    except LeaseLost as error:
        report.problems = [error.message]
    except Exception as error:  # noqa: BLE001 - the ladder logs what it does not know
        report.problems = [_note_failure(server, failures.understood(error, f"Statuses of {server}"))]
        work.stop(report.problems[0])
    except BaseException:
        work.stop()
        raise
    return report


def sync_pushed(*, limit: int = BATCH) -> int:
    """Check the jobs that Pace or staff asked to have checked; how many."""
    now = database_clock.now()
    looked = 0
    for server in PaceServer.objects.filter(active=True, jobs__sync_due_at__lte=now).distinct():
        batch = list(watched(server).filter(sync_due_at__lte=now).order_by("sync_due_at", "pk")[:limit])
        if not batch:
            continue
        # Their next try, if this one does not come to its end. A push that comes meanwhile overwrites it and stays.
        pks, next_try = [job.pk for job in batch], now + PUSH_RETRY
        PaceJob.objects.filter(pk__in=pks, sync_due_at__lte=now).update(sync_due_at=next_try)
        try:
            _poll_batch(server, batch, PUSH)
            PaceJob.objects.filter(pk__in=pks, sync_due_at=next_try).update(sync_due_at=None)
            looked += len(batch)
        except Exception as error:  # noqa: BLE001 - the ladder logs what it does not know
            _note_failure(server, failures.understood(error, f"Statuses of {server}"))
    return looked


def _poll_batch(server: PaceServer, batch: Sequence[PaceJob], cause: str) -> int:
    """One batch, when the circuit of the server lets it in. Raises the clients' errors, and Waits."""
    trouble: dict[str, str] = {}
    with circuits.guard(server, trouble), tracing.span("sync statuses", automationhub__jobs=len(batch)):
        pace, notes = pace_client(server, observer=partial(note_trouble, trouble)), ReadingNotes()
        changed = poll_jobs(pace, batch, cause, notes)
    unread.note(server, notes)
    return changed


def poll_jobs(pace: PaceClient, batch: Sequence[PaceJob], cause: str, notes: ReadingNotes) -> int:
    """Read these jobs from Pace and store what is new; the number of changed ones. Raises the clients' errors.

    When Pace refuses the batch in words, its halves are asked for, down to the one job that it is about. What it refuses
    whatever the job is noted, and everything else is read.
    """
    begun_at = database_clock.now()
    try:
        polled = _read(pace, batch, begun_at, cause, notes)
    except PermanentError as error:
        if len(batch) == 1:
            _note_refused(batch[0], error)
            return 0
        middle = len(batch) // 2
        return sum(poll_jobs(pace, half, cause, notes) for half in (batch[:middle], batch[middle:]))
    return store(polled)


def _read(
    pace: PaceClient, batch: Sequence[PaceJob], begun_at: datetime, cause: str, notes: ReadingNotes
) -> PollResult:
    numbers = [job.number for job in batch]
    polled_jobs = _read_statuses(pace, numbers, notes)
    missing = [number for number in numbers if number not in polled_jobs]
    existing = notes.attempt("jobs", lambda: pace_status.existing_jobs(pace.load, missing), set(missing))
    gone = frozenset(missing) - existing
    there = [number for number in numbers if number not in gone]
    shipments = pace_status.read_shipments(pace.load, there, notes)
    return PollResult(batch, polled_jobs, shipments, gone, begun_at, cause)


def _read_statuses(pace: PaceClient, numbers: Sequence[str], notes: ReadingNotes) -> dict[str, PolledJob]:
    try:
        polled_jobs = pace_status.read_jobs(pace.load, numbers, notes)
    except PermanentError as error:
        if not (error.evidence and says_unknown_here(error.evidence.answer)):
            raise
        notes.refuse("statuses", error)
        return {}
    notes.done.add("statuses")
    return polled_jobs


def _note_failure(server: PaceServer, error: HubError) -> str:
    """A look did not come about: it is repeated at the next pass, and staff are told when it is theirs to mend."""
    logger.warning("The statuses of %s could not be read: %s", server.slug, error.message)
    if needs_a_person(error):
        first = watched(server).select_related("order__storefront__pace_server").only("order").first()
        if first is not None:
            cause = error.cause or CauseKind.POLL.of(server.slug)
            alerts.raise_alert_of_many(first.order, "needs_attention", error.message, cause=cause)
    return error.message


def _note_refused(job: PaceJob, error: PermanentError) -> None:
    """Pace does not answer about this one job; the others are not held up by it."""
    logger.warning("Pace does not let the hub read job %s: %s", job.number, error.message)
    PaceJob.objects.filter(pk=job.pk).update(synced_at=database_clock.now(), sync_due_at=None)
    order = Order.objects.select_related("storefront__pace_server").get(pk=job.order_id)
    alerts.raise_alert(order, "needs_attention", error.message, cause=CauseKind.POLL.of(job.number))
