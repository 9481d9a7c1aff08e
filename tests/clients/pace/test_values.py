"""Values that Pace would misread do not reach it."""

from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal

import pytest

from integrations.clients.pace.clock import PaceClock
from integrations.clients.pace.values import flag_of, number_of, sent_fields


def utc(moment: datetime) -> str:
    return PaceClock("UTC").sent(moment)


def test_a_date_time_is_written_as_the_server_takes_it() -> None:
    sent = sent_fields({"at": datetime.fromisoformat("2026-11-23T08:30:00.123456"), "all": [1]}, utc)
    assert sent == {"at": "2026-11-23T08:30:00Z", "all": [1]}


@pytest.mark.parametrize(
    "value",
    [
        datetime(2026, 11, 23, tzinfo=UTC),
        datetime(2026, 11, 23, tzinfo=timezone(timedelta(hours=-5))),
        date(2026, 11, 23),
        time(8, 30),
        1.5,
        {"a": 1},
        b"x",
    ],
)
def test_what_pace_would_misread_is_refused_by_name(value: object) -> None:
    with pytest.raises(TypeError, match="promiseDateTime"):
        sent_fields({"promiseDateTime": value}, utc)


def test_plain_values_go_as_they_are() -> None:
    fields = {"a": "x", "b": 1, "c": True, "d": None, "e": Decimal("1.50"), "f": [1, 2]}
    assert sent_fields(fields, utc) == fields


@pytest.mark.parametrize(
    ("value", "number"), [(5, 5), ("5", 5), (Decimal("5.0"), 5), (None, 0), ("", 0), (0, 0)]
)
def test_numbers_come_in_any_writing(value: object, number: int) -> None:
    assert number_of(value) == number


@pytest.mark.parametrize("value", ["x", Decimal("1.5"), Decimal("1E+99999"), []])
def test_what_is_no_number_is_refused(value: object) -> None:
    with pytest.raises(ValueError, match=r"number|literal"):
        number_of(value)


@pytest.mark.parametrize(
    ("value", "flag"),
    [(True, True), ("true", True), ("false", False), (False, False), (None, True), (0, False)],
)
def test_truth_values_come_in_any_writing(value: object, flag: bool) -> None:
    assert flag_of(value, unset=True) is flag
