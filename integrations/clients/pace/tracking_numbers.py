"""Tracking numbers as people and shipping programs write them into one field of Pace. Pure."""

import re
from collections.abc import Iterable

from automationhub.lib.texts import one_line

_SEPARATORS = re.compile(r"[;,|]|\s/\s")
# How carriers write one number, once its blanks are gone: UPS, USPS and FedEx.
_ONE_NUMBER = re.compile(r"1Z[0-9A-Z]{16}|[0-9]{12}|[0-9]{15}|[0-9]{20}|[0-9]{22}|[0-9]{26}", re.IGNORECASE)
_LONGEST_GROUP = 5  # characters of a number that is written in groups: 1Z 999 AA1 01 2345 6784


def tracking_numbers(fields: Iterable[str]) -> tuple[str, ...]:
    """The numbers in these fields, each once, in their order: commas, semicolons, line breaks and blanks separate them.

    A number that is written in groups stays one, and so does a text that is no number ("Hand delivered").
    """
    found: dict[str, str] = {}
    for field in fields:
        for line in field.splitlines():
            for piece in _SEPARATORS.split(one_line(line)):
                for number in _numbers_in(piece.strip()):
                    found.setdefault(_key(number), number)
    return tuple(found.values())


def _numbers_in(piece: str) -> list[str]:
    words = piece.split()
    if len(words) < 2 or not all(any(char.isdigit() for char in word) for word in words):
        return [piece] if piece else []
    if max(map(len, words)) <= _LONGEST_GROUP and _ONE_NUMBER.fullmatch("".join(words)):
        return [piece]
    return words


def _key(number: str) -> str:
    return re.sub(r"[\W_]", "", number).casefold() or number
