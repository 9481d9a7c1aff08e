"""Orders in the sandbox Pressero: what drafts become, how they read, what can be written back."""

import json
from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from xml.etree import ElementTree

import pytest
import requests

from integrations.simulation.sandbox.pressero import (
    Buyer,
    FileDraft,
    ItemDraft,
    OrderDraft,
    PresseroSandbox,
    SandboxAddress,
)
from integrations.simulation.sandbox.pressero.builders import BadDraft
from integrations.simulation.sandbox.pressero.catalog import UnknownThing
from integrations.simulation.sandbox.pressero.seed import CU_STORE, HEALTH_PORTAL

BRANCH = SandboxAddress(
    "Example CU North", "Jordan", "Branch", "22 North Ave", "", "", "Peoria", "IL", "61602"
)
CARDS = ItemDraft(
    "Business Card",
    quantity=2,
    uom=250,
    price="96.50",
    shipping="12.40",
    tax="7.96",
    ship_to=BRANCH,
    files=["card.pdf"],
    options={"Paper": "14pt Uncoated", "Sides": "2"},
)
BROCHURE = ItemDraft("A4 Brochure", quantity=1, uom=1000, price="125.00", shipping="12.40", tax="10.31")


def order_of(*items: ItemDraft, **values: Any) -> OrderDraft:
    return OrderDraft(CU_STORE, "avery@example.com", items or (CARDS,), **values)


@pytest.fixture(scope="module")
def running() -> Iterator[PresseroSandbox]:
    with PresseroSandbox() as sandbox:
        yield sandbox


@pytest.fixture
def pressero(running: PresseroSandbox) -> PresseroSandbox:
    running.reset()
    return running


class Api:
    """A logged-in client with paths below the API."""

    def __init__(self, pressero: PresseroSandbox) -> None:
        self.base = pressero.base_url
        self.session = requests.Session()
        who = pressero.credentials
        body = {
            "UserName": who.username,
            "Password": who.password,
            "SubscriberId": who.subscriber_id,
            "ConsumerID": who.consumer_id,
        }
        token = self.session.post(self.base + "V2/Authentication", json=body).json()["Token"]
        self.session.headers["Authorization"] = f"token {token}"

    def call(self, method: str, path: str, body: Any = None) -> requests.Response:
        return self.session.request(method, self.base + path, json=body)

    def read(self, path: str) -> Any:
        answer = self.call("GET", path)
        assert answer.status_code == 200, answer.text
        return json.loads(answer.text, parse_float=Decimal)

    def search(self, query: str = "", **body: Any) -> Any:
        answer = self.call("POST", f"V2/Orders/Search{query}", body)
        assert answer.status_code == 200, answer.text
        return answer.json()


@pytest.fixture
def api(pressero: PresseroSandbox) -> Iterator[Api]:
    client = Api(pressero)
    yield client
    client.session.close()


class TestPlacing:
    def test_numbers_count_from_10234(self, pressero: PresseroSandbox) -> None:
        assert [pressero.place(order_of()), pressero.place(order_of())] == [10234, 10235]

    def test_an_order_that_could_not_be_made_uses_no_number(self, pressero: PresseroSandbox) -> None:
        with pytest.raises(UnknownThing):
            pressero.place(order_of(ItemDraft("No such product")))
        assert pressero.place(order_of()) == 10234

    def test_a_price_as_float_is_refused(self, pressero: PresseroSandbox) -> None:
        with pytest.raises(BadDraft):
            pressero.place(order_of(ItemDraft("Business Card", price=0.1)))  # type: ignore[arg-type]

    def test_totals_are_the_sums_of_the_items(self, pressero: PresseroSandbox, api: Api) -> None:
        details = api.read(f"V2/Orders/{pressero.place(order_of(CARDS, BROCHURE))}/Details")
        names = ("OrderSubtotal", "OrderShipping", "OrderTax", "OrderTotal")
        assert [str(details[name]) for name in names] == ["221.50", "24.80", "18.27", "264.57"]

    def test_the_discount_lowers_the_total(self, pressero: PresseroSandbox, api: Api) -> None:
        details = api.read(f"V2/Orders/{pressero.place(order_of(discount='10.00'))}/Details")
        assert (details["OrderDiscount"], details["OrderTotal"]) == (Decimal("10.00"), Decimal("106.86"))

    def test_totals_given_in_the_draft_win(self, pressero: PresseroSandbox, api: Api) -> None:
        bare = ItemDraft("Business Card", price="10.00", shipping=None)
        number = pressero.place(order_of(bare, shipping="4.99", total="14.00"))
        details = api.read(f"V2/Orders/{number}/Details")
        assert (details["OrderShipping"], details["OrderTotal"]) == (Decimal("4.99"), Decimal("14.00"))
        assert api.read(f"V2/Orders/{number}/Items")[0]["Shipping"] is None

    def test_a_new_buyer_is_registered_at_the_site(self, pressero: PresseroSandbox, api: Api) -> None:
        pressero.place(OrderDraft(CU_STORE, Buyer("Nia", "New", "nia@example.com"), [CARDS]))
        found = api.read("site/cu-store.example.com/users?email=nia@example.com")
        assert found["Items"][0]["FirstName"] == "Nia"

    def test_a_buyer_may_have_no_email(self, pressero: PresseroSandbox, api: Api) -> None:
        number = pressero.place(OrderDraft(CU_STORE, Buyer("Nia", "New", ""), [CARDS]))
        assert api.read(f"V2/Orders/{number}/Details")["OrderedByEmail"] == ""


class TestReading:
    def test_details_name_the_items_by_id_and_number_only(self, pressero: PresseroSandbox, api: Api) -> None:
        details = api.read(f"V2/Orders/{pressero.place(order_of(CARDS, BROCHURE))}/Details")
        assert [set(item) for item in details["Items"]] == [{"OrderItemId", "OrderItemNumber"}] * 2
        assert [item["OrderItemNumber"] for item in details["Items"]] == [1, 2]

    def test_the_requested_ship_date_is_midnight_of_the_plain_day(
        self, pressero: PresseroSandbox, api: Api
    ) -> None:
        number = pressero.place(order_of(requested_ship_date=date(2025, 3, 14)))
        assert api.read(f"V2/Orders/{number}/Details")["ReqShipDate"] == "2025-03-14T00:00:00Z"
        assert api.read(f"V2/Orders/{number}/Items")[0]["RequestedShipDate"] == "2025-03-14T00:00:00Z"

    def test_a_missing_ship_date_is_null(self, pressero: PresseroSandbox, api: Api) -> None:
        assert api.read(f"V2/Orders/{pressero.place(order_of())}/Details")["ReqShipDate"] is None

    def test_items_carry_product_pieces_and_price(self, pressero: PresseroSandbox, api: Api) -> None:
        item = api.read(f"V2/Orders/{pressero.place(order_of())}/Items")[0]
        assert item["Product"]["ProductName"] == "Business Card"
        assert (item["Quantity"], item["UOMQuantity"], item["TotalQuantity"]) == (2, 250, 500)
        assert str(item["Price"]) == "96.50"

    def test_items_carry_their_own_ship_to(self, pressero: PresseroSandbox, api: Api) -> None:
        items = api.read(f"V2/Orders/{pressero.place(order_of(CARDS, BROCHURE))}/Items")
        assert [item["ShipToCity"] for item in items] == ["Peoria", "Springfield"]
        assert items[0]["ShiptoStateProvince"] == "IL"

    def test_options_read_as_xml_and_as_words(self, pressero: PresseroSandbox, api: Api) -> None:
        item = api.read(f"V2/Orders/{pressero.place(order_of())}/Items")[0]
        parsed = ElementTree.fromstring(item["PricingEngineInfo"])  # noqa: S314 - our own text
        pairs = {entry.findtext("Key"): entry.findtext("Value") for entry in parsed.iterfind("Options/*")}
        assert pairs == {"UOMQty": "250", "Paper": "14pt Uncoated", "Sides": "2"}
        assert item["OrderItemOptionsText"] == "Paper: 14pt Uncoated; Sides: 2"

    def test_broken_pricing_xml_can_be_given(self, pressero: PresseroSandbox, api: Api) -> None:
        number = pressero.place(order_of(ItemDraft("Business Card", pricing_xml="<broken")))
        assert api.read(f"V2/Orders/{number}/Items")[0]["PricingEngineInfo"] == "<broken"

    def test_files_have_name_link_kind_and_size(self, pressero: PresseroSandbox, api: Api) -> None:
        files: list[FileDraft | str] = [
            "a b.pdf",
            FileDraft("back.pdf", "gen", "https://files.example.com/back.pdf", 120345),
        ]
        number = pressero.place(order_of(ItemDraft("Business Card", files=files)))
        first, second = api.read(f"V2/Orders/{number}/Item/1/Details")["Files"]
        assert first["Url"] == "https://files.example.com/10234/1/a%20b.pdf"
        assert second == {
            "FileName": "back.pdf",
            "Url": "https://files.example.com/back.pdf",
            "Kind": "gen",
            "Size": 120345,
        }

    def test_kit_children_are_items_that_name_their_parent(self, pressero: PresseroSandbox, api: Api) -> None:
        kit = ItemDraft(
            "Welcome Kit",
            price="40.00",
            ship_to=BRANCH,
            method="Overnight",
            children=[ItemDraft("Presentation Folder", 10), ItemDraft("Rate Insert", 0)],
        )
        items = api.read(f"V2/Orders/{pressero.place(order_of(kit, BROCHURE))}/Items")
        assert [item["IsKit"] for item in items] == [True, False, False, False]
        parent = items[0]["OrderItemId"]
        assert [item["ParentOrderItemId"] for item in items] == [None, parent, parent, None]
        assert (items[1]["ShipToCity"], items[1]["ShippingMethod"]) == ("Peoria", "Overnight")

    @pytest.mark.parametrize("path", ["99/Details", "99/Items", "10234/Item/9/Details", "x/Details"])
    def test_unknown_orders_and_items_answer_404(
        self, pressero: PresseroSandbox, api: Api, path: str
    ) -> None:
        pressero.place(order_of())
        answer = api.call("GET", f"V2/Orders/{path}")
        assert (answer.status_code, list(answer.json())) == (404, ["Message"])

    def test_an_integration_id_filled_later_shows_on_the_item(
        self, pressero: PresseroSandbox, api: Api
    ) -> None:
        number = pressero.place(order_of(ItemDraft("Vinyl Banner")))
        pressero.store.catalog.set_product_mis_id(CU_STORE, "Vinyl Banner", "BANNER-13OZ")
        assert api.read(f"V2/Orders/{number}/Items")[0]["Product"]["MisId"] == "BANNER-13OZ"


class TestLateListing:
    def test_a_fresh_order_is_unknown_for_so_many_reads(self, pressero: PresseroSandbox, api: Api) -> None:
        pressero.store.visible_after_calls = 2
        number = pressero.place(order_of())
        seen = [api.call("GET", f"V2/Orders/{number}/Details").status_code for _ in range(3)]
        assert seen == [404, 404, 200]

    def test_a_fresh_order_is_unknown_for_so_many_seconds(self, pressero: PresseroSandbox, api: Api) -> None:
        pressero.store.visible_after_seconds = 3600
        number = pressero.place(order_of())
        assert api.call("GET", f"V2/Orders/{number}/Items").status_code == 404
        pressero.store.order(number).findable_at = 0.0
        assert api.call("GET", f"V2/Orders/{number}/Items").status_code == 200

    def test_searches_may_lag_behind_reads(self, pressero: PresseroSandbox, api: Api) -> None:
        pressero.store.search_lag_seconds = 3600
        number = pressero.place(order_of())
        assert api.search()["TotalItems"] == 0
        assert api.call("GET", f"V2/Orders/{number}/Details").status_code == 200


class TestSearching:
    def test_rows_are_items_with_the_money_of_their_order(self, pressero: PresseroSandbox, api: Api) -> None:
        pressero.place(order_of(CARDS, BROCHURE))
        found = api.search()
        assert [row["OrderItemNumber"] for row in found["Items"]] == [1, 2]
        assert {row["OrderTotal"] for row in found["Items"]} == {264.57}
        assert all("Product" not in row for row in found["Items"])

    def test_equals_filters_by_order_number(self, pressero: PresseroSandbox, api: Api) -> None:
        pressero.place(order_of())
        pressero.place(order_of())
        wanted = {"Column": "OrderNumber", "Value": "10235", "Operator": "equals"}
        assert [row["OrderNumber"] for row in api.search(Filters=[wanted])["Items"]] == [10235]

    def test_the_window_of_dates_limits_the_orders(self, pressero: PresseroSandbox, api: Api) -> None:
        pressero.place(order_of(order_date=datetime(2025, 1, 2, tzinfo=UTC)))
        pressero.place(order_of(order_date=datetime(2025, 2, 2, tzinfo=UTC)))
        found = api.search(StartDate="2025-01-01 00:00:00Z", EndDate="2025-01-31 00:00:00Z")
        assert [row["OrderNumber"] for row in found["Items"]] == [10234]

    def test_rows_come_sorted_as_asked(self, pressero: PresseroSandbox, api: Api) -> None:
        pressero.place(order_of())
        pressero.place(order_of())
        found = api.search(SortDescriptor={"Member": "OrderNumber", "Direction": "Descending"})
        assert [row["OrderNumber"] for row in found["Items"]] == [10235, 10234]

    def test_pages_count_from_0_and_end_empty(self, pressero: PresseroSandbox, api: Api) -> None:
        pressero.place(order_of(CARDS, BROCHURE, CARDS))
        sizes = [len(api.search(f"?pageNumber={page}&pageSize=2")["Items"]) for page in range(3)]
        assert sizes == [2, 1, 0]

    def test_an_unknown_operator_answers_400(self, api: Api) -> None:
        filters = [{"Column": "OrderNumber", "Value": "1", "Operator": "roughly"}]
        assert api.call("POST", "V2/Orders/Search", {"Filters": filters}).status_code == 400


class TestApproving:
    def test_an_item_without_need_of_approval_arrives_approved(
        self, pressero: PresseroSandbox, api: Api
    ) -> None:
        item = api.read(f"V2/Orders/{pressero.place(order_of())}/Items")[0]
        assert (item["IsApproved"], item["IsDenied"]) == (True, False)

    def test_a_pending_item_is_neither_approved_nor_denied(self, pressero: PresseroSandbox, api: Api) -> None:
        number = pressero.place(order_of(ItemDraft("Business Card", needs_approval=True)))
        item = api.read(f"V2/Orders/{number}/Items")[0]
        assert (item["IsApproved"], item["IsDenied"], item["ApprovedDate"]) == (False, False, None)

    def test_approving_with_modifications_changes_the_item_and_says_so(
        self, pressero: PresseroSandbox, api: Api
    ) -> None:
        number = pressero.place(order_of(ItemDraft("Business Card", uom=250, needs_approval=True)))
        pressero.approve(number, 1, {"quantity": 4, "price": "180.00"})
        item = api.read(f"V2/Orders/{number}/Items")[0]
        assert (item["IsApproved"], item["IsApprovedWithModifications"]) == (True, True)
        assert (item["TotalQuantity"], item["Price"]) == (1000, Decimal("180.00"))

    def test_a_denial_leaves_the_totals_alone(self, pressero: PresseroSandbox, api: Api) -> None:
        number = pressero.place(order_of(CARDS, BROCHURE))
        pressero.deny(number, 2)
        assert api.read(f"V2/Orders/{number}/Details")["OrderTotal"] == Decimal("264.57")
        assert api.read(f"V2/Orders/{number}/Items")[1]["IsDenied"] is True

    def test_kit_components_share_the_decision_on_their_parent(self, pressero: PresseroSandbox) -> None:
        kit = ItemDraft("Welcome Kit", needs_approval=True, children=[ItemDraft("Rate Insert")])
        number = pressero.place(order_of(kit))
        assert pressero.item(number, 2)["IsApproved"] is False
        pressero.approve(number, 1)
        assert pressero.item(number, 2)["IsApproved"] is True

    def test_an_impossible_edit_changes_nothing(self, pressero: PresseroSandbox) -> None:
        number = pressero.place(order_of())
        with pytest.raises(BadDraft):
            pressero.edit_item(number, 1, quantity=9, price="much")
        assert pressero.item(number, 1)["Quantity"] == 2


class TestWritingBack:
    def test_a_mis_id_reads_back_as_order_item_misid(self, pressero: PresseroSandbox, api: Api) -> None:
        number = pressero.place(order_of())
        assert api.call("PUT", f"V2/Orders/{number}/Item/1", {"MisId": "J100234"}).status_code == 200
        item = api.read(f"V2/Orders/{number}/Items")[0]
        assert (item["OrderItemMISID"], item["MisId"]) == ("J100234", None)

    def test_a_put_merges_and_ignores_what_nobody_may_write(
        self, pressero: PresseroSandbox, api: Api
    ) -> None:
        number = pressero.place(order_of())
        api.call("PUT", f"V2/Orders/{number}/Item/1", {"JobNumber": "T-1"})
        api.call("PUT", f"V2/Orders/{number}/Item/1", {"misId": "J1", "Quantity": 0})
        item = api.read(f"V2/Orders/{number}/Items")[0]
        assert (item["JobNumber"], item["OrderItemMISID"], item["Quantity"]) == ("T-1", "J1", 2)

    def test_a_stage_is_set_with_its_note(self, pressero: PresseroSandbox, api: Api) -> None:
        number = pressero.place(order_of())
        flow = api.read(f"V2/Orders/{number}/Items")[0]["WorkflowId"]
        stages = {row["PrinterStage"]: row["WorkflowStageId"] for row in api.read(f"workflows/{flow}/Stages")}
        path = f"V2/Orders/{number}/Item/1/Status/{stages['Press']}?notes=On%20press%20%26%20well"
        assert api.call("PUT", path).status_code == 200
        history = api.read(f"V2/Orders/{number}/Item/1/Status")
        assert [line["WorkflowStagePrinter"] for line in history] == ["Order Received", "Press"]
        assert history[-1]["Notes"] == "On press & well"
        assert pressero.item(number, 1)["WorkflowStagePrinter"] == "Press"

    def test_a_stage_of_another_workflow_answers_400(self, pressero: PresseroSandbox, api: Api) -> None:
        number = pressero.place(order_of())
        mailing = pressero.store.catalog.workflow("Direct Mail").stage("Mailing").stage_id
        assert api.call("PUT", f"V2/Orders/{number}/Item/1/Status/{mailing}").status_code == 400

    def test_an_item_follows_the_workflow_of_its_product(self, pressero: PresseroSandbox) -> None:
        number = pressero.place(
            OrderDraft(HEALTH_PORTAL, "riley@example.com", [ItemDraft("Member Letter"), CARDS])
        )
        assert pressero.item(number, 1)["WorkflowId"] != pressero.item(number, 2)["WorkflowId"]

    def shipment(self, pressero: PresseroSandbox, number: int, **changes: Any) -> dict[str, Any]:
        info = {
            "ShipDate": "2025-03-13",
            "Tracking": "1Z0000000000000000",
            "Cost": 11.05,
            "Address": {"FirstName": "Jordan", "LastName": "Branch", "Address1": "22 North Ave"},
            "Items": [{"OrderItemId": pressero.item(number, 1)["OrderItemId"]}],
        }
        body = {"OrderId": pressero.order(number)["OrderId"], "SiteShippingMethodName": "Ground"}
        return body | {"ShipmentInfo": info} | changes

    def test_a_shipment_shows_on_its_items(self, pressero: PresseroSandbox, api: Api) -> None:
        number = pressero.place(order_of(CARDS, BROCHURE))
        assert api.call("POST", "V2/Orders/Shipments", self.shipment(pressero, number)).status_code == 200
        sent = api.read(f"V2/Orders/{number}/Item/1/Shipments")
        assert [(row["ShipTracking"], str(row["ShipCost"])) for row in sent] == [
            ("1Z0000000000000000", "11.05")
        ]
        assert api.read(f"V2/Orders/{number}/Item/2/Shipments") == []

    def test_a_repeated_shipment_is_a_second_one(self, pressero: PresseroSandbox, api: Api) -> None:
        number = pressero.place(order_of())
        for _ in range(2):
            api.call("POST", "V2/Orders/Shipments", self.shipment(pressero, number))
        assert len({row["ShipmentId"] for row in pressero.shipments(number, 1)}) == 2

    @pytest.mark.parametrize(
        ("changes", "status"),
        [
            ({"OrderId": "0a000000-0000-4000-8000-000000000000"}, 404),
            ({"SiteShippingMethodName": "Pigeon"}, 400),
            ({"ShipmentInfo": None}, 400),
        ],
    )
    def test_an_impossible_shipment_is_refused(
        self, pressero: PresseroSandbox, api: Api, changes: dict[str, Any], status: int
    ) -> None:
        number = pressero.place(order_of())
        answer = api.call("POST", "V2/Orders/Shipments", self.shipment(pressero, number, **changes))
        assert answer.status_code == status
        assert pressero.shipments(number, 1) == []


class TestCreating:
    def body(self, pressero: PresseroSandbox, **changes: Any) -> dict[str, Any]:
        site = pressero.store.catalog.site(HEALTH_PORTAL)
        user = pressero.store.catalog.user(site, "riley@example.com")
        item = {
            "productId": site.product("Business Card").product_id,
            "quantity": 2,
            "price": 96.5,
            "tax": 7.96,
            "shipping": 12.4,
            "shipMethodName": "Ground",
            "shipToBusinessName": "Example CU North",
            "shipToCity": "Peoria",
        }
        body = {
            "siteId": site.site_id,
            "userId": user.user_id,
            "poNumber": "PO-7781",
            "requestedShipDate": "2025-03-14",
            "processingOptions": {"needToApplyApprovals": False},
            "items": [item],
        }
        return body | changes

    def test_the_answer_names_the_order(self, pressero: PresseroSandbox, api: Api) -> None:
        answer = api.call("POST", "V2/Orders/Create", self.body(pressero)).json()
        assert answer["OrderNumber"] == 10234
        assert answer["OrderId"] == pressero.order(10234)["OrderId"]

    def test_the_order_reads_as_it_was_created(self, pressero: PresseroSandbox, api: Api) -> None:
        api.call("POST", "V2/Orders/Create", self.body(pressero))
        details, item = api.read("V2/Orders/10234/Details"), api.read("V2/Orders/10234/Items")[0]
        assert (details["PONumber"], details["OrderTotal"]) == ("PO-7781", Decimal("116.86"))
        assert (item["ShipToBusiness"], item["ShipToCity"]) == ("Example CU North", "Peoria")
        assert item["IsApproved"] is True

    def test_items_wait_for_approval_when_that_is_asked_for(
        self, pressero: PresseroSandbox, api: Api
    ) -> None:
        options = {"needToApplyApprovals": True}
        api.call("POST", "V2/Orders/Create", self.body(pressero, processingOptions=options))
        assert api.read("V2/Orders/10234/Items")[0]["IsApproved"] is False

    @pytest.mark.parametrize(
        ("changes", "status"),
        [({"siteId": None}, 400), ({"items": []}, 400), ({"userId": "nobody"}, 404)],
    )
    def test_an_incomplete_body_is_refused(
        self, pressero: PresseroSandbox, api: Api, changes: dict[str, Any], status: int
    ) -> None:
        answer = api.call("POST", "V2/Orders/Create", self.body(pressero, **changes))
        assert (answer.status_code, list(answer.json())) == (status, ["Message"])
