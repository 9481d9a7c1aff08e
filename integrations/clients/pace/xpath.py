"""Builds XPath filters for Pace, so that no value can change what a filter asks.

Pace's filters know no escape inside a quoted text; what cannot be quoted is refused.
"""

import re
import unicodedata
from datetime import date

from integrations.causes import CauseKind
from integrations.errors import PermanentError

_PATH = re.compile(r"(?:[A-Za-z_][A-Za-z0-9_]*/)*@?[A-Za-z_][A-Za-z0-9_]*")


class Condition(str):
    """A finished piece of a filter. Only the functions of this module make one."""

    __slots__ = ()


class _Both(Condition):
    """Conditions joined by `and`."""

    __slots__ = ()


class _Either(Condition):
    """Conditions joined by `or`."""

    __slots__ = ()


def quote(value: str, field: str = "value") -> str:
    """The value as an XPath text: in double quotes, in single ones when it holds double ones.

    Raises PermanentError, naming `field`, for a value with both kinds of quotes or with control characters.
    """
    for char in value:
        if unicodedata.category(char) in {"Cc", "Cs"}:
            raise PermanentError(
                f"The {field} {value!r} holds a control character, so Pace cannot be asked for it. Correct the {field} "
                "where it comes from.",
                field=field,
                cause=CauseKind.UNWRITABLE_TEXT.of(f"control character in {field}"),
            )
    if '"' not in value:
        return f'"{value}"'
    if "'" not in value:
        return f"'{value}'"
    raise PermanentError(
        f"The {field} {value!r} holds both kinds of quotes, so Pace cannot be asked for it. Correct the {field} where "
        "it comes from.",
        field=field,
        cause=CauseKind.UNWRITABLE_TEXT.of(f"both kinds of quotes in {field}"),
    )


def is_quotable(text: str) -> bool:
    """Whether the text can stand in a Pace filter, which has no escape: not with both kinds of quotes."""
    return not ('"' in text and "'" in text)


def field_path(name: str) -> str:
    """A field's name or path in XPath form: `email` and `@email` give `@email`, `customer/custName` gives
    `customer/@custName`. Raises ValueError for anything else."""
    if not _PATH.fullmatch(name):
        raise ValueError(f"{name!r} is not a field of a Pace object")
    lead, slash, last = name.rpartition("/")
    return f"{lead}{slash}@{last.removeprefix('@')}"


def field_equals(name: str, value: str | int | bool) -> Condition:
    """`@name = value`. Truth values are written 'true' and 'false', whole numbers bare, texts quoted."""
    path = field_path(name)
    if isinstance(value, bool):
        return Condition(f"{path} = '{str(value).lower()}'")
    if isinstance(value, int):
        return Condition(f"{path} = {value}")
    return Condition(f"{path} = {quote(value, name)}")


def field_starts_with(name: str, start: str) -> Condition:
    """`starts-with(@name, start)`."""
    return Condition(f"starts-with({field_path(name)}, {quote(start, name)})")


def field_contains(name: str, part: str) -> Condition:
    """`contains(@name, part)`."""
    return Condition(f"contains({field_path(name)}, {quote(part, name)})")


def field_filled(name: str) -> Condition:
    """`@name != ""`: every object that has a text there; with a text key, all objects of a type."""
    return Condition(f'{field_path(name)} != ""')


def field_on_day(name: str, day: date) -> Condition:
    """`@name = date(2026, 10, 17)`: a day of the Pace server. A quoted date does not compare."""
    return Condition(f"{field_path(name)} = date({day.year}, {day.month}, {day.day})")


def field_above(name: str, number: int) -> Condition:
    """`@name > number`; with a number for a key and 0, all objects of a type."""
    return Condition(f"{field_path(name)} > {number}")


def all_of(*conditions: Condition) -> Condition:
    """The conditions joined by `and`."""
    return _joined(conditions, "and", _Both)


def any_of(*conditions: Condition) -> Condition:
    """The conditions joined by `or`; the same one twice is asked once."""
    return _joined(tuple(dict.fromkeys(conditions)), "or", _Either)


def _joined(conditions: tuple[Condition, ...], word: str, kind: type[Condition]) -> Condition:
    if not conditions:
        raise ValueError(f"There is nothing to join by {word}")
    for condition in conditions:
        if not isinstance(condition, Condition):
            raise TypeError(f"{condition!r} is plain text; build it with field_equals")
    if len(conditions) == 1:
        return conditions[0]
    # Parentheses around the other kind: no reader has to know which of the two binds tighter.
    parts = [
        f"({one})" if isinstance(one, _Both | _Either) and not isinstance(one, kind) else one
        for one in conditions
    ]
    return kind(f" {word} ".join(parts))
