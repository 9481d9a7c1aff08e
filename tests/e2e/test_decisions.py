"""When an order is sent and what of it (mapping rules 2), from the webhook to the sandbox Pace; and going on after a stop."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from integrations import audit
from integrations.demo.configuration import SECURITY_KEY
from integrations.enums import FailureMode, OrderStatus
from integrations.models import Order
from integrations.pipeline import runner
from integrations.sandbox.pressero import Address, Buyer, ItemDraft, OrderDraft
from integrations.sandbox.pressero.webhooks import Event, message_hash
from integrations.services import orders
from mappings.models import ShipmentMethodMapping
from tests.conftest import Hub

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


class Shop:
    """Pressero and the hub behind its webhook: events are delivered one by one, as a test wants them."""

    def __init__(self, hub: Hub, client: Client) -> None:
        self.hub = hub
        self.client = client

    def place(self, draft: OrderDraft) -> int:
        return self.hub.pressero.place(draft)

    def events(self, number: int) -> list[Event]:
        """Everything that happened to the order; nothing of it has been delivered."""
        return [event for event in self.hub.pressero.events if event.order_number == number]

    def deliver(self, *events: Event) -> None:
        """Post the events, and after each let a worker look at the order if it is due."""
        for event in events:
            scheme = message_hash("key+body:hex", SECURITY_KEY, event.body)
            answer = self.client.post(
                f"/api/pressero/{self.hub.account.slug}/events/",
                data=event.body,
                content_type="application/json",
                headers={"MessageHash": scheme},
            )
            assert answer.status_code in (200, 202), answer.content
            assert event.order_number is not None
            runner.process(self.order(event.order_number).pk)

    def order(self, number: int) -> Order:
        return Order.objects.get(number=number)

    def sent(self) -> list[tuple[str, Decimal, list[str]]]:
        """What is in Pace: of each job its description, its price and its parts' prices."""
        return [
            (
                job["description"],
                job["originalQuotedPrice"],
                [str(part["quotedPrice"]) for part in self.hub.pace.objects("JobPart", job=job["job"])],
            )
            for job in self.hub.pace.objects("Job")
        ]

    def writes(self) -> list[str]:
        return [
            call.path for call in self.hub.pace.calls if "CreateObject" in call.path or "Update" in call.path
        ]


@pytest.fixture
def shop(hub: Hub, client: Client) -> Shop:
    return Shop(hub, client)


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
    assert f"Order {number} waits for the approval or denial of item 2" in "\n".join(
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


# --- stopped, mended, gone on ---------------------------------------------------------------------------------------


def stop_at_no_email(hub: Hub) -> OrderDraft:
    home = Address(business="Studio", address1="7 Harbour Rd", city="Duluth", state="MN", postal="55802")
    return OrderDraft(CU, Buyer("Sam", "Nomail", "", address=home), [item()])


def mend_no_email(hub: Hub) -> None:
    hub.storefront(CU, fallback_contact=5002)


def stop_at_an_unknown_method(hub: Hub) -> OrderDraft:
    return OrderDraft(CU, "avery@example.com", [item(), item(method="Overnight")])


def mend_an_unknown_method(hub: Hub) -> None:
    ShipmentMethodMapping.objects.create(storefront=None, pressero_method="Overnight", ship_via=5013)


def mend_by_a_default(hub: Hub) -> None:
    hub.storefront(CU, default_ship_via=5013)


def stop_at_a_field_that_pace_refuses(hub: Hub) -> OrderDraft:
    hub.set_server(contact_defaults={"favouriteColour": "blue"})
    return OrderDraft(HEALTH, "riley@example.com", [item()])


def mend_a_field_that_pace_refuses(hub: Hub) -> None:
    hub.set_server(contact_defaults={})


def stop_at_a_template_that_pace_does_not_have(hub: Hub) -> OrderDraft:
    hub.pressero.store.catalog.set_product_mis_id(CU, "Rate Insert", "NO-SUCH")
    return OrderDraft(CU, "avery@example.com", [ItemDraft("Rate Insert", price="10.00", method="Ground")])


def mend_in_pressero(hub: Hub) -> None:
    hub.pressero.store.catalog.set_product_mis_id(CU, "Rate Insert", "STOCK-ITEM")


def mend_in_pace(hub: Hub) -> None:
    hub.pace.put("ItemTemplate", code="NO-SUCH", description="Now it is there", active=True)


def stop_at_a_state_that_pace_does_not_have(hub: Hub) -> OrderDraft:
    moon = Address(
        business="Base", address1="1 Crater", city="Tycho", state="Lunar", postal="1", country="US"
    )
    return OrderDraft(CU, "avery@example.com", [item(ship_to=moon)])


def mend_the_address(hub: Hub) -> None:
    home = Address(business="Studio", address1="7 Harbour Rd", city="Duluth", state="MN", postal="55802")
    hub.pressero.edit_item(10234, 1, ship_to=home)


def stop_at_a_quantity(hub: Hub) -> OrderDraft:
    return OrderDraft(CU, "avery@example.com", [item(quantity=0)])


def mend_the_quantity(hub: Hub) -> None:
    hub.pressero.edit_item(10234, 1, quantity=5)


def stop_at_a_status_that_pace_does_not_have(hub: Hub) -> OrderDraft:
    hub.storefront(CU, admin_status="ZZ")
    return OrderDraft(CU, "avery@example.com", [item()])


def mend_the_status(hub: Hub) -> None:
    hub.storefront(CU, admin_status="P")


CONFIG, ORDER = FailureMode.CONFIG, FailureMode.ORDER


@pytest.mark.parametrize(
    ("stop", "mend", "mode", "says"),
    [
        (stop_at_no_email, mend_no_email, ORDER, ["OrderedByEmail", "set a fallback contact"]),
        (
            stop_at_an_unknown_method, mend_an_unknown_method, CONFIG,
            ["item 2", 'shipping method "Overnight"', "Add a row under Shipment methods"],
        ),
        (stop_at_an_unknown_method, mend_by_a_default, CONFIG, ["item 2", "set a default ship via"]),
        (
            stop_at_a_field_that_pace_refuses, mend_a_field_that_pace_refuses, ORDER,
            ["favouriteColour", "Contact", "Correct"],
        ),
        (
            stop_at_a_template_that_pace_does_not_have, mend_in_pressero, CONFIG,
            ["item 1", 'item template "NO-SUCH"', '"Rate Insert"', "Correct the row under Products"],
        ),
        (stop_at_a_template_that_pace_does_not_have, mend_in_pace, CONFIG, ['item template "NO-SUCH"']),
        (
            stop_at_a_state_that_pace_does_not_have, mend_the_address, ORDER,
            ["item 1", 'state "Lunar"', "United States", "Correct ShiptoStateProvince"],
        ),
        (stop_at_a_quantity, mend_the_quantity, ORDER, ["item 1", "quantity 0", "Correct the quantity"]),
        (
            stop_at_a_status_that_pace_does_not_have, mend_the_status, CONFIG,
            ['job status "ZZ"', "storefront's setting", "Choose one that Pace has"],
        ),
    ],
)  # fmt: skip
def test_stopped_order_says_what_to_do_and_goes_on_after_it_is_mended(
    hub: Hub,
    stop: Callable[[Hub], OrderDraft],
    mend: Callable[[Hub], None],
    mode: FailureMode,
    says: list[str],
) -> None:
    order = hub.process(stop(hub))
    assert (order.status, order.failure_mode, order.due_at) == (OrderStatus.NEEDS_ATTENTION, mode, None)
    for words in [f"rder {order.number}", *says]:
        assert words in order.message
    assert hub.pace.objects("Job") == []
    assert hub.pace.open_transactions() == []

    mend(hub)
    orders.retry(order, actor="test")
    order = hub.process(order)
    assert (order.status, order.message, order.failure_mode) == (OrderStatus.SUBMITTED, "", FailureMode.NONE)
    assert len(hub.pace.objects("Job")) == 1


def test_field_that_pace_refuses_in_the_middle_of_a_job_leaves_nothing_and_names_what_was_refused(
    hub: Hub,
) -> None:
    hub.pace.faults.add(
        "error_before",
        path="createJobShipment",
        message="Unknown field 'shipperName' on object 'JobShipment'",
    )
    order = hub.process(OrderDraft(CU, "avery@example.com", [item()]))
    assert (order.status, order.failure_mode) == (OrderStatus.NEEDS_ATTENTION, FailureMode.ORDER)
    for words in [f"rder {order.number}", "shipperName", "JobShipment", "Correct"]:
        assert words in order.message
    assert hub.pace.objects("Job") == []
    assert hub.pace.open_transactions() == []
    orders.retry(order, actor="test")
    assert hub.process(order).status == OrderStatus.SUBMITTED
    assert len(hub.pace.objects("Job")) == 1


def test_every_problem_of_an_order_stands_on_its_timeline_at_once(hub: Hub) -> None:
    hub.storefront(CU, admin_status="ZZ")
    draft = OrderDraft(CU, Buyer("Sam", "Nomail", ""), [item(method="Overnight"), item(quantity=0)])
    order = hub.process(draft)
    told = "\n".join(line.sentence for line in audit.timeline(order))
    for words in ["no e-mail", 'shipping method "Overnight"', "quantity 0", 'job status "ZZ"']:
        assert words in told
    assert "more: see the timeline" in order.message


def test_stopped_order_stays_stopped_while_nothing_is_mended(hub: Hub) -> None:
    order = hub.process(stop_at_an_unknown_method(hub))
    message = order.message
    orders.retry(order, actor="test")
    order = hub.process(order)
    assert (order.status, order.message) == (OrderStatus.NEEDS_ATTENTION, message)


def test_new_event_sends_a_stopped_order_on_its_way_when_it_was_mended(shop: Shop) -> None:
    number = shop.place(stop_at_an_unknown_method(shop.hub))
    shop.deliver(*shop.events(number))
    assert shop.order(number).status == OrderStatus.NEEDS_ATTENTION
    mend_an_unknown_method(shop.hub)
    shop.deliver(shop.hub.pressero.fire("OrderUpdated", number))
    assert shop.order(number).status == OrderStatus.SUBMITTED
