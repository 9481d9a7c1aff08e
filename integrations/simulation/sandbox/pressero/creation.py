"""`POST V2/Orders/Create`: the body of that call as an order draft."""

from typing import Any

from .builders import ItemDraft, OrderDraft
from .catalog import Catalog, SandboxAddress, SandboxSite
from .errors import bad_request
from .incoming import amount, day, folded, text

Body = dict[str, Any]


def draft_from_create(body: Body, catalog: Catalog) -> OrderDraft:
    """The draft for a Create body (keys already in lower case)."""
    for key in ("siteId", "userId"):
        if not text(body, key):
            raise bad_request(f"{key} is required.")
    site = catalog.site(text(body, "siteId"))
    user = catalog.user(site, text(body, "userId"))
    items = body.get("items")
    if not isinstance(items, list) or not items or not all(isinstance(item, dict) for item in items):
        raise bad_request("items is a list of at least one item.")
    options = body.get("processingoptions")
    options = folded(options) if isinstance(options, dict) else {}
    approvals = site.approvals and options.get("needtoapplyapprovals") is True
    lines = [folded(item) for item in items]
    return OrderDraft(
        site=site.site_id,
        buyer=user.email,
        items=[_item(line, site, approvals) for line in lines],
        po_number=text(body, "poNumber"),
        requested_ship_date=day(body.get("requestedshipdate"), "requestedShipDate"),
        discount=sum((amount(line.get("discount") or 0, "discount") for line in lines), amount("0.00", "")),
        notes=text(body, "notes"),
        bill_to=_address(body, "billTo"),
        is_paid=body.get("ispaid") is True,
    )


def _item(line: Body, site: SandboxSite, needs_approval: bool) -> ItemDraft:
    if not text(line, "productId"):
        raise bad_request("An item needs a productId.")
    product = site.product(text(line, "productId"))
    quantity = line.get("quantity")
    if isinstance(quantity, bool) or not isinstance(quantity, int) or quantity < 1:
        raise bad_request("An item needs a quantity, a whole number from 1.")
    attributes = line.get("attributes") or []
    if not isinstance(attributes, list) or not all(isinstance(entry, dict) for entry in attributes):
        raise bad_request("attributes is a list of objects.")
    pairs = [folded(entry) for entry in attributes]
    return ItemDraft(
        product=product.product_id,
        quantity=quantity,
        price=amount(line.get("price") or 0, "price"),
        shipping=amount(line.get("shipping") or 0, "shipping"),
        tax=amount(line.get("tax") or 0, "tax"),
        ship_to=_address(line, "shipTo"),
        method=text(line, "shipMethodName") or None,
        notes=text(line, "itemNotes"),
        item_name=text(line, "itemName"),
        needs_approval=needs_approval,
        is_kit=product.is_kit,
        options={text(pair, "attributeName"): text(pair, "attributeValue") for pair in pairs},
        job_number=text(line, "jobNumber") or None,
    )


def _address(body: Body, prefix: str) -> SandboxAddress | None:
    """The address whose keys start with `billTo` or `shipTo`; None when none of them is filled."""
    address = SandboxAddress(
        business=text(body, f"{prefix}BusinessName"),
        first_name=text(body, f"{prefix}FirstName"),
        last_name=text(body, f"{prefix}LastName"),
        address1=text(body, f"{prefix}Address1"),
        address2=text(body, f"{prefix}Address2"),
        address3=text(body, f"{prefix}Address3"),
        city=text(body, f"{prefix}City"),
        state=text(body, f"{prefix}State"),
        postal=text(body, f"{prefix}Postal"),
        country=text(body, f"{prefix}Country"),
        phone=text(body, f"{prefix}Phone"),
        email=text(body, f"{prefix}Email"),
    )
    return None if address == SandboxAddress(country="") else address
