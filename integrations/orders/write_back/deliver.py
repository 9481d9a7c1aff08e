"""Delivering to Pressero what is due: stages and shipments, each row by itself; one failure stops no other."""

from __future__ import annotations

import logging
import time
import uuid
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from django.utils import timezone

from automationhub.lib import tracing
from integrations.causes import CauseKind
from integrations.core import alerts
from integrations.core.audit.recorder import TryRecorder
from integrations.core.connections import circuits
from integrations.core.connections.clients import clients_for
from integrations.core.workqueue import deliveries, failures, retry_policy
from integrations.core.workqueue.deliveries import Kind
from integrations.core.workqueue.leases import Lease
from integrations.errors import (
    ConfigError,
    CredentialError,
    HubError,
    LeaseLost,
    OrderNotFound,
)
from integrations.models import DeliveryRow, Order
from integrations.orders.write_back import completion, deliver_shipment, deliver_stage
from integrations.orders.write_back.delivery import WriteBackDelivery
from integrations.orders.write_back.job_facts import OrderFacts, load_facts

logger = logging.getLogger(__name__)

AT_A_TIME = 50
# Pressero showed the order when its jobs were made: when it does not show it any more, staff hear after these tries.
VANISHED_AFTER = 3


class Deliverer(Protocol):
    """How one kind of row is delivered. `deliver` gives the row back itself, or raises."""

    @property
    def KIND(self) -> Kind: ...

    def load(self, pk: int) -> DeliveryRow: ...

    def deliver(self, delivery: WriteBackDelivery, row: Any) -> bool: ...

    def failure_entry(self, row: Any) -> tuple[str, dict[str, Any]]: ...

    def after_failure(self, row: Any, error: HubError) -> dict[str, Any]: ...


DELIVERERS: tuple[Deliverer, ...] = (deliver_stage, deliver_shipment)


@dataclass
class Run:
    """One run over what is due."""

    delivered: int = 0
    failed: int = 0
    left_alone: set[int] = field(default_factory=set)
    touched: set[int] = field(default_factory=set)


def deliver_due(*, budget: float | None = None) -> Run:
    """Deliver what is due until nothing is, or `budget` seconds are over."""
    run = Run()
    stop_at = None if budget is None else time.monotonic() + budget
    while True:
        tried = 0
        for deliverer in DELIVERERS:
            for pk, order_id, account in deliveries.due_rows(deliverer.KIND, limit=AT_A_TIME):
                if account in run.left_alone:
                    continue
                if stop_at is not None and time.monotonic() > stop_at:
                    _conclude(run)
                    return run
                tried += _deliver_one(deliverer, pk, order_id, account, run)
        _conclude(run)
        if not tried:
            return run


def _conclude(run: Run) -> None:
    """What follows for the orders that were worked on: messages, ends of watches, completion."""
    completion.show_problems(run.touched)
    completion.settle(run.touched)
    run.touched.clear()


def _deliver_one(deliverer: Deliverer, pk: int, order_id: int, account: int, run: Run) -> bool:
    """Deliver one row if it is still due and free; whether this call did."""
    facts = load_facts([order_id])[order_id]
    recorder = TryRecorder(facts.row.pk, uuid.uuid4().hex[:16])
    try:
        with circuits.guard(facts.row.account, recorder.last_trouble):
            return _deliver(deliverer, pk, facts, recorder, run)
    except LeaseLost as lost:
        logger.warning(
            "Order %s, %s %s: %s", facts.row.number, deliverer.KIND._meta.verbose_name, pk, lost.message
        )
        return True
    except circuits.CircuitOpen as wait:
        # Nothing was tried, so no try is counted; the others of the account wait with it.
        run.left_alone.add(account)
        deliveries.postpone(account, wait.retry_after or 0)
    return False


def _deliver(deliverer: Deliverer, pk: int, facts: OrderFacts, recorder: TryRecorder, run: Run) -> bool:
    lease = deliveries.acquire_lease(deliverer.KIND, pk)
    if lease is None:
        return False
    with tracing.span(
        f"write back {deliverer.KIND._meta.verbose_name}",
        parent=facts.row.trace_parent,
        automationhub__order=facts.row.number,
        automationhub__correlation=recorder.correlation,
    ):
        return _deliver_leased(deliverer, lease, facts, recorder, run)


def _deliver_leased(
    deliverer: Deliverer, lease: Lease[Any], facts: OrderFacts, recorder: TryRecorder, run: Run
) -> bool:
    row = deliverer.load(lease.pk)
    run.touched.add(facts.row.pk)
    try:
        pressero, _ = clients_for(facts.row, recorder=recorder, correlation=recorder.correlation)
        delivery = WriteBackDelivery(lease, facts, pressero, recorder)
        run.delivered += bool(deliverer.deliver(delivery, row))
    except Exception as error:  # noqa: BLE001 - the ladder logs what it does not know
        # Whatever it is, it must neither hold up the others nor be tried again and again without an end.
        failure = failures.understood(error, f"Order {facts.row.number}")
        _fail(deliverer, lease, row, facts.row, failure, run, recorder)
    return True


def _fail(
    deliverer: Deliverer,
    lease: Lease[Any],
    row: DeliveryRow,
    order: Order,
    error: HubError,
    run: Run,
    recorder: TryRecorder,
) -> None:
    run.failed += 1
    due_at = _next_try(row, order, error)
    if isinstance(error, CredentialError):
        # It would be the same for every other row of the account.
        run.left_alone.add(order.account_id)
        deliveries.postpone(order.account_id, retry_policy.LONGEST_DELAY)
    type_, data = deliverer.failure_entry(row)
    seconds = None if due_at is None else max(0, round((due_at - timezone.now()).total_seconds()))
    when = "Action needed." if seconds is None else f"Will retry automatically in {seconds} seconds."
    data |= {"message": error.message, "when": when, "mode": error.failure_mode}
    if error.evidence is not None:
        data["evidence"] = error.evidence.as_data()
    # The same failure again is on the row; the timeline tells it once, and again when it needs a person.
    if due_at is None or row.problem != error.message:
        recorder.record(type_, data)
    deliveries.failed(lease, row, error, due_at, **deliverer.after_failure(row, error))
    _alert(row, order, error, parked=due_at is None)


def _next_try(row: DeliveryRow, order: Order, error: HubError) -> datetime | None:
    return failures.decided(
        error,
        attempt=row.attempts,
        failing_since=row.failing_since,
        retry_hours=order.storefront.pace_server.retry_hours,
        shared_login=True,
    ).due_at


def _alert(row: DeliveryRow, order: Order, error: HubError, *, parked: bool) -> None:
    text = f"Order {order.number}, updates to Pressero: {error.message}"
    if isinstance(error, ConfigError):
        cause = error.cause or CauseKind.REFUSED.of(error.message)
        alerts.raise_alert_of_many(order, "needs_attention", text, cause=cause)
    elif isinstance(error, OrderNotFound):
        if row.attempts >= VANISHED_AFTER:
            alerts.raise_alert(order, "needs_attention", text, cause=error.cause)
    elif parked:
        alerts.raise_alert(order, "needs_attention", text, cause=error.cause)
