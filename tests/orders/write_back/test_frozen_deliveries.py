"""A worker is frozen as it sends something to Pressero and wakes when its successor is through: nothing is sent twice."""

from __future__ import annotations

import time
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from integrations.clients.http import transport
from integrations.clients.http.gateway import HttpGateway
from integrations.core.workqueue.leases import Lease
from integrations.models import ItemStage, Order, PaceShipment
from integrations.orders.write_back import deliver
from tests.e2e.frozen import Frozen
from tests.orders.write_back.conftest import Plant

pytestmark = pytest.mark.e2e


def frozen_at(monkeypatch: pytest.MonkeyPatch, method: str, path: str, *, after: bool) -> Frozen:
    """A delivering worker that stops at this call: before it leaves, or when its answer has come."""
    worker = Frozen(deliver.deliver_due, place=1)
    send = HttpGateway.send

    def stopping(sender: HttpGateway, called: str, url: str, *more: Any) -> Any:
        there = called == method and path in url
        if there and not after:
            worker.pass_by(f"before {called} {path}")
        answer = send(sender, called, url, *more)
        if there and after:
            worker.pass_by(f"after {called} {path}")
        return answer

    monkeypatch.setattr(HttpGateway, "send", stopping)
    # Statements are no places here.
    monkeypatch.setattr(worker, "_statement", lambda execute, *call: execute(*call))
    assert worker.start()
    return worker


def successor_and_then_wake(
    plant: Plant, worker: Frozen, monkeypatch: pytest.MonkeyPatch, *, seconds: float = 1000
) -> None:
    """`seconds`: as long as it was frozen, its machine's clock went on; 0 for a paused virtual machine."""
    past = timezone.now() - timedelta(seconds=1)
    for kind in (ItemStage, PaceShipment):
        kind._default_manager.filter(lease_until__isnull=False).update(lease_until=past)
    plant.let_time_pass()
    plant.tell()
    clock = time.monotonic
    with monkeypatch.context() as later:
        # Both names of one clock: a call that begins after this has its whole time.
        for module, name in ((time, "monotonic"), (transport, "_now")):
            later.setattr(module, name, lambda: clock() + seconds)
        worker.wake()


def shipped(plant: Plant) -> Order:
    order = plant.order()
    plant.ship(order, "1Z77")
    plant.poll_now()
    return order


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
def test_a_shipment_is_told_once_though_its_worker_was_frozen_at_the_call(
    plant_for_threads: Plant, monkeypatch: pytest.MonkeyPatch, after: bool
) -> None:
    plant = plant_for_threads
    order = shipped(plant)
    worker = frozen_at(monkeypatch, "POST", "/Orders/Shipments", after=after)
    successor_and_then_wake(plant, worker, monkeypatch)
    assert plant.shipments(order) == ["1Z77"]
    row = PaceShipment.objects.get()
    assert (row.sent_numbers, row.problem, row.lease_token) == (["1Z77"], "", None)


def test_a_shipment_is_told_once_though_its_machine_was_paused_after_it_saw_none(
    plant_for_threads: Plant, monkeypatch: pytest.MonkeyPatch
) -> None:
    plant = plant_for_threads
    order = shipped(plant)
    worker = frozen_at(monkeypatch, "GET", "/Shipments", after=True)
    successor_and_then_wake(plant, worker, monkeypatch, seconds=0)
    assert plant.shipments(order) == ["1Z77"]


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
def test_no_older_stage_is_sent_by_a_worker_that_was_frozen_at_the_call(
    plant_for_threads: Plant, monkeypatch: pytest.MonkeyPatch, after: bool
) -> None:
    plant = plant_for_threads
    order = plant.order()
    plant.job_status(order, "R")
    plant.poll_now()
    worker = frozen_at(monkeypatch, "PUT", "/Status/", after=after)
    plant.job_status(order, "C")
    plant.poll_now()
    successor_and_then_wake(plant, worker, monkeypatch)
    assert plant.stage(order) == "Order Completed"
    assert plant.history(order) == (["Press"] if after else []) + ["Order Completed"]


def frozen_after_its_look_at_the_lease(monkeypatch: pytest.MonkeyPatch) -> Frozen:
    """A delivering worker that stops when it has found that it may send, and before it makes the call."""
    worker = Frozen(deliver.deliver_due, place=1)
    renew = Lease.renew

    def stopping(held: Lease[Any], *, force: bool = False, **columns: Any) -> None:
        renew(held, force=force, **columns)
        if force:
            worker.pass_by("after the look at the lease")

    monkeypatch.setattr(Lease, "renew", stopping)
    monkeypatch.setattr(worker, "_statement", lambda execute, *call: execute(*call))
    assert worker.start()
    return worker


def test_a_shipment_is_told_once_though_its_worker_was_frozen_before_the_call_began(
    plant_for_threads: Plant, monkeypatch: pytest.MonkeyPatch
) -> None:
    plant = plant_for_threads
    order = shipped(plant)
    worker = frozen_after_its_look_at_the_lease(monkeypatch)
    successor_and_then_wake(plant, worker, monkeypatch)
    assert plant.shipments(order) == ["1Z77"]


def test_no_older_stage_is_sent_by_a_worker_that_was_frozen_before_the_call_began(
    plant_for_threads: Plant, monkeypatch: pytest.MonkeyPatch
) -> None:
    plant = plant_for_threads
    order = plant.order()
    plant.job_status(order, "R")
    plant.poll_now()
    worker = frozen_after_its_look_at_the_lease(monkeypatch)
    plant.job_status(order, "C")
    plant.poll_now()
    successor_and_then_wake(plant, worker, monkeypatch)
    assert plant.history(order) == ["Order Completed"]


def test_a_call_is_sent_within_its_time_and_not_after_it(
    plant: Plant, monkeypatch: pytest.MonkeyPatch
) -> None:
    order = shipped(plant)
    now = transport._now
    with transport.sent_within(1000):
        plant.tell()
    assert plant.shipments(order) == ["1Z77"]
    with transport.sent_within(10):
        monkeypatch.setattr(transport, "_now", lambda: now() + 11)
        plant.hub.pressero.clear_calls()
        plant.ship(order, "1Z78")
        plant.sync()
    assert plant.hub.pressero.calls == []
