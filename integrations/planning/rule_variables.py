"""What templates of field rules see of an order: plain data, and the list of it that people choose from. Pure.

What the order does not have is None: empty when printed, equal to "" and false in a condition.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, tzinfo
from typing import Any

from django.utils.translation import gettext_noop

from automationhub.lib.liquid import LazyRecord, LiquidNames, Record
from integrations.clients.schemas import Address, PresseroItem, PresseroOrder
from integrations.planning.plan_types import StorefrontParameters

Variables = Mapping[str, Any]


@dataclass(frozen=True)
class Described:
    """One variable, for the list in the editor and the documentation. `name` as a template writes it."""

    name: str
    group: str
    text: str


ORDER, STOREFRONT, BUYER = gettext_noop("Order"), gettext_noop("Storefront"), gettext_noop("Buyer")
SALES_REP, BILL_TO, SHIP_TO = gettext_noop("Sales rep"), gettext_noop("Bill to"), gettext_noop("Ship to")
ITEM, CONTACT, OTHER = gettext_noop("Item"), gettext_noop("Contact"), gettext_noop("Other")
_ADDRESS = (
    ("business", gettext_noop("Business")),
    ("first_name", gettext_noop("First name")),
    ("last_name", gettext_noop("Last name")),
    ("address1", gettext_noop("Street address, first line")),
    ("address2", gettext_noop("Street address, second line")),
    ("address3", gettext_noop("Street address, third line")),
    ("city", gettext_noop("City")),
    ("state", gettext_noop("State")),
    ("postal", gettext_noop("Postal code")),
    ("country", gettext_noop("Country")),
    ("phone", gettext_noop("Phone")),
    ("email", gettext_noop("Email")),
)
VARIABLES: tuple[Described, ...] = (
    Described("order.number", ORDER, gettext_noop("Order number")),
    Described("order.placed", ORDER, gettext_noop("Date and time of the order, on the Pace server's clock")),
    Described("order.ship_date", ORDER, gettext_noop("Requested ship date")),
    Described("order.days_to_ship", ORDER, gettext_noop("Days from today to the requested ship date")),
    Described("order.po", ORDER, gettext_noop("PO number")),
    Described("order.notes", ORDER, gettext_noop("Notes of the order")),
    Described("order.subtotal", ORDER, gettext_noop("Subtotal")),
    Described("order.shipping", ORDER, gettext_noop("Shipping cost")),
    Described("order.tax", ORDER, gettext_noop("Tax")),
    Described("order.discount", ORDER, gettext_noop("Discount")),
    Described("order.total", ORDER, gettext_noop("Total")),
    Described("order.paid", ORDER, gettext_noop("Whether it is paid")),
    Described("storefront.name", STOREFRONT, gettext_noop("Storefront")),
    Described("storefront.site_id", STOREFRONT, gettext_noop("Pressero's id of the storefront")),
    Described(
        "storefront.integration_id", STOREFRONT, gettext_noop("Integration ID, the Pace customer as a rule")
    ),
    Described("buyer.first_name", BUYER, gettext_noop("Buyer's first name")),
    Described("buyer.last_name", BUYER, gettext_noop("Buyer's last name")),
    Described("buyer.email", BUYER, gettext_noop("Buyer's email")),
    Described("buyer.phone", BUYER, gettext_noop("Buyer's phone")),
    Described("buyer.business", BUYER, gettext_noop("Buyer's business")),
    Described("buyer.department", BUYER, gettext_noop("Buyer's department")),
    Described("sales_rep.name", SALES_REP, gettext_noop("Sales rep")),
    Described("sales_rep.email", SALES_REP, gettext_noop("Sales rep's email")),
    *(Described(f"bill_to.{name}", BILL_TO, text) for name, text in _ADDRESS),
    Described("contact.kind", CONTACT, gettext_noop("In rules for contacts: buyer or ship_to")),
    Described(
        "contact.business", CONTACT, gettext_noop("In rules for contacts: business of the buyer or address")
    ),
    Described("contact.first_name", CONTACT, gettext_noop("In rules for contacts: first name")),
    Described("contact.last_name", CONTACT, gettext_noop("In rules for contacts: last name")),
    Described("item.seq", ITEM, gettext_noop("Item number")),
    Described("item.name", ITEM, gettext_noop("Item name, as the buyer wrote it")),
    Described("item.quantity", ITEM, gettext_noop("Quantity in pieces")),
    Described("item.price", ITEM, gettext_noop("Price of the item")),
    Described("item.notes", ITEM, gettext_noop("Notes of the item")),
    Described("item.po", ITEM, gettext_noop("PO number of the item")),
    Described("item.ship_date", ITEM, gettext_noop("Requested ship date of the item")),
    Described("item.method", ITEM, gettext_noop("Shipping method")),
    Described("item.product.name", ITEM, gettext_noop("Product name")),
    Described("item.product.id", ITEM, gettext_noop("Product id")),
    Described("item.product.part_number", ITEM, gettext_noop("Printer part number")),
    Described("item.product.client_part_number", ITEM, gettext_noop("Client part number")),
    Described("item.product.integration_id", ITEM, gettext_noop("Integration Id of the product")),
    *(Described(f"item.ship_to.{name}", SHIP_TO, text) for name, text in _ADDRESS),
    Described("item.options", ITEM, gettext_noop("Pricing options by name")),
    Described("item.form", ITEM, gettext_noop("Fields of the product and checkout forms by name")),
    Described("item.attributes", ITEM, gettext_noop("Attributes of the product by name")),
    Described("item.files", ITEM, gettext_noop("Files of the item, each with name, kind and size")),
    Described("items", ITEM, gettext_noop("All items of the job or shipment, for loops")),
    Described("planned", OTHER, gettext_noop("The value that the field has without this rule")),
    Described("today", OTHER, gettext_noop("Today's date at the Pace server")),
    Described("now", OTHER, gettext_noop("Date and time at the Pace server")),
)
# Values by names that people gave: item.options["Paper"].
NAMED = ("item.options", "item.form", "item.attributes")
_KNOWN = frozenset(tuple(one.name.split(".")) for one in VARIABLES)
_RECORDS = frozenset(path[:length] for path in _KNOWN for length in range(1, len(path)))
# What Liquid knows of every list and text.
OF_EVERYTHING = ("size", "first", "last")


def unknown_variable(path: Sequence[str | int]) -> str:
    """The name of a variable that no order has; "" for one that may be there."""
    named = tuple(str(segment) for segment in path)
    for length in range(1, len(named) + 1):
        part = named[:length]
        if part in _KNOWN or part[-1] in OF_EVERYTHING:
            return ""
        if part not in _RECORDS:
            return ".".join(part)
    return ""


def of_order(
    order: PresseroOrder, storefront: StorefrontParameters, now: datetime, zone: tzinfo | None
) -> dict[str, Any]:
    """The variables that all items of an order share. `now` and `zone` are those of the Pace server."""
    ship_date = order.requested_ship_date
    return {
        "now": now.replace(tzinfo=None).isoformat(timespec="seconds"),
        "today": now.date().isoformat(),
        "order": Record(
            number=order.number,
            placed=_moment(order.placed_at, zone),
            ship_date=_day(ship_date),
            days_to_ship=None if ship_date is None else (ship_date - now.date()).days,
            po=order.po_number or None,
            notes=order.notes or None,
            subtotal=order.subtotal,
            shipping=order.shipping,
            tax=order.tax,
            discount=order.discount,
            total=order.total,
            paid=order.is_paid,
        ),
        "storefront": Record(
            name=storefront.name,
            site_id=order.site_id or None,
            integration_id=storefront.integration_id or storefront.site_integration_id or None,
        ),
        "buyer": Record(
            first_name=order.buyer_first_name or None,
            last_name=order.buyer_last_name or None,
            email=order.buyer_email or None,
            phone=order.buyer_phone or None,
            business=order.buyer_business or None,
            department=order.buyer_department or None,
        ),
        "sales_rep": Record(name=order.sales_rep_name or None, email=order.sales_rep_email or None),
        "bill_to": _address(order.bill_to),
    }


def buyers_contact(order: PresseroOrder) -> dict[str, Any]:
    """The variable `contact` for the new contact of a buyer."""
    return _contact(
        "buyer", order.buyer_business or order.bill_to.business, order.buyer_first_name, order.buyer_last_name
    )


def ship_to_contact(item: PresseroItem) -> dict[str, Any]:
    """The variable `contact` for the contact that Pace makes of a shipment's address."""
    return _contact("ship_to", item.ship_to.business, item.ship_to.first_name, item.ship_to.last_name)


def _contact(kind: str, business: str, first: str, last: str) -> dict[str, Any]:
    names = {"business": business or None, "first_name": first or None, "last_name": last or None}
    return {"contact": Record(kind=kind, **names)}


def of_item(item: PresseroItem) -> Record:
    """The variable `item`."""
    return LazyRecord(
        {
            "seq": item.seq,
            "name": item.item_name or None,
            "quantity": item.quantity,
            "price": item.price,
            "notes": item.notes or None,
            "po": item.po_number or None,
            "ship_date": _day(item.requested_ship_date),
            "method": item.method_name or None,
        },
        item,
        _LATER,
    )


def _files(item: PresseroItem) -> list[Record]:
    return [Record(name=file.name, kind=file.kind or None, size=file.size) for file in item.files]


def _asked(attribute: str) -> Callable[[Any], Any]:
    """What reads an attribute; None for an empty text."""
    return lambda of: getattr(of, attribute) or None


# Made for the items and addresses for which a rule asks: orders of hundreds of items have hundreds of them.
_ADDRESS_LATER = {name: _asked(name) for name, _ in _ADDRESS}
_PRODUCT_LATER = {
    "name": _asked("product_name"),
    "id": _asked("product_id"),
    "part_number": _asked("part_number"),
    "client_part_number": _asked("client_part_number"),
    "integration_id": _asked("product_integration_id"),
}
_LATER: dict[str, Callable[[PresseroItem], Any]] = {
    "product": lambda item: LazyRecord({}, item, _PRODUCT_LATER),
    "ship_to": lambda item: _address(item.ship_to),
    "options": lambda item: LiquidNames(item.options),
    "form": lambda item: LiquidNames((*item.form, *item.checkout_form) if item.checkout_form else item.form),
    "attributes": lambda item: LiquidNames(item.attributes),
    "files": _files,
}


def value_of(variables: Variables, path: Sequence[str | int]) -> Any:
    """The value of a variable, None when the order does not have it."""
    found: Any = variables
    for segment in path:
        try:
            found = found[segment]
        except (KeyError, TypeError, IndexError):
            return None
    return found


def shown(value: Any) -> str:
    """A value as it stands in the list beside its variable."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return ", ".join(str(entry) for entry in value)
    return str(value)


def _address(address: Address) -> Record:
    return LazyRecord({}, address, _ADDRESS_LATER)


def _day(day: date | None) -> str | None:
    return None if day is None else day.isoformat()


def _moment(moment: datetime | None, zone: tzinfo | None) -> str | None:
    if moment is None:
        return None
    try:
        return moment.astimezone(zone).replace(tzinfo=None).isoformat(timespec="seconds")
    except OverflowError:
        return None
