"""Values on their way to Pace and back: date-times, columns of value objects, unset fields."""

from collections.abc import Mapping
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from integrations.errors import ConfigError


def local_datetime(aware: datetime, time_zone: str) -> datetime:
    """The moment as the clock on the wall of the Pace server shows it, without an offset.

    Pace reads an offset or a bare date in its own zone and moves the day; local date-times it takes as they are.
    Raises TypeError for a naive date-time, ConfigError for an unknown time zone.
    """
    if aware.tzinfo is None:
        raise TypeError(f"{aware!r} has no time zone; nobody can say what it is at the Pace server")
    try:
        zone = ZoneInfo(time_zone)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ConfigError(
            f"{time_zone!r} is no time zone; set the Pace server's time zone to one like America/New_York.",
            field="time_zone",
            cause=f"time zone {time_zone}",
        ) from error
    return aware.astimezone(zone).replace(tzinfo=None)


def sent_fields(fields: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of an object as JSON data; naive date-times as `2026-11-23T08:30:00`.

    Raises TypeError for what Pace would misread: an aware date-time, a date alone, a float.
    """
    return {name: _sent(name, value) for name, value in fields.items()}


def _sent(name: str, value: Any) -> Any:
    if isinstance(value, datetime):
        if value.tzinfo is not None:
            raise TypeError(f"{name}: {value!r} has a time zone; give Pace its local time (local_datetime)")
        return value.isoformat(timespec="seconds")
    if isinstance(value, date | time):
        raise TypeError(f"{name}: {value!r} is only half a date-time; Pace would move it to another day")
    if isinstance(value, list | tuple):
        return [_sent(name, one) for one in value]
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
    raise ValueError(f"{value!r} is no whole number")


def flag_of(value: Any, *, unset: bool) -> bool:
    """A truth value, also when it comes as text; `unset` when it is not filled."""
    if value in (None, ""):
        return unset
    if isinstance(value, str):
        return value.strip().lower() in {"true", "1", "yes", "y"}
    return bool(value)
