"""What goes into a resolution and what comes out: plain values, no database.

Rows are read once per order (a constant number of queries) into a `MappingTable`; resolving is then pure.
"""

from dataclasses import dataclass, field
from datetime import date

# The columns of a ship-to address that address rows can name.
ADDRESS_COLUMNS = ("business", "address1", "city", "state", "postal", "country")
# Those of them that are compared by their text. State and country are compared as the place that they name in Pace.
TEXT_COLUMNS = ("business", "address1", "city", "postal")


@dataclass(frozen=True)
class ProductRow:
    """One product -> item template row. `storefront_id` None: all storefronts. `match`: id, part_number or name."""

    id: int
    storefront_id: int | None
    product: str
    match: str
    item_template: str


@dataclass(frozen=True)
class ShipmentMethodRow:
    """One Pressero method (name or id) -> Pace ship via and account number ("" when the row does not say)."""

    id: int
    storefront_id: int | None
    pressero_method: str
    ship_via: int | None
    account_number: str


@dataclass(frozen=True)
class ShipmentAddressRow:
    """One ship-to address pattern; an empty column matches any value."""

    id: int
    storefront_id: int | None
    business: str
    address1: str
    city: str
    state: str
    postal: str
    country: str
    ship_via: int | None
    account_number: str


@dataclass(frozen=True)
class HolidayRow:
    """One custom holiday of one storefront or of all (None), once or every year."""

    id: int
    storefront_id: int | None
    date: date
    name: str
    every_year: bool


@dataclass(frozen=True)
class StatusRow:
    """One Pace status -> Pressero stage row. `level`: job or part; `workflow` "": the default for all workflows."""

    id: int
    storefront_id: int | None
    level: str
    pace_status: str
    workflow: str
    pressero_stage: str
    note: str = ""


@dataclass(frozen=True)
class FieldRuleRow:
    """One rule: what a field of a Pace object becomes. `object` and `pace_field` name it; `when` "": always; `mode`: set,
    if_empty or append."""

    id: int
    storefront_id: int | None
    object: str
    pace_field: str
    priority: int = 100
    when: str = ""
    value: str = ""
    mode: str = "set"
    required: bool = False


@dataclass(frozen=True)
class ValueRow:
    """One row of a value table. `original` "*": everything else."""

    id: int
    table: str
    original: str
    replacement: str


@dataclass(frozen=True)
class MappingTable:
    """All rows that can matter for one order of one storefront."""

    products: tuple[ProductRow, ...] = ()
    shipment_methods: tuple[ShipmentMethodRow, ...] = ()
    shipment_addresses: tuple[ShipmentAddressRow, ...] = ()
    holidays: tuple[HolidayRow, ...] = ()
    fields: tuple[FieldRuleRow, ...] = ()
    values: tuple[ValueRow, ...] = ()


@dataclass(frozen=True)
class ProductQuery:
    """What an item says about its product; blank strings when it does not."""

    product_id: str = ""
    part_number: str = ""
    name: str = ""
    integration_id: str = ""


@dataclass(frozen=True)
class AddressQuery:
    """The columns of a ship-to address that address rows can match."""

    business: str = ""
    address1: str = ""
    city: str = ""
    state: str = ""
    postal: str = ""
    country: str = ""


@dataclass(frozen=True)
class Resolution:
    """One resolved value with where it came from.

    `kind` is a mapping kind ("products", "shipment_methods", "shipment_addresses", "statuses"), "integration_id",
    "storefront_default", "server_default" or "none". `row_id` is set for mapping kinds. `reason` is a readable
    half-sentence: "product row 12 of all storefronts matches the part number BC14".
    """

    kind: str
    row_id: int | None
    reason: str


@dataclass(frozen=True)
class TemplateAnswer:
    """The item template of a product ("" when none applies)."""

    item_template: str
    source: Resolution


@dataclass(frozen=True)
class ShippingDefaults:
    """What applies when no row matches; `account_number` belongs to the storefront."""

    storefront_ship_via: int | None = None
    storefront_account_number: str = ""
    server_ship_via: int | None = None


@dataclass(frozen=True)
class ShippingAnswer:
    """Pace ship via and account number; the two may come from different rows (docs/mapping.md §10)."""

    ship_via: int
    ship_via_source: Resolution
    account_number: str = ""
    account_source: Resolution = field(default_factory=lambda: Resolution("none", None, "no account number"))


@dataclass(frozen=True)
class StageAnswer:
    """The Pressero stage of a Pace status and the note sent with it ("" when no row applies: unmapped)."""

    pressero_stage: str
    note: str
    source: Resolution
