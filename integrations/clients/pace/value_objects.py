"""Pace's loadValueObjects: many objects in one call, only the columns that are wanted."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from integrations.clients.http.answers import Shape
from integrations.clients.pace.xpath import field_path


def descriptor(
    type_: str, xpath: str, fields: Sequence[str], sort: Sequence[str], offset: int, limit: int
) -> dict[str, Any]:
    """What to load. `fields` and `sort` are names or paths; "-name" sorts descending."""
    return {
        "objectName": type_,
        "xpathFilter": xpath,
        "xpathSorts": [
            {"xpath": field_path(name.removeprefix("-")), "descending": name.startswith("-")} for name in sort
        ],
        "offset": offset,
        "limit": limit,
        "fields": [{"name": column(name), "xpath": field_path(name)} for name in fields],
    }


def column(name: str) -> str:
    """A field's name or path as the plain name of a column: `adminStatus/@openJob` gives `adminStatus_openJob`."""
    return re.sub(r"\W+", "_", name.removeprefix("@"))


def page_rows(group: Mapping[str, Any], fields: Sequence[str]) -> tuple[list[dict[str, Any]], int]:
    """The objects of an answer as dicts of the fields as they were named, and how many Pace says there are in all.

    A field that Pace left out is None.
    """
    objects = group.get("valueObjects")
    rows = (
        [_row(one, fields) for one in objects if isinstance(one, dict)] if isinstance(objects, list) else []
    )
    total = group.get("totalRecords")
    return rows, total if isinstance(total, int) else 0


def _is_page(data: Any) -> bool:
    if not isinstance(data, dict) or not isinstance(data.get("totalRecords"), int):
        return False
    objects = data.get("valueObjects")
    return isinstance(objects, list) or (objects is None and data["totalRecords"] == 0)


# Without its objects and their number it is no list: `{}` must not be read as "there are none".
PAGE = Shape("a list of objects with their number", _is_page)


def _row(value_object: Mapping[str, Any], fields: Sequence[str]) -> dict[str, Any]:
    cells = value_object.get("fields")
    cells = [cell for cell in cells if isinstance(cell, dict)] if isinstance(cells, list) else []
    by_name = {str(cell.get("name")).lower(): cell.get("value") for cell in cells}
    by_path = {str(cell.get("xpath")): cell.get("value") for cell in cells}
    row: dict[str, Any] = {
        name: by_name.get(column(name).lower(), by_path.get(field_path(name))) for name in fields
    }
    return {**row, "primaryKey": str(value_object.get("primaryKey"))}
