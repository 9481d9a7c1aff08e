"""Reads the rows that can matter for one order: one query per kind, however many items and rows there are.

Every read goes through the keys that rows carry (`mappings.models`), so its cost does not grow with the table.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime
from itertools import product as combinations

from django.db.models import Max, Q

from mappings.models import (
    Holiday,
    ProductMapping,
    ShipmentAddressMapping,
    ShipmentMethodMapping,
    StatusMapping,
)
from mappings.text import address_key, name_key, pattern_of_keys
from mappings.types import (
    ADDRESS_COLUMNS,
    AddressQuery,
    HolidayRow,
    MappingTable,
    ProductQuery,
    ProductRow,
    ShipmentAddressRow,
    ShipmentMethodRow,
    StatusRow,
)

# An address has at most 64 patterns: one query does for 300 different addresses. SQLite takes no more than 32,766
# parameters.
PATTERNS_PER_QUERY = 20_000

_PRODUCT_COLUMNS = ("id", "storefront_id", "product", "match", "item_template")
_METHOD_COLUMNS = ("id", "storefront_id", "pressero_method", "ship_via", "account_number")
_STATUS_COLUMNS = ("id", "storefront_id", "level", "pace_status", "workflow", "pressero_stage", "note")


def table_for(
    storefront_id: int,
    *,
    products: Iterable[ProductQuery] = (),
    methods: Iterable[tuple[str, str]] = (),
    addresses: Iterable[AddressQuery] = (),
    years: Iterable[int] = (),
) -> MappingTable:
    """The rows for these products, methods (name and id), ship-to addresses and years: four queries (one more for every
    further 300 addresses)."""
    return MappingTable(
        products=_product_rows(storefront_id, products),
        shipment_methods=_method_rows(storefront_id, methods),
        shipment_addresses=_address_rows(storefront_id, addresses),
        holidays=_holiday_rows(storefront_id, years),
    )


def every_row(storefront_id: int, *, addresses: Iterable[AddressQuery] = ()) -> MappingTable:
    """All product and method rows that concern a storefront, and the rows for these addresses: three queries. For
    coverage, which asks for everything a storefront has."""
    products = ProductMapping.objects.filter(_scope(storefront_id)).order_by("id")
    methods = ShipmentMethodMapping.objects.filter(_scope(storefront_id)).order_by("id")
    return MappingTable(
        products=tuple(ProductRow(*values) for values in products.values_list(*_PRODUCT_COLUMNS)),
        shipment_methods=tuple(
            ShipmentMethodRow(*values) for values in methods.values_list(*_METHOD_COLUMNS)
        ),
        shipment_addresses=_address_rows(storefront_id, addresses),
    )


def every_status_row(storefront_id: int) -> tuple[StatusRow, ...]:
    """All status rows that concern a storefront: one query."""
    found = StatusMapping.objects.filter(_scope(storefront_id)).order_by("id")
    return tuple(StatusRow(*values) for values in found.values_list(*_STATUS_COLUMNS))


def status_rows(storefront_id: int, statuses: Iterable[str]) -> tuple[StatusRow, ...]:
    """The rows for these Pace statuses of jobs or parts, for `resolution.stage_for_status`: one query."""
    keys = _keys(statuses)
    if not keys:
        return ()
    found = StatusMapping.objects.filter(_scope(storefront_id), status_key__in=keys).order_by("id")
    return tuple(StatusRow(*values) for values in found.values_list(*_STATUS_COLUMNS))


def status_rows_of(storefront_ids: Iterable[int], statuses: Iterable[str]) -> tuple[StatusRow, ...]:
    """The same for the jobs of many storefronts: one query."""
    keys = _keys(statuses)
    if not keys:
        return ()
    columns = ("id", "storefront_id", "level", "pace_status", "workflow", "pressero_stage", "note")
    scope = Q(storefront_id__in=set(storefront_ids)) | Q(storefront__isnull=True)
    found = StatusMapping.objects.filter(scope, status_key__in=keys).order_by("id")
    return tuple(StatusRow(*values) for values in found.values_list(*columns))


def newest_status_change() -> datetime | None:
    """When a status row was last made or changed."""
    return StatusMapping.objects.aggregate(newest=Max("updated_at"))["newest"]


def _product_rows(storefront_id: int, products: Iterable[ProductQuery]) -> tuple[ProductRow, ...]:
    keys = _keys(text for query in products for text in (query.product_id, query.part_number, query.name))
    if not keys:
        return ()
    found = ProductMapping.objects.filter(_scope(storefront_id), product_key__in=keys).order_by("id")
    return tuple(ProductRow(*values) for values in found.values_list(*_PRODUCT_COLUMNS))


def _method_rows(storefront_id: int, methods: Iterable[tuple[str, str]]) -> tuple[ShipmentMethodRow, ...]:
    keys = _keys(text for method in methods for text in method)
    if not keys:
        return ()
    found = ShipmentMethodMapping.objects.filter(_scope(storefront_id), method_key__in=keys).order_by("id")
    return tuple(ShipmentMethodRow(*values) for values in found.values_list(*_METHOD_COLUMNS))


def _address_rows(storefront_id: int, addresses: Iterable[AddressQuery]) -> tuple[ShipmentAddressRow, ...]:
    patterns = {pattern for address in set(addresses) for pattern in _patterns(address)}
    if not patterns:
        return ()
    columns = ("id", "storefront_id", *ADDRESS_COLUMNS, "ship_via", "account_number")
    ordered = sorted(patterns)
    found: list[ShipmentAddressRow] = []
    for start in range(0, len(ordered), PATTERNS_PER_QUERY):
        some = ordered[start : start + PATTERNS_PER_QUERY]
        rows = ShipmentAddressMapping.objects.filter(_scope(storefront_id), address_key__in=some)
        found += [ShipmentAddressRow(*values) for values in rows.values_list(*columns)]
    return tuple(sorted(found, key=lambda row: row.id))


def _patterns(address: AddressQuery) -> Iterator[str]:
    """Every row that can match an address has one of these keys: each column as the address has it, or empty."""
    keys = [address_key(getattr(address, column)) for column in ADDRESS_COLUMNS]
    for columns in combinations(*(("", key) if key else ("",) for key in keys)):
        yield pattern_of_keys(columns)


def _holiday_rows(storefront_id: int, years: Iterable[int]) -> tuple[HolidayRow, ...]:
    wanted = set(years)
    if not wanted:
        return ()
    when = Q(every_year=True) | Q(date__year__in=wanted)
    columns = ("id", "storefront_id", "date", "name", "every_year")
    found = Holiday.objects.filter(_scope(storefront_id), when).order_by("id")
    return tuple(HolidayRow(*values) for values in found.values_list(*columns))


def _scope(storefront_id: int) -> Q:
    return Q(storefront_id=storefront_id) | Q(storefront__isnull=True)


def _keys(texts: Iterable[str]) -> set[str]:
    return {key for text in texts if (key := name_key(text))}
