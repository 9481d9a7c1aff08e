"""One JSON object of Pressero, read strictly where a wrong value would cost money and leniently elsewhere.

Keys are read in any case. Numbers may come as text, so that a payload that was stored parses to the same values.
"""

from collections.abc import Iterable
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, NoReturn

from automationhub.lib import values
from automationhub.lib.redact import cut
from automationhub.lib.texts import guid, lines, one_line
from integrations.causes import CauseKind
from integrations.clients.http.jsontext import MAX_INTEGER, storable
from integrations.errors import PermanentError

_MAX_MONEY = Decimal(10) ** 12
_YES = {"true", "1", "yes", "y"}
_NO = {"false", "0", "no", "n", ""}


class PresseroRow:
    """The fields of one object. `where` names it in errors: "order 10234, item 2"."""

    def __init__(self, data: Any, where: str) -> None:
        self.where = where
        self._fields: dict[str, Any] = {}
        for key, value in data.items() if isinstance(data, dict) else ():
            # Two spellings of one key: the one with a value counts.
            if values.is_nothing(self._fields.get(str(key).lower())):
                self._fields[str(key).lower()] = value

    def _first(self, names: Iterable[str]) -> tuple[str, Any]:
        """The first of these fields that holds something."""
        for name in names:
            value = self._fields.get(name.lower())
            if not values.is_nothing(value):
                return name, value
        return "", None

    def has(self, name: str) -> bool:
        """Whether the field holds something."""
        return self._first([name])[1] is not None

    def text(self, *names: str) -> str:
        """The first of these fields that holds something, as one line; "" when none does."""
        return next((text for name in names if (text := one_line(self._raw(name)))), "")

    def lines(self, *names: str) -> str:
        """The first of these fields that holds something, line by line; "" when none does."""
        return next((text for name in names if (text := lines(self._raw(name)))), "")

    def guid(self, *names: str) -> str:
        """The first of these ids that is filled: a GUID in lower case and without braces, another id as it is."""
        return guid(self.text(*names))

    def _raw(self, name: str) -> str:
        value = self._fields.get(name.lower())
        if value is None or isinstance(value, dict | list):
            return ""
        if isinstance(value, bool):
            return "yes" if value else "no"
        return str(storable(str(value)))

    def money(self, *names: str) -> Decimal | None:
        """An amount to the cent; None when none of these fields holds one. Raises PermanentError for anything but a
        number."""
        name, value = self._first(names)
        if value is None:
            return None
        try:
            amount = values.money(value)
        except ValueError:
            self._refuse(name, value, "an exact number")
        if abs(amount) >= _MAX_MONEY:
            self._refuse(name, value, "an amount")
        return amount

    def whole(self, *names: str, largest: int = MAX_INTEGER) -> int | None:
        """A whole number from 0 to `largest`; None when none of these fields holds one. Raises PermanentError."""
        name, value = self._first(names)
        if value is None:
            return None
        try:
            number = values.whole(value)
        except ValueError:
            number = -1
        if not 0 <= number <= largest:
            self._refuse(name, value, f"a whole number from 0 to {largest:,}")
        return number

    def flag(self, name: str) -> bool:
        """A yes or no; missing is no. Raises PermanentError for anything else."""
        value = self._fields.get(name.lower())
        word = "" if value is None else one_line(str(value)).lower()
        if word not in _YES | _NO:
            self._refuse(name, value, "yes or no")
        return word in _YES

    def day(self, *names: str) -> date | None:
        """The date part as it was sent, whatever offset stands behind it: shifting it could move it to the day
        before. None when missing. Raises PermanentError."""
        moment = self._moment(names)
        return moment.date() if moment else None

    def moment(self, *names: str) -> datetime | None:
        """A point in time in UTC; without an offset it is UTC already. None when missing. Raises PermanentError."""
        moment = self._moment(names)
        return moment.astimezone(UTC) if moment else None

    def _moment(self, names: Iterable[str]) -> datetime | None:
        """The first of these fields that holds a date; what systems write for "never" is none."""
        for name in names:
            value = self._first([name])[1]
            if value is None:
                continue
            try:
                moment = values.moment(value) if isinstance(value, str) else None
            except ValueError:
                self._refuse(name, value, "a date")
            if moment is not None:
                return moment
            if not isinstance(value, str):
                self._refuse(name, value, "a date")
        return None

    def row(self, name: str) -> "PresseroRow":
        """A nested object; an empty row when there is none."""
        return PresseroRow(self._fields.get(name.lower()), self.where)

    def rows(self, name: str) -> list["PresseroRow"]:
        """A nested list of objects; empty when there is none."""
        value = self._fields.get(name.lower())
        return (
            [PresseroRow(one, self.where) for one in value if isinstance(one, dict)]
            if isinstance(value, list)
            else []
        )

    def _refuse(self, name: str, value: Any, wanted: str) -> NoReturn:
        raise PermanentError(
            f"Pressero {self.where}: the field {name} is {cut(repr(value), 80)}, which is not {wanted}. Correct it in "
            "Pressero and retry.",
            field=name,
            cause=CauseKind.UNREADABLE.of(f"{name} is not {wanted}"),
        )
