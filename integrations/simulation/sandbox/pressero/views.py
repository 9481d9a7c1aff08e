"""The JSON that Pressero's API answers with: order details, items, search rows, history, shipments."""

from datetime import UTC, datetime
from typing import Any
from xml.sax.saxutils import escape

from .catalog import SandboxAddress, SandboxProduct
from .ids import guid
from .placing import ship_date_text
from .records import SandboxOrder, SandboxOrderItem, SandboxShipment

Json = dict[str, Any]


def utc_text(moment: datetime | None) -> str | None:
    """A date-time as Pressero writes it: ISO 8601 in UTC, with a Z."""
    if moment is None:
        return None
    text = moment.astimezone(UTC).isoformat(timespec="milliseconds" if moment.microsecond else "seconds")
    return text.replace("+00:00", "Z")


def order_details(order: SandboxOrder) -> Json:
    """`GET V2/Orders/{n}/Details`: the order with its money; of its items only the ids."""
    return {
        "OrderId": order.order_id,
        "OrderNumber": order.number,
        "PrinterOrderId": None,
        "OrderDate": utc_text(order.order_date),
        "ReqShipDate": ship_date_text(order.requested_ship_date),
        "SiteId": order.site.site_id,
        "PONumber": order.po_number,
        "Notes": order.notes,
        "IsPaid": order.is_paid,
        **_order_money(order),
        **_buyer(order),
        **_bill_to(order.bill_to),
        "Items": [{"OrderItemId": item.item_id, "OrderItemNumber": item.seq} for item in order.items],
    }


def item_json(order: SandboxOrder, item: SandboxOrderItem) -> Json:
    """One element of `GET V2/Orders/{n}/Items`."""
    return {
        **_item_head(order, item),
        "Product": _product_of_item(item),
        **_item_body(order, item),
        **_buyer(order),
        "BillToBusiness": order.bill_to.business,
        "Files": [
            {"FileName": file.name, "Url": file.url, "Kind": file.kind, "Size": file.size}
            for file in item.files
        ],
        **_numbered("ProductAttributeName", "ProductAttributeValue", dict(item.product.attributes)),
        "IsKit": item.is_kit,
        "ParentOrderItemId": _parent_id(order, item),
    }


def search_row(order: SandboxOrder, item: SandboxOrderItem) -> Json:
    """One row of `POST V2/Orders/Search`: an item with everything flat, money of the order repeated."""
    sent = item.shipments[-1] if item.shipments else None
    return {
        **_item_head(order, item),
        **_item_body(order, item),
        **_numbered("ProductAttributeName", "ProductAttributeValue", dict(item.product.attributes)),
        **_order_money(order),
        **_buyer(order),
        **_bill_to(order.bill_to),
        "Domain": order.site.url,
        "IsKit": item.is_kit,
        "ParentOrderItemId": _parent_id(order, item),
        "ShipmentDate": sent.ship_date if sent else None,
        "ShipmentTracking": sent.tracking if sent else None,
        "ShipmentCost": sent.cost if sent else None,
    }


def status_history(item: SandboxOrderItem) -> list[Json]:
    """`GET …/Item/{i}/Status`: every stage the item was set to, oldest first."""
    return [
        {
            "WorkflowId": change.stage.workflow_id,
            "WorkflowStageId": change.stage.stage_id,
            "WorkflowStageDate": utc_text(change.at),
            "WorkflowStageNumber": change.stage.seq,
            "WorkflowStagePrinter": change.stage.printer_stage,
            "WorkflowStageCustomer": change.stage.customer_stage,
            "Notes": change.note,
        }
        for change in item.history
    ]


def shipment_json(order: SandboxOrder, shipment: SandboxShipment) -> Json:
    """One element of `GET …/Item/{i}/Shipments`."""
    return {
        "ShipmentId": shipment.shipment_id,
        "OrderId": order.order_id,
        "OrderItemId": shipment.item_id,
        "ShipDate": shipment.ship_date,
        "ShipMethod": shipment.method,
        "ShipTracking": shipment.tracking,
        "ShipCost": shipment.cost,
        "IntegrationID": None,
    }


def order_view(order: SandboxOrder) -> Json:
    """Everything about an order in one object: for people, tests and the control calls, not Pressero's shape."""
    items = [
        item_json(order, item)
        | {
            "StatusHistory": status_history(item),
            "Shipments": [shipment_json(order, shipment) for shipment in item.shipments],
        }
        for item in order.items
    ]
    return order_details(order) | {"SiteName": order.site.name, "Items": items}


def pricing_xml(item: SandboxOrderItem) -> str:
    """The `PricingEngineInfo` of an item: its options, and the pieces per unit, as XML text."""
    if item.pricing_xml is not None:
        return item.pricing_xml
    options = dict(item.options)
    if item.uom > 1:
        options = {"UOMQty": str(item.uom), **options}
    entries = "".join(
        f"<Option><Key>{escape(key)}</Key><Value>{escape(value)}</Value></Option>"
        for key, value in options.items()
    )
    return f"<PricingParms><Options>{entries}</Options></PricingParms>"


def _item_head(order: SandboxOrder, item: SandboxOrderItem) -> Json:
    return {
        "OrderId": order.order_id,
        "OrderNumber": order.number,
        "OrderItemId": item.item_id,
        "OrderItemNumber": item.seq,
        "OrderItemSeq": item.seq,
        "OrderDate": utc_text(order.order_date),
        "ApprovedDate": utc_text(item.approved_date),
        "RequestedShipDate": ship_date_text(item.requested_ship_date),
    }


def _item_body(order: SandboxOrder, item: SandboxOrderItem) -> Json:
    return {
        "ProductName": item.product.name,
        "ItemName": item.item_name,
        "OrderItemOptionsText": "; ".join(f"{key}: {value}" for key, value in item.options.items()),
        "Quantity": item.quantity,
        "UOMQuantity": item.uom,
        "TotalQuantity": item.pieces,
        "Price": item.price,
        "Shipping": item.shipping,
        "ItemTax": item.tax,
        "PricingEngineInfo": pricing_xml(item),
        "SiteId": order.site.site_id,
        "SiteName": order.site.name,
        "PONumber": order.po_number,
        "ShippingMethodId": item.method.method_id if item.method else None,
        "ShippingMethod": item.method_name,
        **_ship_to(item.ship_to),
        "ItemNotes": item.notes,
        **_numbered("ProductFormField", "ProductFormValue", item.form_fields),
        **_numbered("CheckoutFormField", "CheckoutFormValue", order.checkout_fields),
        "WorkflowId": item.stage.workflow_id,
        "WorkflowStageId": item.stage.stage_id,
        "WorkflowStagePrinter": item.stage.printer_stage,
        "WorkflowStageCustomer": item.stage.customer_stage,
        "WorkflowStageNumber": item.stage.seq,
        "WorkflowStageDate": utc_text(item.stage_date),
        "IsPaid": order.is_paid,
        "IsApproved": item.is_approved,
        "IsDenied": item.is_denied,
        "IsApprovedWithModifications": item.approved_with_modifications,
        "JobId": item.job_id,
        "JobNumber": item.job_number,
        "MisId": None,  # what is written as MisId reads back as OrderItemMISID
        "OrderItemMISID": item.mis_id,
        "PrinterPartNumber": item.product.part_number,
        "ClientPartNumber": item.product.public_part_number,
    }


def _numbered(name: str, value: str, pairs: dict[str, str]) -> Json:
    """Pairs as Pressero spreads them over numbered keys, ten at most."""
    found: Json = {}
    for index, (label, text) in enumerate(list(pairs.items())[:10], start=1):
        found |= {f"{name}{index}": label, f"{value}{index}": text}
    return found


def _product_of_item(item: SandboxOrderItem) -> Json:
    product = item.product
    return {
        "ProductId": product.product_id,
        "ProductName": product.name,
        "MisId": product.mis_id,
        "PrintersPartNum": product.part_number,
        "Attributes": attributes(product),
    }


def attributes(product: SandboxProduct) -> list[Json]:
    """The attributes of a product, with an id for each name."""
    return [
        {"AttributeId": guid("attribute", name), "AttributeValue": value}
        for name, value in product.attributes
    ]


def _parent_id(order: SandboxOrder, item: SandboxOrderItem) -> str | None:
    parent = order.item(item.parent_seq) if item.parent_seq is not None else None
    return parent.item_id if parent else None


def _order_money(order: SandboxOrder) -> Json:
    return {
        "OrderSubtotal": order.subtotal,
        "OrderShipping": order.shipping,
        "OrderTax": order.tax,
        "OrderDiscount": order.discount,
        "OrderTotal": order.total,
    }


def _buyer(order: SandboxOrder) -> Json:
    return {
        "OrderedByFirstName": order.buyer.first_name,
        "OrderedByLastName": order.buyer.last_name,
        "OrderedByEmail": order.buyer.email,
        "OrderedByDepartment": order.buyer.department,
        "SalesRepName": order.sales_rep,
        "SalesRepEmail": order.sales_rep_email,
    }


def _bill_to(address: SandboxAddress) -> Json:
    return {
        "BillToFirstName": address.first_name,
        "BillToLastName": address.last_name,
        "BillToBusiness": address.business,
        "BillToAddress1": address.address1,
        "BillToAddress2": address.address2,
        "BillToAddress3": address.address3,
        "BillToCity": address.city,
        "BilltoStateProvince": address.state,
        "BillToPostal": address.postal,
        "BillToCountry": address.country,
        "BillToPhone": address.phone,
        "BillToEmail": address.email,
    }


def _ship_to(address: SandboxAddress) -> Json:
    return {
        "ShipToFirstName": address.first_name,
        "ShipToLastName": address.last_name,
        "ShipToBusiness": address.business,
        "ShipToAddress1": address.address1,
        "ShipToAddress2": address.address2,
        "ShipToAddress3": address.address3,
        "ShipToCity": address.city,
        "ShiptoStateProvince": address.state,
        "ShipToPostal": address.postal,
        "ShipToCountry": address.country,
        "ShipToPhone": address.phone,
        "ShipToEmail": address.email,
    }
