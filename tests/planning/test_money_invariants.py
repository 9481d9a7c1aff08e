"""What holds for the money of every order, also with 200 items and with denied ones (docs/mapping.md §12).

The terms of a job are read from its lineage, so that what staff are told is checked, not only what is sent.
"""

import random
import re
from decimal import Decimal as D

from hypothesis import given, settings
from hypothesis import strategies as st

from integrations.clients.schemas import PresseroItem, PresseroOrder
from integrations.planning.kits import Kits
from integrations.planning.plan import make_plan
from integrations.planning.plan_types import Plan, PlannedJob, StorefrontParameters
from tests.planning.builders import inputs, item, order, storefront, values

MANY = settings(max_examples=500, deadline=None)
ZERO = D(0)
TERMS = re.compile(
    r"items? [\d, ]+: (?P<price>\S+) price \+ (?P<freight>\S+) freight \+ (?P<tax>\S+) tax - (?P<discount>\S+) discount"
    r"(?: (?P<sign>[+-]) (?P<rest>\S+) share of the order total)?"
)
stores = st.builds(storefront, one_job_per_item=st.booleans())


def cents(pick: random.Random, most: int) -> D:
    return D(pick.choice((0, 1, pick.randint(0, most)))) / 100


def own_amount(pick: random.Random, share: float, most: int) -> D | None:
    return cents(pick, most) if pick.random() < share else None


@st.composite
def sensible_orders(draw: st.DrawFn) -> PresseroOrder:
    """Orders of 1 to 200 items as a shop makes them: no negative price, freight or tax, no item whose own discount is more
    than the item, no discount that is more than the order. Everything else is free: some, all or no items carry amounts
    of their own, which may come to less or more than the order's; kits, files, denied items, totals that are not the sum.
    """
    pick = random.Random(draw(st.integers(0, 2**32)))
    count = draw(st.sampled_from((*range(1, 13), *range(1, 13), 200)))
    deny, carry = pick.choice((0, 0.3)), pick.choice((0, 0.5, 1))
    items: list[PresseroItem] = []
    kit: int | None = None
    for seq in range(1, count + 1):
        child = kit is not None and pick.random() < 0.3
        is_kit = not child and seq < count and pick.random() < 0.1
        price, freight, tax = (
            cents(pick, 50_000),
            own_amount(pick, carry, 2_000),
            own_amount(pick, carry, 2_000),
        )
        most = price + (freight or ZERO) + (tax or ZERO)
        items.append(
            item(
                seq,
                price,
                quantity=pick.randint(1, 5000),
                shipping=freight,
                tax=tax,
                discount=own_amount(pick, carry / 2, int(most * 100)) and min(most, cents(pick, 50_000)),
                files=tuple(f"f{n}.pdf" for n in range(pick.choice((0, 0, 1, 3)))),
                is_kit=is_kit,
                parent=kit if child or (kit == seq - 1) else None,
                is_denied=pick.random() < deny,
            )
        )
        kit = seq if is_kit else kit if child else None
    prices = sum((one.price for one in items), ZERO)
    shipping, tax = (cents(pick, 90_000) if pick.random() < 0.8 else None for _ in range(2))
    due = prices + _amount(shipping, items, "shipping") + _amount(tax, items, "tax")
    discount = pick.choice((None, ZERO, due, D(pick.randint(0, int(due * 100))) / 100))
    if sum((one.discount or ZERO for one in items), ZERO) > due:
        discount = ZERO
    left = due - _amount(discount, items, "discount")
    total = pick.choice((None, left, cents(pick, 200_000))) if left >= 0 else None
    # The subtotal says that every price counts: a kit's comes on top of those of its components.
    return order(*items, subtotal=prices, shipping=shipping, tax=tax, discount=discount, total=total)


def _amount(of_order: D | None, items: list[PresseroItem], name: str) -> D:
    if of_order is not None:
        return of_order
    return sum((getattr(one, name) or ZERO for one in items), ZERO)


def planned(of: PresseroOrder, store: StorefrontParameters) -> Plan:
    made = make_plan(inputs(of, store))
    assert made.problems == ()
    return made


def terms(job: PlannedJob) -> dict[str, D]:
    found = TERMS.match(job.fields["amountToInvoice"].source.detail)
    assert found is not None, job.fields["amountToInvoice"].source.detail
    rest = D(found["rest"] or 0) * (-1 if found["sign"] == "-" else 1)
    return {name: D(found[name]) for name in ("price", "freight", "tax", "discount")} | {"rest": rest}


@MANY
@given(sensible_orders(), stores)
def test_the_parts_sum_up_to_their_job(of: PresseroOrder, store: StorefrontParameters) -> None:
    for job in planned(of, store).jobs:
        parts, told = [values(part.fields) for part in job.parts], terms(job)
        assert sum(part["quotedPrice"] for part in parts) == told["price"] + told["freight"]
        assert sum(part["freightAmt"] for part in parts) == told["freight"]
        total = told["price"] + told["freight"] + told["tax"] - told["discount"] + told["rest"]
        assert values(job.fields)["amountToInvoice"] == values(job.fields)["originalQuotedPrice"] == total


@MANY
@given(sensible_orders(), stores)
def test_with_nothing_denied_the_jobs_sum_up_to_the_order_and_the_freight_to_the_orders_freight(
    of: PresseroOrder, store: StorefrontParameters
) -> None:
    made = planned(of, store)
    if any(one.is_denied for one in of.items):
        return
    told = [terms(job) for job in made.jobs]
    freight, tax, discount = (sum(t[name] for t in told) for name in ("freight", "tax", "discount"))
    items = list(of.items)
    assert freight == _amount(of.shipping, items, "shipping")
    assert (tax, discount) == (_amount(of.tax, items, "tax"), _amount(of.discount, items, "discount"))
    total = sum(values(job.fields)["amountToInvoice"] for job in made.jobs)
    assert total == (
        of.total if of.total is not None else sum(i.price for i in items) + freight + tax - discount
    )


@MANY
@given(sensible_orders(), stores)
def test_nothing_is_negative_that_the_order_does_not_have_negative(
    of: PresseroOrder, store: StorefrontParameters
) -> None:
    for job in planned(of, store).jobs:
        assert values(job.fields)["amountToInvoice"] >= 0
        assert all(amount >= 0 for name, amount in terms(job).items() if name != "rest")
        for part in job.parts:
            assert all(
                values(part.fields)[name] >= 0
                for name in ("freightAmt", "quotedPrice", "originalQuotedPrice")
            )


@MANY
@given(sensible_orders())
def test_split_into_jobs_or_not_the_money_is_the_same(of: PresseroOrder) -> None:
    together, apart = (planned(of, storefront(one_job_per_item=split)) for split in (False, True))
    sums = [sum((values(j.fields)["amountToInvoice"] for j in made.jobs), ZERO) for made in (together, apart)]
    assert sums[0] == sums[1]


@MANY
@given(sensible_orders())
def test_a_denied_item_takes_exactly_its_share_with_it(of: PresseroOrder) -> None:
    """Sent and denied items together carry every amount of the order: what the denied ones have is in nobody's job."""
    from integrations.planning.findings import PlanFindings
    from integrations.planning.money import shares

    everything = shares(of, Kits(of), all_sent=False, findings=PlanFindings(1)).by_item
    freight = sum((money.freight for money in everything.values()), ZERO)
    if everything:
        assert freight == _amount(of.shipping, list(of.items), "shipping")
    for job in planned(of, storefront()).jobs:
        if len(job.parts) < len(everything):
            own = {part.item: values(part.fields)["quotedPrice"] for part in job.parts}
            assert own == {seq: everything[seq].part_price for seq in own}
