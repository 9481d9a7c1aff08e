"""The words an order is found by: a pure function from what is known of an order to them, and from what is typed.

A text is kept from each of its words to its end: “Example Credit Union” also as “credit union” and “union”. So every
search is for the beginning of a kept text, which an index answers however many orders there are.
"""

from __future__ import annotations

import re
import shlex
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, field

from integrations.enums import SearchKind

# Longer texts are cut: nobody types more than that.
MAX_WORD = 80
# A text is kept from so many of its words on.
MOST_STARTS = 4
# More words than that are not looked at: five tell one order from a million.
MOST_TERMS = 5

_START = re.compile(r"(?<![^\W_])[^\W_]{2,}")
_WITHOUT_BLANKS = frozenset({SearchKind.NUMBER, SearchKind.JOB, SearchKind.TRACKING})


@dataclass(frozen=True)
class SearchFacts:
    """What is known of one order that it may be searched by."""

    number: int
    customer: str = ""
    email: str = ""
    po_number: str = ""
    jobs: tuple[str, ...] = ()
    products: tuple[str, ...] = ()
    tracking: tuple[str, ...] = field(default=())


def search_words(facts: SearchFacts) -> frozenset[tuple[SearchKind, str]]:
    """The words of an order, each with what it is."""
    whole = {
        SearchKind.NUMBER: (str(facts.number),),
        SearchKind.JOB: facts.jobs,
        SearchKind.TRACKING: facts.tracking,
    }
    parts = {
        SearchKind.PO: (facts.po_number,),
        SearchKind.CUSTOMER: (facts.customer,),
        SearchKind.EMAIL: (facts.email,),
        SearchKind.PRODUCT: facts.products,
    }
    found = {(kind, as_word(text, kind)) for kind, texts in whole.items() for text in texts}
    found |= {(kind, start) for kind, texts in parts.items() for text in texts for start in _starts(text)}
    # Nearly every address ends in one of few words.
    found -= {(kind, word) for kind, word in found if kind == SearchKind.EMAIL and "." not in word}
    return frozenset((kind, word) for kind, word in found if word)


def as_word(text: str, kind: SearchKind) -> str:
    """A text as it is kept for this kind, or as it is looked for: blanks in a number mean nothing."""
    word = _plain(text)
    return re.sub(r"\s", "", word) if kind in _WITHOUT_BLANKS else word


def _plain(text: str) -> str:
    """In one spelling: compatible characters alike, no capitals, single blanks, not too long."""
    folded = unicodedata.normalize("NFKC", text).casefold().replace("\x00", "")
    return " ".join(folded.encode("utf-8", "replace").decode().split())[:MAX_WORD].strip()


def _starts(text: str) -> Iterable[str]:
    plain = _plain(text)
    yield plain
    for position in [found.start() for found in _START.finditer(plain)][:MOST_STARTS]:
        yield plain[position:]


def terms(text: str) -> tuple[str, ...]:
    """What somebody typed, as the words that all must match; quoted ones stay together."""
    try:
        words = shlex.split(text.replace("'", r"\'"))
    except ValueError:  # a quote without its end
        words = text.replace('"', " ").split()
    plain = (_plain(word.removeprefix("#")) for word in words)
    return tuple(dict.fromkeys(word for word in plain if word))[:MOST_TERMS]
