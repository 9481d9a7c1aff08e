"""An order whose writing takes longer than ten minutes gets through at its first attempt: on a pretended clock."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.conf import settings
from django.utils import timezone

from automationhub.lib import database_clock
from integrations.core.workqueue import heartbeats, orders
from integrations.core.workqueue.orders import LEASE
from integrations.enums import OrderStatus
from integrations.models import AuditEntry, Heartbeat
from integrations.simulation.sandbox.pressero import FileDraft, ItemDraft, OrderDraft, SandboxAddress
from tests.conftest import Hub

pytestmark = pytest.mark.e2e

LINES = 320
SECONDS_PER_CALL = 0.4


def large() -> OrderDraft:
    return OrderDraft(
        "Example CU Store",
        "avery@example.com",
        [
            ItemDraft(
                "Business Card",
                quantity=1,
                price="1.00",
                method="Ground",
                files=[FileDraft(f"art-{n}.pdf", "gen", size=10)],
                ship_to=SandboxAddress(
                    business=f"Branch {n}", address1=f"{n} Main St", city="Springfield", state="IL", postal="62701",
                    country="US",
                ),
            )
            for n in range(LINES)
        ],
    )  # fmt: skip


class Clock:
    """Time goes on with each call to Pace, and with nothing else."""

    def __init__(self) -> None:
        self.start = datetime.now(UTC)
        self.calls = 0

    def __call__(self) -> datetime:
        return self.start + timedelta(seconds=SECONDS_PER_CALL * self.calls)


def test_320_lines_to_320_addresses_at_0_4_s_a_call(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    order = hub.take_in(large())
    clock = Clock()
    handle = hub.pace.handle

    def slowly(request: Any) -> Any:
        clock.calls += 1
        return handle(request)

    monkeypatch.setattr(hub.pace, "handle", slowly)
    monkeypatch.setattr(hub.pace.store, "clock", clock)
    monkeypatch.setattr(timezone, "now", clock)
    with database_clock.pretending(clock):
        order = hub.process(order)

    assert (order.status, order.message) == (OrderStatus.SUBMITTED, "")
    assert AuditEntry.objects.filter(type="order.claimed").count() == 1
    [job] = hub.pace.objects("Job")
    assert len(hub.pace.objects("JobPart", job=job["job"])) == LINES
    assert len(hub.pace.objects("JobShipment", job=job["job"])) == LINES
    took = clock() - clock.start
    # Longer than a fixed ten minutes, and well within the time that the queue gives a task.
    assert timedelta(minutes=10) < took < timedelta(seconds=settings.Q_CLUSTER["timeout"]) / 2
    # The watchdog saw that the worker was alive, though no task ended for all that time.
    beat = Heartbeat.objects.get(cluster=heartbeats.cluster_name()).at
    assert beat > clock() - timedelta(seconds=60)


def test_many_late_files_that_take_longer_than_a_lease_are_added_at_the_first_attempt(
    hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    order = hub.process(
        hub.take_in(
            OrderDraft(
                "Example CU Store",
                "avery@example.com",
                [
                    ItemDraft(
                        "Business Card",
                        quantity=1,
                        price="1.00",
                        method="Ground",
                        files=[FileDraft("a.pdf", "gen")],
                    )
                ],
            )
        )
    )
    late = int(LEASE.total_seconds() / SECONDS_PER_CALL)
    hub.pressero.add_files(order.number, 1, [FileDraft(f"late-{n}.pdf", "gen") for n in range(late)])
    clock = Clock()
    handle = hub.pace.handle

    def slowly(request: Any) -> Any:
        clock.calls += 1
        return handle(request)

    monkeypatch.setattr(hub.pace, "handle", slowly)
    monkeypatch.setattr(hub.pace.store, "clock", clock)
    monkeypatch.setattr(timezone, "now", clock)
    with database_clock.pretending(clock):
        orders.wake(order.pk)
        order = hub.process(order)

    assert clock() - clock.start > LEASE
    assert (order.status, order.message) == (OrderStatus.SUBMITTED, "")
    assert len(hub.pace.objects("JobPartContentFile")) == late + 1
    assert AuditEntry.objects.filter(type="order.lease_lost").count() == 0
