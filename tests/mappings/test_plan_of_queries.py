"""Rows are found through an index: what the database says it would do, with many rows in the table."""

from __future__ import annotations

import pytest
from django.db import connection
from django.db.models import QuerySet
from django.test.utils import CaptureQueriesContext

from integrations.models import Storefront
from mappings.lookup import status_rows, table_for
from mappings.models import ProductMapping, ShipmentAddressMapping, ShipmentMethodMapping, StatusMapping
from mappings.types import AddressQuery, ProductQuery

ROWS = 20_000


def plan(query: str) -> str:
    prefix = "EXPLAIN QUERY PLAN" if connection.vendor == "sqlite" else "EXPLAIN"
    with connection.cursor() as cursor:
        cursor.execute(f"{prefix} {query}")
        return "\n".join(" ".join(map(str, row)) for row in cursor.fetchall())


def is_found_by(said: str, column: str) -> bool:
    """Whether the plan goes to the rows by this column of an index, and reads no table whole."""
    if connection.vendor == "sqlite":
        return "INDEX" in said and f"({column}=?" in said and "SCAN" not in said
    return "Index Cond" in said and column in said and "Seq Scan" not in said


def fill(model: type[ShipmentAddressMapping], storefront: Storefront) -> None:
    rows = [
        model(business=f"Business {n}", city="Peoria", ship_via=5010, storefront=storefront)
        for n in range(ROWS)
    ]
    for row in rows:
        row.tidy()
    model.objects.bulk_create(rows, batch_size=5000)
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(f"ANALYZE {model._meta.db_table}")


@pytest.mark.django_db
def test_an_address_is_found_through_an_index_in_a_table_of_many_rows(north: Storefront) -> None:
    fill(ShipmentAddressMapping, north)
    address = AddressQuery(business="business 77", city="PEORIA", postal="61602", country="US")
    with CaptureQueriesContext(connection) as captured:
        found = table_for(north.pk, addresses=[address]).shipment_addresses
    assert [row.business for row in found] == ["Business 77"]
    (query,) = captured
    assert is_found_by(plan(query["sql"]), "text_key")


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("model", "column"),
    [
        (ProductMapping, "product_key"),
        (ShipmentMethodMapping, "method_key"),
        (StatusMapping, "status_key"),
    ],
)
def test_every_other_kind_has_an_index_that_begins_with_its_key(
    model: type[ProductMapping], column: str
) -> None:
    rows: QuerySet[ProductMapping] = model.objects.filter(**{f"{column}__in": ["a", "b"]})
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL enable_seqscan = off")  # an empty table is read whole
    query, parameters = rows.query.sql_with_params()
    assert is_found_by(plan(query % tuple(f"'{one}'" for one in parameters)), column)


@pytest.mark.django_db
def test_all_lookups_of_an_order_cost_the_same_queries_with_many_rows(north: Storefront) -> None:
    def cost() -> int:
        with CaptureQueriesContext(connection) as captured:
            table_for(
                north.pk,
                products=[ProductQuery(name=f"P{n}") for n in range(20)],
                methods=[("Ground", "")],
                addresses=[AddressQuery(business=f"B{n}", city="Ames") for n in range(20)],
                years=[2026],
            )
            status_rows(north.pk, ["S"])
        return len(captured)

    few = cost()
    fill(ShipmentAddressMapping, north)
    assert cost() == few == 5
