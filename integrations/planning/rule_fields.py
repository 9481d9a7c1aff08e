"""Which Pace fields rules may write, and how a text becomes a value that such a field takes. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import datetime, time, tzinfo
from decimal import Decimal
from difflib import get_close_matches
from functools import partial

from automationhub.lib.texts import lines, one_line
from integrations.clients.pace.field_types import LONGEST, OBJECTS, USER_DEFINED, field_types
from integrations.planning.override_fields import FIELDS
from integrations.planning.plan_types import Value

# What the hub needs to find its own work again, and what links objects to one another.
_KEYS = frozenset(
    {"id", "primaryKey", "job", "jobPart", "jobPartKey", "jobContact", "shipToJobContact", "billToJobContact", "contactNumber"}
)  # fmt: skip
_PROTECTED: dict[str, frozenset[str]] = {
    "job": _KEYS | {"customer", "description", "webOrderID", "parentJob"},
    "part": _KEYS | {"webOrderLine", "jobProduct", "contentFile", "productionJob", "productionJobPart", "productionJobPartKey"},
    "shipment": _KEYS | {"customer"},
    "carton": _KEYS | {"shipment"},
    "customer": _KEYS | {"defaultContact", "shipToContact", "billToContact"},
    # A contact is found by its email; its field jobContact is a plain yes or no.
    "contact": (_KEYS - {"jobContact"}) | {"customer", "email"},
}  # fmt: skip
_TYPE_WORDS = {
    "string": "text",
    "integer": "whole number",
    "long": "whole number",
    "number": "number",
    "boolean": "yes or no",
    "date-time": "date and time",
    "": "user-defined",
}
_YES, _NO = frozenset({"yes", "true", "1", "y", "on"}), frozenset({"no", "false", "0", "n", "off"})
_LARGEST = {"integer": 2**31 - 1, "long": 2**63 - 1}
# The day's end of work, as for ship dates; fields that hold only a day get its noon, which is that day in every zone.
_TIME, _NOON = time(17), time(12)
_NAME = re.compile(r"u_[A-Za-z0-9_]{1,98}")
SHORTEST_YEAR, LONGEST_YEAR = 1950, 2200

UserFields = Mapping[tuple[str, str], str]  # object and field: its type as far as it is known


def field_problem(object_: str, field: str) -> str:
    """Why a rule may not write this field, as a sentence for staff; "" when it may."""
    if object_ not in OBJECTS:
        return f"There is no object “{object_}”: write {', '.join(OBJECTS)}."
    if field in _PROTECTED[object_]:
        return (
            f"The field {field} of a {object_} is protected: Automation Hub finds its own work in Pace by it. "
            "Choose another field."
        )
    if field.startswith(USER_DEFINED):
        if _NAME.fullmatch(field):
            return ""
        return (
            f"“{field}” is not the name of a user-defined field: u_ and then letters, digits and underscores."
        )
    types = field_types(object_)
    if field not in types:
        by_lower = {name.lower(): name for name in types}
        near = by_lower.get(field.lower()) or next(iter(get_close_matches(field, list(types), 1)), "")
        return f"Pace knows no field “{field}” of a {object_}." + (f" Did you mean {near}?" if near else "")
    if types[field].startswith("array"):
        return f"The field {field} of a {object_} holds a list, which a rule cannot write."
    return ""


def writable_fields(object_: str) -> dict[str, str]:
    """The fields of an object that rules may write, with their types."""
    return {name: kind for name, kind in field_types(object_).items() if not field_problem(object_, name)}


def type_of(object_: str, field: str, user_fields: UserFields) -> str:
    """The type of a field; "" for a user-defined one of which nothing is known."""
    if field.startswith(USER_DEFINED):
        return user_fields.get((object_, field), "")
    return field_types(object_).get(field, "")


def type_words(kind: str) -> str:
    return _TYPE_WORDS.get(kind, kind)


def longest(object_: str, field: str) -> int | None:
    """Characters that the field is known to take."""
    if known := LONGEST.get((object_, field)):
        return known
    offered = FIELDS.get(f"{object_}.{field}")
    return (
        offered.longest if offered is not None and offered.kind == "text" and not offered.of_lines else None
    )


def takes_lines(object_: str, field: str, kind: str) -> bool:
    """Whether the field holds several lines: of a text whose length is known, only one."""
    return kind in ("string", "") and longest(object_, field) is None


def converter(object_: str, field: str, kind: str, zone: tzinfo | None) -> Callable[[str], Value]:
    """A function from what a rule wrote to what the field takes; "" when it wrote nothing. It raises ValueError with a
    half-sentence."""
    if kind in ("string", ""):
        return partial(_text, limit=longest(object_, field))
    if kind in _LARGEST:
        read: Callable[[str], Value] = partial(_whole, largest=_LARGEST[kind])
    elif kind == "number":
        read = _number
    elif kind == "boolean":
        read = _flag
    else:
        read = partial(_moment, field=field, zone=zone)

    def convert(text: str) -> Value:
        text = one_line(text)
        return read(text) if text else ""

    return convert


def _text(text: str, limit: int | None) -> str:
    text = lines(text) if limit is None else one_line(text)
    if limit is not None and len(text) > limit:
        raise ValueError(f"“{text[:40]}…” has {len(text)} characters, and the field takes {limit}")
    return text


def _whole(text: str, largest: int) -> int:
    if not re.fullmatch(r"[+-]?[0-9]{1,19}(\.0*)?", text, re.ASCII):
        raise ValueError(f"“{text[:40]}” is not a whole number")
    found = int(text.partition(".")[0])
    if abs(found) > largest:
        raise ValueError(f"{found:,} is more than the field takes")
    return found


def _number(text: str) -> Decimal:
    if not re.fullmatch(r"[+-]?([0-9]{1,15}(\.[0-9]{0,10})?|\.[0-9]{1,10})", text, re.ASCII):
        raise ValueError(f"“{text[:40]}” is not a number")
    return Decimal(text)


def _flag(text: str) -> bool:
    word = text.lower()
    if word in _YES or word in _NO:
        return word in _YES
    raise ValueError(f"“{text[:40]}” is neither yes nor no")


def _moment(text: str, field: str, zone: tzinfo | None) -> datetime:
    try:
        found = datetime.fromisoformat(text.replace(" ", "T", 1))
        if found.tzinfo is not None:
            found = found.astimezone(zone).replace(tzinfo=None)
    except (ValueError, OverflowError):
        raise ValueError(
            f"“{text[:40]}” is not a date: write 2026-12-24 or 2026-12-24 17:00, as the clock at the Pace server shows it"
        ) from None
    if not SHORTEST_YEAR <= found.year <= LONGEST_YEAR:
        raise ValueError(f"the year of {text[:40]} is out of range")
    if len(text) <= len("2026-12-24"):
        found = datetime.combine(found.date(), _TIME if "time" in field.lower() else _NOON)
    return found.replace(microsecond=0)
