"""Mapping rules 5, "Shares", and the amounts of jobs and parts."""

from decimal import Decimal as D
from typing import Any

import pytest

from integrations.clients.schemas import Order
from integrations.planning.findings import Findings
from integrations.planning.kits import Kits
from integrations.planning.money import ItemMoney, OrderMoney, shares, split_evenly, spread
from tests.planning.builders import detail, item, order, plan, values


def shared(of: Order, all_sent: bool = True) -> tuple[OrderMoney, Findings]:
    findings = Findings(of.number)
    return shares(of, Kits(of), all_sent=all_sent, findings=findings), findings


def freight(of: Order) -> dict[int, str]:
    money, _ = shared(of)
    return {seq: str(entry.freight) for seq, entry in money.by_item.items()}


@pytest.mark.parametrize(
    ("amount", "weights", "expected"),
    [
        ("10.00", [1, 1, 1], ["3.34", "3.33", "3.33"]),  # ties to the first
        ("0.05", [1, 1], ["0.03", "0.02"]),
        ("1.00", [1, 2], ["0.33", "0.67"]),  # the larger remainder gets the cent
        ("-10.00", [1, 1, 1], ["-3.34", "-3.33", "-3.33"]),
        ("10.00", [0, 0], ["5.00", "5.00"]),
        ("10.00", [D("0.5"), D("-3")], ["10.00", "0.00"]),
        ("0.00", [1, 5], ["0.00", "0.00"]),
        ("7.00", [D("1E+2"), D("0.1")], ["6.99", "0.01"]),
        ("5.00", [], []),
    ],
)
def test_spread_by_largest_remainder(amount: str, weights: list[D | int], expected: Any) -> None:
    assert [str(share) for share in spread(D(amount), weights)] == expected


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
        assert "more than the OrderShipping" in shared(of)[1].notes[0].message

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

    def test_fractions_of_a_cent_are_rounded_and_noted(self) -> None:
        money, findings = shared(order(item(1, "10.005"), shipping="1.005"))
        assert (money.of(1).price, money.of(1).freight) == (D("10.01"), D("1.01"))
        assert [note.field for note in findings.notes] == ["OrderShipping", "Price"]


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
        of = order(item(1, 80, is_kit=True, shipping="4.00"), item(2, 30, parent=1), item(3, 10, parent=1))
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
        of = order(
            item(1, 10, is_kit=True), item(2, 10, is_kit=True, parent=1), item(3, 0, parent=2, quantity=5)
        )
        assert shared(of)[0].of(3).price == D("20.00")


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
        assert "the difference of 1.00 is spread over the items" in made.notes[0].message

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
        assert "as not every item is sent" in made.notes[0].message

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
