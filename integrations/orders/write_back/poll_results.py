"""Storing what a look at Pace showed of a batch of jobs: statuses, target stages, shipments. No calls from here.

A reading counts only when it was begun after the one that is stored: a slow pass that comes back late cannot put an
older status over a newer one that a push has brought.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from automationhub.lib import tracing
from integrations.causes import CauseKind
from integrations.clients.pace.status import PolledJob, PolledShipment
from integrations.core import alerts, order_changes
from integrations.core.audit import log as audit
from integrations.enums import ChangeSource, JobState
from integrations.models import AuditEntry, ItemStage, Order, PaceJob
from integrations.orders.write_back import completion, target_stages
from integrations.orders.write_back import shipments as shipments_seen
from integrations.orders.write_back.job_facts import OrderFacts, last_poll_of, load_facts
from integrations.planning.order_diff import OrderChangeFound
from mappings.lookup import newest_status_change

_STATUS_COLUMNS = [
    "pace_status", "pace_status_name", "part_statuses", "open_in_pace", "synced_at", "sync_due_at", "gone_at",
]  # fmt: skip


@dataclass(frozen=True)
class PollResult:
    """What Pace answered about a batch. `gone` are numbers that Pace does not know (any more)."""

    jobs: Sequence[PaceJob]
    polled_jobs: Mapping[str, PolledJob]
    shipments: Sequence[PolledShipment]
    gone: frozenset[str]
    begun_at: datetime
    cause: str


@dataclass
class StoredResults:
    """What came of it."""

    changed: int = 0
    entries: list[AuditEntry] = field(default_factory=list)


def store(polled: PollResult) -> int:
    """Store a look; the number of jobs whose status is news. A constant number of queries for the batch."""
    known = shipments_seen.known_shipments(polled.jobs, polled.shipments)
    affected = {job.order_id for job in polled.jobs if _is_news(job, polled)}
    affected |= shipments_seen.orders_with_news(polled.jobs, polled.shipments, known)
    affected |= _to_resolve_again({job.order_id for job in polled.jobs} - affected)
    facts = load_facts(affected) if affected else {}
    stored = StoredResults()
    with transaction.atomic():
        if affected:
            started = tracing.now()
            _store_news(polled, facts, stored)
            audit.record_all(stored.entries)
            for fact in facts.values():
                tracing.record(
                    "status read",
                    parent=fact.row.trace_parent,
                    started=started,
                    automationhub__order=fact.row.number,
                    automationhub__noticed_by=polled.cause,
                )
        untouched = [job.pk for job in polled.jobs if job.order_id not in affected]
        _touch(untouched, polled.begun_at)
    completion.show_problems(affected)
    completion.settle({job.order_id for job in polled.jobs if _may_be_through(job, polled)})
    return stored.changed


def _is_news(job: PaceJob, polled: PollResult) -> bool:
    if job.number in polled.gone or job.gone_at is not None:
        return (job.number in polled.gone) != (job.gone_at is not None)
    reading = polled.polled_jobs.get(job.number)
    return reading is not None and reading != last_poll_of(job)


def _may_be_through(job: PaceJob, polled: PollResult) -> bool:
    reading = polled.polled_jobs.get(job.number)
    return reading is not None and not reading.is_open


def _to_resolve_again(order_ids: Collection[int]) -> set[int]:
    """Orders with an item that no row answered, or whose update was refused, before the rows were last changed."""
    newest = newest_status_change()
    again = Q(resolved_at__isnull=True)
    if newest is not None:
        again |= (Q(unmapped=True) | ~Q(problem="")) & Q(resolved_at__lt=newest)
    found = ItemStage.objects.filter(again, item__order__in=order_ids)
    return set(found.values_list("item__order_id", flat=True))


def _store_news(polled: PollResult, facts: dict[int, OrderFacts], stored: StoredResults) -> None:
    # Always in the same order, so that two polls of the same orders wait for, and never deadlock, each other.
    list(Order.objects.select_for_update().filter(pk__in=list(facts)).order_by("pk").values_list("pk"))
    jobs = list(PaceJob.objects.filter(order__in=list(facts), state=JobState.DONE).order_by("pk"))
    seen = {job.pk for job in polled.jobs}
    counting = [job for job in jobs if job.pk in seen and _counts(job, polled.begun_at)]
    for job in counting:
        _apply(job, polled, facts[job.order_id], stored)
    PaceJob.objects.bulk_update(counting, _STATUS_COLUMNS, batch_size=100)
    stored.entries += shipments_seen.store_shipments(facts, counting, polled.shipments, now=timezone.now())
    stored.entries += target_stages.store_targets(facts, jobs, cause=polled.cause, now=timezone.now())


def _counts(job: PaceJob, begun_at: datetime) -> bool:
    return job.synced_at is None or job.synced_at < begun_at


def _apply(job: PaceJob, polled: PollResult, facts: OrderFacts, stored: StoredResults) -> None:
    job.synced_at = polled.begun_at
    if job.sync_due_at is not None and job.sync_due_at <= polled.begun_at:
        job.sync_due_at = None
    if job.number in polled.gone:
        if job.gone_at is None:
            job.gone_at = polled.begun_at
            _report_gone(job, facts, stored)
        return
    reading = polled.polled_jobs.get(job.number)
    if reading is None:
        return
    if job.gone_at is not None:
        job.gone_at = None
        stored.entries.append(audit.entry("job.back", {"job": job.number}, order=facts.row))
        order_changes.of(facts.row.pk, ChangeSource.PACE).filter(field=_gone_field(job)).delete()
    before = last_poll_of(job)
    if reading == before:
        return
    stored.changed += 1
    if before.status.id:
        data = {"job": job.number, "changes": _changes(before, reading), "cause": polled.cause}
        stored.entries.append(audit.entry("job.status_changed", data, order=facts.row))
    if before.is_open and not reading.is_open:
        stored.entries.append(audit.entry("job.closed", {"job": job.number}, order=facts.row))
    job.pace_status = reading.status.id[:64]
    job.pace_status_name = reading.status.name[:200]
    job.part_statuses = {
        number: {"id": status.id, "name": status.name} for number, status in sorted(reading.parts.items())
    }
    job.open_in_pace = reading.is_open


def _changes(before: PolledJob, after: PolledJob) -> str:
    said = []
    if before.status != after.status:
        said.append(f"from “{before.status.shown}” to “{after.status.shown}”")
    for number, status in sorted(after.parts.items()):
        was = before.parts.get(number)
        if was != status and (was.shown if was else "") != status.shown:
            said.append(f"part {number} from “{was.shown if was else ''}” to “{status.shown}”")
    return "; ".join(said) or "other status names"


def _report_gone(job: PaceJob, facts: OrderFacts, stored: StoredResults) -> None:
    stored.entries.append(audit.entry("job.gone", {"job": job.number}, order=facts.row))
    # The same open point that a comparison with Pace (reconcile) makes: whoever comes first tells staff.
    gone = OrderChangeFound(None, _gone_field(job), job.number, "not in Pace")
    if not order_changes.open_news(facts.row.pk, ChangeSource.PACE, [gone], now=timezone.now()):
        return
    text = f"Order {facts.row.number}: job {job.number} was deleted in Pace (not by Automation Hub), so its status is no longer tracked. If this was a mistake, restore the job in Pace; if not, inform the buyer."
    alerts.raise_alert(facts.row, "needs_attention", text, cause=CauseKind.JOB_GONE.of(job.number))


def _gone_field(job: PaceJob) -> str:
    return f"Pace job {job.number}: job"


def _touch(pks: Sequence[int], begun_at: datetime) -> None:
    """Nothing new about these jobs."""
    older = PaceJob.objects.filter(Q(synced_at__isnull=True) | Q(synced_at__lt=begun_at), pk__in=pks)
    older.update(synced_at=begun_at)
    PaceJob.objects.filter(pk__in=pks, sync_due_at__lte=begun_at).update(sync_due_at=None)
