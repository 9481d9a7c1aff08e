"""Orders and their items as the sandbox keeps them."""

from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal

from .catalog import SandboxAddress, SandboxProduct, SandboxShippingMethod, SandboxSite, SandboxStage, User


@dataclass(frozen=True)
class StoredFile:
    """A file of an item: generated (`gen`), tied to the product (`asset`) or uploaded by the buyer (`upload`)."""

    name: str
    url: str
    kind: str = "upload"
    size: int | None = None


@dataclass(frozen=True)
class StatusChange:
    """One line of an item's status history."""

    stage: SandboxStage
    at: datetime
    note: str = ""


@dataclass(frozen=True)
class SandboxShipment:
    """What was reported as sent: several items may share one `shipment_id`."""

    shipment_id: str
    item_id: str
    ship_date: str
    method: str
    tracking: str
    cost: Decimal | None
    address: dict[str, object]


@dataclass
class SandboxOrderItem:
    """One line of an order. Kit parents and their children are lines of their own."""

    item_id: str
    seq: int
    product: SandboxProduct
    item_name: str
    quantity: int
    uom: int
    total_quantity: int | None
    price: Decimal | None
    shipping: Decimal | None
    tax: Decimal | None
    ship_to: SandboxAddress
    method: SandboxShippingMethod | None
    method_name: str
    stage: SandboxStage
    stage_date: datetime
    notes: str = ""
    requested_ship_date: date | None = None
    files: list[StoredFile] = field(default_factory=list)
    options: dict[str, str] = field(default_factory=dict)
    pricing_xml: str | None = None
    form_fields: dict[str, str] = field(default_factory=dict)
    is_approved: bool = True
    is_denied: bool = False
    approved_with_modifications: bool = False
    approved_date: datetime | None = None
    is_kit: bool = False
    parent_seq: int | None = None
    job_id: str | None = None
    job_number: str | None = None
    mis_id: str | None = None
    history: list[StatusChange] = field(default_factory=list)
    shipments: list[SandboxShipment] = field(default_factory=list)

    @property
    def is_pending(self) -> bool:
        """Whether an approver has not decided on this item yet."""
        return not self.is_approved and not self.is_denied

    @property
    def pieces(self) -> int:
        """Units ordered times pieces per unit, unless the order says another total."""
        return self.quantity * self.uom if self.total_quantity is None else self.total_quantity


@dataclass
class SandboxOrder:
    """An order of one site. Its totals follow the items, except those that were given."""

    number: int
    order_id: str
    site: SandboxSite
    buyer: User
    bill_to: SandboxAddress
    order_date: datetime
    requested_ship_date: date | None
    po_number: str
    notes: str
    discount: Decimal
    items: list[SandboxOrderItem]
    is_paid: bool = False
    checkout_fields: dict[str, str] = field(default_factory=dict)
    sales_rep: str = ""
    sales_rep_email: str = ""
    given_totals: dict[str, Decimal] = field(default_factory=dict)
    findable_at: float = 0.0
    listed_at: float = 0.0
    hidden_reads: int = 0

    def item(self, seq: int) -> SandboxOrderItem | None:
        """The item with this number, if there is one."""
        return next((item for item in self.items if item.seq == seq), None)

    def children(self, parent: SandboxOrderItem) -> list[SandboxOrderItem]:
        """The components of a kit."""
        return [item for item in self.items if item.parent_seq == parent.seq]

    @property
    def subtotal(self) -> Decimal:
        return self._sum("subtotal", [item.price for item in self.items])

    @property
    def shipping(self) -> Decimal:
        return self._sum("shipping", [item.shipping for item in self.items])

    @property
    def tax(self) -> Decimal:
        return self._sum("tax", [item.tax for item in self.items])

    @property
    def total(self) -> Decimal:
        computed = self.subtotal + self.shipping + self.tax - self.discount
        return self.given_totals.get("total", computed)

    def _sum(self, name: str, amounts: list[Decimal | None]) -> Decimal:
        # Denied items stay in the totals: after a denial the shop adjusts or refunds by hand.
        computed = sum((amount for amount in amounts if amount is not None), Decimal("0.00"))
        return self.given_totals.get(name, computed)
