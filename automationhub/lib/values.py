"""What other systems write, as we keep it: nothing, numbers, amounts of money and moments. Pure.

The rules are those of docs/mapping.md §17. A text that is none of these raises ValueError;
the caller knows the field and names it in its message.
"""

import re
from datetime import UTC, datetime, timedelta, timezone
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from automationhub.lib.texts import is_blank, one_line

CENT = Decimal("0.01")
# How systems write "never": .NET's smallest and largest date, SQL's and OLE's first day, each also moved by a time zone.
FIRST_YEAR, LAST_YEAR = 1901, 9998

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_LARGEST_ROUNDED = 20  # digits before the point; more is no amount, and more than a Decimal rounds
_NOISE = Decimal("1e-9")  # what is left of a whole number that was worked out in doubles
_NUMBER = re.compile(r"[+-]?(?:\d{1,20}(?:\.\d{0,40})?|\.\d{1,40})(?:[eE][+-]?\d{1,2})?", re.ASCII)
_MOMENT = re.compile(
    r"(\d{4,5})-(\d\d)-(\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,9})\d*)?)?\s?(Z|[+-]\d\d:?\d\d)?)?",
    re.ASCII | re.IGNORECASE,
)
_DOTNET = re.compile(r"\\?/Date\((-?\d{1,17})([+-]\d{4})?\)\\?/", re.ASCII | re.IGNORECASE)


def is_nothing(value: Any) -> bool:
    """Whether a system that wrote this meant nothing: null, or a text that shows nothing."""
    return value is None or (isinstance(value, str) and is_blank(value))


def number(value: Any) -> Decimal:
    """A number, also one written as text. Raises ValueError for anything else, truth values included."""
    if isinstance(value, bool) or not isinstance(value, Decimal | int | str):
        raise ValueError(f"{value!r} is not a number")
    text = one_line(value) if isinstance(value, str) else str(value)
    if not _NUMBER.fullmatch(text):
        raise ValueError(f"{value!r} is not a number")
    return Decimal(text)


def whole(value: Any) -> int:
    """A whole number; `10234.0` and what doubles make of one are whole. Raises ValueError."""
    found = number(value)
    nearest = found.to_integral_value(rounding=ROUND_HALF_UP)
    if abs(found - nearest) > _NOISE:
        raise ValueError(f"{value!r} is not a whole number")
    return int(nearest)


def money(value: Any) -> Decimal:
    """An amount to the cent, half up (away from zero): doubles write 17.17 as 17.169999999999998. Raises ValueError."""
    found = number(value)
    if int(found.as_tuple().exponent) >= -2 or found.adjusted() > _LARGEST_ROUNDED:
        return found
    return found.quantize(CENT, rounding=ROUND_HALF_UP)


def moment(text: str) -> datetime | None:
    """An aware date-time from ISO 8601 (a date alone is its midnight) or `/Date(ms)/`; without an offset it is UTC.

    None for the dates that systems write for "never". Raises ValueError.
    """
    text = one_line(text)
    if found := _DOTNET.fullmatch(text):
        return _of_milliseconds(int(found.group(1)), found.group(2))
    match = _MOMENT.fullmatch(text)
    if match is None:
        raise ValueError(f"{text!r} is not a date")
    year, month, day, hour, minute, second, fraction, offset = match.groups()
    if not FIRST_YEAR <= int(year) <= LAST_YEAR:
        return None
    micro = int((fraction or "0").ljust(6, "0")[:6])
    return datetime(
        int(year),
        int(month),
        int(day),
        int(hour or 0),
        int(minute or 0),
        int(second or 0),
        micro,
        _zone(offset),
    )


def _of_milliseconds(milliseconds: int, offset: str | None) -> datetime | None:
    zone = _zone(offset)
    try:
        found = (_EPOCH + timedelta(milliseconds=milliseconds)).astimezone(zone)
    except OverflowError:
        return None
    return found if FIRST_YEAR <= found.year <= LAST_YEAR else None


def _zone(offset: str | None) -> timezone:
    if offset is None or offset in "Zz":
        return UTC
    sign = -1 if offset[0] == "-" else 1
    hours, minutes = int(offset[1:3]), int(offset[-2:])
    if minutes > 59:
        raise ValueError(f"{offset!r} is not an offset")
    return timezone(sign * timedelta(hours=hours, minutes=minutes))  # raises ValueError beyond a day
