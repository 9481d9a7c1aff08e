"""How texts of an order and of mapping rows are compared: one place, used by the rows' keys and by resolution.

What an order holds comes from strangers. A key therefore also loses what a database cannot store (NUL characters,
half characters), so that no order can make a lookup fail.
"""

import hashlib
import unicodedata
from collections.abc import Iterable


def name_key(text: str) -> str:
    """Ids, product and method names, statuses: without case and outer blanks."""
    return _folded(text).strip()


def address_key(text: str) -> str:
    """Address columns: without case, every run of blanks counts as one."""
    return " ".join(_folded(text).split())


def one_line(text: str) -> str:
    """A name as kept for people: no outer blanks, nothing that a database cannot store."""
    return _storable(text).strip()


def _folded(text: str) -> str:
    # Canonical caseless form: an accented letter typed as one or as two characters is the same letter.
    return unicodedata.normalize("NFC", unicodedata.normalize("NFD", _storable(text)).casefold())


def _storable(text: str) -> str:
    return text.replace("\x00", "").encode("utf-8", "ignore").decode("utf-8")


def address_pattern(columns: Iterable[str]) -> str:
    """One short text that stands for the six columns of an address row, so that a row is found by an index hit."""
    return pattern_of_keys(address_key(column) for column in columns)


def pattern_of_keys(keys: Iterable[str]) -> str:
    """The same for columns of which the keys are known already."""
    # The separator counts as a blank and therefore never occurs inside a key.
    return hashlib.blake2b("\x1f".join(keys).encode(), digest_size=16).hexdigest()
