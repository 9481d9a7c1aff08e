"""Splitting amounts of money to the cent, and each item's share of the order's amounts (docs/mapping.md §12).

Money goes in and out as Decimal with two decimals; in between it is counted in whole cents, so nothing is lost.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from integrations.clients.schemas import PresseroItem, PresseroOrder
from integrations.planning.cents import ZERO, from_cents, spread_cents, to_cents
from integrations.planning.findings import PlanFindings
from integrations.planning.kit_prices import item_prices
from integrations.planning.kits import Kits
from integrations.planning.money_check import note_what_does_not_add_up


@dataclass(frozen=True)
class ItemMoney:
    """What one item (or one of the several jobs of an item) brings to its job.

    `discount` is what is taken off, so it is positive. `adjustment` is the item's share of what the order's total
    differs from the sum of its amounts. `freight_how` says in words where the freight comes from.
    """

    price: Decimal = ZERO
    freight: Decimal = ZERO
    tax: Decimal = ZERO
    discount: Decimal = ZERO
    adjustment: Decimal = ZERO
    freight_how: str = ""
    price_how: str = ""

    @property
    def total(self) -> Decimal:
        return self.price + self.freight + self.tax - self.discount + self.adjustment

    @property
    def part_price(self) -> Decimal:
        """What a part's price fields hold: the price with the freight share."""
        return self.price + self.freight


_AMOUNTS = ("price", "freight", "tax", "discount", "adjustment")


def add_up(moneys: Iterable[ItemMoney]) -> ItemMoney:
    """The sums, amount by amount."""
    many = list(moneys)
    return ItemMoney(
        price=sum((money.price for money in many), ZERO),
        freight=sum((money.freight for money in many), ZERO),
        tax=sum((money.tax for money in many), ZERO),
        discount=sum((money.discount for money in many), ZERO),
        adjustment=sum((money.adjustment for money in many), ZERO),
    )


def split_evenly(money: ItemMoney, count: int) -> list[ItemMoney]:
    """An item's money over its jobs in split mode (docs/mapping.md §12): every amount evenly, odd cents to the first jobs.

    Where that would put a job below zero although the item is not (a discount as large as the price), the odd cents
    of the amounts follow one another around the jobs instead of all starting at the first.
    """
    if count == 1:
        return [money]
    shares = {name: spread_cents(to_cents(getattr(money, name)), [1] * count) for name in _AMOUNTS}
    split = _jobs_of(money, shares, count)
    if money.total >= 0 and any(job.total < 0 for job in split):
        split = _jobs_of(money, _shares_in_turn(money, count), count)
    return split


def _jobs_of(money: ItemMoney, shares: dict[str, list[int]], count: int) -> list[ItemMoney]:
    return [
        replace(
            money,
            price=from_cents(shares["price"][index]),
            freight=from_cents(shares["freight"][index]),
            tax=from_cents(shares["tax"][index]),
            discount=from_cents(shares["discount"][index]),
            adjustment=from_cents(shares["adjustment"][index]),
        )
        for index in range(count)
    ]


def _shares_in_turn(money: ItemMoney, count: int) -> dict[str, list[int]]:
    shares: dict[str, list[int]] = {}
    starts = {True: 0, False: 0}  # where the odd cents of what adds and of what takes away go on
    for name in _AMOUNTS:
        cents = to_cents(getattr(money, name))
        adds = (cents >= 0) != (name == "discount")
        each, odd = divmod(abs(cents), count)
        lucky = {(starts[adds] + step) % count for step in range(odd)}
        starts[adds] += odd
        shares[name] = [(each + (index in lucky)) * (1 if cents >= 0 else -1) for index in range(count)]
    return shares


@dataclass(frozen=True)
class OrderMoney:
    """The money of every part of the order, denied ones included, by item seq."""

    by_item: dict[int, ItemMoney]

    def of(self, seq: int) -> ItemMoney:
        return self.by_item.get(seq, ItemMoney())


def shares(order: PresseroOrder, kits: Kits, *, all_sent: bool, findings: PlanFindings) -> OrderMoney:
    """Each part's price, freight, tax and discount; all of them together are exactly the order's.

    Shares are made over all items of the order, denied ones too: those take their share with them. With nothing denied
    (`all_sent`) the order's total is what counts: what it differs by from items + freight + tax - discount is spread
    over the parts by what each comes to. No share puts a part below zero that the order does not have below zero.
    """
    priced = item_prices(order, kits, findings)
    price = priced.cents
    freight = _Spreading(kits, price, order.shipping, lambda item: item.shipping, "Shipping", "OrderShipping")
    tax = _Spreading(kits, price, order.tax, lambda item: item.tax, "ItemTax", "OrderTax")
    discount = _Spreading(
        kits, price, order.discount, lambda item: item.discount, "Discount", "OrderDiscount"
    )
    prices, price_how = dict(price), dict(priced.how)
    _give_to_children(kits, price, prices, price_how, "the price")
    parts = kits.parts()
    totals = {
        item.seq: prices[item.seq] + freight.cents[item.seq] + tax.cents[item.seq] - discount.cents[item.seq]
        for item in parts
    }
    _relieve(parts, totals, discount.cents, findings)
    note_what_does_not_add_up(order, kits, priced, sum(totals.values()), all_sent=all_sent, findings=findings)
    adjustment = _adjustment(order, totals, price) if all_sent else {}
    return OrderMoney(
        {
            item.seq: ItemMoney(
                price=from_cents(prices[item.seq]),
                freight=from_cents(freight.cents[item.seq]),
                tax=from_cents(tax.cents[item.seq]),
                discount=from_cents(discount.cents[item.seq]),
                adjustment=from_cents(adjustment.get(item.seq, 0)),
                freight_how=freight.how[item.seq],
                price_how=price_how[item.seq],
            )
            for item in parts
        }
    )


class _Spreading:
    """One amount of the order (freight, tax or discount) over its items, in cents and in words, by seq."""

    def __init__(
        self,
        kits: Kits,
        price: dict[int, int],
        amount: Decimal | None,
        own: Callable[[PresseroItem], Decimal | None],
        field: str,
        order_field: str,
    ) -> None:
        self.cents = dict.fromkeys(price, 0)
        self.how = dict.fromkeys(price, f"no {order_field}")
        owned = {item.seq: own(item) for item in kits.items}
        carried = {seq: to_cents(value) for seq, value in owned.items() if value is not None}
        for seq, cents in carried.items():
            self.cents[seq] = cents
            self.how[seq] = f"its own {field} {from_cents(cents)}"
        left = 0 if amount is None else to_cents(amount) - sum(carried.values())
        if left:
            # A kit without a price and the components that are left out take no part.
            taking = [
                item for item in kits.items if item.seq in carried or price[item.seq] or kits.is_part(item)
            ]
            self._spread_rest(kits, taking, carried, left, price, order_field)
            if left < 0 and min(self.cents.values()) < 0 <= to_cents(amount or ZERO):
                self._cut(carried, left, order_field)
        _give_to_children(kits, price, self.cents, self.how, f"the {field}")

    def _spread_rest(
        self,
        kits: Kits,
        taking: list[PresseroItem],
        carried: dict[int, int],
        left: int,
        price: dict[int, int],
        order_field: str,
    ) -> None:
        over = [item for item in taking if item.seq not in carried] or taking
        weights, by = [price[item.seq] for item in over], "price"
        if not any(weight > 0 for weight in weights):
            weights = [0 if kits.is_kit(item) else item.quantity for item in over]
            by = "quantity"
        for item, cents in zip(over, spread_cents(left, weights), strict=True):
            self.cents[item.seq] += cents
            share = f"its share {from_cents(cents)} by {by} of {from_cents(left)} of the {order_field}"
            self.how[item.seq] = f"{self.how[item.seq]} + {share}" if item.seq in carried else share

    def _cut(self, carried: dict[int, int], left: int, order_field: str) -> None:
        """The items carry more than the order has, and by price some would get less than nothing: what each carries is
        cut in proportion."""
        self.cents.update(dict.fromkeys(self.cents, 0))
        for (seq, own), cents in zip(
            carried.items(), spread_cents(left, list(carried.values())), strict=True
        ):
            self.cents[seq] = own + cents
            self.how[seq] = (
                f"its own {from_cents(own)}, cut by {from_cents(-cents)} as the items carry {from_cents(-left)} "
                f"more than the {order_field}"
            )
        for seq in self.cents.keys() - carried.keys():
            self.how[seq] = f"nothing, as the other items carry more than the {order_field}"


def _relieve(
    parts: Sequence[PresseroItem], totals: dict[int, int], discount: dict[int, int], findings: PlanFindings
) -> None:
    """A share of the discount that is more than a part comes to is taken by the others, by what they come to.

    What a part's own figures say stays: an own discount over its own price, freight and tax, or a negative price.
    Nothing is done where the discount is more than the whole order.
    """
    short: dict[int, int] = {}
    for item in parts:
        owns = [to_cents(own or ZERO) for own in (item.price, item.shipping, item.tax, item.discount)]
        below_by_itself = max(owns[3] - sum(owns[:3]), 0)
        cents = min(-totals[item.seq] - below_by_itself, discount[item.seq])
        if cents > 0:
            short[item.seq] = cents
    room = {seq: cents for seq, cents in totals.items() if cents > 0}
    if not short or sum(short.values()) > sum(room.values()):
        return
    taken = dict(zip(room, spread_cents(sum(short.values()), list(room.values())), strict=True))
    for seq, cents in ({seq: -cents for seq, cents in short.items()} | taken).items():
        discount[seq] += cents
        totals[seq] -= cents
    for seq, cents in short.items():
        findings.note(
            f"its share of the discount is {from_cents(cents)} more than the item comes to; the other items take that",
            field="OrderDiscount",
            item=seq,
        )


def _give_to_children(
    kits: Kits, price: dict[int, int], cents: dict[int, int], how: dict[int, str], what: str
) -> None:
    """What a kit's parent has of an amount goes to its children by their cost, by quantity when none has a cost.

    A component that is left out (quantity 0) leaves what it carries to the others.
    """
    for kit in kits.parents_first():
        children = kits.takers(kit)
        if not children:
            continue
        given = cents[kit.seq] + sum(cents[child.seq] for child in kits.children(kit) if kits.is_empty(child))
        if given == 0:
            continue
        weights = [price[child.seq] for child in children]
        if not any(weight > 0 for weight in weights):
            weights = [child.quantity for child in children]
        for child, share in zip(children, spread_cents(given, weights), strict=True):
            cents[child.seq] += share
            how[child.seq] += (
                f" + {from_cents(share)} of {what} {from_cents(given)} of its kit, item {kit.seq}"
            )


def _adjustment(order: PresseroOrder, totals: dict[int, int], price: dict[int, int]) -> dict[int, int]:
    """What each part takes of the order total's difference to the sum of its amounts, in cents."""
    if order.total is None or not totals:
        return {}
    difference = to_cents(order.total) - sum(totals.values())
    if difference == 0:
        return {}
    weights = list(totals.values())
    if not any(weight > 0 for weight in weights):
        weights = [price[seq] for seq in totals]
    return dict(zip(totals, spread_cents(difference, weights), strict=True))
