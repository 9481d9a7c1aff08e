"""All mapping rows that plans depend on, in memory, and the same with changes that are not stored.

For planning many orders with rows as they would be: nothing is written to try them, so no lock is held.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import fields
from functools import cached_property
from typing import Any, get_args, get_type_hints

from mappings.lookup import address_patterns
from mappings.models import MappingRow
from mappings.resources import KINDS
from mappings.text import address_key, name_key, pattern_of_keys
from mappings.types import TEXT_COLUMNS, AddressQuery, MappingTable, ProductQuery

# The kinds that plans depend on, with the plain row that planning sees. Statuses matter only after an order was sent.
ROW_TYPES: dict[str, Any] = {
    kind: get_args(hint)[0] for kind, hint in get_type_hints(MappingTable).items() if kind in KINDS
}


class MappingRows:
    """Every row by kind and id. `changed` gives another set; this one stays as it is."""

    def __init__(self, rows: Mapping[str, Mapping[int, Any]]) -> None:
        self._rows = rows

    @classmethod
    def stored(cls) -> MappingRows:
        """What the database has: one query per kind."""
        return cls({kind: {row.id: row for row in _stored(kind)} for kind in ROW_TYPES})

    def changed(
        self, put: Mapping[str, Iterable[MappingRow]], gone: Mapping[str, Iterable[MappingRow]]
    ) -> MappingRows:
        """These rows with some put in place, by id where they have one, and some taken away."""
        rows = {kind: dict(known) for kind, known in self._rows.items()}
        for kind, known in rows.items():
            for row in gone.get(kind, ()):
                known.pop(row.pk, None)
            following = max(known, default=0) + 1
            for row in put.get(kind, ()):
                known[row.pk or following] = _plain(kind, row, row.pk or following)
                following += 0 if row.pk else 1
        return MappingRows(rows)

    def table_for(
        self,
        storefront_id: int,
        *,
        products: Iterable[ProductQuery],
        methods: Iterable[tuple[str, str]],
        addresses: Iterable[AddressQuery],
    ) -> MappingTable:
        """The rows that can matter for one order, as `mappings.lookup.table_for` reads them."""
        wanted = {
            "products": {
                name_key(text) for one in products for text in (one.product_id, one.part_number, one.name)
            },
            "shipment_methods": {name_key(text) for method in methods for text in method},
            "shipment_addresses": {pattern for one in set(addresses) for pattern in address_patterns(one)},
        }
        found: dict[str, tuple[Any, ...]] = {}
        for kind, known in self._rows.items():
            near: Iterable[Any] = known.values()
            if kind in wanted:
                index = self._indexes[kind]
                near = [row for key in sorted(wanted[kind]) for row in index.get(key, ())]
            scoped = (row for row in near if getattr(row, "storefront_id", None) in (None, storefront_id))
            found[kind] = tuple(sorted(scoped, key=lambda row: row.id))
        return MappingTable(**found)

    @cached_property
    def _indexes(self) -> dict[str, dict[str, list[Any]]]:
        """Rows by the key that an order asks for, of the kinds that may have thousands of rows."""
        keys = {
            "products": lambda row: name_key(row.product),
            "shipment_methods": lambda row: name_key(row.pressero_method),
            "shipment_addresses": lambda row: pattern_of_keys(
                address_key(getattr(row, column)) for column in TEXT_COLUMNS
            ),
        }
        indexes: dict[str, dict[str, list[Any]]] = {}
        for kind, key_of in keys.items():
            index = indexes.setdefault(kind, defaultdict(list))
            for row in self._rows.get(kind, {}).values():
                index[key_of(row)].append(row)
        return indexes


def _stored(kind: str) -> Iterator[Any]:
    type_ = ROW_TYPES[kind]
    columns = [field.name for field in fields(type_)]
    rows = KINDS[kind].model._default_manager.order_by("pk").values_list(*columns)
    return (type_(*values) for values in rows.iterator(chunk_size=2000))


def _plain(kind: str, row: MappingRow, row_id: int) -> Any:
    type_ = ROW_TYPES[kind]
    values = {field.name: getattr(row, field.name) for field in fields(type_)}
    return type_(**{**values, "id": row_id})
