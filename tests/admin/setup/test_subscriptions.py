"""Staff set up who is told of orders: a checked address, a secret that is shown once, a test, and a log to send from again."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from integrations.core.events import send
from integrations.core.workqueue import outbox
from integrations.enums import DeliveryState
from integrations.models import AuditEntry, EventDelivery, Order, Subscription
from tests.factories import make_order
from tests.receivers import Receiver

pytestmark = pytest.mark.django_db

SECRET = re.compile(r"whsec_[A-Za-z0-9+/=]{40,}")


def page(row: Subscription, name: str = "change") -> str:
    return reverse(f"admin:integrations_subscription_{name}", args=[row.pk])


def add(client: Client, **data: Any) -> Any:
    form = {"name": "ERP", "url": "https://erp.example.com/hook", "active": "on"} | data
    return client.post(reverse("admin:integrations_subscription_add"), form)


def text_of(answer: Any) -> str:
    return str(answer.content.decode())


@pytest.fixture
def row(receiver: Receiver) -> Subscription:
    return Subscription.objects.create(name="ERP", url=receiver.url)


@pytest.fixture
def order(db: None) -> Order:
    return make_order()


def test_a_secret_that_was_made_is_shown_once(boss: Client) -> None:
    answer = add(boss)
    [shown] = SECRET.findall(text_of(answer))
    assert "no-store" in answer.headers["Cache-Control"]
    made = Subscription.objects.get()
    assert made.secret.reveal() == shown
    assert not SECRET.search(text_of(boss.get(page(made))))


def test_a_secret_that_was_typed_is_never_shown(boss: Client) -> None:
    typed = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
    answer = add(boss, secret=typed)
    assert answer.status_code == 302
    assert Subscription.objects.get().secret.reveal() == typed


@pytest.mark.parametrize(
    ("data", "said"),
    [
        ({"url": "http://erp.example.com/hook"}, "Use https://."),
        ({"url": "https://10.0.0.7/hook"}, "OUTGOING_INTERNAL_HOSTS"),
        ({"url": "erp.example.com"}, "Write the whole address"),
        ({"secret": "hunter2"}, "whsec_ followed by"),
        ({"events": ["order.lost"]}, "order.lost is not one of the available choices"),
    ],
)
def test_what_cannot_work_is_refused_when_it_is_saved(boss: Client, data: dict[str, Any], said: str) -> None:
    answer = add(boss, **data)
    assert said in text_of(answer)
    assert not Subscription.objects.exists()


def test_a_new_address_asks_for_the_secret_again(boss: Client, row: Subscription) -> None:
    form = {"name": row.name, "url": "https://elsewhere.example.com/hook", "active": "on"}
    assert "Enter the secret again" in text_of(boss.post(page(row), form))
    row.refresh_from_db()
    assert row.url.startswith("http://127.0.0.1")


def test_a_test_event_goes_out_also_to_an_inactive_subscription(
    operator: Client, row: Subscription, receiver: Receiver
) -> None:
    Subscription.objects.update(active=False, paused_at=timezone.now())
    operator.post(page(row, "send_test"))
    assert send.send_due(budget=240) == 1
    assert receiver.types == ["test"]
    assert AuditEntry.objects.filter(type="subscription.tested").count() == 1


def test_a_test_event_that_fails_is_not_retried(
    operator: Client, row: Subscription, receiver: Receiver
) -> None:
    receiver.usual = 500
    operator.post(page(row, "send_test"))
    send.send_due(budget=240)
    delivery = EventDelivery.objects.get()
    assert (delivery.state, delivery.problem) == (DeliveryState.FAILED, "The receiver answered 500.")
    row.refresh_from_db()
    assert row.failures == 0


def test_a_rotation_signs_with_two_secrets_until_it_is_ended(
    boss: Client, row: Subscription, receiver: Receiver, order: Order
) -> None:
    old = row.secret.reveal()
    [new] = SECRET.findall(text_of(boss.post(page(row, "new_secret"))))
    outbox.received([order.pk])
    send.send_due(budget=240)
    assert receiver.got[0].verified(old) == receiver.got[0].verified(new)
    boss.post(page(row, "remove_previous_secret"))
    outbox.received([order.pk])
    send.send_due(budget=240)
    assert len(receiver.got[1].headers["webhook-signature"].split()) == 1
    receiver.got[1].verified(new)


def test_a_second_rotation_waits_for_the_end_of_the_first(boss: Client, row: Subscription) -> None:
    boss.post(page(row, "new_secret"))
    assert "signs with two secrets already" in text_of(boss.post(page(row, "new_secret")))


def test_resume_sends_what_waits(boss: Client, row: Subscription, receiver: Receiver, order: Order) -> None:
    boss.post(page(row, "pause"))
    outbox.received([order.pk])
    assert send.send_due(budget=240) == 0
    boss.post(page(row, "resume"))
    assert send.send_due(budget=240) == 1


def test_failed_events_are_sent_again_from_the_subscription(
    operator: Client, row: Subscription, receiver: Receiver, order: Order
) -> None:
    outbox.received([order.pk])
    receiver.usual = 500
    send.send_due(budget=240)
    EventDelivery.objects.update(state=DeliveryState.FAILED, due_at=None)
    Subscription.objects.update(failures=0)
    receiver.usual = 204
    operator.post(page(row, "send_failed"))
    assert send.send_due(budget=240) == 1
    assert len({one.message_id for one in receiver.got}) == 1


def test_one_event_is_sent_again_from_the_log(
    operator: Client, row: Subscription, receiver: Receiver, order: Order
) -> None:
    outbox.received([order.pk])
    send.send_due(budget=240)
    delivery = EventDelivery.objects.get()
    operator.post(reverse("admin:integrations_eventdelivery_send_again", args=[delivery.pk]))
    send.send_due(budget=240)
    assert [one.message_id for one in receiver.got] == [delivery.event.message_id] * 2


def test_the_log_finds_the_events_of_an_order(viewer: Client, row: Subscription, order: Order) -> None:
    from integrations.core.search.index import index_orders

    other = make_order()
    index_orders([order.pk, other.pk])
    outbox.received([order.pk, other.pk])
    send.send_due(budget=240)
    found = text_of(
        viewer.get(reverse("admin:integrations_eventdelivery_changelist"), {"q": str(order.number)})
    )
    assert str(order.number) in found
    assert str(other.number) not in found


def test_viewers_change_nothing(viewer: Client, row: Subscription) -> None:
    for name in ("send_test", "pause", "resume", "new_secret", "remove_previous_secret", "send_failed"):
        assert viewer.post(page(row, name)).status_code == 403, name
