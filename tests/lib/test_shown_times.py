"""Days and times are written one way: by the hub's own functions, by Django and in sentences."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

import pytest
from django.template import Context, Template
from django.utils import translation

from automationhub.lib.shown_times import clock_text, day_text, iso_as_shown, moment_text, utc_text

AFTERNOON = datetime(2026, 12, 5, 16, 54, 7, tzinfo=UTC)


def test_a_day_has_its_weekday_and_year() -> None:
    assert day_text(date(2026, 12, 5)) == "Sat, Dec 5, 2026"


@pytest.mark.parametrize(
    ("at", "expected"),
    [(time(0, 5), "12:05 AM"), (time(9, 0), "9:00 AM"), (time(12, 0), "12:00 PM"), (time(17, 30), "5:30 PM")],
)
def test_a_time_of_day_has_am_or_pm(at: time, expected: str) -> None:
    assert clock_text(at) == expected


def test_a_moment_has_seconds_only_when_asked() -> None:
    assert moment_text(AFTERNOON) == "Dec 5, 2026, 4:54 PM"
    assert moment_text(AFTERNOON, seconds=True) == "Dec 5, 2026, 4:54:07 PM"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-12-05", "Sat, Dec 5, 2026"),
        ("2026-12-05 17:00", "Dec 5, 2026, 5:00 PM"),
        ("2026-12-05T17:00:00", "Dec 5, 2026, 5:00 PM"),
        ("2026-12-05T17:00:09.5", "Dec 5, 2026, 5:00:09 PM"),
        ("2026-13-05", "2026-13-05"),
        ("5013", "5013"),
        ("PO 2026-12-05", "PO 2026-12-05"),
        ("", ""),
    ],
)
def test_a_stored_day_or_moment_is_shown_as_others_and_no_other_text_is_changed(
    text: str, expected: str
) -> None:
    assert iso_as_shown(text) == expected


def test_pages_that_django_itself_writes_have_the_same_forms() -> None:
    page = Template(
        "{{ at|date }} / {{ at|date:'DATETIME_FORMAT' }} / {{ at|time }} / {{ text|times_as_shown }}"
    )
    with translation.override("en"):
        shown = page.render(Context({"at": AFTERNOON, "text": "2026-12-05"}))
    assert shown == "Sat, Dec 5, 2026 / Dec 5, 2026, 4:54 PM / 4:54 PM / Sat, Dec 5, 2026"


def test_a_moment_of_any_zone_in_utc() -> None:
    at = datetime(2026, 12, 5, 16, 54, 7, tzinfo=ZoneInfo("America/New_York"))
    assert utc_text(at) == "Dec 5, 2026, 9:54 PM UTC"
    assert utc_text(at, seconds=True) == "Dec 5, 2026, 9:54:07 PM UTC"
