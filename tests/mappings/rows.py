"""Short builders of mapping rows and questions for the tests of the pure rules."""

from datetime import date
from typing import Any

from mappings.types import HolidayRow, ProductRow, ShipmentAddressRow, ShipmentMethodRow, StatusRow

OWN, OTHER = 7, 8


def product(
    id: int, product: str, match: str = "part_number", template: str = "", for_: int | None = None
) -> ProductRow:
    return ProductRow(id, for_, product, match, template or f"T{id}")


def method(
    id: int, name: str, ship_via: int | None = None, account: str = "", for_: int | None = None
) -> ShipmentMethodRow:
    return ShipmentMethodRow(id, for_, name, ship_via, account)


def address(
    id: int, ship_via: int | None = None, account: str = "", for_: int | None = None, **columns: str
) -> ShipmentAddressRow:
    empty: dict[str, Any] = dict.fromkeys(("business", "address1", "city", "state", "postal", "country"), "")
    return ShipmentAddressRow(
        id=id, storefront_id=for_, ship_via=ship_via, account_number=account, **{**empty, **columns}
    )


def holiday(
    id: int, day: str, name: str = "", every_year: bool = False, for_: int | None = None
) -> HolidayRow:
    return HolidayRow(id, for_, date.fromisoformat(day), name or f"H{id}", every_year)


def status(
    id: int,
    pace_status: str = "S",
    level: str = "job",
    workflow: str = "",
    stage: str = "",
    for_: int | None = None,
) -> StatusRow:
    return StatusRow(id, for_, level, pace_status, workflow, stage or f"stage {id}", f"note {id}")
