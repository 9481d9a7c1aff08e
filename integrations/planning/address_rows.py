"""Finding the shipment address rows that can concern an address without comparing it with each of them.

An order of 200 destinations has up to 200 rows: compared one by one that would be 40,000 times six columns.
"""

from collections.abc import Iterable

from mappings.text import address_key
from mappings.types import AddressQuery, ShipmentAddressRow

# From the column that tells most to the one that tells least.
_TELLING = ("address1", "postal", "business", "city", "state", "country")


class AddressRows:
    """Rows by the most telling column they fill. Whether a row really matches is for the resolution to say."""

    def __init__(self, rows: Iterable[ShipmentAddressRow]) -> None:
        self._rows: dict[tuple[str, str], list[ShipmentAddressRow]] = {}
        for row in rows:
            self._rows.setdefault(_most_telling(row), []).append(row)

    def near(self, address: AddressQuery) -> tuple[ShipmentAddressRow, ...]:
        """Every row that can match the address, and few that cannot."""
        asked = [("", ""), *((column, address_key(getattr(address, column))) for column in _TELLING)]
        return tuple(row for key in asked for row in self._rows.get(key, ()))


def _most_telling(row: ShipmentAddressRow) -> tuple[str, str]:
    for column in _TELLING:
        if key := address_key(getattr(row, column)):
            return column, key
    return "", ""
