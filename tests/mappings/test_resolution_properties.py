"""What holds for every table of rows, whatever it contains."""

import random
import subprocess
import sys
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from mappings.errors import MappingMissing
from mappings.resolution import item_template, shipping, stage_for_status
from mappings.types import (
    AddressQuery,
    MappingTable,
    ProductQuery,
    ProductRow,
    ShipmentAddressRow,
    ShipmentMethodRow,
    ShippingAnswer,
    ShippingDefaults,
    StatusRow,
)
from tests.mappings.rows import OTHER, OWN

FEW = st.sampled_from(["", "a", "A ", "b", "B\u00a0", "c"])
SCOPE = st.sampled_from([None, OWN, OTHER])
VIA = st.sampled_from([None, 1, 2, 3])
ACCOUNT = st.sampled_from(["", " ", "x", "y"])


def numbered(row: type, **columns: st.SearchStrategy) -> st.SearchStrategy:
    made = st.builds(row, id=st.just(0), storefront_id=SCOPE, **columns)
    return st.lists(made, max_size=8).map(lambda rows: tuple(replace(r, id=i) for i, r in enumerate(rows, 1)))


COLUMNS = dict.fromkeys(("business", "address1", "city", "state", "postal", "country"), FEW)
PRODUCTS = numbered(
    ProductRow,
    product=FEW,
    match=st.sampled_from(["id", "part_number", "name"]),
    item_template=st.sampled_from("TUV"),
)
METHODS = numbered(ShipmentMethodRow, pressero_method=FEW, ship_via=VIA, account_number=ACCOUNT)
ADDRESSES = numbered(ShipmentAddressRow, ship_via=VIA, account_number=ACCOUNT, **COLUMNS)
STATUSES = numbered(
    StatusRow,
    level=st.sampled_from(["job", "part"]),
    pace_status=FEW,
    workflow=FEW,
    pressero_stage=st.sampled_from("QRS"),
    note=st.just(""),
)
QUERY = st.builds(ProductQuery, product_id=FEW, part_number=FEW, name=FEW, integration_id=FEW)
ADDRESS = st.builds(AddressQuery, **COLUMNS)
DEFAULTS = st.builds(
    ShippingDefaults, storefront_ship_via=VIA, storefront_account_number=ACCOUNT, server_ship_via=VIA
)


def shuffled(rows: tuple) -> tuple:
    return tuple(random.Random(len(rows)).sample(rows, len(rows)))


def shipped(
    methods: tuple, addresses: tuple, name: str, to: AddressQuery, defaults: ShippingDefaults
) -> ShippingAnswer | None:
    table = MappingTable(shipment_methods=methods, shipment_addresses=addresses)
    try:
        return shipping(table, OWN, method_name=name, method_id="", address=to, defaults=defaults)
    except MappingMissing:
        return None


@given(PRODUCTS, QUERY)
def test_a_template_does_not_depend_on_the_order_of_rows(rows: tuple, query: ProductQuery) -> None:
    given_order = item_template(MappingTable(products=rows), OWN, query)
    assert item_template(MappingTable(products=shuffled(rows)), OWN, query) == given_order


@given(PRODUCTS, QUERY)
def test_rows_of_other_storefronts_change_no_template(rows: tuple, query: ProductQuery) -> None:
    own = tuple(row for row in rows if row.storefront_id != OTHER)
    everything = item_template(MappingTable(products=rows), OWN, query)
    assert item_template(MappingTable(products=own), OWN, query) == everything


@given(PRODUCTS, QUERY)
def test_a_template_is_that_of_the_row_it_names(rows: tuple, query: ProductQuery) -> None:
    answer = item_template(MappingTable(products=rows), OWN, query)
    named = {row.id: row.item_template for row in rows}
    if answer.source.kind == "products":
        assert answer.item_template == named[answer.source.row_id]
    else:
        assert answer.item_template == query.integration_id.strip()


@given(METHODS, ADDRESSES, FEW, ADDRESS, DEFAULTS)
def test_shipping_does_not_depend_on_the_order_of_rows(
    methods: tuple, addresses: tuple, name: str, to: AddressQuery, defaults: ShippingDefaults
) -> None:
    given_order = shipped(methods, addresses, name, to, defaults)
    assert shipped(shuffled(methods), shuffled(addresses), name, to, defaults) == given_order


@given(METHODS, ADDRESSES, FEW, ADDRESS, DEFAULTS)
def test_ship_via_is_missing_only_when_nothing_that_matches_has_one(
    methods: tuple, addresses: tuple, name: str, to: AddressQuery, defaults: ShippingDefaults
) -> None:
    if shipped(methods, addresses, name, to, defaults) is None:
        assert defaults.storefront_ship_via is None
        assert defaults.server_ship_via is None
        key = name.strip().lower()
        scope = (None, OWN)
        assert not [
            row
            for row in methods
            if key
            and row.pressero_method.strip().lower() == key
            and row.ship_via
            and row.storefront_id in scope
        ]


@given(METHODS, ADDRESSES, FEW, ADDRESS, DEFAULTS)
def test_no_matching_address_row_with_a_ship_via_has_more_columns_than_the_winner(
    methods: tuple, addresses: tuple, name: str, to: AddressQuery, defaults: ShippingDefaults
) -> None:
    def filled(row: ShipmentAddressRow) -> list[str]:
        return [column for column in COLUMNS if getattr(row, column).strip()]

    def matches(row: ShipmentAddressRow) -> bool:
        return row.storefront_id in (None, OWN) and all(
            getattr(row, column).strip().lower() == getattr(to, column).strip().lower()
            for column in filled(row)
        )

    def rank(row: ShipmentAddressRow) -> tuple[int, int]:
        return (-len(filled(row)) - (row.storefront_id is not None), row.id)

    answer = shipped(methods, addresses, name, to, defaults)
    matching = sorted((row for row in addresses if matches(row) and row.ship_via is not None), key=rank)
    if matching:
        assert answer is not None
        assert answer.ship_via_source.row_id == matching[0].id
    elif answer is not None:
        assert answer.ship_via_source.kind != "shipment_addresses"


@given(STATUSES, FEW, FEW, FEW)
def test_a_stage_does_not_depend_on_the_order_of_rows(rows: tuple, job: str, part: str, flow: str) -> None:
    given_order = stage_for_status(rows, OWN, job_status=job, part_status=part, workflow=flow)
    assert (
        stage_for_status(shuffled(rows), OWN, job_status=job, part_status=part, workflow=flow) == given_order
    )


@given(STATUSES, FEW, FEW, FEW)
def test_a_more_specific_row_always_beats_the_winner_it_is_added_to(
    rows: tuple, job: str, part: str, flow: str
) -> None:
    if part.strip():
        best = StatusRow(99, OWN, "part", part, flow, "BEST")
        answer = stage_for_status((*rows, best), OWN, job_status=job, part_status=part, workflow=flow)
        tied = [
            row
            for row in rows
            if row.storefront_id == OWN
            and row.level == "part"
            and row.pace_status.strip().lower() == part.strip().lower()
            and row.workflow.strip().lower() == flow.strip().lower()
        ]
        assert answer.source.row_id == (tied[0].id if tied else 99)


def test_the_rules_need_no_database() -> None:
    code = "import sys, mappings.resolution; sys.exit('django' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0
