"""Other systems are told of orders: signed, at least once, in order, for 24 hours, and never in the way of the hub."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from standardwebhooks import WebhookVerificationError

from integrations.core.events import send
from integrations.core.workqueue import outbox, work_leases
from integrations.enums import DeliveryState, OrderStatus
from integrations.models import Alert, AuditEntry, EventDelivery, Order, OutgoingEvent, Subscription
from integrations.models.subscriptions import new_secret
from tests.receivers import Receiver

pytestmark = pytest.mark.django_db

Subscribe = Callable[..., Subscription]
MakeOrder = Callable[..., Order]


def send_now() -> int:
    return send.send_due(budget=240)


def let_time_pass(**time_: float) -> None:
    """What waits for its next try is as if so much time were over."""
    ago = timedelta(**time_)
    for delivery in EventDelivery.objects.all():
        for name in ("due_at", "first_tried_at"):
            if moment := getattr(delivery, name):
                setattr(delivery, name, moment - ago)
        delivery.save()
    for row in Subscription.objects.all():
        for name in ("retry_at", "failing_since"):
            if moment := getattr(row, name):
                setattr(row, name, moment - ago)
        row.save()


# --- what is sent -----------------------------------------------------------------------------------------------


def test_an_event_is_signed_as_standard_webhooks_has_it(
    subscribe: Subscribe, receiver: Receiver, order: Order
) -> None:
    secret = new_secret()
    subscribe(secret=secret)
    outbox.received([order.pk])
    assert send_now() == 1
    [heard] = receiver.got
    content = heard.verified(secret)
    assert (content["type"], content["data"]["number"]) == ("order.received", order.number)
    assert heard.message_id.startswith("msg_")
    assert abs(int(heard.headers["webhook-timestamp"]) - time.time()) < 60
    with pytest.raises(WebhookVerificationError):
        heard.verified(new_secret())


def test_an_event_tells_the_order_and_nothing_about_people(
    subscribe: Subscribe, receiver: Receiver, make_order: MakeOrder, settings: Any
) -> None:
    settings.PORTAL_URL = "https://hub.example.com"
    subscribe(events=["order.status_changed"])
    order = make_order(customer_name="Avery Example", buyer_email="avery@example.com", po_number="PO 7")
    outbox.status_changed(order.pk, OrderStatus.RECEIVED, OrderStatus.PROCESSING)
    send_now()
    [heard] = receiver.got
    assert heard.json["data"] == {
        "id": order.pk,
        "number": order.number,
        "storefront": "Example CU Store",
        "status": "processing",
        "previous_status": "received",
        "jobs": [],
        "message": "",
        "link": f"https://hub.example.com/admin/integrations/order/{order.pk}/change/",
    }


def test_a_change_after_submission_names_fields_without_their_values(
    subscribe: Subscribe, receiver: Receiver, order: Order
) -> None:
    subscribe()
    outbox.changed(order.pk, OrderStatus.SUBMITTED, [(2, "quantity"), (None, "notes")])
    send_now()
    assert receiver.got[0].json["data"]["changes"] == [
        {"item": 2, "field": "quantity"},
        {"item": None, "field": "notes"},
    ]


def test_a_subscription_gets_the_events_that_it_wants(
    subscribe: Subscribe, receiver: Receiver, order: Order
) -> None:
    subscribe(events=["order.completed"])
    outbox.received([order.pk])
    outbox.status_changed(order.pk, OrderStatus.SUBMITTED, OrderStatus.COMPLETED)
    send_now()
    assert receiver.types == ["order.completed"]


def test_each_subscription_is_told(subscribe: Subscribe, receiver: Receiver, order: Order) -> None:
    subscribe(name="ERP")
    subscribe(name="Chat")
    outbox.received([order.pk])
    assert send_now() == 2
    assert len({one.message_id for one in receiver.got}) == 1


def test_an_event_is_gone_when_its_change_is_rolled_back(subscribe: Subscribe, order: Order) -> None:
    subscribe()
    with pytest.raises(RuntimeError), transaction.atomic():
        outbox.received([order.pk])
        raise RuntimeError
    assert not OutgoingEvent.objects.exists()


def test_without_a_subscription_a_change_costs_no_statement(order: Order) -> None:
    outbox.received([order.pk])  # what is wanted is known for a moment afterwards
    with CaptureQueriesContext(connection) as captured:
        outbox.status_changed(order.pk, OrderStatus.RECEIVED, OrderStatus.PROCESSING)
    assert len(captured) == 0
    assert not OutgoingEvent.objects.exists()


def test_an_inactive_subscription_gets_nothing(
    subscribe: Subscribe, receiver: Receiver, order: Order
) -> None:
    row = subscribe()
    outbox.received([order.pk])
    Subscription.objects.filter(pk=row.pk).update(active=False)
    outbox.received([order.pk])
    send_now()
    assert receiver.got == []


# --- when it fails ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", [400, 401, 404, 500, 503])
def test_what_is_refused_is_sent_again_with_the_same_id(
    subscribe: Subscribe, receiver: Receiver, order: Order, status: int
) -> None:
    subscribe()
    receiver.answers = [status]
    outbox.received([order.pk])
    assert send_now() == 0
    assert send_now() == 0, "it waits for its next try"
    let_time_pass(seconds=5)
    assert send_now() == 1
    first, second = receiver.got
    assert first.message_id == second.message_id
    assert first.body == second.body


def test_the_first_retry_comes_within_five_seconds(
    subscribe: Subscribe, receiver: Receiver, order: Order
) -> None:
    subscribe()
    receiver.usual = 500
    outbox.received([order.pk])
    send_now()
    wait = EventDelivery.objects.get().due_at - timezone.now()  # type: ignore[operator]
    assert timedelta(0) < wait <= timedelta(seconds=5)


def test_the_receiver_may_ask_for_a_longer_wait(
    subscribe: Subscribe, receiver: Receiver, order: Order
) -> None:
    subscribe()
    receiver.usual, receiver.headers = 429, {"Retry-After": "120"}
    outbox.received([order.pk])
    send_now()
    wait = EventDelivery.objects.get().due_at - timezone.now()  # type: ignore[operator]
    assert timedelta(seconds=110) < wait <= timedelta(seconds=120)


def test_after_24_hours_an_event_is_given_up(subscribe: Subscribe, receiver: Receiver, order: Order) -> None:
    subscribe()
    receiver.usual = 500
    outbox.received([order.pk])
    send_now()
    let_time_pass(hours=23)
    send_now()
    assert EventDelivery.objects.get().state == DeliveryState.PENDING
    let_time_pass(hours=2)
    send_now()
    delivery = EventDelivery.objects.get()
    assert (delivery.state, delivery.due_at, delivery.attempts) == (DeliveryState.FAILED, None, 3)


def test_a_subscription_that_fails_for_24_hours_is_paused_with_an_alert(
    subscribe: Subscribe, receiver: Receiver, order: Order, admin_user: Any
) -> None:
    row = subscribe()
    receiver.usual = 500
    outbox.received([order.pk])
    send_now()
    let_time_pass(hours=25)
    send_now()
    row.refresh_from_db()
    assert row.paused_at is not None
    alert = Alert.objects.get(kind="events_paused")
    assert "Events to “ERP” are paused." in alert.text
    assert "Resume" in alert.text
    assert AuditEntry.objects.filter(type="subscription.paused").count() == 1


def test_events_of_a_paused_subscription_wait(subscribe: Subscribe, receiver: Receiver, order: Order) -> None:
    row = subscribe(paused_at=timezone.now())
    outbox.received([order.pk])
    assert send_now() == 0
    Subscription.objects.filter(pk=row.pk).update(paused_at=None)
    assert send_now() == 1


def test_a_receiver_that_is_gone_is_paused_at_the_first_answer(
    subscribe: Subscribe, receiver: Receiver, order: Order
) -> None:
    row = subscribe()
    receiver.usual = 410
    outbox.received([order.pk])
    send_now()
    row.refresh_from_db()
    assert row.paused_at is not None


def test_a_success_makes_a_failing_subscription_well(
    subscribe: Subscribe, receiver: Receiver, order: Order
) -> None:
    row = subscribe()
    receiver.answers = [500]
    outbox.received([order.pk])
    send_now()
    row.refresh_from_db()
    assert (row.failures, row.problem) == (1, "The receiver answered 500.")
    let_time_pass(seconds=5)
    send_now()
    row.refresh_from_db()
    assert (row.failures, row.problem, row.failing_since) == (0, "", None)


def test_a_receiver_that_is_down_is_called_once_not_for_each_event(
    subscribe: Subscribe, receiver: Receiver, make_order: MakeOrder
) -> None:
    row = subscribe()
    receiver.close()
    outbox.received([make_order().pk for _ in range(20)])
    # The first run knows of no failure yet.
    send_now()
    let_time_pass(seconds=1)
    send_now()
    row.refresh_from_db()
    assert row.retry_at is not None and row.retry_at > timezone.now()
    tried = EventDelivery.objects.filter(attempts__gt=0).count()
    assert tried <= send.MOST_TO_ONE + 1


def test_one_system_that_fails_keeps_nothing_from_another(
    subscribe: Subscribe, receiver: Receiver, make_order: MakeOrder
) -> None:
    subscribe(name="Down", url="http://127.0.0.1:9/")
    subscribe(name="Up")
    outbox.received([make_order().pk for _ in range(5)])
    assert send_now() == 5


# --- order ------------------------------------------------------------------------------------------------------


def test_events_of_one_order_come_in_their_order(
    subscribe: Subscribe, receiver: Receiver, order: Order
) -> None:
    subscribe()
    outbox.received([order.pk])
    outbox.status_changed(order.pk, OrderStatus.RECEIVED, OrderStatus.PROCESSING)
    outbox.status_changed(order.pk, OrderStatus.PROCESSING, OrderStatus.SUBMITTED)
    outbox.status_changed(order.pk, OrderStatus.SUBMITTED, OrderStatus.COMPLETED)
    send_now()
    assert receiver.types == [
        "order.received",
        "order.status_changed",
        "order.status_changed",
        "order.submitted",
        "order.status_changed",
        "order.completed",
    ]


def test_an_event_that_fails_holds_back_later_ones_of_its_order_only(
    subscribe: Subscribe, receiver: Receiver, make_order: MakeOrder
) -> None:
    subscribe()
    first, other = make_order(), make_order()
    receiver.answers = [500]
    outbox.received([first.pk])
    send_now()
    outbox.status_changed(first.pk, OrderStatus.RECEIVED, OrderStatus.PROCESSING)
    outbox.received([other.pk])
    send_now()
    assert [one.json["data"]["number"] for one in receiver.got] == [first.number, other.number]
    let_time_pass(seconds=5)
    send_now()
    of_first = [one.json["type"] for one in receiver.got if one.json["data"]["number"] == first.number]
    assert of_first == ["order.received", "order.received", "order.status_changed"]


def test_events_of_many_orders_go_out_at_the_same_time(
    subscribe: Subscribe, receiver: Receiver, make_order: MakeOrder
) -> None:
    together = threading.Barrier(send.MOST_TO_ONE, timeout=10)
    receiver.on_request = lambda heard: together.wait() and None
    subscribe()
    outbox.received([make_order().pk for _ in range(send.MOST_TO_ONE)])
    assert send_now() == send.MOST_TO_ONE


def test_one_worker_sends_at_a_time(subscribe: Subscribe, receiver: Receiver, order: Order) -> None:
    subscribe()
    outbox.received([order.pk])
    other = work_leases.start(send.SENDING)
    assert other is not None
    assert send_now() == 0
    other.finish()
    assert send_now() == 1


# --- secrets ----------------------------------------------------------------------------------------------------


def test_during_a_rotation_both_secrets_sign(subscribe: Subscribe, receiver: Receiver, order: Order) -> None:
    old, new = new_secret(), new_secret()
    subscribe(secret=new, old_secret=old)
    outbox.received([order.pk])
    send_now()
    [heard] = receiver.got
    assert heard.verified(old) == heard.verified(new)


def test_a_secret_that_cannot_be_decrypted_is_said_on_the_subscription(
    subscribe: Subscribe, receiver: Receiver, order: Order, settings: Any
) -> None:
    from cryptography.fernet import Fernet

    row = subscribe()
    outbox.received([order.pk])
    settings.CREDENTIALS_KEYS = [Fernet.generate_key().decode()]
    assert send_now() == 0
    row.refresh_from_db()
    assert "CREDENTIALS_KEY" in row.problem
    assert receiver.got == []


# --- nothing is left out ----------------------------------------------------------------------------------------


def test_whatever_changes_a_status_tells_of_it() -> None:
    """Found in the sources: a module that writes an order's status and knows nothing of the outbox is a leak."""
    writes = re.compile(r"(?:\bstatus=|\"status\": )(?:OrderStatus\.|Case\(|ending\.status)")
    package = Path(settings.BASE_DIR, "integrations")
    modules = [
        path for folder in ("core", "orders", "operations") for path in (package / folder).rglob("*.py")
    ]
    found = {path.name for path in modules if _changes_orders(path.read_text(encoding="utf-8"), writes)}
    silent = {path.name for path in modules if path.name in found and "outbox." not in path.read_text()}
    assert found >= {"orders.py", "steps.py", "completion.py", "order_actions.py", "adoption.py"}
    assert silent == set()


def _changes_orders(text: str, writes: re.Pattern[str]) -> bool:
    """Whether such words stand in an update, not in a filter or an `Ending`."""
    return any(
        re.search(r"\.update\(|_set\(", text[max(0, found.start() - 400) : found.end() + 700])
        and not re.search(r"(?:filter|exclude|Ending|Q|get|Exists)\([^()]*$", text[: found.start()])
        for found in writes.finditer(text)
    )
