"""The short cut to the shipment address rows finds every row that matches (mapping rules 7)."""

from hypothesis import given, settings
from hypothesis import strategies as st

from integrations.planning.address_rows import AddressRows
from mappings.errors import MappingMissing
from mappings.resolution import shipping
from mappings.types import ADDRESS_COLUMNS, AddressQuery, MappingTable, ShipmentAddressRow, ShippingDefaults

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
    assert answer(AddressRows(every).near(address), address) == answer(tuple(every), address)


def test_an_address_is_compared_with_few_rows() -> None:
    blank = dict.fromkeys(ADDRESS_COLUMNS, "")
    every = [
        ShipmentAddressRow(
            n,
            None,
            **(blank | {"business": "Example CU", "address1": f"{n} Main St"}),
            ship_via=1,
            account_number="",
        )
        for n in range(200)
    ]
    near = AddressRows(every).near(AddressQuery(business="example cu", address1="7  MAIN ST"))
    assert [row.id for row in near] == [7]
