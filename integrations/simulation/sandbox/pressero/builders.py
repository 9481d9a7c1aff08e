"""Orders written down briefly: what a person, a test or a demo has to say about an order.

    OrderDraft("Example CU Store", "avery@example.com", [
        ItemDraft("Business Card", quantity=2, uom=250, price="96.50", files=["card.pdf"]),
    ], po_number="PO-7781")

Everything left out is filled in when the order is placed (see ``placing.py``). The same drafts can be
written as JSON with the same names, which is what the control calls take.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from .catalog import SandboxAddress

Amount = Decimal | int | str


class BadDraft(ValueError):
    """A draft that says something impossible or unknown."""


def money(value: Amount) -> Decimal:
    """An amount as Decimal. A float is refused: it may already have lost a cent."""
    if isinstance(value, bool | float):
        raise BadDraft(f"{value!r} is no amount: write it as text or Decimal.")
    try:
        amount = Decimal(value)
    except (InvalidOperation, TypeError, ValueError) as error:
        raise BadDraft(f"{value!r} is no amount.") from error
    if not amount.is_finite():
        raise BadDraft(f"{value!r} is no amount.")
    return amount


@dataclass(frozen=True)
class Buyer:
    """A person who is not registered yet; placing the order registers them at the site."""

    first_name: str
    last_name: str
    email: str
    business: str = ""
    department: str = ""
    address: SandboxAddress | None = None


@dataclass(frozen=True)
class FileDraft:
    """A file of an item. Without a URL it gets an invented one that is unique to the item."""

    name: str
    kind: str = "upload"
    url: str = ""
    size: int | None = None


@dataclass(frozen=True)
class ItemDraft:
    """One line of an order.

    `shipping` and `tax` may be None: the item then carries no amount of its own. A kit is an item with
    `children`; what they leave open (ship-to, method, approval) they take from their parent.
    """

    product: str
    quantity: int = 1
    uom: int | None = None
    price: Amount | None = "0.00"
    shipping: Amount | None = "0.00"
    tax: Amount | None = "0.00"
    ship_to: SandboxAddress | None = None
    method: str | None = None
    files: Sequence[FileDraft | str] = ()
    notes: str = ""
    item_name: str = ""
    needs_approval: bool = False
    is_kit: bool = False
    children: Sequence["ItemDraft"] = ()
    options: Mapping[str, str] = field(default_factory=dict)
    pricing_xml: str | None = None
    form_fields: Mapping[str, str] = field(default_factory=dict)
    requested_ship_date: date | None = None
    total_quantity: int | None = None
    job_number: str | None = None

    @property
    def all_need_approval(self) -> list[bool]:
        """Whether this line and its components wait for an approver."""
        return [self.needs_approval, *(child.needs_approval for child in self.children)]


@dataclass(frozen=True)
class OrderDraft:
    """An order of one buyer at one site (named by id, name or host; the buyer by email or as a Buyer).

    Subtotal, shipping, tax and total are the sums of the items unless given here.
    """

    site: str
    buyer: str | Buyer
    items: Sequence[ItemDraft]
    po_number: str = ""
    requested_ship_date: date | None = None
    discount: Amount = "0.00"
    notes: str = ""
    bill_to: SandboxAddress | None = None
    is_paid: bool = False
    checkout_fields: Mapping[str, str] = field(default_factory=dict)
    sales_rep: str = ""
    sales_rep_email: str = ""
    order_date: datetime | None = None
    subtotal: Amount | None = None
    shipping: Amount | None = None
    tax: Amount | None = None
    total: Amount | None = None

    @property
    def needs_approval(self) -> bool:
        """Whether any line waits for an approver."""
        return any(any(item.all_need_approval) for item in self.items)


def order_from_json(data: Any) -> OrderDraft:
    """The draft that a JSON object describes; an unknown key is an error that names it."""
    values = _known(OrderDraft, data)
    for key in ("site", "buyer", "items"):
        if key not in values:
            raise BadDraft(f"An order draft needs {key}.")
    if isinstance(values["buyer"], dict):
        values["buyer"] = buyer_from_json(values["buyer"])
    if not isinstance(values["items"], list):
        raise BadDraft("The items of an order draft are a list.")
    values["items"] = [item_from_json(item) for item in values["items"]]
    if values.get("order_date"):
        values["order_date"] = moment_from_text(values["order_date"])
    return OrderDraft(**_with_parts(values))


def order_changes_from_json(data: Any) -> dict[str, Any]:
    """Values of an order draft by name, for what an edit changes."""
    return _with_parts(_known(OrderDraft, data))


def buyer_from_json(data: Any) -> Buyer:
    """The new buyer that a JSON object describes."""
    try:
        return Buyer(**_with_parts(_known(Buyer, data)))
    except TypeError as error:
        raise BadDraft("A buyer needs first_name, last_name and email.") from error


def item_from_json(data: Any) -> ItemDraft:
    """The item draft that a JSON object describes."""
    values = item_changes_from_json(data)
    if "product" not in values:
        raise BadDraft("An item draft needs a product.")
    return ItemDraft(**values)


def item_changes_from_json(data: Any) -> dict[str, Any]:
    """Values of an item draft by name, for a whole draft or for what an edit changes."""
    values = _known(ItemDraft, data)
    if "files" in values:
        values["files"] = files_from_json(values["files"])
    if "children" in values:
        values["children"] = [item_from_json(child) for child in values["children"]]
    return _with_parts(values)


def files_from_json(data: Any, *, kind: str = "upload") -> list[FileDraft | str]:
    """File drafts from a JSON array of names or objects; `kind` is what an object leaves open."""
    if not isinstance(data, list):
        raise BadDraft("Files are a list of names or objects.")
    return [entry if isinstance(entry, str) else _file(entry, kind) for entry in data]


def _file(data: Any, kind: str) -> FileDraft:
    values = {"kind": kind} | _known(FileDraft, data)
    if "name" not in values:
        raise BadDraft("A file needs a name.")
    return FileDraft(**values)


def moment_from_text(text: str) -> datetime:
    """A date-time from ISO text."""
    try:
        return datetime.fromisoformat(text)
    except (TypeError, ValueError) as error:
        raise BadDraft(f"{text!r} is no date-time.") from error


def _with_parts(values: dict[str, Any]) -> dict[str, Any]:
    """The same values with nested addresses and dates as objects."""
    for key in ("ship_to", "bill_to", "address"):
        if values.get(key) is not None:
            values[key] = SandboxAddress(**_known(SandboxAddress, values[key]))
    if values.get("requested_ship_date"):
        try:
            values["requested_ship_date"] = date.fromisoformat(values["requested_ship_date"])
        except (TypeError, ValueError) as error:
            raise BadDraft("requested_ship_date is a date like 2025-03-14.") from error
    return values


def _known(kind: Any, data: Any) -> dict[str, Any]:
    if not isinstance(data, dict):
        raise BadDraft(f"{kind.__name__}: a JSON object is expected.")
    names = {known.name for known in fields(kind)}
    for key in data:
        if key not in names:
            raise BadDraft(f"{kind.__name__} has no {key}. Known: {', '.join(sorted(names))}.")
    return dict(data)
