"""Typed, frozen shapes of what the two systems tell us, in the words of the field.

The clients parse leniently into these (unknown keys ignored, missing texts are "", missing money is None or 0 as
noted); everything behind the clients works with them alone. Money is Decimal. Date-times are aware UTC.
"""

from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal

# --- Pressero -----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Address:
    """A ship-to address as the buyer wrote it; every segment may be ""."""

    business: str = ""
    first_name: str = ""
    last_name: str = ""
    address1: str = ""
    address2: str = ""
    address3: str = ""
    city: str = ""
    state: str = ""
    postal: str = ""
    country: str = ""
    phone: str = ""
    email: str = ""


@dataclass(frozen=True)
class OrderFile:
    """One production file of an item. `size` in bytes where known."""

    name: str
    url: str
    kind: str = ""
    size: int | None = None


@dataclass(frozen=True)
class PresseroItem:
    """One line of an order. `price` is the line's total before tax and shipping.

    `quantity` is in pieces. `shipping` and `tax` are None when the item does not carry its own amount.
    A kit's parent has `is_kit`; its children name it in `parent_id`.
    """

    id: str
    seq: int
    product_id: str = ""
    product_name: str = ""
    product_integration_id: str = ""
    part_number: str = ""
    item_name: str = ""
    quantity: int = 0
    price: Decimal = Decimal(0)
    shipping: Decimal | None = None
    tax: Decimal | None = None
    discount: Decimal | None = None
    requested_ship_date: date | None = None
    po_number: str = ""
    notes: str = ""
    options: tuple[tuple[str, str], ...] = ()
    form: tuple[tuple[str, str], ...] = ()  # what the buyer filled in on the product's form
    checkout_form: tuple[tuple[str, str], ...] = ()
    attributes: tuple[tuple[str, str], ...] = ()  # of the product
    client_part_number: str = ""
    ship_to: Address = field(default_factory=Address)
    method_name: str = ""
    method_id: str = ""
    files: tuple[OrderFile, ...] = ()
    is_kit: bool = False
    parent_id: str = ""
    is_approved: bool = False
    is_denied: bool = False
    workflow_id: str = ""
    stage_id: str = ""
    stage_name: str = ""
    mis_id: str = ""

    @property
    def is_undecided(self) -> bool:
        """Neither approved nor denied yet (approved with modifications counts as approved)."""
        return not self.is_approved and not self.is_denied


@dataclass(frozen=True)
class PresseroOrder:
    """A Pressero order with all its items, as read afresh. Order money is None when Pressero did not send it."""

    id: str
    number: int
    site_id: str = ""
    site_name: str = ""
    placed_at: datetime | None = None
    requested_ship_date: date | None = None
    po_number: str = ""
    notes: str = ""
    buyer_first_name: str = ""
    buyer_last_name: str = ""
    buyer_email: str = ""
    buyer_business: str = ""
    buyer_phone: str = ""
    buyer_department: str = ""
    sales_rep_name: str = ""
    sales_rep_email: str = ""
    is_paid: bool | None = None  # None: Pressero did not say
    bill_to: Address = field(default_factory=Address)
    subtotal: Decimal | None = None
    shipping: Decimal | None = None
    tax: Decimal | None = None
    discount: Decimal | None = None
    total: Decimal | None = None
    items: tuple[PresseroItem, ...] = ()


@dataclass(frozen=True)
class Site:
    """A storefront as Pressero knows it. `integration_id` is in practice the Pace customer id."""

    id: str
    name: str = ""
    url: str = ""
    integration_id: str = ""
    is_active: bool = True


@dataclass(frozen=True)
class Shipment:
    """A shipment Pressero already has for an item."""

    id: str
    item_id: str = ""
    method_name: str = ""
    tracking: str = ""
    shipped_at: str = ""


# --- Pace ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class PaceJobFound:
    """A job in Pace by which its order's unit is recognized."""

    number: str
    description: str
    web_order_id: str = ""


@dataclass(frozen=True)
class PaceContact:
    """A Pace Contact. `customer` is "" when it belongs to none."""

    id: int
    customer: str = ""
    email: str = ""
    first_name: str = ""
    last_name: str = ""
    company_name: str = ""
    active: bool = True


@dataclass(frozen=True)
class PaceCountry:
    id: int
    name: str = ""
    iso2: str = ""
    iso3: str = ""


@dataclass(frozen=True)
class PaceState:
    """A state or province; `key` is Pace's own `{country id}:{code}`."""

    key: str
    code: str
    country: int
    description: str = ""


@dataclass(frozen=True)
class PaceChoice:
    """One row of a Pace list: a ship via, job type, status, shipment type, item template or job order type.

    `planned` is a shipment type's own flag: shipments that are still to be made have such a type.
    """

    key: str
    description: str = ""
    active: bool = True
    planned: bool = False


@dataclass(frozen=True)
class PaceReference:
    """What a plan needs of Pace's own lists. Read once per server and kept for minutes, never per order.

    `makes_content_files`: some product type of this site makes Pace create a part's content file by itself.
    """

    countries: tuple[PaceCountry, ...] = ()
    states: tuple[PaceState, ...] = ()
    ship_vias: tuple[PaceChoice, ...] = ()
    shipment_types: tuple[PaceChoice, ...] = ()
    job_types: tuple[PaceChoice, ...] = ()
    job_statuses: tuple[PaceChoice, ...] = ()
    job_order_types: tuple[PaceChoice, ...] = ()
    item_templates: tuple[PaceChoice, ...] = ()
    makes_content_files: bool = False
