"""Adding files to jobs that are in Pace already, once each (mapping rules 10).

The same care as for a job: one transaction per job, the intent stored before the commit, and after a lost answer a
look at what Pace holds. What is known to be there stands on the job's row, so that an event without news costs no call.
"""

from __future__ import annotations

import logging
from datetime import timedelta

from integrations.clients.schemas import Order as PresseroOrder
from integrations.clients.xpath import field_equals
from integrations.enums import JobState
from integrations.errors import HubError, OutcomeUnknown, PermanentError, TransientError
from integrations.models import PaceJob
from integrations.pipeline import inputs
from integrations.pipeline.context import Context
from integrations.pipeline.job_writer import link_file
from integrations.planning.late_files import LateFile, MadePart, file_key, files_of_parts
from integrations.planning.plan_types import PlannedValue, sendable
from integrations.planning.sources import pace as from_pace

logger = logging.getLogger(__name__)

_TRANSACTION_MINUTES = 5


def add_late_files(ctx: Context, fetched: PresseroOrder) -> None:
    """Bring files that Pace does not have yet to their parts. Raises the clients' errors; the jobs stay as they are."""
    rows = {row.unit: row for row in PaceJob.objects.filter(order=ctx.order, state=JobState.DONE)}
    for row in rows.values():
        _settle(ctx, row)
    made = [part for part in made_parts(ctx.order.plan) if part.unit in rows]
    if not made:
        return
    customer = _customer(ctx)
    found = files_of_parts(fetched, inputs.parameters_of(ctx.storefront), made, customer)
    wanted = [late for late in found if not late.problem]
    for unit, row in rows.items():
        files = [late for late in wanted if late.part.unit == unit]
        if any(late.key not in (row.files or []) for late in files):
            _add(ctx, row, files)
    for unsafe in (late for late in found if late.problem):
        raise PermanentError(
            f"Order {ctx.order.number}, {unsafe.problem}", field="fileUrl", cause="link:unsafe"
        )


def made_parts(plan: dict[str, object] | None) -> list[MadePart]:
    """The parts of the plan that was sent."""
    jobs = (plan or {}).get("jobs", [])
    return [
        MadePart(job["unit"], part["number"], part["item"])
        for job in jobs  # type: ignore[attr-defined]
        for part in job["parts"]
    ]


def _customer(ctx: Context) -> PlannedValue:
    return from_pace(ctx.order.pace_customer, "the customer of the job")


def _settle(ctx: Context, row: PaceJob) -> None:
    """An earlier commit of files without an answer: wait for the quiet period, close it, and look again."""
    if row.quiet_until is None:
        return
    if ctx.now() < row.quiet_until:
        raise OutcomeUnknown(_lost_message(ctx, row), look_at=row.quiet_until)
    if row.txn:
        ctx.pace.rollback(row.txn)
    _remember(row, files=None)


def _lost_message(ctx: Context, row: PaceJob) -> str:
    return (
        f"Order {ctx.order.number}: Pace did not confirm new files of job {row.number}; "
        f"what it holds is looked at before anything is added again."
    )


def _remember(row: PaceJob, *, files: list[str] | None) -> None:
    PaceJob.objects.filter(pk=row.pk).update(files=files, quiet_until=None, txn="")
    row.files, row.quiet_until, row.txn = files, None, ""


def _add(ctx: Context, row: PaceJob, files: list[LateFile]) -> None:
    present = _in_pace(ctx, row)
    missing = [late for late in files if late.key not in present]
    if missing:
        _write(ctx, row, missing, present)
    _remember(row, files=sorted(present | {late.key for late in files}))
    for late in missing:
        name = late.file.fields["fileName"].value
        ctx.record(
            "file.added", {"file": name, "job": row.number, "part": late.part.number, "item": late.file.item}
        )


def _in_pace(ctx: Context, row: PaceJob) -> set[str]:
    """The keys of the files that Pace holds for the job: one call."""
    found = ctx.pace.load("JobPartContentFile", field_equals("job", row.number), ["contentFile/@fileUrl"])
    return {file_key(str(entry["contentFile/@fileUrl"] or "")) for entry in found}


def _write(ctx: Context, row: PaceJob, missing: list[LateFile], present: set[str]) -> None:
    ctx.keep_claim()
    txn = ctx.pace.start_transaction(_TRANSACTION_MINUTES)
    row.txn = txn
    try:
        with_file: set[str] = set()
        for late in missing:
            ctx.keep_claim()
            link_file(
                lambda kind, fields: ctx.pace.create(kind, fields, txn),
                row.number,
                late.part.number,
                late.file,
            )
            if not present and late.part_fields and late.part.number not in with_file:
                # The job had no file at all when it was made: its parts get their own file fields now.
                key = f"{row.number}:{late.part.number}"
                ctx.pace.update("JobPart", {"primaryKey": key, **sendable(late.part_fields)}, txn)
            with_file.add(late.part.number)
        ctx.claim.renew(force=True)
        ctx.recorder.flush()
        quiet_until = ctx.now() + timedelta(seconds=ctx.server.quiet_seconds)
        PaceJob.objects.filter(pk=row.pk).update(txn=txn, quiet_until=quiet_until)
    except BaseException as error:
        _roll_back(ctx, row)
        if isinstance(error, OutcomeUnknown):
            raise TransientError(error.message, evidence=error.evidence, field="files") from error
        raise
    try:
        ctx.pace.commit(txn)
    except HubError as error:
        look_at = ctx.now() + timedelta(seconds=ctx.server.quiet_seconds)
        PaceJob.objects.filter(pk=row.pk, txn=txn).update(quiet_until=look_at)
        raise OutcomeUnknown(_lost_message(ctx, row), look_at=look_at, evidence=error.evidence) from error


def _roll_back(ctx: Context, row: PaceJob) -> None:
    try:
        ctx.pace.rollback(row.txn)
    except HubError as error:
        logger.warning("Rolling back a Pace transaction failed, Pace will time it out: %s", error)
