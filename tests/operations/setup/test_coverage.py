"""What everything of a storefront resolves to."""

from __future__ import annotations

import json
import time
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from integrations.operations.setup import reference
from integrations.operations.setup.coverage import (
    Cover,
    Coverage,
    CoverageInputs,
    CoverageLine,
    CoverageSection,
    CoverageStatus,
    Need,
    cover,
)
from integrations.operations.setup.coverage_inputs import coverage_of
from integrations.operations.setup.mapping_trial import TrialInput, try_mappings
from mappings.models import ProductMapping, ShipmentAddressMapping, ShipmentMethodMapping, StatusMapping
from mappings.types import AddressQuery, MappingTable, ProductQuery, ShippingDefaults
from tests.conftest import Hub
from tests.e2e.orders import SINGLE
from tests.mappings.rows import OWN, address, method, product, status

CARD = ProductQuery("p-1", "BC14", "Business Card")
NORTH = AddressQuery(business="North", city="Peoria")


def picture(**changes: Any) -> Coverage:
    inputs: dict[str, Any] = {
        "storefront": "Shop", "storefront_id": OWN, "products": (), "methods": (), "needs": (), "statuses": (),
        "workflows": {}, "stages": {}, "ship_vias": {}, "templates": {}, "table": MappingTable(), "status_rows": (),
        "defaults": ShippingDefaults(),
    }  # fmt: skip
    return cover(CoverageInputs(**{**inputs, **changes}))


def section(coverage: Coverage, kind: str) -> CoverageSection:
    return next(section for section in coverage.sections if section.kind == kind)


def only_line(coverage: Coverage, kind: str) -> CoverageLine:
    (line,) = section(coverage, kind).lines
    return line


# --- products -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rows", "integration_id", "expected"),
    [
        ((product(1, "bc14", template="T1"),), "X", (Cover.ROW, "T1", 1)),
        ((), "X", (Cover.DEFAULT, "X", None)),
        ((), "", (Cover.NONE, "", None)),
        ((product(1, "bc14", template="T1", for_=8),), "", (Cover.NONE, "", None)),
    ],
)
def test_how_a_product_is_covered(rows: Any, integration_id: str, expected: Any) -> None:
    asked = ProductQuery("p-1", "BC14", "Business Card", integration_id)
    line = only_line(picture(products=(asked,), table=MappingTable(products=rows)), "products")
    assert (line.cover, line.answer, line.row_id) == expected
    assert line.fill == {"product": "BC14", "match": "part_number"}


def test_a_template_that_pace_does_not_list_is_missing() -> None:
    table = MappingTable(products=(product(1, "bc14", template="T1"),))
    line = only_line(picture(products=(CARD,), table=table, templates={"T2": "Other"}), "products")
    assert line.cover == Cover.NONE
    assert "Pace does not list it" in line.reason


def test_orders_are_counted_once_each_and_denied_items_not() -> None:
    needs = (Need(1, CARD), Need(1, CARD), Need(2, CARD), Need(3, CARD, is_made=False))
    assert only_line(picture(products=(CARD,), needs=needs), "products").orders == 2


def test_a_product_of_an_order_that_the_site_no_longer_lists_is_shown() -> None:
    assert only_line(picture(needs=(Need(1, CARD),)), "products").name == "Business Card"


def test_a_kit_needs_no_row_of_its_own() -> None:
    kit = ProductQuery("p-9", "KIT", "Welcome Kit")
    needs = (Need(1, kit, is_made=False, is_kit=True),)
    assert section(picture(products=(kit,), needs=needs), "products").lines == ()


def test_what_is_missing_comes_first_and_of_that_what_touches_the_most_orders() -> None:
    products = tuple(ProductQuery(f"p-{n}", "", f"Product {n}") for n in range(4))
    table = MappingTable(products=(product(1, "p-0", "id"),))
    needs = (Need(1, products[2]), Need(2, products[2]), Need(1, products[3]))
    lines = section(picture(products=products, needs=needs, table=table), "products").lines
    assert [line.name for line in lines] == ["Product 2", "Product 3", "Product 1", "Product 0"]


def test_many_products_and_rows_are_quick() -> None:
    products = tuple(ProductQuery(f"p-{n}", f"PN-{n}", f"Product {n}") for n in range(20_000))
    rows = tuple(product(n, f"PN-{n}") for n in range(20_000))
    # CPU time: what else the machine does is not counted. It takes a tenth of this.
    start = time.process_time()
    found = picture(products=products, table=MappingTable(products=rows))
    assert time.process_time() - start < 5
    assert section(found, "products").count(Cover.ROW) == 20_000


# --- shipping -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rows", "defaults", "expected"),
    [
        ((method(1, "ground", 5010),), ShippingDefaults(), (Cover.ROW, "5010 FedEx", 1)),
        ((), ShippingDefaults(storefront_ship_via=5010), (Cover.DEFAULT, "5010 FedEx", None)),
        ((), ShippingDefaults(server_ship_via=5010), (Cover.DEFAULT, "5010 FedEx", None)),
        ((), ShippingDefaults(), (Cover.NONE, "", None)),
        ((method(1, "ground", 5011),), ShippingDefaults(), (Cover.NONE, "5011", 1)),
    ],
)
def test_how_a_method_is_covered(rows: Any, defaults: ShippingDefaults, expected: Any) -> None:
    found = picture(
        methods=(("Ground", "m-1"),),
        table=MappingTable(shipment_methods=rows),
        defaults=defaults,
        ship_vias={"5010": "FedEx"},
    )
    line = only_line(found, "shipment_methods")
    assert (line.cover, line.answer, line.row_id) == expected
    assert line.fill == {"pressero_method": "Ground"}


def test_addresses_of_orders_are_shown_once_with_their_method() -> None:
    needs = (
        Need(1, method_name="Ground", address=NORTH),
        Need(2, method_name="GROUND", address=AddressQuery(business="north", city="PEORIA ")),
        Need(3, method_name="Air", address=NORTH),
    )
    table = MappingTable(
        shipment_addresses=(address(4, 5012, "A-1", business="North"),),
        shipment_methods=(method(1, "ground", 5010),),
    )
    lines = section(picture(needs=needs, table=table), "shipment_addresses").lines
    assert [(line.detail, line.orders, line.answer, line.row_id) for line in lines] == [
        ("Ground", 2, "5012, account A-1", 4),
        ("Air", 1, "5012, account A-1", 4),
    ]
    assert lines[0].fill == {"business": "North", "city": "Peoria"}


# --- statuses -----------------------------------------------------------------------------------------------------


def test_how_statuses_are_covered() -> None:
    rows = (status(1, "S", stage="st-1"), status(2, "P", workflow="w1", stage="st-2"))
    found = picture(
        statuses=(
            CoverageStatus("S", "Shipping"),
            CoverageStatus("P", "Press"),
            CoverageStatus("C", "Closed"),
        ),
        workflows={"w1": "Standard", "w2": "Mail"},
        stages={"st-1": "On its way"},
        status_rows=rows,
        status_orders={("job", "c"): frozenset({1, 2})},
    )
    jobs = {line.name: line for line in section(found, "statuses").lines if line.detail == "of the job"}
    assert (jobs["S Shipping"].cover, jobs["S Shipping"].answer) == (Cover.ROW, "st-1 On its way")
    assert (jobs["P Press"].cover, jobs["P Press"].answer) == (Cover.DEFAULT, "Standard: st-2")
    assert jobs["C Closed"].cover == Cover.NONE
    assert jobs["C Closed"].orders == 2
    assert found.missing == 0, "a status that nobody is told stops nothing"


# --- the reader, the command, trying ------------------------------------------------------------------------------


def test_the_command_tells_of_the_demo_store(hub: Hub) -> None:
    reference.refresh_all()
    hub.process(SINGLE.draft)
    out = StringIO()
    call_command("mapping_coverage", "Example CU Store", stdout=out)
    text = out.getvalue()
    assert "Example CU Store, 1 recent orders" in text
    assert "Products: 2 mapped, 3 by Integration Id, 2 not mapped" in text
    assert "not mapped         Overnight" in text
    assert "1 order " in text.replace(",", " ").replace("    ", " ")


def test_the_command_as_json(hub: Hub) -> None:
    reference.refresh_all()
    out = StringIO()
    call_command("mapping_coverage", "example cu store", "--json", stdout=out)
    data = json.loads(out.getvalue())
    assert {part["kind"]: part["not_mapped"] for part in data["sections"]} == {
        "products": 2, "shipment_methods": 1, "shipment_addresses": 0, "statuses": 14, "fields": 0, "values": 0,
    }  # fmt: skip
    assert data["hints"] == ["No order was read in the last 90 days, so no addresses are known yet."]


def test_without_lists_the_next_step_is_told(hub: Hub) -> None:
    assert [hint.partition(".")[0] for hint in coverage_of(hub.storefront()).hints] == [
        "The products of this site were not read yet",
        "The codes of Sandbox Pace were not read yet",
        "No order was read in the last 90 days, so no addresses are known yet",
    ]


def test_coverage_costs_the_same_queries_whatever_there_is(hub: Hub) -> None:
    reference.refresh_all()
    order = hub.process(SINGLE.draft)
    storefront = (
        type(order.storefront)
        .objects.select_related("pace_server", "pressero_account")
        .get(pk=order.storefront_id)
    )

    def cost() -> int:
        with CaptureQueriesContext(connection) as captured:
            coverage_of(storefront)
        return len(captured)

    few = cost()
    for n in range(60):
        ProductMapping.objects.create(product=f"P{n}", match="name", item_template="T")
        ShipmentMethodMapping.objects.create(pressero_method=f"M{n}", ship_via=5010)
        ShipmentAddressMapping.objects.create(business=f"B{n}", ship_via=5010)
        StatusMapping.objects.create(level="job", pace_status=f"S{n}", pressero_stage="1")
        copy = type(order).objects.get(pk=order.pk)
        copy.pk, copy.number, copy.identity = None, 900_000 + n, f"copy-{n}"
        copy.save()
    assert cost() == few
    assert few <= 10


def test_trying_names_the_row_that_wins(hub: Hub) -> None:
    reference.refresh_all()
    storefront = hub.storefront()
    StatusMapping.objects.create(level="part", pace_status="S", pressero_stage="st", note="Shipped")
    asked = TrialInput(
        product=ProductQuery(name="Poster 18x24"),
        method_name="Ground",
        address=AddressQuery(business="Example CU North", city="Peoria"),
        part_status="s",
    )
    found = {outcome.title: outcome for outcome in try_mappings(storefront, asked)}
    assert found["Item template"].value == "POSTER-A2 Poster A2"
    assert found["Item template"].row_id == ProductMapping.objects.get(product="Poster 18x24").pk
    assert found["Ship via"].value == "5012 UPS Ground"
    assert found["Account number"].value == "NORTH-77"
    assert (found["Pressero stage"].value, found["Note to Pressero"].value) == ("st", "Shipped")


def test_trying_knows_the_rest_of_a_product_that_the_list_has(hub: Hub) -> None:
    reference.refresh_all()
    (found,) = try_mappings(hub.storefront(), TrialInput(product=ProductQuery(part_number="BC14")))
    assert found.value == "BC-4/4-14PT Business cards, 4/4, 14 pt"


def test_trying_something_that_would_stop_says_so(hub: Hub) -> None:
    (found,) = try_mappings(hub.storefront(), TrialInput(method_name="Pigeon"))
    assert not found.good
    assert found.reason.endswith("Such orders stop.")
