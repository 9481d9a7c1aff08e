"""One JSON object of Pressero, read strictly where a wrong value would cost money and leniently elsewhere.

Keys are read in any case. Numbers may come as text, so that a payload that was stored parses to the same values.
"""

import re
from collections.abc import Iterable
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, NoReturn

from automationhub.lib.redact import cut
from integrations.clients.jsontext import MAX_INTEGER
from integrations.errors import PermanentError

_NUMBER = re.compile(r"[+-]?(?:\d{1,15})(?:\.\d{0,12})?(?:[eE][+-]?\d{1,2})?|[+-]?\.\d{1,12}", re.ASCII)
_MAX_MONEY = Decimal(10) ** 12
_MOMENT = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,9})\d*)?)?\s?(Z|[+-]\d\d:?\d\d)?)?",
    re.ASCII | re.IGNORECASE,
)
_YES = {"true", "1", "yes", "y"}
_NO = {"false", "0", "no", "n", ""}


class Row:
    """The fields of one object. `where` names it in errors: "order 10234, item 2"."""

    def __init__(self, data: Any, where: str) -> None:
        self.where = where
        self._fields: dict[str, Any] = {}
        for key, value in data.items() if isinstance(data, dict) else ():
            # Two spellings of one key: the one with a value counts.
            if self._fields.get(str(key).lower()) is None:
                self._fields[str(key).lower()] = value

    def _first(self, names: Iterable[str]) -> tuple[str, Any]:
        """The first of these fields that holds something."""
        for name in names:
            value = self._fields.get(name.lower())
            if value is not None and value != "":
                return name, value
        return "", None

    def has(self, name: str) -> bool:
        """Whether the field holds something."""
        return self._first([name])[1] is not None

    def text(self, *names: str) -> str:
        """The first of these fields that holds something, without outer blanks; "" when none does."""
        for name in names:
            value = self._fields.get(name.lower())
            if value is not None and not isinstance(value, dict | list):
                text = "yes" if value is True else "no" if value is False else clean(str(value))
                if text:
                    return text
        return ""

    def money(self, *names: str) -> Decimal | None:
        """An amount; None when none of these fields holds one. Raises PermanentError for anything but a number."""
        name, value = self._first(names)
        amount = None if value is None else self._number(name, value)
        if amount is not None and abs(amount) >= _MAX_MONEY:
            self._refuse(name, value, "an amount")
        return amount

    def whole(self, *names: str, largest: int = MAX_INTEGER) -> int | None:
        """A whole number from 0 to `largest`; None when none of these fields holds one. Raises PermanentError."""
        name, value = self._first(names)
        if value is None:
            return None
        number = self._number(name, value)
        if not 0 <= number <= largest or number != number.to_integral_value():
            self._refuse(name, value, f"a whole number from 0 to {largest:,}")
        return int(number)

    def _number(self, name: str, value: Any) -> Decimal:
        if isinstance(value, Decimal | int) and not isinstance(value, bool):
            value = str(value)
        if not isinstance(value, str) or not _NUMBER.fullmatch(value.strip()):
            self._refuse(name, value, "an exact number")
        return Decimal(value.strip())

    def flag(self, name: str) -> bool:
        """A yes or no; missing is no. Raises PermanentError for anything else."""
        value = self._fields.get(name.lower())
        word = "" if value is None else str(value).strip().lower()
        if word not in _YES | _NO:
            self._refuse(name, value, "yes or no")
        return word in _YES

    def day(self, *names: str) -> date | None:
        """The date part as it was sent, whatever offset stands behind it: shifting it could move it to the day
        before. None when missing. Raises PermanentError."""
        name, value = self._first(names)
        moment = self._moment(name, value)
        return moment.date() if moment else None

    def moment(self, *names: str) -> datetime | None:
        """A point in time in UTC; without an offset it is UTC already. None when missing. Raises PermanentError."""
        name, value = self._first(names)
        moment = self._moment(name, value)
        try:
            return moment.astimezone(UTC) if moment else None
        except OverflowError:
            self._refuse(name, value, "a date")

    def _moment(self, name: str, value: Any) -> datetime | None:
        if value is None:
            return None
        try:
            moment = parse_moment(value) if isinstance(value, str) else None
        except ValueError:
            moment = None
        if moment is None:
            self._refuse(name, value, "a date")
        # Year 1 is how .NET writes a date that was never set.
        return moment if moment.year > 1 else None

    def row(self, name: str) -> "Row":
        """A nested object; an empty row when there is none."""
        return Row(self._fields.get(name.lower()), self.where)

    def rows(self, name: str) -> list["Row"]:
        """A nested list of objects; empty when there is none."""
        value = self._fields.get(name.lower())
        return (
            [Row(one, self.where) for one in value if isinstance(one, dict)]
            if isinstance(value, list)
            else []
        )

    def _refuse(self, name: str, value: Any, wanted: str) -> NoReturn:
        raise PermanentError(
            f"Pressero {self.where}: the field {name} is {cut(repr(value), 80)}, which is not {wanted}. Correct it in "
            "Pressero and retry.",
            field=name,
            cause=f"Pressero {name} is not {wanted}",
        )


def parse_moment(text: str) -> datetime:
    """An aware date-time from ISO 8601, a date alone included; without an offset it is taken as UTC.

    Raises ValueError.
    """
    match = _MOMENT.fullmatch(text.strip())
    if match is None:
        raise ValueError(f"{text!r} is no date")
    year, month, day, hour, minute, second, fraction, offset = match.groups()
    micro = int((fraction or "0").ljust(6, "0")[:6])
    zone = "+0000" if offset is None or offset in "Zz" else offset.replace(":", "")
    numbers = f"{year}-{month}-{day}T{hour or '00'}:{minute or '00'}:{second or '00'}.{micro:06d}{zone}"
    return datetime.strptime(numbers, "%Y-%m-%dT%H:%M:%S.%f%z")


def clean(text: str) -> str:
    """The text without outer blanks, and without what no database can hold (NUL characters, lone surrogates)."""
    return text.replace("\x00", "").encode("utf-8", "replace").decode().strip()
