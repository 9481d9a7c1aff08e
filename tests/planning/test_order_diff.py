"""What changed after submission, field by field, in the words that staff know."""

from dataclasses import fields, replace
from datetime import date
from decimal import Decimal as D
from typing import Any

import pytest

from integrations.clients.schemas import Address, PresseroItem
from integrations.planning.order_diff import OrderChangeFound, compare_orders
from tests.planning.builders import file, item, order

sent = order(item(1, "10.00", shipping="1.00"), item(2, "20.00"), total="31.00", po_number="PO-1")


def changed(seq: int, **more: Any) -> tuple[OrderChangeFound, ...]:
    """The differences when one item of the order is edited."""
    items = tuple(replace(one, **more) if one.seq == seq else one for one in sent.items)
    return compare_orders(sent, replace(sent, items=items))


def test_the_same_order_has_no_changes() -> None:
    assert compare_orders(sent, replace(sent, items=tuple(reversed(sent.items)))) == ()


@pytest.mark.parametrize(
    ("name", "value", "field", "before", "after"),
    [
        ("po_number", "PO-2", "PO number", "PO-1", "PO-2"),
        ("requested_ship_date", date(2026, 4, 1), "requested ship date", "2026-03-20", "2026-04-01"),
        ("requested_ship_date", None, "requested ship date", "2026-03-20", ""),
        ("notes", "Rush", "order notes", "", "Rush"),
        ("buyer_first_name", "Kim", "buyer's first name", "Avery", "Kim"),
        ("buyer_last_name", "Kim", "buyer's last name", "Sample", "Kim"),
        ("buyer_email", "k@example.com", "buyer's email", "avery@example.com", "k@example.com"),
        ("subtotal", D(30), "subtotal", "", "30.00"),
        ("shipping", D("1.5"), "shipping cost", "", "1.50"),
        ("tax", D(2), "tax", "", "2.00"),
        ("discount", D(1), "discount", "", "1.00"),
        ("total", D(32), "total", "31.00", "32.00"),
    ],
)
def test_a_field_of_the_order(name: str, value: Any, field: str, before: str, after: str) -> None:
    assert compare_orders(sent, replace(sent, **{name: value})) == (
        OrderChangeFound(None, field, before, after),
    )


@pytest.mark.parametrize(
    ("name", "value", "field", "before", "after"),
    [
        ("product_name", "Flyer", "product", "Product 1", "Flyer"),
        ("item_name", "", "item name", "Name 1", ""),
        ("quantity", 750, "quantity", "500", "750"),
        ("price", D("12.5"), "price", "10.00", "12.50"),
        ("shipping", None, "shipping cost", "1.00", ""),
        ("tax", D(1), "tax", "", "1.00"),
        ("discount", D(1), "discount", "", "1.00"),
        ("requested_ship_date", date(2026, 4, 1), "requested ship date", "", "2026-04-01"),
        ("po_number", "P", "PO number", "", "P"),
        ("notes", "Blue", "notes", "", "Blue"),
        ("options", (("Paper", "14pt"), ("Sides", "2")), "options", "", "Paper: 14pt; Sides: 2"),
        ("method_name", "Air", "shipping method", "Ground", "Air"),
    ],
)
def test_a_field_of_an_item(name: str, value: Any, field: str, before: str, after: str) -> None:
    assert changed(1, **{name: value}) == (OrderChangeFound(1, field, before, after),)


@pytest.mark.parametrize("segment", [field.name for field in fields(Address)])
def test_each_segment_of_the_ship_to_address(segment: str) -> None:
    to = replace(sent.items[1].ship_to, **{segment: "Other"})
    [change] = changed(2, ship_to=to)
    assert (change.item, change.field, change.after) == (2, f"ship-to {segment.replace('_', ' ')}", "Other")


def test_files_stages_and_approvals_that_were_no_denial_are_no_changes() -> None:
    assert changed(1, files=(file("late.pdf"),), stage_name="Press", is_approved=False, mis_id="10001") == ()


class TestApproval:
    def test_a_denial(self) -> None:
        [change] = changed(2, is_denied=True, is_approved=False)
        assert change == OrderChangeFound(2, "approval", "not denied", "denied")
        assert change.sentence == "item 2, approval: not denied → denied"

    def test_an_approval_of_what_was_denied(self) -> None:
        was = replace(sent, items=(sent.items[0], replace(sent.items[1], is_denied=True)))
        assert compare_orders(was, sent) == (OrderChangeFound(2, "approval", "denied", "not denied"),)

    def test_what_changes_in_an_item_that_was_never_sent_concerns_nobody(self) -> None:
        denied = replace(sent.items[1], is_denied=True)
        was, now = (
            replace(sent, items=(sent.items[0], one)) for one in (denied, replace(denied, quantity=9))
        )
        assert compare_orders(was, now) == ()


class TestItems:
    def more(self, *items: PresseroItem) -> tuple[OrderChangeFound, ...]:
        return compare_orders(sent, replace(sent, items=items))

    def test_an_added_item(self) -> None:
        assert self.more(*sent.items, item(3, product_name="Flyer", quantity=9)) == (
            OrderChangeFound(3, "item", "", "added: Flyer, quantity 9"),
        )

    def test_a_removed_item(self) -> None:
        assert self.more(sent.items[0]) == (OrderChangeFound(2, "item", "Product 2", "removed"),)

    def test_changes_stand_in_a_fixed_order(self) -> None:
        now = replace(sent, po_number="PO-2", items=(replace(sent.items[1], quantity=1), item(3)))
        found = compare_orders(sent, now)
        assert [(change.item, change.field) for change in found] == [
            (None, "PO number"),
            (1, "item"),
            (2, "quantity"),
            (3, "item"),
        ]


def test_an_empty_value_is_called_empty() -> None:
    assert OrderChangeFound(None, "PO number", "", "PO-1").sentence == "PO number: empty → PO-1"
