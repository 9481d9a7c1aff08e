"""The filters that templates may use. Everything that python-liquid has beyond these is left out."""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_UP, Decimal
from functools import wraps
from typing import Any

from liquid.builtin.filters import array, misc, string
from liquid.utils.html import strip_tags

from automationhub.lib.liquid.limits import LONGEST_TEXT, RenderError, checked
from automationhub.lib.liquid.values import as_moment, as_text, is_missing, number, tidy

Filter = Callable[..., Any]

# Widths such as %999d are left out: they would make texts of any length.
_FORMAT = re.compile(r"(?:[^%]|%[-_^0]?[aAbBcdDeFgGHIjklmMnpPrRStTuUVwWxXyYzZ%]){0,100}", re.DOTALL)
_ROUND = Decimal(1)


def _lookup(value: object, table: str, *, context: Any) -> str | None:
    try:
        found: str | None = context.tables.find(as_text(table), as_text(value))
    except KeyError:
        raise RenderError(f"there is no value table “{as_text(table)[:60]}”") from None
    return found


def _date(value: object, form: str, *, context: Any) -> str:
    if is_missing(value):
        return ""
    moment = as_moment(context.globals.get("now") if value in ("now", "today") else value)
    if moment is None:
        raise RenderError(f"“{as_text(value)[:40]}” is not a date")
    if not _FORMAT.fullmatch(as_text(form)):
        raise RenderError(f"“{as_text(form)[:40]}” is not a form of a date")
    try:
        return moment.strftime(as_text(form).encode("utf-8", "ignore").decode())
    except ValueError:
        raise RenderError(f"the date “{as_text(value)[:40]}” cannot be written like that") from None


def _replace(value: object, old: object, new: object = "") -> str:
    text, sought, put = as_text(value), as_text(old), as_text(new)
    if len(text) + (text.count(sought) if sought else len(text) + 1) * len(put) > LONGEST_TEXT:
        raise RenderError(f"a text is longer than {LONGEST_TEXT:,} characters")
    return text.replace(sought, put)


def _join(value: object, between: object = " ") -> str:
    entries = [as_text(entry) for entry in value] if isinstance(value, (list, tuple)) else [as_text(value)]
    link = as_text(between)
    if sum(map(len, entries)) + len(link) * len(entries) > LONGEST_TEXT:
        raise RenderError(f"a text is longer than {LONGEST_TEXT:,} characters")
    return link.join(entries)


def _sum(value: object, key: object = None) -> Any:
    if not isinstance(value, (list, tuple)):
        return number(value)
    if key is not None:
        value = [entry.get(as_text(key)) if hasattr(entry, "get") else entry for entry in value]
    return sum((number(entry) for entry in value), 0)


def _divided_by(value: object, other: object) -> Any:
    by = number(other)
    if not by:
        raise RenderError("nothing can be divided by 0")
    dividend = number(value)
    if isinstance(dividend, int) and isinstance(by, int):
        return dividend // by
    return Decimal(dividend) / Decimal(by)


def _modulo(value: object, other: object) -> Any:
    by = number(other)
    if not by:
        raise RenderError("nothing can be divided by 0")
    return number(value) % by


def _round(value: object, digits: object = 0) -> Any:
    places = int(number(digits))
    if not 0 <= places <= 6:
        raise RenderError("a number is rounded to 0 to 6 places")
    rounded = Decimal(number(value)).quantize(_ROUND.scaleb(-places), ROUND_HALF_UP)
    return rounded if places else int(rounded)


def _whole(value: object, rounding: str) -> int:
    return int(Decimal(number(value)).to_integral_value(rounding))


# Liquid's own names. What works on texts and lists is python-liquid's; what counts is exact, and what could grow is limited.
_PLAIN: dict[str, Filter] = {
    "abs": lambda value: abs(number(value)),
    "append": string.append,
    "at_least": lambda value, other: max(number(value), number(other)),
    "at_most": lambda value, other: min(number(value), number(other)),
    "capitalize": string.capitalize,
    "ceil": lambda value: _whole(value, ROUND_CEILING),
    "compact": array.compact,
    "concat": array.concat,
    "date": _date,
    "default": misc.default,
    "divided_by": _divided_by,
    "downcase": string.downcase,
    "find": array.find,
    "first": lambda value: value[0] if isinstance(value, (list, tuple)) and value else None,
    "floor": lambda value: _whole(value, ROUND_FLOOR),
    "has": array.has,
    "join": _join,
    "last": lambda value: value[-1] if isinstance(value, (list, tuple)) and value else None,
    "lookup": _lookup,
    "lstrip": string.lstrip,
    "map": array.map_,
    "minus": lambda value, other: number(value) - number(other),
    "modulo": _modulo,
    "plus": lambda value, other: number(value) + number(other),
    "prepend": string.prepend,
    "reject": array.reject,
    "remove": string.remove,
    "remove_first": string.remove_first,
    "remove_last": string.remove_last,
    "replace": _replace,
    "replace_first": string.replace_first,
    "replace_last": string.replace_last,
    "reverse": array.reverse,
    "round": _round,
    "rstrip": string.rstrip,
    "size": misc.size,
    "slice": string.slice_,
    "sort": array.sort,
    "sort_natural": array.sort_natural,
    "split": string.split,
    "squish": string.squish,
    "strip": string.strip,
    "strip_html": lambda value: strip_tags(as_text(value)),
    "strip_newlines": lambda value: re.sub(r"\r?\n", "", as_text(value)),
    "sum": _sum,
    "times": lambda value, other: number(value) * number(other),
    "truncate": string.truncate,
    "truncatewords": string.truncatewords,
    "uniq": array.uniq,
    "upcase": string.upcase,
    "where": array.where,
}
_WITH_CONTEXT = ("lookup", "date")


def _limited(name: str, function: Filter) -> Filter:
    """The filter within the limits: what goes in and what comes out."""
    needs_context = name in _WITH_CONTEXT

    @wraps(function)
    def limited(value: Any, *args: Any, context: Any, **options: Any) -> Any:
        checked(value)
        if args:
            # The library would print what is missing as "None".
            args = tuple("" if is_missing(given) else checked(given) for given in args)
        # Looking for doubles compares each entry with each.
        entries = len(value) if isinstance(value, (list, tuple)) else 0
        context.spend(1 + entries * (10 if name == "uniq" else 1))
        if needs_context:
            options["context"] = context
        result = function(value, *args, **options)
        if (
            type(result) is not str
            and isinstance(result, (int, float, Decimal))
            and not isinstance(result, bool)
        ):
            result = tidy(Decimal(str(result)) if isinstance(result, float) else result)
        return checked(result)

    limited.with_context = True  # type: ignore[attr-defined]
    return limited


FILTERS: dict[str, Filter] = {name: _limited(name, function) for name, function in _PLAIN.items()}
