"""How texts of an order and of mapping rows are compared: one place, used by the rows' keys and by resolution.

What an order holds comes from strangers. A key therefore also loses what a database cannot store (NUL characters,
half characters), so that no order can make a lookup fail.
"""

import hashlib
from collections.abc import Iterable

from automationhub.lib.texts import compared, one_line

__all__ = ["address_key", "address_pattern", "name_key", "one_line", "pattern_of_keys"]


def name_key(text: str) -> str:
    """Ids, product and method names, statuses: without case, accents, doubled blanks and invisible characters."""
    return compared(text)


def address_key(text: str) -> str:
    """Address columns, compared like names."""
    return compared(text)


def address_pattern(columns: Iterable[str]) -> str:
    """One short text that stands for some columns of an address row, so that a row is found by an index hit."""
    return pattern_of_keys(address_key(column) for column in columns)


def pattern_of_keys(keys: Iterable[str]) -> str:
    """The same for columns of which the keys are known already."""
    # The separator is a control character and therefore never occurs inside a key.
    return hashlib.blake2b("\x1f".join(keys).encode(), digest_size=16).hexdigest()
