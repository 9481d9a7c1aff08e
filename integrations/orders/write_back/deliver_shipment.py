"""Telling Pressero that something has left: one of its shipments for each of Pace's, once."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.utils import timezone

from integrations.causes import CauseKind
from integrations.clients.http.transport import sent_within
from integrations.clients.pressero.client import PresseroClient
from integrations.clients.schemas import PresseroItem
from integrations.core.workqueue import deliveries
from integrations.errors import HubError, OutcomeUnknown, PermanentError
from integrations.models import PaceShipment
from integrations.orders.write_back.delivery import WriteBackDelivery
from integrations.orders.write_back.job_facts import OrderFacts
from integrations.planning.tracking import is_known, ship_day

KIND = PaceShipment


def load(pk: int) -> PaceShipment:
    return PaceShipment.objects.select_related("job__server").get(pk=pk)


def deliver(delivery: WriteBackDelivery, row: PaceShipment) -> bool:
    """Tell the shipment unless Pressero has it; whether something was sent. Raises the clients' errors."""
    facts, pressero = delivery.facts, delivery.pressero
    items = [item for seq in row.items if (item := facts.item(seq)) is not None]
    if not items:
        raise PermanentError(
            row.problem
            or f"Order {facts.row.number}: Pace does not say which items shipment {row.pace_id} carries.",
            cause=CauseKind.SHIPMENT_UNCLEAR.of(),
        )
    # Always: staff may have typed it in, and an earlier try whose answer was lost may have been applied.
    missing = [
        item for item in items if not is_known(row.numbers, pressero.shipments(facts.row.number, item.seq))
    ]
    if missing:
        # A worker that was away since it looked must not add what its successor has added, nor after this check.
        with sent_within(deliveries.SEND_WITHIN):
            delivery.lease.renew(force=True)
            _add(row, missing, facts, pressero)
    data = {
        "shipment": row.pace_id,
        "job": row.job.number,
        "items": ", ".join(str(item.seq) for item in missing),
        "tracking": ", ".join(row.numbers),
    }
    delivery.recorder.record("shipment.told" if missing else "shipment.known", data)
    deliveries.done(delivery.lease, sent_numbers=row.numbers, sent_at=timezone.now())
    return bool(missing)


def _add(row: PaceShipment, items: list[PresseroItem], facts: OrderFacts, pressero: PresseroClient) -> None:
    method = next((item.method_name for item in items if item.method_name), "")
    if not method:
        raise PermanentError(
            f"Order {facts.row.number}: shipment {row.pace_id} of job {row.job.number} has shipped, but its items have no shipping method in Pressero. Add the shipment there manually, tracking {', '.join(row.numbers)}.",
            field="ShippingMethod",
            cause=CauseKind.SHIPMENT_WITHOUT_METHOD.of(),
        )
    today = timezone.now().astimezone(ZoneInfo(row.job.server.time_zone)).date()
    try:
        pressero.add_shipment(
            order_id=facts.order.id,
            item_ids=[item.id for item in items],
            method_name=method,
            ship_date=ship_day(row.day, today),
            tracking=", ".join(row.numbers),
            address=items[0].ship_to,
        )
    except OutcomeUnknown as error:
        # A second one would show twice: wait as long as the first may still be on its way, then look.
        error.verify_at = timezone.now() + timedelta(seconds=row.job.server.quiet_seconds)
        raise


def failure_entry(row: PaceShipment) -> tuple[str, dict[str, Any]]:
    """The timeline's entry about a failure."""
    return "shipment.failed", {"shipment": row.pace_id, "job": row.job.number}


def after_failure(row: PaceShipment, error: HubError) -> dict[str, Any]:
    """Nothing is left behind: the next try looks first whatever happened."""
    return {}
