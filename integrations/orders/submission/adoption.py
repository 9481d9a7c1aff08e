"""Taking on the jobs that others made for an order, when its storefront has left shadow mode: never made a second time.

Before anything of such an order is written, its job is looked for in Pace once more. What is found becomes the order's, in the
one database transaction that also says so; a worker that dies before it leaves nothing, one that dies after it leaves an order
that is submitted.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db import IntegrityError

from integrations.causes import NO_CAUSE, CauseKind
from integrations.clients.pace.values import text_of
from integrations.clients.schemas import PresseroOrder
from integrations.core.search import index as search_index
from integrations.core.workqueue import outbox
from integrations.enums import FailureMode, JobState, OrderStatus
from integrations.errors import StateChanged
from integrations.models import Order, OrderItem, PaceJob, ShadowComparison
from integrations.orders.submission import held_jobs, inputs, overrides, shadow, submit
from integrations.orders.submission.context import SubmissionContext
from integrations.planning.adopted_jobs import AdoptedJob, adopted_jobs
from integrations.planning.links import file_key
from integrations.planning.plan import make_plan
from integrations.planning.plan_types import Plan
from integrations.stored import StoredPlan


def adopt(ctx: SubmissionContext, fetched: PresseroOrder) -> bool:
    """Take on the jobs that others made for this order; False when Pace has none. Raises the clients' errors, LeaseLost."""
    numbers = shadow.jobs_of_orders(ctx.pace, [ctx.order])[ctx.order.number]
    if not numbers:
        return False
    plan = _plan(ctx, fetched)
    held = held_jobs.read_jobs(ctx.pace, numbers, [plan])
    jobs = adopted_jobs(fetched, plan, [held[number] for number in numbers if number in held])
    if not jobs:
        return False
    ctx.renew_lease()
    try:
        _store(ctx, fetched, plan, jobs)
    except IntegrityError as error:
        raise StateChanged(
            f"Order {ctx.order.number}: another order took job {', '.join(numbers)} at the same moment.",
            cause=CauseKind.STATE_CHANGED.of(),
        ) from error
    return True


def _plan(ctx: SubmissionContext, fetched: PresseroOrder) -> Plan:
    """What the hub would have made, to tell whose the parts are. Problems of a setting are no matter here."""
    chosen = overrides.of_order(ctx.order)
    return make_plan(inputs.gather(fetched, ctx.storefront, ctx.pace, ctx.pressero, ctx.now(), chosen))


def _store(ctx: SubmissionContext, fetched: PresseroOrder, plan: Plan, jobs: Sequence[AdoptedJob]) -> None:
    order, customer = ctx.order, text_of(jobs[0].job.fields.get("customer"))
    known = sorted({file_key(file.url) for item in fetched.items for file in item.files if file.url.strip()})
    with ctx.lease.holding() as now:
        # A row that was planned and never begun is not what stands in Pace.
        order.jobs.filter(state=JobState.PLANNED, txn="").delete()
        PaceJob.objects.bulk_create(
            PaceJob(
                order=order,
                server=ctx.server,
                unit=one.unit,
                number=one.job.number,
                description=text_of(one.job.fields.get("description"))[:255],
                customer=text_of(one.job.fields.get("customer"))[:50],
                state=JobState.DONE,
                adopted=True,
                # How the others linked the files is theirs: only what comes later is added.
                files=known,
                submitted_at=now,
            )
            for one in jobs
        )
        numbers = submit.note_jobs_on_items(order, fetched, {one.unit: one.items for one in jobs})
        _note_shown(order, fetched)
        data: StoredPlan = {**plan.as_data(), "jobs": [one.data for one in jobs]}
        changed: dict[str, Any] = {
            "plan": data,
            "status": OrderStatus.SUBMITTED,
            "message": "",
            "failure_mode": FailureMode.NONE,
            **NO_CAUSE.columns,
            "submitted_at": now,
            "pace_customer": customer[:50],
            "sent_payload": order.fetched,
        }
        outbox.status_changed(order.pk, order.status, OrderStatus.SUBMITTED)
        Order.objects.filter(pk=order.pk).update(**changed)
        ShadowComparison.objects.filter(order=order).update(jobs=numbers, judged_at=now, due_at=None)
        search_index.add_jobs(order.pk, numbers)
        ctx.record_with_state("order.adopted", {"jobs": ", ".join(numbers)})
    for name, value in changed.items():
        setattr(order, name, value)


def _note_shown(order: Order, fetched: PresseroOrder) -> None:
    """Where Pressero shows the job number already, it is not written again."""
    shown = {item.seq: item.mis_id.strip() for item in fetched.items if item.mis_id.strip()}
    for seq, number in shown.items():
        OrderItem.objects.filter(order=order, seq=seq, job_number=number).update(sent_job_number=number)
