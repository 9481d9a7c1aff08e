"""The steps of an order, in order: fetch, decide, plan, submit, write back. One function each."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from integrations.clients.pressero_orders import parse_order
from integrations.clients.schemas import Order as PresseroOrder
from integrations.enums import FailureMode, JobState, OrderStatus
from integrations.errors import ConfigError, HubError, PermanentError
from integrations.models import Order, OrderItem, PaceJob
from integrations.pipeline import inputs, stages_seen, submit
from integrations.pipeline.context import Context
from integrations.pipeline.parties_in_pace import ensure_party
from integrations.planning.decide import Decision, decide
from integrations.planning.plan import make_plan
from integrations.planning.plan_types import Plan, PlanInputs
from integrations.services import overrides, search

# A waiting order is looked at again by itself, in case the event of the last decision was lost.
RECHECK_WAITING = timedelta(hours=1)


def fetch(ctx: Context) -> PresseroOrder:
    """Read the order afresh from Pressero and keep it. Events are only hints; this is the truth."""
    read_from = timezone.now()
    payload = ctx.pressero.order_payload(ctx.order.number)
    fetched = parse_order(payload)
    stages_seen.note_moves(ctx, fetched, read_from=read_from)
    keep_fetched(ctx.order, payload, fetched, at=ctx.now())
    ctx.record("order.fetched", {"items": len(fetched.items), "total": _money(fetched)})
    return fetched


def _money(order: PresseroOrder) -> str:
    return "unknown" if order.total is None else f"{order.total:.2f}"


def keep_fetched(row: Order, payload: object, fetched: PresseroOrder, *, at: datetime) -> None:
    """Store what was read: the payload, the columns for lists and search, and the items."""
    buyer = fetched.buyer_business or f"{fetched.buyer_first_name} {fetched.buyer_last_name}"
    with transaction.atomic():
        _set(
            row,
            fetched=money_as_text(payload),
            fetched_at=at,
            placed_at=fetched.placed_at,
            customer_name=buyer.strip()[:200],
            buyer_email=fetched.buyer_email.strip().lower()[:254],
            po_number=fetched.po_number[:100],
            total=fetched.total,
        )
        OrderItem.objects.bulk_create(
            [
                OrderItem(
                    order_id=row.pk,
                    seq=item.seq,
                    pressero_id=item.id[:64],
                    product_name=item.product_name[:300],
                    item_name=item.item_name[:300],
                    quantity=item.quantity,
                    price=item.price,
                    is_approved=item.is_approved,
                    is_denied=item.is_denied,
                    stage_name=item.stage_name[:120],
                )
                for item in fetched.items
            ],
            update_conflicts=True,
            unique_fields=["order", "seq"],
            update_fields=[
                "pressero_id", "product_name", "item_name", "quantity", "price", "is_approved", "is_denied", "stage_name",
            ],
        )  # fmt: skip
        search.index_orders([row.pk])


def _set(row: Order, **columns: Any) -> None:
    """Change these columns of an order, in the database and in hand, without reading its large texts again."""
    Order.objects.filter(pk=row.pk).update(**columns)
    for name, value in columns.items():
        setattr(row, name, value)


def money_as_text(payload: object) -> object:
    """JSON that a database keeps without loss: Decimals as their text (a JSON column would make them floats)."""
    if isinstance(payload, dict):
        return {key: money_as_text(value) for key, value in payload.items()}
    if isinstance(payload, list):
        return [money_as_text(value) for value in payload]
    return str(payload) if isinstance(payload, Decimal) else payload


def decide_order(ctx: Context, fetched: PresseroOrder) -> Decision:
    """Whether the order is sent, and which items (mapping rules 2)."""
    decision = decide(fetched, ctx.storefront.wait_for_approval)
    ctx.record(
        "order.decided",
        {"sentence": decision.reason, "kind": decision.kind, "items": list(decision.items)},
    )
    return decision


def plan_order(ctx: Context, fetched: PresseroOrder) -> Plan:
    """The plan of the order, customer and contact made sure of. Raises the first problem; all are recorded."""
    chosen = overrides.of_order(ctx.order)
    gathered: PlanInputs = inputs.gather(fetched, ctx.storefront, ctx.pace, ctx.pressero, ctx.now(), chosen)

    def plan_again() -> Plan:
        candidates = inputs.read_candidates(fetched, gathered.storefront, ctx.pace)
        return make_plan(replace(gathered, candidates=candidates))

    first = make_plan(gathered)
    stop_at_problems(ctx, first)
    plan = ensure_party(ctx, first, plan_again)
    stop_at_problems(ctx, plan)
    # Why a customer or contact was created, and what was cut in it, is noted only by the plan made before.
    plan = replace(plan, notes=tuple(dict.fromkeys((*first.notes, *plan.notes))))
    _record_lineage(ctx, plan)
    return plan


def stop_at_problems(ctx: Context, plan: Plan) -> None:
    """Raise the first problem of a plan; the others are on the timeline, so that all can be mended at once."""
    if not plan.problems:
        return
    # A single problem is told by the stop itself.
    for problem in plan.problems if len(plan.problems) > 1 else ():
        ctx.record(
            "order.plan_problem", {"message": problem.message, "field": problem.field, "item": problem.item}
        )
    first, more = plan.problems[0], len(plan.problems) - 1
    message = first.message + (f" ({more} more: see the timeline.)" if more else "")
    kind = ConfigError if first.mode == FailureMode.CONFIG else PermanentError
    raise kind(message, field=first.field, cause=first.cause)


def _record_lineage(ctx: Context, plan: Plan) -> None:
    """The choices staff ask about: customer, mapping rows, cut texts, skipped days."""
    if plan.party is not None:
        ctx.record(
            "party.found", {"reason": _sentence(plan.party.source.detail), "customer": plan.party.customer_id}
        )
    for job in plan.jobs:
        groups = [
            job.fields,
            *(part.fields for part in job.parts),
            *(entry.fields for entry in job.shipments),
        ]
        seen: set[tuple[str, str]] = set()
        for fields in groups:
            for name, planned in fields.items():
                source = planned.source
                if source.row_id is None or (name, source.detail) in seen:
                    continue
                seen.add((name, source.detail))
                ctx.record(
                    "mapping.chosen",
                    {
                        "field": name,
                        "reason": source.detail,
                        "mapping": source.mapping,
                        "row": source.row_id,
                        "value": planned.value,
                    },
                )
    for note in plan.notes:
        ctx.record("plan.note", {"message": note.message, "field": note.field, "item": note.item})
    parts = sum(len(job.parts) for job in plan.jobs)
    ctx.record(
        "order.planned",
        {"sentence": f"The plan holds {_count(len(plan.jobs), 'job')} with {_count(parts, 'part')}."},
    )


def _sentence(half: str) -> str:
    return f"{half[:1].upper()}{half[1:]}."


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def submit_order(ctx: Context, fetched: PresseroOrder, plan: Plan) -> None:
    """Bring every job of the plan to Pace, exactly once each."""
    with transaction.atomic():
        known = list(ctx.order.jobs.values_list("pk", "unit", "state"))
        _store_plan(ctx.order, plan, done={unit for _, unit, state in known if state == JobState.DONE})
        planned = {job.unit for job in plan.jobs}
        # Units of an earlier plan that the order no longer has, and that never came to Pace.
        if gone := [pk for pk, unit, state in known if state == JobState.PLANNED and unit not in planned]:
            PaceJob.objects.filter(pk__in=gone, state=JobState.PLANNED).delete()
    assert plan.party is not None  # noqa: S101 - a plan without problems has a party
    for job in plan.jobs:
        submit.submit_job(ctx, job, plan.party.contact_id)
    with transaction.atomic():
        numbers = submit.note_jobs_on_items(ctx.order, fetched, plan.jobs)
        _set(
            ctx.order,
            status=OrderStatus.SUBMITTED,
            message="",
            failure_mode=FailureMode.NONE,
            cause="",
            submitted_at=ctx.now(),
            seconds_to_job=_seconds_to_job(ctx),
            pace_customer=plan.party.customer_id[:50],
            sent_payload=ctx.order.fetched,
        )
        search.add_jobs(ctx.order.pk, numbers)
        ctx.record_with_state("order.submitted", {"jobs": ", ".join(numbers)})


def _seconds_to_job(ctx: Context) -> float:
    """Since the latest event of the order: the one that let it be sent (an approval may come days after the order)."""
    latest = ctx.order.events.order_by("-id").values_list("received_at", flat=True).first()
    return max(0.0, (ctx.now() - (latest or ctx.order.received_at)).total_seconds())


def _store_plan(order: Order, plan: Plan, *, done: set[str]) -> None:
    """Keep the plan that is sent; jobs that are in Pace already keep the plan they were made by."""
    data = plan.as_data()
    if done and order.plan:
        kept = [job for job in order.plan["jobs"] if job["unit"] in done]
        kept_units = {job["unit"] for job in kept}
        data["jobs"] = kept + [job for job in data["jobs"] if job["unit"] not in kept_units]
    _set(order, plan=data)


def write_back(ctx: Context) -> HubError | None:
    """Tell Pressero the job number of each item; the first failure, or None. One item's failure stops no other."""
    failure: HubError | None = None
    told: list[int] = []
    try:
        untold = OrderItem.objects.filter(order=ctx.order).exclude(job_number="")
        for item in untold.exclude(job_number=F("told_job_number")):
            ctx.keep_claim()
            data = {"job": item.job_number, "item": item.seq}
            try:
                ctx.pressero.set_job_number(ctx.order.number, item.seq, item.job_number)
            except HubError as error:
                failure = failure or error
                ctx.record("item.job_number_failed", {**data, "message": error.message})
                continue
            told.append(item.pk)
            ctx.record("item.job_number_told", data)
    finally:
        # In one go: telling Pressero the same number twice harms nobody.
        OrderItem.objects.filter(pk__in=told).update(told_job_number=F("job_number"))
    return failure
