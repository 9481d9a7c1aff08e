"""What Pressero says of an order beside what every order has: buyer, bill-to, forms, options and attributes, for its Items tab."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.translation import gettext

from integrations.clients.schemas import Address, PresseroItem, PresseroOrder

Pairs = list[tuple[str, str]]


@dataclass(frozen=True)
class ItemDetails:
    """One item: lists of names and values, each under its title."""

    seq: int
    name: str
    groups: list[tuple[str, Pairs]]


def of_order(order: PresseroOrder) -> Pairs:
    """The head of the order; what it does not have is left out."""
    paid = {True: gettext("Yes"), False: gettext("No"), None: ""}[order.is_paid]
    return _filled(
        (gettext("Buyer"), _joined(" ", order.buyer_first_name, order.buyer_last_name)),
        (gettext("Email"), order.buyer_email),
        (gettext("Phone"), order.buyer_phone),
        (gettext("Department"), order.buyer_department),
        (gettext("Bill to"), _address(order.bill_to)),
        (gettext("Sales rep"), _joined(", ", order.sales_rep_name, order.sales_rep_email)),
        (gettext("Paid"), paid),
        (gettext("PO number"), order.po_number),
        (gettext("Notes of the order"), order.notes),
    )


def of_items(order: PresseroOrder) -> list[ItemDetails]:
    """The items of which Pressero says more than product, quantity and price."""
    found = [
        ItemDetails(item.seq, item.item_name or item.product_name, groups)
        for item in order.items
        if (groups := _groups(item))
    ]
    return sorted(found, key=lambda item: item.seq)


def _groups(item: PresseroItem) -> list[tuple[str, Pairs]]:
    groups = (
        (gettext("Form fields"), list(item.form)),
        (gettext("Checkout form fields"), list(item.checkout_form)),
        (gettext("Options"), list(item.options)),
        (gettext("Attributes"), list(item.attributes)),
        (gettext("Notes"), [(gettext("Notes"), item.notes)] if item.notes else []),
    )
    return [(title, pairs) for title, pairs in groups if pairs]


def _filled(*pairs: tuple[str, str]) -> Pairs:
    return [(name, value) for name, value in pairs if value]


def _joined(between: str, *texts: str) -> str:
    return between.join(text for text in texts if text)


def _address(address: Address) -> str:
    state = _joined(" ", address.state, address.postal)
    return _joined(
        ", ", address.business, _joined(" ", address.first_name, address.last_name), address.address1, address.address2,
        address.address3, address.city, state, address.country,
    )  # fmt: skip
