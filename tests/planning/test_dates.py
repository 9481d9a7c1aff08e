"""Mapping rules 4 (ship date) and 8 (holidays)."""

from datetime import UTC, date, datetime
from typing import Any

import pytest

from integrations.causes import Cause, CauseKind
from integrations.clients.schemas import PresseroItem, PresseroOrder
from integrations.planning.dates import Calendar, NoCalendar, country_holidays, roll_forward
from integrations.planning.plan import make_plan
from integrations.planning.plan_types import StorefrontParameters
from mappings.types import HolidayRow, MappingTable
from tests.planning.builders import detail, inputs, item, local, order, plan, problems, storefront, values


def custom(
    day: date, name: str = "Inventory", every_year: bool = False, store: int | None = None, row: int = 1
) -> HolidayRow:
    return HolidayRow(row, store, day, name, every_year)


def ship(
    of: PresseroOrder, store: StorefrontParameters | None = None, *rows: HolidayRow, **more: Any
) -> datetime:
    made = plan(of, store, table=MappingTable(holidays=rows), **more)
    fields = values(made.jobs[0].fields)
    assert fields["promiseDateTime"] == fields["scheduledShipDateTime"]
    day = fields["scheduledShipDateTime"]
    assert isinstance(day, datetime)
    return day


def on(day: date | None, *items: PresseroItem) -> PresseroOrder:
    return order(*items, requested_ship_date=day)


def stopped(
    of: PresseroOrder | None = None, store: StorefrontParameters | None = None, **more: Any
) -> list[tuple[str, Cause, int | None]]:
    """The field, cause and item of each problem."""
    return [(one.field, one.cause, one.item) for one in make_plan(inputs(of, store, **more)).problems]


SHIP_FIELD = "scheduledShipDateTime"
rolling = storefront(skip_holidays=True)
counting = storefront(skip_holidays=True, holiday_rule="count_working_days")


class TestWhichDate:
    def test_the_orders_date_at_17_00(self) -> None:
        of = on(date(2026, 3, 20), item(requested_ship_date=date(2026, 3, 13)))
        assert ship(of) == local(2026, 3, 20, 17)

    def test_else_the_earliest_of_the_jobs_items(self) -> None:
        of = on(
            None,
            item(1, requested_ship_date=date(2026, 3, 19)),
            item(2, requested_ship_date=date(2026, 3, 18)),
            item(3, requested_ship_date=date(2026, 3, 17), is_denied=True),
        )
        assert ship(of) == local(2026, 3, 18, 17)
        assert "of item 2" in detail(plan(of).jobs[0].fields, "scheduledShipDateTime")

    def test_in_split_mode_each_job_has_its_own_items_date(self) -> None:
        of = on(
            None,
            item(1, requested_ship_date=date(2026, 3, 19)),
            item(2, requested_ship_date=date(2026, 3, 18)),
        )
        jobs = plan(of, storefront(one_job_per_item=True)).jobs
        assert [values(job.fields)["scheduledShipDateTime"].day for job in jobs] == [19, 18]

    def test_else_today_plus_default_ship_days(self) -> None:
        assert ship(on(None), storefront(default_ship_days=3)) == local(2026, 3, 13, 17)

    def test_then_the_same_holiday_rule(self) -> None:
        store = storefront(default_ship_days=4, skip_holidays=True)  # Saturday
        assert ship(on(None), store) == local(2026, 3, 16, 17)

    def test_today_is_the_servers_day(self) -> None:
        late = datetime(2026, 3, 11, 3, tzinfo=UTC)  # still 10 March in New York
        assert ship(on(None), now=late) == local(2026, 3, 10, 17)
        assert ship(on(None), storefront(server_time_zone="Asia/Tokyo"), now=late) == local(2026, 3, 11, 17)

    def test_a_placeholder_date_counts_as_none(self) -> None:
        assert ship(on(date(1, 1, 1))) == local(2026, 3, 10, 17)

    def test_a_date_beyond_reason_is_a_problem(self) -> None:
        [message] = problems(on(date(9999, 12, 31)), counting)
        assert "more than ten years away" in message
        assert stopped(on(date(9999, 12, 31)), counting) == [(SHIP_FIELD, CauseKind.SHIP_DATE.of(), None)]

    def test_the_problem_names_the_item_that_asked_for_it(self) -> None:
        of = on(None, item(1), item(2, requested_ship_date=date(9999, 12, 31)))
        assert stopped(of) == [(SHIP_FIELD, CauseKind.SHIP_DATE.of(), 2)]

    def test_default_ship_days_beyond_reason_are_a_problem_of_the_storefront(self) -> None:
        store = storefront(default_ship_days=5000, skip_holidays=True)
        [message] = problems(on(None), store)
        assert "5000 default ship days lead to a ship date more than ten years away" in message
        assert stopped(on(None), store) == [(SHIP_FIELD, CauseKind.SHIP_DAYS.of(), None)]
        assert stopped(on(date(2026, 3, 20)), store) == []

    def test_ten_years_are_within_reason(self) -> None:
        assert stopped(on(None), storefront(default_ship_days=3660)) == []


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        (date(2026, 3, 20), date(2026, 3, 20)),
        (date(2026, 3, 21), date(2026, 3, 23)),  # Saturday
        (date(2026, 11, 26), date(2026, 11, 27)),  # Thanksgiving
        (date(2026, 7, 3), date(2026, 7, 6)),  # observed, then the weekend with the holiday itself
        (date(2027, 12, 31), date(2028, 1, 3)),  # New Year 2028 observed in the year before
    ],
)
def test_roll_forward(wanted: date, expected: Any) -> None:
    assert ship(on(wanted), rolling).date() == expected


def test_roll_forward_over_a_run_of_custom_and_public_holidays() -> None:
    rows = [custom(date(2026, 12, day), f"Closed {day}", row=day) for day in (24, 28, 29, 30, 31)]
    made = plan(on(date(2026, 12, 24)), rolling, table=MappingTable(holidays=tuple(rows)))
    assert values(made.jobs[0].fields)["scheduledShipDateTime"] == local(2027, 1, 4, 17)
    told = detail(made.jobs[0].fields, "scheduledShipDateTime")
    assert told.startswith(
        "the order's ReqShipDate Thu, Dec 24, 2026, moved to Mon, Jan 4, 2027 because of Dec 24, 2026 (Closed 24), "
    )
    assert "Dec 25, 2026 (Christmas Day), Dec 26, 2026 (Saturday)" in told
    assert (
        "Thu, Dec 24, 2026 became Mon, Jan 4, 2027 because of Dec 24, 2026 (Closed 24), "
        in made.notes[0].message
    )


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        (date(2026, 11, 25), date(2026, 11, 25)),  # Thanksgiving comes after it
        (date(2026, 11, 26), date(2026, 11, 27)),  # on the holiday
        (date(2026, 11, 27), date(2026, 11, 30)),  # pushed over the weekend
        (date(2026, 11, 28), date(2026, 11, 30)),  # a Saturday with a holiday before it
        (date(2026, 11, 21), date(2026, 11, 21)),  # a Saturday without: Pressero has counted weekends
    ],
)
def test_count_working_days(wanted: date, expected: Any) -> None:
    placed = datetime(2026, 11, 16, 15, tzinfo=UTC)
    assert ship(order(requested_ship_date=wanted, placed_at=placed), counting).date() == expected


def test_count_working_days_a_push_never_lands_on_a_holiday() -> None:
    placed = datetime(2026, 12, 23, 15, tzinfo=UTC)
    rows = [custom(date(2026, 12, 24), row=1), custom(date(2026, 12, 28), row=2)]
    # 24 and 25 push by two working days; 28 is passed over and does not push a third.
    assert ship(
        order(requested_ship_date=date(2026, 12, 25), placed_at=placed), counting, *rows
    ).date() == date(2026, 12, 30)


def test_count_working_days_ignores_holidays_on_weekends_and_up_to_the_order_date() -> None:
    placed = datetime(2026, 3, 12, 3, tzinfo=UTC)  # 11 March in New York
    rows = [custom(date(2026, 3, 11), row=1), custom(date(2026, 3, 14), row=2)]
    assert ship(
        order(requested_ship_date=date(2026, 3, 17), placed_at=placed), counting, *rows
    ).date() == date(2026, 3, 17)


def test_count_working_days_begins_with_the_order_date_in_the_servers_zone() -> None:
    placed = datetime(2026, 3, 12, 3, tzinfo=UTC)  # 11 March in New York
    of = order(requested_ship_date=date(2026, 3, 17), placed_at=placed)
    assert ship(of, counting, custom(date(2026, 3, 12))).date() == date(2026, 3, 18)


def test_count_working_days_of_an_order_without_a_date_begins_today() -> None:
    of = order(requested_ship_date=date(2026, 3, 17), placed_at=None)
    rows = [custom(date(2026, 3, 10), row=1), custom(date(2026, 3, 12), row=2)]
    assert ship(of, counting, *rows).date() == date(2026, 3, 18)


def test_n_leaves_the_date_as_it_is() -> None:
    assert ship(on(date(2026, 12, 25)), storefront(skip_holidays=False)) == local(2026, 12, 25, 17)


class TestCustomHolidays:
    def test_every_year(self) -> None:
        assert ship(on(date(2026, 3, 20)), rolling, custom(date(2020, 3, 20), every_year=True)).day == 23

    def test_one_date_only(self) -> None:
        assert ship(on(date(2026, 3, 20)), rolling, custom(date(2020, 3, 20))).day == 20

    def test_of_another_storefront(self) -> None:
        assert ship(on(date(2026, 3, 20)), rolling, custom(date(2026, 3, 20), store=2)).day == 20

    def test_of_the_storefront_itself(self) -> None:
        assert ship(on(date(2026, 3, 20)), rolling, custom(date(2026, 3, 20), store=1)).day == 23

    def test_without_a_name(self) -> None:
        assert ship(on(date(2026, 3, 20)), rolling, custom(date(2026, 3, 20), name="")).day == 23

    def test_every_29_february_occurs_in_leap_years_only(self) -> None:
        leap = custom(date(2024, 2, 29), every_year=True)
        calendar = Calendar(MappingTable(holidays=(leap,)), rolling)
        assert roll_forward(date(2028, 2, 29), calendar)[0] == date(2028, 3, 1)
        assert roll_forward(date(2027, 3, 1), calendar)[0] == date(2027, 3, 1)


class TestCalendars:
    @pytest.mark.parametrize(
        ("country", "day", "name"),
        [
            ("US", date(2026, 12, 25), "Christmas Day"),
            ("de", date(2026, 5, 1), "Labor Day"),
            ("JP", date(2026, 1, 1), "New Year's Day"),
            ("CA", date(2026, 9, 7), "Labor Day"),  # has a Canadian English, too
            ("GH", date(2026, 12, 25), "Christmas Day"),  # has no translations at all
        ],
    )
    def test_names_are_english_whatever_the_machine_speaks(
        self, monkeypatch: pytest.MonkeyPatch, country: str, day: date, name: str
    ) -> None:
        monkeypatch.setenv("LANGUAGE", "th")
        country_holidays.cache_clear()
        assert country_holidays(country, "", day.year)[day] == name

    def test_of_a_subdivision(self) -> None:
        day = date(2026, 3, 31)  # Cesar Chavez Day
        assert ship(on(day), storefront(skip_holidays=True, holiday_subdivision="CA")).date() == date(
            2026, 4, 1
        )
        assert ship(on(day), rolling).date() == day

    @pytest.mark.parametrize(
        "wrong", [{"holiday_country": "XX"}, {"holiday_country": ""}, {"holiday_subdivision": "QQ"}]
    )
    def test_an_unknown_country_or_subdivision_is_a_problem(self, wrong: dict[str, str]) -> None:
        [message] = problems(on(date(2026, 3, 20)), storefront(skip_holidays=True, **wrong))
        assert 'Choose a known country and subdivision on the storefront "Example CU Store"' in message

    def test_the_problem_names_country_and_subdivision(self) -> None:
        store = storefront(skip_holidays=True, holiday_subdivision="QQ")
        [message] = problems(on(date(2026, 3, 20)), store)
        assert 'for the country "US" with subdivision "QQ"' in message
        cause = CauseKind.HOLIDAY_CALENDAR.of("US:QQ")
        assert stopped(on(date(2026, 3, 20)), store) == [(SHIP_FIELD, cause, None)]

    def test_a_year_without_a_working_day_is_a_problem(self) -> None:
        days = [date.fromordinal(date(2024, 1, 1).toordinal() + n) for n in range(366)]
        rows = tuple(custom(day, every_year=True, row=n) for n, day in enumerate(days))
        table = MappingTable(holidays=rows)
        assert "no working day" in problems(on(date(2026, 3, 20)), rolling, table=table)[0]
        cause = CauseKind.NO_WORKING_DAY.of()
        assert stopped(on(date(2026, 3, 20)), rolling, table=table) == [(SHIP_FIELD, cause, None)]


def test_an_unknown_time_zone_is_a_problem() -> None:
    assert (
        'the time zone "Mars/Base" of the Pace server is unknown'
        in problems(None, storefront(server_time_zone="Mars/Base"))[0]
    )
    cause = CauseKind.TIME_ZONE.of("Mars/Base")
    assert stopped(None, storefront(server_time_zone="Mars/Base")) == [("time_zone", cause, None)]


def test_earliest_start_is_now_in_the_servers_zone() -> None:
    assert values(plan().jobs[0].fields)["earliestStartDateTime"] == local(2026, 3, 10, 11, 30, 12)


@pytest.mark.parametrize(
    ("country", "region"),
    [
        ("US", "ny"),
        ("us", "US-NY"),
        ("USA", "New York"),
        ("United States", "NY "),
        ("US", "\ufeffNy"),
        ("US", "new  york"),
    ],
)
def test_a_holiday_region_in_any_spelling(country: str, region: str) -> None:
    assert country_holidays(country, region, 2026) == country_holidays("US", "NY", 2026)
    assert country_holidays(country, region, 2026) != country_holidays("US", "", 2026)


@pytest.mark.parametrize(
    ("country", "as_written", "region"),
    [
        ("ES", "ES-M", "MD"),  # the calendar knows it by name only
        ("FR", "FR-973", "973"),  # by its code within the country
        ("AU", "New South Wales Western Division", "NSW Western"),  # a name of the calendar's own
    ],
)
def test_a_holiday_region_that_the_calendar_calls_otherwise(
    country: str, as_written: str, region: str
) -> None:
    assert country_holidays(country, as_written, 2026) == country_holidays(country, region, 2026)


def test_a_country_that_only_the_calendar_knows() -> None:
    assert country_holidays(" xk ", "", 2026) == country_holidays("XK", "", 2026)


def test_a_holiday_region_that_does_not_exist_is_still_said() -> None:
    with pytest.raises(NoCalendar):
        country_holidays("US", "Nowhere", 2026)
