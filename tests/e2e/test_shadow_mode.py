"""Shadow mode: orders are read, decided and planned, and nothing is written to Pace or Pressero on any path."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from integrations.enums import OrderStatus, StorefrontMode
from integrations.errors import NotAllowed
from integrations.models import Order, Storefront
from integrations.operations import order_actions
from integrations.operations.setup import activation
from integrations.orders.submission import customer_check, preview, reconcile, runner
from integrations.orders.write_back import deliver, poll, resend
from integrations.simulation.sandbox.pressero import Buyer, FileDraft, ItemDraft, OrderDraft
from tests.conftest import Hub
from tests.e2e.shop import Shop

pytestmark = pytest.mark.e2e

CU = "Example CU Store"
MakeDue = Callable[[Order], None]
NEWCOMER = Buyer("Casey", "New", "casey.new@example.com", business="New Business")


def draft(site: str = CU, buyer: Buyer | str = "avery@example.com", **more: Any) -> OrderDraft:
    item = ItemDraft("Poster 18x24", price="10.00", method="Ground", **more)
    return OrderDraft(site, buyer, [item])


def pace_writes(hub: Hub) -> list[str]:
    reads = ("FindObjects", "ReadObject", "Version")
    return [call.path for call in hub.pace.calls if not any(read in call.path for read in reads)]


def pressero_writes(hub: Hub) -> list[str]:
    return [
        f"{call.method} {call.path}"
        for call in hub.pressero.calls
        if call.method != "GET" and "Authentication" not in call.path and "Search" not in call.path
    ]


def nothing_was_written(hub: Hub) -> bool:
    return (pace_writes(hub), pressero_writes(hub)) == ([], [])


# --- no path writes -----------------------------------------------------------------------------------------------


def in_shadow(hub: Hub, site: str = CU) -> None:
    hub.storefront(site, mode=StorefrontMode.SHADOW)


def test_orders_of_every_kind_are_planned_without_a_write(hub: Hub) -> None:
    for site in (CU, "Sample Health Portal", "Demo University Shop"):
        in_shadow(hub, site)
    drafts = (
        draft(),
        draft(buyer=NEWCOMER),
        draft("Demo University Shop", "casey@example.com", files=["dean.pdf", "registrar.pdf"]),
        draft("Sample Health Portal", "riley@example.com"),
    )
    assert [hub.process(one).status for one in drafts] == [OrderStatus.SHADOW] * len(drafts)
    assert nothing_was_written(hub)


def test_what_happens_to_an_order_afterwards_writes_nothing(shop: Shop) -> None:
    in_shadow(shop.hub, "Sample Health Portal")
    number = shop.place(draft("Sample Health Portal", "riley@example.com", needs_approval=True))
    shop.deliver(*shop.events(number))
    assert shop.order(number).status == OrderStatus.WAITING
    shop.hub.pressero.approve(number, 1)
    shop.hub.pressero.add_files(number, 1, [FileDraft("late.pdf", "gen")])
    shop.hub.pressero.edit_item(number, 1, quantity=7)
    shop.deliver(*shop.events(number))
    assert shop.order(number).status == OrderStatus.SHADOW
    shop.hub.pressero.cancel(number)
    shop.deliver(*shop.events(number))
    assert nothing_was_written(shop.hub)


def test_no_background_task_writes(hub: Hub) -> None:
    in_shadow(hub)
    order = hub.process(draft())
    hub.pressero.place(draft(), notify=False)
    reconcile.reconcile()
    for one in Order.objects.all():
        runner.process(one.pk)
    poll.sync_all()
    poll.sync_pushed()
    deliver.deliver_due()
    customer_check.check(order.storefront)
    assert nothing_was_written(hub)


@pytest.mark.parametrize(
    "act",
    [
        lambda order: order_actions.process_again(order, actor="Avery"),
        lambda order: order_actions.retry(order, actor="Avery"),
        lambda order: resend.resend(order, actor="Avery"),
        preview.preview_order,
        lambda order: (order_actions.hold(order, actor="Avery"), order_actions.release_hold(order, actor="Avery")),
    ],
    ids=["process again", "retry", "resend", "preview", "hold and release"],
)  # fmt: skip
@pytest.mark.parametrize("method", ["Ground", "Overnight"])
def test_nothing_that_staff_do_writes(hub: Hub, act: Callable[[Order], object], method: str) -> None:
    in_shadow(hub)
    item = ItemDraft("Poster 18x24", price="10.00", method=method)
    order = hub.process(OrderDraft(CU, NEWCOMER, [item]))
    # Refused before anything was called: nothing to retry, nothing in Pace to resend.
    with contextlib.suppress(NotAllowed):
        act(order)
    hub.process(order)
    deliver.deliver_due()
    assert nothing_was_written(hub)


# --- what becomes of an order ------------------------------------------------------------------------------------


def test_an_order_in_shadow_mode_is_planned_and_nothing_is_written(hub: Hub) -> None:
    hub.storefront(mode=StorefrontMode.SHADOW)
    order = hub.process(draft())
    assert (order.status, order.message) == (OrderStatus.SHADOW, "")
    assert order.plan["jobs"][0]["fields"]["description"]
    assert (pace_writes(hub), pressero_writes(hub), hub.pace.objects("Job")) == ([], [], [])


def test_a_new_buyer_in_shadow_mode_gets_no_contact(hub: Hub) -> None:
    hub.storefront(mode=StorefrontMode.SHADOW)
    before = len(hub.pace.objects("Contact"))
    order = hub.process(draft(buyer=NEWCOMER))
    assert (order.status, len(hub.pace.objects("Contact"))) == (OrderStatus.SHADOW, before)


def test_the_api_says_shadow(hub: Hub) -> None:
    hub.storefront(mode=StorefrontMode.SHADOW)
    assert str(hub.process(draft()).status) == "shadow"


def test_an_order_planned_in_shadow_mode_stays_so_when_the_storefront_goes_live(
    hub: Hub, make_due: MakeDue
) -> None:
    hub.storefront(mode=StorefrontMode.SHADOW)
    order = hub.process(draft())
    hub.storefront(mode=StorefrontMode.LIVE)
    make_due(order)
    assert (hub.process(order).status, hub.pace.objects("Job")) == (OrderStatus.SHADOW, [])


def test_an_order_that_stopped_in_shadow_mode_is_judged_by_its_age_when_the_storefront_goes_live(
    hub: Hub, make_due: MakeDue
) -> None:
    hub.storefront(mode=StorefrontMode.SHADOW)
    order = hub.take_in(draft())
    storefront = Storefront.objects.get(name=CU)
    activation.activate(
        storefront, timezone.now() + timedelta(seconds=1), mode=StorefrontMode.LIVE, actor="A"
    )
    make_due(order)
    assert hub.process(order).status == OrderStatus.ON_HOLD


def test_a_shadow_order_that_staff_process_again_becomes_a_job(hub: Hub) -> None:
    hub.storefront(mode=StorefrontMode.SHADOW)
    order = hub.process(draft())
    hub.storefront(mode=StorefrontMode.LIVE)
    order_actions.process_again(order, actor="Avery")
    assert hub.process(order).status == OrderStatus.SUBMITTED


def test_a_job_begun_before_shadow_mode_is_finished(hub: Hub, make_due: MakeDue) -> None:
    order = hub.process(draft())
    hub.storefront(mode=StorefrontMode.SHADOW)
    make_due(order)
    assert hub.process(order).status == OrderStatus.SUBMITTED


def test_the_status_has_a_sentence(hub: Hub, client: Client) -> None:
    in_shadow(hub)
    order = hub.process(draft())
    assert order.get_status_display() == "Shadow: planned, nothing written"
