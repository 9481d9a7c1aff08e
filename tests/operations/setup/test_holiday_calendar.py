"""A storefront's days off: the year, own days in ranges, and what a requested ship date becomes."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from integrations.enums import HolidayRule
from integrations.errors import NotAllowed
from integrations.models import Storefront
from integrations.operations.setup import holiday_calendar as calendar
from mappings.models import Holiday, MappingChange
from tests.factories import make_storefront

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 12, 1, 15, tzinfo=UTC)


@pytest.fixture
def store() -> Storefront:
    return make_storefront(name="Example CU Store", skip_holidays=True, holiday_country="US")


def add(
    store: Storefront | None, first: date, last: date, name: str = "Inventory", **more: bool
) -> calendar.Added:
    return calendar.add(store, first, last, name, every_year=more.get("every_year", False), actor="Avery")


def test_a_year_has_its_public_days_with_their_names(store: Storefront) -> None:
    assert calendar.year_off(store, 2026).public[date(2026, 12, 25)] == "Christmas Day"


def test_a_place_without_a_calendar_is_said(store: Storefront) -> None:
    store.holiday_subdivision = "Atlantis"
    assert "Atlantis" in calendar.year_off(store, 2026).problem


def test_a_range_becomes_one_row_for_each_day_and_is_shown_as_one(store: Storefront) -> None:
    assert add(store, date(2026, 12, 28), date(2026, 12, 31)).added == 4
    (one,) = calendar.year_off(store, 2026).ranges
    assert (one.first, one.last, len(one.ids)) == (date(2026, 12, 28), date(2026, 12, 31), 4)


def test_days_that_are_there_already_stay_as_they_are(store: Storefront) -> None:
    Holiday.objects.create(storefront=store, date="2026-12-29", name="Move")
    added = add(store, date(2026, 12, 28), date(2026, 12, 30))
    assert (added.added, added.there) == (2, [date(2026, 12, 29)])
    assert Holiday.objects.get(date="2026-12-29").name == "Move"


def test_a_day_of_every_year_is_off_in_other_years(store: Storefront) -> None:
    add(store, date(2026, 12, 24), date(2026, 12, 24), every_year=True)
    assert date(2028, 12, 24) in calendar.year_off(store, 2028).own


@pytest.mark.parametrize(
    ("first", "last", "says"),
    [
        (date(2026, 12, 5), date(2026, 12, 1), "before the first"),
        (date(2026, 12, 5), date(2027, 12, 6), "367 days"),
    ],
)
def test_a_range_that_cannot_be_meant_is_refused(
    store: Storefront, first: date, last: date, says: str
) -> None:
    with pytest.raises(NotAllowed, match=says):
        add(store, first, last)
    assert not Holiday.objects.exists()


def test_part_of_a_range_is_removed_and_the_history_says_who(store: Storefront) -> None:
    add(store, date(2026, 12, 28), date(2026, 12, 31))
    removed = calendar.remove_between(
        store, date(2026, 12, 30), date(2027, 1, 3), for_all=False, actor="Avery"
    )
    assert removed == 2
    assert sorted(Holiday.objects.values_list("date", flat=True)) == [date(2026, 12, 28), date(2026, 12, 29)]
    assert MappingChange.objects.filter(model="holiday", what="deleted", actor="Avery").count() == 2


def test_removing_a_storefronts_days_leaves_those_of_all_storefronts(store: Storefront) -> None:
    add(None, date(2026, 12, 28), date(2026, 12, 28))
    assert not calendar.remove_between(
        store, date(2026, 12, 28), date(2026, 12, 28), for_all=False, actor="A"
    )
    assert (
        calendar.remove_between(store, date(2026, 12, 28), date(2026, 12, 28), for_all=True, actor="A") == 1
    )


def test_another_storefronts_days_cannot_be_removed_by_their_rows(store: Storefront) -> None:
    theirs = Holiday.objects.create(storefront=make_storefront(), date="2026-12-29", name="Theirs")
    assert calendar.remove(store, [theirs.pk], actor="Avery") == 0
    assert Holiday.objects.filter(pk=theirs.pk).exists()


def test_a_requested_date_on_a_day_off_moves_and_names_each_day_skipped(store: Storefront) -> None:
    add(store, date(2026, 12, 28), date(2026, 12, 28))
    found = calendar.becomes(store, date(2026, 12, 25), NOW)
    assert found.ship.day == date(2026, 12, 29)
    assert [name for _, name in found.ship.skipped] == ["Christmas Day", "Saturday", "Sunday", "Inventory"]


def test_the_rule_that_counts_working_days_counts_from_the_day_of_the_order(store: Storefront) -> None:
    store.holiday_rule = HolidayRule.COUNT_WORKING_DAYS
    after = calendar.becomes(store, date(2026, 12, 28), NOW, date(2026, 12, 26))
    before = calendar.becomes(store, date(2026, 12, 28), NOW, date(2026, 12, 24))
    assert (after.ship.day, before.ship.day) == (date(2026, 12, 28), date(2026, 12, 29))


def test_where_holidays_are_not_skipped_the_date_stays_and_the_holiday_is_named(store: Storefront) -> None:
    store.skip_holidays = False
    found = calendar.becomes(store, date(2026, 12, 25), NOW)
    assert (found.ship.day, found.holiday) == (date(2026, 12, 25), "Christmas Day")


def test_a_date_that_planning_refuses_is_refused_here_without_an_order_number(store: Storefront) -> None:
    found = calendar.becomes(store, date(2040, 1, 3), NOW)
    assert found.problems[0].startswith(
        "The requested ship date Tue, Jan 3, 2040 is more than ten years away."
    )
