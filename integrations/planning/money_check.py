"""Whether the amounts of an order add up as Pressero sent them; what does not is said in one sentence on the plan."""

from dataclasses import dataclass
from decimal import Decimal

from integrations.clients.schemas import PresseroOrder
from integrations.planning.cents import from_cents, to_cents
from integrations.planning.findings import PlanFindings
from integrations.planning.kit_prices import ItemPrices
from integrations.planning.kits import Kits


@dataclass(frozen=True)
class _Mismatch:
    """Two figures that should be equal, in cents."""

    what: str
    comes_to: int
    field: str
    said: int

    @property
    def words(self) -> str:
        difference = self.said - self.comes_to
        return (
            f"{self.what} come to {from_cents(self.comes_to)}, {self.field} is {from_cents(self.said)} "
            f"({from_cents(abs(difference))} {'more' if difference > 0 else 'less'})"
        )


def note_what_does_not_add_up(
    order: PresseroOrder,
    kits: Kits,
    prices: ItemPrices,
    terms: int,
    *,
    all_sent: bool,
    findings: PlanFindings,
) -> None:
    """A note with every pair of figures that differ, and which of them go to Pace. `terms`: items + freight + tax -
    discount as planned, in cents."""
    found = [
        one
        for one in (
            _pair("the item prices", prices.total, "OrderSubtotal", order.subtotal),
            *(_own_amounts(kits, *names) for names in _own_and_order(order)),
            _pair("item prices + freight + tax - discount", terms, "OrderTotal", order.total),
        )
        if one is not None
    ]
    if not found:
        return
    text = "; ".join(one.words for one in found)
    findings.note(f"{text}. {_sent(found, all_sent=all_sent)}", field=found[-1].field)


def _pair(what: str, comes_to: int, field: str, said: Decimal | None) -> _Mismatch | None:
    if said is None or to_cents(said) == comes_to:
        return None
    return _Mismatch(what, comes_to, field, to_cents(said))


def _own_and_order(order: PresseroOrder) -> list[tuple[str, str, Decimal | None]]:
    return [
        ("shipping", "OrderShipping", order.shipping),
        ("tax", "OrderTax", order.tax),
        ("discount", "OrderDiscount", order.discount),
    ]


def _own_amounts(kits: Kits, name: str, field: str, said: Decimal | None) -> _Mismatch | None:
    """The items' own amounts, where each item has one (what others leave open is spread over them), or they are too much."""
    owned: dict[int, Decimal] = {
        item.seq: own for item in kits.items if (own := getattr(item, name)) is not None
    }
    if not owned or said is None:
        return None
    comes_to = sum(to_cents(own) for own in owned.values())
    if comes_to <= to_cents(said) and any(item.seq not in owned for item in kits.parts()):
        return None
    return _pair(f"the items' own amounts of {name}", comes_to, field, said)


def _sent(found: list[_Mismatch], *, all_sent: bool) -> str:
    """Which figures go to Pace."""
    by_field = {one.field: one for one in found}
    total = by_field.get("OrderTotal")
    if total is None:
        return "The item prices and the order's own amounts go to Pace."
    if not all_sent:
        return "As not every item is sent, the items' own amounts go to Pace."
    difference = from_cents(total.said - total.comes_to)
    return f"The OrderTotal {from_cents(total.said)} goes to Pace; the difference of {difference} is spread over the items."
