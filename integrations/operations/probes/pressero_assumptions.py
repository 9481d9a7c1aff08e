"""What the hub relies on in Pressero's answers, as data. `docs/pressero.md` has a line for each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from integrations.operations.probes.report import Assumption

ORDERS: Final = "Orders and items"
LISTS: Final = "Sites, workflows and lists"


@dataclass(frozen=True)
class Keys:
    """Keys that one line needs: of each group, at least one of the alternatives, in what kind of answer."""

    where: str
    groups: tuple[tuple[str, ...], ...]


ASSUMPTIONS: Final = (
    Assumption("login", "The login gives a token.", LISTS, "high"),
    Assumption("search", "A search lists orders with their numbers and sites.", LISTS, "high"),
    Assumption("search_total", "A search says how many orders there are.", LISTS, "high", relied_on=False),
    Assumption("site", "A site tells its ID and name.", LISTS, "medium"),
    Assumption("site_integration_id", "A site tells its Integration ID.", LISTS, "medium", relied_on=False),
    Assumption("workflows", "Workflows and their stages can be listed.", LISTS, "medium"),
    Assumption("shipping_methods", "Shipping methods can be listed.", LISTS, "high"),
    Assumption("order_read", "An order is read with its details and items.", ORDERS, "high"),
    Assumption("order_understood", "Every value of the order can be understood.", ORDERS, "high"),
    Assumption("order_numbers", "An order has a number, an ID and a site.", ORDERS, "medium"),
    Assumption("order_amounts", "An order has its total, shipping and tax.", ORDERS, "medium"),
    Assumption("buyer", "An order names its buyer with an email.", ORDERS, "medium"),
    Assumption("item_numbers", "Items have a number and an ID.", ORDERS, "high"),
    Assumption("quantities", "Items have a quantity.", ORDERS, "high"),
    Assumption("prices", "Items have a price.", ORDERS, "medium"),
    Assumption("approvals", "Items say whether they are approved or denied.", ORDERS, "high"),
    Assumption("products", "Items name their product.", ORDERS, "high"),
    Assumption("integration_ids", "Products tell their Integration Id.", ORDERS, "medium", relied_on=False),
    Assumption("ship_to", "Items carry the address they go to.", ORDERS, "high"),
    Assumption("methods", "Items name their shipping method.", ORDERS, "high"),
    Assumption("stages", "Items name their workflow and stage.", ORDERS, "high"),
    Assumption("ship_dates", "Items or orders have a requested ship date.", ORDERS, "high", relied_on=False),
    Assumption("options", "Items tell their pricing options.", ORDERS, "high", relied_on=False),
    Assumption("files", "Items list their files.", ORDERS, "unknown", relied_on=False),
    Assumption("kits", "Kits and their components can be distinguished.", ORDERS, "unknown", relied_on=False),
)

ADDRESS: Final = (
    ("ShipToAddress1",),
    ("ShipToCity",),
    ("ShipToStateProvince", "ShipToState"),
    ("ShipToPostal", "ShipToPostalCode"),
    ("ShipToCountry",),
)
KEYS: Final = {
    "search": Keys("search row", (("OrderNumber",), ("SiteId",))),
    "search_total": Keys("search", (("TotalItems",),)),
    "site": Keys("site", (("SiteId",), ("SiteName",))),
    "site_integration_id": Keys("site", (("MisId", "SiteStore.MisId"),)),
    "order_numbers": Keys("order", (("OrderNumber",), ("OrderId", "ID"), ("SiteId",))),
    "order_amounts": Keys("order", (("OrderTotal",), ("OrderShipping",), ("OrderTax",))),
    "buyer": Keys("order", (("OrderedByEmail",), ("OrderedByFirstName",), ("OrderedByLastName",))),
    "item_numbers": Keys("item", (("OrderItemNumber", "OrderItemSeq"), ("OrderItemId",))),
    "quantities": Keys("item", (("TotalQuantity", "Quantity"),)),
    "prices": Keys("item", (("Price",),)),
    "approvals": Keys("item", (("IsApproved",), ("IsDenied",))),
    "products": Keys("item", (("Product.ProductId", "ProductId"), ("Product.ProductName", "ProductName"))),
    "integration_ids": Keys("item", (("Product.MisId", "ProductMisId", "ProductIntegrationId"),)),
    "ship_to": Keys("item", ADDRESS),
    "methods": Keys("item", (("ShippingMethod", "ShippingMethodId"),)),
    "stages": Keys("item", (("WorkflowId",), ("WorkflowStageId",))),
    "ship_dates": Keys("item", (("RequestedShipDate", "ReqShipDate"),)),
    "options": Keys("item", (("PricingEngineInfo", "OrderItemOptionsText"),)),
    "files": Keys("item", (("Files",),)),
    "kits": Keys("item", (("IsKit",), ("ParentOrderItemId",))),
}
"""The keys that a line stands for. What an order says may stand in its details or on any of its items."""

READ_TOO: Final = frozenset(
    [
        "ordernumber",
        "orderid",
        "id",
        "siteid",
        "sitename",
        "orderdate",
        "reqshipdate",
        "requestedshipdate",
        "ponumber",
        "notes",
        "ordernotes",
        "orderedbyfirstname",
        "orderedbylastname",
        "orderedbyemail",
        "orderedbyphone",
        "billtophone",
        "ordersubtotal",
        "ordershipping",
        "ordertax",
        "orderdiscount",
        "ordertotal",
        "items",
        "orderitemid",
        "orderitemnumber",
        "orderitemseq",
        "productname",
        "productid",
        "product.productid",
        "product.productname",
        "product.misid",
        "product.printerspartnum",
        "printerpartnumber",
        "itemname",
        "quantity",
        "uomquantity",
        "totalquantity",
        "price",
        "shipping",
        "itemtax",
        "itemdiscount",
        "discount",
        "itemnotes",
        "pricingengineinfo",
        "orderitemoptionstext",
        "shippingmethod",
        "shippingmethodid",
        "files",
        "iskit",
        "parentorderitemid",
        "isapproved",
        "isdenied",
        "isapprovedwithmodifications",
        "workflowid",
        "workflowstageid",
        "workflowstageprinter",
        "orderitemmisid",
        "misid",
        "product",
        "totalitems",
        "pagenumber",
        "pagesize",
        "url",
        "primarydomain",
        "isactive",
        "sitestore",
        "sitestore.misid",
    ]
)
"""Keys that the hub reads wherever they stand, in lower case; those of addresses begin with ShipTo or BillTo."""
