"""Whether a kit's own price already holds those of its components: the order itself tells (docs/mapping.md §4)."""

from dataclasses import dataclass
from enum import Enum

from integrations.clients.schemas import PresseroItem, PresseroOrder
from integrations.planning.cents import from_cents, spread_cents, to_cents
from integrations.planning.findings import PlanFindings
from integrations.planning.kits import Kits


class _Rule(Enum):
    """What a kit's own price is."""

    HOLDS = "it holds those of its components"
    ON_TOP = "it comes on top of those of its components"
    EITHER = "a kit with a price holds those of its components, one without is worth their sum"


@dataclass(frozen=True)
class ItemPrices:
    """What each item costs, in cents and in words, by seq, with no cent counted twice. `why` says in words which way of
    counting the order's subtotal confirms; "" where there is no kit."""

    cents: dict[int, int]
    how: dict[int, str]
    why: str = ""

    @property
    def total(self) -> int:
        return sum(self.cents.values())


def item_prices(order: PresseroOrder, kits: Kits, findings: PlanFindings) -> ItemPrices:
    """The prices of all items. Where a kit's price holds its components', it is shared out among them, and theirs are
    only the weights; the kit itself is left with nothing."""
    cents = {item.seq: to_cents(item.price) for item in kits.items}
    prices = ItemPrices(cents, {seq: f"Price {from_cents(price)}" for seq, price in cents.items()})
    if not any(kits.children(item) for item in kits.items):
        return prices
    rule, why = _rule(order, kits, cents)
    prices = ItemPrices(prices.cents, prices.how, why)
    if rule is not _Rule.ON_TOP:
        worth = _worths(kits, cents)
        for kit in kits.parents_first():
            if kits.takers(kit) and (prices.cents[kit.seq] or rule is _Rule.HOLDS):
                _share_out(kits, kit, prices, worth, findings)
    return prices


def _rule(order: PresseroOrder, kits: Kits, cents: dict[int, int]) -> tuple[_Rule, str]:
    """The way of counting that makes up the order's subtotal, and why it is that one."""
    if order.subtotal is None:
        return _Rule.EITHER, "the order has no OrderSubtotal"
    subtotal = to_cents(order.subtotal)
    outer = sum(cents[item.seq] for item in kits.items if not kits.ancestors(item))
    if outer == subtotal:
        return (
            _Rule.HOLDS,
            f"the kits and the items outside them make up the OrderSubtotal {from_cents(subtotal)}",
        )
    if sum(cents.values()) == subtotal:
        return _Rule.ON_TOP, f"all prices together make up the OrderSubtotal {from_cents(subtotal)}"
    return _Rule.EITHER, f"no way of counting kits makes up the OrderSubtotal {from_cents(subtotal)}"


def _worths(kits: Kits, cents: dict[int, int]) -> dict[int, int]:
    """What each item weighs among its kit's components: its price; a kit without one weighs what is in it."""
    worth = dict(cents)
    for kit in reversed(kits.parents_first()):
        if not worth[kit.seq]:
            worth[kit.seq] = sum(worth[child.seq] for child in kits.takers(kit))
    return worth


def _share_out(
    kits: Kits, kit: PresseroItem, prices: ItemPrices, worth: dict[int, int], findings: PlanFindings
) -> None:
    held = prices.cents[kit.seq]
    children = kits.takers(kit)
    own = [prices.cents[child.seq] for child in kits.children(kit)]
    weights, by = [worth[child.seq] for child in children], "price"
    if not any(weight > 0 for weight in weights):
        weights, by = [child.quantity for child in children], "quantity"
    for child in kits.children(kit):
        prices.cents[child.seq] = 0
    for child, share in zip(children, spread_cents(held, weights), strict=True):
        prices.cents[child.seq] = share
        prices.how[child.seq] = (
            f"its share {from_cents(share)} by {by} of the price {from_cents(held)} of its kit, item {kit.seq}"
        )
    prices.cents[kit.seq] = 0
    if any(own):
        findings.note(
            f"the kit's price {from_cents(held)} holds those of its components ({from_cents(sum(own))}), because "
            f"{prices.why}; it is shared out among them",
            field="Price",
            item=kit.seq,
        )
