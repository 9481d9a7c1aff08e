"""From a draft to an order: looks everything up in the catalog and fills in what the draft left open."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from urllib.parse import quote

from .builders import Amount, BadDraft, Buyer, FileDraft, ItemDraft, OrderDraft, money
from .catalog import (
    FIRST_STAGE,
    Catalog,
    SandboxAddress,
    SandboxShippingMethod,
    SandboxSite,
    UnknownThing,
    User,
)
from .ids import guid
from .records import SandboxOrder, SandboxOrderItem, StatusChange, StoredFile

FILE_HOST = "https://files.example.com"


def build_order(draft: OrderDraft, number: int, catalog: Catalog, now: datetime) -> SandboxOrder:
    """The complete order that a draft describes. A buyer who is new to the site is registered on the way."""
    if not draft.items:
        raise BadDraft("An order needs at least one item.")
    site = catalog.site(draft.site)
    buyer = _buyer(draft.buyer, site, catalog)
    placed = _aware(draft.order_date or now)
    order = SandboxOrder(
        number=number,
        order_id=guid("order", number),
        site=site,
        buyer=buyer,
        bill_to=draft.bill_to or buyer.address,
        order_date=placed,
        requested_ship_date=draft.requested_ship_date,
        po_number=draft.po_number,
        notes=draft.notes,
        discount=money(draft.discount),
        items=[],
        is_paid=draft.is_paid,
        checkout_fields=_texts("checkout_fields", draft.checkout_fields),
        sales_rep=draft.sales_rep,
        sales_rep_email=draft.sales_rep_email,
        given_totals=_given_totals(draft),
    )
    for item in draft.items:
        _add_item(order, item, catalog, None)
    if isinstance(draft.buyer, Buyer):
        catalog.add_user(buyer)
    return order


def apply_changes(order: SandboxOrder, item: SandboxOrderItem, changes: dict[str, Any]) -> None:
    """Change an item as an approver or the staff do, all or nothing. Names are those of an ItemDraft."""
    changed = replace(item)
    for key, value in changes.items():
        if key in ("item_name", "notes", "pricing_xml", "requested_ship_date", "job_number", "ship_to"):
            setattr(changed, key, value)
        elif key in ("quantity", "uom"):
            setattr(changed, key, _count(key, value))
            changed.total_quantity = None
        elif key in ("price", "shipping", "tax"):
            setattr(changed, key, _amount(value))
        elif key in ("options", "form_fields"):
            setattr(changed, key, _texts(key, value))
        elif key == "files":
            changed.files = []
            append_files(order, changed, value)
        elif key == "method":
            changed.method, changed.method_name = _method(order.site, value)
        elif key == "product":
            changed.product = order.site.product(value)
        elif key != "total_quantity":
            raise BadDraft(f"{key} of a placed item cannot be changed.")
    if changes.get("total_quantity") is not None:
        changed.total_quantity = _count("total_quantity", changes["total_quantity"])
    vars(item).update(vars(changed))


def apply_order_changes(order: SandboxOrder, changes: dict[str, Any]) -> None:
    """Change the head of an order as staff do, all or nothing. Names are those of an OrderDraft."""
    changed = replace(order, given_totals=dict(order.given_totals))
    for key, value in changes.items():
        if key in ("po_number", "notes", "requested_ship_date", "bill_to"):
            setattr(changed, key, value)
        elif key == "checkout_fields":
            changed.checkout_fields = _texts(key, value)
        elif key == "discount":
            changed.discount = money(value)
        elif key in ("subtotal", "shipping", "tax", "total"):
            changed.given_totals[key] = money(value)
        else:
            raise BadDraft(f"{key} of a placed order cannot be changed.")
    vars(order).update(vars(changed))


def append_files(
    order: SandboxOrder, item: SandboxOrderItem, files: Iterable[FileDraft | str], *, kind: str = "upload"
) -> None:
    """Add files to an item; a bare name gets the kind that is usual for the occasion."""
    for given in files:
        draft = FileDraft(given, kind=kind) if isinstance(given, str) else given
        url = draft.url or f"{FILE_HOST}/{order.number}/{item.seq}/{quote(draft.name)}"
        item.files.append(StoredFile(draft.name, url, draft.kind, draft.size))


def _add_item(
    order: SandboxOrder, draft: ItemDraft, catalog: Catalog, parent: SandboxOrderItem | None
) -> None:
    product = order.site.product(draft.product)
    seq = len(order.items) + 1
    stage = catalog.workflow(product.workflow_id).stage(FIRST_STAGE)
    waits = draft.needs_approval or (parent is not None and parent.is_pending)
    if draft.method is None and parent is not None:
        method, method_name = parent.method, parent.method_name
    else:
        method, method_name = _method(order.site, draft.method)
    item = SandboxOrderItem(
        item_id=guid("item", order.number, seq),
        seq=seq,
        product=product,
        item_name=draft.item_name,
        quantity=_count("quantity", draft.quantity),
        uom=product.uom_quantity if draft.uom is None else _count("uom", draft.uom),
        total_quantity=draft.total_quantity,
        price=_amount(draft.price),
        shipping=_amount(draft.shipping),
        tax=_amount(draft.tax),
        ship_to=draft.ship_to or (parent.ship_to if parent else order.buyer.address),
        method=method,
        method_name=method_name,
        stage=stage,
        stage_date=order.order_date,
        notes=draft.notes,
        requested_ship_date=draft.requested_ship_date or order.requested_ship_date,
        options=_texts("options", draft.options),
        pricing_xml=draft.pricing_xml,
        form_fields=_texts("form_fields", draft.form_fields),
        is_approved=not waits,
        approved_date=None if waits else order.order_date,
        is_kit=draft.is_kit or bool(draft.children),
        parent_seq=parent.seq if parent else None,
        job_number=draft.job_number,
        history=[StatusChange(stage, order.order_date)],
    )
    append_files(order, item, draft.files)
    order.items.append(item)
    for child in draft.children:
        _add_item(order, child, catalog, item)


def _buyer(buyer: str | Buyer, site: SandboxSite, catalog: Catalog) -> User:
    if isinstance(buyer, str):
        return catalog.user(site, buyer)
    return new_user(site, buyer)


def new_user(site: SandboxSite, buyer: Buyer) -> User:
    """The user that a person becomes when the site registers them."""
    address = buyer.address or SandboxAddress(business=buyer.business, first_name=buyer.first_name)
    address = replace(
        address,
        business=address.business or buyer.business,
        first_name=address.first_name or buyer.first_name,
        last_name=address.last_name or buyer.last_name,
    )
    return User(
        user_id=guid("user", site.site_id, buyer.email.lower() or f"{buyer.first_name} {buyer.last_name}"),
        site_id=site.site_id,
        first_name=buyer.first_name,
        last_name=buyer.last_name,
        email=buyer.email,
        department=buyer.department,
        address=address,
    )


def _method(site: SandboxSite, ref: str | None) -> tuple[SandboxShippingMethod | None, str]:
    """The method of an item and its name; a name the site does not know is kept, as an old order may have one."""
    if ref is None:
        first = site.methods[0] if site.methods else None
        return first, first.name if first else ""
    try:
        method = site.method(ref)
    except UnknownThing:
        return None, ref
    return method, method.name


def _given_totals(draft: OrderDraft) -> dict[str, Decimal]:
    given = {
        "subtotal": draft.subtotal,
        "shipping": draft.shipping,
        "tax": draft.tax,
        "total": draft.total,
    }
    return {name: money(amount) for name, amount in given.items() if amount is not None}


def _amount(value: Amount | None) -> Decimal | None:
    return None if value is None else money(value)


def _count(name: str, value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise BadDraft(f"{name} is a whole number from 0.")
    return value


def _texts(name: str, value: Any) -> dict[str, str]:
    if not isinstance(value, Mapping):
        raise BadDraft(f"{name} are pairs of name and value.")
    return {str(key): str(entry) for key, entry in value.items()}


def _aware(moment: datetime) -> datetime:
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def ship_date_text(day: date | None) -> str | None:
    """A requested ship date as Pressero writes it: midnight, marked as UTC, meant as the plain day."""
    return None if day is None else f"{day.isoformat()}T00:00:00Z"
