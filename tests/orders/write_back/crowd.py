"""Many orders with a job in Pace each, made in one go from one that went through the hub."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

from integrations.models import Order, OrderItem, PaceJob
from tests.orders.write_back.conftest import Plant


def crowd(plant: Plant, count: int) -> list[Order]:
    """`count` submitted orders of one item, each with an open job in the sandbox Pace (not in the sandbox Pressero)."""
    model = plant.fresh(plant.order())
    job = PaceJob.objects.get(order=model)
    item = OrderItem.objects.get(order=model)
    orders = []
    for number in range(500_001, 500_001 + count):
        fetched: dict[str, Any] = deepcopy(model.fetched)
        fetched["details"]["OrderNumber"] = number
        for row in fetched["items"]:
            row["OrderNumber"] = number
        values = {"fetched": fetched, "plan": model.plan, "submitted_at": model.submitted_at}
        orders.append(
            Order(
                account=model.account,
                storefront=model.storefront,
                number=number,
                status=model.status,
                **values,
            )
        )
    Order.objects.bulk_create(orders, batch_size=200)
    OrderItem.objects.bulk_create(
        [
            OrderItem(order=order, seq=1, job_number=str(order.number), sent_job_number=str(order.number))
            for order in orders
        ]
    )
    PaceJob.objects.bulk_create(
        [
            PaceJob(
                order=order, server=job.server, unit=job.unit, description=str(order.number), customer=job.customer,
                state=job.state, number=str(order.number),
            )
            for order in orders
        ]
    )  # fmt: skip
    for order in orders:
        number = str(order.number)
        plant.hub.pace.put("Job", job=number, adminStatus="O", customer=job.customer, description=number)
        plant.hub.pace.put("JobPart", job=number, jobPart="01", productionStatus="O")
    assert item.seq == 1
    return orders
