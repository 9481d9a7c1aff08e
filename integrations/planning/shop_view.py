"""What a shop wants to know of a plan at a glance: when it ships, and how."""

from __future__ import annotations

from datetime import date, datetime

from integrations.clients.schemas import PresseroOrder
from integrations.planning.dates import has_ship_date
from integrations.planning.plan_types import Plan

LONGEST_SHIP_VIA = 20


def requested_ship_by(order: PresseroOrder) -> date | None:
    """The day the order asks for, else the earliest of its items; None when none does."""
    if has_ship_date(order):
        return order.requested_ship_date
    days = [item.requested_ship_date for item in order.items if has_ship_date(item)]
    return min((day for day in days if day is not None), default=None)


def planned_ship_by(plan: Plan) -> date | None:
    """The earliest ship date of a plan's jobs; None when it has no job with one."""
    values = [
        job.fields["scheduledShipDateTime"].value
        for job in plan.jobs
        if "scheduledShipDateTime" in job.fields
    ]
    return min((value.date() for value in values if isinstance(value, datetime)), default=None)


def planned_ship_via(plan: Plan) -> str:
    """The ship via of a plan's first shipment, as Pace's id; "" when it has none."""
    for job in plan.jobs:
        for shipment in job.shipments:
            found = shipment.fields.get("shipVia")
            if found is not None and found.value is not None:
                return str(found.value)[:LONGEST_SHIP_VIA]
    return ""
