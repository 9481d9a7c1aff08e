"""How values of a template compare and count: what is missing is empty, money is exact, a text may be a number."""

from __future__ import annotations

import re
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from liquid.builtin.expressions.primitive import Blank, Empty
from liquid.undefined import is_undefined

from automationhub.lib.liquid.limits import RenderError

Number = int | Decimal
_NUMBER = re.compile(r"[+-]?[0-9]{1,18}(\.[0-9]{1,12})?", re.ASCII)


# Values of these types are what they are; everything else is looked at more closely.
_NUMBERS = (int, Decimal)


def is_missing(value: object) -> bool:
    kind = type(value)
    if kind is str:
        return not value
    return kind not in _NUMBERS and (value is None or is_undefined(value) or value == "")


def as_text(value: object) -> str:
    """The text of a value as a template prints it."""
    kind = type(value)
    if kind is str:
        return value  # type: ignore[return-value]
    if kind in _NUMBERS:
        return str(value)
    if is_missing(value):
        return ""
    if isinstance(value, (list, tuple)):
        return "".join(as_text(entry) for entry in value)
    return str(value).lower() if isinstance(value, bool) else str(value)


def as_number(value: object) -> Number | None:
    """The number that a value is or says; None when it is none."""
    if isinstance(value, (bool, float)):
        return None if isinstance(value, bool) else Decimal(str(value))
    if isinstance(value, (int, Decimal)):
        return value
    if isinstance(value, str) and _NUMBER.fullmatch(text := value.strip()):
        return Decimal(text) if "." in text else int(text)
    return None


def number(value: object) -> Number:
    """As `as_number` for arithmetic: nothing counts as 0, anything else that is no number is an error."""
    if is_missing(value):
        return 0
    found = as_number(value)
    if found is None:
        raise RenderError(f"“{as_text(value)[:40]}” is not a number")
    return found


def tidy(value: Number) -> Number:
    """A result without exponents, so that it prints as people write it."""
    if not isinstance(value, Decimal):
        return value
    try:
        exponent = value.as_tuple().exponent
        if not isinstance(exponent, int):
            raise RenderError("a number is too large")
        if exponent > 0:
            return value.quantize(Decimal(1))
        return round(value, 6) if exponent < -6 else value
    except InvalidOperation:
        raise RenderError("a number is too large") from None


def as_moment(value: object) -> datetime | None:
    """The date or date-time that a text in ISO form says; None for another text."""
    if isinstance(value, str) and re.match(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", value):
        try:
            return datetime.fromisoformat(value.strip())
        except ValueError:
            return None
    if isinstance(value, datetime):
        return value
    return datetime.combine(value, datetime.min.time()) if isinstance(value, date) else None


def equal(left: object, right: object) -> bool:
    if type(left) is str and type(right) is str:
        return left == right
    if isinstance(left, (Empty, Blank)):
        left, right = right, left
    if isinstance(right, (Empty, Blank)):
        if isinstance(right, Blank) and isinstance(left, str):
            return not left.strip()
        return is_missing(left) or (hasattr(left, "__len__") and not len(left))
    if is_missing(left) or is_missing(right):
        return is_missing(left) and is_missing(right)
    if isinstance(left, bool) or isinstance(right, bool):
        return left is right
    if isinstance(left, str) and isinstance(right, str):
        return left == right
    pair = _pair(left, right)
    return left == right if pair is None else pair[0] == pair[1]


def smaller(left: object, right: object) -> bool:
    pair = _sizes(left, right)
    return pair is not None and pair[0] < pair[1]


def larger(left: object, right: object) -> bool:
    pair = _sizes(left, right)
    return pair is not None and pair[0] > pair[1]


def not_larger(left: object, right: object) -> bool:
    pair = _sizes(left, right)
    return pair is not None and pair[0] <= pair[1]


def not_smaller(left: object, right: object) -> bool:
    pair = _sizes(left, right)
    return pair is not None and pair[0] >= pair[1]


def _sizes(left: object, right: object) -> tuple[Any, Any] | None:
    """What two values are compared by: numbers, or texts such as dates. None where one is missing, which is neither larger
    nor smaller than anything."""
    if type(left) in _NUMBERS and type(right) in _NUMBERS:
        return left, right
    if is_missing(left) or is_missing(right):
        return None
    pair = _pair(left, right)
    if pair is not None:
        return pair
    if isinstance(left, str) and isinstance(right, str):
        return left, right
    raise RenderError(f"“{as_text(left)[:40]}” and “{as_text(right)[:40]}” cannot be compared by size")


def contains(left: object, right: object) -> bool:
    if is_missing(left) or is_missing(right):
        return False
    if isinstance(left, str):
        return as_text(right) in left
    if isinstance(left, (list, tuple)):
        return any(equal(entry, right) for entry in left)
    try:
        return right in left  # type: ignore[operator]
    except TypeError:
        return False


def _pair(left: object, right: object) -> tuple[Number, Number] | None:
    one, other = as_number(left), as_number(right)
    return None if one is None or other is None else (one, other)
