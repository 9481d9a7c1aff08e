"""No value can change what a filter asks."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrations.clients.pace.xpath import (
    Condition,
    all_of,
    any_of,
    field_above,
    field_equals,
    field_filled,
    quote,
)
from integrations.errors import PermanentError


def test_double_quotes_are_the_rule() -> None:
    assert field_equals("email", "o'brien@example.com") == '@email = "o\'brien@example.com"'


def test_single_quotes_when_the_value_holds_double_ones() -> None:
    assert quote('12" ruler') == "'12\" ruler'"


def test_both_kinds_of_quotes_are_refused_with_the_fields_name() -> None:
    with pytest.raises(PermanentError, match="description") as caught:
        field_equals("description", "12\" x 5'")
    assert caught.value.field == "description"


@pytest.mark.parametrize("value", ["a\nb", "\x00", "tab\t", "\x7f", "\x9f", "\ud800"])
def test_control_characters_are_refused(value: str) -> None:
    with pytest.raises(PermanentError, match="control character"):
        quote(value, "email")


@given(st.text())
def test_a_quoted_value_is_one_text_or_refused(value: str) -> None:
    try:
        quoted = quote(value)
    except PermanentError:
        return
    assert quoted[1:-1] == value
    assert quoted[0] == quoted[-1]
    assert quoted[0] not in value


@given(st.text(), st.text())
def test_any_two_values_give_exactly_two_comparisons(first: str, second: str) -> None:
    try:
        filter_ = all_of(field_equals("a", first), field_equals("b", second))
    except PermanentError:
        return
    assert _outside_quotes(filter_) == "@a = <> and @b = <>"


def _outside_quotes(text: str) -> str:
    """The filter with every quoted text replaced by <>, as Pace would read it."""
    out, quote_char = [], ""
    for char in text:
        if quote_char:
            if char == quote_char:
                quote_char = ""
                out.append(">")
        elif char in "\"'":
            quote_char = char
            out.append("<")
        else:
            out.append(char)
    return "".join(out)


def test_numbers_are_bare_and_truth_values_quoted() -> None:
    assert field_equals("id", 17) == "@id = 17"
    assert field_equals("active", True) == "@active = 'true'"


def test_a_related_objects_field() -> None:
    assert field_equals("customer/custName", "ACME") == 'customer/@custName = "ACME"'
    assert field_equals("customer/@custName", "ACME") == 'customer/@custName = "ACME"'


@pytest.mark.parametrize("name", ["", "a b", "a='x' or @b", "@", "a/", "1a", "ä"])
def test_a_name_that_is_no_field_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="is not a field of a Pace object"):
        field_equals(name, "x")


def test_mixed_conditions_get_parentheses() -> None:
    either = any_of(field_equals("a", 1), field_equals("a", 2))
    assert all_of(field_equals("b", 3), either) == "@b = 3 and (@a = 1 or @a = 2)"


def test_one_condition_stays_itself_and_repeats_are_asked_once() -> None:
    assert any_of(field_equals("a", 1), field_equals("a", 1)) == "@a = 1"


def test_plain_text_is_no_condition() -> None:
    with pytest.raises(TypeError, match="field_equals"):
        all_of("@a = 1", field_equals("b", 2))  # type: ignore[arg-type]


def test_nothing_to_join_is_refused() -> None:
    with pytest.raises(ValueError, match="nothing"):
        any_of()


def test_asking_for_all() -> None:
    assert (field_filled("code"), field_above("id", 0)) == ('@code != ""', "@id > 0")
    assert isinstance(field_filled("code"), Condition)
