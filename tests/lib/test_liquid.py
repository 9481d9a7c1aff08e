"""Templates that staff write: what they can say, where a fault is named, and that none can do harm."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from automationhub.lib.liquid import (
    FILTERS,
    LiquidNames,
    LiquidWork,
    Record,
    Renderer,
    RenderError,
    TemplateError,
    ValueTables,
    condition,
    template,
)
from automationhub.lib.liquid.limits import LONGEST_OUTPUT, NESTING

TABLES = ValueTables(
    [("CSR by department", "Marketing", "12"), ("CSR by department", "*", "1"), ("Bare", "a", "b")]
)
DATA: dict[str, Any] = {
    "now": "2026-11-30T09:05:00",
    "today": "2026-11-30",
    "order": Record(number=10234, total=Decimal("10.10"), po=None, notes="line 1\nline 2"),
    "item": Record(
        quantity=500,
        product=Record(name="Poster 18x24"),
        form=LiquidNames([("Cost center ", "4410"), ("Copies", "7"), ("Empty", "")]),
        files=[Record(name="a.pdf"), Record(name="b.pdf")],
    ),
    "long": "x" * 5000,
}


def render(source: str, work: LiquidWork | None = None) -> str:
    return Renderer(TABLES, work or LiquidWork()).render(template(source), DATA)


def holds(source: str) -> bool:
    return Renderer(TABLES, LiquidWork()).holds(condition(source), DATA)


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("WEB-{{ order.number }}", "WEB-10234"),
        ("{{ order.total }}", "10.10"),
        ("{{ order.total | times: 2 }}", "20.20"),
        ("{{ 10.126 | round: 2 }}", "10.13"),
        ("{{ 7 | divided_by: 2 }} {{ 7.0 | divided_by: 2 }}", "3 3.5"),
        ('{{ item.form["cost CENTER"] }}', "4410"),
        ("{{ item.form.Copies | plus: 1 }}", "8"),
        ('{{ item.form["Nothing"] }}{{ order.po }}{{ unknown.thing }}', ""),
        ('{{ "marketing " | lookup: "csr by department" }}', "12"),
        ('{{ "Sales" | lookup: "CSR by department" }}', "1"),
        ('{{ "z" | lookup: "Bare" }}', ""),
        ('{{ item.files | join: ", " }}', "a.pdf, b.pdf"),
        ("{{ item.files.size }}", "2"),
        ("{{ item.form }}", "Cost center : 4410, Copies: 7"),
        ("{% for file in item.files %}{{ forloop.index }}{{ file.name }} {% endfor %}", "1a.pdf 2b.pdf "),
        ('{{ now | date: "%B %-d, %Y" }}', "November 30, 2026"),
        ('{{ "2026-01-05" | date: "%m/%d/%y" }}', "01/05/26"),
        ("{% if order.po %}{{ order.po }}{% else %}none{% endif %}", "none"),
        ("{% assign x = order.number %}{{ x }}", "10234"),
        ('{{ order.po | default: "9999" }}', "9999"),
    ],
)
def test_a_template_says(source: str, text: str) -> None:
    assert render(source) == text


@pytest.mark.parametrize(
    ("source", "answer"),
    [
        ('item.product.name contains "Poster"', True),
        ("order.total == 10.10", True),
        ("order.total <= 10.10 and order.total >= 10.10", True),
        ('order.po == ""', True),
        ('order.po != ""', False),
        ("order.po == blank", True),
        ("order.po == nil", True),
        ("order.po", False),
        ('item.form["Empty"]', False),
        ('item.form["Copies"] >= 5', True),
        ('item.form["Copies"] == 7', True),
        ("order.nothing < 3", False),
        ('today >= "2026-11-30"', True),
        ('item.quantity > 100 and buyer.department == "x" or true', True),
    ],
)
def test_a_condition_says(source: str, answer: bool) -> None:
    assert holds(source) is answer


@pytest.mark.parametrize(
    ("source", "line", "column", "what"),
    [
        ("{{ order.number", 1, 1, "Expected '}}'"),
        ("a\n  {{ order.number | lokup: 'x' }}", 2, 21, "There is no filter “lokup”. Did you mean lookup?"),
        ("a\n{% fro x in y %}{% endfro %}", 2, 4, "There is no tag “fro” here. Did you mean for?"),
        ("a {% if order.number %}a", 1, 3, "{% endif %} is missing"),
        ("b {{ order. }} {{ order.number }}", 1, 3, "Expected an identifier"),
        ("{{ order.number | append }}", 1, 19, "has too few or too many values"),
        ("{{ order.number | lookup: order.po }}", 1, 19, "name of the value table in quotes"),
        ("{% include 'x' %}", 1, 4, "no tag “include”"),
        ("{% render 'x' %}", 1, 4, "no tag “render”"),
        ("x" * 4001, 1, 1, "4,000 are allowed"),
    ],
)
def test_a_template_that_cannot_be_used_says_where(source: str, line: int, column: int, what: str) -> None:
    with pytest.raises(TemplateError) as refused:
        template(source)
    assert (refused.value.line, refused.value.column) == (line, column)
    assert what in str(refused.value)


@pytest.mark.parametrize(
    ("source", "line", "column"),
    [
        ("order.number = 2", 1, 14),
        ("order.number >", 1, 15),
        ("a ==\n or", 2, 2),
        ("{{ a }}", 1, 1),
        ("a | upcase", 1, 3),
    ],
)
def test_a_condition_that_cannot_be_used_says_where(source: str, line: int, column: int) -> None:
    with pytest.raises(TemplateError) as refused:
        condition(source)
    assert (refused.value.line, refused.value.column) == (line, column)


@pytest.mark.parametrize(
    "source",
    [
        "{% for i in (1..1000) %}{% for j in (1..1000) %}x{% endfor %}{% endfor %}",
        "{% for i in (1..100000000000) %}{% endfor %}",
        "{% assign a = long %}{% for i in (1..1000) %}{% assign a = a | append: a %}{% endfor %}",
        "{% for i in (1..900) %}{{ long }}{% endfor %}",
        '{{ long | replace: "", long | replace: "", long }}',
        '{{ long | split: "" | join: long }}',
        "{{ 10 " + "| times: 1000000 " * 20 + "}}",
        '{{ now | date: "%999999999d" }}',
        "{{ 1 | divided_by: 0 }}",
        "{{ 1 | modulo: 0 }}",
        "{{ 1.5 | round: 5000000 }}",
        '{{ "x" | plus: 1 }}',
        '{{ "soon" | date: "%Y" }}',
        '{{ order.number | lookup: "No table" }}',
        "{% break %}",
    ],
)
def test_what_goes_too_far_ends_with_a_sentence(source: str) -> None:
    with pytest.raises(RenderError):
        render(source)


@pytest.mark.parametrize("depth", [NESTING + 2, 100])
def test_blocks_within_blocks_are_refused_beyond_a_depth(depth: int) -> None:
    with pytest.raises(TemplateError, match="nest"):
        template("{% if a %}" * depth + "{% endif %}" * depth)


@pytest.mark.parametrize(
    "tag",
    ['{% render "other" %}', '{% include "other" %}', "{% macro again %}{% call again %}{% endmacro %}"],
)
def test_no_template_can_begin_another_one_or_itself(tag: str) -> None:
    with pytest.raises(TemplateError):
        template(tag)


def test_the_templates_of_one_order_share_their_work() -> None:
    work = LiquidWork(100)
    render("{% for i in (1..50) %}{% endfor %}", work)
    with pytest.raises(RenderError, match="of this order"):
        render("{% for i in (1..90) %}{% endfor %}", work)


def test_python_is_out_of_reach() -> None:
    for path in ("__class__", "_by_key", "keys", "items", "__init__.__globals__"):
        assert render(f"{{{{ order.{path} }}}}{{{{ item.form.{path} }}}}{{{{ order.number.{path} }}}}") == ""


def test_the_clock_is_the_one_given() -> None:
    assert render('{{ "now" | date: "%Y-%m-%d %H:%M" }}') == "2026-11-30 09:05"


def test_nothing_is_left_behind_for_the_next_template() -> None:
    renderer = Renderer(TABLES, LiquidWork())
    renderer.render(template("{% assign x = 1 %}{% increment y %}"), DATA)
    assert renderer.render(template("{{ x }}{{ y }}"), DATA) == ""


def test_a_template_names_what_it_depends_on() -> None:
    compiled = template(
        '{{ order.number }}{% for x in items %}{{ x.name }}{% endfor %}{{ "a" | lookup: "Bare" }}'
    )
    assert compiled.variables == (("order", "number"), ("items",))
    assert compiled.tables == (("Bare", (1, 72)),)
    assert template("{{ item.form[order.po] }}").variables is None


# --- any template, any data ---

_PIECES = st.sampled_from(
    ["{{", "}}", "{%", "%}", "|", ":", ",", ".", "[", "]", '"', "'", "(1..9)", "(1..99999999)", "for x in items", "endfor",
     "if", "endif", "else", "assign a =", "capture b", "endcapture", "case", "when", "order.number", "item.form", "items",
     "order.notes", "a", "b", "x", "nil", "==", "<", "contains", "and", "or", "1", "2.5", "-1", "\n", " ", "é", "\x00", "\ud800",
     *FILTERS]
)  # fmt: skip
_VALUES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.text(max_size=30),
    st.decimals(allow_nan=False, allow_infinity=False),
)


def _whole(name: str) -> st.SearchStrategy[str]:
    values = st.sampled_from(
        ["order.number", "order.notes", "items", "item.form", '"x"', "2.5", "nothing", "0", "(1..5)"]
    )
    args = st.lists(values, max_size=3).map(lambda given: (": " + ", ".join(given)) if given else "")
    return st.tuples(values, args).map(lambda pair: f"{{{{ {pair[0]} | {name}{pair[1]} }}}}")


@given(
    st.one_of(
        st.lists(_PIECES, max_size=25).map(" ".join),
        st.text(max_size=60),
        st.lists(st.sampled_from(sorted(FILTERS)).flatmap(_whole), min_size=1, max_size=3).map("".join),
    ),
    _VALUES,
    st.lists(st.tuples(st.text(max_size=8), st.text(max_size=8)), max_size=3),
)
def test_any_template_gives_a_text_or_a_sentence(
    source: str, value: Any, pairs: list[tuple[str, str]]
) -> None:
    data = {
        **DATA,
        "order": Record(number=value, notes="x" * 30_000),
        "item": Record(form=LiquidNames(pairs)),
        "items": [Record(name=value)] * 200,
    }
    renderer = Renderer(TABLES, LiquidWork())
    try:
        assert len(renderer.render(template(source), data)) <= LONGEST_OUTPUT
    except TemplateError as refused:
        assert refused.line >= 1
        assert refused.column >= 1
    except RenderError as error:
        assert error.message
    try:
        assert renderer.holds(condition(source), data) in (True, False)
    except (TemplateError, RenderError) as error:
        assert str(error)
