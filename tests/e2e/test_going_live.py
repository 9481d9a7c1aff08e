"""Going live and off: from when orders are taken, storefronts that are switched off, confirmed customers."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from integrations.enums import EventVerdict, OrderStatus, StorefrontMode
from integrations.models import Alert, Order, PaceServer, PresseroAccount, Storefront, WebhookEvent
from integrations.operations import order_actions
from integrations.operations.setup import activation, discovery
from integrations.orders.submission import customer_check, reconcile, runner
from integrations.simulation.sandbox.pressero import ItemDraft, OrderDraft
from tests.conftest import Hub
from tests.e2e.shop import Shop

pytestmark = pytest.mark.e2e

CU = "Example CU Store"
MakeDue = Callable[[Order], None]


def draft(site: str = CU, **more: Any) -> OrderDraft:
    return OrderDraft(
        site, "avery@example.com", [ItemDraft("Poster 18x24", price="10.00", method="Ground")], **more
    )


def days_ago(days: int) -> Any:
    return timezone.now() - timedelta(days=days)


def pace_writes(hub: Hub) -> list[str]:
    reads = ("FindObjects", "ReadObject", "Version")
    return [call.path for call in hub.pace.calls if not any(read in call.path for read in reads)]


def pressero_writes(hub: Hub) -> list[str]:
    return [call.path for call in hub.pressero.calls if call.method in ("PUT", "DELETE", "PATCH")]


# --- from when orders are taken


def test_an_order_placed_before_the_storefront_takes_orders_is_left_alone_with_a_sentence(hub: Hub) -> None:
    hub.storefront(take_orders_from=days_ago(1))
    order = hub.process(draft(order_date=days_ago(3)))
    assert order.status == OrderStatus.ON_HOLD
    assert "so it was skipped. Select Release to send it anyway." in order.message
    assert (pace_writes(hub), pressero_writes(hub), Alert.objects.count()) == ([], [], 0)


def test_an_order_placed_later_is_taken(hub: Hub) -> None:
    hub.storefront(take_orders_from=days_ago(5))
    assert hub.process(draft(order_date=days_ago(3))).status == OrderStatus.SUBMITTED


def test_an_older_order_that_staff_release_is_sent(hub: Hub) -> None:
    hub.storefront(take_orders_from=days_ago(1))
    order = hub.process(draft(order_date=days_ago(3)))
    order_actions.release_hold(order, actor="Avery")
    assert hub.process(order).status == OrderStatus.SUBMITTED


def test_later_events_of_an_older_order_do_not_send_it(shop: Shop) -> None:
    shop.hub.storefront(take_orders_from=timezone.now() + timedelta(days=1))
    number = shop.place(draft())
    shop.deliver(*shop.events(number), *shop.events(number))
    assert (shop.order(number).status, shop.sent()) == (OrderStatus.ON_HOLD, [])


def test_reconcile_leaves_older_orders_alone(hub: Hub) -> None:
    hub.storefront(take_orders_from=timezone.now())
    hub.pressero.place(draft(order_date=timezone.now() - timedelta(hours=2)), notify=False)
    reconcile.reconcile()
    assert hub.process(Order.objects.get()).status == OrderStatus.ON_HOLD


def test_webhooks_stored_before_activation_are_judged_by_when_their_order_was_placed(shop: Shop) -> None:
    Storefront.objects.filter(name=CU).update(active=False)
    old, new = shop.place(draft(order_date=days_ago(3))), shop.place(draft())
    for number in (old, new):
        post(shop, number)
    storefront = Storefront.objects.get(name=CU)
    activation.activate(storefront, days_ago(1), mode=StorefrontMode.LIVE, actor="Avery")
    for number in (old, new):
        runner.process(shop.order(number).pk)
    assert (shop.order(old).status, shop.order(new).status) == (OrderStatus.ON_HOLD, OrderStatus.SUBMITTED)


def post(shop: Shop, number: int) -> None:
    """Deliver the webhooks of an order that the hub does not take yet."""
    with pytest.raises(Order.DoesNotExist):
        shop.deliver(shop.events(number)[0])


def test_an_order_without_a_date_is_judged_by_its_event(shop: Shop, make_due: MakeDue) -> None:
    shop.hub.storefront(take_orders_from=days_ago(1))
    number = shop.place(draft())
    shop.deliver(shop.events(number)[0])
    assert shop.order(number).status == OrderStatus.SUBMITTED


# --- switched off


def test_a_finished_order_stays_as_it_is_when_its_storefront_is_off(hub: Hub, make_due: MakeDue) -> None:
    order = hub.process(draft())
    hub.storefront(active=False)
    make_due(order)
    after = hub.process(order)
    assert (after.status, after.message, Alert.objects.count()) == (OrderStatus.SUBMITTED, "", 0)


def test_a_denied_order_stays_denied_when_its_storefront_is_off(hub: Hub, make_due: MakeDue) -> None:
    number = hub.pressero.place(
        OrderDraft(CU, "avery@example.com", [ItemDraft("Poster 18x24", price="1.00", method="Ground", needs_approval=True)]),
        notify=False,
    )  # fmt: skip
    hub.pressero.deny(number, 1)
    storefront = Storefront.objects.get(name=CU)
    from integrations.orders.intake import receive

    order = hub.process(receive.take_in(storefront, number, why="test", actor="test"))
    assert order.status == OrderStatus.DENIED
    hub.storefront(active=False)
    make_due(order)
    assert (hub.process(order).status, Alert.objects.count()) == (OrderStatus.DENIED, 0)


def test_reconcile_does_not_touch_orders_of_a_storefront_that_is_off(hub: Hub) -> None:
    order = hub.process(draft())
    Order.objects.update(fetched_at=days_ago(1))
    hub.storefront(active=False)
    reconcile.reconcile()
    assert Order.objects.get(pk=order.pk).due_at is None


@pytest.mark.parametrize("off", ["storefront", "Pressero account", "Pace server"])
def test_an_unfinished_order_waits_and_continues_after_activation(hub: Hub, off: str) -> None:
    order = hub.take_in(draft())
    things: dict[str, Any] = {
        "storefront": Storefront.objects.filter(name=CU),
        "Pressero account": PresseroAccount.objects.all(),
        "Pace server": PaceServer.objects.all(),
    }
    things[off].update(active=False)
    waiting = hub.process(order)
    assert waiting.message.endswith(f"Order {order.number} waits and continues when you activate it.")
    assert (waiting.status, waiting.due_at, Alert.objects.count()) == (OrderStatus.PROCESSING, None, 0)
    things[off].update(active=True)
    assert activation.resume_waiting() == 1
    assert hub.process(order).status == OrderStatus.SUBMITTED


def test_activation_takes_the_orders_that_waited_whatever_their_age(hub: Hub) -> None:
    order = hub.take_in(draft())
    storefront = hub.storefront(active=False)
    hub.process(order)
    told = activation.activate(storefront, timezone.now(), mode=StorefrontMode.LIVE, actor="Avery")
    assert told.sentence == "1 waiting order continues."
    assert hub.process(order).status == OrderStatus.SUBMITTED


def test_the_outlook_counts_older_orders_of_stored_webhooks(shop: Shop) -> None:
    Storefront.objects.filter(name=CU).update(active=False)
    for _ in range(3):
        post(shop, shop.place(draft()))
    storefront = Storefront.objects.get(name=CU)
    later = activation.outlook(storefront, timezone.now() + timedelta(minutes=1))
    assert (later.older, later.newer) == (3, 0)
    assert activation.outlook(storefront, None).newer == 3
    assert WebhookEvent.objects.filter(verdict=EventVerdict.INACTIVE_SITE).count() == 3


# --- one order, one storefront


def again(hub: Hub, **changes: Any) -> PresseroAccount:
    account = hub.account
    account.pk, account.slug, account.name = None, "second", "Second"
    for name, value in changes.items():
        setattr(account, name, value)
    return account


@pytest.mark.parametrize("spelling", [str, str.upper, "{{{}}}".format, " {} ".format])
def test_a_second_account_of_the_same_subscriber_is_refused(hub: Hub, spelling: Callable[[str], str]) -> None:
    account = again(hub, subscriber_id=spelling(hub.account.subscriber_id))
    with pytest.raises(ValidationError, match="already served by the account"):
        account.full_clean()


def test_a_second_storefront_of_the_same_site_is_refused(hub: Hub) -> None:
    second = again(hub, subscriber_id="another")
    second.save()
    storefront = Storefront.objects.get(name=CU)
    twin = Storefront(
        name="Twin", site_id=storefront.site_id.upper(), pressero_account=second, pace_server=hub.server
    )
    with pytest.raises(ValidationError, match="already served by the storefront “Example CU Store”"):
        twin.full_clean()


def test_a_twin_from_before_is_refused_at_activation(hub: Hub) -> None:
    second = again(hub, subscriber_id="another")
    second.save()
    storefront = Storefront.objects.get(name=CU)
    twin = Storefront.objects.create(
        name="Twin", site_id=storefront.site_id, pressero_account=second, pace_server=hub.server, active=False
    )
    with pytest.raises(ValidationError, match="already served by"):
        activation.activate(twin, None, mode=StorefrontMode.LIVE, actor="Avery")
    assert not Storefront.objects.get(name="Twin").active


def test_discovery_creates_no_second_storefront_and_says_whose_the_site_is(hub: Hub) -> None:
    hub.pressero.place(draft(order_date=days_ago(1)), notify=False)
    second = again(hub)
    second.save()
    before = Storefront.objects.count()
    found = discovery.discover(second.pk, hub.server.pk)
    assert Storefront.objects.count() == before
    assert "is already served by the storefront “Example CU Store”" in found.sentence


# --- the customer of an Integration ID


def test_no_customer_is_created_under_an_id_that_staff_typed_and_did_not_confirm(hub: Hub) -> None:
    hub.storefront(integration_id="EXUC")
    order = hub.process(draft())
    assert (order.status, hub.pace.objects("Customer", id="EXUC")) == (OrderStatus.NEEDS_ATTENTION, [])
    assert "Did you mean EXCU (" in order.message


def test_a_confirmed_id_creates_its_customer(hub: Hub) -> None:
    storefront = hub.storefront(integration_id="NEWCU")
    customer_check.confirm_new(storefront, actor="Avery")
    assert hub.process(draft()).status == OrderStatus.SUBMITTED
    assert hub.pace.objects("Customer", id="NEWCU")


def test_a_changed_id_has_to_be_confirmed_again(hub: Hub) -> None:
    customer_check.confirm_new(hub.storefront(integration_id="NEWCU"), actor="Avery")
    assert not hub.storefront(integration_id="NEWCX").integration_id_confirmed


def test_an_id_that_pace_knows_is_confirmed_by_the_check_and_by_the_first_order(hub: Hub) -> None:
    storefront = hub.storefront(integration_id="EXCU")
    assert customer_check.check(storefront).startswith("Pace knows the customer EXCU.")
    assert Storefront.objects.get(name=CU).integration_id_confirmed
    Storefront.objects.update(confirmed_integration_id="")
    hub.process(draft())
    assert Storefront.objects.get(name=CU).integration_id_confirmed


def test_the_check_after_saving_keeps_what_was_probably_meant(hub: Hub) -> None:
    storefront = hub.storefront(integration_id="EXUC")
    customer_check.check_after_save(storefront.pk)
    assert Storefront.objects.get(name=CU).integration_id_finding.startswith(
        "Pace has no customer EXUC. Did you mean EXCU"
    )


def test_the_integration_id_of_the_site_in_pressero_needs_no_confirmation(hub: Hub) -> None:
    order = hub.process(OrderDraft("Demo University Shop", "casey@example.com", [ItemDraft("Poster 18x24", price="1.00", method="Ground")]))  # fmt: skip
    assert order.status == OrderStatus.SUBMITTED
    assert hub.pace.objects("Customer", id="DEMOUNI")


def test_a_storefront_without_permission_to_create_still_says_so(hub: Hub) -> None:
    hub.storefront(integration_id="EXUC", create_missing_customers=False)
    assert "does not allow creating one" in hub.process(draft()).message
