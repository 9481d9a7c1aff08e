"""Mapping rules 4: the job, field by field."""

from dataclasses import replace
from typing import Any

import pytest

from integrations.clients.schemas import PaceReference, PresseroItem, PresseroOrder
from integrations.planning.plan_types import PlannedJob, SourceKind, StorefrontParameters
from mappings.types import MappingTable, ProductRow
from tests.planning.builders import REFERENCE, detail, item, order, plan, problems, storefront, values

BC = ProductRow(12, None, "product-1", "id", "BC-TPL")


def job(
    of: PresseroOrder | None = None, store: StorefrontParameters | None = None, **more: Any
) -> PlannedJob:
    return plan(of, store, **more).jobs[0]


def field(
    name: str, of: PresseroOrder | None = None, store: StorefrontParameters | None = None, **more: Any
) -> Any:
    return values(job(of, store, **more).fields).get(name)


def test_customer() -> None:
    assert field("customer") == "HOUSE"
    assert detail(job().fields, "customer") == 'the Integration ID of the storefront "Example CU Store"'


def test_description() -> None:
    assert job().description == field("description") == "10234 - Example CU Store"


class TestAdditionalDescription:
    def test_an_item_without_template_gets_the_five_lines(self) -> None:
        of = order(item(1, "96.50", product_name="Card"), shipping="12.40", tax="7.96")
        assert field("description2", of) == (
            "Product name: Card\nPrice: 96.50\nShipping cost: 12.40\nTax: 7.96\nQuantity: 500"
        )

    def test_several_items_without_template_share_the_five_lines(self) -> None:
        of = order(
            item(1, 10, product_name="Card"), item(2, 20, product_name="Flyer", quantity=7), shipping="3.00"
        )
        assert field("description2", of) == (
            "Product name: Card, Flyer\nPrice: 30.00\nShipping cost: 3.00\nTax: 0.00\nQuantity: 507"
        )

    def test_the_orders_own_subtotal_is_the_price_of_the_whole_order(self) -> None:
        assert "Price: 12.00" in field("description2", order(item(1, 10), subtotal="12"))
        partly = order(item(1, 10), item(2, 5, is_denied=True), subtotal="15")
        assert "Price: 10.00" in field("description2", partly)

    def test_mapped_items_get_their_notes_and_the_orders(self) -> None:
        of = order(item(1, notes="Rush "), notes="Dock B")
        assert field("description2", of, table=MappingTable(products=(BC,))) == "Rush\nDock B"

    def test_a_mapped_item_without_notes_leaves_the_field_to_the_template(self) -> None:
        assert "description2" not in job(table=MappingTable(products=(BC,))).fields

    def test_a_mixed_job_has_the_notes_then_the_five_lines_of_the_others(self) -> None:
        of = order(item(2, 20, notes="ignored"), item(1, 10, notes="Rush"), notes="Dock B", shipping="3.00")
        assert field("description2", of, table=MappingTable(products=(BC,))) == (
            "Rush\nDock B\nProduct name: Product 2\nPrice: 20.00\nShipping cost: 2.00\nTax: 0.00\nQuantity: 500"
        )

    def test_split_mode_shows_the_jobs_own_part_of_the_money(self) -> None:
        of = order(item(1, "10.01", files=("a.pdf", "b.pdf")))
        jobs = plan(of, storefront(one_job_per_item=True)).jobs
        assert [values(j.fields)["description2"].splitlines()[1] for j in jobs] == [
            "Price: 5.01",
            "Price: 5.00",
        ]


class TestJobOrderType:
    def test_the_servers_setting(self) -> None:
        assert field("jobOrderType", None, storefront(server_job_order_type="X")) == "X"

    def test_else_the_type_described_new_order(self) -> None:
        assert field("jobOrderType") == "N"

    def test_else_the_text(self) -> None:
        assert field("jobOrderType", reference=replace(REFERENCE, job_order_types=())) == "New Order"


class TestJobTypeAndStatus:
    def test_left_out_when_neither_is_set(self) -> None:
        assert {"jobType", "adminStatus"}.isdisjoint(job().fields)

    def test_the_servers_setting(self) -> None:
        made = values(job(None, storefront(server_job_type=5, server_admin_status="O")).fields)
        assert (made["jobType"], made["adminStatus"]) == (5, "O")

    def test_the_storefronts_setting_wins(self) -> None:
        store = storefront(server_job_type=5, server_admin_status="O", job_type=6, admin_status="C")
        made = values(job(None, store).fields)
        assert (made["jobType"], made["adminStatus"]) == (6, "C")

    def test_what_pace_does_not_have_is_a_problem(self) -> None:
        messages = problems(None, storefront(job_type=99, admin_status="ZZ"))
        assert "no job type 99" in messages[0] and 'no job status "ZZ"' in messages[1]

    def test_a_list_that_was_not_read_refuses_nothing(self) -> None:
        reference = PaceReference(countries=REFERENCE.countries, shipment_types=REFERENCE.shipment_types)
        assert field("jobType", None, storefront(job_type=99), reference=reference) == 99


def test_invoice_contact_is_the_buyer() -> None:
    made = values(job().fields)
    assert (made["contactFirstName"], made["contactLastName"]) == ("Avery", "Sample")


class TestPoNumber:
    def test_of_the_order(self) -> None:
        assert field("poNum", order(item(po_number="I"), po_number=" PO-7781 ")) == "PO-7781"

    def test_else_of_the_item(self) -> None:
        assert field("poNum", order(item(1), item(2, po_number="I"))) == "I"

    def test_else_the_parameter(self) -> None:
        assert field("poNum") == "9999"
        assert field("poNum", None, storefront(default_po_number="NONE")) == "NONE"
        assert job().fields["poNum"].source.kind == SourceKind.PARAMETER


def test_ship_via_is_that_of_the_first_shipment() -> None:
    made = job()
    assert made.fields["shipVia"] == made.shipments[0].fields["shipVia"]


class TestPartOneComesWithTheJob:
    """Pace makes part 01 with the job, and an item template works only when its part is made."""

    table = MappingTable(products=(BC,))

    @pytest.mark.parametrize("items", [(item(1),), (item(1), item(2))])
    def test_the_job_carries_its_template(self, items: tuple[PresseroItem, ...]) -> None:
        assert field("itemTemplate", order(*items), table=self.table) == "BC-TPL"

    def test_a_first_part_without_a_template_leaves_the_job_without_one(self) -> None:
        products = (replace(BC, product="product-2"),)
        assert field("itemTemplate", order(item(1), item(2)), table=MappingTable(products=products)) is None

    def test_the_job_carries_its_quantity(self) -> None:
        assert field("part1QuantityOrdered", order(item(2, quantity=9), item(1, quantity=250))) == 250


class TestWebOrderId:
    def test_the_order_number(self) -> None:
        assert field("webOrderID") == "10234"
        assert values(job().parts[0].fields)["webOrderLine"] == 1

    def test_order_item_and_file_in_split_mode(self) -> None:
        of, store = order(item(4, files=("a.pdf", "b.pdf"))), storefront(one_job_per_item=True)
        jobs = plan(of, store).jobs
        assert [made.fields["webOrderID"].value for made in jobs] == ["10234-4-1", "10234-4-2"]
        assert [made.parts[0].fields["webOrderLine"].value for made in jobs] == [4, 4]

    def test_left_out_where_the_server_keeps_none(self) -> None:
        made = job(None, storefront(server_web_order_ids=False))
        assert "webOrderID" not in made.fields and "webOrderLine" not in made.parts[0].fields


@pytest.mark.parametrize(
    "flag",
    [
        "originalQuotedPriceForced",
        "amountToInvoiceForced",
        "scheduledShipDateForced",
        "scheduledShipTimeForced",
    ],
)
def test_what_pace_would_compute_anew_is_forced(flag: str) -> None:
    assert field(flag) is True


def test_the_jobs_contact() -> None:
    made = job()
    assert values(made.contact) == {"job": None, "contact": 7, "billTo": True, "shipTo": True}
    for name in ("jobContact", "shipToJobContact", "billToJobContact"):
        assert made.fields[name].value is None and made.fields[name].source.kind == SourceKind.PACE


class TestSplitMode:
    store = storefront(one_job_per_item=True)

    def test_one_job_per_file_and_one_for_an_item_without_files(self) -> None:
        jobs = plan(order(item(2), item(1, files=("a.pdf", "b.pdf"))), self.store).jobs
        assert [(j.unit, j.items, j.name, j.description) for j in jobs] == [
            ("1-1", (1,), "Name 1", "10234 - Example CU Store - Name 1 (1-1)"),
            ("1-2", (1,), "Name 1", "10234 - Example CU Store - Name 1 (1-2)"),
            ("2-1", (2,), "Name 2", "10234 - Example CU Store - Name 2 (2-1)"),
        ]

    def test_with_numbered_job_names(self) -> None:
        store = storefront(one_job_per_item=True, override_job_name=True)
        assert plan(None, store).jobs[0].description == "10234 - Example CU Store - 10234-1-1"

    def test_each_job_has_one_part_with_the_items_quantity_and_its_own_file(self) -> None:
        jobs = plan(order(item(1, "10.01", shipping="1.01", files=("a.pdf", "b.pdf"))), self.store).jobs
        for index, made in enumerate(jobs):
            [part] = made.parts
            assert (part.number, values(part.fields)["qtyOrdered"]) == ("01", 500)
            assert [f.number for f in part.files] == [index + 1]
            assert [values(s.fields)["quantity"] for s in made.shipments] == [500]
        assert [str(values(made.parts[0].fields)["freightAmt"]) for made in jobs] == ["0.51", "0.50"]
        assert "split evenly over the item's 2 jobs" in detail(jobs[0].fields, "amountToInvoice")

    def test_a_kits_children_are_items_of_their_own_and_the_kits_files_go_to_the_first(self) -> None:
        of = order(
            item(1, 0, is_kit=True, files=("kit.pdf",)),
            item(2, parent=1, files=("a.pdf", "b.pdf")),
            item(3, parent=1),
        )
        jobs = plan(of, self.store).jobs
        assert [j.unit for j in jobs] == ["2-1", "2-2", "3-1"]
        assert [[(f.item, f.number) for f in j.parts[0].files] for j in jobs] == [
            [(2, 1), (1, 1)],
            [(2, 2)],
            [],
        ]


def test_the_one_job_of_an_order() -> None:
    made = job(order(item(1, 0, is_kit=True), item(2, parent=1), item(3, parent=1, quantity=0)))
    assert (made.unit, made.items, made.name) == ("order", (1, 2), "")


@pytest.mark.parametrize(
    "name", ["description", "originalQuotedPrice", "scheduledShipDateTime", "shipVia", "poNum"]
)
def test_every_field_says_where_it_comes_from(name: str) -> None:
    assert detail(job().fields, name)
