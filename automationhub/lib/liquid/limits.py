"""What a template may use up, and the error that ends it."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

LONGEST_SOURCE = 4_000  # characters of a template; the syntax tree is bounded by it
LONGEST_TEXT = 20_000  # characters of any text on the way
LONGEST_OUTPUT = 10_000  # bytes; Pace's longest texts hold a few thousand characters
LONGEST_LIST = 1_000  # entries; an order has a few hundred items at most
LARGEST_NUMBER = 10**15
NESTING = 15  # blocks within blocks
# Units of work: a filter, a turn of a loop. A unit takes some microseconds, so one template ends within a tenth of a second
# and all templates of one order within two seconds.
WORK_OF_TEMPLATE = 20_000
WORK_OF_ORDER = 400_000


class RenderError(Exception):
    """A template cannot be filled in with this data. `message` is a half-sentence for staff: "“x” is no number"."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class LiquidWork:
    """The work that all templates of one order share."""

    def __init__(self, most: int = WORK_OF_ORDER) -> None:
        self.left = most

    def spend(self, units: int) -> None:
        """Count work. Raises RenderError when there is none left."""
        self.left -= units
        if self.left < 0:
            raise RenderError("the rules of this order do too much work together")


def checked(value: Any) -> Any:
    """A value on its way through a template, or a RenderError when it is larger than anything an order needs."""
    if type(value) is str:
        if len(value) > LONGEST_TEXT:
            raise RenderError(f"a text is longer than {LONGEST_TEXT:,} characters")
    elif isinstance(value, (list, tuple)):
        if len(value) > LONGEST_LIST:
            raise RenderError(f"a list has more than {LONGEST_LIST:,} entries")
    elif isinstance(value, (int, float, Decimal)) and not -LARGEST_NUMBER <= value <= LARGEST_NUMBER:
        raise RenderError("a number is too large")
    return value
