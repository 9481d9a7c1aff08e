"""Which ship via and account number a shipment gets."""

import pytest

from mappings.errors import MappingMissing
from mappings.resolution import shipping
from mappings.types import (
    AddressQuery,
    MappingTable,
    ShipmentAddressRow,
    ShipmentMethodRow,
    ShippingAnswer,
    ShippingDefaults,
)
from tests.mappings.rows import OTHER, OWN, address, method

HQ = AddressQuery(
    business="Example CU", address1="1 Main St", city="Springfield", state="CA", postal="90210", country="US"
)
NONE = ShippingDefaults()
ALL_DEFAULTS = ShippingDefaults(storefront_ship_via=60, storefront_account_number="SF", server_ship_via=70)


def resolve(
    *rows: ShipmentMethodRow | ShipmentAddressRow,
    name: str = "Ground",
    id: str = "M-3",
    to: AddressQuery = HQ,
    defaults: ShippingDefaults = NONE,
) -> ShippingAnswer:
    table = MappingTable(
        shipment_methods=tuple(row for row in rows if isinstance(row, ShipmentMethodRow)),
        shipment_addresses=tuple(row for row in rows if isinstance(row, ShipmentAddressRow)),
    )
    return shipping(table, OWN, method_name=name, method_id=id, address=to, defaults=defaults)


# --- the line: address, method, storefront, server


def test_address_row_wins_over_method_row() -> None:
    assert resolve(method(1, "Ground", 10), address(2, 20, country="US")).ship_via == 20


def test_method_row_wins_over_the_storefronts_default() -> None:
    assert resolve(method(1, "Ground", 10), defaults=ALL_DEFAULTS).ship_via == 10


def test_storefronts_default_wins_over_the_servers() -> None:
    answer = resolve(defaults=ALL_DEFAULTS)
    assert (answer.ship_via, answer.ship_via_source.kind) == (60, "storefront_default")


def test_servers_default_applies_last() -> None:
    answer = resolve(defaults=ShippingDefaults(server_ship_via=70))
    assert (answer.ship_via, answer.ship_via_source.kind) == (70, "server_default")


def test_ship_via_zero_is_an_answer() -> None:
    assert resolve(method(1, "Ground", 0), defaults=ALL_DEFAULTS).ship_via == 0


def test_without_any_match_the_error_names_the_method() -> None:
    with pytest.raises(MappingMissing) as caught:
        resolve(method(1, "Air", 10))
    assert "“Ground” (id M-3)" in caught.value.message


def test_without_a_method_the_error_says_so() -> None:
    with pytest.raises(MappingMissing, match="an item without a shipping method"):
        resolve(name=" ", id="")


# --- method rows


def test_own_method_row_wins_over_that_of_all_storefronts() -> None:
    assert resolve(method(1, "Ground", 10), method(2, "Ground", 11, for_=OWN)).ship_via == 11


def test_method_row_of_another_storefront_does_not_count() -> None:
    assert resolve(method(1, "Ground", 10, for_=OTHER), defaults=ALL_DEFAULTS).ship_via == 60


def test_method_names_are_compared_without_case_and_outer_blanks() -> None:
    assert resolve(method(1, " gROUND ", 10)).ship_via == 10


def test_a_method_row_may_name_the_id() -> None:
    answer = resolve(method(1, "m-3", 10))
    assert (
        answer.ship_via_source.reason
        == "the shipment method mapping for method id M-3 (row 1, all storefronts)"
    )


def test_a_row_naming_the_method_id_wins_over_one_naming_the_name() -> None:
    assert resolve(method(1, "Ground", 10), method(2, "M-3", 11)).ship_via == 11


def test_own_row_by_name_wins_over_that_of_all_storefronts_by_id() -> None:
    assert resolve(method(1, "M-3", 10), method(2, "Ground", 11, for_=OWN)).ship_via == 11


def test_lowest_id_wins_among_equal_method_rows() -> None:
    assert resolve(method(5, "Ground", 50), method(4, "ground", 40)).ship_via == 40


def test_an_empty_method_matches_no_row() -> None:
    assert resolve(method(1, "", 10), name="", id="", defaults=ALL_DEFAULTS).ship_via == 60


# --- address rows


def test_address_row_with_more_columns_wins() -> None:
    assert resolve(address(1, 10, country="US"), address(2, 20, country="US", state="CA")).ship_via == 20


def test_the_storefront_counts_as_one_column() -> None:
    two_columns, own = address(1, 10, country="US", state="CA"), address(2, 20, country="US", for_=OWN)
    assert resolve(two_columns, own).ship_via == 10
    assert resolve(address(3, 30, country="US"), own).ship_via == 20


def test_lowest_id_wins_among_address_rows_with_as_many_columns() -> None:
    assert resolve(address(2, 20, country="US"), address(1, 10, state="CA")).ship_via == 10


def test_every_filled_column_must_be_equal() -> None:
    assert resolve(address(1, 10, country="US", state="NY"), defaults=ALL_DEFAULTS).ship_via == 60


def test_an_empty_column_matches_any_value() -> None:
    assert resolve(address(1, 10, business="Example CU")).ship_via == 10


def test_a_filled_column_does_not_match_an_empty_address() -> None:
    assert resolve(address(1, 10, country="US"), to=AddressQuery(), defaults=ALL_DEFAULTS).ship_via == 60


def test_address_columns_are_compared_without_case_and_with_blanks_collapsed() -> None:
    assert resolve(address(1, 10, address1=" 1  MAIN st")).ship_via == 10


def test_address_row_of_another_storefront_does_not_count() -> None:
    assert resolve(address(1, 10, country="US", for_=OTHER), defaults=ALL_DEFAULTS).ship_via == 60


def test_an_address_row_with_only_a_storefront_matches_any_address_of_it() -> None:
    reason = resolve(address(1, 10, for_=OWN)).ship_via_source.reason
    assert reason == "the shipment address mapping for any address (row 1, this storefront)"


def test_the_address_answer_names_its_columns() -> None:
    source = resolve(address(3, 10, city="Springfield", state="CA")).ship_via_source
    assert (source.kind, source.row_id) == ("shipment_addresses", 3)
    assert (
        source.reason == "the shipment address mapping for the same city and state (row 3, all storefronts)"
    )


# --- account numbers


def test_the_winning_rows_account_number_is_taken() -> None:
    answer = resolve(address(1, 10, "A1", country="US"), method(2, "Ground", 20, "A2"), defaults=ALL_DEFAULTS)
    assert (answer.account_number, answer.account_source.row_id) == ("A1", 1)


def test_an_empty_account_number_is_filled_from_the_next_address_row() -> None:
    answer = resolve(address(1, 10, country="US", state="CA"), address(2, 20, "A2", country="US"))
    assert (answer.ship_via, answer.account_number) == (10, "A2")


def test_an_empty_account_number_is_filled_from_the_method_row() -> None:
    answer = resolve(address(1, 10, country="US"), method(2, "Ground", 20, "A2"), defaults=ALL_DEFAULTS)
    assert (answer.ship_via, answer.account_number, answer.account_source.kind) == (
        10,
        "A2",
        "shipment_methods",
    )


def test_an_empty_account_number_is_filled_from_the_storefronts_default_last() -> None:
    answer = resolve(method(2, "Ground", 20), defaults=ALL_DEFAULTS)
    assert (answer.account_number, answer.account_source.kind) == ("SF", "storefront_default")


def test_the_storefronts_account_number_goes_with_the_servers_ship_via() -> None:
    answer = resolve(defaults=ShippingDefaults(storefront_account_number="SF", server_ship_via=70))
    assert (answer.ship_via, answer.account_number) == (70, "SF")


def test_a_row_without_ship_via_leaves_it_to_the_next_but_keeps_its_account_number() -> None:
    answer = resolve(address(1, None, "A1", country="US"), method(2, "Ground", 20, "A2"))
    assert (answer.ship_via, answer.account_number) == (20, "A1")


def test_blank_account_numbers_count_as_empty() -> None:
    assert resolve(method(1, "Ground", 10, "  "), defaults=ALL_DEFAULTS).account_number == "SF"


def test_no_account_number_anywhere_is_none() -> None:
    answer = resolve(method(1, "Ground", 10))
    assert (answer.account_number, answer.account_source.kind) == ("", "none")
