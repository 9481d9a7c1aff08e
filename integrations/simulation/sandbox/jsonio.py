"""JSON in and out, with Decimals: money never passes through a float."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterable
from decimal import Decimal
from json.encoder import encode_basestring_ascii
from typing import Any


class BadJson(ValueError):
    """The body of a request is no JSON."""


def load_json(text: str | bytes) -> Any:
    """Parse JSON; numbers with a fraction become Decimal, so that money never passes through a float."""
    try:
        return json.loads(text, parse_float=Decimal, parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        raise BadJson(f"The body is not JSON: {error}") from error


def _refuse_constant(name: str) -> Any:
    raise ValueError(f"{name} is no JSON number")


def dump_json(value: Any) -> str:
    """Write JSON, with Decimals as plain numbers (the standard encoder cannot)."""
    parts: list[str] = []
    _dump(value, parts.append)
    return "".join(parts)


def _dump(value: Any, write: Callable[[str], object]) -> None:
    if value is None or value is True or value is False:
        write("null" if value is None else "true" if value else "false")
    elif isinstance(value, str):
        write(encode_basestring_ascii(value))
    elif isinstance(value, int):
        write(int.__repr__(value))
    elif isinstance(value, Decimal | float):
        if not math.isfinite(value):
            raise ValueError(f"{value} is no JSON number")
        write(format(value, "f") if isinstance(value, Decimal) else repr(value))
    elif isinstance(value, dict):
        separator = "{"
        for key, item in value.items():
            write(f"{separator}{encode_basestring_ascii(str(key))}:")
            _dump(item, write)
            separator = ","
        write("{}" if separator == "{" else "}")
    elif isinstance(value, Iterable):
        separator = "["
        for item in value:
            write(separator)
            _dump(item, write)
            separator = ","
        write("[]" if separator == "[" else "]")
    else:
        raise TypeError(f"{type(value).__name__} cannot be written as JSON")
