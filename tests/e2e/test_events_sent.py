"""From a webhook to what another system is told: the events of docs/events.md §1, with the order as it stands in each."""

from __future__ import annotations

import pytest
from django.test import Client

from integrations.core.events import send
from integrations.models import Order, OutgoingEvent
from integrations.operations import order_actions
from integrations.operations.setup.configuration import import_configuration
from integrations.orders.submission import runner
from integrations.simulation.sandbox.pressero import ItemDraft, OrderDraft
from mappings.models import ShipmentMethodMapping
from tests.conftest import Hub
from tests.messages import WebhookSender, message
from tests.receivers import Receiver

pytestmark = pytest.mark.e2e

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


@pytest.fixture
def told(hub: Hub, receiver: Receiver) -> Receiver:
    """A receiver that is told everything, set up by the configuration file."""
    import_configuration({"subscriptions": [{"name": "ERP", "url": receiver.url, "secret": SECRET}]})
    return receiver


def draft() -> OrderDraft:
    item = ItemDraft("Business Card", price="10.00", method="Ground")
    return OrderDraft("Example CU Store", "avery@example.com", [item])


def steps(receiver: Receiver) -> list[tuple[str, str]]:
    send.send_due(budget=240)  # seconds that it may take; a busy machine takes more than ten
    return [(one.json["type"], one.json["data"]["status"]) for one in receiver.got]


def test_an_order_that_goes_through(hub: Hub, told: Receiver) -> None:
    order = hub.process(draft())
    assert steps(told) == [
        ("order.received", "received"),
        ("order.status_changed", "processing"),
        ("order.status_changed", "submitted"),
        ("order.submitted", "submitted"),
    ]
    submitted = told.got[-1].verified(SECRET)
    assert submitted["data"]["jobs"] == list(order.jobs.values_list("number", flat=True))
    assert told.got[0].json["data"]["jobs"] == [], "as it was when the order came"


def test_an_order_that_stops_says_what_to_do(hub: Hub, told: Receiver) -> None:
    ShipmentMethodMapping.objects.all().delete()
    order = hub.process(draft())
    assert steps(told)[-2:] == [
        ("order.status_changed", "needs_attention"),
        ("order.needs_attention", "needs_attention"),
    ]
    assert told.got[-1].json["data"]["message"] == order.message


def test_staff_hold_and_release(hub: Hub, told: Receiver) -> None:
    order = hub.take_in(draft())
    order_actions.hold(order, actor="kim")
    order_actions.release_hold(Order.objects.get(), actor="kim")
    assert steps(told) == [
        ("order.received", "received"),
        ("order.status_changed", "on_hold"),
        ("order.status_changed", "received"),
    ]


def test_a_webhook_stores_the_event_with_its_order(hub: Hub, told: Receiver, client: Client) -> None:
    assert WebhookSender(client).post(message(number=20_001)).status_code == 202
    event = OutgoingEvent.objects.get()
    assert (event.type, event.order and event.order.number) == ("order.received", 20_001)
    assert told.got == [], "the webhook itself calls nobody"


def test_processing_an_order_again_tells_no_status_that_did_not_change(hub: Hub, told: Receiver) -> None:
    order = hub.process(draft())
    before = len(steps(told))
    order_actions.process_again(order, actor="kim")
    runner.process(order.pk)
    assert len(steps(told)) == before
