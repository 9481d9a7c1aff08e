"""Whatever an earlier attempt left on the rows of a write to Pace: the next attempt gets past it."""

import itertools
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from django.utils import timezone

from integrations.clients.pace.client import PaceClient
from integrations.core.workqueue import orders
from integrations.enums import JobState, OrderStatus
from integrations.errors import LeaseLost, StateChanged
from integrations.models import ContactCreation, Order, PaceJob
from integrations.orders.submission import submit
from integrations.orders.submission.submit import JobSubmission
from tests.conftest import Hub
from tests.e2e.test_pace_transaction import KINDS, Kind, is_whole

pytestmark = pytest.mark.e2e

PAST = timezone.now() - timedelta(minutes=5)
LEFT = [
    {"txn": txn, "quiet_until": quiet, "sent_to": address}
    for txn, quiet, address in itertools.product(["", "ended-long-ago"], [None, PAST], ["", "moved"])
]
UNFINISHED = [state for state in JobState if state != JobState.DONE]
JOB, PARTY, FILES = KINDS


def _cases() -> list[Any]:
    states = {"job": [{"state": state} for state in UNFINISHED], "party": [{}], "files": [{}]}
    return [
        pytest.param(
            kind,
            {**left, **state},
            id=f"{kind.name}-{state.get('state', '')}-{left['txn']}-{left['quiet_until'] and 'quiet'}-{left['sent_to']}",
        )
        for kind in KINDS
        for left in LEFT
        for state in states[kind.name]
        # The address where a transaction was begun is stored with it.
        if bool(left["sent_to"]) == bool(left["txn"])
    ]


@pytest.mark.parametrize(("kind", "left"), _cases())
def test_what_an_earlier_attempt_left_keeps_no_order_from_getting_through(
    hub: Hub, kind: Kind, left: dict[str, Any]
) -> None:
    order = kind.begin(hub)
    left = {**left, "sent_to": left["sent_to"] and hub.server.url}
    if kind is JOB:
        PaceJob.objects.create(
            order=order, server=hub.server, unit="order", description="", customer="", **left
        )
    elif kind is FILES:
        PaceJob.objects.update(**left)
    else:
        hub.pace.faults.add("error_before", path="createCustomer", status=503)
        hub.process(order)
        ContactCreation.objects.update(**left)
        orders.wake(order.pk)
    assert hub.process(order).status == OrderStatus.SUBMITTED
    is_whole(kind, hub, order)


def test_no_files_are_committed_to_a_job_that_is_forgotten_meanwhile(
    hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    order = FILES.begin(hub)
    turn = PaceClient.wait_for_turn

    def forget(client: PaceClient) -> None:
        PaceJob.objects.update(state=JobState.PLANNED)
        turn(client)

    with monkeypatch.context() as meanwhile:
        meanwhile.setattr(PaceClient, "wait_for_turn", forget)
        row = hub.process(order)
    assert [call.path for call in hub.pace.calls if "/commit" in call.path] == []
    assert "records changed" in row.message
    assert (row.lease_token, row.unfinished_leases) == (None, 0)


def test_a_worker_without_its_lease_calls_nobody_to_settle_what_was_left(hub: Hub) -> None:
    order = JOB.begin(hub)
    held = orders.acquire_lease(order.pk)
    Order.objects.update(lease_until=PAST)
    row = PaceJob.objects.create(order=order, server=hub.server, unit="order", txn="a", quiet_until=PAST)
    ctx: Any = SimpleNamespace(lease=held, order=order, pace_at=lambda *where: pytest.fail("Pace was called"))
    with pytest.raises(LeaseLost):
        JobSubmission(ctx, row).settle()


@pytest.mark.parametrize(
    "found", [{"txn": "b"}, {"txn": "a", "state": JobState.DONE}], ids=["another", "done"]
)
def test_a_row_that_has_another_transaction_or_is_done_is_not_changed(
    hub: Hub, found: dict[str, Any]
) -> None:
    order = JOB.begin(hub)
    row = PaceJob.objects.create(
        order=order, server=hub.server, unit="order", txn="a", state=JobState.WRITING
    )
    PaceJob.objects.update(**found)
    before = PaceJob.objects.values().get()
    ctx: Any = SimpleNamespace(lease=orders.acquire_lease(order.pk), order=order)
    with pytest.raises(StateChanged):
        JobSubmission(ctx, row)._undo("a")
    assert PaceJob.objects.values().get() == before


@pytest.mark.parametrize(
    "found",
    [{"txn": "b"}, {"quiet_until": None}, {"state": JobState.DONE}],
    ids=["another transaction", "no quiet period", "done"],
)
def test_nobody_is_called_to_settle_a_row_that_is_not_as_it_was_read(hub: Hub, found: dict[str, Any]) -> None:
    order = JOB.begin(hub)
    row = PaceJob.objects.create(
        order=order, server=hub.server, unit="order", txn="a", quiet_until=PAST, state=JobState.COMMITTING
    )
    PaceJob.objects.update(**found)
    ctx: Any = SimpleNamespace(
        lease=orders.acquire_lease(order.pk),
        order=order,
        pace_at=lambda *where: pytest.fail("Pace was called"),
    )
    with pytest.raises(StateChanged):
        JobSubmission(ctx, row).settle()


@pytest.mark.parametrize(
    "found", [{"txn": "b"}, {"state": JobState.COMMITTING}], ids=["being written", "commit sent"]
)
def test_a_job_that_an_attempt_has_begun_is_not_planned_over(hub: Hub, found: dict[str, Any]) -> None:
    order = JOB.begin(hub)
    PaceJob.objects.create(order=order, server=hub.server, unit="order", description="As begun", **found)
    value = SimpleNamespace(value="EXCU")
    planned: Any = SimpleNamespace(
        unit="order", description="As planned now", fields={"customer": value, "originalQuotedPrice": value}
    )
    ctx: Any = SimpleNamespace(lease=orders.acquire_lease(order.pk), order=order, server=hub.server)
    with pytest.raises(StateChanged):
        submit._row_for(ctx, planned)
    assert PaceJob.objects.get().description == "As begun"
