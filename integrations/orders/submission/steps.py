"""The steps of an order, in order: fetch, decide, plan, submit, write back. One function each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from automationhub.lib.texts import first_email
from integrations.causes import NO_CAUSE
from integrations.clients.http import at_once
from integrations.clients.pressero.orders import parse_order
from integrations.clients.schemas import PaceReference, PresseroOrder
from integrations.core.search import index as search_index
from integrations.core.search.keywords import SearchFacts
from integrations.core.workqueue import outbox
from integrations.enums import FailureMode, JobState, OrderStatus, Step
from integrations.errors import ConfigError, HubError, PermanentError
from integrations.models import Order, OrderItem
from integrations.orders.submission import cancellations, customer_check, inputs, overrides, shadow, submit
from integrations.orders.submission.begun import begun_units
from integrations.orders.submission.context import SubmissionContext
from integrations.orders.submission.customers import CreatedCustomer, ensure_customer
from integrations.planning.decide import Decision, decide
from integrations.planning.override_fields import field_label
from integrations.planning.plan import make_plan
from integrations.planning.plan_types import Plan, PlanInputs, PlannedCustomer, SourceKind, Value
from integrations.planning.shop_view import planned_ship_by, planned_ship_via, requested_ship_by

# A waiting order is looked at again by itself, in case the event of the last decision was lost.
RECHECK_WAITING = timedelta(hours=1)


@dataclass(frozen=True)
class Reading:
    """An order as Pressero shows it now. `began_at`: when the reading was begun."""

    payload: dict[str, Any]
    order: PresseroOrder
    began_at: datetime


def fetch(ctx: SubmissionContext) -> Reading:
    """Read the order afresh from Pressero. Events are only hints; this is the truth."""
    began_at = timezone.now()
    payload = ctx.pressero.order_payload(ctx.order.number)
    return Reading(payload, parse_order(payload), began_at)


def store_reading(ctx: SubmissionContext, reading: Reading, now: datetime) -> None:
    """Store what was read, and what it says about moves by staff. Within `lease.holding`."""
    fetched = reading.order
    cancellations.note_moves(ctx, fetched, read_from=reading.began_at)
    store_fetched(ctx.order, reading.payload, fetched, at=now)
    ctx.record("order.fetched", {"items": len(fetched.items), "total": _money(fetched)})


def _money(order: PresseroOrder) -> str:
    return "unknown" if order.total is None else f"{order.total:.2f}"


def store_fetched(row: Order, payload: object, fetched: PresseroOrder, *, at: datetime) -> None:
    """Store what was read: the payload, the columns for lists and search, and the items. Call it holding the lease."""
    buyer = fetched.buyer_business or f"{fetched.buyer_first_name} {fetched.buyer_last_name}"
    first = row.fetched is None and row.submitted_at is None
    with transaction.atomic(savepoint=False):
        _set(
            row,
            fetched=money_as_text(payload),
            fetched_at=at,
            placed_at=fetched.placed_at,
            customer_name=buyer.strip()[:200],
            buyer_email=first_email(fetched.buyer_email).lower()[:254],
            po_number=fetched.po_number[:100],
            total=fetched.total,
            **_requested_shipping(row, fetched),
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
        if first:
            search_index.index_new(row.pk, _facts(row, fetched))
        else:
            search_index.index_orders([row.pk])


def _facts(row: Order, fetched: PresseroOrder) -> SearchFacts:
    """By what an order is found that has no job yet."""
    products = (text for item in fetched.items for text in (item.product_name[:300], item.item_name[:300]))
    named = tuple(dict.fromkeys(text for text in products if text))
    return SearchFacts(row.number, row.customer_name, row.buyer_email, row.po_number, (), named, ())


def _requested_shipping(row: Order, fetched: PresseroOrder) -> dict[str, date]:
    """The ship date as requested, until a plan says more."""
    asked = requested_ship_by(fetched)
    return {"ship_by": asked} if asked is not None and row.submitted_at is None else {}


def _planned_shipping(plan: Plan) -> dict[str, Any]:
    """The columns of an order that a plan fills, also one that stops the order."""
    day = planned_ship_by(plan)
    return {"ship_via": planned_ship_via(plan), **({"ship_by": day} if day is not None else {})}


def _set(row: Order, **columns: Any) -> None:
    """Change these columns of an order, in the database and in hand, without reading its large texts again.

    Only while the lease is held (`OrderLease.holding`).
    """
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


def decide_order(ctx: SubmissionContext, fetched: PresseroOrder) -> Decision:
    """Whether the order is sent, and which items (docs/mapping.md §1)."""
    decision = decide(fetched, ctx.storefront.wait_for_approval)
    ctx.record(
        "order.decided",
        {"sentence": decision.reason, "kind": decision.kind, "items": list(decision.items)},
    )
    return decision


def plan_order(ctx: SubmissionContext, fetched: PresseroOrder) -> Plan:
    """The plan of the order, customer and contact made sure of. Raises the first problem; all are recorded."""
    chosen = overrides.of_order(ctx.order)
    gathered: PlanInputs = inputs.gather(fetched, ctx.storefront, ctx.pace, ctx.pressero, ctx.now(), chosen)
    gathered = replace(gathered, begun=begun_units(ctx.order))

    def plan_again(created: CreatedCustomer | None = None) -> Plan:
        nonlocal gathered
        before, store = gathered.candidates, gathered.storefront
        candidates = (
            inputs.with_created(before, fetched, created.customer, created.contact)
            if created
            else inputs.read_again(before, fetched, store, ctx.pace)
        )
        gathered = replace(gathered, candidates=candidates)
        return make_plan(gathered)

    if gathered.candidates.customer_exists and not ctx.storefront.integration_id_confirmed:
        customer_check.note_known(ctx.storefront.pk, ctx.storefront.integration_id.strip())
    first = make_plan(gathered)
    stop_at_problems(ctx, first)
    plan = ensure_customer(ctx, first, plan_again)
    stop_at_problems(ctx, plan)
    # Why a customer or contact was created, and what was cut in it, is noted only by the plan made before.
    plan = replace(plan, notes=tuple(dict.fromkeys((*first.notes, *plan.notes))))
    _record_lineage(ctx, plan, gathered.reference)
    return plan


def plan_in_shadow(ctx: SubmissionContext, fetched: PresseroOrder) -> None:
    """Plan the order as it would be sent and keep the plan; nothing is created in Pace, not even a customer."""
    chosen = overrides.of_order(ctx.order)
    gathered = inputs.gather(fetched, ctx.storefront, ctx.pace, ctx.pressero, ctx.now(), chosen)
    plan = make_plan(gathered)
    stop_at_problems(ctx, plan)
    _record_lineage(ctx, plan, gathered.reference)
    with ctx.lease.holding() as now:
        _store_plan(ctx.order, plan, done=set())
        shadow.note_planned(ctx.order, now)
        ctx.record_with_state("order.shadow")


def stop_at_problems(ctx: SubmissionContext, plan: Plan) -> None:
    """Raise the first problem of a plan; the others are on the timeline, so that all can be mended at once."""
    if not plan.problems:
        return
    # A single problem is told by the stop itself.
    for problem in plan.problems if len(plan.problems) > 1 else ():
        ctx.record(
            "order.plan_problem", {"message": problem.message, "field": problem.field, "item": problem.item}
        )
    with ctx.lease.holding():
        _set(ctx.order, **_planned_shipping(plan))
    first, more = plan.problems[0], len(plan.problems) - 1
    message = first.message + (f" ({more} more: see the timeline.)" if more else "")
    kind = ConfigError if first.mode == FailureMode.CONFIG else PermanentError
    raise kind(message, field=first.field, cause=first.cause)


def _record_lineage(ctx: SubmissionContext, plan: Plan, reference: PaceReference) -> None:
    """The choices staff ask about: customer, mapping rows, cut texts, skipped days."""
    if plan.party is not None:
        ctx.record(
            "party.found", {"reason": _customer_sentence(plan.party), "customer": plan.party.customer_id}
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
                        "what": f"{field_label(name)} {_with_name(name, planned.value, reference)}",
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


def _customer_sentence(party: PlannedCustomer) -> str:
    detail = party.source.detail
    if party.customer_id:
        return f"Customer {party.customer_id}, found through {detail}."
    if party.source.kind == SourceKind.PACE:
        return f"A new customer is created because {detail}."
    return f"A new customer is created with {detail}."


def _with_name(field: str, value: Value, reference: PaceReference) -> str:
    """A code of Pace with its name: UPS Next Day Air (5013)."""
    listed = {"shipVia": reference.ship_vias, "itemTemplate": reference.item_templates}.get(field, ())
    name = next((one.description for one in listed if one.key == str(value)), "")
    return f"{name} ({value})" if name and name != str(value) else str(value)


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def submit_order(ctx: SubmissionContext, fetched: PresseroOrder, plan: Plan) -> None:
    """Bring every job of the plan to Pace, exactly once each."""
    with ctx.lease.holding() as now:
        ctx.attempts.begin(Step.SUBMIT, now)
        known = list(ctx.order.jobs.order_by("pk").values_list("unit", "state"))
        _store_plan(ctx.order, plan, done={unit for unit, state in known if state == JobState.DONE})
        # Units of an earlier plan that the order no longer has, and of which nothing can have come to Pace.
        if {unit for unit, _ in known} - {job.unit for job in plan.jobs}:
            never_sent = ctx.order.jobs.filter(state=JobState.PLANNED, txn="")
            never_sent.exclude(unit__in=[job.unit for job in plan.jobs]).delete()
    assert plan.party is not None  # noqa: S101 - a plan without problems has a party
    for job in plan.jobs:
        submit.submit_job(ctx, job, plan.party.contact_id)
    with ctx.lease.holding() as now:
        numbers = submit.note_jobs_on_items(ctx.order, fetched, {job.unit: job.items for job in plan.jobs})
        outbox.status_changed(ctx.order.pk, ctx.order.status, OrderStatus.SUBMITTED)
        _set(
            ctx.order,
            status=OrderStatus.SUBMITTED,
            message="",
            failure_mode=FailureMode.NONE,
            **NO_CAUSE.columns,
            submitted_at=now,
            seconds_to_job=_seconds_to_job(ctx, now),
            pace_customer=plan.party.customer_id[:50],
            sent_payload=ctx.order.fetched,
        )
        search_index.add_jobs(ctx.order.pk, numbers)
        ctx.record_with_state("order.submitted", {"jobs": ", ".join(numbers)})
        ctx.attempts.begin(Step.WRITE_BACK, now)


def _seconds_to_job(ctx: SubmissionContext, now: datetime) -> float:
    """Since the latest event of the order: the one that let it be sent (an approval may come days after the order)."""
    latest = ctx.order.events.order_by("-id").values_list("received_at", flat=True).first()
    return max(0.0, (now - (latest or ctx.order.received_at)).total_seconds())


def _store_plan(order: Order, plan: Plan, *, done: set[str]) -> None:
    """Keep the plan that is sent; jobs that are in Pace already keep the plan they were made by."""
    data = plan.as_data()
    if done and order.plan:
        kept = [job for job in order.plan["jobs"] if job["unit"] in done]
        kept_units = {job["unit"] for job in kept}
        data["jobs"] = kept + [job for job in data["jobs"] if job["unit"] not in kept_units]
    _set(order, plan=data, **_planned_shipping(plan))


def write_back(ctx: SubmissionContext) -> HubError | None:
    """Tell Pressero the job number of each item; the first failure, or None. One item's failure stops no other."""
    failure: HubError | None = None
    sent: dict[int, str] = {}
    unsent = OrderItem.objects.filter(order=ctx.order).exclude(job_number="")
    waiting = list(unsent.exclude(job_number=F("sent_job_number")).order_by("seq"))
    try:
        while waiting:
            ctx.renew_lease()
            some, waiting = waiting[: at_once.MOST], waiting[at_once.MOST :]
            numbers = [(item.seq, item.job_number) for item in some]
            errors = ctx.pressero.set_job_numbers(ctx.order.number, numbers)
            for item, error in zip(some, errors, strict=True):
                data = {"job": item.job_number, "item": item.seq}
                if error is not None:
                    failure = failure or error
                    ctx.record("item.job_number_failed", {**data, "message": error.message})
                    continue
                sent[item.pk] = item.job_number
                ctx.record("item.job_number_told", data)
    finally:
        # In one go, with the end of the try: telling Pressero the same number twice harms nobody.
        if sent:
            ctx.at_the_end.append(lambda: _note_sent(sent))
    return failure


def _note_sent(sent: Mapping[int, str]) -> None:
    """Note which job numbers Pressero shows now: by number, because an item may have got another one meanwhile."""
    by_number: dict[str, list[int]] = {}
    for pk, number in sent.items():
        by_number.setdefault(number, []).append(pk)
    for number, pks in by_number.items():
        OrderItem.objects.filter(pk__in=pks).update(sent_job_number=number)
