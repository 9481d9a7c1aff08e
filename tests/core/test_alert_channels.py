"""Alerts reach chats and phones: those that want them, at their hours, once, and again until someone takes care."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, time, timedelta
from typing import Any

import pytest
from django.utils import timezone

from integrations.causes import Cause, CauseKind
from integrations.core import alert_channels, alerts
from integrations.enums import OrderStatus
from integrations.models import Alert, AlertChannel, AlertKind, ChannelMessage, Order, Storefront
from tests.factories import make_order, make_storefront
from tests.receivers import Receiver

pytestmark = pytest.mark.django_db


GROUND = CauseKind.SHIPMENT_METHOD.of("ground")


@pytest.fixture
def storefront() -> Storefront:
    return make_storefront(alert_emails=[])


@pytest.fixture
def channel(receiver: Receiver) -> Callable[..., AlertChannel]:
    def make(**columns: Any) -> AlertChannel:
        defaults = {"name": "Chat", "url": f"json://127.0.0.1:{receiver.port}/chat"}
        return AlertChannel.objects.create(**(defaults | columns))

    return make


def stopped(storefront: Storefront, cause: Cause = GROUND) -> Order:
    order = make_order(storefront=storefront, status=OrderStatus.NEEDS_ATTENTION)
    alerts.raise_alert(order, "needs_attention", f"Order {order.number} has no ship via.", cause=cause)
    return order


def send_now() -> None:
    """As if the time were over for which messages wait."""
    ChannelMessage.objects.filter(due_at__gt=timezone.now()).update(due_at=timezone.now())
    AlertChannel.objects.update(retry_at=None)
    alerts.send_to_channels()


def test_an_alert_reaches_a_channel_with_what_to_do_and_a_link(
    storefront: Storefront, channel: Callable[..., AlertChannel], receiver: Receiver, settings: Any
) -> None:
    settings.PORTAL_URL = "https://hub.example.com"
    channel()
    order = stopped(storefront)
    send_now()
    [heard] = receiver.got
    assert str(order.number) in heard.json["title"]
    assert f"Order {order.number} has no ship via." in heard.json["message"]
    assert f"https://hub.example.com/admin/integrations/order/{order.pk}/change/" in heard.json["message"]


def test_it_needs_no_mail_address(
    storefront: Storefront, channel: Callable[..., AlertChannel], receiver: Receiver
) -> None:
    channel()
    stopped(storefront)
    assert alerts.send_waiting(gather=timedelta(0)) == 0
    send_now()
    assert len(receiver.got) == 1


def test_many_orders_with_one_cause_are_one_message(
    storefront: Storefront, channel: Callable[..., AlertChannel], receiver: Receiver
) -> None:
    channel()
    orders = [stopped(storefront) for _ in range(5)]
    send_now()
    [heard] = receiver.got
    assert all(str(order.number) in heard.json["message"] for order in orders)


def test_an_alert_is_sent_once(
    storefront: Storefront, channel: Callable[..., AlertChannel], receiver: Receiver
) -> None:
    channel()
    stopped(storefront)
    send_now()
    send_now()
    assert len(receiver.got) == 1


def test_a_channel_hears_of_its_kinds_and_storefronts_only(
    storefront: Storefront, channel: Callable[..., AlertChannel]
) -> None:
    channel(name="Connections", kinds=["connection_down"])
    other = channel(name="Other shop")
    other.storefronts.add(make_storefront())
    mine = channel(name="This shop")
    mine.storefronts.add(storefront)
    channel(name="Off", active=False)
    stopped(storefront)
    assert [one.channel.name for one in ChannelMessage.objects.all()] == ["This shop"]


# --- quiet hours ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("now", "sent"),
    [
        ((2, 3, 0), (2, 7, 0)),
        ((2, 6, 59), (2, 7, 0)),
        ((2, 7, 0), (2, 7, 0)),
        ((2, 12, 0), (2, 12, 0)),
        ((2, 22, 0), (3, 7, 0)),
        ((2, 23, 30), (3, 7, 0)),
    ],
)
def test_messages_wait_for_the_end_of_the_quiet_hours(
    now: tuple[int, int, int], sent: tuple[int, int, int]
) -> None:
    row = AlertChannel(quiet_from=time(22), quiet_until=time(7))

    def at(day: int, hour: int, minute: int) -> datetime:
        return datetime(2026, 3, day, hour, minute, tzinfo=UTC)

    assert row.may_send_at(at(*now)) == at(*sent)


# --- again, until someone takes care ----------------------------------------------------------------------------


def test_a_message_is_repeated_until_someone_acknowledges_the_alert(
    storefront: Storefront, channel: Callable[..., AlertChannel], receiver: Receiver
) -> None:
    channel(repeat_hours=2)
    stopped(storefront)
    send_now()
    send_now()
    assert len(receiver.got) == 2
    assert alert_channels.acknowledge(list(Alert.objects.all()), actor="kim") == 1
    send_now()
    assert len(receiver.got) == 2
    assert Alert.objects.get().acknowledged_by == "kim"


def test_a_channel_hears_when_the_order_is_fine_again(
    storefront: Storefront, channel: Callable[..., AlertChannel], receiver: Receiver
) -> None:
    channel(repeat_hours=2)
    order = stopped(storefront)
    send_now()
    Order.objects.filter(pk=order.pk).update(status=OrderStatus.SUBMITTED)
    alerts.wake_for_channels()
    send_now()
    send_now()
    assert len(receiver.got) == 2
    assert f"Order {order.number} no longer needs attention." in receiver.got[1].json["message"]


def test_an_order_that_was_fixed_before_anything_was_sent_sends_nothing(
    storefront: Storefront, channel: Callable[..., AlertChannel], receiver: Receiver
) -> None:
    channel()
    order = stopped(storefront)
    Order.objects.filter(pk=order.pk).update(status=OrderStatus.SUBMITTED)
    alerts.wake_for_channels()
    send_now()
    assert receiver.got == []


# --- when a channel fails ---------------------------------------------------------------------------------------


def test_a_channel_that_fails_is_told_about_through_the_others(
    storefront: Storefront, channel: Callable[..., AlertChannel], receiver: Receiver
) -> None:
    channel(name="Broken", url="json://127.0.0.1:9/nobody")
    channel(name="Chat")
    stopped(storefront)
    send_now()
    send_now()
    texts = [one.json["message"] for one in receiver.got]
    assert sum("The alert channel “Broken” does not take messages" in text for text in texts) == 1
    assert Alert.objects.filter(kind=AlertKind.CHANNEL_FAILED).count() == 1
    assert AlertChannel.objects.get(name="Broken").failures >= 1


def test_what_a_channel_did_not_take_is_sent_again(
    storefront: Storefront, channel: Callable[..., AlertChannel], receiver: Receiver
) -> None:
    row = channel()
    receiver.answers = [500]
    stopped(storefront)
    send_now()
    row.refresh_from_db()
    assert row.problem
    send_now()
    row.refresh_from_db()
    assert (len(receiver.got), row.problem, row.failures) == (2, "", 0)


def test_a_trial_goes_out_at_once_and_is_not_repeated(
    channel: Callable[..., AlertChannel], receiver: Receiver
) -> None:
    row = channel(active=False, quiet_from=time(0), quiet_until=time(23, 59), repeat_hours=1)
    alerts.try_channel(row)
    alerts.send_to_channels()
    alerts.send_to_channels()
    assert ["test alert" in one.json["message"] for one in receiver.got] == [True]
