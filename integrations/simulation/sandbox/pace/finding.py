"""The FindObjects calls: keys of the objects that pass a filter, or chosen columns of them."""

from __future__ import annotations

from typing import Any

from integrations.simulation.sandbox.pace.errors import PaceError, XPathError, not_found
from integrations.simulation.sandbox.pace.filters import predicate, reader, sort_key
from integrations.simulation.sandbox.pace.schema import ObjectType, Schema
from integrations.simulation.sandbox.pace.store import Record, View
from integrations.simulation.sandbox.pace.xpath import parse_filter, parse_path

Row = tuple[str, Record]


class Finder:
    """Finds objects in a view of the store."""

    def __init__(self, schema: Schema) -> None:
        self._schema = schema

    def keys(self, type_name: str, xpath: str, sorts: Any, view: View) -> list[str]:
        """Primary keys of the objects that pass, in the order asked for, else in the order of their creation."""
        of_type = self._schema[type_name]
        return [key for key, _ in self._sorted(self._passing(of_type, xpath, view), sorts, of_type, view)]

    def value_objects(self, descriptor: Any, view: View) -> dict[str, Any]:
        """The answer to loadValueObjects."""
        if not isinstance(descriptor, dict) or not isinstance(descriptor.get("objectName"), str):
            raise PaceError("Expected a ValueObjectDescriptor with an objectName")
        of_type = self._schema[descriptor["objectName"]]
        if descriptor.get("children"):
            raise PaceError("Children of value objects are not available in the sandbox")
        rows = self._described_rows(of_type, descriptor, view)
        offset, limit = _count(descriptor, "offset"), _count(descriptor, "limit")
        more = 1 if self._schema.plant.one_row_more else 0
        page = rows[offset : offset + limit + more] if limit else rows[offset:]
        columns = []
        for field in _list_of_objects(descriptor.get("fields"), "fields"):
            xpath = field.get("xpath")
            read, kind = reader(parse_path(_text(xpath)), of_type, self._schema)
            columns.append((field.get("name"), xpath, read, kind))
        return {
            "valueObjects": [
                {
                    "fields": [
                        {"name": name, **self._cell(read(record, view), kind), "xpath": xpath}
                        for name, xpath, read, kind in columns
                    ],
                    "children": [],
                    "primaryKey": key,
                    "objectName": of_type.name,
                }
                for key, record in page
            ],
            "totalRecords": len(rows),
            "objectName": of_type.name,
        }

    def _cell(self, value: Any, kind: str) -> dict[str, Any]:
        """A value as a column answers it, with the type that stands beside it."""
        if kind not in ("date", "time"):
            return {"value": value, "type": kind}
        if not self._schema.plant.dates_in_milliseconds:
            return {"value": None if value is None else value.isoformat(), "type": "date-time"}
        return {"value": None if value is None else self._schema.milliseconds(value), "type": "Date"}

    def _described_rows(self, of_type: ObjectType, descriptor: dict[str, Any], view: View) -> list[Row]:
        key = descriptor.get("primaryKey")
        if key is not None:
            record = view.get(of_type.name, str(key))
            if record is None:
                raise not_found(of_type.name, key)
            return [(str(key), record)]
        xpath = descriptor.get("xpathFilter")
        # Unlike find, this call may leave the filter out and means every object then.
        rows = (
            self._passing(of_type, _text(xpath), view)
            if xpath not in (None, "")
            else list(view.records(of_type.name))
        )
        return self._sorted(rows, descriptor.get("xpathSorts"), of_type, view)

    def _passing(self, of_type: ObjectType, xpath: str, view: View) -> list[Row]:
        passes = predicate(parse_filter(xpath), of_type, self._schema)
        return [(key, record) for key, record in view.records(of_type.name) if passes(record, view)]

    def _sorted(self, rows: list[Row], sorts: Any, of_type: ObjectType, view: View) -> list[Row]:
        # The last sort first: sorting is stable, so the first one has the last word.
        for sort in reversed(_list_of_objects(sorts, "xpathSorts")):
            key = sort_key(_text(sort.get("xpath")), of_type, self._schema)
            rows = sorted(rows, key=lambda row: key(row[1], view), reverse=sort.get("descending") is True)
        return rows


def _list_of_objects(value: Any, name: str) -> list[dict[str, Any]]:
    if value is None:
        return []
    if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
        raise PaceError(f"Expected {name} as a list of objects")
    return value


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise XPathError("Unable to determine Field from binding expression: an xpath is missing")
    return value


def _count(descriptor: dict[str, Any], name: str) -> int:
    value = descriptor.get(name)
    if value is None:
        return 0
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise PaceError(f"Expected {name} as a whole number")
    return value
