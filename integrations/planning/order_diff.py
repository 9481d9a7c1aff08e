"""What changed in Pressero since an order's jobs were made: field by field, in the words staff know. Pure.

Production files and stages are left out: files are added to the jobs automatically (docs/mapping.md §7), stages are
written by the hub.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields
from decimal import Decimal

from integrations.clients.schemas import Address, PresseroItem, PresseroOrder

# Attribute of the order or item -> what staff call it.
_ORDER_FIELDS = {
    "po_number": "PO number",
    "requested_ship_date": "requested ship date",
    "notes": "order notes",
    "buyer_first_name": "buyer's first name",
    "buyer_last_name": "buyer's last name",
    "buyer_email": "buyer's email",
    "buyer_department": "buyer's department",
    "subtotal": "subtotal",
    "shipping": "shipping cost",
    "tax": "tax",
    "discount": "discount",
    "total": "total",
}
_ITEM_FIELDS = {
    "product_name": "product",
    "item_name": "item name",
    "quantity": "quantity",
    "price": "price",
    "shipping": "shipping cost",
    "tax": "tax",
    "discount": "discount",
    "requested_ship_date": "requested ship date",
    "po_number": "PO number",
    "notes": "notes",
    "options": "options",
    "form": "form fields",
    "checkout_form": "checkout form fields",
    "attributes": "attributes",
    "method_name": "shipping method",
}


@dataclass(frozen=True)
class OrderChangeFound:
    """One difference between the order as sent and as it is now. `item` None: of the order itself."""

    item: int | None
    field: str
    before: str
    after: str

    @property
    def sentence(self) -> str:
        where = f"item {self.item}, " if self.item is not None else ""
        return f"{where}{self.field}: {self.before or 'empty'} → {self.after or 'empty'}"


def compare_orders(then: PresseroOrder, now: PresseroOrder) -> tuple[OrderChangeFound, ...]:
    """All differences that concern what was sent, in a fixed order. Empty when nothing of that kind changed."""
    return (*_compare(None, then, now, _ORDER_FIELDS), *_items(then, now))


def _items(then: PresseroOrder, now: PresseroOrder) -> Iterator[OrderChangeFound]:
    before = {item.seq: item for item in then.items}
    after = {item.seq: item for item in now.items}
    for seq in sorted(before.keys() | after.keys()):
        old, new = before.get(seq), after.get(seq)
        if old is None and new is not None:
            yield OrderChangeFound(
                seq, "item", "", f"added: {new.product_name or 'without a name'}, quantity {new.quantity}"
            )
        elif new is None and old is not None:
            yield OrderChangeFound(seq, "item", old.product_name or "without a name", "removed")
        elif old is not None and new is not None:
            yield from _item(seq, old, new)


def _item(seq: int, old: PresseroItem, new: PresseroItem) -> Iterator[OrderChangeFound]:
    if old.is_denied != new.is_denied:
        words = {True: "denied", False: "not denied"}
        yield OrderChangeFound(seq, "approval", words[old.is_denied], words[new.is_denied])
    if old.is_denied and new.is_denied:
        return  # it was never sent, so what else changes in it concerns nobody
    yield from _compare(seq, old, new, _ITEM_FIELDS)
    for segment in fields(Address):
        before, after = getattr(old.ship_to, segment.name), getattr(new.ship_to, segment.name)
        if before != after:
            yield OrderChangeFound(seq, f"ship-to {segment.name.replace('_', ' ')}", before, after)


def _compare(
    seq: int | None,
    old: PresseroOrder | PresseroItem,
    new: PresseroOrder | PresseroItem,
    names: dict[str, str],
) -> Iterator[OrderChangeFound]:
    for name, label in names.items():
        before, after = _shown(getattr(old, name)), _shown(getattr(new, name))
        if before != after:
            yield OrderChangeFound(seq, label, before, after)


def _shown(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, Decimal):
        return f"{value:.2f}"
    if isinstance(value, tuple):
        return "; ".join(f"{key}: {text}" for key, text in value)
    return str(value)
