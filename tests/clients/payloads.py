"""An invented order in the shape of Pressero's answers."""

import copy
from typing import Any

from integrations.clients.http.jsontext import load_json

SITE = "05000000-0000-4000-8000-000000000042"

DETAILS = """
{"OrderId": "0a000000-0000-4000-8000-000000010234", "OrderNumber": 10234, "PrinterOrderId": null,
 "OrderDate": "2025-03-04T15:22:29Z", "ReqShipDate": "2025-03-14T00:00:00Z", "SiteId": "05000000-0000-4000-8000-000000000042",
 "PONumber": "PO-7781", "Notes": "Deliver to dock B", "IsPaid": false,
 "OrderSubtotal": 221.50, "OrderShipping": 24.80, "OrderTax": 18.27, "OrderDiscount": 0.0, "OrderTotal": 264.57,
 "OrderedByFirstName": "Avery", "OrderedByLastName": "Sample", "OrderedByEmail": "avery@example.com",
 "BillToFirstName": "Avery", "BillToLastName": "Sample", "BillToBusiness": "Example Credit Union",
 "BillToAddress1": "100 Main St", "BillToCity": "Springfield", "BilltoStateProvince": "IL", "BillToPostal": "62701",
 "BillToCountry": "US", "Items": [{"OrderItemId": "i1", "OrderItemNumber": 1}, {"OrderItemId": "i2", "OrderItemNumber": 2}]}
"""

ITEMS = """
[{"OrderId": "0a000000-0000-4000-8000-000000010234", "OrderNumber": 10234,
  "OrderItemId": "i1", "OrderItemNumber": 1, "OrderItemSeq": 1, "RequestedShipDate": "2025-03-14T00:00:00Z",
  "Product": {"ProductId": "p11", "ProductName": "Business Card", "MisId": "BC-4/4-14PT", "PrintersPartNum": "BC14"},
  "ProductName": "Business Card", "ItemName": "Avery Sample card", "OrderItemOptionsText": "Paper: 14pt Uncoated; Sides: 2",
  "Quantity": 2, "UOMQuantity": 250, "TotalQuantity": 500, "Price": 96.50, "Shipping": 12.40, "ItemTax": 7.96,
  "PricingEngineInfo": "<PricingParms><Options><Option><Key>UOMQty</Key><Value>250</Value></Option><Option><Key>Paper</Key><Value>14pt Uncoated</Value></Option></Options></PricingParms>",
  "SiteId": "05000000-0000-4000-8000-000000000042", "SiteName": "Example CU Store", "PONumber": "PO-7781",
  "ShippingMethodId": "m3", "ShippingMethod": "Ground", "ShipToFirstName": "Jordan", "ShipToLastName": "Branch",
  "ShipToBusiness": "Example CU North", "ShipToAddress1": "22 North Ave", "ShipToAddress2": "", "ShipToCity": "Peoria",
  "ShiptoStateProvince": "IL", "ShipToPostal": "61602", "ShipToCountry": "US", "ShipToPhone": "555-0100",
  "ItemNotes": "Rush if possible", "WorkflowId": "w1", "WorkflowStageId": "s5", "WorkflowStagePrinter": "Order Received",
  "IsApproved": true, "IsDenied": false, "IsApprovedWithModifications": false,
  "MisId": null, "OrderItemMISID": null, "PrinterPartNumber": "BC14",
  "Files": [{"FileName": "card.pdf", "Url": "https://files.example.com/card.pdf", "Kind": "gen", "Size": 120345}]},
 {"OrderId": "0a000000-0000-4000-8000-000000010234", "OrderNumber": 10234, "OrderItemId": "i2", "OrderItemNumber": 2,
  "Product": {"ProductId": "p12", "ProductName": "A4 Brochure", "MisId": "BRO-A4-TRI"}, "Quantity": 1, "UOMQuantity": 1000,
  "Price": 125.00, "IsApproved": true, "IsDenied": false}]
"""


def payload(
    details: dict[str, Any] | None = None, item: dict[str, Any] | None = None, *, drop: tuple[str, ...] = ()
) -> dict[str, Any]:
    """The order, with fields of the details or of item 1 changed, or dropped everywhere."""
    order = {"details": load_json(DETAILS), "items": load_json(ITEMS)}
    order["details"].update(details or {})
    order["items"][0].update(item or {})
    for row in (order["details"], *order["items"]):
        for name in drop:
            row.pop(name, None)
    return order


def with_keys(data: Any, change: Any) -> Any:
    """The same data with every key spelt differently."""
    if isinstance(data, dict):
        return {change(key): with_keys(value, change) for key, value in data.items()}
    if isinstance(data, list):
        return [with_keys(value, change) for value in data]
    return copy.copy(data)
