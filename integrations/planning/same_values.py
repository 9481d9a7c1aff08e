"""Whether two values of a Pace field are the same, however each is spelled: pure."""

from __future__ import annotations

import re
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from integrations.clients.pace.values import flag_of, text_of
from integrations.planning.found_jobs import LEAST_OF_A_CUT_TEXT
from integrations.planning.links import file_key

_EMPTY = ("", "0", "0.00")


def is_same(sent: Any, held: Any) -> bool:
    """Whether Pace holds what was sent; numbers, dates and yes/no may come back in another spelling."""
    if isinstance(sent, bool):
        return flag_of(held, unset=False) is sent
    left, right = _plain(sent), _plain(held)
    if left == right:
        return True
    try:
        return Decimal(left) == Decimal(right)
    except InvalidOperation:
        pass
    try:
        # Both are the wall clock of the server: the plan's, and what the client made of Pace's halves.
        return datetime.fromisoformat(left) == datetime.fromisoformat(right)
    except ValueError:
        return False


def means_the_same(field: str, ours: Any, theirs: Any) -> bool:
    """Whether two systems that filled a field on their own mean the same by it.

    More than `is_same` lets pass: blanks, the order of lines, a cut at the end, how a phone number is written, capitals of
    an email or a customer, seconds, a signature in a link, and nothing where the other has zero.
    """
    if is_same(ours, theirs):
        return True
    left, right = _plain(ours), _plain(theirs)
    if isinstance(ours, int | Decimal) and not isinstance(ours, bool):
        return left in _EMPTY and right in _EMPTY
    if isinstance(ours, datetime):
        return _to_the_minute(left) == _to_the_minute(right)
    name = field.casefold()
    if name.endswith("phone"):
        return _digits(left) == _digits(right)
    if name.endswith("url"):
        return file_key(left) == file_key(right)
    if name.endswith("email") or name in ("customer", "ponum"):
        return _words(left).casefold() == _words(right).casefold()
    if sorted(map(_words, left.splitlines())) == sorted(map(_words, right.splitlines())):
        return True
    return _is_cut(_words(left), _words(right))


def _plain(value: Any) -> str:
    # Pace trims texts and keeps one kind of line end.
    return "\n".join(line.rstrip() for line in text_of(value).strip().splitlines())


def _words(text: str) -> str:
    return " ".join(text.split())


def _digits(text: str) -> str:
    """The digits of a phone number without the country code of North America."""
    digits = re.sub(r"\D", "", text)
    return digits[1:] if len(digits) == 11 and digits.startswith("1") else digits


def _to_the_minute(text: str) -> str:
    try:
        return datetime.fromisoformat(text).isoformat(timespec="minutes")
    except ValueError:
        return text


def _is_cut(left: str, right: str) -> bool:
    shorter, longer = sorted((left.rstrip("… ."), right.rstrip("… .")), key=len)
    return len(shorter) >= LEAST_OF_A_CUT_TEXT and longer.startswith(shorter)
