"""What Pressero's fields mean."""

import json
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrations.clients.pressero.orders import parse_order
from integrations.clients.schemas import OrderFile, PresseroItem
from integrations.errors import PermanentError
from tests.clients.payloads import SITE, payload, with_keys


def first_item(**changes: Any) -> PresseroItem:
    return parse_order(payload(item=changes)).items[0]


def test_an_order_is_read_with_its_buyer_money_and_dates() -> None:
    order = parse_order(payload())
    assert (order.id, order.number) == ("0a000000-0000-4000-8000-000000010234", 10234)
    assert (order.site_id, order.site_name) == (SITE, "Example CU Store")
    assert (order.buyer_first_name, order.buyer_last_name) == ("Avery", "Sample")
    assert (order.buyer_email, order.buyer_business) == ("avery@example.com", "Example Credit Union")
    assert (order.bill_to.state, order.bill_to.address1) == ("IL", "100 Main St")
    assert (order.po_number, order.notes) == ("PO-7781", "Deliver to dock B")
    money = (order.subtotal, order.shipping, order.tax, order.discount, order.total)
    assert [str(amount) for amount in money] == ["221.50", "24.80", "18.27", "0.0", "264.57"]
    assert order.placed_at == datetime(2025, 3, 4, 15, 22, 29, tzinfo=UTC)
    assert order.requested_ship_date == date(2025, 3, 14)


def test_an_item_is_read_with_product_price_and_address() -> None:
    item = parse_order(payload()).items[0]
    assert (item.id, item.seq, item.item_name) == ("i1", 1, "Avery Sample card")
    assert (item.product_id, item.product_name, item.part_number) == ("p11", "Business Card", "BC14")
    assert (item.price, item.shipping, item.tax, item.discount) == (
        Decimal("96.50"),
        Decimal("12.40"),
        Decimal("7.96"),
        None,
    )
    assert (item.ship_to.business, item.ship_to.state, item.ship_to.email) == ("Example CU North", "IL", "")
    assert (item.method_name, item.method_id) == ("Ground", "m3")
    assert (item.workflow_id, item.stage_id, item.stage_name) == ("w1", "s5", "Order Received")
    assert item.notes == "Rush if possible"


def test_keys_are_read_in_any_case_at_every_level() -> None:
    expected = parse_order(payload())
    for change in (str.lower, str.upper, str.swapcase):
        given_ = payload()
        changed = {
            "details": with_keys(given_["details"], change),
            "items": with_keys(given_["items"], change),
        }
        assert parse_order(changed) == expected


def test_a_payload_stored_with_decimals_as_text_gives_the_same_order() -> None:
    stored = json.loads(json.dumps(payload(), default=str))
    assert parse_order(stored) == parse_order(payload())


def test_a_payload_with_every_number_as_text_gives_the_same_order() -> None:
    def texts(data: Any) -> Any:
        if isinstance(data, dict):
            return {key: texts(value) for key, value in data.items()}
        if isinstance(data, list):
            return [texts(value) for value in data]
        return str(data) if isinstance(data, int | Decimal) and not isinstance(data, bool) else data

    assert parse_order(texts(payload())) == parse_order(payload())


# --- Money --------------------------------------------------------------------------------------------------


def test_order_money_missing_in_the_details_comes_from_the_first_item_that_has_it() -> None:
    order = payload(drop=("OrderTotal", "OrderTax"))
    order["items"][1]["OrderTotal"] = Decimal("264.57")
    parsed = parse_order(order)
    assert (parsed.total, parsed.tax) == (Decimal("264.57"), None)


def test_the_details_win_over_the_items() -> None:
    assert parse_order(payload(item={"OrderTotal": Decimal(1)})).total == Decimal("264.57")


def test_an_amount_of_zero_is_an_amount() -> None:
    assert parse_order(payload({"OrderTotal": 0}, {"OrderTotal": 5})).total == Decimal(0)


@pytest.mark.parametrize(
    "value",
    ["abc", "1,234.50", "12.34 USD", "$5", True, [], {}, 96.5, "NaN", "Infinity", "1e400", "--1", "1" * 13],
)
def test_a_price_that_is_no_number_names_order_item_and_field(value: object) -> None:
    with pytest.raises(PermanentError) as caught:
        first_item(Price=value)
    assert "order 10234, item 1" in caught.value.message
    assert "Price" in caught.value.message
    assert caught.value.field == "Price"


def test_order_money_that_is_no_number_names_the_order() -> None:
    with pytest.raises(PermanentError, match="order 10234: the field OrderTotal is 'x'"):
        parse_order(payload({"OrderTotal": "x"}))


def test_a_missing_price_is_zero_and_missing_shares_are_none() -> None:
    item = first_item(Price=None, Shipping="", ItemTax=None)
    assert (item.price, item.shipping, item.tax) == (Decimal(0), None, None)


@given(st.decimals(min_value=-(10**12) + 1, max_value=10**12 - 1, places=2))
def test_an_amount_keeps_its_digits_as_number_and_as_text(amount: Decimal) -> None:
    assert str(first_item(Price=amount).price) == str(amount)
    assert str(first_item(Price=f" {amount} ").price) == str(amount)


@given(st.text() | st.integers() | st.floats() | st.booleans() | st.decimals() | st.none())
def test_whatever_stands_in_a_money_field_is_a_decimal_or_refused(value: object) -> None:
    try:
        shipping = first_item(Shipping=value).shipping
    except PermanentError:
        return
    assert shipping is None or (isinstance(shipping, Decimal) and shipping.is_finite())


# --- Quantities ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("total", "quantity", "uom", "pieces"),
    [
        (500, 2, 250, 500),
        (700, 2, 250, 700),
        (0, 2, 250, 500),
        (None, 2, 250, 500),
        (None, 2, None, 2),
        (None, 2, 0, 2),
        ("500", "2", "250", 500),
        (Decimal("500.0"), 2, 250, 500),
        (0, 0, 250, 0),
        (None, None, None, 0),
    ],
)
def test_pieces(total: object, quantity: object, uom: object, pieces: int) -> None:
    assert first_item(TotalQuantity=total, Quantity=quantity, UOMQuantity=uom).quantity == pieces


@pytest.mark.parametrize("value", ["many", "1.5", -1, 2**63, Decimal("1E+40"), True])
def test_a_quantity_that_is_no_whole_number_is_refused(value: object) -> None:
    with pytest.raises(PermanentError, match="item 1: the field TotalQuantity"):
        first_item(TotalQuantity=value)


def test_more_pieces_than_any_job_can_have_are_refused() -> None:
    with pytest.raises(PermanentError, match="more than any job"):
        first_item(TotalQuantity=None, Quantity=100_000, UOMQuantity=100_000)


# --- Dates --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "2025-03-14",
        "2025-03-14T00:00:00",
        "2025-03-14T00:00:00Z",
        "2025-03-14T23:59:59.9999999Z",
        "2025-03-14T00:00:00+14:00",
        "2025-03-14 23:00:00-11:00",
    ],
)
def test_the_requested_ship_date_is_the_date_as_sent(text: str) -> None:
    assert first_item(RequestedShipDate=text).requested_ship_date == date(2025, 3, 14)


@pytest.mark.parametrize("value", [None, "", "0001-01-01T00:00:00"])
def test_a_ship_date_that_was_never_set_is_none(value: object) -> None:
    assert first_item(RequestedShipDate=value).requested_ship_date is None


@pytest.mark.parametrize(
    "value",
    ["tomorrow", "14/03/2025", "2025-02-30", "2025-03-14Tnoon", 20250314, "2025-3-4", "２０２５-03-14"],
)
def test_a_date_that_is_none_names_order_item_and_field(value: object) -> None:
    with pytest.raises(PermanentError, match="order 10234, item 1: the field RequestedShipDate"):
        first_item(RequestedShipDate=value)


@pytest.mark.parametrize(
    ("text", "hour"),
    [("2025-03-04T15:22:29", 15), ("2025-03-04T15:22:29.27Z", 15), ("2025-03-04T15:22:29-05:00", 20)],
)
def test_the_placed_date_is_utc_without_an_offset(text: str, hour: int) -> None:
    placed = parse_order(payload({"OrderDate": text})).placed_at
    assert placed is not None
    assert (placed.hour, placed.tzinfo) == (hour, UTC)


# --- Approval, ids, numbers ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("approved", "modified", "denied", "expected"),
    [
        (True, False, False, (True, False, False)),
        (False, True, False, (True, False, False)),
        (False, False, True, (False, True, False)),
        (None, None, None, (False, False, True)),
        ("true", "false", "False", (True, False, False)),
    ],
)
def test_approval(
    approved: object, modified: object, denied: object, expected: tuple[bool, bool, bool]
) -> None:
    item = first_item(IsApproved=approved, IsApprovedWithModifications=modified, IsDenied=denied)
    assert (item.is_approved, item.is_denied, item.is_undecided) == expected


def test_an_unclear_approval_is_refused() -> None:
    with pytest.raises(PermanentError, match="IsApproved is 'perhaps'"):
        first_item(IsApproved="perhaps")


def test_the_products_integration_id_is_not_our_job_number() -> None:
    item = first_item(Product={"ProductId": "p"}, MisId="112823", OrderItemMISID="112823")
    assert (item.product_integration_id, item.mis_id) == ("", "112823")


def test_our_job_number_reads_back_from_order_item_misid() -> None:
    assert first_item(MisId=None, OrderItemMISID=112823).mis_id == "112823"


def test_a_flat_product_is_read_too() -> None:
    item = first_item(
        Product=None, ProductId="p9", ProductName="Card", PrinterPartNumber="X1", ProductMisId="T1"
    )
    assert (item.product_id, item.product_name, item.part_number, item.product_integration_id) == (
        "p9",
        "Card",
        "X1",
        "T1",
    )


def test_an_order_number_may_come_from_an_item() -> None:
    assert parse_order(payload({"OrderNumber": None})).number == 10234


@pytest.mark.parametrize("broken", [{}, {"details": None, "items": None}, {"details": [], "items": {}}])
def test_an_order_without_a_number_is_refused(broken: dict[str, Any]) -> None:
    with pytest.raises(PermanentError, match="OrderNumber"):
        parse_order(broken)


def test_an_item_without_a_number_is_refused() -> None:
    with pytest.raises(PermanentError, match="OrderItemNumber"):
        first_item(OrderItemNumber=None, OrderItemSeq=None)


def test_texts_lose_outer_blanks_and_what_no_database_can_hold() -> None:
    assert first_item(ItemName="  a\x00b \ud800 ").item_name == "ab ?"


def test_a_number_in_a_text_field_is_text() -> None:
    assert parse_order(payload({"PONumber": 7781})).po_number == "7781"


# --- Files and kits -----------------------------------------------------------------------------------------


def test_files() -> None:
    assert first_item().files == (OrderFile("card.pdf", "https://files.example.com/card.pdf", "gen", 120345),)


@pytest.mark.parametrize("files", [None, [], "", {}, [None, "x"]])
def test_no_files(files: object) -> None:
    assert first_item(Files=files).files == ()


def test_a_file_without_a_name_takes_it_from_its_address() -> None:
    (file,) = first_item(Files=[{"Url": "https://h/a/My%20card.pdf?sig=1", "Size": "big"}]).files
    assert (file.name, file.size) == ("My card.pdf", None)


def test_a_file_without_an_address_is_not_there_yet() -> None:
    assert first_item(Files=[{"FileName": "later.pdf", "Url": None}]).files == ()


def test_a_kit_and_its_child() -> None:
    order = payload(item={"IsKit": True})
    order["items"][1]["ParentOrderItemId"] = "i1"
    kit, child = parse_order(order).items
    assert (kit.is_kit, kit.parent_id, child.is_kit, child.parent_id) == (True, "", False, "i1")


# --- What other programs write ------------------------------------------------------------------------------------

GUID = "0a000000-0000-4000-8000-000000010234"


@pytest.mark.parametrize("blank", ["", " ", "\u00a0\t", "\ufeff"])
def test_a_field_that_shows_nothing_holds_nothing(blank: str) -> None:
    item = first_item(
        Shipping=blank, ItemTax=blank, RequestedShipDate=blank, TotalQuantity=blank, Quantity=3, UOMQuantity=blank,
        IsDenied=blank,
    )  # fmt: skip
    assert (item.shipping, item.tax, item.requested_ship_date, item.quantity) == (None, None, None, 3)


@pytest.mark.parametrize("never", ["0001-01-01T05:00:00Z", "9999-12-31T23:59:59-05:00", "1900-01-01"])
def test_an_order_placed_at_a_placeholder_was_placed_at_no_known_time(never: str) -> None:
    assert parse_order(payload({"OrderDate": never}, {"OrderDate": never})).placed_at is None


def test_behind_a_placeholder_the_other_field_of_the_date_counts() -> None:
    item = first_item(RequestedShipDate="0001-01-01T00:00:00", ReqShipDate="/Date(1805068800000)/")
    assert item.requested_ship_date == date(2027, 3, 15)


def test_digits_of_a_double_are_rounded_to_the_cent() -> None:
    item = first_item(Price=Decimal("8.335000000000001"), ItemTax=Decimal("0.6900000000000001"))
    assert (item.price, item.tax) == (Decimal("8.34"), Decimal("0.69"))


def test_ids_in_braces_and_capitals_are_the_same_ids() -> None:
    braces = f"{{{GUID.upper()}}}"
    kit = payload({"SiteId": braces}, {"OrderItemId": braces, "IsKit": True, "WorkflowStageId": braces})
    kit["items"][1]["ParentOrderItemId"] = GUID
    order = parse_order(kit)
    assert (order.site_id, order.items[0].id, order.items[0].stage_id, order.items[1].parent_id) == (
        GUID,
    ) * 4


@pytest.mark.parametrize(
    "pasted", ["100 Main St\x0bDock B", "100 Main St\r\nDock B", "\u200e100 Main\u2028St Dock\u00a0B"]
)
def test_an_address_pasted_with_line_breaks_is_one_line(pasted: str) -> None:
    assert first_item(ShipToAddress1=pasted).ship_to.address1 == "100 Main St Dock B"


def test_notes_keep_their_lines() -> None:
    assert first_item(ItemNotes="Two sides.\r\nRush\x0bplease").notes == "Two sides.\nRush\nplease"


def test_a_value_of_an_option_is_one_line() -> None:
    xml = "<P><Options><O><Key>Paper</Key><Value>14pt\n  Uncoated</Value></O></Options></P>"
    assert first_item(PricingEngineInfo=xml).options == (("Paper", "14pt Uncoated"),)
