"""Gives the trees of ``xpath.py`` their meaning: which fields they name, and which objects they pick."""

from __future__ import annotations

import operator
from collections.abc import Callable
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from integrations.simulation.sandbox.pace.errors import XPathError, unknown_field
from integrations.simulation.sandbox.pace.schema import ObjectType, Schema, is_combined_date_time
from integrations.simulation.sandbox.pace.store import Record, View
from integrations.simulation.sandbox.pace.xpath import (
    And,
    Moment,
    Node,
    Number,
    Or,
    Path,
    Text,
    TextTest,
    XPathComparison,
    parse_path,
)

Reader = Callable[[Record, View], Any]
Predicate = Callable[[Record, View], bool]

_COMPARE: Final[dict[str, Callable[[Any, Any], bool]]] = {
    "=": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    ">": operator.gt,
    "<=": operator.le,
    ">=": operator.ge,
}


def reader(path: Path, start: ObjectType, schema: Schema) -> tuple[Reader, str]:
    """A function that reads a path from an object, and the type of the field it ends at.

    Fields are looked up now, so an unknown one is refused even when there is no object to read it from.
    """
    hops: list[tuple[str, str]] = []
    at = start
    for step in path.steps:
        hop = at.referred_by(step)
        if hop is None:
            raise unknown_field(step, at.name)
        hops.append(hop)
        at = schema[hop[1]]
    bound = schema.bound(at, path.field)
    if bound is None:
        raise unknown_field(path.field, at.name)
    if not hops:
        return (lambda record, view: bound.read(record)), bound.kind

    def read(record: Record, view: View) -> Any:
        current = record
        for link, type_name in hops:
            key = current.get(link)
            linked = view.get(type_name, str(key)) if key not in (None, "", 0) else None
            if linked is None:
                return None
            current = linked
        return bound.read(current)

    return read, bound.kind


def predicate(node: Node, start: ObjectType, schema: Schema) -> Predicate:
    """A function that says whether an object passes the filter."""
    if isinstance(node, And):
        every = [predicate(term, start, schema) for term in node.terms]
        return lambda record, view: all(test(record, view) for test in every)
    if isinstance(node, Or):
        if (one_of := _one_of(node, start, schema)) is not None:
            return one_of
        some = [predicate(term, start, schema) for term in node.terms]
        return lambda record, view: any(test(record, view) for test in some)
    read, kind = reader(node.path, start, schema)
    if (kind == "date-time" and is_combined_date_time(node.path.field)) or kind.startswith("array"):
        raise XPathError(f"Cannot convert children into a filter: {node.path.field}")
    if isinstance(node, TextTest):
        return _text_test(node, read, kind)
    return _comparison(node, read, kind, schema)


def _one_of(node: Or, start: ObjectType, schema: Schema) -> Predicate | None:
    """`@job = "1" or @job = "2" or …`, asked of a set: batches name hundreds of keys. None for any other filter."""
    first = node.terms[0]
    if not isinstance(first, XPathComparison):
        return None
    values = []
    for term in node.terms:
        if not isinstance(term, XPathComparison) or term.operator != "=" or term.path != first.path:
            return None
        values.append(term.value)
    # Checks the path and the first value as it does for a single comparison.
    predicate(first, start, schema)
    read, kind = reader(first.path, start, schema)
    wanted = frozenset(_wanted(value, kind, first.path.field) for value in values)
    if kind in ("date", "time"):
        return None
    textual = any(isinstance(value, str) for value in wanted)

    def test(record: Record, view: View) -> bool:
        value = read(record, view)
        if value is None:
            return "" in wanted
        return (_as_text(value) if textual else value) in wanted

    return test


def _text_test(node: TextTest, read: Reader, kind: str) -> Predicate:
    if kind not in ("string", "any"):
        raise XPathError(f"{node.function} needs a text field, and {node.path.field} is none")
    wanted = node.value.value
    if node.function == "contains":
        return lambda record, view: wanted in _as_text(read(record, view) or "")
    return lambda record, view: _as_text(read(record, view) or "").startswith(wanted)


def _comparison(node: XPathComparison, read: Reader, kind: str, schema: Schema) -> Predicate:
    wanted = _wanted(node.value, kind, node.path.field)
    compare = _COMPARE[node.operator]
    textual = isinstance(wanted, str)
    orders = node.operator not in ("=", "!=")
    if kind in ("date", "time") and textual and schema.plant.quoted_dates_compare_as_empty:
        if orders:
            raise XPathError("param2 cannot be null")
        wanted = ""

    def test(record: Record, view: View) -> bool:
        value = read(record, view)
        if value is None:
            # Unset: the same as an empty text, and neither less nor greater than anything.
            return not orders and compare("", wanted)
        return compare(_as_text(value) if textual else value, wanted)

    return test


def _as_text(value: Any) -> str:
    """A value as text; only those of user-defined fields, dates and times are not text already."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def _wanted(value: Text | Number | Moment, kind: str, field: str) -> Any:
    """The value of the filter, in the type of the field."""
    if isinstance(value, Moment):
        if kind != ("date" if isinstance(value.value, date) else "time"):
            raise XPathError(f"Cannot convert value '{value}' of field '{field}' to {kind}")
        return value.value
    text = value.value if isinstance(value, Text) else value.written
    if kind in ("integer", "long", "number"):
        try:
            number = Decimal(text)
        except InvalidOperation:
            number = Decimal("NaN")
        if not number.is_finite():
            raise XPathError(f"Cannot convert value '{text}' of field '{field}' to {kind}")
        return number
    if kind == "boolean":
        if text not in ("true", "false"):
            raise XPathError(f"Cannot convert value '{text}' of field '{field}' to boolean")
        return text == "true"
    return text


def sort_key(xpath: str, start: ObjectType, schema: Schema) -> Callable[[Record, View], tuple[bool, Any]]:
    """A sort key for one path; objects without a value come first."""
    read, kind = reader(parse_path(xpath), start, schema)
    if kind.startswith("array"):
        raise XPathError(f"Cannot convert children into a filter: {xpath}")

    def key(record: Record, view: View) -> tuple[bool, Any]:
        value = read(record, view)
        if value is None:
            return (False, 0)
        return (True, _as_text(value) if kind == "any" else value)

    return key
