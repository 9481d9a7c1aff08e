"""Compiling templates and conditions, once each, and filling them in."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from difflib import get_close_matches
from functools import lru_cache
from typing import Any

from liquid import BoundTemplate, Environment, RenderContext
from liquid.ast import Node
from liquid.builtin.expressions import FilteredExpression
from liquid.builtin.expressions.logical import (
    ContainsExpression,
    EqExpression,
    GeExpression,
    GtExpression,
    LeExpression,
    LtExpression,
    NeExpression,
)
from liquid.builtin.expressions.path import Path
from liquid.builtin.expressions.primitive import FloatLiteral, StringLiteral
from liquid.exceptions import LiquidError, LiquidInterrupt, ResourceLimitError
from liquid.expression import Expression
from liquid.output import LimitedStringIO
from liquid.token import Token

from automationhub.lib.liquid.data import LiquidNames
from automationhub.lib.liquid.fast import Evaluate, test_function, text_function
from automationhub.lib.liquid.filters import FILTERS
from automationhub.lib.liquid.limits import (
    LONGEST_LIST,
    LONGEST_OUTPUT,
    LONGEST_SOURCE,
    LONGEST_TEXT,
    NESTING,
    WORK_OF_TEMPLATE,
    LiquidWork,
    RenderError,
)
from automationhub.lib.liquid.tables import ValueTables
from automationhub.lib.liquid.values import contains, equal, larger, not_larger, not_smaller, smaller

# What loads other templates, makes HTML tables or depends on what was printed before is left out.
TAGS = frozenset(
    {"if", "unless", "case", "for", "break", "continue", "assign", "capture", "comment", "echo", "liquid", "increment",
     "decrement", "cycle", "#"}
)  # fmt: skip
_BEGIN, _END = "{% if ", " %}1{% endif %}"
_PIECE = re.compile(r"\{\{.*?\}\}|\{%.*?%\}", re.DOTALL)
_COMPILED = 4096  # as many rules as a large plant has, each with its value and its condition


class TemplateError(Exception):
    """A template that cannot be used. `message` is a sentence for staff without the place."""

    def __init__(self, message: str, line: int = 1, column: int = 1) -> None:
        super().__init__(f"Line {line}, column {column}: {message}")
        self.message, self.line, self.column = message, line, column


class _Context(RenderContext):
    """The library's context, with our limits, the value tables, and our idea of what is missing."""

    __slots__ = ("tables", "weight", "work", "work_left")
    tables: ValueTables
    weight: int
    work: LiquidWork
    work_left: int

    def spend(self, units: int) -> None:
        self.work_left -= units
        if self.work_left < 0:
            raise RenderError("it does too much work, perhaps in a loop within a loop")
        self.work.spend(units)

    def raise_for_loop_limit(self, length: int = 1) -> None:
        if length > LONGEST_LIST:
            raise RenderError(f"a loop has more than {LONGEST_LIST:,} turns")
        self.spend(length * self.weight)

    def get_item(self, obj: Any, key: Any) -> Any:
        if isinstance(obj, LiquidNames):
            return obj[str(key)]
        return super().get_item(obj, key)


class _Template(BoundTemplate):
    context_class = _Context


class _Environment(Environment):
    block_nesting_limit = NESTING
    context_depth_limit = 2 * NESTING
    local_namespace_limit = 10 * LONGEST_TEXT
    output_stream_limit = LONGEST_OUTPUT
    template_class = _Template

    def setup_tags_and_filters(self, *, extra: bool = False) -> None:
        super().setup_tags_and_filters(extra=extra)
        # Text, output and the sign for "illegal" are tags to the library.
        inner = {name for name in self.tags if not re.fullmatch(r"[a-z]+|#", name)} | {"content", "output"}
        self.tags = {
            name: tag for name, tag in self.tags.items() if name in TAGS or name in inner or name == "illegal"
        }
        self.filters = dict(FILTERS)


_ENVIRONMENT = _Environment()


# The library's comparisons raise errors for what is missing and know floats only. Its classes are made by its parser, so
# the compiled tree gets ours in their place: same fields, other meaning.
class _Eq(EqExpression):
    __slots__ = ()

    def evaluate(self, context: RenderContext) -> object:
        return equal(self.left.evaluate(context), self.right.evaluate(context))


class _Ne(NeExpression):
    __slots__ = ()

    def evaluate(self, context: RenderContext) -> object:
        return not equal(self.left.evaluate(context), self.right.evaluate(context))


class _Lt(LtExpression):
    __slots__ = ()

    def evaluate(self, context: RenderContext) -> object:
        return smaller(self.left.evaluate(context), self.right.evaluate(context))


class _Le(LeExpression):
    __slots__ = ()

    def evaluate(self, context: RenderContext) -> object:
        return not_larger(self.left.evaluate(context), self.right.evaluate(context))


class _Gt(GtExpression):
    __slots__ = ()

    def evaluate(self, context: RenderContext) -> object:
        return larger(self.left.evaluate(context), self.right.evaluate(context))


class _Ge(GeExpression):
    __slots__ = ()

    def evaluate(self, context: RenderContext) -> object:
        return not_smaller(self.left.evaluate(context), self.right.evaluate(context))


class _Contains(ContainsExpression):
    __slots__ = ()

    def evaluate(self, context: RenderContext) -> object:
        return contains(self.left.evaluate(context), self.right.evaluate(context))


_OURS: dict[type[Expression], type[Expression]] = {
    EqExpression: _Eq,
    NeExpression: _Ne,
    LtExpression: _Lt,
    LeExpression: _Le,
    GtExpression: _Gt,
    GeExpression: _Ge,
    ContainsExpression: _Contains,
}

Variable = tuple[str | int, ...]
Place = tuple[int, int]  # line and column


@dataclass(frozen=True, eq=False)
class Template:
    """A compiled template.

    `variables`: those that its result depends on, None when it chooses them while it runs. `places`: where each is first
    named. `own_names`: what it assigns itself, which hides data of that name. `tables`: the value tables it asks, with
    their places. `function`: computes a plain template.
    """

    source: str
    bound: BoundTemplate
    variables: tuple[Variable, ...] | None
    places: tuple[tuple[Variable, Place], ...]
    own_names: frozenset[str]
    tables: tuple[tuple[str, Place], ...]
    function: Evaluate | None


class Renderer:
    """Fills templates in: with these value tables, and within this work."""

    def __init__(self, tables: ValueTables, work: LiquidWork) -> None:
        self.tables, self.work = tables, work
        self.globals: Mapping[str, Any] = {}

    def render(self, template: Template, variables: Mapping[str, Any]) -> str:
        """The text for this data. Raises RenderError, and nothing else."""
        try:
            if template.function is None:
                return self._slowly(template, variables)
            self.globals = variables
            text: str = template.function(variables, self)
        except Exception as error:  # noqa: BLE001 - a template is input: whatever it makes the library do is its fault
            raise _ended(error) from None
        if len(text) * 4 > LONGEST_OUTPUT and len(text.encode("utf-8", "replace")) > LONGEST_OUTPUT:
            raise RenderError(_TOO_LONG)
        return text

    def holds(self, condition: Template, variables: Mapping[str, Any]) -> bool:
        """Whether the condition holds for this data. Raises RenderError, and nothing else."""
        try:
            if condition.function is None:
                return self._slowly(condition, variables) == "1"
            self.globals = variables
            return bool(condition.function(variables, self))
        except Exception as error:  # noqa: BLE001 - as above
            raise _ended(error) from None

    def spend(self, units: int) -> None:
        """A filter of a plain template: it has no loops, so only the order's work counts."""
        self.work.spend(units)

    def _slowly(self, template: Template, variables: Mapping[str, Any]) -> str:
        """As the library does it."""
        context = _Context(template.bound, globals=variables)
        context.tables, context.work = self.tables, self.work
        context.work_left = WORK_OF_TEMPLATE
        context.weight = 1 + len(template.source) // 50
        context.spend(1)
        buffer = LimitedStringIO(LONGEST_OUTPUT)
        for node in template.bound.nodes:
            node.render(context, buffer)
        return buffer.getvalue()


_TOO_LONG = f"its result is longer than {LONGEST_OUTPUT:,} characters, or too deep"


def _ended(error: Exception) -> RenderError:
    """Why a template ended early, as a half-sentence."""
    if isinstance(error, RenderError):
        return error
    if isinstance(error, LiquidInterrupt):
        return RenderError("it breaks off outside of a loop")
    if isinstance(error, ResourceLimitError):
        return RenderError(_TOO_LONG)
    if isinstance(error, LiquidError):
        return RenderError(str(error.message))
    return RenderError(f"it cannot be computed ({type(error).__name__})")


@lru_cache(maxsize=_COMPILED)
def template(source: str) -> Template:
    """The compiled template. Raises TemplateError with line and column."""
    return _compiled(source, 0)


@lru_cache(maxsize=_COMPILED)
def condition(source: str) -> Template:
    """The compiled condition, written without braces: `item.quantity > 500`. Raises TemplateError with line and column."""
    found = re.search(r"\{%|%\}|\{\{|\}\}", source)
    if found:
        line, column = _place(source, found.start())
        raise TemplateError(
            'A condition is written without braces, such as: item.quantity > 500 and buyer.department == "Marketing".',
            line,
            column,
        )
    return _compiled(f"{_BEGIN}{source}{_END}", len(_BEGIN))


def _compiled(source: str, prefix: int) -> Template:
    if len(source) > LONGEST_SOURCE:
        raise TemplateError(f"It has {len(source):,} characters; {LONGEST_SOURCE:,} are allowed.")
    try:
        bound = _ENVIRONMENT.from_string(source)
        return _Compiler(source, prefix, bound).made()
    except TemplateError:
        raise
    except LiquidError as error:
        raise _refusal(error, source, prefix) from None
    except RecursionError:
        raise TemplateError("It is nested too deeply.") from None


def _refusal(error: LiquidError, source: str, prefix: int) -> TemplateError:
    index = error.token.start_index if error.token else -1
    if index < 0:
        index = _faulty_piece(source, str(error.message)) if not prefix else len(source) - len(_END)
    line, column = _shifted(source, index, prefix)
    message = str(error.message).rstrip(".")
    known = ""
    if found := re.fullmatch(r"unexpected tag '(\w+)'", message):
        message = f"there is no tag “{found[1]}” here"
        known = _meant(found[1], TAGS)
    elif found := re.match(r"expected tag (\w+)", message):
        message = f"{{% {found[1]} %}} is missing"
    return TemplateError(f"{message[:1].upper()}{message[1:]}.{known}", line, column)


def _faulty_piece(source: str, message: str) -> int:
    """Where the tag or output stands that alone gives the same error; else the end, where something is missing."""
    for piece in _PIECE.finditer(source):
        try:
            _ENVIRONMENT.from_string(piece[0])
        except LiquidError as error:
            if error.message == message:
                return piece.start()
        except Exception:  # noqa: BLE001, S112 - only a hint is sought
            continue
    return len(source)


def _meant(name: str, known: Any) -> str:
    near = get_close_matches(name, list(known), 1)
    return f" Did you mean {near[0]}?" if near else ""


def _place(source: str, index: int) -> tuple[int, int]:
    before = source[: max(index, 0)]
    return before.count("\n") + 1, len(before) - (before.rfind("\n") + 1) + 1


def _shifted(source: str, index: int, prefix: int) -> tuple[int, int]:
    line, column = _place(source, index)
    return line, max(1, column - prefix) if line == 1 else column


class _Compiler:
    """Goes through a syntax tree once: checks filters, puts our comparisons in, notes variables and tables."""

    def __init__(self, source: str, prefix: int, bound: BoundTemplate) -> None:
        self.source, self.prefix, self.bound = source, prefix, bound
        self.tables: list[tuple[str, Place]] = []
        self.paths: dict[Variable, int] = {}
        self.locals: set[str] = {"forloop"}
        self.fixed = True

    def made(self) -> Template:
        context = RenderContext(self.bound)
        for node in _nodes(self.bound.nodes, context):
            self.locals.update(str(name) for name in (*node.template_scope(), *node.block_scope()))
            for expression in node.expressions():
                self.visit(expression)
        given = {path: at for path, at in self.paths.items() if path[0] not in self.locals}
        nodes = self.bound.nodes
        # A condition is the only node of what is compiled for it.
        function = test_function(nodes[0].condition) if self.prefix else text_function(nodes)  # type: ignore[attr-defined]
        return Template(
            source=self.source,
            bound=self.bound,
            variables=tuple(given) if self.fixed else None,
            places=tuple((path, _shifted(self.source, at, self.prefix)) for path, at in given.items()),
            own_names=frozenset(self.locals),
            tables=tuple(self.tables),
            function=function,
        )

    def visit(self, expression: Expression) -> None:
        if type(expression) in _OURS:
            expression.__class__ = _OURS[type(expression)]
        elif isinstance(expression, FloatLiteral):
            expression.value = Decimal(str(expression.value))  # type: ignore[assignment]
        elif isinstance(expression, Path):
            segments = tuple(part for part in expression.path if not isinstance(part, Path))
            if len(segments) != len(expression.path) or not isinstance(segments[0], str):
                self.fixed = False
            if segments and isinstance(segments[0], str):
                self.paths.setdefault(segments, expression.token.start_index)
        if isinstance(expression, FilteredExpression):
            for one in expression.filters or ():
                self.check_filter(one)
        for child in expression.children():
            self.visit(child)

    def check_filter(self, used: Any) -> None:
        line, column = _shifted(self.source, self.start(used.token), self.prefix)
        known = FILTERS.get(used.name)
        if known is None:
            raise TemplateError(
                f"There is no filter “{used.name}”.{_meant(used.name, FILTERS)}", line, column
            )
        positional = [arg for arg in used.args if not hasattr(arg, "name")]
        named = {arg.name: None for arg in used.args if hasattr(arg, "name")}
        extra = {"context": None} if used.name in ("lookup", "date") else {}
        try:
            inspect.signature(inspect.unwrap(known)).bind(None, *positional, **named, **extra)
        except TypeError:
            raise TemplateError(
                f"The filter “{used.name}” has too few or too many values.", line, column
            ) from None
        if used.name == "lookup":
            table = positional[0].value
            if not isinstance(table, StringLiteral):
                raise TemplateError(
                    'Write the name of the value table in quotes: lookup: "CSR by department".', line, column
                )
            self.tables.append((str(table.value), (line, column)))

    @staticmethod
    def start(token: Token) -> int:
        return token.start_index


def _nodes(nodes: Any, context: RenderContext) -> Iterator[Node]:
    for node in nodes:
        yield node
        yield from _nodes(node.children(context), context)
