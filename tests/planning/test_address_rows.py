"""The short cut to the shipment address rows finds every row that matches (docs/mapping.md §10)."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from integrations.clients.schemas import PaceReference
from integrations.planning.address_rows import AddressRows
from integrations.planning.addresses import Places
from mappings.errors import MappingMissing
from mappings.resolution import shipping
from mappings.types import ADDRESS_COLUMNS, AddressQuery, MappingTable, ShipmentAddressRow, ShippingDefaults
from tests.planning.builders import REFERENCE

texts = st.sampled_from(["", "", "A", "a ", " A  B", "a b", "ß", "SS"])
addresses = st.builds(AddressQuery, **dict.fromkeys(ADDRESS_COLUMNS, texts))
rows = st.lists(
    st.builds(
        ShipmentAddressRow,
        id=st.integers(1, 10**6),
        storefront_id=st.sampled_from([None, 1, 2]),
        **dict.fromkeys(ADDRESS_COLUMNS, texts),
        ship_via=st.none() | st.integers(1, 9),
        account_number=st.sampled_from(["", "ACC"]),
    ),
    max_size=12,
    unique_by=lambda row: row.id,
)


NOWHERE = Places(PaceReference())  # a plant whose lists are not known: places are told apart by ISO alone


def answer(found: tuple[ShipmentAddressRow, ...], address: AddressQuery) -> object:
    table = MappingTable(shipment_addresses=found)
    try:
        return shipping(table, 1, method_name="", method_id="", address=address, defaults=ShippingDefaults())
    except MappingMissing:
        return None


@settings(max_examples=500, deadline=None)
@given(rows, addresses)
def test_the_short_cut_gives_the_same_answer_as_all_rows(
    every: list[ShipmentAddressRow], address: AddressQuery
) -> None:
    asked, near = AddressRows(every, NOWHERE).near(address)
    assert answer(near, asked) == answer(tuple(every), address)


BLANK = dict.fromkeys(ADDRESS_COLUMNS, "")


def row(number: int = 1, **columns: str) -> ShipmentAddressRow:
    return ShipmentAddressRow(number, None, **(BLANK | columns), ship_via=number, account_number="")


def test_an_address_is_compared_with_few_rows() -> None:
    every = [row(n, business="Example CU", address1=f"{n} Main St") for n in range(200)]
    _, near = AddressRows(every, NOWHERE).near(AddressQuery(business="example cu", address1="7  MAIN ST"))
    assert [one.id for one in near] == [7]


@pytest.mark.parametrize("places", [Places(REFERENCE), NOWHERE], ids=["the plant's lists", "no lists"])
@pytest.mark.parametrize(
    ("typed", "ordered"),
    [
        ({"state": "IL", "country": "US"}, {"state": "Illinois", "country": "United States"}),
        ({"state": "Illinois", "country": "USA"}, {"state": "il", "country": "us"}),
        ({"state": "Illinois"}, {"state": "US-IL", "country": "U.S.A."}),
        ({"country": "United States of America"}, {"state": "IL", "country": "US"}),
        ({"state": "Québec", "country": "CA"}, {"state": "Quebec", "country": "Canada"}),
        ({"country": "Alemania"}, {"country": "DE"}),
        ({"city": "Montréal", "country": "Canada"}, {"city": "MONTREAL", "country": "CAN"}),
        ({"business": "Café  Crème"}, {"business": "cafe\u00a0creme\u200e", "country": "US"}),
        (
            {"state": "Bavaria-North", "country": "Atlantis"},
            {"state": "bavaria north", "country": "ATLANTIS"},
        ),
    ],
)
def test_a_row_matches_however_its_place_is_spelt(
    places: Places, typed: dict[str, str], ordered: dict[str, str]
) -> None:
    asked, near = AddressRows([row(5, **typed)], places).near(AddressQuery(**(BLANK | ordered)))
    assert answer(near, asked) is not None


@pytest.mark.parametrize(
    ("typed", "ordered"),
    [
        ({"state": "IL", "country": "US"}, {"state": "TX", "country": "US"}),
        ({"state": "WA", "country": "US"}, {"state": "WA", "country": "Australia"}),
        ({"country": "Canada"}, {"state": "CA", "country": "US"}),
        ({"state": "N/A"}, {"state": "IL", "country": "US"}),
        ({"state": "IL", "city": "Peoria"}, {"state": "IL", "city": "Pekin", "country": "US"}),
    ],
)
def test_a_row_of_another_place_does_not_match(typed: dict[str, str], ordered: dict[str, str]) -> None:
    asked, near = AddressRows([row(5, **typed)], Places(REFERENCE)).near(AddressQuery(**(BLANK | ordered)))
    assert answer(near, asked) is None
