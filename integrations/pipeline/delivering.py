"""Delivering to Pressero what is due: stages and shipments, each row by itself; one failure stops no other."""

from __future__ import annotations

import logging
import time
from collections import Counter
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Protocol

from django.utils import timezone

from automationhub.lib.crypto import CredentialsKeyError
from integrations import audit
from integrations.clients.pressero import PresseroClient
from integrations.enums import FailureMode
from integrations.errors import ConfigError, CredentialError, HubError, OrderNotFound, OutcomeUnknown
from integrations.models import DeliveryRow, Order
from integrations.pipeline import completion, retry, shipment_delivery, stage_delivery
from integrations.pipeline.job_facts import OrderFacts, load_facts
from integrations.services import alerts, deliveries
from integrations.services.connections import clients_for
from integrations.services.deliveries import Claim, Kind
from integrations.worker_identity import current_worker

logger = logging.getLogger(__name__)

AT_A_TIME = 50
# After so many failures in a row that are the clock's to mend, an account is left alone for the rest of the run.
ENOUGH = 3
PAUSE = 30.0
# Pressero showed the order when its jobs were made: when it does not show it any more, staff hear after these tries.
VANISHED_AFTER = 3


class Deliverer(Protocol):
    """How one kind of row is delivered. `deliver` gives the row back itself, or raises."""

    KIND: Kind

    def load(self, pk: int) -> DeliveryRow: ...

    def deliver(self, held: Claim, row: Any, facts: OrderFacts, pressero: PresseroClient) -> bool: ...

    def failure_entry(self, row: Any) -> tuple[str, dict[str, Any]]: ...

    def after_failure(self, row: Any, error: HubError) -> dict[str, Any]: ...


DELIVERERS: tuple[Any, ...] = (stage_delivery, shipment_delivery)


@dataclass
class Run:
    """One run over what is due."""

    delivered: int = 0
    failed: int = 0
    in_a_row: Counter[int] = field(default_factory=Counter)
    touched: set[int] = field(default_factory=set)

    def is_left_alone(self, account: int) -> bool:
        return self.in_a_row[account] >= ENOUGH


def deliver_due(*, budget: float | None = None) -> Run:
    """Deliver what is due until nothing is, or `budget` seconds are over."""
    run = Run()
    stop_at = None if budget is None else time.monotonic() + budget
    while True:
        tried = 0
        for deliverer in DELIVERERS:
            for pk, order_id, account in deliveries.due_rows(deliverer.KIND, limit=AT_A_TIME):
                if run.is_left_alone(account):
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
    held = deliveries.claim(deliverer.KIND, pk)
    if held is None:
        return False
    row = deliverer.load(pk)
    facts = load_facts([order_id])[order_id]
    try:
        pressero, _ = clients_for(facts.row.storefront, order=facts.row, correlation=held.token.hex[:16])
        if deliverer.deliver(held, row, facts, pressero):
            run.delivered += 1
        run.in_a_row[account] = 0
    except HubError as error:
        _fail(deliverer, held, row, facts.row, error, run, account)
    except CredentialsKeyError as error:
        _fail(deliverer, held, row, facts.row, ConfigError(str(error), cause="credentials_key"), run, account)
    except Exception as error:
        # Whatever it is, it must neither hold up the others nor be tried again and again without an end.
        logger.exception(
            "Delivering %s %s of order %s failed.", deliverer.KIND.__name__, pk, facts.row.number
        )
        text = f"Order {facts.row.number}: a fault of the hub ({type(error).__name__}: {error}). Report it with this text."
        fault = HubError(text, cause=f"internal:{type(error).__name__}")
        _fail(deliverer, held, row, facts.row, fault, run, account)
    run.touched.add(order_id)
    return True


def _fail(
    deliverer: Any, held: Claim, row: DeliveryRow, order: Order, error: HubError, run: Run, account: int
) -> None:
    run.failed += 1
    due_at = _next_try(row, order, error)
    if error.failure_mode == FailureMode.TRANSIENT and not isinstance(error, OrderNotFound):
        run.in_a_row[account] += 1
        if run.is_left_alone(account):
            deliveries.postpone(account, PAUSE)
    elif isinstance(error, CredentialError):
        # It would be the same for every other row of the account.
        run.in_a_row[account] = ENOUGH
        deliveries.postpone(account, retry.LONGEST_DELAY)
    type_, data = deliverer.failure_entry(row)
    seconds = None if due_at is None else max(0, round((due_at - timezone.now()).total_seconds()))
    when = "A person must act." if seconds is None else f"It is tried again in {seconds} seconds."
    data |= {"message": error.message, "when": when, "mode": error.failure_mode}
    if error.evidence is not None:
        data["evidence"] = error.evidence.as_data()
    # The same failure again is on the row; the timeline tells it once, and again when it needs a person.
    if due_at is None or row.problem != error.message:
        audit.record(
            type_, data, order=order, actor=f"worker {current_worker()}", correlation=held.token.hex[:16]
        )
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
