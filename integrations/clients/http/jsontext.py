"""JSON as the two systems exchange it: money keeps its digits in both directions."""

from decimal import Decimal
from typing import Any

import simplejson

from automationhub.lib.texts import storable as storable_text

MAX_DIGITS = 60  # of a number with a fraction; the systems send 17 at most
MAX_EXPONENT = 100
MAX_INTEGER = 2**63 - 1  # more than any id, count or amount that either system or a database column holds


def dump_json(value: Any) -> str:
    """JSON text with Decimals as plain numbers.

    Raises TypeError for a float (it may have lost cents already) and for anything JSON cannot hold, ValueError for
    a Decimal that is no number.
    """
    _refuse_floats(value)
    return str(simplejson.dumps(value, use_decimal=True, allow_nan=False))


def _refuse_floats(value: Any) -> None:
    if isinstance(value, float):
        raise TypeError(f"{value!r} is a float; money and measures are Decimal here")
    if isinstance(value, Decimal) and not value.is_finite():
        raise ValueError(f"{value} is not a number that JSON can hold")
    if isinstance(value, dict):
        for inner in value.values():
            _refuse_floats(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            _refuse_floats(inner)


def load_json(text: str) -> Any:
    """The value of a JSON text; numbers with a fraction or an exponent become Decimal.

    Raises ValueError for a text that is not JSON, NaN and Infinity, integers beyond 64 bits, fractions of more digits
    or a larger exponent than anything real has, and a nesting deeper than the parser can follow.
    """
    try:
        return simplejson.loads(text, parse_float=_fraction, parse_int=_whole)
    except RecursionError as error:
        raise ValueError("The text is nested too deeply") from error
    except ArithmeticError as error:  # an exponent that no Decimal can have
        raise ValueError("The text holds a number that cannot be read") from error


def _whole(digits: str) -> int:
    # The length first: turning a very long number into an int is slow.
    if len(digits) > 20 or abs(int(digits)) > MAX_INTEGER:
        raise ValueError("The text holds a number beyond 64 bits")
    return int(digits)


def _fraction(text: str) -> Decimal:
    # Anybody who made an int of 1e999999999 would count for hours.
    if len(text) > MAX_DIGITS or abs((number := Decimal(text)).adjusted()) > MAX_EXPONENT:
        raise ValueError("The text holds a number beyond all measure")
    return number


def storable(data: Any) -> Any:
    """A deep copy with texts that every database can hold."""
    if isinstance(data, str):
        return storable_text(data)
    if isinstance(data, dict):
        return {storable(key): storable(value) for key, value in data.items()}
    if isinstance(data, list):
        return [storable(value) for value in data]
    return data
