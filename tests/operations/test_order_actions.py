"""What staff do with orders: retry, hold, release, process again; and when each is refused."""

from typing import Any

import pytest

from integrations.causes import NO_CAUSE, CauseKind
from integrations.core.workqueue import messages as queue
from integrations.core.workqueue import orders
from integrations.enums import FailureMode, JobState, OrderStatus
from integrations.errors import NotAllowed
from integrations.models import AuditEntry, Order, PaceJob, Storefront
from integrations.operations import order_actions
from integrations.orders.submission import runner
from tests.queued_orders import (
    MakeOrder,
    Sent,
    again,
    claimed,
    commits_run_at_once,  # noqa: F401 - a fixture
    later,
)

pytestmark = pytest.mark.usefixtures("commits_run_at_once")


EVERY_STATUS = list(OrderStatus)
RETRYABLE = {OrderStatus.NEEDS_ATTENTION, OrderStatus.PROCESSING, OrderStatus.RECEIVED}
HOLDABLE = RETRYABLE | {OrderStatus.WAITING}


@pytest.mark.parametrize("status", EVERY_STATUS)
def test_which_orders_can_be_retried(make_order: MakeOrder, status: OrderStatus) -> None:
    order = make_order(status, due_at=None)
    if status in RETRYABLE:
        order_actions.retry(order, actor="kim")
        assert again(order).due_at is not None
    else:
        with pytest.raises(NotAllowed):
            order_actions.retry(order, actor="kim")
        assert again(order).due_at is None


@pytest.mark.parametrize("status", [OrderStatus.SUBMITTED, OrderStatus.WAITING, OrderStatus.DENIED])
def test_a_failure_in_any_other_state_can_be_retried(make_order: MakeOrder, status: OrderStatus) -> None:
    order = make_order(status, failure_mode=FailureMode.CONFIG, due_at=None)
    order_actions.retry(order, actor="kim")
    assert again(order).due_at is not None


def test_a_retry_starts_a_fresh_clock(make_order: MakeOrder) -> None:
    order = make_order(OrderStatus.NEEDS_ATTENTION, attempts=9, failing_since=later(hours=-24))
    order_actions.retry(order, actor="kim")
    assert (again(order).attempts, again(order).failing_since) == (0, None)


def test_a_retry_is_told_on_the_timeline_with_who_did_it(
    make_order: MakeOrder, django_user_model: Any
) -> None:
    order = make_order(OrderStatus.NEEDS_ATTENTION)
    user = django_user_model.objects.create_user("kim")
    order_actions.retry(order, actor="kim", user=user)
    [entry] = AuditEntry.objects.filter(order=order)
    assert (entry.type, entry.actor, entry.user_id) == ("staff.retry", "kim", user.pk)


@pytest.mark.parametrize(
    ("status", "sentence"),
    [
        (OrderStatus.SUBMITTED, "Order 7 is submitted; there is nothing to retry."),
        (OrderStatus.WAITING, "Order 7 is waiting for approvals; there is nothing to retry."),
        (OrderStatus.COMPLETED, "Order 7 is completed; there is nothing to retry."),
        (OrderStatus.DENIED, "Order 7 is denied; there is nothing to retry."),
        (OrderStatus.ON_HOLD, "Order 7 is on hold. Release it first."),
    ],
)
def test_why_an_order_cannot_be_retried(make_order: MakeOrder, status: str, sentence: str) -> None:
    with pytest.raises(NotAllowed, match=sentence):
        order_actions.retry(make_order(status, number=7), actor="kim")


def test_an_order_that_is_being_worked_on_cannot_be_retried(make_order: MakeOrder) -> None:
    order = make_order(number=7)
    claimed(order)
    with pytest.raises(NotAllowed, match="Order 7 is being processed right now"):
        order_actions.retry(order, actor="kim")
    assert not AuditEntry.objects.filter(type="staff.retry").exists()


@pytest.mark.parametrize("status", EVERY_STATUS)
def test_which_orders_can_be_held(make_order: MakeOrder, status: OrderStatus, sent: Sent) -> None:
    order = make_order(status, number=7)
    if status in HOLDABLE:
        order_actions.hold(order, actor="kim")
        row = again(order)
        assert (row.status, row.due_at, row.message) == (OrderStatus.ON_HOLD, None, "Put on hold by kim.")
    else:
        with pytest.raises(NotAllowed, match="Order 7 cannot be held"):
            order_actions.hold(order, actor="kim")
        assert again(order).status == status


def test_an_order_that_is_being_worked_on_cannot_be_held(order: Order) -> None:
    claimed(order)
    with pytest.raises(NotAllowed):
        order_actions.hold(order, actor="kim")


@pytest.mark.parametrize("state", [JobState.COMMITTING, JobState.DONE])
def test_an_order_with_a_job_that_may_be_in_pace_cannot_be_held(
    make_order: MakeOrder, storefront: Storefront, state: str
) -> None:
    order = make_order(OrderStatus.PROCESSING)
    PaceJob.objects.create(order=order, server=storefront.pace_server, unit="order", state=state)
    with pytest.raises(NotAllowed):
        order_actions.hold(order, actor="kim")


@pytest.mark.parametrize("state", [JobState.PLANNED, JobState.WRITING])
def test_an_order_whose_job_is_surely_not_in_pace_can_be_held(
    make_order: MakeOrder, storefront: Storefront, state: str
) -> None:
    order = make_order(OrderStatus.PROCESSING)
    PaceJob.objects.create(order=order, server=storefront.pace_server, unit="order", state=state)
    order_actions.hold(order, actor="kim")
    assert again(order).status == OrderStatus.ON_HOLD


def test_a_released_order_goes_on_at_once(order: Order, sent: Sent) -> None:
    order_actions.hold(order, actor="kim")
    order_actions.release_hold(again(order), actor="kim")
    assert again(order).status == OrderStatus.RECEIVED
    assert sent == [(queue.PROCESS_ORDER, order.pk)]


def test_a_released_order_goes_on_at_once_though_its_wake_up_came_while_it_was_held(
    order: Order, sent: Sent
) -> None:
    orders.wake(order.pk)
    order_actions.hold(order, actor="kim")
    assert not runner.process(order.pk)  # the message of before the hold
    order_actions.release_hold(again(order), actor="kim")
    assert len(sent) == 2


def test_a_released_order_carries_no_failure_of_before_the_hold(make_order: MakeOrder) -> None:
    order = make_order(
        OrderStatus.NEEDS_ATTENTION,
        failure_mode=FailureMode.CONFIG,
        **CauseKind.REFUSED.of("x").columns,
        message="No mapping.",
    )
    order_actions.hold(order, actor="kim")
    order_actions.release_hold(again(order), actor="kim")
    row = again(order)
    assert (row.message, row.failure_mode, row.cause) == ("", "", NO_CAUSE)


@pytest.mark.parametrize("status", [status for status in EVERY_STATUS if status != OrderStatus.ON_HOLD])
def test_only_a_held_order_can_be_released(make_order: MakeOrder, status: str) -> None:
    order = make_order(status, number=7)
    with pytest.raises(NotAllowed, match="Order 7 is not on hold"):
        order_actions.release_hold(order, actor="kim")
    assert again(order).status == status


@pytest.mark.parametrize("status", [status for status in EVERY_STATUS if status != OrderStatus.ON_HOLD])
def test_every_order_but_a_held_one_can_be_processed_again(make_order: MakeOrder, status: str) -> None:
    order = make_order(status, due_at=None)
    order_actions.process_again(order, actor="kim")
    assert again(order).due_at is not None
    assert AuditEntry.objects.filter(order=order, type="staff.reprocess").exists()


def test_a_held_order_cannot_be_processed_again(make_order: MakeOrder) -> None:
    with pytest.raises(NotAllowed, match=r"Order 7 is on hold\. Release it first"):
        order_actions.process_again(make_order(OrderStatus.ON_HOLD, number=7, due_at=None), actor="kim")


def test_an_order_held_meanwhile_cannot_be_processed_again(make_order: MakeOrder) -> None:
    seen = make_order(due_at=None)
    order_actions.hold(again(seen), actor="lee")
    with pytest.raises(NotAllowed):
        order_actions.process_again(seen, actor="kim")
    assert again(seen).due_at is None
