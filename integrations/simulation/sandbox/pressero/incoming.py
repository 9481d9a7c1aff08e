"""Reading what a client sends: bodies with keys in any case, pages, dates, filters."""

from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from integrations.simulation.sandbox.http import BadJson, Request

from .builders import BadDraft, money
from .errors import bad_request

Row = dict[str, Any]
MAX_PAGE = 5000
#: How Pressero's clients spell the comparisons of a filter.
OPERATORS = {"equals": "equals", "isequalto": "equals", "contains": "contains"}


def folded(data: Mapping[str, Any]) -> dict[str, Any]:
    """The same object with lower-case keys: requests bind in any case."""
    return {str(key).lower(): value for key, value in data.items()}


def body_object(request: Request) -> dict[str, Any]:
    """The JSON object of a request with lower-case keys."""
    data = _body(request)
    if not isinstance(data, dict):
        raise bad_request("A JSON object is expected.")
    return folded(data)


def body_filters(request: Request) -> list[dict[str, Any]]:
    """The bare array of filters that list calls take; no body means no filter."""
    data = _body(request)
    if data is None:
        return []
    if not isinstance(data, list):
        raise bad_request("A JSON array of filters is expected.")
    return _filters(data)


def _body(request: Request) -> Any:
    try:
        return request.json()
    except BadJson as error:
        raise bad_request(str(error)) from error


def search_filters(body: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The filters of a search body."""
    data = body.get("filters") or []
    if not isinstance(data, list):
        raise bad_request("Filters is an array.")
    return _filters(data)


def _filters(data: list[Any]) -> list[dict[str, Any]]:
    made = []
    for entry in data:
        if not isinstance(entry, dict):
            raise bad_request("A filter is an object with Column, Value and Operator.")
        given = folded(entry)
        operator = OPERATORS.get(str(given.get("operator") or "equals").lower())
        if not given.get("column") or operator is None:
            raise bad_request("A filter needs a Column and one of the operators equals, isequalto, contains.")
        made.append(
            {"column": str(given["column"]).lower(), "value": given.get("value"), "operator": operator}
        )
    return made


def filtered(rows: list[Row], filters: list[dict[str, Any]]) -> list[Row]:
    """The rows that pass every filter. A column that no row has matches nothing."""
    return [row for row in rows if all(_passes(folded(row), wanted) for wanted in filters)]


def _passes(row: Mapping[str, Any], wanted: Mapping[str, Any]) -> bool:
    have, value = _plain(row.get(wanted["column"])), _plain(wanted["value"])
    return value in have if wanted["operator"] == "contains" else have == value


def _plain(value: Any) -> str:
    return "" if value is None else str(value).strip().lower()


def sorted_rows(rows: list[Row], descriptor: Any) -> list[Row]:
    """The rows in the order a SortDescriptor asks for."""
    if not isinstance(descriptor, dict):
        return rows
    given = folded(descriptor)
    member = str(given.get("member") or "").lower()
    backwards = str(given.get("direction") or "").lower().startswith("desc")

    def key(row: Row) -> tuple[int, Any, str]:
        value = folded(row).get(member)
        if isinstance(value, int | Decimal):
            return (0, value, "")
        return (1, 0, _plain(value))

    return sorted(rows, key=key, reverse=backwards)


def page(request: Request, rows: list[Row]) -> Row:
    """One page of a list; pages count from 0."""
    query = folded(request.query)
    number = _whole(query.get("pagenumber", "0"), "pageNumber", low=0)
    size = _whole(query.get("pagesize", "100"), "pageSize", low=1)
    size = min(size, MAX_PAGE)
    shown = rows[number * size : (number + 1) * size]
    return {"Items": shown, "PageNumber": number, "PageSize": size, "TotalItems": len(rows)}


def _whole(text: str, name: str, *, low: int) -> int:
    if not text.isascii() or not text.isdigit() or int(text) < low:
        raise bad_request(f"{name} is a whole number from {low}.")
    return int(text)


def moment(value: Any, name: str) -> datetime | None:
    """A date-time in a request, as UTC; None when it was left out."""
    if value in (None, ""):
        return None
    try:
        # Clients write a blank before the Z ("2025-01-01 00:00:00Z"); the T form works too.
        read = datetime.fromisoformat(str(value).strip())
    except ValueError as error:
        raise bad_request(f"{name} is no date.") from error
    return read.replace(tzinfo=UTC) if read.tzinfo is None else read.astimezone(UTC)


def day(value: Any, name: str) -> date | None:
    """The date part of a date or date-time in a request, as written."""
    if value in (None, ""):
        return None
    try:
        return date.fromisoformat(str(value).strip()[:10])
    except ValueError as error:
        raise bad_request(f"{name} is no date.") from error


def amount(value: Any, name: str) -> Decimal:
    """An amount in a request."""
    try:
        return money(value)
    except BadDraft as error:
        raise bad_request(f"{name}: {error}") from error


def text(body: Mapping[str, Any], key: str) -> str:
    """A text in a request; null and absent are the empty text."""
    value = body.get(key.lower())
    return "" if value is None else str(value)
