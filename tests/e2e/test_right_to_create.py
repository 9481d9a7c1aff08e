"""Who may create a customer and contact in Pace: one claim at a time, and for no longer than that claim lasts."""

import contextlib
import os
import signal
import threading
from collections.abc import Callable
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from django.db import connection, connections, transaction
from django.utils import timezone

from integrations.core.workqueue import orders
from integrations.enums import OrderStatus
from integrations.models import ContactCreation, Order
from integrations.orders.submission import customers, runner
from integrations.simulation.sandbox.pressero import ItemDraft, OrderDraft
from tests.commands.processes import wait_for
from tests.conftest import Hub
from tests.e2e.test_exactly_one_job import _process_in_child, jobs_in_pace

pytestmark = pytest.mark.e2e


def draft() -> OrderDraft:
    item = ItemDraft("A4 Brochure", price="5.00", method="Ground")
    return OrderDraft("Demo University Shop", "casey@example.com", [item])


def created(hub: Hub) -> tuple[int, int]:
    """Customers and contacts of the new buyer in Pace."""
    contacts = [
        one
        for one in hub.pace.objects("Contact")
        if one["email"] == "casey@example.com" and not one["shipTo"]
    ]
    return len(hub.pace.objects("Customer", id="DEMOUNI")), len(contacts)


def test_the_right_of_a_killed_worker_is_free_as_soon_as_its_claim_is(hub_for_threads: Hub) -> None:
    hub = hub_for_threads
    first, second = hub.take_in(draft()), hub.take_in(draft())
    hub.pace.faults.add("hang_before", path="createContact", seconds=60)
    worker = _process_in_child(first.pk)
    try:
        wait_for(lambda: hub.pace.faults.fired, "the call of the worker process")
        assert hub.process(second).message.endswith("another order is creating the same customer or contact.")
    finally:
        os.kill(worker.pid, signal.SIGKILL)
        worker.wait()
    hub.pace.faults.clear()

    orders.free_dead_leases()
    Order.objects.update(due_at=timezone.now())

    assert hub.process(second).status == OrderStatus.SUBMITTED
    assert hub.process(first).status == OrderStatus.SUBMITTED
    assert created(hub) == (1, 1)
    assert hub.pace.open_transactions() == []


def test_the_right_of_an_order_that_failed_is_free_for_the_next_one_at_once(
    hub: Hub, make_due: Callable[[Order], None]
) -> None:
    hub.pace.faults.add("error_before", path="createContact", status=503)
    first = hub.process(draft())
    assert first.status == OrderStatus.PROCESSING
    assert hub.process(draft()).status == OrderStatus.SUBMITTED
    make_due(first)
    assert hub.process(first).status == OrderStatus.SUBMITTED
    assert created(hub) == (1, 1)


def test_a_claim_that_is_prolonged_keeps_its_right(hub: Hub) -> None:
    first, second = hub.take_in(draft()), hub.take_in(draft())
    held = orders.acquire_lease(first.pk)
    assert held is not None
    ContactCreation.objects.create(server=hub.server, key=_key_of(hub), lease_token=held.token)
    assert "another order is creating" in hub.process(second).message
    Order.objects.filter(pk=first.pk).update(lease_until=timezone.now() - timedelta(seconds=1))
    Order.objects.filter(pk=second.pk).update(due_at=timezone.now())
    assert hub.process(second).status == OrderStatus.SUBMITTED


def _key_of(hub: Hub) -> str:
    """The key under which the buyer is created: found by letting another order fail at it."""
    hub.pace.faults.add("error_before", path="createContact", status=503)
    order = hub.process(draft())
    key = ContactCreation.objects.get().key
    ContactCreation.objects.all().delete()
    Order.objects.filter(pk=order.pk).update(due_at=None)
    return key


def test_a_worker_that_wakes_up_gives_back_no_right_but_its_own(hub: Hub) -> None:
    asleep, at_work = (_at_the_right(hub) for _ in range(2))
    with contextlib.ExitStack() as successor:
        with customers._right(asleep, "buyer"):
            Order.objects.filter(pk=asleep.order.pk).update(lease_until=timezone.now() - timedelta(seconds=1))
            successor.enter_context(customers._right(at_work, "buyer"))
        assert ContactCreation.objects.get().lease_token == at_work.lease.token
    assert ContactCreation.objects.get().lease_token is None


def test_who_lost_the_right_changes_its_row_no_more(hub: Hub) -> None:
    asleep, at_work = (_at_the_right(hub) for _ in range(2))
    with customers._right(asleep, "buyer") as row:
        Order.objects.filter(pk=asleep.order.pk).update(lease_until=timezone.now() - timedelta(seconds=1))
        with customers._right(at_work, "buyer"):
            assert not _creation(asleep, row).rows().exists()
            assert _creation(at_work, row).rows().exists()


def _creation(ctx: Any, row: ContactCreation) -> customers.CustomerCreation:
    plan: Any = SimpleNamespace()
    return customers.CustomerCreation(ctx, row, plan, lambda created=None: plan)


def _at_the_right(hub: Hub) -> Any:
    """What a worker has that is about to create a buyer."""
    order = hub.take_in(draft())
    return SimpleNamespace(server=hub.server, order=order, lease=orders.acquire_lease(order.pk), record=print)


@pytest.mark.skipif(connection.vendor == "sqlite", reason="SQLite locks all rows at once")
def test_two_orders_do_not_find_the_right_free_at_the_same_moment(
    hub_for_threads: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    ctx = _at_the_right(hub_for_threads)
    unlocked: list[int] = []

    def look() -> None:
        try:
            with transaction.atomic():
                rows = ContactCreation.objects.select_for_update(skip_locked=True)
                unlocked.extend(rows.values_list("pk", flat=True))
        finally:
            connections.close_all()

    def is_held(token: Any) -> bool:
        another = threading.Thread(target=look)
        another.start()
        another.join()
        return False

    monkeypatch.setattr(orders, "is_held", is_held)
    with customers._right(ctx, "buyer"):
        assert unlocked == []


@pytest.mark.parametrize("path", ["createCustomer", "createContact", "commit"])
def test_a_worker_that_wakes_up_after_another_took_over_creates_nothing(
    hub_for_threads: Hub, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    hub = hub_for_threads
    hub.set_server(quiet_seconds=5)
    first, second = hub.take_in(draft()), hub.take_in(draft())
    handle, overtaken = hub.pace.handle, []

    def overtake(request: Any) -> Any:
        if path in request.path and not overtaken:
            overtaken.append(request.path)
            try:
                past = timezone.now() - timedelta(seconds=1)
                Order.objects.filter(pk=first.pk).update(lease_until=past)
                ContactCreation.objects.exclude(quiet_until=None).update(quiet_until=past)
                runner.process(second.pk)
            finally:
                connections.close_all()
        return handle(request)

    monkeypatch.setattr(hub.pace, "handle", overtake)
    hub.process(first)
    assert overtaken
    assert Order.objects.get(pk=second.pk).status == OrderStatus.SUBMITTED
    assert created(hub) == (1, 1)
    Order.objects.filter(pk=first.pk).update(due_at=timezone.now())
    ContactCreation.objects.exclude(quiet_until=None).update(quiet_until=timezone.now())
    orders.free_dead_leases()
    assert hub.process(first).status == OrderStatus.SUBMITTED
    assert created(hub) == (1, 1)
    assert all(len(jobs_in_pace(hub, order.number)) == 1 for order in (first, second))


def test_what_another_order_created_after_the_first_look_is_found_by_the_second(
    hub_for_threads: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    hub = hub_for_threads
    first, second = hub.take_in(draft()), hub.take_in(draft())
    handle, overtaken = hub.pace.handle, []

    def overtake(request: Any) -> Any:
        answer = handle(request)
        if b'"Contact"' in request.body and not overtaken:
            overtaken.append(request.path)
            try:
                runner.process(first.pk)
            finally:
                connections.close_all()
        return answer

    monkeypatch.setattr(hub.pace, "handle", overtake)
    assert hub.process(second).status == OrderStatus.SUBMITTED
    assert overtaken
    assert created(hub) == (1, 1)
