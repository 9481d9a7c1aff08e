"""Orders that need a person: what their message says, and that they go on once the cause is mended."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from integrations.core.audit import log as audit
from integrations.enums import FailureMode, OrderStatus
from integrations.operations import order_actions
from integrations.simulation.sandbox.pressero import Buyer, ItemDraft, OrderDraft, SandboxAddress
from mappings.models import ShipmentMethodMapping
from tests.conftest import Hub
from tests.e2e.shop import Shop

pytestmark = pytest.mark.e2e

CU = "Example CU Store"
HEALTH = "Sample Health Portal"


def item(**more: Any) -> ItemDraft:
    return ItemDraft("Poster 18x24", **{"price": "10.00", "method": "Ground", **more})


def stop_at_no_email(hub: Hub) -> OrderDraft:
    home = SandboxAddress(
        business="Studio", address1="7 Harbour Rd", city="Duluth", state="MN", postal="55802"
    )
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
    moon = SandboxAddress(
        business="Base", address1="1 Crater", city="Tycho", state="Lunar", postal="1", country="US"
    )
    return OrderDraft(CU, "avery@example.com", [item(ship_to=moon)])


def mend_the_address(hub: Hub) -> None:
    home = SandboxAddress(
        business="Studio", address1="7 Harbour Rd", city="Duluth", state="MN", postal="55802"
    )
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
    order_actions.retry(order, actor="test")
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
    order_actions.retry(order, actor="test")
    assert hub.process(order).status == OrderStatus.SUBMITTED
    assert len(hub.pace.objects("Job")) == 1


def test_every_problem_of_an_order_stands_on_its_timeline_at_once(hub: Hub) -> None:
    hub.storefront(CU, admin_status="ZZ")
    draft = OrderDraft(CU, Buyer("Sam", "Nomail", ""), [item(method="Overnight"), item(quantity=0)])
    order = hub.process(draft)
    told = "\n".join(line.sentence for line in audit.timeline(order))
    for words in ["no email", 'shipping method "Overnight"', "quantity 0", 'job status "ZZ"']:
        assert words in told
    assert "more: see the timeline" in order.message


def test_stopped_order_stays_stopped_while_nothing_is_mended(hub: Hub) -> None:
    order = hub.process(stop_at_an_unknown_method(hub))
    message = order.message
    order_actions.retry(order, actor="test")
    order = hub.process(order)
    assert (order.status, order.message) == (OrderStatus.NEEDS_ATTENTION, message)


def test_new_event_sends_a_stopped_order_on_its_way_when_it_was_mended(shop: Shop) -> None:
    number = shop.place(stop_at_an_unknown_method(shop.hub))
    shop.deliver(*shop.events(number))
    assert shop.order(number).status == OrderStatus.NEEDS_ATTENTION
    mend_an_unknown_method(shop.hub)
    shop.deliver(shop.hub.pressero.fire("OrderUpdated", number))
    assert shop.order(number).status == OrderStatus.SUBMITTED
