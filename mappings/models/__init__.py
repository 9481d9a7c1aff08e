"""The rows staff keep: product, shipment method, shipment address and status mappings, holidays, field rules and value tables."""

from mappings.changes import MappingChange
from mappings.models.base import MappingRow
from mappings.models.field_rules import FieldRule, RuleMode, RuleObject
from mappings.models.holidays import Holiday
from mappings.models.import_uploads import ImportUpload
from mappings.models.products import ProductMapping, ProductMatch
from mappings.models.shipment_addresses import ShipmentAddressMapping
from mappings.models.shipment_methods import ShipmentMethodMapping
from mappings.models.shipping import ShippingRow
from mappings.models.statuses import StatusLevel, StatusMapping
from mappings.models.value_tables import TableValue, stored_tables

__all__ = [
    "FieldRule",
    "Holiday",
    "ImportUpload",
    "MappingChange",
    "MappingRow",
    "ProductMapping",
    "ProductMatch",
    "RuleMode",
    "RuleObject",
    "ShipmentAddressMapping",
    "ShipmentMethodMapping",
    "ShippingRow",
    "StatusLevel",
    "StatusMapping",
    "TableValue",
    "stored_tables",
]
