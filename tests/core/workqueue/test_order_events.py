"""What other systems are told when a worker takes an order up and when it gives the order back."""

from collections.abc import Callable

import pytest
from django.utils import timezone

from integrations.core.workqueue import orders
from integrations.core.workqueue.orders import Ending
from integrations.enums import FailureMode, OrderStatus
from integrations.models import Order, OutgoingEvent, Subscription
from tests.queued_orders import DONE, MakeOrder, claimed

STOPPED = Ending(OrderStatus.NEEDS_ATTENTION, "Add a row for Ground.", FailureMode.CONFIG)


@pytest.fixture(autouse=True)
def _a_system_is_told_of_everything(subscribe: Callable[..., Subscription]) -> None:
    subscribe()


def told(order: Order) -> list[tuple[str, str]]:
    """The events of this order: their types, each with the status that it tells."""
    events = OutgoingEvent.objects.filter(order=order).order_by("pk")
    return [(event.type, event.facts["status"]) for event in events]


def types(order: Order) -> list[str]:
    return [type_ for type_, _ in told(order)]


def test_an_order_that_is_taken_up_is_told_as_processing(order: Order) -> None:
    claimed(order)
    assert told(order) == [("order.status_changed", "processing")]


def test_the_status_that_a_worker_leaves_is_told_of_its_order(make_order: MakeOrder) -> None:
    order = make_order(OrderStatus.PROCESSING)
    orders.release(claimed(order), DONE)
    assert told(order) == [("order.status_changed", "submitted"), ("order.submitted", "submitted")]


def test_an_order_that_stops_is_told_as_needing_attention(order: Order) -> None:
    orders.release(claimed(order), STOPPED)
    assert types(order).count("order.needs_attention") == 1


def test_an_order_that_still_needs_the_same_is_not_told_again(make_order: MakeOrder) -> None:
    """A submitted order keeps its status while it needs a person, so the message tells whether something is new."""
    order = make_order(OrderStatus.SUBMITTED, message="Add a row for Ground.")
    orders.release(claimed(order), Ending(OrderStatus.SUBMITTED, "Add a row for Ground.", FailureMode.CONFIG))
    assert told(order) == []


@pytest.mark.parametrize(
    "ending",
    [
        DONE,
        Ending(OrderStatus.WAITING, "Waits for approval."),
        Ending(OrderStatus.PROCESSING, "Pace is away.", FailureMode.TRANSIENT, due_at=timezone.now()),
    ],
    ids=["done", "waits", "is retried"],
)
def test_an_order_that_goes_on_by_itself_is_not_told_as_needing_attention(
    order: Order, ending: Ending
) -> None:
    orders.release(claimed(order), ending)
    assert "order.needs_attention" not in types(order)
