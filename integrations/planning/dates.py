"""Ship dates and the holiday rules (docs/mapping.md §11)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from types import MappingProxyType
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from automationhub.lib import territories
from automationhub.lib.shown_times import day_text, short_day
from automationhub.lib.texts import one_line, plain
from integrations.causes import CauseKind
from integrations.clients.schemas import PresseroItem, PresseroOrder
from integrations.planning.findings import PlanFindings
from integrations.planning.plan_types import StorefrontParameters
from mappings.resolution import custom_holidays
from mappings.types import MappingTable

SHIP_TIME = time(17, 0)  # of the server's day
LONGEST_CLOSURE = 366  # days; a calendar without a working day in a year is a mistake in the portal
FARTHEST = timedelta(days=10 * 366)  # a date farther off than ten years is a placeholder of the shop, no wish
EARLIEST_YEAR = 1901  # an earlier date is how some shops write "none"
_DAY = timedelta(days=1)
_SATURDAY = 5
_LANGUAGE = "en_US"


class NoCalendar(Exception):
    """The `holidays` library has no such country or subdivision."""


class NoWorkingDay(Exception):
    """The holidays leave no working day within a year."""


@lru_cache(maxsize=512)
def country_holidays(country: str, subdivision: str, year: int) -> Mapping[date, str]:
    """The public holidays of a year, observed days included, with English names.

    Never in the language of the machine: where a country has no English names, in its own language. Raises NoCalendar.
    """
    import holidays  # a hundred modules, of which a process that plans nothing needs none

    country = territories.country_code(country) or country.strip().upper()
    try:
        region = _subdivision(holidays.country_holidays(country), country, subdivision) or None
        found = holidays.country_holidays(country, subdiv=region, years=[year], language=_LANGUAGE)
    except NotImplementedError as error:
        raise NoCalendar from error
    return MappingProxyType({day: name for day, name in sorted(found.items()) if day.year == year})


def _subdivision(calendar: Any, country: str, text: str) -> str:
    """The region as the `holidays` library calls it: `ny`, `US-NY` and "New York" are its NY. Unknown to it: as written."""
    names = {plain(alias): code for alias, code in calendar.subdivisions_aliases.items()}
    names |= {plain(code): code for code in calendar.subdivisions}
    region = territories.region(country, text)
    tried = (plain(text), plain(region.code) if region else "", plain(region.name) if region else "")
    return next((names[one] for one in tried if one in names), one_line(text))


class Calendar:
    """The days off of one storefront: weekends (Saturday and Sunday), public and custom holidays.

    A custom holiday of every 29 February does not occur in other years.
    """

    def __init__(self, table: MappingTable, storefront: StorefrontParameters) -> None:
        self._table = table
        self._storefront = storefront
        self._years: dict[int, dict[date, str]] = {}

    def holiday(self, day: date) -> str:
        """The holiday's name, "" on other days. A custom holiday's name wins. Raises NoCalendar."""
        if day.year not in self._years:
            store = self._storefront
            self._years[day.year] = {
                **country_holidays(store.holiday_country, store.holiday_subdivision, day.year),
                **{
                    off: name or "a custom holiday"
                    for off, name in custom_holidays(self._table, store.id, day.year).items()
                },
            }
        return self._years[day.year].get(day, "")

    def day_off(self, day: date) -> str:
        """Why nobody works that day, "" on a working day."""
        return self.holiday(day) or (f"{day:%A}" if day.weekday() >= _SATURDAY else "")


@dataclass(frozen=True)
class ShipDate:
    """When a job is to ship. `skipped` are the days that moved it away from `original`, with their names.

    `origin` says in words where the original date comes from; `item` is the item that asked for it, if one did.
    """

    day: date
    original: date
    origin: str
    skipped: tuple[tuple[date, str], ...] = ()
    requested: bool = True
    item: int | None = None

    @property
    def moment(self) -> datetime:
        """17:00 of the day, naive, in the Pace server's zone."""
        return datetime.combine(self.day, SHIP_TIME)

    @property
    def detail(self) -> str:
        if not self.skipped:
            return f"{self.origin}, 5:00 PM in the Pace server's zone"
        days = ", ".join(f"{short_day(day)} ({name})" for day, name in self.skipped)
        return f"{self.origin}, moved to {day_text(self.day)} because of {days}; 5:00 PM in the Pace server's zone"


def roll_forward(day: date, calendar: Calendar) -> tuple[date, tuple[tuple[date, str], ...]]:
    """The date itself or, when that is a day off, the next working day; with the days passed over."""
    skipped: list[tuple[date, str]] = []
    while reason := calendar.day_off(day):
        skipped.append((day, reason))
        if len(skipped) > LONGEST_CLOSURE:
            raise NoWorkingDay
        day += _DAY
    return day, tuple(skipped)


def count_working_days(
    ordered: date, day: date, calendar: Calendar
) -> tuple[date, tuple[tuple[date, str], ...]]:
    """The date pushed by one working day for every weekday holiday after the order date and up to the date.

    Holidays between the date and where it is pushed to are passed over, they push no further. A date on a weekend
    without such holidays stays: Pressero has counted weekends already.
    """
    counted: list[tuple[date, str]] = []
    walk = ordered + _DAY
    while walk <= day:
        if walk.weekday() < _SATURDAY and (name := calendar.holiday(walk)):
            counted.append((walk, name))
        walk += _DAY
    passed: dict[date, str] = dict(counted)
    for _ in counted:
        day, skipped = roll_forward(day + _DAY, calendar)
        passed.update(skipped)
    return day, tuple(sorted(passed.items()))


def server_zone(storefront: StorefrontParameters, findings: PlanFindings) -> ZoneInfo | None:
    """The Pace server's time zone; None with a problem when its name is unknown."""
    try:
        return ZoneInfo(storefront.server_time_zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        findings.config_problem(
            f'the time zone "{storefront.server_time_zone}" of the Pace server is unknown. '
            "Choose a time zone such as America/New_York on the Pace server.",
            field="time_zone",
            cause=CauseKind.TIME_ZONE.of(storefront.server_time_zone),
        )
        return None


def ship_date(
    order: PresseroOrder,
    items: Sequence[PresseroItem],
    storefront: StorefrontParameters,
    calendar: Calendar,
    now: datetime,
    findings: PlanFindings,
) -> ShipDate:
    """The ship date of a job with these items; `now` is aware, in the Pace server's zone.

    The order's requested date, else the earliest of the items, else today plus the default ship days; then, with
    `skip_holidays`, the storefront's rule. A calendar that does not exist is a problem and leaves the date as it is.
    """
    wanted = _requested(order, items, storefront, now)
    if _is_beyond_reason(wanted, storefront, now, findings):
        return wanted
    if not storefront.skip_holidays:
        return wanted
    ordered = order.placed_at.astimezone(now.tzinfo).date() if order.placed_at else now.date()
    try:
        if storefront.holiday_rule == "count_working_days":
            day, skipped = count_working_days(ordered, wanted.original, calendar)
        else:
            day, skipped = roll_forward(wanted.original, calendar)
    except NoCalendar:
        _report_no_calendar(storefront, findings)
        return wanted
    except (NoWorkingDay, OverflowError):
        findings.config_problem(
            f"the holidays leave no working day within a year after {day_text(wanted.original)}. "
            "Remove wrong rows under Holidays.",
            field="scheduledShipDateTime",
            cause=CauseKind.NO_WORKING_DAY.of(),
        )
        return wanted
    if skipped:
        names = ", ".join(f"{short_day(off)} ({name})" for off, name in skipped)
        findings.note(
            f"the ship date {day_text(wanted.original)} became {day_text(day)} because of {names}",
            field="scheduledShipDateTime",
        )
    return replace(wanted, day=day, skipped=skipped)


def _is_beyond_reason(
    wanted: ShipDate, storefront: StorefrontParameters, now: datetime, findings: PlanFindings
) -> bool:
    """Whether the date is too far off to be meant; then that is a problem of the order or of the storefront."""
    if not wanted.requested and storefront.default_ship_days > FARTHEST.days:
        findings.config_problem(
            f"{storefront.default_ship_days} default ship days lead to a ship date more than ten years away. "
            f'Lower Default ship days on the storefront "{storefront.name}".',
            field="scheduledShipDateTime",
            cause=CauseKind.SHIP_DAYS.of(),
        )
        return True
    if wanted.original - now.date() > FARTHEST:
        findings.order_problem(
            f"the requested ship date {day_text(wanted.original)} is more than ten years away. "
            "Correct it in Pressero and try again.",
            field="scheduledShipDateTime",
            cause=CauseKind.SHIP_DATE.of(),
            item=wanted.item,
        )
        return True
    return False


def has_ship_date(asking: PresseroOrder | PresseroItem) -> bool:
    """Whether a ship date is asked for; a placeholder is none."""
    day = asking.requested_ship_date
    return day is not None and day.year >= EARLIEST_YEAR


def _requested(
    order: PresseroOrder, items: Sequence[PresseroItem], storefront: StorefrontParameters, now: datetime
) -> ShipDate:
    if (day := order.requested_ship_date) and has_ship_date(order):
        return ShipDate(day, day, f"the order's ReqShipDate {day_text(day)}")
    dated = [
        (item.requested_ship_date, item.seq)
        for item in items
        if item.requested_ship_date and has_ship_date(item)
    ]
    if dated:
        day, seq = min(dated)
        return ShipDate(
            day,
            day,
            f"RequestedShipDate {day_text(day)} of item {seq}, the earliest of the job's items",
            item=seq,
        )
    day = now.date() + timedelta(days=min(storefront.default_ship_days, FARTHEST.days))
    origin = (
        f"no requested ship date in Pressero: today {day_text(now.date())} + {storefront.default_ship_days} "
        f"default ship days of the storefront = {day_text(day)}"
    )
    return ShipDate(day, day, origin, requested=False)


def _report_no_calendar(storefront: StorefrontParameters, findings: PlanFindings) -> None:
    where = f'"{storefront.holiday_country}"'
    if storefront.holiday_subdivision:
        where += f' with subdivision "{storefront.holiday_subdivision}"'
    findings.config_problem(
        f"there is no holiday calendar for the country {where}. "
        f'Choose a known country and subdivision on the storefront "{storefront.name}", or switch Skip holidays off.',
        field="scheduledShipDateTime",
        cause=CauseKind.HOLIDAY_CALENDAR.of(f"{storefront.holiday_country}:{storefront.holiday_subdivision}"),
    )
