"""Values that Pace would misread do not reach it."""

from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal

import pytest

from integrations.clients.pace_values import flag_of, local_datetime, number_of, sent_fields
from integrations.errors import ConfigError


def naive(text: str) -> datetime:
    return datetime.fromisoformat(text)


def test_local_datetime_is_the_clock_on_the_servers_wall() -> None:
    local = local_datetime(datetime(2026, 11, 23, 13, 30, tzinfo=UTC), "America/New_York")
    assert local.isoformat() == "2026-11-23T08:30:00"


def test_local_datetime_heeds_summer_time() -> None:
    assert local_datetime(datetime(2026, 7, 1, 12, 0, tzinfo=UTC), "America/New_York").hour == 8


def test_local_datetime_refuses_a_naive_one() -> None:
    with pytest.raises(TypeError, match="no time zone"):
        local_datetime(naive("2026-11-23T08:30:00"), "UTC")


@pytest.mark.parametrize("zone", ["", "Nowhere/City", "../etc/passwd", "America"])
def test_an_unknown_zone_is_a_matter_of_settings(zone: str) -> None:
    with pytest.raises(ConfigError, match="time zone"):
        local_datetime(datetime(2026, 11, 23, tzinfo=UTC), zone)


def test_a_naive_datetime_is_sent_without_offset() -> None:
    sent = sent_fields({"at": naive("2026-11-23T08:30:00.123456")})
    assert sent == {"at": "2026-11-23T08:30:00"}


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
        sent_fields({"promiseDateTime": value})


def test_plain_values_go_as_they_are() -> None:
    fields = {"a": "x", "b": 1, "c": True, "d": None, "e": Decimal("1.50"), "f": [1, 2]}
    assert sent_fields(fields) == fields


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
