"""Reads the rows that can matter for one order: one query per kind, however many items and rows there are.

Every read goes through the keys that rows carry (`mappings.models`), so its cost does not grow with the table.
"""

from collections.abc import Iterable, Iterator
from datetime import date, datetime
from functools import lru_cache
from itertools import product as combinations
from operator import attrgetter
from typing import Any

from django.db import connection
from django.db.models import Exists, Max, Q, QuerySet, TextField, Value
from django.db.models.functions import Cast

from mappings.models import (
    FieldRule,
    Holiday,
    ProductMapping,
    ShipmentAddressMapping,
    ShipmentMethodMapping,
    StatusMapping,
    TableValue,
)
from mappings.text import address_key, name_key, pattern_of_keys
from mappings.types import (
    ADDRESS_COLUMNS,
    TEXT_COLUMNS,
    AddressQuery,
    FieldRuleRow,
    HolidayRow,
    MappingTable,
    ProductQuery,
    ProductRow,
    ShipmentAddressRow,
    ShipmentMethodRow,
    StatusRow,
    ValueRow,
)

# An address has at most 16 patterns: one query does for 1,250 different addresses. SQLite takes no more than 32,766
# parameters.
PATTERNS_PER_QUERY = 20_000

_PRODUCT_COLUMNS = ("id", "storefront_id", "product", "match", "item_template")
_METHOD_COLUMNS = ("id", "storefront_id", "pressero_method", "ship_via", "account_number")
_HOLIDAY_COLUMNS = ("date", "name", "every_year")
_RULE_COLUMNS = ("object", "pace_field", "priority", "when", "value", "mode", "required")
_VALUE_COLUMNS = ("table", "original", "replacement")
_STATUS_COLUMNS = ("id", "storefront_id", "level", "pace_status", "workflow", "pressero_stage", "note")


def table_for(
    storefront_id: int,
    *,
    products: Iterable[ProductQuery] = (),
    methods: Iterable[tuple[str, str]] = (),
    addresses: Iterable[AddressQuery] = (),
    years: Iterable[int] = (),
    rules: bool = False,
) -> MappingTable:
    """The rows for these products, methods (name and id), ship-to addresses and years, with `rules` also the field rules
    and their value tables: four queries (one more for every further 1,250 addresses)."""
    holidays, fields, values = _rows_without_keys(storefront_id, set(years), rules)
    return MappingTable(
        products=_product_rows(storefront_id, products),
        shipment_methods=_method_rows(storefront_id, methods),
        shipment_addresses=_address_rows(storefront_id, addresses),
        holidays=holidays,
        fields=fields,
        values=values,
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
    patterns = {pattern for address in set(addresses) for pattern in address_patterns(address)}
    if not patterns:
        return ()
    columns = ("id", "storefront_id", *ADDRESS_COLUMNS, "ship_via", "account_number")
    ordered = sorted(patterns)
    found: list[ShipmentAddressRow] = []
    for start in range(0, len(ordered), PATTERNS_PER_QUERY):
        some = ordered[start : start + PATTERNS_PER_QUERY]
        rows = ShipmentAddressMapping.objects.filter(_scope(storefront_id), text_key__in=some)
        found += [ShipmentAddressRow(*values) for values in rows.values_list(*columns)]
    return tuple(sorted(found, key=lambda row: row.id))


def address_patterns(address: AddressQuery) -> Iterator[str]:
    """Every row that can match an address has one of these keys: each column as the address has it, or empty. Rows are
    found whatever state and country they name: how many of those there are does not grow with the table."""
    keys = [address_key(getattr(address, column)) for column in TEXT_COLUMNS]
    for columns in combinations(*(("", key) if key else ("",) for key in keys)):
        yield pattern_of_keys(columns)


def value_tables() -> tuple[ValueRow, ...]:
    """All value tables: one query."""
    rows = TableValue.objects.order_by("id").values_list("id", *_VALUE_COLUMNS)
    return tuple(ValueRow(*values) for values in rows)


def _rows_without_keys(
    storefront_id: int, years: set[int], with_rules: bool
) -> tuple[tuple[HolidayRow, ...], tuple[FieldRuleRow, ...], tuple[ValueRow, ...]]:
    """Holidays, field rules and value tables: what no item of an order names. One query for all three, each column as
    text."""
    if not (years or with_rules):
        return (), (), ()
    holidays: list[HolidayRow] = []
    fields: list[FieldRuleRow] = []
    values: list[ValueRow] = []
    sql, parameters = _statement(storefront_id, frozenset(years), with_rules, connection.vendor)
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        found = cursor.fetchall()
    for kind, id_, of, *cells in found:
        if kind == "holiday":
            holidays.append(HolidayRow(id_, of, date.fromisoformat(cells[0]), cells[1], _flag(cells[2])))
        elif kind == "rule":
            object_, field, priority, when_, value, mode, required = cells
            fields.append(
                FieldRuleRow(id_, of, object_, field, int(priority), when_, value, mode, _flag(required))
            )
        else:
            values.append(ValueRow(id_, *cells[: len(_VALUE_COLUMNS)]))
    by_id = attrgetter("id")
    return (
        tuple(sorted(holidays, key=by_id)),
        tuple(sorted(fields, key=by_id)),
        tuple(sorted(values, key=by_id)),
    )


@lru_cache(maxsize=256)
def _statement(
    storefront_id: int, years: frozenset[int], with_rules: bool, vendor: str
) -> tuple[str, tuple[Any, ...]]:
    """The query for these; for all orders of a storefront it is the same, and making it takes longer than running it."""
    queries = []
    if years:
        when = Q(every_year=True) | Q(date__year__in=years)
        days = Holiday.objects.filter(_scope(storefront_id), when)
        queries.append(_as_texts("holiday", days, _HOLIDAY_COLUMNS))
    if with_rules:
        rules = FieldRule.objects.filter(_scope(storefront_id))
        looks_up = rules.filter(Q(value__contains="lookup") | Q(when__contains="lookup"))
        queries.append(_as_texts("rule", rules, _RULE_COLUMNS))
        queries.append(_as_texts("value", TableValue.objects.filter(Exists(looks_up)), _VALUE_COLUMNS))
    sql, parameters = queries[0].union(*queries[1:], all=True).query.sql_with_params()
    return sql, tuple(parameters)


def _as_texts(kind: str, rows: QuerySet[Any], columns: tuple[str, ...]) -> QuerySet[Any]:
    """Rows of one shape, whatever their columns: kind, id, storefront, and as many texts as the widest kind has."""
    cells: dict[str, Any] = {f"cell{n}": Cast(name, TextField()) for n, name in enumerate(columns)}
    cells |= {
        f"cell{n}": Value("", output_field=TextField()) for n in range(len(columns), len(_RULE_COLUMNS))
    }
    named = rows.order_by().annotate(kind=Value(kind, output_field=TextField()), **cells)
    return named.values_list("kind", "id", "storefront_id", *(f"cell{n}" for n in range(len(_RULE_COLUMNS))))


def _flag(text: str) -> bool:
    """A truth value as text: SQLite says 1, PostgreSQL says true."""
    return text in ("1", "true")


def _scope(storefront_id: int) -> Q:
    return Q(storefront_id=storefront_id) | Q(storefront__isnull=True)


def _keys(texts: Iterable[str]) -> set[str]:
    return {key for text in texts if (key := name_key(text))}
