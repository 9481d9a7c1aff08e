"""What holds for the money of every order (docs/mapping.md §12)."""

from dataclasses import replace
from decimal import Decimal as D

from hypothesis import given, settings
from hypothesis import strategies as st

from integrations.clients.schemas import PresseroItem, PresseroOrder
from integrations.planning.cents import spread_cents
from integrations.planning.money import ItemMoney, split_evenly
from integrations.planning.plan import make_plan
from integrations.planning.plan_types import Plan, StorefrontParameters
from tests.planning.builders import inputs, item, order, storefront, values

MANY = settings(max_examples=600, deadline=None)
cents = st.integers(0, 99_999).map(lambda n: D(n) / 100)
maybe = st.none() | cents


@st.composite
def orders(draw: st.DrawFn, deny: bool = False, consistent: bool = False) -> PresseroOrder:
    """Orders with plain items, kits, files, own amounts or none.

    `consistent`: no item carries more than its order does, no discount is over the prices, no total is given.
    """
    own = st.none() if consistent else maybe
    items: list[PresseroItem] = []
    kit: int | None = None
    for seq in range(1, draw(st.integers(1, 7)) + 1):
        role = draw(st.sampled_from(["plain", "plain", "kit", "child"]))
        child = role == "child" and kit is not None
        is_kit = role == "kit"
        items.append(
            item(
                seq,
                draw(cents | st.just(D(0))),
                quantity=draw(st.integers(0 if child else 1, 5000)),
                shipping=draw(own),
                tax=draw(own),
                discount=draw(own),
                files=tuple(f"f{n}.pdf" for n in range(draw(st.integers(0, 3)))),
                is_kit=is_kit,
                parent=kit if child else None,
                is_denied=deny and draw(st.booleans()),
            )
        )
        if is_kit:
            kit = seq
            items.append(item(100 + seq, draw(cents), parent=seq, quantity=draw(st.integers(1, 9))))
    top = sum((i.price for i in items), D(0))
    discount = draw(st.integers(0, 100)) * top / 100 if consistent else draw(maybe)
    # The subtotal says that every price counts: a kit's comes on top of those of its components.
    return order(
        *items,
        subtotal=top,
        shipping=draw(cents if consistent else maybe),
        tax=draw(cents if consistent else maybe),
        discount=discount.quantize(D("0.01")) if discount is not None else None,
        total=None if consistent else draw(maybe),
    )


stores = st.builds(storefront, one_job_per_item=st.booleans())


def planned(of: PresseroOrder, store: StorefrontParameters | None) -> Plan:
    made = make_plan(inputs(of, store))
    assert made.problems == ()
    return made


@MANY
@given(st.integers(-(10**7), 10**7), st.lists(st.integers(-5, 10**6), min_size=1, max_size=40))
def test_spread_is_exact_and_fair(amount: int, weights: list[int]) -> None:
    shares = spread_cents(amount, weights)
    assert sum(shares) == amount
    assert all(share * amount >= 0 for share in shares)
    total = sum(max(weight, 0) for weight in weights)
    for share, weight in zip(shares, weights, strict=True):
        fair = D(amount) * max(weight, 0) / total if total else D(amount) / len(weights)
        assert abs(share - fair) < 1


@MANY
@given(cents, cents, cents, st.integers(0, 300), st.integers(1, 9))
def test_an_even_split_is_exact_and_never_below_zero(
    price: D, freight: D, tax: D, percent: int, jobs: int
) -> None:
    discount = min((price * percent / 100).quantize(D("0.01")), price + freight + tax)
    money = ItemMoney(price, freight, tax, discount)
    split = split_evenly(money, jobs)
    assert sum(m.total for m in split) == money.total
    for name in ("price", "freight", "tax", "discount"):
        parts = [getattr(m, name) for m in split]
        assert sum(parts) == getattr(money, name)
        assert max(parts) - min(parts) <= D("0.01")
    assert all(m.total >= 0 for m in split)


@MANY
@given(orders(), stores)
def test_the_jobs_sum_up_to_the_order(of: PresseroOrder, store: StorefrontParameters) -> None:
    made = planned(of, store)
    jobs = [values(job.fields) for job in made.jobs]
    total = sum((job["amountToInvoice"] for job in jobs), D(0))
    assert all(job["amountToInvoice"] == job["originalQuotedPrice"] for job in jobs)
    if of.total is not None:
        assert total == of.total
    parts = [values(part.fields) for job in made.jobs for part in job.parts]
    freight = sum((part["freightAmt"] for part in parts), D(0))
    if of.shipping is not None:
        assert freight == of.shipping
    else:
        assert freight == sum((i.shipping or D(0) for i in of.items), D(0))
    assert sum((part["quotedPrice"] for part in parts), D(0)) - freight == sum(
        (i.price for i in of.items), D(0)
    )


@MANY
@given(orders(consistent=True), stores)
def test_the_parts_and_the_order_amounts_make_the_job_and_nothing_is_below_zero(
    of: PresseroOrder, store: StorefrontParameters
) -> None:
    made = planned(of, store)
    parts = [values(part.fields) for job in made.jobs for part in job.parts]
    jobs = [values(job.fields)["amountToInvoice"] for job in made.jobs]
    assert sum(jobs) == sum(part["quotedPrice"] for part in parts) + of.tax - of.discount
    assert all(part[name] >= 0 for part in parts for name in ("freightAmt", "quotedPrice"))
    assert all(job >= 0 for job in jobs)
    assert all(amount == amount.quantize(D("0.01")) for amount in jobs)


@MANY
@given(orders(deny=True))
def test_sent_and_denied_items_together_carry_the_orders_freight(of: PresseroOrder) -> None:
    """What a denial takes away is what the item would have had with nothing denied."""
    from dataclasses import replace

    nothing_denied = replace(of, items=tuple(replace(i, is_denied=False, is_approved=True) for i in of.items))
    full = {
        part.item: values(part.fields)["freightAmt"] for part in planned(nothing_denied, None).jobs[0].parts
    }
    made = make_plan(inputs(of))
    sent = {part.item: values(part.fields)["freightAmt"] for job in made.jobs for part in job.parts}
    assert sent == {seq: full[seq] for seq in sent}


@MANY
@given(orders(), stores)
def test_where_kits_hold_their_components_the_parts_make_up_the_subtotal(
    of: PresseroOrder, store: StorefrontParameters
) -> None:
    outside = sum((i.price for i in of.items if not i.parent_id), D(0))
    of = replace(of, subtotal=outside)
    parts = [values(part.fields) for job in planned(of, store).jobs for part in job.parts]
    assert sum((part["quotedPrice"] - part["freightAmt"] for part in parts), D(0)) == outside
