"""Templates of the plain kind as functions: text, variables and filters, and conditions without anything else.

Nearly every template is of this kind, and an order of hundreds of items fills in thousands. The library's way through
contexts and buffers costs several times as much; what is here means the same, and a test compares the two.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from liquid.ast import Node
from liquid.builtin.content import ContentNode
from liquid.builtin.expressions import FilteredExpression
from liquid.builtin.expressions.logical import (
    BooleanExpression,
    ContainsExpression,
    EqExpression,
    GeExpression,
    GtExpression,
    LeExpression,
    LogicalAndExpression,
    LogicalOrExpression,
    LtExpression,
    NeExpression,
)
from liquid.builtin.expressions.path import Path
from liquid.builtin.expressions.primitive import Blank, Empty, Literal, Nil
from liquid.builtin.output import OutputNode
from liquid.expression import Expression

from automationhub.lib.liquid.filters import FILTERS
from automationhub.lib.liquid.values import as_text, contains, equal, larger, not_larger, not_smaller, smaller

Variables = Mapping[str, Any]
# What filters ask for: tables, work and the variables of now. A renderer is one.
Evaluate = Callable[[Variables, Any], Any]

_COMPARISONS: dict[type[Expression], Callable[[Any, Any], bool]] = {
    EqExpression: equal,
    NeExpression: lambda left, right: not equal(left, right),
    LtExpression: smaller,
    LeExpression: not_larger,
    GtExpression: larger,
    GeExpression: not_smaller,
    ContainsExpression: contains,
}


class _NotPlain(Exception):
    """The template says more than this module knows."""


def text_function(nodes: Sequence[Node]) -> Evaluate | None:
    """A function from variables to the text of the nodes; None when they are not of the plain kind."""
    try:
        parts = [_part(node) for node in nodes]
    except _NotPlain:
        return None
    if len(parts) == 1:
        only = parts[0]
        return lambda variables, run: as_text(only(variables, run))
    return lambda variables, run: "".join([as_text(part(variables, run)) for part in parts])


def test_function(expression: Expression) -> Evaluate | None:
    """A function from variables to the truth of a condition; None when it is not of the plain kind."""
    try:
        return _truth(expression)
    except _NotPlain:
        return None


def _part(node: Node) -> Evaluate:
    if isinstance(node, ContentNode):
        return _constant(node.text)
    if isinstance(node, OutputNode):
        return _value(node.expression)
    raise _NotPlain


def _constant(value: Any) -> Evaluate:
    return lambda variables, run: value


def _value(expression: Expression) -> Evaluate:
    if isinstance(expression, FilteredExpression):
        return _filtered(expression)
    if isinstance(expression, Path):
        return _path(expression)
    if isinstance(expression, Literal):
        return _constant(expression.value)
    if isinstance(expression, (Blank, Empty)):
        return _constant(expression)
    if isinstance(expression, Nil):
        return _constant(None)
    raise _NotPlain


def _filtered(expression: FilteredExpression) -> Evaluate:
    value = _value(expression.left)
    for used in expression.filters or ():
        if any(hasattr(arg, "name") for arg in used.args):
            raise _NotPlain
        value = _filter(FILTERS[used.name], value, [_value(arg.value) for arg in used.args])
    return value


def _filter(function: Callable[..., Any], value: Evaluate, args: list[Evaluate]) -> Evaluate:
    return lambda variables, run: function(
        value(variables, run), *[arg(variables, run) for arg in args], context=run
    )


def _path(path: Path) -> Evaluate:
    names = tuple(path.path)
    if not all(isinstance(name, str) for name in names) or {"size", "first", "last"} & set(names):
        raise _NotPlain
    if len(names) == 2:
        first, second = names

        def two(variables: Variables, run: Any) -> Any:
            try:
                return variables[first][second]  # type: ignore[index]
            except (KeyError, TypeError, IndexError):
                return None

        return two
    if len(names) == 3:
        first, second, third = names

        def three(variables: Variables, run: Any) -> Any:
            try:
                return variables[first][second][third]  # type: ignore[index]
            except (KeyError, TypeError, IndexError):
                return None

        return three

    def any_length(variables: Variables, run: Any) -> Any:
        found: Any = variables
        for name in names:
            try:
                found = found[name]
            except (KeyError, TypeError, IndexError):
                return None
        return found

    return any_length


def _truth(expression: Expression) -> Evaluate:
    if isinstance(expression, BooleanExpression):
        return _truth(expression.expression)
    if isinstance(expression, LogicalAndExpression):
        one, other = _truth(expression.left), _truth(expression.right)
        return lambda variables, run: one(variables, run) and other(variables, run)
    if isinstance(expression, LogicalOrExpression):
        one, other = _truth(expression.left), _truth(expression.right)
        return lambda variables, run: one(variables, run) or other(variables, run)
    for kind, holds in _COMPARISONS.items():
        if isinstance(expression, kind):
            left, right = expression.children()
            return _comparison(holds, _value(left), _value(right))
    value = _value(expression)

    def true(variables: Variables, run: Any) -> bool:
        found = value(variables, run)
        return found is not None and found is not False

    return true


def _comparison(holds: Callable[[Any, Any], bool], left: Evaluate, right: Evaluate) -> Evaluate:
    return lambda variables, run: holds(left(variables, run), right(variables, run))
