"""Delivering to Pressero what is due: stages and shipments, each row by itself; one failure stops no other."""

from __future__ import annotations

import logging
import time
import uuid
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Protocol

from django.utils import timezone

from automationhub.lib.crypto import CredentialsKeyError
from integrations.errors import ConfigError, CredentialError, HubError, OrderNotFound, OutcomeUnknown
from integrations.models import DeliveryRow, Order
from integrations.pipeline import completion, retry, shipment_delivery, stage_delivery
from integrations.pipeline.delivery import Delivery
from integrations.pipeline.job_facts import OrderFacts, load_facts
from integrations.services import alerts, circuits, deliveries
from integrations.services.connections import clients_for
from integrations.services.deliveries import Claim, Kind
from integrations.services.recorder import TryRecorder

logger = logging.getLogger(__name__)

AT_A_TIME = 50
# Pressero showed the order when its jobs were made: when it does not show it any more, staff hear after these tries.
VANISHED_AFTER = 3


class Deliverer(Protocol):
    """How one kind of row is delivered. `deliver` gives the row back itself, or raises."""

    KIND: Kind

    def load(self, pk: int) -> DeliveryRow: ...

    def deliver(self, delivery: Delivery, row: Any) -> bool: ...

    def failure_entry(self, row: Any) -> tuple[str, dict[str, Any]]: ...

    def after_failure(self, row: Any, error: HubError) -> dict[str, Any]: ...


DELIVERERS: tuple[Any, ...] = (stage_delivery, shipment_delivery)


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


def _deliver_one(deliverer: Any, pk: int, order_id: int, account: int, run: Run) -> bool:
    """Deliver one row if it is still due and free; whether this call did."""
    facts = load_facts([order_id])[order_id]
    recorder = TryRecorder(facts.row, uuid.uuid4().hex[:16])
    try:
        with circuits.calling(facts.row.account, recorder.last_trouble):
            return _deliver(deliverer, pk, facts, recorder, run)
    except circuits.Waits as wait:
        # Nothing was tried, so no try is counted; the others of the account wait with it.
        run.left_alone.add(account)
        deliveries.postpone(account, wait.retry_after or 0)
    return False


def _deliver(deliverer: Any, pk: int, facts: OrderFacts, recorder: TryRecorder, run: Run) -> bool:
    held = deliveries.claim(deliverer.KIND, pk)
    if held is None:
        return False
    row = deliverer.load(pk)
    run.touched.add(facts.row.pk)
    try:
        pressero, _ = clients_for(facts.row.storefront, recorder=recorder, correlation=recorder.correlation)
        delivery = Delivery(held, facts, pressero, recorder)
        run.delivered += bool(deliverer.deliver(delivery, row))
    except HubError as error:
        _fail(deliverer, held, row, facts.row, error, run, recorder)
    except CredentialsKeyError as error:
        _fail(
            deliverer, held, row, facts.row, ConfigError(str(error), cause="credentials_key"), run, recorder
        )
    except Exception as error:
        # Whatever it is, it must neither hold up the others nor be tried again and again without an end.
        logger.exception(
            "Delivering %s %s of order %s failed.", deliverer.KIND.__name__, pk, facts.row.number
        )
        text = f"Order {facts.row.number}: a fault of the hub ({type(error).__name__}: {error}). Report it with this text."
        _fail(
            deliverer,
            held,
            row,
            facts.row,
            HubError(text, cause=f"internal:{type(error).__name__}"),
            run,
            recorder,
        )
    return True


def _fail(
    deliverer: Any,
    held: Claim,
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
        deliveries.postpone(order.account_id, retry.LONGEST_DELAY)
    type_, data = deliverer.failure_entry(row)
    seconds = None if due_at is None else max(0, round((due_at - timezone.now()).total_seconds()))
    when = "A person must act." if seconds is None else f"It is tried again in {seconds} seconds."
    data |= {"message": error.message, "when": when, "mode": error.failure_mode}
    if error.evidence is not None:
        data["evidence"] = error.evidence.as_data()
    # The same failure again is on the row; the timeline tells it once, and again when it needs a person.
    if due_at is None or row.problem != error.message:
        recorder.record(type_, data)
    deliveries.failed(held, row, error, due_at, **deliverer.after_failure(row, error))
    _alert(row, order, error, parked=due_at is None)


def _next_try(row: DeliveryRow, order: Order, error: HubError) -> Any:
    now = timezone.now()
    server = order.storefront.pace_server
    if isinstance(error, CredentialError):
        # Mended in one place for all rows; nobody should have to re-arm each of them.
        return now + timedelta(seconds=retry.LONGEST_DELAY)
    if isinstance(error, OutcomeUnknown) and error.look_at is None:
        error.look_at = now + timedelta(seconds=retry.delay_seconds(row.attempts, deliveries.jitter()))
    return retry.after_failure(
        error,
        attempt=row.attempts,
        failing_since=row.failing_since,
        now=now,
        retry_hours=server.retry_hours,
        jitter=deliveries.jitter(),
    ).due_at


def _alert(row: DeliveryRow, order: Order, error: HubError, *, parked: bool) -> None:
    text = f"Order {order.number}, updates to Pressero: {error.message}"
    if isinstance(error, ConfigError):
        alerts.raise_alert_of_many(order, "needs_attention", text, cause=error.cause or error.message)
    elif isinstance(error, OrderNotFound):
        if row.attempts >= VANISHED_AFTER:
            alerts.raise_alert(order, "needs_attention", text, cause="order vanished in Pressero")
    elif parked:
        alerts.raise_alert(order, "needs_attention", text, cause=error.cause or error.message)
