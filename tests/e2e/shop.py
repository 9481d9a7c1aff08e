"""Pressero with the hub behind its webhook, event by event."""

from __future__ import annotations

from decimal import Decimal

from django.test import Client

from integrations.models import Order
from integrations.orders.submission import runner
from integrations.simulation.demo.configuration import SECURITY_KEY
from integrations.simulation.sandbox.pressero import OrderDraft
from integrations.simulation.sandbox.pressero.webhooks import Event, message_hash
from tests.conftest import Hub


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
