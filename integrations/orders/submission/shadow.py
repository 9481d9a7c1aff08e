"""Shadow mode: what an order would have become, beside the job that people or another connector made for it.

An order is planned by its worker (`steps.plan_in_shadow`). Its job may come later, so it is looked for apart from that, for
many orders in one call, again and again for some days. Reads only. The rows are written while no other worker compares.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from automationhub.lib import database_clock
from automationhub.lib.texts import one_line
from integrations.clients.pace.client import PaceClient
from integrations.clients.pressero.client import PresseroClient
from integrations.clients.pressero.orders import parse_order
from integrations.clients.schemas import PresseroOrder
from integrations.core.audit import log as audit
from integrations.core.audit.recorder import note_trouble
from integrations.core.connections import circuits
from integrations.core.connections.clients import pace_client, pressero_client
from integrations.core.workqueue import messages, orders, work_leases
from integrations.enums import OrderStatus, ShadowResult, StorefrontMode
from integrations.errors import HubError
from integrations.models import Order, PaceJob, PaceServer, ShadowComparison, ShadowDifference, Storefront
from integrations.orders.submission import held_jobs, inputs, overrides
from integrations.planning.comparison_fixes import ComparisonFix
from integrations.planning.job_comparison import HeldJob, JobDifference, compare
from integrations.planning.others_jobs import SoughtOrder
from integrations.planning.plan import make_plan
from integrations.planning.plan_types import Plan
from integrations.stored import StoredComparedTable

logger = logging.getLogger(__name__)

WORK = "shadow orders"
# Orders whose jobs are looked for in one call: some five conditions each in one filter.
BATCH = 25
# Rows named in one statement: databases limit its parameters.
AT_ONCE = 500
# How long after an order's age until its job is looked for again: another connector may be minutes or days late.
_AGAIN = (
    (timedelta(hours=2), timedelta(minutes=10)),
    (timedelta(days=1), timedelta(hours=1)),
    (timedelta(days=7), timedelta(hours=6)),
)
# A job that was found may still be written: its shipments and files often come a little later.
SETTLED_AFTER = timedelta(hours=1)
_UNDECIDED = (OrderStatus.SHADOW, OrderStatus.RECEIVED, OrderStatus.PROCESSING, OrderStatus.NEEDS_ATTENTION)
AFTER_TROUBLE = timedelta(minutes=5)


@dataclass
class Pass:
    """How a pass over the orders that are due went. `problems` are sentences."""

    compared: int = 0
    unfinished: bool = False
    problems: list[str] = field(default_factory=list)


# --- what the worker of an order notes ----------------------------------------------------------------------------


def note_entered(order: Order, at: datetime) -> None:
    """The order is handled in shadow mode: from now on it may have a job that the hub did not make. Holding its lease."""
    ShadowComparison.objects.get_or_create(
        order=order,
        defaults={"storefront_id": order.storefront_id, "first_planned_at": at, "planned_at": at},
    )


def note_planned(order: Order, at: datetime) -> None:
    """The order was planned, so it can be compared. Holding its lease.

    An order that had to wait came when it was planned first: the job of others was made then, too.
    """
    row = ShadowComparison.objects.select_for_update().get(order=order)
    first = row.first_planned_at if row.due_at or row.compared_at else at
    ShadowComparison.objects.filter(pk=row.pk).update(planned_at=at, due_at=at, first_planned_at=first)


def was_in_shadow(order: Order) -> bool:
    """Whether the order was handled in shadow mode, so that its job may be in Pace without the hub's having made it."""
    return ShadowComparison.objects.filter(order=order).exists()


def note_judged(order: Order) -> None:
    """It is decided what becomes of the order now that its storefront is live. Holding its lease."""
    ShadowComparison.objects.filter(order=order, judged_at=None).update(judged_at=database_clock.now())


def wake_unjudged(storefront: Storefront | None = None) -> int:
    """Have workers decide about the orders of storefronts that have left shadow mode: adopt their jobs, send them, or leave
    them to those who made jobs before. How many there are.

    `storefront`: it has left shadow mode just now, so its unfinished orders are decided about, too. One that a worker is at
    is looked at again when that worker is done.
    """
    left = ShadowComparison.objects.filter(
        judged_at=None,
        storefront__mode=StorefrontMode.LIVE,
        storefront__active=True,
        order__submitted_at=None,
    )
    if storefront is None:
        left = left.filter(order__status=OrderStatus.SHADOW)
    else:
        left = left.filter(order__status__in=_UNDECIDED, storefront=storefront)
    found = list(left.order_by("pk").values_list("order_id", flat=True))
    for start in range(0, len(found), AT_ONCE):
        orders.make_due(found[start : start + AT_ONCE])
    return len(found)


# --- passes -------------------------------------------------------------------------------------------------------


def compare_due(*, budget: float | None = None, of: Storefront | None = None) -> Pass:
    """Compare what is due, server by server; nothing while another worker is at it (then it is `unfinished`).

    `budget` in seconds: what is left then, a next task goes on with. `of`: only the orders of this storefront.
    """
    done = Pass()
    with work_leases.one_at_a_time(WORK) as work:
        if work is None:
            done.unfinished = True
            return done
        stop_at = None if budget is None else time.monotonic() + budget
        for server in PaceServer.objects.filter(active=True).order_by("pk"):
            due = partial(_due, server, of)
            _compare_server(server, due, work, stop_at, done)
        work.summary = f"{done.compared} orders compared with the jobs in Pace."
    if done.unfinished and budget is not None:
        messages.ask_for_comparison()
    return done


def ask_again(storefront: Storefront) -> int:
    """Compare all orders of a storefront afresh, with its configuration as it is now; how many there are."""
    rows = _comparable().filter(storefront=storefront)
    return rows.update(due_at=timezone.now())


def _comparable() -> QuerySet[ShadowComparison]:
    return ShadowComparison.objects.filter(order__status=OrderStatus.SHADOW)


def _due(server: PaceServer, of: Storefront | None) -> QuerySet[ShadowComparison]:
    now = timezone.now()
    rows = _comparable().filter(due_at__lte=now, storefront__pace_server=server, storefront__active=True)
    rows = rows if of is None else rows.filter(storefront=of)
    rows = rows.select_related("order", "storefront__pace_server", "storefront__pressero_account")
    return rows.defer("order__plan", "order__sent_payload", "tables").order_by("due_at", "pk")


def _compare_server(
    server: PaceServer,
    due: Callable[[], QuerySet[ShadowComparison]],
    work: work_leases.Work,
    stop_at: float | None,
    done: Pass,
) -> None:
    while rows := _one_of_each_number(due()[:BATCH]):
        if stop_at is not None and time.monotonic() > stop_at:
            done.unfinished = True
            return
        work.renew()
        trouble: dict[str, str] = {}
        try:
            with circuits.guard(server, trouble):
                done.compared += _compare_batch(
                    pace_client(server, observer=partial(note_trouble, trouble)), rows
                )
        except HubError as error:
            done.problems.append(str(error))
            _postpone(rows, str(error))
            return


def _one_of_each_number(rows: Iterable[ShadowComparison]) -> list[ShadowComparison]:
    """Pace is asked by order number. Subscriptions may share one; the other order is in the next batch."""
    return list({row.order.number: row for row in rows}.values())


def _postpone(rows: Sequence[ShadowComparison], problem: str) -> None:
    ShadowComparison.objects.filter(pk__in=[row.pk for row in rows]).update(
        due_at=timezone.now() + AFTER_TROUBLE, problem=problem
    )


# --- one batch ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Found:
    """An order whose jobs are in Pace, with what it would have become."""

    row: ShadowComparison
    order: PresseroOrder
    plan: Plan
    jobs: tuple[str, ...]


def _compare_batch(pace: PaceClient, rows: Sequence[ShadowComparison]) -> int:
    """Look for the jobs of these orders, and compare those that are there. Raises Pace's errors."""
    readable = {row.order.number: row for row in rows if row.order.fetched}
    for row in rows:
        if not row.order.fetched:
            _store_problem(
                row, f"Order {row.order.number} was cleared of its data, so it cannot be compared."
            )
    if not readable:
        return len(rows)
    jobs = jobs_of_orders(pace, [row.order for row in readable.values()])
    found = []
    for number, row in readable.items():
        if not jobs[number]:
            _store(row, ShadowResult.NOT_FOUND)
        elif planned := _plan(row, pace, jobs[number]):
            found.append(planned)
    if found:
        numbers = [number for one in found for number in one.jobs]
        held = held_jobs.read_jobs(pace, numbers, [one.plan for one in found])
        for one in found:
            _compare_one(one, held)
    return len(rows)


def jobs_of_orders(pace: PaceClient, sought: Sequence[Order]) -> dict[int, tuple[str, ...]]:
    """The numbers of the jobs that others made for these orders: one call. The hub's own jobs are none of them."""
    found = held_jobs.find_jobs(pace, [_sought(order) for order in sought])
    numbers = {job.number for jobs in found.values() for job in jobs}
    servers = {order.storefront.pace_server_id for order in sought}
    own = set(PaceJob.objects.filter(server__in=servers, number__in=numbers).values_list("number", flat=True))
    return {
        order: tuple(job.number for job in jobs if job.number not in own) for order, jobs in found.items()
    }


def _sought(order: Order) -> SoughtOrder:
    default = one_line(order.storefront.default_po_number).casefold()
    po = one_line(order.po_number)
    party = (order.plan or {}).get("party") or {}
    return SoughtOrder(
        number=order.number,
        po_number="" if po.casefold() == default else po,
        customer=str(party.get("customer_id") or order.storefront.integration_id).strip(),
        placed=order.placed_at or order.received_at,
    )


def _plan(row: ShadowComparison, pace: PaceClient, jobs: tuple[str, ...]) -> _Found | None:
    """What the order would become by the configuration as it is now, at the time it came. None, and noted, if it cannot be
    said."""
    order = row.order
    try:
        fetched = parse_order(order.fetched or {})
        pressero: PresseroClient = pressero_client(row.storefront.pressero_account)
        gathered = inputs.gather(
            fetched, row.storefront, pace, pressero, row.first_planned_at, overrides.of_order(order)
        )
        plan = make_plan(gathered)
    except HubError as error:
        _store_problem(row, str(error))
        return None
    if plan.problems:
        stop = plan.problems[0].message
        difference = JobDifference("order", "stops", stop, ", ".join(jobs), ComparisonFix(stop))
        _store(row, ShadowResult.DIFFERENT, jobs, [difference])
        return None
    return _Found(row, fetched, plan, jobs)


def _compare_one(one: _Found, held: Mapping[str, HeldJob]) -> None:
    comparison = compare(one.order, one.plan, [held[number] for number in one.jobs if number in held])
    result = ShadowResult.SAME if comparison.is_same else ShadowResult.DIFFERENT
    _store(one.row, result, one.jobs, comparison.differences, comparison.tables)


def _store_problem(row: ShadowComparison, problem: str) -> None:
    rows = ShadowComparison.objects.filter(pk=row.pk, planned_at=row.planned_at)
    rows.update(problem=problem, due_at=_next_check(row, timezone.now()))


def _store(
    row: ShadowComparison,
    result: ShadowResult,
    jobs: Sequence[str] = (),
    differences: Iterable[JobDifference] = (),
    tables: Iterable[StoredComparedTable] = (),
) -> None:
    """Store what came of it, unless the order was planned anew meanwhile."""
    now, found = timezone.now(), list(differences)
    with transaction.atomic():
        mine = ShadowComparison.objects.filter(pk=row.pk, planned_at=row.planned_at)
        if not mine.update(
            result=result,
            jobs=list(jobs),
            tables=list(tables),
            problem="",
            compared_at=now,
            due_at=_next_check(row, now, result),
        ):
            return
        ShadowDifference.objects.filter(comparison=row.pk).delete()
        ShadowDifference.objects.bulk_create(_difference_row(row, one) for one in found)
        if (result, list(jobs)) != (row.result, row.jobs):
            _report(row, result, jobs, len(found))
    if result != ShadowResult.NOT_FOUND and row.storefront.mode == StorefrontMode.LIVE:
        # The storefront went live meanwhile: the order's worker takes the job over.
        orders.wake(row.order_id)


def _difference_row(row: ShadowComparison, one: JobDifference) -> ShadowDifference:
    return ShadowDifference(
        comparison=row,
        storefront_id=row.storefront_id,
        object=one.object,
        field=one.field,
        ours=one.ours,
        theirs=one.theirs,
        fix=one.fix.sentence[:300],
        fix_kind=one.fix.kind,
        fix_target=one.fix.target,
        fix_row=one.fix.row,
        fix_subject=one.fix.subject[:200],
    )


def _report(row: ShadowComparison, result: ShadowResult, jobs: Sequence[str], count: int) -> None:
    if result == ShadowResult.NOT_FOUND:
        return
    named = f"job{'s' if len(jobs) > 1 else ''} {', '.join(jobs)}"
    many = "1 field differs" if count == 1 else f"{count} fields differ"
    entry = "shadow.same" if result == ShadowResult.SAME else "shadow.different"
    audit.record(entry, {"jobs": named, "differences": many}, order=row.order)


def _next_check(row: ShadowComparison, now: datetime, result: ShadowResult | None = None) -> datetime | None:
    """When the job is looked for again; None when it is not worth it any more."""
    if result == ShadowResult.SAME or (
        result == ShadowResult.DIFFERENT and row.compared_at is not None and row.jobs
    ):
        return None
    if result == ShadowResult.DIFFERENT:
        return now + SETTLED_AFTER
    age = now - row.first_planned_at
    return next((now + pause for until, pause in _AGAIN if age < until), None)
