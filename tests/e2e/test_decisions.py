"""When an order is sent and what of it (docs/mapping.md §1), from the webhook to the sandbox Pace."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone

from integrations.core.audit import log as audit
from integrations.enums import FailureMode, OrderStatus
from integrations.models import Order
from integrations.orders.submission import runner
from integrations.simulation.sandbox.pressero import ItemDraft, OrderDraft
from integrations.simulation.sandbox.pressero.webhooks import Event
from tests.e2e.shop import Shop

pytestmark = pytest.mark.e2e

CU = "Example CU Store"  # sends at once
HEALTH = "Sample Health Portal"  # waits for approvals
MakeDue = Callable[[Order], None]


def item(price: str = "10.00", **more: Any) -> ItemDraft:
    return ItemDraft("Poster 18x24", **{"price": price, "method": "Ground", **more})


def waiting_draft(items: int = 3) -> OrderDraft:
    """Items of 10.00, 20.00, 30.00 … that all wait for an approver."""
    return OrderDraft(
        HEALTH, "riley@example.com", [item(f"{n}0.00", needs_approval=True) for n in range(1, items + 1)]
    )


# --- without waiting for approvals ----------------------------------------------------------------------------------


def test_order_is_sent_at_its_first_event_with_every_item_not_denied(shop: Shop) -> None:
    number = shop.place(
        OrderDraft(CU, "avery@example.com", [item("10.00"), item("20.00", needs_approval=True)])
    )
    [placed, *_] = shop.events(number)
    shop.deliver(placed)
    assert shop.order(number).status == OrderStatus.SUBMITTED
    assert shop.sent() == [(f"{number} - {CU}", Decimal("30.00"), ["10.00", "20.00"])]


def test_item_that_was_denied_before_the_first_event_is_left_out(shop: Shop) -> None:
    number = shop.place(
        OrderDraft(CU, "avery@example.com", [item("10.00"), item("20.00", needs_approval=True)])
    )
    shop.hub.pressero.deny(number, 2)
    shop.deliver(shop.events(number)[0])
    assert shop.sent() == [(f"{number} - {CU}", Decimal("10.00"), ["10.00"])]


@pytest.mark.parametrize(
    "name", ["OrderUpdated", "PaymentReceived", "OrderItemFilesGenerated", "OrderItemStatusChanged"]
)
def test_any_later_event_serves_when_order_placed_was_missed(shop: Shop, name: str) -> None:
    number = shop.place(OrderDraft(CU, "avery@example.com", [item()]))
    shop.deliver(shop.hub.pressero.fire(name, number, 1 if name.startswith("OrderItem") else None))
    assert shop.order(number).status == OrderStatus.SUBMITTED
    assert len(shop.sent()) == 1


def test_event_that_comes_before_pressero_shows_the_order_is_tried_again_by_itself(
    shop: Shop, make_due: MakeDue
) -> None:
    shop.hub.pressero.store.visible_after_calls = 1
    number = shop.place(OrderDraft(CU, "avery@example.com", [item()]))
    shop.deliver(shop.events(number)[0])
    order = shop.order(number)
    assert (order.status, order.failure_mode) == (OrderStatus.PROCESSING, FailureMode.TRANSIENT)
    assert order.due_at is not None
    assert str(number) in order.message
    make_due(order)
    runner.process(order.pk)
    assert shop.order(number).status == OrderStatus.SUBMITTED
    assert len(shop.sent()) == 1


@pytest.mark.parametrize("site", [CU, HEALTH])
def test_order_whose_items_are_all_denied_ends_as_denied_and_nothing_is_sent(shop: Shop, site: str) -> None:
    buyer = "avery@example.com" if site == CU else "riley@example.com"
    number = shop.place(OrderDraft(site, buyer, [item(needs_approval=True), item(needs_approval=True)]))
    shop.hub.pressero.deny(number, 1)
    shop.hub.pressero.deny(number, 2)
    shop.deliver(*shop.events(number))
    order = shop.order(number)
    assert (order.status, order.message, order.due_at) == (OrderStatus.DENIED, "", None)
    assert shop.writes() == []
    assert "nothing is sent" in audit.timeline(order)[-1].sentence


def test_denied_order_is_sent_when_an_item_is_approved_after_all(shop: Shop) -> None:
    number = shop.place(waiting_draft(2))
    shop.hub.pressero.deny(number, 1)
    shop.hub.pressero.deny(number, 2)
    shop.deliver(*shop.events(number))
    assert shop.order(number).status == OrderStatus.DENIED
    shop.hub.pressero.approve(number, 1)
    shop.deliver(shop.events(number)[-1])
    assert shop.order(number).status == OrderStatus.SUBMITTED
    assert shop.sent() == [(f"{number} - {HEALTH}", Decimal("10.00"), ["10.00"])]


# --- waiting for approvals ------------------------------------------------------------------------------------------


def test_order_waits_until_no_item_is_undecided(shop: Shop) -> None:
    number = shop.place(waiting_draft(3))
    shop.deliver(*shop.events(number))
    assert shop.order(number).status == OrderStatus.WAITING
    shop.hub.pressero.approve(number, 1)
    shop.hub.pressero.deny(number, 3)
    shop.deliver(*shop.events(number)[-2:])
    order = shop.order(number)
    assert (order.status, order.message) == (OrderStatus.WAITING, "")
    assert shop.writes() == []
    assert "Item 2 waits for approval in Pressero." in "\n".join(
        line.sentence for line in audit.timeline(order)
    )
    shop.hub.pressero.approve(number, 2)
    shop.deliver(shop.events(number)[-1])
    assert shop.order(number).status == OrderStatus.SUBMITTED
    assert shop.sent() == [(f"{number} - {HEALTH}", Decimal("30.00"), ["10.00", "20.00"])]


def test_order_is_sent_when_its_last_decision_is_a_denial(shop: Shop) -> None:
    number = shop.place(waiting_draft(2))
    shop.hub.pressero.approve(number, 1)
    shop.deliver(*shop.events(number))
    assert shop.order(number).status == OrderStatus.WAITING
    shop.hub.pressero.deny(number, 2)
    shop.deliver(shop.events(number)[-1])
    assert shop.order(number).status == OrderStatus.SUBMITTED
    assert shop.sent() == [(f"{number} - {HEALTH}", Decimal("10.00"), ["10.00"])]


def test_item_approved_with_modifications_is_sent_as_modified(shop: Shop) -> None:
    number = shop.place(waiting_draft(2))
    shop.hub.pressero.approve(number, 1, {"quantity": 7, "price": "11.50"})
    shop.hub.pressero.approve(number, 2)
    shop.deliver(*shop.events(number))
    assert shop.sent() == [(f"{number} - {HEALTH}", Decimal("31.50"), ["11.50", "20.00"])]
    assert [part["qtyOrdered"] for part in shop.hub.pace.objects("JobPart")] == [7, 1]


def test_waiting_order_looks_again_by_itself_within_the_hour_when_the_last_event_is_lost(
    shop: Shop, make_due: MakeDue
) -> None:
    number = shop.place(waiting_draft(2))
    shop.deliver(*shop.events(number))
    order = shop.order(number)
    assert order.due_at is not None
    assert timezone.now() < order.due_at <= timezone.now() + timedelta(hours=1)
    shop.hub.pressero.approve(number, 1)
    shop.hub.pressero.approve(number, 2)
    make_due(order)
    runner.process(order.pk)
    assert shop.order(number).status == OrderStatus.SUBMITTED
    assert shop.sent() == [(f"{number} - {HEALTH}", Decimal("30.00"), ["10.00", "20.00"])]


def in_order(events: list[Event]) -> list[Event]:
    return events


def reversed_order(events: list[Event]) -> list[Event]:
    return events[::-1]


def each_three_times(events: list[Event]) -> list[Event]:
    return [event for event in events for _ in range(3)]


def all_of_them_twice(events: list[Event]) -> list[Event]:
    return [*events, *events]


def only_the_first(events: list[Event]) -> list[Event]:
    return events[:1]


def only_the_last(events: list[Event]) -> list[Event]:
    return events[-1:]


def without_order_placed(events: list[Event]) -> list[Event]:
    return events[1:]


def decisions_before_order_placed(events: list[Event]) -> list[Event]:
    return [*events[2:], *events[:2]]


@pytest.mark.parametrize(
    "arrive",
    [
        in_order, reversed_order, each_three_times, all_of_them_twice, only_the_first, only_the_last,
        without_order_placed, decisions_before_order_placed,
    ],
)  # fmt: skip
def test_late_early_repeated_and_missing_events_lead_to_the_same_jobs(
    shop: Shop, arrive: Callable[[list[Event]], list[Event]]
) -> None:
    number = shop.place(waiting_draft(3))
    shop.hub.pressero.approve(number, 3)
    shop.hub.pressero.deny(number, 2)
    shop.hub.pressero.approve(number, 1)
    events = shop.events(number)
    names = ["OrderPlaced", "OrderAprvReq", "OrderItemApproved", "OrderItemDenied", "OrderItemApproved"]
    assert [event.name for event in events] == names
    shop.deliver(*arrive(events))
    assert shop.order(number).status == OrderStatus.SUBMITTED
    assert shop.sent() == [(f"{number} - {HEALTH}", Decimal("40.00"), ["10.00", "30.00"])]


@pytest.mark.parametrize("behind", [0, 1, 2, 3])
def test_events_that_lag_behind_the_decisions_lead_to_the_same_jobs(shop: Shop, behind: int) -> None:
    """Every event arrives when `behind` more things have happened."""
    number = shop.place(waiting_draft(3))
    decisions = [
        lambda: shop.hub.pressero.approve(number, 1),
        lambda: shop.hub.pressero.deny(number, 2),
        lambda: shop.hub.pressero.approve(number, 3),
    ]
    delivered = 0
    for decide in decisions:
        decide()
        ready = shop.events(number)[delivered : len(shop.events(number)) - behind]
        shop.deliver(*ready)
        delivered += len(ready)
    shop.deliver(*shop.events(number)[delivered:])
    assert shop.sent() == [(f"{number} - {HEALTH}", Decimal("40.00"), ["10.00", "30.00"])]


# --- after the jobs exist -------------------------------------------------------------------------------------------


def test_events_after_submission_make_no_second_job(shop: Shop) -> None:
    number = shop.place(OrderDraft(CU, "avery@example.com", [item()]))
    shop.deliver(*shop.events(number))
    before = shop.sent()
    for name in ("OrderPlaced", "OrderUpdated", "PaymentReceived", "OrderAllComplete"):
        shop.deliver(shop.hub.pressero.fire(name, number))
    for name in ("OrderItemApproved", "OrderItemDenied", "OrderItemUpdated", "OrderItemComplete"):
        shop.deliver(shop.hub.pressero.fire(name, number, 1))
    assert shop.sent() == before
    assert shop.order(number).status == OrderStatus.SUBMITTED


def test_denial_and_change_after_submission_are_recorded_with_the_differences_and_touch_no_job(
    shop: Shop,
) -> None:
    number = shop.place(OrderDraft(CU, "avery@example.com", [item("10.00"), item("20.00")], po_number="PO-1"))
    shop.deliver(*shop.events(number))
    before = shop.sent()
    shop.hub.pressero.deny(number, 2)
    shop.hub.pressero.edit_item(number, 1, quantity=9)
    shop.hub.pressero.edit_order(number, po_number="PO-2")
    shop.hub.pace.clear_calls()
    shop.deliver(*shop.events(number)[-3:])
    assert shop.writes() == []
    assert shop.sent() == before
    order = shop.order(number)
    told = [line.sentence for line in audit.timeline(order) if line.type == "order.changed_after_submission"]
    assert len(told) == 1  # all were there at the first look; the later events bring nothing new
    for words in [
        "item 2, approval: not denied → denied",
        "item 1, quantity: 1 → 9",
        "PO number: PO-1 → PO-2",
    ]:
        assert words in told[0]
    assert {(change.item, change.after) for change in order.changes.all()} >= {
        (2, "denied"),
        (1, "9"),
        (None, "PO-2"),
    }
    assert order.status == OrderStatus.SUBMITTED
