"""What buyers filled in and what Pressero knows beside products and prices (docs/pressero.md §2)."""

from typing import Any

import pytest

from integrations.clients.pressero.orders import parse_order
from integrations.clients.schemas import PresseroItem, PresseroOrder
from tests.clients.payloads import payload


def first(**item: Any) -> PresseroItem:
    return parse_order(payload(item=item)).items[0]


def order(**details: Any) -> PresseroOrder:
    return parse_order(payload(details))


def test_product_form_fields_are_pairs_in_their_order() -> None:
    found = first(
        ProductFormField1="Cost center", ProductFormValue1=" 4410 ", ProductFormField2="Empty", ProductFormValue2="",
        ProductFormField10="Room", ProductFormValue10="12\nB",
    )  # fmt: skip
    assert found.form == (("Cost center", "4410"), ("Room", "12\nB"))


def test_checkout_form_fields_come_from_the_item_or_from_the_order() -> None:
    assert first(CheckoutFormField1="Budget", CheckoutFormValue1="B-7").checkout_form == (("Budget", "B-7"),)
    of_order = order(CheckoutFormField1="Budget", CheckoutFormValue1="B-8")
    assert {item.checkout_form for item in of_order.items} == {(("Budget", "B-8"),)}


def test_attributes_by_name_or_else_by_id() -> None:
    assert first(ProductAttributeName1="Type", ProductAttributeValue1="PRINT").attributes == (
        ("Type", "PRINT"),
    )
    by_id = first(Product={"Attributes": [{"AttributeId": "a-1", "AttributeValue": "PRINT"}]})
    assert by_id.attributes == (("a-1", "PRINT"),)


def test_department_sales_rep_and_client_part_number() -> None:
    found = order(OrderedByDepartment="Marketing", SalesRepName="Sam Seller", SalesRepEmail="sam@example.com")
    assert (found.buyer_department, found.sales_rep_name, found.sales_rep_email) == (
        "Marketing", "Sam Seller", "sam@example.com",
    )  # fmt: skip
    assert order(SalesRepFirstName="Sam", SalesRepLastName="Seller").sales_rep_name == "Sam Seller"
    assert first(ClientPartNumber="EX-1").client_part_number == "EX-1"


@pytest.mark.parametrize(
    ("value", "paid"),
    [(True, True), (False, False), ("yes", True), ("0", False), (None, None), ("perhaps", None), ([], None)],
)
def test_paid_is_yes_no_or_not_said(value: Any, paid: bool | None) -> None:
    data = payload({"IsPaid": value})
    for item in data["items"]:
        item.pop("IsPaid", None)
    assert parse_order(data).is_paid is paid


def test_whatever_stands_in_these_fields_stops_no_order() -> None:
    found = first(
        ProductFormField1={"a": 1}, ProductFormValue1=[1], ProductFormField2=7, ProductFormValue2=True,
        Product={"Attributes": "none"}, CheckoutFormField1=None,
    )  # fmt: skip
    assert found.form == (("7", "yes"),)
