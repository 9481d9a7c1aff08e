"""Writing planned jobs to Pace: one transaction per job, exactly once each (pace_transaction.py has the care)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db.models import Q, QuerySet

from integrations.causes import CauseKind
from integrations.clients.schemas import PaceJobFound, PresseroOrder
from integrations.core.workqueue.leases import must_change
from integrations.enums import JobState
from integrations.errors import PermanentError
from integrations.models import Order, OrderItem, PaceJob
from integrations.orders.submission.context import SubmissionContext
from integrations.orders.submission.job_writer import WrittenJob, renumbered, write_job
from integrations.orders.submission.pace_transaction import PaceTransaction
from integrations.planning.calls import calls_of_job
from integrations.planning.found_jobs import Sought, recognize
from integrations.planning.kits import Kits
from integrations.planning.links import file_key
from integrations.planning.plan_types import PlannedJob


class JobSubmission(PaceTransaction[WrittenJob]):
    """One job of an order. `planned` is not needed to settle what an earlier attempt left."""

    trail = "job"
    when_started = {"state": JobState.WRITING}
    when_intended = {"state": JobState.COMMITTING}
    when_undone = {"state": JobState.PLANNED}
    row: PaceJob

    def __init__(
        self,
        ctx: SubmissionContext,
        row: PaceJob,
        planned: PlannedJob | None = None,
        contact_id: int | None = None,
    ) -> None:
        super().__init__(ctx, row)
        self._planned = planned
        self._contact_id = contact_id

    @property
    def planned(self) -> PlannedJob:
        assert self._planned is not None  # noqa: S101 - narrows the type
        return self._planned

    @property
    def is_committing(self) -> bool:
        return self.row.state == JobState.COMMITTING

    def rows(self) -> QuerySet[PaceJob]:
        # A job that is in Pace is never planned again, whoever wakes up late.
        return PaceJob.objects.filter(pk=self.row.pk).exclude(state=JobState.DONE)

    def write(self, txn: str) -> WrittenJob:
        return write_job(self.pace, self.planned, self._contact_id, txn, between_calls=self.ctx.renew_lease)

    def intended(self, made: WrittenJob) -> Mapping[str, Any]:
        # Pace may have changed the description: the one it holds is the one to look for.
        return {**self.when_intended, "description": made.description[:255]}

    def store_beside_intent(self, made: WrittenJob) -> None:
        order = self.ctx.order
        plan = renumbered(order.plan or {}, self.row.unit, made.parts)
        if plan is not order.plan and order.plan:
            Order.objects.filter(pk=order.pk).update(plan=plan)
            order.plan = plan

    def find(self) -> Mapping[str, Any] | None:
        """The job by what makes it unique. Raises PermanentError when a person has to say which job it is."""
        order = self.ctx.order
        found = self.pace.jobs_of_order(order.number, self.row.customer)
        known = PaceJob.objects.filter(server=self.row.server, number__in=[job.number for job in found])
        accounted_for = set(known.exclude(pk=self.row.pk).values_list("number", flat=True)) if found else ()
        seen = recognize(found, Sought(order.number, self.row.unit, self.row.description), accounted_for)
        mine = seen.mine
        if not mine and self.is_committing:
            # Pace was asked before the job was written: what is there since then is what the commit made.
            mine = seen.unexplained
        if len(mine) > 1:
            raise self._several(mine)
        if mine:
            # Which files such a job has is not known; Pace is asked when it matters.
            return {**_in_pace(mine[0].number, self.ctx.now()), "adopted": True, "files": None}
        if seen.unexplained:
            raise self._unexplained(seen.unexplained)
        return None

    def _several(self, jobs: Sequence[PaceJobFound]) -> PermanentError:
        return PermanentError(
            f"Order {self.ctx.order.number}: Pace has several jobs that may be “{self.row.description}” "
            f"({_named(jobs)}). Cancel all but one in Pace and change their descriptions so that they no longer begin "
            f"with the order number, then select Retry.",
            field="job",
            cause=CauseKind.SEVERAL_JOBS.of(),
        )

    def _unexplained(self, jobs: Sequence[PaceJobFound]) -> PermanentError:
        number, wanted = self.ctx.order.number, self.row.description
        return PermanentError(
            f"Order {number}: Pace has a job of customer {self.row.customer} that begins with this order number and that "
            f"Automation Hub has no record of creating: {_named(jobs)}. If it is the job of this order, set its "
            f"description in Pace to “{wanted}” and select Retry: the hub then uses it. If it is not, change its "
            f"description so that it no longer begins with “{number} - ”, then select Retry.",
            field="job",
            cause=CauseKind.UNEXPLAINED_JOB.of(),
        )

    def made(self, made: WrittenJob, now: datetime) -> Mapping[str, Any]:
        links = [file.fields["fileUrl"].value for part in self.planned.parts for file in part.files]
        return {
            **_in_pace(made.number, now),
            "adopted": False,
            "files": [file_key(str(link)) for link in links],
        }

    def record_made(self, made: WrittenJob) -> None:
        self.ctx.record_with_state("job.created", self.data())

    def unanswered(self, reason: str) -> str:
        return (
            f"Order {self.ctx.order.number}: Pace did not confirm the job “{self.row.description}”. "
            f"The hub checks Pace before it writes anything again."
        )

    def data(self) -> dict[str, Any]:
        return {"unit": self.row.unit, "description": self.row.description, "job": self.row.number}


def _named(jobs: Sequence[PaceJobFound]) -> str:
    return ", ".join(f"{job.number} “{job.description}”" for job in jobs)


def _in_pace(number: str, now: datetime) -> dict[str, Any]:
    return {"state": JobState.DONE, "number": number, "submitted_at": now}


def unsettled(order: Order) -> QuerySet[PaceJob]:
    """The jobs of which an attempt has left a transaction: perhaps a commit without an answer."""
    begun = PaceJob.objects.filter(~Q(txn="") | Q(state=JobState.COMMITTING), order=order)
    return begun.exclude(state=JobState.DONE).select_related("server").order_by("id")


def settle_jobs(ctx: SubmissionContext) -> None:
    """Find out what became of the jobs that earlier attempts began, each where it was sent.

    Raises OutcomeUnknown while a quiet period lasts.
    """
    for row in unsettled(ctx.order):
        JobSubmission(ctx, row).settle()


def submit_job(ctx: SubmissionContext, planned: PlannedJob, contact_id: int | None) -> None:
    """Bring one planned job to Pace, exactly once. Every HubError leaves nothing of it behind but an open commit's row."""
    row = _row_for(ctx, planned)
    if row.state == JobState.DONE:
        return
    submission = JobSubmission(ctx, row, planned, contact_id)
    # One call covers what our own rows cannot know: a database restored from a backup.
    if not submission.adopt():
        submission.make(calls_of_job(planned))


def _row_for(ctx: SubmissionContext, planned: PlannedJob) -> PaceJob:
    """The row of the planned job, as it is planned now. Nothing of it is open: `settle_jobs` came first."""
    price = planned.fields["originalQuotedPrice"].value
    as_planned: dict[str, Any] = {
        "server": ctx.server,
        "description": planned.description,
        "customer": str(planned.fields["customer"].value),
        "total": price if isinstance(price, Decimal) else None,
    }
    with ctx.lease.holding():
        row = PaceJob.objects.filter(order=ctx.order, unit=planned.unit).order_by("pk").first()
        if row is None:
            return PaceJob.objects.create(order=ctx.order, unit=planned.unit, **as_planned)
        if row.state != JobState.DONE:
            # Also a row that says it is being written and has no transaction: nothing of it can be in Pace.
            untouched = PaceJob.objects.filter(pk=row.pk, txn="").exclude(
                state__in=[JobState.COMMITTING, JobState.DONE]
            )
            as_planned["state"] = JobState.PLANNED
            must_change(untouched.update(**as_planned))
            for name, value in as_planned.items():
                setattr(row, name, value)
    return row


def note_jobs_on_items(
    order: Order, fetched: PresseroOrder, items_of: Mapping[str, Sequence[int]]
) -> list[str]:
    """Put the job numbers on the order's items, kits included, from where they are told to Pressero; all numbers of
    the order. `items_of`: the items that each unit stands for."""
    done = PaceJob.objects.filter(order=order, state=JobState.DONE).order_by("id")
    numbers = dict(done.values_list("unit", "number"))
    kits = Kits(fetched)
    kits_of = {item.seq: [kit.seq for kit in kits.ancestors(item)] for item in kits.items}
    of_item: dict[int, list[str]] = {}
    for unit, items in items_of.items():
        for seq in {*items, *(kit for item in items for kit in kits_of.get(item, []))}:
            if number := numbers.get(unit):
                of_item.setdefault(seq, []).append(number)
    with_number: dict[str, list[int]] = {}
    for seq, found in of_item.items():
        with_number.setdefault(", ".join(dict.fromkeys(found)), []).append(seq)
    for number, seqs in with_number.items():
        OrderItem.objects.filter(order=order, seq__in=seqs).update(job_number=number)
    return list(numbers.values())
