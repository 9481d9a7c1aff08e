"""Webhooks of the sandbox Pressero, received over real HTTP."""

import base64
import hashlib
import hmac
import json
import threading
from collections.abc import Iterator
from functools import partial
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest

from integrations.simulation.sandbox.pressero import Buyer, ItemDraft, OrderDraft, PresseroSandbox
from integrations.simulation.sandbox.pressero.seed import CU_STORE
from integrations.simulation.sandbox.pressero.webhooks import HASH_SCHEMES, message_hash

sha1 = partial(hashlib.sha1, usedforsecurity=False)
PLAIN = OrderDraft(CU_STORE, "avery@example.com", [ItemDraft("Business Card")])
PENDING = OrderDraft(CU_STORE, "avery@example.com", [ItemDraft("Business Card", needs_approval=True)])


class Receiver(HTTPServer):
    """Keeps every message and answers as told."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), ReceiverHandler)
        self.messages: list[dict[str, Any]] = []
        self.bodies: list[bytes] = []
        self.hashes: list[str | None] = []
        self.statuses: list[int] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/events/"

    @property
    def names(self) -> list[str]:
        return [message["TypeName"] for message in self.messages]


class ReceiverHandler(BaseHTTPRequestHandler):
    server: Receiver

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.bodies.append(body)
        self.server.messages.append(json.loads(body))
        self.server.hashes.append(self.headers.get("MessageHash"))
        self.send_response(self.server.statuses.pop(0) if self.server.statuses else 202)
        self.end_headers()
        self.wfile.write(b'{"event": 1}')

    def log_message(self, format: str, *args: Any) -> None:
        """Quiet."""


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    server = Receiver()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture
def pressero(receiver: Receiver) -> Iterator[PresseroSandbox]:
    with PresseroSandbox(webhook_url=receiver.url) as sandbox:
        yield sandbox


def sent(pressero: PresseroSandbox) -> None:
    assert pressero.webhooks.wait_until_sent(5)


class TestEnvelope:
    def test_a_placed_order_is_announced(self, pressero: PresseroSandbox, receiver: Receiver) -> None:
        number = pressero.place(PLAIN)
        sent(pressero)
        (message,) = receiver.messages
        assert (message["Type"], message["TypeName"], message["SiteId"]) == (10, "OrderPlaced", CU_STORE)
        assert message["SubscriberId"] == pressero.credentials.subscriber_id
        assert message["Data"]["OrderNumber"] == number

    def test_an_item_event_carries_order_number_and_seq(
        self, pressero: PresseroSandbox, receiver: Receiver
    ) -> None:
        number = pressero.place(PENDING, notify=False)
        pressero.approve(number, 1)
        sent(pressero)
        data = receiver.messages[0]["Data"]
        assert (data["OrderNumber"], data["OrderItemSeq"]) == (number, 1)

    def test_message_ids_are_never_repeated(self, pressero: PresseroSandbox) -> None:
        for _ in range(5):
            pressero.place(PLAIN)
        assert len({event.message_id for event in pressero.events}) == 5


class TestEvents:
    def test_without_notify_nothing_is_sent(self, pressero: PresseroSandbox, receiver: Receiver) -> None:
        pressero.place(PLAIN, notify=False)
        sent(pressero)
        assert receiver.messages == []

    def test_an_order_that_waits_for_approval_asks_for_it(
        self, pressero: PresseroSandbox, receiver: Receiver
    ) -> None:
        pressero.place(PENDING)
        sent(pressero)
        assert receiver.names == ["OrderPlaced", "OrderAprvReq"]

    def test_whatever_happens_to_an_order_has_its_event_in_order(
        self, pressero: PresseroSandbox, receiver: Receiver
    ) -> None:
        number = pressero.place(PENDING, notify=False)
        pressero.approve(number, 1)
        pressero.deny(number, 1)
        pressero.add_files(number, 1, ["proof.pdf"])
        pressero.edit_item(number, 1, quantity=3)
        pressero.edit_order(number, po_number="PO-2")
        pressero.set_stage(number, 1, "Press")
        pressero.mark_paid(number)
        sent(pressero)
        assert [(message["Type"], message["TypeName"]) for message in receiver.messages] == [
            (7, "OrderItemApproved"),
            (9, "OrderItemDenied"),
            (12, "OrderItemFilesGenerated"),
            (16, "OrderItemUpdated"),
            (15, "OrderUpdated"),
            (0, "OrderItemStatusChanged"),
            (2, "PaymentReceived"),
        ]

    def test_generated_files_are_of_the_kind_gen(self, pressero: PresseroSandbox) -> None:
        number = pressero.place(PLAIN)
        pressero.add_files(number, 1, ["proof.pdf"])
        assert [file["Kind"] for file in pressero.item(number, 1)["Files"]] == ["gen"]

    def test_a_new_user_event_names_no_order(self, pressero: PresseroSandbox, receiver: Receiver) -> None:
        pressero.new_site_user("Example CU Store", Buyer("Nia", "New", "nia@example.com"))
        sent(pressero)
        (message,) = receiver.messages
        assert (message["Type"], "OrderNumber" in message["Data"]) == (17, False)

    def test_a_cancelled_order_shows_as_a_status_change(
        self, pressero: PresseroSandbox, receiver: Receiver
    ) -> None:
        number = pressero.place(PLAIN, notify=False)
        pressero.cancel(number)
        sent(pressero)
        assert receiver.names == ["OrderItemStatusChanged"]
        assert pressero.item(number, 1)["WorkflowStagePrinter"] == "Order Cancelled"


class TestMessageHash:
    def test_without_a_key_there_is_no_hash(self, pressero: PresseroSandbox, receiver: Receiver) -> None:
        pressero.place(PLAIN)
        sent(pressero)
        assert receiver.hashes == [None]

    @pytest.mark.parametrize("scheme", HASH_SCHEMES)
    def test_every_scheme_hashes_the_raw_body(
        self, pressero: PresseroSandbox, receiver: Receiver, scheme: str
    ) -> None:
        pressero.security_key, pressero.hash_scheme = "schlüssel", scheme
        pressero.place(PLAIN)
        sent(pressero)
        key, body = "schlüssel".encode(), receiver.bodies[0]
        wide_key, wide_body = "schlüssel".encode("utf-16-le"), body.decode().encode("utf-16-le")
        digest = {
            "key+body": sha1(key + body).digest(),
            "body+key": sha1(body + key).digest(),
            "key+body/utf16": sha1(wide_key + wide_body).digest(),
            "body+key/utf16": sha1(wide_body + wide_key).digest(),
            "hmac": hmac.new(key, body, hashlib.sha1).digest(),
        }[scheme.split(":", maxsplit=1)[0]]
        wanted = digest.hex() if scheme.endswith(":hex") else base64.b64encode(digest).decode()
        assert receiver.hashes == [wanted]

    def test_hexadecimal_may_be_upper_case_or_dashed(self) -> None:
        lower = message_hash("key+body:hex", "k", b"{}")
        assert message_hash("key+body:hex", "k", b"{}", "upper") == lower.upper()
        assert message_hash("key+body:hex", "k", b"{}", "dashed").replace("-", "").lower() == lower

    def test_an_unknown_scheme_is_refused(self, pressero: PresseroSandbox) -> None:
        with pytest.raises(ValueError, match="no hash scheme"):
            pressero.hash_scheme = "md5"


class TestDelivery:
    def test_the_log_keeps_status_and_answer(self, pressero: PresseroSandbox) -> None:
        pressero.place(PLAIN)
        sent(pressero)
        (delivery,) = pressero.events_sent
        assert (delivery.event.name, delivery.status, delivery.answer) == (
            "OrderPlaced",
            202,
            '{"event": 1}',
        )

    def test_a_failed_delivery_is_not_repeated(self, pressero: PresseroSandbox, receiver: Receiver) -> None:
        receiver.statuses = [500]
        pressero.place(PLAIN)
        sent(pressero)
        assert [delivery.status for delivery in pressero.events_sent] == [500]

    def test_a_failed_delivery_is_repeated_when_told_so(
        self, pressero: PresseroSandbox, receiver: Receiver
    ) -> None:
        receiver.statuses = [503]
        pressero.webhooks.retries, pressero.webhooks.retry_pause_seconds = 2, 0.01
        pressero.place(PLAIN)
        sent(pressero)
        assert [delivery.status for delivery in pressero.events_sent] == [503, 202]

    def test_no_answer_is_logged_with_its_reason(self, pressero: PresseroSandbox, receiver: Receiver) -> None:
        receiver.shutdown()
        receiver.server_close()
        pressero.place(PLAIN)
        sent(pressero)
        (delivery,) = pressero.events_sent
        assert delivery.status is None
        assert "refused" in delivery.error.lower()

    def test_an_event_can_be_delivered_at_once(self, pressero: PresseroSandbox) -> None:
        number = pressero.place(PLAIN, notify=False)
        pressero.webhooks.drop = frozenset({"*"})
        event = pressero.fire("OrderPlaced", number)
        assert pressero.webhooks.deliver(event) == 202

    def test_copies_are_the_same_message(self, pressero: PresseroSandbox, receiver: Receiver) -> None:
        pressero.webhooks.copies = 2
        pressero.place(PLAIN)
        sent(pressero)
        assert len(receiver.bodies) == 2
        assert receiver.bodies[0] == receiver.bodies[1]

    def test_a_dropped_event_never_arrives(self, pressero: PresseroSandbox, receiver: Receiver) -> None:
        pressero.webhooks.drop = frozenset({"OrderPlaced"})
        pressero.place(PENDING)
        sent(pressero)
        assert receiver.names == ["OrderAprvReq"]

    def test_an_event_nobody_subscribed_to_is_not_sent(
        self, pressero: PresseroSandbox, receiver: Receiver
    ) -> None:
        pressero.webhooks.subscribed = frozenset({"OrderPlaced"})
        pressero.place(PENDING)
        sent(pressero)
        assert receiver.names == ["OrderPlaced"]

    def test_a_delayed_event_does_not_hold_up_the_shop(
        self, pressero: PresseroSandbox, receiver: Receiver
    ) -> None:
        pressero.webhooks.delay_seconds = 0.2
        pressero.place(PLAIN)
        assert receiver.messages == []
        sent(pressero)
        assert receiver.names == ["OrderPlaced"]

    def test_held_events_can_leave_in_reverse(self, pressero: PresseroSandbox, receiver: Receiver) -> None:
        pressero.webhooks.hold()
        number = pressero.place(PENDING)
        pressero.approve(number, 1)
        assert pressero.webhooks.release(reverse=True) == 3
        sent(pressero)
        assert receiver.names == ["OrderItemApproved", "OrderAprvReq", "OrderPlaced"]

    def test_a_resent_event_keeps_its_message_id(self, pressero: PresseroSandbox, receiver: Receiver) -> None:
        number = pressero.place(PLAIN)
        pressero.place(PLAIN)
        assert pressero.resend(number) == 1
        sent(pressero)
        assert receiver.messages[0] == receiver.messages[2]

    def test_a_sandbox_that_was_stopped_sends_again_after_a_start(
        self, pressero: PresseroSandbox, receiver: Receiver
    ) -> None:
        pressero.place(PLAIN)
        sent(pressero)
        pressero.stop()
        pressero.start()
        pressero.place(PLAIN)
        sent(pressero)
        assert len(receiver.messages) == 2

    def test_a_reset_restores_address_and_delivery(
        self, pressero: PresseroSandbox, receiver: Receiver
    ) -> None:
        pressero.webhook_url, pressero.webhooks.copies = "http://127.0.0.1:9/", 5
        pressero.reset()
        assert (pressero.webhook_url, pressero.webhooks.copies) == (receiver.url, 1)
        assert pressero.events_sent == []
