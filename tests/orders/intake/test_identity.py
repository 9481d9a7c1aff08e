"""One Pressero order is one order of the hub, whichever account and storefront rows lead to it."""

from __future__ import annotations

import pytest
from django.db import IntegrityError
from django.utils import timezone

from integrations.clients.pressero.webhooks import parse_envelope
from integrations.enums import FailureMode, OrderStatus
from integrations.models import Order, PresseroAccount, Storefront, WebhookEvent
from integrations.models.order_identity import source_key
from integrations.orders.intake import receive
from integrations.orders.submission.reconcile import reconcile
from integrations.simulation.sandbox.pressero import ItemDraft, OrderDraft
from tests.conftest import Hub
from tests.factories import make_account, make_order, make_storefront

STORE = "Example CU Store"
GUID = "0A1B2C3D-0000-4000-8000-00000000000A"

pytestmark = pytest.mark.django_db


@pytest.fixture
def twin(hub: Hub) -> Storefront:
    """The same site once more: a second account row of the same subscription, with a storefront of its own."""
    account, first = hub.account, Storefront.objects.get(name=STORE)
    account.pk, account.name, account.slug = None, "twin", "twin"
    account._state.adding = True
    account.save()
    return Storefront.objects.create(
        name="Twin", site_id=first.site_id, pressero_account=account, pace_server=first.pace_server
    )


def place(hub: Hub) -> int:
    item = ItemDraft("Business Card", price="10.00", method="Ground")
    return hub.pressero.place(OrderDraft(STORE, "avery@example.com", [item]), notify=False)


def arrive(hub: Hub, storefront: Storefront, number: int) -> WebhookEvent:
    """The webhook of the order, at the address of the storefront's account."""
    raw = hub.pressero.fire("OrderPlaced", number).body
    raw = raw.encode() if isinstance(raw, str) else raw
    return WebhookEvent.objects.get(
        pk=receive.receive(storefront.pressero_account, raw, parse_envelope(raw)).event_id
    )


def test_an_event_of_a_second_storefront_belongs_to_the_order_of_the_first(
    hub: Hub, twin: Storefront
) -> None:
    number = place(hub)
    first = arrive(hub, Storefront.objects.get(name=STORE), number)
    second = arrive(hub, twin, number)
    assert second.order_id == first.order_id
    assert second.detail.startswith("Already served by the storefront Example CU Store of the account ")
    order = hub.process(Order.objects.get())
    assert order.status == OrderStatus.SUBMITTED
    assert len(hub.pace.objects("Job")) == 1


@pytest.mark.parametrize("status", [OrderStatus.WAITING, OrderStatus.ON_HOLD, OrderStatus.DENIED])
def test_whatever_state_the_order_is_in(hub: Hub, twin: Storefront, status: OrderStatus) -> None:
    number = place(hub)
    arrive(hub, Storefront.objects.get(name=STORE), number)
    Order.objects.update(status=status)
    arrive(hub, twin, number)
    assert Order.objects.count() == 1


def test_an_order_that_is_taken_in_by_hand_is_the_same_order(hub: Hub, twin: Storefront) -> None:
    number = place(hub)
    first = receive.take_in(Storefront.objects.get(name=STORE), number, why="x", actor="pat")
    assert receive.take_in(twin, number, why="x", actor="pat").pk == first.pk


def test_the_regular_comparison_of_a_second_account_makes_no_second_order(hub: Hub, twin: Storefront) -> None:
    place(hub)
    findings = reconcile()
    assert findings is not None
    assert (len(findings.taken_in), findings.failures) == (1, [])
    assert Order.objects.count() == 1


def test_the_database_refuses_a_second_row() -> None:
    order = make_order(number=10234)
    twin_account = make_account(base_url=order.account.base_url, subscriber_id=GUID)
    PresseroAccount.objects.filter(pk=order.account_id).update(subscriber_id=GUID)
    Order.objects.filter(pk=order.pk).update(identity=twin_account.identity_of(10234))
    with pytest.raises(IntegrityError):
        make_order(number=10234, storefront=make_storefront(pressero_account=twin_account))


# --- rows of the release before ---


def test_a_row_without_identity_takes_it_when_it_is_processed(hub: Hub) -> None:
    number = place(hub)
    order = receive.take_in(Storefront.objects.get(name=STORE), number, why="x", actor="pat")
    Order.objects.update(identity=None)
    assert hub.process(order).identity == hub.account.identity_of(number)
    assert len(hub.pace.objects("Job")) == 1


def test_a_row_of_an_order_that_another_row_serves_is_not_sent(hub: Hub, twin: Storefront) -> None:
    number = place(hub)
    receive.take_in(Storefront.objects.get(name=STORE), number, why="x", actor="pat")
    second = Order(account=twin.pressero_account, storefront=twin, number=number, due_at=timezone.now())
    Order.objects.bulk_create([second])
    stopped = hub.process(Order.objects.get(pk=second.pk))
    assert (stopped.status, stopped.failure_mode) == (OrderStatus.NEEDS_ATTENTION, FailureMode.ORDER)
    assert "already served by the storefront “Example CU Store”" in stopped.message
    assert hub.pace.objects("Job") == []


def test_an_event_finds_the_row_without_identity(hub: Hub) -> None:
    number = place(hub)
    storefront = Storefront.objects.get(name=STORE)
    order = receive.take_in(storefront, number, why="x", actor="pat")
    Order.objects.update(identity=None)
    assert arrive(hub, storefront, number).order_id == order.pk
    assert receive.take_in(storefront, number, why="x", actor="pat").pk == order.pk


# --- what makes a subscription the same ---


def test_orders_follow_a_corrected_address_of_their_account(hub: Hub) -> None:
    number = place(hub)
    storefront = Storefront.objects.get(name=STORE)
    order = receive.take_in(storefront, number, why="x", actor="pat")
    account = hub.account
    account.base_url = "https://admin.example.com/api/"
    account.save()
    order.refresh_from_db()
    assert order.identity == account.identity_of(number)


def test_an_order_that_another_account_has_there_keeps_its_identity() -> None:
    there, moving = (
        make_account(subscriber_id=subscriber, base_url="https://a.example.com")
        for subscriber in ("one", "two")
    )
    kept = make_order(number=5, storefront=make_storefront(pressero_account=there))
    row = make_order(number=5, storefront=make_storefront(pressero_account=moving))
    before = row.identity
    moving.subscriber_id = "one"
    moving.save()
    row.refresh_from_db()
    assert (row.identity, kept.identity) == (before, there.identity_of(5))


@pytest.mark.parametrize(
    ("base_url", "subscriber"),
    [
        ("https://ADMIN.example.com/api/", GUID),
        ("http://admin.example.com", GUID.lower()),
        ("admin.example.com./api/v2", f" {{{GUID}}} "),
        ("https://admin.example.com:443/", GUID),
    ],
)
def test_spellings_of_one_subscription(base_url: str, subscriber: str) -> None:
    assert source_key(base_url, subscriber, 1) == source_key("https://admin.example.com/api", GUID, 2)


@pytest.mark.parametrize(
    ("base_url", "subscriber"),
    [
        ("https://other.example.com", GUID),
        ("https://admin.example.com:8443", GUID),
        ("https://admin.example.com", ""),
    ],
)
def test_other_subscriptions(base_url: str, subscriber: str) -> None:
    assert source_key(base_url, subscriber, 1) != source_key("https://admin.example.com/api", GUID, 2)
    assert source_key(base_url, "", 1) != source_key(base_url, "", 2)


def test_the_job_of_another_subscriptions_order_of_the_same_number_is_left_to_that_order(hub: Hub) -> None:
    order = hub.take_in(
        OrderDraft(STORE, "avery@example.com", [ItemDraft("Business Card", price="10.00", method="Ground")])
    )
    other = make_storefront(name="Another subscription", pace_server=hub.server)
    theirs = make_order(storefront=other, number=order.number, jobs=("10900",)).jobs.get()
    description = f"{order.number} - {other.name}"
    hub.pace.put("Job", job="10900", customer="EXCU", description=description, webOrderID=str(order.number))
    assert hub.process(order).status == OrderStatus.SUBMITTED
    own = order.jobs.get()
    assert own.number not in ("", theirs.number)
    assert not own.adopted
