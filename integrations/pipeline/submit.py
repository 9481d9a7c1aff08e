"""Writing planned jobs to Pace: one transaction per job, and finding out after a lost answer.

What is done when an answer does not come (docs/architecture.md has the table):
- before the commit: the transaction is rolled back, or times out in Pace; the next try starts over;
- at the commit: the row said COMMITTING before the call left, so whoever comes next waits for the server's quiet
  period, closes the old transaction, and looks for the job by description and customer before writing again.
"""

from __future__ import annotations

import logging
from datetime import timedelta
from decimal import Decimal

from django.db import transaction

from integrations.clients.schemas import Order as PresseroOrder
from integrations.enums import JobState
from integrations.errors import HubError, OutcomeUnknown, PermanentError, TransientError
from integrations.models import Order, OrderItem, PaceJob
from integrations.pipeline.context import Context
from integrations.pipeline.job_writer import write_job
from integrations.planning.kits import Kits
from integrations.planning.late_files import file_key
from integrations.planning.plan_types import PlannedJob

logger = logging.getLogger(__name__)

# Pace ends a transaction that nobody finished after this long; far above the time one job takes to write.
TRANSACTION_MINUTES = 10


def settle_open_commits(ctx: Context) -> None:
    """Find out what became of commits without an answer. Raises OutcomeUnknown while the quiet period lasts."""
    for row in PaceJob.objects.filter(order=ctx.order, state=JobState.COMMITTING):
        if row.quiet_until is not None and ctx.now() < row.quiet_until:
            raise OutcomeUnknown(_lost_commit_message(ctx, row), look_at=row.quiet_until)
        # A commit that was never sent, or is still on its way, can no longer be applied after this.
        if row.txn:
            ctx.pace.rollback(row.txn)
        if adopt_if_in_pace(ctx, row):
            continue
        refusal = row.refusal
        _reset(row)
        ctx.record("job.not_found", {"unit": row.unit})
        if refusal:
            raise PermanentError(refusal, field="job", cause="pace:commit")


def _lost_commit_message(ctx: Context, row: PaceJob) -> str:
    return (
        f"Order {ctx.order.number}: Pace did not answer the commit of “{row.description}”. "
        f"The job is looked for in Pace before anything is written again."
    )


def adopt_if_in_pace(ctx: Context, row: PaceJob) -> bool:
    """Look for the job by what makes it unique; take it over when it is there.

    Raises PermanentError when there are several: which one counts is for a person to say.
    """
    numbers = ctx.pace.find_jobs(row.description, row.customer)
    if not numbers:
        return False
    if len(numbers) > 1:
        raise PermanentError(
            f"Order {ctx.order.number}: Pace holds several jobs described “{row.description}” "
            f"({', '.join(numbers)}). Cancel or rename all but one in Pace, then press Retry.",
            field="job",
            cause="pace:several_jobs",
        )
    _mark_done(ctx, row, numbers[0], adopted=True)
    return True


def submit_job(ctx: Context, planned: PlannedJob, contact_id: int | None) -> None:
    """Bring one planned job to Pace, exactly once. Every HubError leaves nothing of it behind but an open commit's row."""
    row = _row_for(ctx, planned)
    if row.state == JobState.DONE:
        return
    # One look costs one call and covers what our own rows cannot know: a database restored from a backup.
    if adopt_if_in_pace(ctx, row):
        return
    row.files = [file_key(str(file.fields["fileUrl"].value)) for part in planned.parts for file in part.files]
    ctx.keep_claim()
    row.txn = txn = ctx.pace.start_transaction(TRANSACTION_MINUTES)
    try:
        PaceJob.objects.filter(pk=row.pk).update(state=JobState.WRITING, txn=txn)
        ctx.record("job.started", {"unit": row.unit, "description": row.description})
        number = write_job(ctx.pace, planned, contact_id, txn, between_calls=ctx.keep_claim)
        _store_intent(ctx, row)
    except BaseException as error:
        _roll_back(ctx, row)
        if isinstance(error, OutcomeUnknown):
            # Unknown inside a transaction that is rolled back (or times out) is only a failure: start over.
            raise TransientError(error.message, evidence=error.evidence, field=error.field) from error
        raise
    _commit(ctx, row, number)


def _row_for(ctx: Context, planned: PlannedJob) -> PaceJob:
    customer = str(planned.fields["customer"].value)
    price = planned.fields["originalQuotedPrice"].value
    total = price if isinstance(price, Decimal) else None
    row, created = PaceJob.objects.get_or_create(
        order=ctx.order,
        unit=planned.unit,
        defaults={
            "server": ctx.server,
            "description": planned.description,
            "customer": customer,
            "total": total,
        },
    )
    if not created and row.state in (JobState.PLANNED, JobState.WRITING):
        if row.txn:
            # A worker died while it wrote: nothing was committed; do not leave Pace waiting for the time-out.
            _roll_back(ctx, row)
        row.server, row.description, row.customer, row.total = (
            ctx.server,
            planned.description,
            customer,
            total,
        )
        row.save(update_fields=["server", "description", "customer", "total"])
    return row


def _store_intent(ctx: Context, row: PaceJob) -> None:
    """The point of no return, as a committed row, and only while this worker still holds the order."""
    with transaction.atomic():
        # The order's row stays locked until this is stored: nobody takes the order over in between.
        ctx.claim.renew(force=True)
        PaceJob.objects.filter(pk=row.pk).update(
            state=JobState.COMMITTING,
            intent_at=ctx.now(),
            quiet_until=ctx.commit_settles_at(),
            refusal="",
        )
        ctx.record_with_state("job.commit_intended", {"unit": row.unit})


def _commit(ctx: Context, row: PaceJob, number: str) -> None:
    try:
        ctx.pace.commit(row.txn)
    except TransientError as error:
        if not error.surely_not_sent:
            raise _commit_unanswered(ctx, row, error) from error
        _roll_back(ctx, row)
        raise
    except HubError as error:
        # Even a plain refusal may come after Pace applied the commit: look before believing it.
        raise _commit_unanswered(ctx, row, error) from error
    _mark_done(ctx, row, number, adopted=False)


def _commit_unanswered(ctx: Context, row: PaceJob, error: HubError) -> OutcomeUnknown:
    look_at = ctx.now() + timedelta(seconds=ctx.server.quiet_seconds)
    refusal = error.message if isinstance(error, PermanentError) else ""
    PaceJob.objects.filter(pk=row.pk, txn=row.txn).update(quiet_until=look_at, refusal=refusal)
    ctx.record("job.outcome_unknown", {"unit": row.unit, "error": error.message, "look_at": look_at})
    return OutcomeUnknown(_lost_commit_message(ctx, row), look_at=look_at, evidence=error.evidence)


def _roll_back(ctx: Context, row: PaceJob) -> None:
    """Best effort: a transaction that cannot be rolled back now keeps its id on the row for the next try.

    Without one it is ended by Pace's own time-out, uncommitted.
    """
    try:
        ctx.pace.rollback(row.txn)
    except HubError as error:
        logger.warning("Rolling back a Pace transaction failed; the next try does it again: %s", error)
        _reset(row, txn=row.txn)
    else:
        ctx.record("job.rolled_back", {"unit": row.unit})
        _reset(row)


def _reset(row: PaceJob, *, txn: str = "") -> None:
    """Nothing is written yet. `txn`: a transaction that is still to be rolled back."""
    # Only its own transaction: a worker that wakes up late must not undo what its successor has begun.
    PaceJob.objects.filter(pk=row.pk, txn=row.txn).update(
        state=JobState.PLANNED, txn=txn, intent_at=None, quiet_until=None, refusal=""
    )
    row.state, row.txn = JobState.PLANNED, txn


def _mark_done(ctx: Context, row: PaceJob, number: str, *, adopted: bool) -> None:
    with transaction.atomic():
        PaceJob.objects.filter(pk=row.pk).update(
            state=JobState.DONE,
            number=number,
            adopted=adopted,
            submitted_at=ctx.now(),
            txn="",
            quiet_until=None,
            refusal="",
            # Of a job that was taken over nobody knows the files; Pace is asked when it matters.
            files=None if adopted else row.files,
        )
        made = "job.adopted" if adopted else "job.created"
        ctx.record_with_state(made, {"job": number, "unit": row.unit})


def note_jobs_on_items(order: Order, fetched: PresseroOrder, jobs: tuple[PlannedJob, ...]) -> list[str]:
    """Put the job numbers on the order's items, kits included, from where they are told to Pressero; all numbers of
    the order."""
    done = PaceJob.objects.filter(order=order, state=JobState.DONE).order_by("id")
    numbers = dict(done.values_list("unit", "number"))
    kits = Kits(fetched)
    kits_of = {item.seq: [kit.seq for kit in kits.ancestors(item)] for item in kits.items}
    of_item: dict[int, list[str]] = {}
    for job in jobs:
        for seq in {*job.items, *(kit for item in job.items for kit in kits_of.get(item, []))}:
            if number := numbers.get(job.unit):
                of_item.setdefault(seq, []).append(number)
    with_number: dict[str, list[int]] = {}
    for seq, found in of_item.items():
        with_number.setdefault(", ".join(dict.fromkeys(found)), []).append(seq)
    for number, seqs in with_number.items():
        OrderItem.objects.filter(order=order, seq__in=seqs).update(job_number=number)
    return list(numbers.values())
