"""Reading the rows of an order: the right ones, at a constant cost."""

from datetime import date
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from integrations.models import Storefront
from mappings.lookup import status_rows, table_for
from mappings.models import (
    FieldRule,
    Holiday,
    ProductMapping,
    ShipmentAddressMapping,
    ShipmentMethodMapping,
    StatusMapping,
    TableValue,
)
from mappings.resolution import shipping
from mappings.types import AddressQuery, MappingTable, ProductQuery, ShippingDefaults
from tests.mappings.conftest import make_storefront

pytestmark = pytest.mark.django_db


def queries(action: Any) -> int:
    with CaptureQueriesContext(connection) as captured:
        action()
    return len(captured)


def order_of(items: int) -> dict[str, Any]:
    """What an order of so many different items asks for."""
    return {
        "products": [ProductQuery(f"id {n}", f"part {n}", f"name {n}") for n in range(items)],
        "methods": [(f"method {n}", f"m{n}") for n in range(items)],
        "addresses": [AddressQuery(f"B{n}", f"{n} St", f"C{n}", "CA", "9", "US") for n in range(items)],
        "years": [2026, 2027],
    }


def many_rows(number: int, storefront: Storefront) -> None:
    made: list[list[Any]] = [[], [], [], []]
    for n in range(number):
        made[0].append(
            ProductMapping(product=f"part {n}", match="part_number", item_template="T", storefront=storefront)
        )
        made[1].append(ShipmentMethodMapping(pressero_method=f"method {n}", ship_via=1))
        made[2].append(
            ShipmentAddressMapping(business=f"B{n}", country="US", ship_via=1, storefront=storefront)
        )
    for rows in made:
        for row in rows:
            row.tidy()
        if rows:
            type(rows[0]).objects.bulk_create(rows)
    Holiday.objects.create(date=date(2026, 12, 24), name="Eve")


def test_an_order_costs_four_queries_however_many_rows_and_items(north: Storefront) -> None:
    many_rows(500, north)
    assert queries(lambda: table_for(north.pk, **order_of(1))) == 4
    assert queries(lambda: table_for(north.pk, **order_of(40))) == 4


def test_field_rules_cost_no_query_more(north: Storefront) -> None:
    for number in range(50):
        FieldRule.objects.create(object="job", pace_field=f"u_{number}", value='{{ order.po | lookup: "T" }}')
        TableValue.objects.create(table="T", original=str(number), replacement="x")
    assert queries(lambda: table_for(north.pk, **order_of(40), rules=True)) == 4
    assert len(table_for(north.pk, **order_of(1), rules=True).fields) == 50


def test_only_rows_that_can_matter_are_read(north: Storefront) -> None:
    many_rows(500, north)
    table = table_for(north.pk, **order_of(3))
    assert len(table.products) == len(table.shipment_methods) == len(table.shipment_addresses) == 3


def test_what_is_not_asked_costs_no_query(north: Storefront) -> None:
    assert queries(lambda: table_for(north.pk)) == 0
    assert table_for(north.pk, products=[ProductQuery()]) == MappingTable()


def test_status_rows_cost_one_query(north: Storefront) -> None:
    StatusMapping.objects.create(level="job", pace_status="Shipped", pressero_stage="X")
    assert queries(lambda: status_rows(north.pk, ["shipped ", "other"])) == 1
    assert [row.pressero_stage for row in status_rows(north.pk, ["shipped "])] == ["X"]


def test_rows_of_other_storefronts_are_not_read(north: Storefront, south: Storefront) -> None:
    ProductMapping.objects.create(product="A", match="name", item_template="T", storefront=south)
    assert table_for(north.pk, products=[ProductQuery(name="A")]).products == ()


def test_products_are_found_by_id_part_number_and_name(north: Storefront) -> None:
    for match in ("id", "part_number", "name"):
        ProductMapping.objects.create(product=f"The {match}", match=match, item_template="T")
    query = ProductQuery("THE ID", " the part_number", "the name ")
    assert {row.match for row in table_for(north.pk, products=[query]).products} == {
        "id",
        "part_number",
        "name",
    }


def test_methods_are_found_by_name_and_id(north: Storefront) -> None:
    ShipmentMethodMapping.objects.create(pressero_method="Ground", ship_via=1)
    ShipmentMethodMapping.objects.create(pressero_method="M-3", ship_via=2)
    rows = table_for(north.pk, methods=[("GROUND", "m-3")]).shipment_methods
    assert [row.ship_via for row in rows] == [1, 2]


def test_holidays_of_the_years_and_yearly_ones_are_read(north: Storefront) -> None:
    Holiday.objects.create(date=date(2026, 1, 2), name="This year")
    Holiday.objects.create(date=date(2025, 1, 2), name="Last year")
    Holiday.objects.create(date=date(2020, 5, 1), name="Yearly", every_year=True)
    assert {row.name for row in table_for(north.pk, years=[2026]).holidays} == {"This year", "Yearly"}


def test_an_order_with_text_no_database_can_store_is_looked_up_all_the_same(north: Storefront) -> None:
    odd = "a\x00b\ud800"
    table = table_for(
        north.pk,
        products=[ProductQuery(odd, odd, odd)],
        methods=[(odd, odd)],
        addresses=[AddressQuery(odd, odd, odd, odd, odd, odd)],
    )
    assert table == MappingTable()


@pytest.mark.parametrize(
    "model", [ProductMapping, ShipmentMethodMapping, ShipmentAddressMapping, StatusMapping]
)
def test_the_key_is_the_first_column_of_an_index_over_all_rows(model: Any) -> None:
    whole = [c.fields for c in model._meta.constraints if getattr(c, "fields", None) and c.condition is None]
    assert any(fields[0] == model.key_fields[0] for fields in whole)


FEW = st.sampled_from(["", "a", "A ", "b", "c  c"])
COLUMNS = ("business", "address1", "city", "state", "postal", "country")
PATTERNS = st.lists(st.tuples(st.booleans(), *[FEW] * 6), max_size=12)


class AddressLookup(TestCase):
    """The rows read for an address are enough: resolving with all rows gives the same answer."""

    @given(PATTERNS, st.builds(AddressQuery, **dict.fromkeys(COLUMNS, FEW)))
    @settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow])
    def test_the_rows_read_give_the_answer_of_all_rows(self, patterns: list, asked: AddressQuery) -> None:
        storefront = make_storefront("North")
        rows: dict[Any, ShipmentAddressMapping] = {}
        for via, (own, *values) in enumerate(patterns, 1):
            row = ShipmentAddressMapping(
                storefront=storefront if own else None,
                ship_via=via,
                **dict(zip(COLUMNS, values, strict=True)),
            )
            row.tidy()
            if own or row.address():
                rows.setdefault(row.row_key(), row)
        ShipmentAddressMapping.objects.bulk_create(rows.values())
        every = {
            address
            for row in rows.values()
            for address in table_for(
                storefront.pk, addresses=[AddressQuery(*(getattr(row, column) for column in COLUMNS))]
            ).shipment_addresses
        }
        read = table_for(storefront.pk, addresses=[asked])

        def ship_via(table: MappingTable) -> int:
            defaults = ShippingDefaults(server_ship_via=0)
            return shipping(
                table, storefront.pk, method_name="", method_id="", address=asked, defaults=defaults
            ).ship_via

        assert len(every) == len(rows)
        assert ship_via(read) == ship_via(MappingTable(shipment_addresses=tuple(every)))
