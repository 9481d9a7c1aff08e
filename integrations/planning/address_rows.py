"""Finding the shipment address rows that concern an address without comparing it with each of them (docs/mapping.md §10).

An order of 200 destinations has up to 200 rows: compared one by one that would be 40,000 times six columns.
"""

from collections.abc import Iterable
from dataclasses import replace

from integrations.planning.addresses import Places
from mappings.text import address_key
from mappings.types import AddressQuery, ShipmentAddressRow

# From the column that tells most to the one that tells least.
_TELLING = ("address1", "postal", "business", "city")
_SAME_PLACE = "the same place"  # stands for state and country once they have been compared


class AddressRows:
    """Rows by the most telling column they fill. State and country are compared here, as the places that they name; whether
    a row really matches is for the resolution to say."""

    def __init__(self, rows: Iterable[ShipmentAddressRow], places: Places) -> None:
        self._places = places
        self._rows: dict[tuple[str, str], list[ShipmentAddressRow]] = {}
        for row in rows:
            self._rows.setdefault(_most_telling(row), []).append(row)
        self._of_place: dict[tuple[str, str], tuple[ShipmentAddressRow, ...]] = {}
        self._compared: dict[tuple[str, str], tuple[str, str]] = {}

    def near(self, address: AddressQuery) -> tuple[AddressQuery, tuple[ShipmentAddressRow, ...]]:
        """What to ask, and every row that can match it, and few that cannot."""
        asked = [(column, address_key(getattr(address, column))) for column in _TELLING]
        telling = [row for key in asked for row in self._rows.get(key, ()) if key[1]]
        rows = (*self._rows_of_place(address), *self._in_place(telling, address))
        return replace(address, state=_SAME_PLACE, country=_SAME_PLACE), rows

    def _rows_of_place(self, address: AddressQuery) -> tuple[ShipmentAddressRow, ...]:
        """The rows that fill state and country at most; the same for every address of one place."""
        place = (address.country, address.state)
        if place not in self._of_place:
            self._of_place[place] = self._in_place(self._rows.get(("", ""), ()), address)
        return self._of_place[place]

    def _in_place(
        self, rows: Iterable[ShipmentAddressRow], address: AddressQuery
    ) -> tuple[ShipmentAddressRow, ...]:
        """Those of the rows that name the place of the address, or none."""
        return tuple(
            replace(row, state=row.state and _SAME_PLACE, country=row.country and _SAME_PLACE)
            if row.state or row.country
            else row
            for row in rows
            if self._names_place(row, address)
        )

    def _names_place(self, row: ShipmentAddressRow, address: AddressQuery) -> bool:
        """A state without a country is one of the country that the address is in."""
        if not row.state and not row.country:
            return True
        country, state = self._key(address.country, address.state)
        named_country, named_state = self._key(row.country or address.country, row.state)
        if row.state:
            return (named_country, named_state) == (country, state)
        return named_country == country and named_state in ("", state)

    def _key(self, country: str, state: str) -> tuple[str, str]:
        if (country, state) not in self._compared:
            self._compared[country, state] = self._places.compared(country, state)
        return self._compared[country, state]


def _most_telling(row: ShipmentAddressRow) -> tuple[str, str]:
    for column in _TELLING:
        if key := address_key(getattr(row, column)):
            return column, key
    return "", ""
