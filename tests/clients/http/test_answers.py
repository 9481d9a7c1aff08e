"""Small parts of calls: waiting times, path segments, JSON."""

import contextlib
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrations.clients.http.answers import retry_after, segment
from integrations.clients.http.jsontext import dump_json, load_json, storable
from integrations.errors import PermanentError

NOW = datetime(2026, 11, 23, 12, 0, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("17", 17.0),
        (" 0 ", 0.0),
        ("Mon, 23 Nov 2026 12:00:30 GMT", 30.0),
        ("Mon, 23 Nov 2026 11:00:00 GMT", 0.0),
        ("999999999", 3600.0),
        ("Mon, 23 Nov 2099 11:00:00 GMT", 3600.0),
        ("", None),
        ("soon", None),
        ("-5", None),
        ("1.5", None),
    ],
)
def test_retry_after_is_seconds_or_a_date(header: str, seconds: float | None) -> None:
    assert retry_after(header, NOW) == seconds


def test_a_segment_cannot_leave_its_place() -> None:
    assert segment("a/b?c=d#e", "id") == "a%2Fb%3Fc%3Dd%23e"


@pytest.mark.parametrize("value", ["", " ", ".", "..", "a\nb", "\x00", "\ud800"])
def test_a_value_that_cannot_be_a_segment_is_refused_by_name(value: str) -> None:
    with pytest.raises(PermanentError, match="site ID"):
        segment(value, "site ID")


def test_money_goes_out_digit_by_digit() -> None:
    assert dump_json({"price": Decimal("1234567.10")}) == '{"price": 1234567.10}'


@pytest.mark.parametrize("value", [1.5, [1.5], {"a": {"b": 0.1}}])
def test_a_float_never_goes_out(value: object) -> None:
    with pytest.raises(TypeError, match="float"):
        dump_json(value)


@pytest.mark.parametrize("value", [Decimal("NaN"), Decimal("Infinity")])
def test_a_decimal_that_is_no_number_never_goes_out(value: Decimal) -> None:
    with pytest.raises(ValueError, match="is not a number that JSON can hold"):
        dump_json([value])


@given(st.decimals(allow_nan=False, allow_infinity=False, places=4))
def test_money_survives_the_round_trip(amount: Decimal) -> None:
    back = load_json(dump_json([amount]))[0]
    assert isinstance(back, Decimal)
    assert str(back) == str(amount)


@given(st.text())
def test_loading_any_text_gives_a_value_or_a_value_error(text: str) -> None:
    with contextlib.suppress(ValueError):
        load_json(text)


def test_texts_become_storable_everywhere() -> None:
    data = {"a\x00": ["x\x00y", {"b": "\ud800"}], "n": 1}
    assert storable(data) == {"a": ["xy", {"b": "?"}], "n": 1}
