"""The control calls of the sandbox Pressero, as another process uses them."""

from collections.abc import Iterator
from typing import Any

import pytest
import requests

from integrations.simulation.sandbox.pressero import PresseroSandbox
from integrations.simulation.sandbox.pressero.seed import CU_STORE

DRAFT = {
    "site": "Example CU Store",
    "buyer": "avery@example.com",
    "po_number": "PO-7781",
    "requested_ship_date": "2025-03-14",
    "items": [
        {
            "product": "Business Card",
            "quantity": 2,
            "uom": 250,
            "price": "96.50",
            "needs_approval": True,
            "ship_to": {"business": "Example CU North", "city": "Peoria"},
            "files": ["card.pdf", {"name": "back.pdf", "kind": "gen"}],
        }
    ],
}


@pytest.fixture(scope="module")
def running() -> Iterator[PresseroSandbox]:
    with PresseroSandbox() as sandbox:
        yield sandbox


@pytest.fixture
def pressero(running: PresseroSandbox) -> PresseroSandbox:
    running.reset()
    return running


def post(pressero: PresseroSandbox, path: str, body: Any = None) -> requests.Response:
    return requests.post(f"{pressero.url}/_sandbox/{path}", json=body, timeout=10)


def get(pressero: PresseroSandbox, path: str) -> Any:
    return requests.get(f"{pressero.url}/_sandbox/{path}", timeout=10).json()


def names(pressero: PresseroSandbox) -> list[str]:
    return [event.name for event in pressero.events]


class TestOrders:
    def test_a_json_draft_becomes_an_order(self, pressero: PresseroSandbox) -> None:
        answer = post(pressero, "orders", DRAFT)
        assert (answer.status_code, answer.json()["number"]) == (201, 10234)
        item = pressero.item(10234, 1)
        assert (item["ShipToCity"], item["TotalQuantity"]) == ("Peoria", 500)
        assert [file["Kind"] for file in item["Files"]] == ["upload", "gen"]

    def test_an_order_can_be_placed_silently(self, pressero: PresseroSandbox) -> None:
        post(pressero, "orders?notify=false", DRAFT)
        assert names(pressero) == []

    def test_a_new_buyer_can_be_described(self, pressero: PresseroSandbox) -> None:
        buyer = {"first_name": "Nia", "last_name": "New", "email": "nia@example.com"}
        number = post(pressero, "orders", DRAFT | {"buyer": buyer}).json()["number"]
        assert pressero.order(number)["OrderedByEmail"] == "nia@example.com"

    @pytest.mark.parametrize(
        ("changes", "status", "said"),
        [
            ({"colour": "red"}, 400, "colour"),
            ({"items": [{"product": "Business Card", "paper": "14pt"}]}, 400, "paper"),
            ({"items": [{"product": "Business Card", "quantity": -1}]}, 400, "quantity"),
            ({"items": []}, 400, "at least one item"),
            ({"site": "Nowhere"}, 404, "Nowhere"),
            ({"requested_ship_date": "soon"}, 400, "requested_ship_date"),
        ],
    )
    def test_a_wrong_draft_is_refused_with_its_reason(
        self, pressero: PresseroSandbox, changes: dict[str, Any], status: int, said: str
    ) -> None:
        answer = post(pressero, "orders", DRAFT | changes)
        assert answer.status_code == status
        assert said in answer.json()["message"]

    def test_an_order_can_be_looked_at_whole(self, pressero: PresseroSandbox) -> None:
        post(pressero, "orders", DRAFT)
        order = get(pressero, "orders/10234")
        assert order["Items"][0]["StatusHistory"][0]["WorkflowStagePrinter"] == "Order Received"
        assert order["Items"][0]["Shipments"] == []

    def test_orders_are_listed(self, pressero: PresseroSandbox) -> None:
        post(pressero, "orders", DRAFT)
        listed = get(pressero, "orders")
        assert listed == [{"number": 10234, "site": "Example CU Store", "items": 1}]

    def test_an_item_can_be_approved_with_modifications(self, pressero: PresseroSandbox) -> None:
        post(pressero, "orders?notify=false", DRAFT)
        answer = post(pressero, "orders/10234/items/1/approve", {"quantity": 3})
        assert answer.json()["IsApprovedWithModifications"] is True
        assert names(pressero) == ["OrderItemApproved"]

    def test_an_approval_without_a_body_changes_nothing_else(self, pressero: PresseroSandbox) -> None:
        post(pressero, "orders", DRAFT)
        answer = post(pressero, "orders/10234/items/1/approve").json()
        assert (answer["IsApproved"], answer["IsApprovedWithModifications"]) == (True, False)

    def test_an_item_can_be_denied(self, pressero: PresseroSandbox) -> None:
        post(pressero, "orders", DRAFT)
        assert post(pressero, "orders/10234/items/1/deny").json()["IsDenied"] is True

    def test_files_can_be_added(self, pressero: PresseroSandbox) -> None:
        post(pressero, "orders", DRAFT)
        answer = post(pressero, "orders/10234/items/1/files", {"files": ["made.pdf", {"name": "b.pdf"}]})
        assert [file["Kind"] for file in answer.json()["Files"]][2:] == ["gen", "gen"]

    def test_an_item_can_be_edited(self, pressero: PresseroSandbox) -> None:
        post(pressero, "orders", DRAFT)
        answer = post(pressero, "orders/10234/items/1/edit", {"ship_to": {"city": "Ames"}})
        assert answer.json()["ShipToCity"] == "Ames"

    def test_an_item_can_be_moved_to_a_stage(self, pressero: PresseroSandbox) -> None:
        post(pressero, "orders", DRAFT)
        answer = post(pressero, "orders/10234/items/1/stage", {"stage": "Bindery"})
        assert answer.json()["WorkflowStagePrinter"] == "Bindery"

    def test_the_head_of_an_order_can_be_edited(self, pressero: PresseroSandbox) -> None:
        post(pressero, "orders", DRAFT)
        assert post(pressero, "orders/10234/edit", {"po_number": "PO-2"}).json()["PONumber"] == "PO-2"

    def test_an_order_can_be_paid_and_cancelled(self, pressero: PresseroSandbox) -> None:
        post(pressero, "orders?notify=false", DRAFT)
        assert post(pressero, "orders/10234/pay").json()["IsPaid"] is True
        post(pressero, "orders/10234/cancel")
        assert names(pressero) == ["PaymentReceived", "OrderItemStatusChanged"]

    def test_events_of_an_order_can_be_sent_again(self, pressero: PresseroSandbox) -> None:
        post(pressero, "orders", DRAFT)
        assert post(pressero, "orders/10234/resend").json() == {"sent": 2}

    @pytest.mark.parametrize(
        "path", ["orders/1/resend", "orders/1/items/1/approve", "orders/10234/items/7/deny"]
    )
    def test_unknown_orders_and_items_answer_404(self, pressero: PresseroSandbox, path: str) -> None:
        post(pressero, "orders", DRAFT)
        assert post(pressero, path).status_code == 404


class TestSettings:
    def test_the_webhook_can_be_set_without_ever_showing_its_key(self, pressero: PresseroSandbox) -> None:
        settings = {"url": "http://127.0.0.1:9/", "security_key": "s3cret", "hash_scheme": "hmac:b64"}
        answer = post(pressero, "webhook", settings)
        assert (pressero.webhook_url, pressero.security_key) == ("http://127.0.0.1:9/", "s3cret")
        assert (answer.json()["hash_scheme"], "s3cret" in answer.text) == ("hmac:b64", False)

    @pytest.mark.parametrize(
        "settings",
        [
            {"hash_scheme": "md5"},
            {"drop": ["NoSuchEvent"]},
            {"copies": -1},
            {"uri": "http://x"},
            {"retries": "x"},
        ],
    )
    def test_a_wrong_webhook_setting_changes_nothing(
        self, pressero: PresseroSandbox, settings: dict[str, Any]
    ) -> None:
        answer = post(pressero, "webhook", {"url": "http://127.0.0.1:9/"} | settings)
        assert answer.status_code == 400
        assert pressero.webhook_url == ""

    def test_deliveries_can_be_read(self, pressero: PresseroSandbox) -> None:
        post(pressero, "webhook", {"url": "http://127.0.0.1:9/"})
        post(pressero, "orders", DRAFT)
        assert pressero.webhooks.wait_until_sent(5)
        rows = get(pressero, "webhook/deliveries")
        assert [(row["event"], row["status"]) for row in rows] == [
            ("OrderPlaced", None),
            ("OrderAprvReq", None),
        ]

    def test_events_can_be_held_and_released(self, pressero: PresseroSandbox) -> None:
        post(pressero, "webhook", {"url": "http://127.0.0.1:9/"})
        post(pressero, "webhook/hold")
        post(pressero, "orders", DRAFT)
        assert post(pressero, "webhook/release", {"reverse": True}).json() == {"released": 2}

    def test_a_user_can_be_registered(self, pressero: PresseroSandbox) -> None:
        body = {"site": CU_STORE, "first_name": "Nia", "last_name": "New", "email": "nia@example.com"}
        assert post(pressero, "users", body).status_code == 201
        assert names(pressero) == ["NewSiteUser"]

    def test_integration_ids_can_be_filled(self, pressero: PresseroSandbox) -> None:
        post(pressero, "integration-ids", {"site": CU_STORE, "mis_id": "EXCU"})
        post(pressero, "integration-ids", {"site": CU_STORE, "product": "Vinyl Banner", "mis_id": "7"})
        site = pressero.store.catalog.site(CU_STORE)
        assert (site.mis_id, site.product("Vinyl Banner").mis_id) == ("EXCU", "7")

    def test_fresh_orders_can_be_hidden(self, pressero: PresseroSandbox) -> None:
        post(pressero, "visibility", {"visible_after_calls": 3})
        assert pressero.store.visible_after_calls == 3

    def test_tokens_can_be_expired(self, pressero: PresseroSandbox) -> None:
        assert post(pressero, "tokens/expire").json() == {"expired": True}

    def test_the_calls_of_every_sandbox_still_work(self, pressero: PresseroSandbox) -> None:
        post(pressero, "orders", DRAFT)
        post(pressero, "reset")
        assert get(pressero, "state") == {"orders": []}
