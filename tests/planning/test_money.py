"""Mapping rules 5, "Shares", and the amounts of jobs and parts."""

from decimal import Decimal as D

import pytest

from integrations.clients.schemas import PresseroItem, PresseroOrder
from integrations.planning.cents import spread_cents, to_cents
from integrations.planning.findings import PlanFindings
from integrations.planning.kits import Kits
from integrations.planning.money import ItemMoney, OrderMoney, shares, split_evenly
from tests.planning.builders import detail, item, order, plan, values


def shared(of: PresseroOrder, all_sent: bool = True) -> tuple[OrderMoney, PlanFindings]:
    findings = PlanFindings(of.number)
    return shares(of, Kits(of), all_sent=all_sent, findings=findings), findings


def freight(of: PresseroOrder) -> dict[int, str]:
    money, _ = shared(of)
    return {seq: str(entry.freight) for seq, entry in money.by_item.items()}


@pytest.mark.parametrize(
    ("cents", "weights", "expected"),
    [
        (1000, [1, 1, 1], [334, 333, 333]),  # ties to the first
        (5, [1, 1], [3, 2]),
        (100, [1, 2], [33, 67]),  # the larger remainder gets the cent
        (-1000, [1, 1, 1], [-334, -333, -333]),
        (1000, [0, 0], [500, 500]),
        (1000, [5, -30], [1000, 0]),
        (0, [1, 5], [0, 0]),
        (700, [1000, 1], [699, 1]),
        (500, [], []),
    ],
)
def test_spread_by_largest_remainder(cents: int, weights: list[int], expected: list[int]) -> None:
    assert spread_cents(cents, weights) == expected


@pytest.mark.parametrize(
    ("amount", "cents"),
    [("1.00", 100), ("0.004", 0), ("0.005", 1), ("0.015", 2), ("0.025", 3), ("-0.005", -1), ("-0.025", -3)],
)
def test_half_a_cent_is_rounded_away_from_zero(amount: str, cents: int) -> None:
    assert to_cents(D(amount)) == cents


class TestShares:
    def test_own_amounts_that_add_up_are_taken(self) -> None:
        assert freight(order(item(1, shipping="4.00"), item(2, shipping="6.00"), shipping="10.00")) == {
            1: "4.00",
            2: "6.00",
        }

    def test_what_is_left_is_spread_over_the_items_without_by_price(self) -> None:
        of = order(item(1, 50, shipping="4.00"), item(2, 30), item(3, 10), shipping="12.00")
        assert freight(of) == {1: "4.00", 2: "6.00", 3: "2.00"}

    def test_what_is_left_is_spread_over_all_when_none_is_left_without(self) -> None:
        of = order(item(1, 30, shipping="1.00"), item(2, 10, shipping="1.00"), shipping="10.00")
        assert freight(of) == {1: "7.00", 2: "3.00"}

    def test_by_quantity_when_all_prices_are_0(self) -> None:
        assert freight(order(item(1, 0, quantity=300), item(2, 0, quantity=100), shipping="8.00")) == {
            1: "6.00",
            2: "2.00",
        }

    def test_equally_when_there_is_neither_price_nor_quantity(self) -> None:
        assert freight(order(item(1, 0, quantity=0), item(2, 0, quantity=0), shipping="0.03")) == {
            1: "0.02",
            2: "0.01",
        }

    def test_ties_to_the_lower_item_number_whatever_the_order_of_the_list(self) -> None:
        assert freight(order(item(2), item(1), item(3), shipping="0.02")) == {1: "0.01", 2: "0.01", 3: "0.00"}

    def test_without_an_order_amount_the_items_keep_their_own(self) -> None:
        assert freight(order(item(1, shipping="4.00"), item(2))) == {1: "4.00", 2: "0.00"}

    def test_own_amounts_over_the_order_amount_are_noted_and_still_sum_up(self) -> None:
        of = order(item(1, shipping="8.00"), item(2, shipping="4.00"), shipping="10.00")
        assert freight(of) == {1: "7.00", 2: "3.00"}
        assert [note.message for note in shared(of)[1].notes] == [
            "Order 10234: the items' own amounts of shipping come to 12.00, OrderShipping is 10.00 (2.00 less). "
            "The item prices and the order's own amounts go to Pace."
        ]

    def test_own_amounts_over_the_order_amount_leave_no_item_with_less_than_nothing(self) -> None:
        # By price the 2.00 too much would be taken from item 1, which carries nothing.
        of = order(item(1, 100, shipping="0.00"), item(2, 0, shipping="12.00"), shipping="10.00")
        assert freight(of) == {1: "0.00", 2: "10.00"}
        of = order(item(1, 0, shipping="12.00"), item(2, 100), item(3, 0, shipping="4.00"), shipping="10.00")
        assert freight(of) == {1: "7.50", 2: "0.00", 3: "2.50"}

    def test_an_amount_that_the_order_has_below_zero_stays_below_zero(self) -> None:
        assert freight(order(item(1, 30), item(2, 10), shipping="-8.00")) == {1: "-6.00", 2: "-2.00"}

    def test_a_share_of_the_discount_leaves_no_item_below_zero(self) -> None:
        money, findings = shared(order(item(1, 10, discount="0.00"), item(2, 5), discount="10.00"))
        assert {seq: (m.discount, m.total) for seq, m in money.by_item.items()} == {
            1: (D("5.00"), D("5.00")),
            2: (D("5.00"), D("0.00")),
        }
        assert findings.notes[0].message == (
            "Order 10234, item 2: its share of the discount is 5.00 more than the item comes to; the other items take that"
        )

    def test_an_items_own_discount_over_its_price_stays_its_own(self) -> None:
        money, findings = shared(order(item(1, 10), item(2, 5, discount="7.00"), discount="7.00"))
        assert (money.of(2).total, findings.notes) == (D("-2.00"), ())

    def test_a_discount_of_more_than_the_order_stays_where_the_shares_put_it(self) -> None:
        money, _ = shared(order(item(1, 10), item(2, 5), discount="18.00"))
        assert [m.total for m in money.by_item.values()] == [D("-2.00"), D("-1.00")]

    def test_tax_and_discount_follow_the_same_rule(self) -> None:
        money, _ = shared(order(item(1, 30, tax="1.00"), item(2, 10), tax="3.00", discount="4.00"))
        assert [(m.tax, m.discount) for m in money.by_item.values()] == [
            (D("1.00"), D("3.00")),
            (D("2.00"), D("1.00")),
        ]

    def test_denied_items_take_their_share_with_them(self) -> None:
        made = plan(
            order(item(1, 30), item(2, 10, is_denied=True), shipping="8.00", tax="4.00", total="52.00")
        )
        job = values(made.jobs[0].fields)
        assert (job["originalQuotedPrice"], job["amountToInvoice"]) == (D("39.00"), D("39.00"))
        assert values(made.jobs[0].parts[0].fields)["freightAmt"] == D("6.00")


class TestKits:
    def test_a_child_takes_part_with_its_own_price(self) -> None:
        of = order(
            item(1, 0, is_kit=True),
            item(2, 30, parent=1),
            item(3, 10, parent=1),
            item(4, 40),
            shipping="8.00",
        )
        assert freight(of) == {2: "3.00", 3: "1.00", 4: "4.00"}

    def test_a_parents_price_and_amounts_go_to_its_children_by_their_cost(self) -> None:
        of = order(
            item(1, 80, is_kit=True, shipping="4.00"),
            item(2, 30, parent=1),
            item(3, 10, parent=1),
            subtotal="120.00",
        )
        money, _ = shared(of)
        assert [(m.price, m.freight) for m in money.by_item.values()] == [(D(90), D(3)), (D(30), D(1))]

    def test_children_without_cost_share_by_quantity(self) -> None:
        of = order(
            item(1, 100, is_kit=True, quantity=1),
            item(2, 0, parent=1, quantity=3),
            item(3, 0, parent=1, quantity=1),
            item(4, 100),
            shipping="8.00",
        )
        assert freight(of) == {2: "3.00", 3: "1.00", 4: "4.00"}

    def test_a_child_of_quantity_0_leaves_its_amounts_to_the_others(self) -> None:
        of = order(
            item(1, 0, is_kit=True), item(2, 10, parent=1), item(3, 5, parent=1, quantity=0), total="15.00"
        )
        money, findings = shared(of)
        assert {seq: m.total for seq, m in money.by_item.items()} == {2: D("15.00")}
        assert findings.notes == ()

    def test_kits_in_kits(self) -> None:
        items = (
            item(1, 10, is_kit=True),
            item(2, 10, is_kit=True, parent=1),
            item(3, 0, parent=2, quantity=5),
        )
        assert shared(order(*items, subtotal="20.00"))[0].of(3).price == D("20.00")
        assert shared(order(*items, subtotal="10.00"))[0].of(3).price == D("10.00")


KIT = (item(1, 60, is_kit=True), item(2, 40, parent=1), item(3, 20, parent=1))


def prices(*items: PresseroItem, subtotal: str | None) -> dict[int, str]:
    money, _ = shared(order(*items, subtotal=subtotal))
    return {seq: str(entry.price) for seq, entry in money.by_item.items()}


class TestKitPrices:
    """Whether a kit's own price already holds its children's is told by the order."""

    def test_a_kit_of_60_with_children_of_40_and_20_and_a_subtotal_of_60(self) -> None:
        assert prices(*KIT, subtotal="60.00") == {2: "40.00", 3: "20.00"}
        assert [note.message for note in shared(order(*KIT, subtotal="60.00"))[1].notes] == [
            "Order 10234, item 1: the kit's price 60.00 holds those of its components (60.00), because the kits and the "
            "items outside them make up the OrderSubtotal 60.00; it is shared out among them"
        ]

    def test_the_same_kit_where_the_subtotal_counts_everything(self) -> None:
        assert prices(*KIT, subtotal="120.00") == {2: "80.00", 3: "40.00"}
        assert shared(order(*KIT, subtotal="120.00"))[1].notes == ()

    def test_the_same_kit_without_a_subtotal_or_with_one_that_fits_nothing(self) -> None:
        assert prices(*KIT, subtotal=None) == {2: "40.00", 3: "20.00"}
        assert prices(*KIT, subtotal="77.00") == {2: "40.00", 3: "20.00"}

    def test_a_kit_without_a_price_is_worth_its_components(self) -> None:
        items = (item(1, 0, is_kit=True), item(2, 40, parent=1), item(3, 20, parent=1))
        for subtotal in (None, "60.00", "77.00"):
            assert prices(*items, subtotal=subtotal) == {2: "40.00", 3: "20.00"}

    def test_a_discounted_kit_is_shared_out_by_what_its_components_cost_alone(self) -> None:
        items = (item(1, 45, is_kit=True), item(2, 40, parent=1), item(3, 20, parent=1), item(4, 5))
        assert prices(*items, subtotal="50.00") == {2: "30.00", 3: "15.00", 4: "5.00"}

    def test_a_component_of_quantity_0_takes_nothing_of_a_kit_that_holds_it(self) -> None:
        items = (item(1, 60, is_kit=True), item(2, 40, parent=1), item(3, 20, parent=1, quantity=0))
        assert prices(*items, subtotal="60.00") == {2: "60.00"}

    def test_a_kit_in_a_kit_is_shared_out_twice(self) -> None:
        items = (
            item(1, 100, is_kit=True),
            item(2, 0, is_kit=True, parent=1),
            item(3, 30, parent=2),
            item(4, 30, parent=2),
            item(5, 40, parent=1),
        )
        assert prices(*items, subtotal="100.00") == {3: "30.00", 4: "30.00", 5: "40.00"}

    def test_freight_follows_the_price_that_a_component_really_has(self) -> None:
        of = order(*KIT, item(4, 60), subtotal="120.00", shipping="12.00", total="132.00")
        assert freight(of) == {2: "4.00", 3: "2.00", 4: "6.00"}
        [job] = plan(of).jobs
        assert values(job.fields)["amountToInvoice"] == D("132.00")

    def test_the_lineage_says_how_a_component_came_to_its_price(self) -> None:
        [job] = plan(order(*KIT, subtotal="60.00")).jobs
        assert "its share 40.00 by price of the price 60.00 of its kit, item 1" in detail(
            job.parts[0].fields, "quotedPrice"
        )


class TestMoneyThatDoesNotAddUp:
    def test_item_prices_that_do_not_make_up_the_subtotal(self) -> None:
        of = order(item(1, 30), item(2, 10), subtotal="45.00", total="45.00")
        assert [note.message for note in plan(of).notes] == [
            "Order 10234: the item prices come to 40.00, OrderSubtotal is 45.00 (5.00 more); item prices + freight + tax - "
            "discount come to 40.00, OrderTotal is 45.00 (5.00 more). The OrderTotal 45.00 goes to Pace; the difference of "
            "5.00 is spread over the items."
        ]

    def test_only_the_subtotal_is_wrong(self) -> None:
        of = order(item(1, 30), item(2, 10), subtotal="39.99", total="40.00")
        assert [note.message for note in plan(of).notes] == [
            "Order 10234: the item prices come to 40.00, OrderSubtotal is 39.99 (0.01 less). The item prices and the "
            "order's own amounts go to Pace."
        ]

    def test_every_item_has_its_own_tax_and_they_are_not_the_orders(self) -> None:
        of = order(item(1, 30, tax="1.00"), item(2, 10, tax="1.00"), tax="3.00")
        [note] = plan(of).notes
        assert "the items' own amounts of tax come to 2.00, OrderTax is 3.00 (1.00 more)" in note.message

    def test_an_order_that_adds_up_says_nothing(self) -> None:
        of = order(
            item(1, 30, tax="1.00"), item(2, 10), subtotal="40.00", tax="3.00", shipping="5.00", discount="2.00",
            total="46.00",
        )  # fmt: skip
        assert plan(of).notes == ()


class TestJobTotal:
    def test_one_job_and_nothing_denied_is_exactly_the_orders_total(self) -> None:
        job = plan(
            order(item(1, "96.50"), item(2, "125.00"), shipping="24.80", tax="18.27", total="264.57")
        ).jobs[0]
        assert values(job.fields)["originalQuotedPrice"] == D("264.57")
        assert detail(job.fields, "amountToInvoice") == (
            "items 1, 2: 221.50 price + 24.80 freight + 18.27 tax - 0.00 discount = OrderTotal"
        )

    def test_a_total_that_is_not_the_sum_of_its_terms_wins(self) -> None:
        made = plan(order(item(1, 30), item(2, 10), total="41.00"))
        assert values(made.jobs[0].fields)["amountToInvoice"] == D("41.00")
        assert "+ 1.00 share of the order total's difference" in detail(
            made.jobs[0].fields, "amountToInvoice"
        )
        assert [note.message for note in made.notes] == [
            "Order 10234: item prices + freight + tax - discount come to 40.00, OrderTotal is 41.00 (1.00 more). "
            "The OrderTotal 41.00 goes to Pace; the difference of 1.00 is spread over the items."
        ]

    def test_several_jobs_sum_up_to_the_orders_total(self) -> None:
        from tests.planning.builders import storefront

        of = order(
            item(1, "10.00", files=("a.pdf", "b.pdf", "c.pdf")),
            item(2, "0.01"),
            shipping="1.00",
            total="11.05",
        )
        jobs = plan(of, storefront(one_job_per_item=True)).jobs
        assert sum(values(job.fields)["amountToInvoice"] for job in jobs) == D("11.05")

    def test_with_a_denied_item_the_total_is_not_forced(self) -> None:
        made = plan(order(item(1, 30), item(2, 10, is_denied=True), total="99.00"))
        assert values(made.jobs[0].fields)["amountToInvoice"] == D("30.00")
        assert "As not every item is sent" in made.notes[0].message

    def test_without_an_order_total_the_terms_are_added_up(self) -> None:
        made = plan(order(item(1, 30), shipping="5.00", tax="1.00", discount="2.00"))
        assert values(made.jobs[0].fields)["amountToInvoice"] == D("34.00")

    def test_a_free_order(self) -> None:
        of = order(item(1, 10), item(2, 10, shipping="10.00"), shipping="10.00", total="0.00")
        assert values(plan(of).jobs[0].fields)["amountToInvoice"] == D("0.00")

    def test_free_items(self) -> None:
        job = plan(order(item(1, 0), item(2, 0), total="0.00")).jobs[0]
        assert [values(part.fields)["quotedPrice"] for part in job.parts] == [D("0.00"), D("0.00")]


class TestSplitEvenly:
    def test_to_the_cent_with_odd_cents_to_the_first_jobs(self) -> None:
        jobs = split_evenly(ItemMoney(price=D("10.00"), freight=D("0.02"), tax=D("1.00")), 3)
        assert [(str(m.price), str(m.freight), str(m.tax)) for m in jobs] == [
            ("3.34", "0.01", "0.34"),
            ("3.33", "0.01", "0.33"),
            ("3.33", "0.00", "0.33"),
        ]

    def test_a_discount_of_everything_leaves_no_job_below_zero(self) -> None:
        jobs = split_evenly(ItemMoney(price=D("0.01"), freight=D("0.01"), discount=D("0.02")), 2)
        assert [job.total for job in jobs] == [D("0.00"), D("0.00")]

    def test_what_is_taken_away_goes_around_the_jobs_so_that_none_is_below_zero(self) -> None:
        jobs = split_evenly(ItemMoney(price=D("0.02"), discount=D("0.01"), adjustment=D("-0.01")), 2)
        assert [(job.price, job.discount, job.adjustment) for job in jobs] == [
            (D("0.01"), D("0.01"), D("0.00")),
            (D("0.01"), D("0.00"), D("-0.01")),
        ]

    def test_what_is_added_goes_around_the_jobs_too(self) -> None:
        jobs = split_evenly(
            ItemMoney(price=D("0.01"), freight=D("0.01"), tax=D("0.01"), discount=D("0.03")), 3
        )
        assert [(job.price, job.freight, job.tax, job.discount) for job in jobs] == [
            (D("0.01"), D("0.00"), D("0.00"), D("0.01")),
            (D("0.00"), D("0.01"), D("0.00"), D("0.01")),
            (D("0.00"), D("0.00"), D("0.01"), D("0.01")),
        ]

    def test_one_job_has_all_of_it(self) -> None:
        money = ItemMoney(price=D("10.00"), discount=D("12.00"), freight_how="its own Shipping 0.00")
        assert split_evenly(money, 1) == [money]
