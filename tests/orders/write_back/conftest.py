"""A plant at work: orders in Pace, people who change their statuses there, and a buyer who looks at the storefront."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from integrations.core.workqueue import messages as queue
from integrations.enums import OrderStatus
from integrations.models import AuditEntry, Circuit, ItemStage, Order, PaceJob, PaceShipment
from integrations.orders.intake import receive
from integrations.orders.write_back import deliver, poll
from integrations.simulation.sandbox.pressero import FileDraft, ItemDraft, OrderDraft
from mappings.models import StatusMapping
from tests.conftest import Hub

CU = "Example CU Store"
AVERY = "avery@example.com"

# What the demo shop's people see for each of Pace's statuses.
STAGES = {"P": "Prepress", "R": "Press", "B": "Bindery", "S": "Shipping", "C": "Order Completed"}


@dataclass
class Plant:
    """The hub between the two sandboxes, with a status mapping by stage names."""

    hub: Hub

    # --- orders ---

    def order(self, *, items: int = 1, files: int = 0, store: str = CU, **item: Any) -> Order:
        """An order of so many items that is in Pace."""
        values: dict[str, Any] = {"price": "10.00", "method": "Ground"} | item
        drafts = [
            ItemDraft(
                "Business Card",
                **values,
                files=[FileDraft(f"{seq}-{number}.pdf", "gen", size=9) for number in range(1, files + 1)],
            )
            for seq in range(1, items + 1)
        ]
        return self.submitted(OrderDraft(store, AVERY, drafts))

    def submitted(self, draft: OrderDraft) -> Order:
        order = self.hub.process(draft)
        assert order.status == OrderStatus.SUBMITTED, order.message
        return order

    def fresh(self, order: Order) -> Order:
        return Order.objects.get(pk=order.pk)

    # --- what happens in the plant ---

    def job_status(self, order: Order, status: str) -> None:
        """Change the status of an order's jobs in Pace, and of all their parts, as people there do."""
        for job in PaceJob.objects.filter(order=order):
            self.hub.pace.put("Job", job=job.number, adminStatus=status)
            for part in self.hub.pace.objects("JobPart", job=job.number):
                self.part_status(job.number, part["jobPart"], status)

    def part_status(self, job: str, part: str, status: str) -> None:
        self.hub.pace.put("JobPart", job=job, jobPart=part, productionStatus=status)

    def ship(self, order: Order, tracking: str = "1Z1", *, nth: int = 0, cartons: Sequence[str] = ()) -> int:
        """Ship the nth shipment of the order's first job; its id."""
        job = PaceJob.objects.filter(order=order).order_by("id")[0]
        shipment = self.hub.pace.objects("JobShipment", job=job.number)[nth]
        id_ = int(shipment["id"])
        self.hub.pace.put("JobShipment", id=id_, shipped=True, trackingNumber=tracking or None)
        for number in cartons:
            self.hub.pace.put("Carton", shipment=id_, trackingNumber=number, count=1)
        return id_

    # --- what the hub does ---

    def poll_now(self) -> poll.PollReport:
        """A pass over the open jobs."""
        return poll.sync_all()

    def tell(self) -> deliver.Run:
        """Deliver what is due."""
        return deliver.deliver_due()

    def sync(self) -> None:
        self.poll_now()
        self.tell()

    def let_time_pass(self) -> None:
        """Every retry clock runs out."""
        past = timezone.now() - timedelta(seconds=1)
        for kind in (ItemStage, PaceShipment):
            kind._default_manager.filter(due_at__isnull=False).update(due_at=past)
        PaceJob.objects.filter(sync_due_at__isnull=False).update(sync_due_at=past)
        Circuit.objects.filter(open_until__isnull=False).update(open_until=past, probe_until=None)

    # --- what is seen ---

    def stage(self, order: Order, item: int = 1) -> str:
        """The stage that Pressero shows."""
        return str(self.hub.pressero.item(order.number, item)["WorkflowStagePrinter"])

    def history(self, order: Order, item: int = 1) -> list[str]:
        """The stages that the item was set to after it was placed."""
        found = self.hub.pressero.status_history(order.number, item)
        return [str(one["WorkflowStagePrinter"]) for one in found[1:]]

    def notes(self, order: Order, item: int = 1) -> list[str]:
        return [str(one["Notes"]) for one in self.hub.pressero.status_history(order.number, item)[1:]]

    def shipments(self, order: Order, item: int = 1) -> list[str]:
        """The tracking numbers that Pressero shows."""
        return [str(one["ShipTracking"]) for one in self.hub.pressero.shipments(order.number, item)]

    def timeline(self, order: Order, type_: str) -> list[dict[str, Any]]:
        found = AuditEntry.objects.filter(order=order, type=type_).order_by("id")
        return [entry.data for entry in found]

    def stage_row(self, order: Order, item: int = 1) -> ItemStage:
        return ItemStage.objects.get(item__order=order, item__seq=item)

    def pace_calls(self, path: str = "") -> int:
        return sum(1 for call in self.hub.pace.calls if path in call.path)

    def writes(self) -> int:
        """How often Pressero was asked to set a stage."""
        return sum(1 for call in self.hub.pressero.calls if "/Status/" in call.path and call.method == "PUT")


def take_in_again(order: Order) -> None:
    """Make the order due, as any event does."""
    receive.take_in(order.storefront, order.number, why="A test asked for it.", actor="test")


def map_statuses(stages: dict[str, str] | None = None, *, level: str = "job") -> None:
    for status, stage in (STAGES if stages is None else stages).items():
        StatusMapping.objects.create(level=level, pace_status=status, pressero_stage=stage)


@pytest.fixture
def plant(hub: Hub, quiet_queue: list[str]) -> Plant:
    map_statuses()
    return Plant(hub)


@pytest.fixture
def bare_plant(hub: Hub, quiet_queue: list[str]) -> Plant:
    """The same without any mapping row."""
    return Plant(hub)


@pytest.fixture
def plant_for_threads(hub_for_threads: Hub, quiet_queue: list[str]) -> Plant:
    map_statuses()
    return Plant(hub_for_threads)


@pytest.fixture
def quiet_queue(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What would have been handed to the task queue; the tests do the work themselves."""
    sent: list[str] = []
    monkeypatch.setattr(queue, "async_task", lambda task, *args, **kwargs: sent.append(task))
    return sent


Count = Callable[[], int]
