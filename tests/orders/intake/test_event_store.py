"""Events that arrive together are stored together: with their orders, once each, in a few statements."""

import pytest
from django.db import IntegrityError, connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from integrations.core.workqueue import orders
from integrations.enums import OrderStatus
from integrations.models import AuditEntry, Order, PresseroAccount, Storefront, WebhookEvent
from integrations.orders.intake import event_store
from tests.conftest import Hub

pytestmark = pytest.mark.django_db


def event(number: int | None, message: str, storefront: Storefront) -> WebhookEvent:
    return WebhookEvent(
        account=storefront.pressero_account,
        message_id=message,
        body="{}",
        body_sha256="0" * 64,
        type_name="OrderPlaced",
        site_id=storefront.site_id,
        order_number=number,
        storefront=storefront,
        verdict="accepted",
    )


@pytest.fixture
def storefront(hub: Hub) -> Storefront:
    return hub.storefront()


def test_many_events_take_as_many_statements_as_one(storefront: Storefront) -> None:
    event_store.store([event(1, "first", storefront)])  # what Django asks a database once
    counts = []
    # SQLite takes 999 parameters in a statement: the columns of some 28 orders.
    for size in (1, 25):
        with CaptureQueriesContext(connection) as captured:
            event_store.store([event(size * 1000 + n, f"{size}-{n}", storefront) for n in range(size)])
        counts.append(len(captured))
    assert counts[0] == counts[1]


def test_two_events_of_one_order_make_it_once(storefront: Storefront) -> None:
    event_store.store([event(7001, "a", storefront), event(7001, "b", storefront)])
    order = Order.objects.get(number=7001)
    assert order.events.count() == 2
    types = list(AuditEntry.objects.filter(order=order).order_by("id").values_list("type", flat=True))
    assert types == ["order.created", "event.received", "event.received"]


def test_one_of_two_events_in_the_same_bundle_begins_the_trace_of_their_order(storefront: Storefront) -> None:
    events = [event(7010, "a", storefront), event(7010, "b", storefront), event(7011, "c", storefront)]
    event_store.store(events)
    assert sorted(one.order_number for one in events if one.made_order) == [7010, 7011]
    assert events[2].made_order


def test_a_new_order_is_due_at_once(storefront: Storefront) -> None:
    event_store.store([event(7002, "a", storefront)])
    assert Order.objects.get(number=7002).due_at <= timezone.now()


def test_a_worker_at_work_learns_of_another_event(storefront: Storefront) -> None:
    event_store.store([event(7003, "a", storefront)])
    held = orders.acquire_lease(Order.objects.get(number=7003).pk)
    event_store.store([event(7003, "b", storefront)])
    assert held is not None
    assert Order.objects.get(number=7003).wake_count == held.wake_count + 1


def test_an_order_on_hold_stays_asleep(storefront: Storefront) -> None:
    order = Order.objects.create(
        account=storefront.pressero_account, storefront=storefront, number=7004, status=OrderStatus.ON_HOLD
    )
    event_store.store([event(7004, "a", storefront)])
    order.refresh_from_db()
    assert (order.due_at, order.events.count()) == (None, 1)


def test_one_that_is_known_keeps_all_out(storefront: Storefront) -> None:
    event_store.store([event(7005, "known", storefront)])
    with pytest.raises(IntegrityError):
        event_store.store([event(7006, "new", storefront), event(7007, "known", storefront)])


def test_accounts_with_the_same_order_number_have_an_order_each(storefront: Storefront) -> None:
    other = PresseroAccount.objects.create(name="Other", slug="other", base_url="https://o.example")
    second = Storefront.objects.create(
        name="Second", site_id="second", pressero_account=other, pace_server=storefront.pace_server
    )
    event_store.store([event(7008, "a", storefront), event(7008, "b", second)])
    assert {row.account for row in Order.objects.filter(number=7008)} == {storefront.pressero_account, other}


def test_beyond_the_allowance_the_sweep_wakes_workers(
    storefront: Storefront, django_capture_on_commit_callbacks: object
) -> None:
    with django_capture_on_commit_callbacks(execute=False) as sent:  # type: ignore[operator]
        event_store.store([event(8000 + n, f"m{n}", storefront) for n in range(40)])
    assert 20 <= len(sent) <= 22
    assert orders.wake_due_orders() == 40 - len(sent)
