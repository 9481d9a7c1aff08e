"""From Pressero's JSON to an Order: pure, and the same for a payload that was stored in between.

Which field means what is decided here and nowhere else. Prices are line totals before tax and shipping.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any
from urllib.parse import unquote, urlsplit

from automationhub.lib.texts import guid
from integrations.clients.pressero.options import item_options
from integrations.clients.pressero.rows import PresseroRow
from integrations.clients.schemas import Address, OrderFile, PresseroItem, PresseroOrder
from integrations.errors import PermanentError

Pairs = tuple[tuple[str, str], ...]

MOST_PAIRS = 20  # Pressero numbers form fields and attributes from 1 to 10
MAX_COUNT = 2**31 - 1  # Pace counts pieces in 32 bits


def parse_order(payload: Mapping[str, Any]) -> PresseroOrder:
    """The order in `{"details": …, "items": […]}` as `PresseroClient.order_payload` gives it.

    Numbers may be text. Raises PermanentError, naming order, item and field, for money that is no number, a date
    that is none, an unclear approval, and an order or item without its number.
    """
    raw_items = payload.get("items")
    items = raw_items if isinstance(raw_items, list) else []
    unnamed = [PresseroRow(payload.get("details"), "order"), *(PresseroRow(item, "order") for item in items)]
    number = next((found for row in unnamed if (found := row.whole("OrderNumber"))), None)
    if not number:
        raise PermanentError(
            "Pressero sent an order without its OrderNumber. Look the order up in Pressero.",
            field="OrderNumber",
        )
    details = PresseroRow(payload.get("details"), f"order {number}")
    rows = [PresseroRow(item, _name_of_item(number, item)) for item in items if isinstance(item, dict)]
    return _order(number, details, rows)


def _name_of_item(number: int, item: Any) -> str:
    return f"order {number}, item {PresseroRow(item, '').text('OrderItemNumber', 'OrderItemSeq') or '?'}"


def _order(number: int, details: PresseroRow, items: Sequence[PresseroRow]) -> PresseroOrder:
    """What the details leave out is taken from the first item that has it."""
    everywhere = [details, *items]
    return PresseroOrder(
        id=guid(_text(everywhere, "OrderId")) or details.guid("ID"),
        number=number,
        site_id=guid(_text(everywhere, "SiteId")),
        site_name=_text(everywhere, "SiteName"),
        placed_at=next((moment for row in everywhere if (moment := row.moment("OrderDate"))), None),
        requested_ship_date=details.day("ReqShipDate", "RequestedShipDate"),
        po_number=_text(everywhere, "PONumber"),
        notes=next((notes for row in everywhere if (notes := row.lines("Notes", "OrderNotes"))), ""),
        buyer_first_name=_text(everywhere, "OrderedByFirstName"),
        buyer_last_name=_text(everywhere, "OrderedByLastName"),
        buyer_email=_text(everywhere, "OrderedByEmail"),
        buyer_business=_text(everywhere, "BillToBusiness"),
        buyer_phone=_text(everywhere, "OrderedByPhone", "BillToPhone"),
        buyer_department=_text(everywhere, "OrderedByDepartment"),
        sales_rep_name=_sales_rep_name(everywhere),
        sales_rep_email=_text(everywhere, "SalesRepEmail"),
        is_paid=_is_paid(everywhere),
        bill_to=_address(next((row for row in everywhere if _has_address(row, "BillTo")), details), "BillTo"),
        subtotal=_money(everywhere, "OrderSubtotal"),
        shipping=_money(everywhere, "OrderShipping"),
        tax=_money(everywhere, "OrderTax"),
        discount=_money(everywhere, "OrderDiscount"),
        total=_money(everywhere, "OrderTotal"),
        items=tuple(_item(row, details) for row in items),
    )


def _item(row: PresseroRow, details: PresseroRow) -> PresseroItem:
    seq = row.whole("OrderItemNumber", "OrderItemSeq", largest=MAX_COUNT)
    if not seq:
        raise PermanentError(
            f"Pressero {row.where}: the item has no OrderItemNumber. Look the order up in Pressero.",
            field="OrderItemNumber",
        )
    product = row.row("Product")
    return PresseroItem(
        id=row.guid("OrderItemId"),
        seq=seq,
        product_id=product.guid("ProductId") or row.guid("ProductId"),
        product_name=product.text("ProductName") or row.text("ProductName"),
        # Never the item's own MisId or OrderItemMISID: those are our job number.
        product_integration_id=product.text("MisId") or row.text("ProductMisId", "ProductIntegrationId"),
        part_number=product.text("PrintersPartNum") or row.text("PrinterPartNumber"),
        item_name=row.text("ItemName"),
        quantity=_pieces(row),
        price=_price(row),
        shipping=row.money("Shipping"),
        tax=row.money("ItemTax"),
        discount=row.money("ItemDiscount", "Discount"),
        requested_ship_date=_item_ship_date(row),
        po_number=row.text("PONumber"),
        notes=row.lines("ItemNotes"),
        options=item_options(row.lines("PricingEngineInfo"), row.lines("OrderItemOptionsText")),
        form=_numbered(row, "ProductFormField", "ProductFormValue"),
        checkout_form=_checkout_form(row) or _checkout_form(details),
        attributes=_attributes(row, product),
        client_part_number=row.text("ClientPartNumber"),
        ship_to=_address(row, "ShipTo"),
        method_name=row.text("ShippingMethod"),
        method_id=row.guid("ShippingMethodId"),
        files=_files(row),
        is_kit=row.flag("IsKit"),
        parent_id=row.guid("ParentOrderItemId"),
        is_approved=row.flag("IsApproved") or row.flag("IsApprovedWithModifications"),
        is_denied=row.flag("IsDenied"),
        workflow_id=row.guid("WorkflowId"),
        stage_id=row.guid("WorkflowStageId"),
        stage_name=row.text("WorkflowStagePrinter"),
        mis_id=row.text("OrderItemMISID", "MisId"),
    )


def _numbered(row: PresseroRow, name: str, value: str) -> Pairs:
    """Pairs that Pressero numbers: `ProductFormField1` is filled with `ProductFormValue1`. Blank ones are left out."""
    pairs = ((row.text(f"{name}{n}"), row.lines(f"{value}{n}")) for n in range(1, MOST_PAIRS + 1))
    return tuple((label, text) for label, text in pairs if label and text)


def _checkout_form(row: PresseroRow) -> Pairs:
    return _numbered(row, "CheckoutFormField", "CheckoutFormValue")


def _attributes(row: PresseroRow, product: PresseroRow) -> Pairs:
    """The product's attributes: numbered like form fields, else those of its own list, which may know only ids."""
    listed = (
        (one.text("AttributeName", "Name", "AttributeId"), one.lines("AttributeValue", "Value"))
        for one in product.rows("Attributes")
    )
    numbered = _numbered(row, "ProductAttributeName", "ProductAttributeValue")
    return numbered or tuple((name, text) for name, text in listed if name and text)


def _sales_rep_name(rows: Sequence[PresseroRow]) -> str:
    parts = (_text(rows, "SalesRepFirstName"), _text(rows, "SalesRepLastName"))
    return _text(rows, "SalesRepName", "SalesRep") or " ".join(part for part in parts if part)


def _is_paid(rows: Sequence[PresseroRow]) -> bool | None:
    """Whether the order is paid; None when Pressero does not say so clearly: no order is stopped for it."""
    said = _text(rows, "IsPaid").lower()
    return {"yes": True, "true": True, "1": True, "no": False, "false": False, "0": False}.get(said)


def _price(row: PresseroRow) -> Decimal:
    """The line's total; a line without a price costs nothing."""
    price = row.money("Price")
    return Decimal(0) if price is None else price


def _pieces(row: PresseroRow) -> int:
    """TotalQuantity when it is over 0, else the ordered units times the pieces of a unit, which are at least 1."""
    total = row.whole("TotalQuantity", largest=MAX_COUNT)
    if total:
        return total
    units = row.whole("Quantity", largest=MAX_COUNT) or 0
    pieces = units * (row.whole("UOMQuantity", largest=MAX_COUNT) or 1)
    if pieces > MAX_COUNT:
        raise PermanentError(
            f"Pressero {row.where}: Quantity times UOMQuantity is {pieces:,}, more than any job can have. Correct it in "
            "Pressero and retry.",
            field="Quantity",
        )
    return pieces


def _item_ship_date(row: PresseroRow) -> date | None:
    return row.day("RequestedShipDate", "ReqShipDate")


def _files(row: PresseroRow) -> tuple[OrderFile, ...]:
    """Files with an address; one that is still being made has none yet and comes with a later reading."""
    found = []
    for file in row.rows("Files"):
        url = file.text("Url", "FileUrl")
        if url:
            name = file.text("FileName", "Name") or _name_in(url)
            found.append(OrderFile(name=name, url=url, kind=file.text("Kind"), size=_size(file)))
    return tuple(found)


def _name_in(url: str) -> str:
    try:
        path = urlsplit(url).path
    except ValueError:
        path = url.partition("?")[0]
    return unquote(path.rstrip("/").rpartition("/")[2])


def _size(file: PresseroRow) -> int | None:
    """Bytes; an unreadable size is left out, because no file may hold an order up."""
    try:
        return file.whole("Size", "FileSize")
    except PermanentError:
        return None


def _has_address(row: PresseroRow, prefix: str) -> bool:
    return any(row.has(f"{prefix}{part}") for part in ("Address1", "City", "Postal", "Business", "LastName"))


def _address(row: PresseroRow, prefix: str) -> Address:
    return Address(
        business=row.text(f"{prefix}Business"),
        first_name=row.text(f"{prefix}FirstName"),
        last_name=row.text(f"{prefix}LastName"),
        address1=row.text(f"{prefix}Address1"),
        address2=row.text(f"{prefix}Address2"),
        address3=row.text(f"{prefix}Address3"),
        city=row.text(f"{prefix}City"),
        state=row.text(f"{prefix}StateProvince", f"{prefix}State"),
        postal=row.text(f"{prefix}Postal", f"{prefix}PostalCode"),
        country=row.text(f"{prefix}Country"),
        phone=row.text(f"{prefix}Phone"),
        email=row.text(f"{prefix}Email"),
    )


def _text(rows: Sequence[PresseroRow], *names: str) -> str:
    return next((found for row in rows if (found := row.text(*names))), "")


def _money(rows: Sequence[PresseroRow], name: str) -> Decimal | None:
    """An order amount: from the details, else from the first item row that has it."""
    return next((found for row in rows if (found := row.money(name)) is not None), None)
