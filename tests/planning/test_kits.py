"""Mapping rules 5, "Kits", beside shares (test_money.py) and parts (test_parts.py): whole plans, both modes."""

from datetime import date
from decimal import Decimal as D
from typing import Any

import pytest

from integrations.clients.schemas import Address, PresseroOrder
from integrations.planning.kits import Kits
from integrations.planning.plan_types import Plan
from tests.planning.builders import PEORIA, SPRINGFIELD, detail, item, order, plan, storefront, values

split = storefront(one_job_per_item=True)
FREE = Address()


def welcome_kit(**more: Any) -> PresseroOrder:
    """A kit of 80.00 with components of 30.00 and 10.00 and one of quantity 0, beside a plain item of 40.00."""
    return order(
        item(1, 80, is_kit=True, files=("kit.pdf",), notes="Assemble."),
        item(2, 30, parent=1, quantity=3, ship_to=FREE, method_name="", files=("a.pdf", "b.pdf")),
        item(3, 10, parent=1, quantity=6, ship_to=FREE, method_name=""),
        item(4, 0, parent=1, quantity=0),
        item(5, 40),
        **{"subtotal": "160.00", "shipping": "8.00", "tax": "4.00", "total": "172.00", **more},
    )


def prices(made: Plan) -> list[tuple[str, D]]:
    return [(job.unit, values(job.fields)["amountToInvoice"]) for job in made.jobs]


class TestOneJob:
    made = plan(welcome_kit())

    def test_each_component_with_a_quantity_is_a_part_with_its_own_quantity_and_cost(self) -> None:
        [job] = self.made.jobs
        assert [(p.number, p.item, values(p.fields)["qtyOrdered"]) for p in job.parts] == [
            ("01", 2, 3),
            ("02", 3, 6),
            ("03", 5, 500),
        ]
        # The kit's 80.00 by 30 : 10; shipping 8.00 by 80 : 30 : 10 : 40, the kit's 4.00 again by 30 : 10.
        assert [values(p.fields)["quotedPrice"] for p in job.parts] == [D("94.50"), D("31.50"), D("42.00")]

    def test_the_parents_own_price_is_in_the_lineage_of_each_component(self) -> None:
        parts = self.made.jobs[0].parts
        assert "60.00 of the price 80.00 of its kit, item 1" in detail(parts[0].fields, "quotedPrice")
        assert "20.00 of the price 80.00 of its kit, item 1" in detail(parts[1].fields, "quotedPrice")
        assert "kit" not in detail(parts[2].fields, "quotedPrice")

    def test_the_job_is_exactly_the_order(self) -> None:
        assert prices(self.made) == [("order", D("172.00"))]

    def test_the_job_stands_for_the_kit_too(self) -> None:
        assert self.made.jobs[0].items == (1, 2, 3, 5)

    def test_components_ship_where_their_kit_does(self) -> None:
        [shipment] = self.made.jobs[0].shipments
        assert (shipment.parts, values(shipment.fields)["quantity"]) == (("01", "02", "03"), 509)

    def test_a_component_with_an_address_of_its_own_goes_there(self) -> None:
        of = order(
            item(1, 9, is_kit=True), item(2, parent=1, ship_to=FREE), item(3, parent=1, ship_to=SPRINGFIELD)
        )
        cities = [values(shipment.fields)["city"] for shipment in plan(of).jobs[0].shipments]
        assert cities == [PEORIA.city, SPRINGFIELD.city]


class TestSplitMode:
    made = plan(welcome_kit(), split)

    def test_each_component_is_split_by_its_own_files(self) -> None:
        assert [job.unit for job in self.made.jobs] == ["2-1", "2-2", "3-1", "5-1"]

    def test_a_kits_price_is_spread_over_its_components_and_then_over_their_jobs(self) -> None:
        assert prices(self.made) == [
            ("2-1", D("48.38")),
            ("2-2", D("48.37")),
            ("3-1", D("32.25")),
            ("5-1", D("43.00")),
        ]
        assert sum(price for _, price in prices(self.made)) == D("172.00")

    def test_the_kits_files_go_to_the_first_job_of_its_first_component(self) -> None:
        files = {job.unit: [(f.item, f.number) for f in job.parts[0].files] for job in self.made.jobs}
        assert files == {"2-1": [(2, 1), (1, 1)], "2-2": [(2, 2)], "3-1": [], "5-1": []}

    def test_the_kits_own_files_make_no_job(self) -> None:
        of = order(item(1, 0, is_kit=True, files=("a.pdf", "b.pdf", "c.pdf")), item(2, parent=1))
        assert [job.unit for job in plan(of, split).jobs] == ["2-1"]


class TestDenied:
    def test_a_denied_component_takes_its_share_of_the_kits_price_with_it(self) -> None:
        items = (item(1, 80, is_kit=True), item(2, 30, parent=1), item(3, 10, parent=1, is_denied=True))
        assert prices(plan(order(*items, subtotal="120.00"))) == [("order", D("90.00"))]
        assert prices(plan(order(*items, subtotal="80.00"))) == [("order", D("60.00"))]

    def test_a_denied_kit_takes_its_components_with_it(self) -> None:
        of = order(item(1, 80, is_kit=True, is_denied=True), item(2, 30, parent=1), item(3, 10))
        assert prices(plan(of)) == [("order", D("10.00"))]


def test_components_of_quantity_0_are_left_out_with_a_note() -> None:
    assert [note.message for note in plan(welcome_kit()).left_out] == [
        "item 4 (Product 4) is left out: it is a component of a kit with quantity 0"
    ]


def test_a_kit_in_a_kit() -> None:
    of = order(
        item(1, 10, is_kit=True),
        item(2, 10, is_kit=True, parent=1),
        item(3, 0, parent=2, quantity=5),
        item(4, 1),
        subtotal="21.00",
    )
    [job] = plan(of).jobs
    assert [(p.item, values(p.fields)["quotedPrice"]) for p in job.parts] == [(3, D("20.00")), (4, D("1.00"))]
    assert job.items == (1, 2, 3, 4)


def test_the_notes_of_a_kit_come_before_those_of_its_component() -> None:
    of = order(
        item(1, 0, is_kit=True, notes="Assemble."),
        item(2, parent=1, notes="Fold.", product_integration_id="BC-TPL"),
        item(3, parent=1, notes="Trim.", product_integration_id="BRO-TPL"),
    )
    assert values(plan(of).jobs[0].fields)["description2"] == "Assemble.\nFold.\nTrim."


class TestTrees:
    """A kit of items 2 and 3; item 3 is a kit itself, of items 4 and 5. Item 5 has the quantity 0."""

    of = order(
        item(1, is_kit=True),
        item(2, parent=1),
        item(3, is_kit=True, parent=1),
        item(4, parent=3),
        item(5, parent=3, quantity=0),
        item(6),
    )
    kits = Kits(of)

    def seqs(self, items: Any) -> list[int]:
        return [one.seq for one in items]

    def test_the_kits_of_an_item_are_named_from_the_nearest(self) -> None:
        found = {one.seq: self.seqs(self.kits.ancestors(one)) for one in self.of.items}
        assert found == {1: [], 2: [1], 3: [1], 4: [3, 1], 5: [3, 1], 6: []}

    def test_a_kit_consists_of_what_the_kits_inside_it_consist_of(self) -> None:
        assert self.seqs(self.kits.components(self.of.items[0])) == [2, 4, 5]
        assert self.seqs(self.kits.parts_below(self.of.items[0])) == [2, 4]

    def test_what_is_no_kit_and_has_a_quantity_is_a_part(self) -> None:
        assert self.seqs(self.kits.parts()) == [2, 4, 6]

    def test_kits_come_before_the_kits_inside_them(self) -> None:
        of = order(item(1, is_kit=True, parent=2), item(2, is_kit=True), item(3, parent=1))
        assert self.seqs(Kits(of).parents_first()) == [2, 1]

    def test_an_item_that_others_name_as_their_parent_is_a_kit(self) -> None:
        of = order(item(1), item(2, parent=1))
        assert [Kits(of).is_kit(one) for one in of.items] == [True, False]

    def test_a_parent_that_is_not_in_the_order_is_none(self) -> None:
        of = order(item(1, parent=9))
        assert self.seqs(Kits(of).parts()) == [1]

    @pytest.mark.parametrize("circle", [(1,), (2, 1), (2, 3, 1)])
    def test_a_chain_of_parents_in_a_circle_ends(self, circle: tuple[int, ...]) -> None:
        of = order(*(item(seq, parent=parent) for seq, parent in enumerate(circle, start=1)))
        assert all(len(Kits(of).ancestors(one)) < len(circle) for one in of.items)


class TestWhatAComponentLeavesToItsKit:
    def completed(self, kit: dict[str, Any], component: dict[str, Any]) -> Any:
        free = {"ship_to": FREE, "method_name": "", **component}
        of = order(item(1, is_kit=True, **kit), item(2, parent=1, **free))
        return Kits(of).completed(of.items[1])

    @pytest.mark.parametrize(
        ("name", "of_kit", "of_component"),
        [
            ("ship_to", PEORIA, SPRINGFIELD),
            ("requested_ship_date", date(2026, 3, 20), date(2026, 3, 19)),
            ("po_number", "PO 1", "PO 2"),
        ],
    )
    def test_its_own_counts_else_the_kits(self, name: str, of_kit: Any, of_component: Any) -> None:
        assert getattr(self.completed({name: of_kit}, {}), name) == of_kit
        assert getattr(self.completed({name: of_kit}, {name: of_component}), name) == of_component

    @pytest.mark.parametrize(
        ("own", "method"),
        [
            ({}, ("Ground", "g")),
            ({"method_name": "Air"}, ("Air", "")),
            ({"method_id": "a"}, ("", "a")),
            ({"method_name": "Air", "method_id": "a"}, ("Air", "a")),
        ],
    )
    def test_name_and_id_of_the_method_go_together(
        self, own: dict[str, str], method: tuple[str, str]
    ) -> None:
        found = self.completed({"method_name": "Ground", "method_id": "g"}, own)
        assert (found.method_name, found.method_id) == method
