"""Quick ways to make orders, storefronts and inputs for planning tests: every argument has a working default."""

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from integrations.clients.schemas import (
    Address,
    OrderFile,
    PaceChoice,
    PaceContact,
    PaceCountry,
    PaceReference,
    PaceState,
    PresseroItem,
    PresseroOrder,
)
from integrations.planning.plan import make_plan
from integrations.planning.plan_types import (
    CustomerCandidates,
    Fields,
    Plan,
    PlanInputs,
    StorefrontParameters,
)
from mappings.types import MappingTable

NOW = datetime(2026, 3, 10, 15, 30, 12, 345678, tzinfo=UTC)  # Tuesday, 11:30 in New York
PEORIA = Address(
    business="Example CU North",
    first_name="Jordan",
    last_name="Branch",
    address1="22 North Ave",
    city="Peoria",
    state="IL",
    postal="61602",
    country="US",
    phone="555-0100",
)
SPRINGFIELD = replace(
    PEORIA, business="Example Credit Union", address1="100 Main St", city="Springfield", postal="62701"
)
CONTACT = PaceContact(
    id=7, customer="HOUSE", email="avery@example.com", first_name="Avery", last_name="Sample"
)

REFERENCE = PaceReference(
    countries=(
        PaceCountry(1, "United States", "US", "USA"),
        PaceCountry(2, "Canada", "CA", "CAN"),
        PaceCountry(3, "Germany", "DE", "DEU"),
    ),
    states=(
        PaceState("1:IL", "IL", 1, "Illinois"),
        PaceState("1:TX", "TX", 1, "Texas"),
        PaceState("2:ON", "ON", 2, "Ontario"),
    ),
    ship_vias=(
        PaceChoice("1", "Ground"),
        PaceChoice("2", "Air"),
        PaceChoice("3", "Pickup"),
        PaceChoice("4", "Truck"),
    ),
    shipment_types=(PaceChoice("8", "Unplanned"), PaceChoice("9", "To be shipped", planned=True)),
    job_types=(PaceChoice("5", "Digital"), PaceChoice("6", "Offset")),
    job_statuses=(PaceChoice("O", "Open"), PaceChoice("C", "Closed")),
    job_order_types=(PaceChoice("R", "Reprint"), PaceChoice("N", "New Order")),
    item_templates=(PaceChoice("BC-TPL", "Business card"), PaceChoice("BRO-TPL", "Brochure")),
)


def local(*parts: int) -> datetime:
    """A date-time of the Pace server: naive, as the plan holds it."""
    return datetime(*parts)  # type: ignore[arg-type]  # noqa: DTZ001


def money(text: str | int | None) -> Decimal | None:
    return None if text is None else Decimal(str(text))


def file(name: str = "card.pdf", url: str = "", size: int | None = 1000) -> OrderFile:
    return OrderFile(name=name, url=url or f"https://files.example.com/{name}", kind="upload", size=size)


def item(seq: int = 1, price: str | int | Decimal = "100.00", **more: Any) -> PresseroItem:
    """An approved item; money may be given as text, `files` as names, `parent` as the parent's seq."""
    for name in ("shipping", "tax", "discount"):
        if isinstance(more.get(name), (str, int)):
            more[name] = money(more[name])
    if parent := more.pop("parent", None):
        more["parent_id"] = f"item-{parent}"
    more["files"] = tuple(file(f) if isinstance(f, str) else f for f in more.get("files", ()))
    base: dict[str, Any] = {
        "product_id": f"product-{seq}",
        "product_name": f"Product {seq}",
        "item_name": f"Name {seq}",
        "quantity": 500,
        "ship_to": PEORIA,
        "method_name": "Ground",
        "is_approved": not more.get("is_denied", False),
    }
    return PresseroItem(id=f"item-{seq}", seq=seq, price=Decimal(str(price)), **{**base, **more})


def undecided(seq: int = 1, price: str | int = "100.00", **more: Any) -> PresseroItem:
    return item(seq, price, is_approved=False, **more)


def order(*items: PresseroItem, **more: Any) -> PresseroOrder:
    """Order 10234 with these items (one when none is given); money may be given as text."""
    for name in ("subtotal", "shipping", "tax", "discount", "total"):
        if isinstance(more.get(name), (str, int)):
            more[name] = money(more[name])
    base: dict[str, Any] = {
        "id": "order-1",
        "number": 10234,
        "placed_at": datetime(2026, 3, 10, 15, 0, tzinfo=UTC),
        "buyer_first_name": "Avery",
        "buyer_last_name": "Sample",
        "buyer_email": "avery@example.com",
        "requested_ship_date": date(2026, 3, 20),
        "items": items or (item(),),
    }
    return PresseroOrder(**{**base, **more})


def storefront(**more: Any) -> StorefrontParameters:
    """A storefront with a default ship via, customer HOUSE; everything else as in the portal's defaults."""
    base: dict[str, Any] = {
        "id": 1,
        "name": "Example CU Store",
        "integration_id": "HOUSE",
        "integration_id_confirmed": True,
        "default_ship_via": 1,
    }
    return StorefrontParameters(**{**base, **more})


def inputs(
    of: PresseroOrder | None = None,
    store: StorefrontParameters | None = None,
    *,
    table: MappingTable | None = None,
    reference: PaceReference = REFERENCE,
    candidates: CustomerCandidates | None = None,
    now: datetime = NOW,
    **more: Any,
) -> PlanInputs:
    return PlanInputs(
        order=of or order(),
        storefront=store or storefront(),
        mappings=table or MappingTable(),
        reference=reference,
        candidates=candidates or CustomerCandidates(contacts=(CONTACT,), customer_exists=True),
        now=now,
        **more,
    )


def plan(of: PresseroOrder | None = None, store: StorefrontParameters | None = None, **more: Any) -> Plan:
    """The plan of an order; fails when it has problems that the test does not expect."""
    made = make_plan(inputs(of, store, **more))
    assert made.problems == (), [problem.message for problem in made.problems]
    return made


def problems(
    of: PresseroOrder | None = None, store: StorefrontParameters | None = None, **more: Any
) -> list[str]:
    """The messages of the plan's problems."""
    return [problem.message for problem in make_plan(inputs(of, store, **more)).problems]


def values(fields: Fields) -> dict[str, Any]:
    return {name: planned.value for name, planned in fields.items()}


def detail(fields: Fields, name: str) -> str:
    return fields[name].source.detail
