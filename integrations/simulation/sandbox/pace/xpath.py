"""The XPath filters that Pace understands: tokens, a recursive-descent parser, and the tree it makes.

    filter     = and-group { "or" and-group }
    and-group  = term { "and" term }
    term       = "(" filter ")" | function | comparison
    function   = ("contains" | "starts-with") "(" path "," string ")"
    comparison = path ("=" | "!=" | "<" | ">" | "<=" | ">=") (string | number | moment)
    moment     = "date(" year "," month "," day ")" | "time(" hour "," minute "," second ")"
    path       = { name "/" } "@" name

A string stands in single or double quotes and ends at the next quote of its kind: there is no escape. What the
names mean is not decided here but in ``filters.py``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, time
from decimal import Decimal
from typing import Final

from integrations.simulation.sandbox.pace.errors import XPathError

OPERATORS: Final = ("=", "!=", "<", ">", "<=", ">=")
FUNCTIONS: Final = ("contains", "starts-with")
MAX_DEPTH: Final = 50

_TOKEN: Final = re.compile(
    r"""(?P<space>\s+)
      | (?P<string>"[^"]*"|'[^']*')
      | (?P<number>-?[0-9]+(?:\.[0-9]+)?)
      | (?P<name>[A-Za-z_][A-Za-z0-9_]*(?:-[A-Za-z0-9_]+)*)
      | (?P<operator>!=|<=|>=|=|<|>)
      | (?P<punctuation>[()@/,])
    """,
    re.VERBOSE,
)


@dataclass(frozen=True)
class Path:
    """A field, of the object itself (no steps) or of one it refers to: ``customer/@custName``."""

    steps: tuple[str, ...]
    field: str

    def __str__(self) -> str:
        return "".join(f"{step}/" for step in self.steps) + f"@{self.field}"


@dataclass(frozen=True)
class Text:
    """A quoted value."""

    value: str

    def __str__(self) -> str:
        quote = "'" if '"' in self.value else '"'
        if quote in self.value:
            raise XPathError("A text with both kinds of quotes cannot be written in a filter")
        return f"{quote}{self.value}{quote}"


@dataclass(frozen=True)
class Number:
    """A bare number; the way it was written is kept, for fields that hold text."""

    written: str

    @property
    def value(self) -> Decimal:
        return Decimal(self.written)

    def __str__(self) -> str:
        return self.written


@dataclass(frozen=True)
class Moment:
    """``date(2026, 10, 17)`` or ``time(13, 20, 29)``, in the server's own days and hours."""

    value: date | time

    def __str__(self) -> str:
        if isinstance(self.value, date):
            return f"date({self.value.year}, {self.value.month}, {self.value.day})"
        return f"time({self.value.hour}, {self.value.minute}, {self.value.second})"


@dataclass(frozen=True)
class XPathComparison:
    """``@field op value``"""

    path: Path
    operator: str
    value: Text | Number | Moment

    def __str__(self) -> str:
        return f"{self.path} {self.operator} {self.value}"


@dataclass(frozen=True)
class TextTest:
    """``contains(@field, "x")`` or ``starts-with(@field, "x")``"""

    function: str
    path: Path
    value: Text

    def __str__(self) -> str:
        return f"{self.function}({self.path}, {self.value})"


@dataclass(frozen=True)
class And:
    """All of them hold."""

    terms: tuple[Node, ...]

    def __str__(self) -> str:
        return " and ".join(f"({term})" if isinstance(term, And | Or) else str(term) for term in self.terms)


@dataclass(frozen=True)
class Or:
    """At least one of them holds."""

    terms: tuple[Node, ...]

    def __str__(self) -> str:
        return " or ".join(f"({term})" if isinstance(term, And | Or) else str(term) for term in self.terms)


Node = XPathComparison | TextTest | And | Or


@dataclass(frozen=True)
class _XPathToken:
    kind: str
    text: str


_END: Final = _XPathToken("end", "")


def _tokens(text: str) -> Iterator[_XPathToken]:
    position = 0
    while position < len(text):
        match = _TOKEN.match(text, position)
        if match is None or match.lastgroup is None:
            raise _not_understood(text)
        position = match.end()
        if match.lastgroup != "space":
            yield _XPathToken(match.lastgroup, match.group())


def _not_understood(text: str) -> XPathError:
    return XPathError(f"Unable to determine Field from binding expression: {text}")


class _Parser:
    def __init__(self, text: str) -> None:
        self._text = text
        self._tokens = [*_tokens(text), _END]
        self._next = 0
        self._depth = 0

    def whole_filter(self) -> Node:
        node = self._filter()
        self._end()
        return node

    def whole_path(self) -> Path:
        path = self._path()
        self._end()
        return path

    # Tokens

    def _peek(self, ahead: int = 0) -> _XPathToken:
        return self._tokens[min(self._next + ahead, len(self._tokens) - 1)]

    def _take(self) -> _XPathToken:
        token = self._peek()
        self._next += 1
        return token

    def _accept(self, kind: str, text: str) -> bool:
        if self._peek() != _XPathToken(kind, text):
            return False
        self._next += 1
        return True

    def _expect(self, kind: str, text: str | None = None) -> str:
        token = self._take()
        if token.kind != kind or (text is not None and token.text != text):
            raise _not_understood(self._text)
        return token.text

    def _end(self) -> None:
        if self._peek() is not _END:
            raise _not_understood(self._text)

    # Grammar

    def _filter(self) -> Node:
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise _not_understood(self._text)
        terms = [self._and_group()]
        while self._accept("name", "or"):
            terms.append(self._and_group())
        self._depth -= 1
        return terms[0] if len(terms) == 1 else Or(tuple(terms))

    def _and_group(self) -> Node:
        terms = [self._term()]
        while self._accept("name", "and"):
            terms.append(self._term())
        return terms[0] if len(terms) == 1 else And(tuple(terms))

    def _term(self) -> Node:
        if self._accept("punctuation", "("):
            inner = self._filter()
            self._expect("punctuation", ")")
            return inner
        if self._peek().kind == "name" and self._peek(1) == _XPathToken("punctuation", "("):
            return self._function()
        path = self._path()
        operator = self._expect("operator")
        return XPathComparison(path, operator, self._value())

    def _function(self) -> TextTest:
        name = self._take().text
        if name not in FUNCTIONS:
            raise XPathError(f"unknown or unsupported function: {name}")
        self._expect("punctuation", "(")
        path = self._path()
        self._expect("punctuation", ",")
        value = Text(self._expect("string")[1:-1])
        self._expect("punctuation", ")")
        return TextTest(name, path, value)

    def _path(self) -> Path:
        steps = []
        while self._peek().kind == "name":
            if self._peek(1) == _XPathToken("punctuation", "("):
                raise XPathError(f"unknown or unsupported function: {self._peek().text}")
            name = self._take().text
            if self._peek().kind == "operator" or self._peek().text in (",", ")"):
                raise XPathError(f"Cannot convert children into a filter: {name}")
            steps.append(name)
            self._expect("punctuation", "/")
        self._expect("punctuation", "@")
        return Path(tuple(steps), self._expect("name"))

    def _value(self) -> Text | Number | Moment:
        token = self._take()
        if token.kind == "string":
            return Text(token.text[1:-1])
        if token.kind == "number":
            return Number(token.text)
        if token.kind == "name" and self._peek() == _XPathToken("punctuation", "("):
            if token.text in ("date", "time"):
                return self._moment(token.text)
            raise XPathError(f"unknown or unsupported function: {token.text}")
        raise _not_understood(self._text)

    def _moment(self, function: str) -> Moment:
        numbers = []
        for sign in ("(", ",", ","):
            self._expect("punctuation", sign)
            numbers.append(Decimal(self._expect("number")))
        self._expect("punctuation", ")")
        try:
            first, second, third = (int(number) for number in numbers)
            return Moment(date(first, second, third) if function == "date" else time(first, second, third))
        except (ValueError, OverflowError):
            raise _not_understood(self._text) from None


def parse_filter(text: str) -> Node:
    """The tree of a filter; XPathError with Pace's own message when it is none."""
    return _Parser(text).whole_filter()


def parse_path(text: str) -> Path:
    """A single path, as sorts and columns use it."""
    return _Parser(text).whole_path()
