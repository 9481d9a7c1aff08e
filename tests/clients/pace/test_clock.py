"""Dates and times on their way to Pace and back: UTC outside, the wall clock of the server inside."""

from datetime import UTC, datetime
from typing import Any

import pytest

from integrations.clients.pace.clock import PaceClock, columns, halves, joined
from integrations.errors import ConfigError

ZONES = ["America/Los_Angeles", "America/New_York", "Europe/London", "Asia/Kolkata", "Pacific/Auckland"]
# Before and after midnight UTC, the nights of daylight-saving changes on both halves of the earth, leap day.
WALL_CLOCKS = [
    "2026-11-23T17:00:00", "2026-11-23T00:00:00", "2026-11-23T23:59:59", "2026-01-01T03:30:00", "2026-03-07T17:00:00",
    "2026-03-08T17:00:00", "2026-10-31T17:00:00", "2026-11-01T17:00:00", "2026-03-29T17:00:00", "2026-10-25T17:00:00",
    "2026-04-05T17:00:00", "2026-09-27T17:00:00", "2028-02-29T17:00:00",
]  # fmt: skip


def naive(text: str) -> datetime:
    return datetime.fromisoformat(text)


def milliseconds(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)


@pytest.mark.parametrize(
    ("zone", "sent"),
    [
        ("America/Los_Angeles", "2026-11-24T01:00:00Z"),
        ("America/New_York", "2026-11-23T22:00:00Z"),
        ("Europe/London", "2026-11-23T17:00:00Z"),
        ("Asia/Kolkata", "2026-11-23T11:30:00Z"),
        ("Pacific/Auckland", "2026-11-23T04:00:00Z"),
    ],
)
def test_five_in_the_afternoon_at_the_server_is_sent_in_utc(zone: str, sent: str) -> None:
    assert PaceClock(zone).sent(naive("2026-11-23T17:00:00")) == sent


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("text", WALL_CLOCKS)
def test_what_was_sent_reads_back_as_the_same_wall_clock(zone: str, text: str) -> None:
    clock = PaceClock(zone)
    answered = clock.sent(naive(text)).removesuffix("Z")
    assert clock.read(answered) == naive(text)


@pytest.mark.parametrize(("day", "offset"), [("2026-03-07", 5), ("2026-03-08", 4), ("2026-11-01", 5)])
def test_daylight_saving_time_counts_on_its_first_and_last_day(day: str, offset: int) -> None:
    assert PaceClock("America/New_York").sent(naive(f"{day}T12:00:00")) == f"{day}T{12 + offset}:00:00Z"


def test_an_hour_that_the_change_skips_is_sent_as_the_one_after_it() -> None:
    clock = PaceClock("America/New_York")
    assert clock.read(clock.sent(naive("2026-03-08T02:30:00"))) == naive("2026-03-08T03:30:00")


@pytest.mark.parametrize(
    "answered",
    ["2026-11-24T01:00:00", "2026-11-24T01:00:00Z", "2026-11-23T20:00:00-05:00", "2026-11-24T01:00:00.000"],
)
def test_a_text_without_a_zone_is_utc(answered: str) -> None:
    assert PaceClock("America/Los_Angeles").read(answered) == naive("2026-11-23T17:00:00")


def test_a_bare_date_is_that_day() -> None:
    assert PaceClock("America/Los_Angeles").read("2026-11-23") == naive("2026-11-23T00:00:00")


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("text", WALL_CLOCKS)
def test_the_halves_of_a_date_time_are_joined_in_the_servers_zone(zone: str, text: str) -> None:
    clock, wanted = PaceClock(zone), naive(text)
    midnight = wanted.replace(hour=0, minute=0, second=0, tzinfo=clock.zone)
    time_of_day = naive(f"1970-01-01T{text[11:]}").replace(tzinfo=clock.zone)
    assert clock.join(milliseconds(midnight), milliseconds(time_of_day)) == wanted
    assert clock.join(text[:10], text[11:]) == wanted
    assert clock.join(str(milliseconds(midnight)), None) == naive(f"{text[:10]}T00:00:00")


@pytest.mark.parametrize("zone", ZONES)
def test_midnight_utc_is_understood_as_that_day_too(zone: str) -> None:
    midnight = milliseconds(datetime(2026, 11, 23, tzinfo=UTC))
    assert PaceClock(zone).join(midnight, None) == naive("2026-11-23T00:00:00")


@pytest.mark.parametrize("nothing", [None, "", "soon", 0, True, []])
def test_what_is_no_date_is_none(nothing: Any) -> None:
    assert PaceClock("UTC").read(nothing) is None
    assert PaceClock("UTC").join(nothing, "17:00:00") is None


class TestAServerThatKeepsLocalTime:
    clock = PaceClock("America/Los_Angeles", utc=False)

    def test_is_sent_its_own_wall_clock(self) -> None:
        assert self.clock.sent(naive("2026-11-23T17:00:00.5")) == "2026-11-23T17:00:00"

    def test_and_answers_it(self) -> None:
        assert self.clock.read("2026-11-23T17:00:00") == naive("2026-11-23T17:00:00")


def test_a_date_time_with_a_zone_is_not_sent() -> None:
    with pytest.raises(TypeError, match="time zone"):
        PaceClock("UTC").sent(datetime(2026, 11, 23, tzinfo=UTC))


@pytest.mark.parametrize("zone", ["", "Nowhere/City", "../etc/passwd", "America"])
def test_an_unknown_zone_is_a_matter_of_settings(zone: str) -> None:
    with pytest.raises(ConfigError, match="time zone"):
        PaceClock(zone).sent(naive("2026-11-23T17:00:00"))


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("dateTime", ("date", "time")),
        ("promiseDateTime", ("promiseDate", "promiseTime")),
        ("dateTimeSetup", ("dateSetup", "timeSetUp")),
        ("job/@promiseDateTime", ("job/@promiseDate", "job/@promiseTime")),
        ("invoiceDate", None),
        ("description", None),
    ],
)
def test_the_halves_of_a_field(name: str, found: tuple[str, str] | None) -> None:
    assert halves(name) == found


def test_columns_ask_for_halves_and_rows_answer_what_was_named() -> None:
    fields = ["id", "dateTime", "promiseDateTime"]
    assert columns(fields) == ["id", "date", "time", "promiseDate", "promiseTime"]
    row = {
        "primaryKey": "7",
        "id": 7,
        "date": "2026-11-23",
        "time": "17:00:00",
        "promiseDate": None,
        "promiseTime": None,
    }
    assert joined(row, fields, PaceClock("America/New_York")) == {
        "primaryKey": "7", "id": 7, "dateTime": "2026-11-23T17:00:00", "promiseDateTime": None,
    }  # fmt: skip
