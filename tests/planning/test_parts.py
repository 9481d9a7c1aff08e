"""Mapping rules 5 and 6: parts, their files and templates."""

from decimal import Decimal as D
from typing import Any

import pytest

from integrations.causes import CauseKind
from integrations.clients.schemas import PresseroItem
from integrations.planning.files import job_number_for
from integrations.planning.parts import LARGEST_FILE_SIZE, LARGEST_QUANTITY
from integrations.planning.plan import make_plan
from integrations.planning.plan_types import PlannedPart, PlannedValue, SourceKind
from mappings.types import MappingTable, ProductRow
from tests.planning.builders import detail, file, inputs, item, order, plan, problems, storefront, values


def parts(*items: PresseroItem, **more: Any) -> tuple[PlannedPart, ...]:
    return plan(order(*items, **more)).jobs[0].parts


def test_numbers_follow_the_item_numbers() -> None:
    assert [(part.number, part.item) for part in parts(item(5), item(2), item(9))] == [
        ("01", 2),
        ("02", 5),
        ("03", 9),
    ]


def test_quantity_in_pieces() -> None:
    assert values(parts(item(quantity=1000))[0].fields)["qtyOrdered"] == 1000


def test_description() -> None:
    assert values(parts(item())[0].fields)["description"] == "10234 - Example CU Store"


def test_price_and_freight() -> None:
    fields = parts(item(1, "96.50", shipping="12.40"), shipping="12.40", tax="9.00")[0].fields
    assert values(fields)["originalQuotedPrice"] == values(fields)["quotedPrice"] == D("108.90")
    assert values(fields)["freightAmt"] == D("12.40")
    assert detail(fields, "quotedPrice") == "item 1: 96.50 price + 12.40 freight share"
    assert detail(fields, "freightAmt") == "item 1: its own Shipping 12.40"


def test_pricing_parameters_one_a_line() -> None:
    fields = parts(item(options=(("Paper", "14pt"), ("Sides", "2"))))[0].fields
    assert values(fields)["additionalDescription"] == "Paper: 14pt\nSides: 2"
    assert "additionalDescription" not in parts(item())[0].fields


class TestFiles:
    def test_the_first_file_stands_on_the_part(self) -> None:
        fields = values(parts(item(files=(file("a.PDF", size=120345), "b.ai")))[0].fields)
        assert {name: value for name, value in fields.items() if name.startswith("pace")} == {
            "paceConnectFileName": "a.PDF",
            "paceConnectURL": "https://files.example.com/a.PDF",
            "paceConnectFileType": "PDF",
            "paceConnectFileSize": "120345",
        }

    def test_every_file_is_a_content_file(self) -> None:
        part = parts(item(files=(file("a.pdf", size=7), file("b.ai", size=None))))[0]
        assert [(f.item, f.number, values(f.fields)) for f in part.files] == [
            (
                1,
                1,
                {
                    "fileName": "a.pdf",
                    "fileUrl": "https://files.example.com/a.pdf",
                    "customer": "HOUSE",
                    "fileSize": 7,
                },
            ),
            (1, 2, {"fileName": "b.ai", "fileUrl": "https://files.example.com/b.ai", "customer": "HOUSE"}),
        ]

    def test_without_files_nothing_is_sent(self) -> None:
        part = parts(item())[0]
        assert part.files == () and not any(name.startswith("pace") for name in part.fields)

    def test_a_file_without_a_link_waits_and_keeps_its_number(self) -> None:
        from integrations.clients.schemas import OrderFile

        made = plan(order(item(files=(OrderFile("a.pdf", ""), file("b.pdf")))))
        part = made.jobs[0].parts[0]
        assert [f.number for f in part.files] == [2]
        assert values(part.fields)["paceConnectFileName"] == "b.pdf"
        [note] = made.notes
        assert "has no link yet" in note.message
        assert note.item == 1

    def test_a_file_with_an_unsafe_link_is_left_out_with_a_note(self) -> None:
        made = plan(order(item(1), item(2, files=(file("a.pdf", "https://10.0.0.1/a.pdf"), file("b.pdf")))))
        part = made.jobs[0].parts[1]
        assert [f.number for f in part.files] == [2]
        [note] = made.notes
        assert (note.item, note.field) == (2, "fileUrl")
        assert "a.pdf" in note.message and "leads into an internal network (10.0.0.1)" in note.message

    def test_a_host_that_is_allowed_is_no_internal_one(self) -> None:
        store = storefront(internal_file_hosts=("10.0.0.1",))
        made = plan(order(item(files=(file("a.pdf", "https://10.0.0.1/a.pdf"),))), store)
        assert ([f.number for f in made.jobs[0].parts[0].files], made.notes) == ([1], ())

    @pytest.mark.parametrize(("size", "noted"), [(LARGEST_FILE_SIZE, []), (LARGEST_FILE_SIZE + 1, [2])])
    def test_a_size_that_pace_cannot_count_is_left_out_with_a_note(self, size: int, noted: list[int]) -> None:
        made = plan(order(item(1), item(2, files=(file("a.pdf", size=size),))))
        assert [note.item for note in made.notes if "is larger than Pace can count" in note.message] == noted
        assert ("fileSize" in made.jobs[0].parts[1].files[0].fields) == (not noted)

    def test_a_file_without_a_name_is_called_as_its_link_ends(self) -> None:
        part = parts(item(files=(file("", "https://x.example.com/d/my%20card.pdf?sig=1"),)))[0]
        assert values(part.fields)["paceConnectFileName"] == "my card.pdf"

    def test_a_later_file_goes_to_its_own_job_or_the_last(self) -> None:
        assert [job_number_for(number, [1, 2]) for number in (1, 2, 3, 9)] == [1, 2, 2, 2]


class TestKits:
    def test_the_parent_is_no_part_and_children_of_quantity_0_are_left_out(self) -> None:
        made = plan(
            order(
                item(1, 0, is_kit=True), item(2, 30, parent=1, quantity=3), item(3, 9, parent=1, quantity=0)
            )
        )
        [part] = made.jobs[0].parts
        assert (part.item, values(part.fields)["qtyOrdered"]) == (2, 3)
        assert [note.item for note in made.left_out] == [3]

    def test_a_price_of_the_parent_is_told_in_the_childs_price(self) -> None:
        items = (item(1, 80, is_kit=True), item(2, 30, parent=1), item(3, 10, parent=1))
        fields = plan(order(*items, subtotal="120.00")).jobs[0].parts[0].fields
        assert values(fields)["quotedPrice"] == D("90.00")
        assert "60.00 of the price 80.00 of its kit, item 1" in detail(fields, "quotedPrice")

    def test_a_child_without_address_goes_where_its_kit_goes(self) -> None:
        from integrations.clients.schemas import Address

        of = order(item(1, is_kit=True), item(2, parent=1, ship_to=Address(), method_name=""))
        [shipment] = plan(of).jobs[0].shipments
        assert values(shipment.fields)["city"] == "Peoria"

    def test_a_kit_of_nothing_is_a_problem(self) -> None:
        [message] = problems(order(item(1), item(2, is_kit=True), item(3, parent=2, quantity=0)))
        assert message.startswith("Order 10234, item 2: the kit has no component with a quantity over 0")

    def test_the_kits_files_go_to_its_first_part_that_is_sent(self) -> None:
        of = order(
            item(1, is_kit=True, files=("kit.pdf",)),
            item(2, parent=1, is_denied=True),
            item(3, parent=1, files=("a.pdf",)),
        )
        assert [(f.item, f.number) for f in plan(of).jobs[0].parts[0].files] == [(3, 1), (1, 1)]


class TestTemplates:
    """The order of the rows is tested with the mappings; here: what the plan asks and what it does with the answer."""

    def template(self, of_item: PresseroItem, *rows: ProductRow) -> PlannedValue | None:
        return (
            plan(order(of_item), table=MappingTable(products=rows))
            .jobs[0]
            .parts[0]
            .fields.get("itemTemplate")
        )

    @pytest.mark.parametrize(
        ("match", "product"), [("id", "PRODUCT-1"), ("part_number", "bc14"), ("name", " product 1 ")]
    )
    def test_by_id_part_number_or_name(self, match: str, product: str) -> None:
        found = self.template(item(part_number="BC14"), ProductRow(12, None, product, match, "BC-TPL"))
        assert found is not None
        assert (found.value, found.source.kind, found.source.mapping, found.source.row_id) == (
            "BC-TPL",
            SourceKind.MAPPING,
            "products",
            12,
        )

    def test_else_the_products_integration_id(self) -> None:
        found = self.template(item(product_integration_id="BRO-TPL"))
        assert found is not None
        assert (found.value, found.source.kind) == ("BRO-TPL", SourceKind.PRESSERO)

    def test_else_none(self) -> None:
        assert self.template(item()) is None

    def test_one_that_pace_does_not_have_is_a_problem(self) -> None:
        [message] = problems(order(item(product_integration_id="NOPE")))
        assert message.startswith(
            'Order 10234, item 1: Pace has no item template "NOPE" for the product "Product 1"'
        )


@pytest.mark.parametrize(
    ("quantity", "words"),
    [(0, "is not over 0"), (-5, "is not over 0"), (2**31, "is more than Pace can hold")],
)
def test_an_impossible_quantity_is_a_problem(quantity: int, words: str) -> None:
    assert problems(order(item(1), item(2, quantity=quantity))) == [
        f"Order 10234, item 2: the quantity {quantity} {words}. Correct the quantity in Pressero."
    ]


@pytest.mark.parametrize(("quantity", "subject"), [(0, "not_positive"), (LARGEST_QUANTITY + 1, "too_large")])
def test_the_problem_of_a_quantity_names_item_and_cause(quantity: int, subject: str) -> None:
    [problem] = make_plan(inputs(order(item(1), item(2, quantity=quantity)))).problems
    assert (problem.field, problem.item) == ("qtyOrdered", 2)
    assert problem.cause == CauseKind.QUANTITY.of(subject)


@pytest.mark.parametrize("quantity", [1, LARGEST_QUANTITY])
def test_a_quantity_that_pace_can_hold_is_no_problem(quantity: int) -> None:
    assert problems(order(item(quantity=quantity))) == []


def test_the_line_of_a_web_order_is_the_item_number_where_the_server_wants_it() -> None:
    with_ids, without = (
        plan(order(item(3)), storefront(server_web_order_ids=wanted)).jobs[0].parts[0]
        for wanted in (True, False)
    )
    assert values(with_ids.fields)["webOrderLine"] == 3
    assert "webOrderLine" not in without.fields


def test_the_lineage_says_that_a_description_was_cut() -> None:
    cut = plan(None, storefront(name="S" * 300)).jobs[0].parts[0]
    assert detail(cut.fields, "description").endswith("storefront name, cut at 64 characters")
    assert detail(parts(item())[0].fields, "description") == "order number 10234 and storefront name"


def test_the_lineage_says_that_money_was_split_over_several_jobs() -> None:
    apart = storefront(one_job_per_item=True)
    for count, words in ((1, ""), (2, ", split evenly over the item's 2 jobs")):
        [job, *_] = plan(order(item(files=[f"{n}.pdf" for n in range(count)])), apart).jobs
        assert (
            detail(job.parts[0].fields, "quotedPrice")
            == f"item 1: {job_price(count)} price + 0.00 freight share{words}"
        )


def job_price(jobs: int) -> D:
    return D("100.00") / jobs
