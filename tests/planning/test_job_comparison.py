"""A plan beside the job that others made: what counts as different, and what would remove the difference."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from typing import Any

import pytest

from integrations.planning.comparison_fixes import FixKind
from integrations.planning.job_comparison import HeldJob, HeldPart, JobComparison, compare
from integrations.planning.plan_types import Plan, PlannedJob
from integrations.planning.same_values import means_the_same
from mappings.types import MappingTable, ProductRow, ShipmentMethodRow
from tests.planning.builders import SPRINGFIELD, item, order, plan, storefront, values

TWO = order(item(1, quantity=500), item(2, "40.00", quantity=20, ship_to=SPRINGFIELD))


def as_pace_gives_it(value: Any) -> Any:
    """A planned value as `PaceClient.load` answers it: date-times as text, money and numbers as they come."""
    return value.isoformat() if isinstance(value, datetime) else value


def copy_of(job: PlannedJob, number: str = "20001", **changes: Any) -> HeldJob:
    """A job that others made exactly as the hub would have; `changes` of its fields."""
    fields = {name: as_pace_gives_it(value) for name, value in values(job.fields).items()}
    return HeldJob(
        number,
        {**fields, **changes},
        tuple(HeldPart(part.number, values(part.fields)) for part in job.parts),
        tuple(
            {name: as_pace_gives_it(value) for name, value in values(one.fields).items()}
            for one in job.shipments
        ),
        tuple(str(file.fields["fileUrl"].value) for part in job.parts for file in part.files),
        contact="7",
    )


def beside(made: Plan, *held: HeldJob, of: Any = TWO) -> JobComparison:
    return compare(of, made, held)


def found(comparison: JobComparison) -> list[tuple[str, str, str, str]]:
    return [(one.object, one.field, one.ours, one.theirs) for one in comparison.differences]


# --- what is the same ---------------------------------------------------------------------------------------------


def test_a_job_like_the_plan_is_the_same() -> None:
    made = plan(TWO)
    assert beside(made, copy_of(made.jobs[0])).is_same


def test_what_a_job_is_called_is_no_difference() -> None:
    made = plan(TWO)
    assert beside(made, copy_of(made.jobs[0], description="Web 10234", webOrderID="10234")).is_same


def test_time_that_passes_and_work_in_the_plant_are_no_difference() -> None:
    made = plan(TWO, storefront(admin_status="O"))
    held = copy_of(made.jobs[0], adminStatus="C", earliestStartDateTime="2026-01-01T00:00:00")
    assert beside(made, held).is_same


@pytest.mark.parametrize(
    ("field", "ours", "theirs"),
    [
        ("phone", "(555) 010-0122", "555-010-0122"),
        ("phone", "+1 555 010 0122", "5550100122"),
        ("email", "Avery@Example.com", "avery@example.com "),
        ("additionalDescription", "Paper: 14pt\nSides: 2", "Sides: 2\r\nPaper:  14pt"),
        ("freightAmt", Decimal("0.00"), None),
        ("quantity", 500, "500.0"),
        ("shipVia", 5013, "5013"),
        ("quotedPrice", Decimal("96.50"), "96.5"),
        ("promiseDateTime", datetime(2026, 3, 20, 17), "2026-03-20T17:00:31"),  # noqa: DTZ001
        ("address1", "1200 Very Long Industrial Parkway West", "1200 Very Long Industrial"),
        ("fileUrl", "https://f.example.com/a.pdf?sig=1&se=2", "https://f.example.com/a.pdf?sig=9&se=8"),
        ("customer", "EXCU", "excu"),
        ("poNum", "PO 77", "PO  77"),
        ("proof", False, None),
    ],
)
def test_another_spelling_is_the_same(field: str, ours: Any, theirs: Any) -> None:
    assert means_the_same(field, ours, theirs)


@pytest.mark.parametrize(
    ("field", "ours", "theirs"),
    [
        ("phone", "555-0122", "555-0123"),
        ("shipVia", 5013, 5010),
        ("city", "Peoria", "Pekin"),
        ("address1", "22 North Ave", "22 North"),
        ("promiseDateTime", datetime(2026, 3, 20, 17), "2026-03-20T00:00:00"),  # noqa: DTZ001
        ("freightAmt", Decimal("4.00"), None),
        ("additionalDescription", "Paper: 14pt\nSides: 2", "Paper: 14pt"),
        ("planned", True, None),
    ],
)
def test_another_value_is_a_difference(field: str, ours: Any, theirs: Any) -> None:
    assert not means_the_same(field, ours, theirs)


# --- pairing ------------------------------------------------------------------------------------------------------


def test_parts_and_shipments_in_another_order_are_paired_by_what_they_are_about() -> None:
    made = plan(TWO)
    held = copy_of(made.jobs[0])
    turned = tuple(
        HeldPart(number, {**part.fields, "webOrderLine": None})
        for number, part in zip(("01", "02"), reversed(held.parts), strict=True)
    )
    comparison = beside(made, replace(held, parts=turned, shipments=held.shipments[::-1]))
    assert comparison.is_same
    assert [(pair.part, pair.held_part) for pair in comparison.parts] == [("01", "02"), ("02", "01")]


def test_split_jobs_are_paired_by_their_web_order_id() -> None:
    split = order(item(1, files=["a.pdf", "b.pdf"]))
    made = plan(split, storefront(one_job_per_item=True))
    first, second = (
        copy_of(job, number, description="by hand") for job, number in zip(made.jobs, ("2", "1"), strict=True)
    )
    assert beside(made, second, first, of=split).is_same


def test_one_job_where_the_plan_has_several_is_a_difference_with_its_setting() -> None:
    split = order(item(1, files=["a.pdf", "b.pdf"]))
    made = plan(split, storefront(one_job_per_item=True))
    comparison = beside(made, copy_of(made.jobs[0]), of=split)
    assert found(comparison) == [("job", "jobs", "2", "1")]
    assert comparison.differences[0].fix.target == "one_job_per_item"


def test_a_part_that_is_missing_is_counted_and_the_others_are_compared() -> None:
    made = plan(TWO)
    held = copy_of(made.jobs[0])
    assert found(beside(made, replace(held, parts=held.parts[:1]))) == [("job", "parts", "2", "1")]


# --- fixes --------------------------------------------------------------------------------------------------------


def fix_of(comparison: JobComparison, name: str) -> tuple[FixKind, str, int | None, str]:
    [fix] = {one.fix for one in comparison.differences if one.field == name}
    return fix.kind, fix.target, fix.row, fix.sentence


def test_a_mapping_row_that_gave_the_value_is_the_one_to_change() -> None:
    methods = (ShipmentMethodRow(4, None, "Ground", 2, ""),)
    made = plan(order(), table=MappingTable(shipment_methods=methods))
    held = copy_of(made.jobs[0], shipVia=1)
    held = replace(held, shipments=({**held.shipments[0], "shipVia": 1},))
    assert fix_of(beside(made, held, of=order()), "shipVia") == (
        FixKind.MAPPING, "shipment_methods", 4, "Change the shipment method mapping for “Ground” (row 4) so that it gives ship via 1.",
    )  # fmt: skip


def test_where_a_default_gave_the_ship_via_a_row_is_to_be_added() -> None:
    made = plan(order())
    held = copy_of(made.jobs[0])
    held = replace(held, shipments=({**held.shipments[0], "shipVia": 2},))
    assert fix_of(beside(made, held, of=order()), "shipVia") == (
        FixKind.MAPPING, "shipment_methods", None, "Add a shipment method mapping for “Ground” with ship via 2.",
    )  # fmt: skip


def test_an_account_number_that_only_the_other_job_has_is_a_difference() -> None:
    made = plan(order())
    held = copy_of(made.jobs[0])
    held = replace(held, shipments=({**held.shipments[0], "accountNumber": "NORTH-77"},))
    assert found(beside(made, held, of=order())) == [("shipment", "accountNumber", "", "NORTH-77")]


def test_a_product_gets_its_template() -> None:
    made = plan(order())
    held = copy_of(made.jobs[0])
    held = replace(
        held, parts=(replace(held.parts[0], fields={**held.parts[0].fields, "itemTemplate": "BC-TPL"}),)
    )
    assert fix_of(beside(made, held, of=order()), "itemTemplate") == (
        FixKind.MAPPING, "products", None, "Add a product mapping for “Product 1” with item template BC-TPL.",
    )  # fmt: skip


def test_a_product_row_is_the_one_to_change() -> None:
    table = MappingTable(products=(ProductRow(9, None, "Product 1", "name", "BRO-TPL"),))
    made = plan(order(), table=table)
    held = copy_of(made.jobs[0], itemTemplate="BC-TPL")
    assert fix_of(beside(made, held, of=order()), "itemTemplate")[:3] == (FixKind.MAPPING, "products", 9)


@pytest.mark.parametrize(
    ("store", "name", "theirs", "kind", "target"),
    [
        ({"job_type": 5}, "jobType", 6, FixKind.STOREFRONT, "job_type"),
        ({}, "poNum", "WEB", FixKind.STOREFRONT, "default_po_number"),
        ({}, "customer", "EXCU", FixKind.STOREFRONT, "integration_id"),
        ({}, "promiseDateTime", "2026-03-23T17:00:00", FixKind.STOREFRONT, "default_ship_days"),
        ({}, "jobOrderType", "R", FixKind.SERVER, "job_order_type"),
        ({}, "contactLastName", "Smith", FixKind.RULE, "job"),
        ({}, "description2", "by hand", FixKind.RULE, "job"),
    ],
)
def test_the_setting_or_rule_that_would_remove_a_difference(
    store: dict[str, Any], name: str, theirs: Any, kind: FixKind, target: str
) -> None:
    made = plan(order(), storefront(**store))
    comparison = beside(made, copy_of(made.jobs[0], **{name: theirs}), of=order())
    assert fix_of(comparison, name)[:2] == (kind, target)


def test_a_po_number_of_the_order_itself_is_changed_by_a_rule() -> None:
    of = order(po_number="PO-1")
    made = plan(of)
    assert fix_of(beside(made, copy_of(made.jobs[0], poNum="2"), of=of), "poNum")[0] == FixKind.RULE


def test_a_customer_that_would_be_created_is_a_difference() -> None:
    made = plan(order())
    fields = {
        **made.jobs[0].fields,
        "customer": replace(made.jobs[0].fields["customer"], value=None),
    }
    job = replace(made.jobs[0], fields=fields)
    comparison = beside(replace(made, jobs=(job,)), copy_of(job, customer="EXCU"), of=order())
    assert ("job", "customer", "(new customer)", "EXCU") in found(comparison)


def test_both_sides_of_every_field_are_kept_for_reading() -> None:
    made = plan(TWO)
    tables = beside(made, copy_of(made.jobs[0], poNum="X")).tables
    assert [table["title"] for table in tables] == [
        "Job 20001", "Job 20001, part 01", "Job 20001, part 02", "Job 20001, shipment 1", "Job 20001, shipment 2",
    ]  # fmt: skip
    [row] = [row for row in tables[0]["rows"] if row["field"] == "poNum"]
    assert row == {"field": "poNum", "ours": "9999", "theirs": "X", "same": False}
