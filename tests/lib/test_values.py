"""What systems write for nothing, for numbers, amounts and dates (docs/mapping.md §17)."""

from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from automationhub.lib import values

MOMENT = datetime(2027, 3, 15, tzinfo=UTC)


@pytest.mark.parametrize("value", [None, "", " ", "\u00a0", "\ufeff"])
def test_nothing(value: object) -> None:
    assert values.is_nothing(value)


@pytest.mark.parametrize("value", [0, False, "0", Decimal(0), [], "null"])
def test_something(value: object) -> None:
    assert not values.is_nothing(value)


@pytest.mark.parametrize(
    ("written", "cents"),
    [
        ("17.169999999999998", "17.17"),
        ("8.335000000000001", "8.34"),
        ("0.6900000000000001", "0.69"),
        ("0.125", "0.13"),
        ("-0.125", "-0.13"),
        ("1e-7", "0.00"),
        ("5", "5"),
        ("5.50", "5.50"),
        (" 5.5 ", "5.5"),
    ],
)
def test_money_is_rounded_to_the_cent_half_up(written: str, cents: str) -> None:
    assert str(values.money(Decimal(written.strip()))) == cents
    assert str(values.money(written)) == cents


@pytest.mark.parametrize(
    "written", ["10234.0", "10234.000", "1.0234E+4", "10233.999999999998", 10234, Decimal("10234.0")]
)
def test_whole_numbers_with_a_fraction_are_whole(written: object) -> None:
    assert values.whole(written) == 10234


@pytest.mark.parametrize("written", ["1.5", "x", "", None, True, [], 1.0, "1,234", "$5", "NaN", "--1"])
def test_what_is_not_a_whole_number_is_refused(written: object) -> None:
    with pytest.raises(ValueError, match="is not"):
        values.whole(written)


@pytest.mark.parametrize(
    "written",
    [
        "0000-12-31T19:00:00-05:00",
        "0000-00-00 00:00:00",
        "0001-01-01T00:00:00Z",
        "0001-01-01T05:00:00Z",
        "1899-12-30",
        "1899-12-31T18:00:00Z",
        "1900-01-01T06:00:00",
        "9999-12-31T23:59:59.9999999",
        "9999-12-31T23:59:59.9999999-05:00",
        "10000-01-01T04:59:59Z",
        "/Date(-62135596800000)/",
        "/Date(253402300799999)/",
        "/Date(-62135578800000-0500)/",
    ],
)
def test_the_dates_that_mean_never(written: str) -> None:
    assert values.moment(written) is None


@pytest.mark.parametrize(
    "written",
    [
        "2027-03-15",
        "2027-03-15T00:00:00Z",
        "2027-03-14T19:00:00-05:00",
        "/Date(1805068800000)/",
        "\\/Date(1805068800000)\\/",
        "/Date(1805068800000-0500)/",
        "\ufeff2027-03-15 ",
    ],
)
def test_a_moment_however_it_is_written(written: str) -> None:
    assert values.moment(written) == MOMENT


def test_a_moment_keeps_the_offset_it_was_written_with() -> None:
    found = values.moment("/Date(1805068800000-0500)/")
    assert found is not None
    assert (found.day, found.utcoffset()) == (14, timedelta(hours=-5))
    assert found.tzinfo == timezone(timedelta(hours=-5))


@pytest.mark.parametrize(
    "written", ["tomorrow", "14/03/2025", "2025-02-30", "2025-3-4", "2025-03-14T10:00:00+99:00", "/Date(x)/"]
)
def test_what_is_not_a_date_is_refused(written: str) -> None:
    with pytest.raises(ValueError):
        values.moment(written)


@given(
    st.text() | st.from_regex(values._MOMENT) | st.from_regex(values._DOTNET) | st.from_regex(values._NUMBER)
)
def test_no_text_is_anything_but_a_value_or_refused(text: str) -> None:
    for read in (values.number, values.whole, values.money, values.moment):
        try:
            read(text)
        except ValueError:
            continue
