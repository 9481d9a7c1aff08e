"""Values on their way to Pace and back: what may be sent, and unset fields."""

from collections.abc import Callable, Mapping
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any


def sent_fields(fields: Mapping[str, Any], sent_moment: Callable[[datetime], str]) -> dict[str, Any]:
    """The fields of an object as JSON data; `sent_moment` writes a date-time as the server takes it.

    Raises TypeError for what Pace would misread: an aware date-time, a date alone, a float.
    """
    return {name: _sent(name, value, sent_moment) for name, value in fields.items()}


def _sent(name: str, value: Any, sent_moment: Callable[[datetime], str]) -> Any:
    if isinstance(value, datetime):
        try:
            return sent_moment(value)
        except TypeError as error:
            raise TypeError(f"{name}: {error}") from None
    if isinstance(value, date | time):
        raise TypeError(f"{name}: {value!r} is only half a date-time; Pace would move it to another day")
    if isinstance(value, list | tuple):
        return [_sent(name, one, sent_moment) for one in value]
    if value is None or isinstance(value, str | bool | int | Decimal):
        return value
    raise TypeError(f"{name}: a {type(value).__name__} cannot be sent to Pace")


def text_of(value: Any) -> str:
    """A text field; an unset one reads back as null and gives ""."""
    return "" if value is None else str(value)


def number_of(value: Any) -> int:
    """A whole-number field, also when it comes as text; unset gives 0, as Pace itself answers. Raises ValueError."""
    if value in (None, ""):
        return 0
    if isinstance(value, Decimal) and value == value.to_integral_value() and value.adjusted() < 19:
        return int(value)
    if isinstance(value, str | int):
        return int(value)
    raise ValueError(f"{value!r} is not a whole number")


def flag_of(value: Any, *, unset: bool) -> bool:
    """A truth value, also when it comes as text; `unset` when it is not filled."""
    if value in (None, ""):
        return unset
    if isinstance(value, str):
        return value.strip().lower() in {"true", "1", "yes", "y"}
    return bool(value)
