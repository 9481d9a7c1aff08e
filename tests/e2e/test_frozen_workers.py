"""A worker is frozen somewhere in its work, its successor finishes the order, and then it wakes up: it changes nothing."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, models
from django.utils import timezone

from integrations.clients.http import at_once
from integrations.clients.http.gateway import HttpGateway
from integrations.enums import OrderStatus
from integrations.models import (
    ContactCreation,
    ItemStage,
    Order,
    OrderChange,
    OrderItem,
    PaceJob,
    StepAttempt,
)
from integrations.orders.submission import runner
from integrations.simulation.sandbox.pressero import Buyer, ItemDraft, OrderDraft
from tests.conftest import Hub
from tests.e2e.frozen import Frozen, freezing_at_calls
from tests.e2e.test_exactly_one_job import draft, jobs_in_pace

pytestmark = pytest.mark.e2e

ROWS_OF_AN_ORDER: tuple[type[models.Model], ...] = (
    Order, OrderItem, PaceJob, OrderChange, StepAttempt, ItemStage, ContactCreation,
)  # fmt: skip
TRIES = 6


def rows() -> dict[str, list[dict[str, Any]]]:
    """Everything that is stored of orders, as the database gives it, but for the story of what happened."""
    found: dict[str, list[dict[str, Any]]] = {}
    with connection.cursor() as cursor:
        for model in ROWS_OF_AN_ORDER:
            cursor.execute(f'SELECT * FROM "{model._meta.db_table}" ORDER BY id')  # noqa: S608
            columns = [column[0] for column in cursor.description]
            found[model.__name__] = [dict(zip(columns, row, strict=True)) for row in cursor.fetchall()]
    return found


def let_the_successor_finish(order: Order) -> None:
    """The lease of the frozen worker is over; what the next one waits for has passed."""
    past = timezone.now() - timedelta(seconds=1)
    Order.objects.filter(pk=order.pk, lease_until__isnull=False).update(lease_until=past)
    for _ in range(TRIES):
        Order.objects.filter(pk=order.pk, due_at__isnull=False).update(due_at=past)
        for model in (PaceJob, ContactCreation):
            model.objects.filter(quiet_until__isnull=False).update(quiet_until=past)
        runner.process(order.pk)
        row = Order.objects.get(pk=order.pk)
        if row.status == OrderStatus.SUBMITTED and row.message == "":
            return
    raise AssertionError(f"the successor does not finish: {row.status}, {row.message}")


@pytest.fixture
def frozen_at_every_place(
    hub_for_threads: Hub, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., Iterator[tuple[Order, Frozen]]]:
    """For each place of the work on such an order: a worker frozen there, and the order that its successor finished."""
    worker: list[Frozen] = []
    # Every call is a place of the one thread that stops.
    monkeypatch.setattr(at_once, "MOST", 1)
    monkeypatch.setattr(
        HttpGateway, "send", freezing_at_calls(HttpGateway.send, lambda: worker[-1] if worker else None)
    )

    def play(make: Callable[[], OrderDraft]) -> Iterator[tuple[Order, Frozen]]:
        for place in itertools.count(1):
            order = hub_for_threads.take_in(make())
            frozen = Frozen(lambda pk=order.pk: runner.process(pk), place)  # type: ignore[misc]
            worker.append(frozen)
            if not frozen.start():
                assert place > 30, "hardly any place was found"
                return
            let_the_successor_finish(order)
            yield order, frozen

    return play


def test_a_worker_that_wakes_up_late_changes_no_row_of_its_successor_and_makes_no_second_job(
    hub_for_threads: Hub, frozen_at_every_place: Callable[..., Any]
) -> None:
    changed = []
    for order, frozen in frozen_at_every_place(draft):
        before = rows()
        frozen.wake()
        after = rows()
        for name, found in after.items():
            for old, new in zip(before[name], found, strict=False):
                if different := {key: (old[key], new[key]) for key in old if old[key] != new[key]}:
                    changed.append(f"woken at {frozen.where}: {name}: {different}")
            if len(found) != len(before[name]):
                changed.append(f"woken at {frozen.where}: {name}: {len(before[name])} rows, now {len(found)}")
        assert len(jobs_in_pace(hub_for_threads, order.number)) == 1, frozen.where
    assert changed == []


def test_a_worker_that_creates_a_new_buyer_and_wakes_up_late_changes_no_row_of_its_successor(
    hub_for_threads: Hub, frozen_at_every_place: Callable[..., Any]
) -> None:
    buyers = itertools.count(1)

    def of_a_new_buyer() -> OrderDraft:
        item = ItemDraft("Poster 18x24", quantity=2, price="10.00", method="Ground")
        buyer = Buyer("Casey", "Student", f"buyer{next(buyers)}@example.com")
        return OrderDraft("Demo University Shop", buyer, [item])

    for order, frozen in frozen_at_every_place(of_a_new_buyer):
        before = rows()
        frozen.wake()
        after = rows()
        for creation in (*before["ContactCreation"], *after["ContactCreation"]):
            # It gives back its own right to create, which its successor did not need.
            creation.pop("lease_token")
        assert after == before, frozen.where
        assert len(jobs_in_pace(hub_for_threads, order.number)) == 1, frozen.where
        # Pace makes one more of each address of a shipment.
        of_shipments = {entry["contactNumber"] for entry in hub_for_threads.pace.objects("JobShipment")}
        contacts = [
            contact["email"]
            for contact in hub_for_threads.pace.objects("Contact")
            if contact["id"] not in of_shipments
        ]
        assert len(contacts) == len(set(contacts)), frozen.where
