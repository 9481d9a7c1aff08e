"""As much of Prometheus' query language as the dashboard and the alerts use, evaluated over two scrapes.

What it does not know it refuses, so that a new query of the files is never taken for a right one.
"""

from __future__ import annotations

import math
import operator
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from tests.operations.metrics.conftest import Scrape

Labels = frozenset[tuple[str, str]]
Vector = dict[Labels, float]

TOKEN = re.compile(
    r"\s*(?:(?P<number>\d+(?:\.\d+)?)(?![a-z])|(?P<name>[a-zA-Z_][a-zA-Z0-9_]*)|(?P<text>\"[^\"]*\")|(?P<span>\[[^\]]+\])"
    r"|(?P<sign>==|!=|=~|!~|>|<|/|\*|\(|\)|\{|\}|,|=))"
)

COMPARE: dict[str, Callable[[float, float], bool]] = {"==": operator.eq, ">": operator.gt, "<": operator.lt}


@dataclass
class Query:
    """One evaluation: `now` and `before`, `seconds` apart."""

    text: str
    now: Scrape
    before: Scrape
    seconds: float

    def __post_init__(self) -> None:
        self.tokens: list[str] = []
        at = 0
        text = self.text.strip()
        while at < len(text):
            found = TOKEN.match(text, at)
            assert found, f"not understood: {text[at:]!r}"
            self.tokens.append(found.group().strip())
            at = found.end()
        self.names: set[str] = set()

    def result(self) -> Vector:
        value = self._comparison()
        assert not self.tokens, f"left over: {self.tokens}"
        assert isinstance(value, dict), "a query gives samples"
        return value

    # --- grammar, from the weakest binding to the strongest ---

    def _comparison(self) -> Vector | float:
        left = self._product()
        while self._next in ("==", ">", "<"):
            sign, right = self._take(), self._product()
            assert isinstance(right, float)
            assert isinstance(left, dict)
            left = {labels: value for labels, value in left.items() if COMPARE[sign](value, right)}
        return left

    def _product(self) -> Vector | float:
        left = self._atom()
        while self._next in ("*", "/"):
            sign, right = self._take(), self._atom()
            left = _times(left, right) if sign == "*" else _divided(left, right)
        return left

    def _atom(self) -> Vector | float:
        token = self._take()
        if re.fullmatch(r"\d+(\.\d+)?", token):
            return float(token)
        if token == "sum":
            return self._sum()
        if token in ("rate", "increase"):
            self._expect("(")
            name = self._take()
            matchers = self._matchers()
            assert self._take().startswith("["), "a rate is over a span"
            self._expect(")")
            divisor = self.seconds if token == "rate" else 1.0
            now, before = self._select(self.now, name, matchers), self._select(self.before, name, matchers)
            return {labels: (value - before.get(labels, 0.0)) / divisor for labels, value in now.items()}
        if token == "histogram_quantile":
            self._expect("(")
            share = float(self._take())
            self._expect(",")
            buckets = self._comparison()
            self._expect(")")
            assert isinstance(buckets, dict)
            return _quantile(share, buckets)
        return self._select(self.now, token, self._matchers())

    def _sum(self) -> Vector:
        kept: list[str] = []
        if self._next == "by":
            self._take()
            self._expect("(")
            while (token := self._take()) != ")":
                if token != ",":
                    kept.append(token)
        self._expect("(")
        inner = self._comparison()
        self._expect(")")
        assert isinstance(inner, dict)
        found: Vector = {}
        for labels, value in inner.items():
            key = frozenset(pair for pair in labels if pair[0] in kept)
            found[key] = found.get(key, 0.0) + value
        return found

    def _matchers(self) -> list[tuple[str, str, str]]:
        found: list[tuple[str, str, str]] = []
        if self._next != "{":
            return found
        self._take()
        while (label := self._take()) != "}":
            if label != ",":
                found.append((label, self._take(), self._take().strip('"')))
        return found

    def _select(self, scrape: Scrape, name: str, matchers: list[tuple[str, str, str]]) -> Vector:
        self.names.add(name)
        return {
            labels: value
            for (sample, labels), value in scrape.samples.items()
            if sample == name and all(_matches(dict(labels), *matcher) for matcher in matchers)
        }

    @property
    def _next(self) -> str:
        return self.tokens[0] if self.tokens else ""

    def _take(self) -> str:
        return self.tokens.pop(0)

    def _expect(self, sign: str) -> None:
        assert self._take() == sign


def _matches(labels: Mapping[str, str], label: str, sign: str, value: str) -> bool:
    has = labels.get(label, "")
    return {
        "=": has == value,
        "!=": has != value,
        "=~": bool(re.fullmatch(value, has)),
        "!~": not re.fullmatch(value, has),
    }[sign]


def _times(left: Vector | float, right: Vector | float) -> Vector | float:
    if isinstance(left, dict):
        left, right = right, left
    assert isinstance(left, float)
    if isinstance(right, float):
        return left * right
    return {labels: left * value for labels, value in right.items()}


def _divided(left: Vector | float, right: Vector | float) -> Vector | float:
    assert isinstance(left, dict)
    assert isinstance(right, dict)
    return {labels: _ratio(value, right[labels]) for labels, value in left.items() if labels in right}


def _ratio(value: float, by: float) -> float:
    return value / by if by else math.nan


def _quantile(share: float, buckets: Vector) -> Vector:
    """Interpolated within the bucket, as Prometheus does."""
    groups: dict[Labels, list[tuple[float, float]]] = {}
    for labels, value in buckets.items():
        bound = float(dict(labels)["le"])
        groups.setdefault(frozenset(pair for pair in labels if pair[0] != "le"), []).append((bound, value))
    found: Vector = {}
    for labels, counts in groups.items():
        counts.sort()
        rank, lower, below = share * counts[-1][1], 0.0, 0.0
        found[labels] = math.nan
        for bound, value in counts:
            if value and value >= rank:
                within = (rank - below) / (value - below) if value > below else 0.0
                found[labels] = lower if bound == math.inf else lower + (bound - lower) * within
                break
            lower, below = bound, value
    return found
