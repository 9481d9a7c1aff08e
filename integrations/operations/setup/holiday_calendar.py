"""A storefront's days off: a year of them, own days added and removed in ranges, and what a requested ship date becomes.

Which days are off and where a date moves is decided by `planning.dates` alone, so the page shows what orders get.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta

from django.db import IntegrityError, transaction
from django.db.models import Q

from integrations.clients.schemas import PresseroOrder
from integrations.errors import NotAllowed
from integrations.models import Storefront
from integrations.orders.submission.inputs import parameters_of
from integrations.planning.dates import (
    Calendar,
    NoCalendar,
    ShipDate,
    country_holidays,
    server_zone,
    ship_date,
)
from integrations.planning.findings import PlanFindings
from mappings.changes import ChangeKind, ChangeWay, MappingChange, change, differences, store_changes
from mappings.lookup import table_for
from mappings.models import Holiday
from mappings.resolution import custom_holidays
from mappings.resources import HolidayResource
from mappings.types import MappingTable

# A quarter of a year: a closure that is longer is a wrong year in one of the two boxes.
MOST_DAYS = 92
# A date may be pushed past the end of its year; a closure of a whole year ends in the one after that.
YEARS_AFTER = 2
# Planning refuses a date that is further away, whatever is off then.
FARTHEST_YEARS = 12
_DAY = timedelta(days=1)


@dataclass(frozen=True)
class OwnRange:
    """Own days off that follow each other with one name. `ids`: their rows."""

    first: date
    last: date
    name: str
    every_year: bool
    for_all: bool
    ids: tuple[int, ...]


@dataclass(frozen=True)
class YearOff:
    """The days off of one year besides weekends. An own day's name wins over the public one of the same date.

    `problem`: why the public holidays are not known.
    """

    year: int
    public: Mapping[date, str]
    own: Mapping[date, str]
    ranges: Sequence[OwnRange]
    problem: str = ""


@dataclass(frozen=True)
class Becomes:
    """What a requested ship date becomes. `holiday`: what the requested day is, also where holidays are not skipped."""

    requested: date
    ship: ShipDate
    problems: tuple[str, ...] = ()
    holiday: str = ""


def year_off(storefront: Storefront, year: int) -> YearOff:
    """The days off of a year: one query."""
    table = table_for(storefront.pk, years=[year])
    public: Mapping[date, str] = {}
    problem = ""
    try:
        public = country_holidays(storefront.holiday_country, storefront.holiday_subdivision, year)
    except NoCalendar:
        where = storefront.holiday_country
        where += f", {storefront.holiday_subdivision}" if storefront.holiday_subdivision else ""
        problem = (
            f"No public holidays are known for “{where}”. Choose a known country and state on the storefront; until "
            "then, orders with ship dates stop."
        )
    own = custom_holidays(table, storefront.pk, year)
    return YearOff(year, public, own, tuple(_ranges(table, storefront.pk, year)), problem)


def _ranges(table: MappingTable, storefront_id: int, year: int) -> Iterable[OwnRange]:
    """The own days of a year, those that follow each other with the same name as one."""
    days = []
    for row in table.holidays:
        alone = MappingTable(holidays=(row,))
        days += [
            OwnRange(day, day, name, row.every_year, row.storefront_id is None, (row.id,))
            for day, name in custom_holidays(alone, storefront_id, year).items()
        ]
    days.sort(key=lambda one: (one.for_all, one.name, one.every_year, one.first))
    found: list[OwnRange] = []
    for one in days:
        before = found[-1] if found else None
        if before and (before.last + _DAY, before.name, before.every_year, before.for_all) == (
            one.first, one.name, one.every_year, one.for_all,
        ):  # fmt: skip
            found[-1] = OwnRange(
                before.first, one.last, one.name, one.every_year, one.for_all, before.ids + one.ids
            )
        else:
            found.append(one)
    return sorted(found, key=lambda one: (one.first, one.name))


def becomes(storefront: Storefront, requested: date, now: datetime, ordered: date | None = None) -> Becomes:
    """What planning makes of this Requested Ship Date for an order of today, or of the day `ordered`: one query."""
    parameters, findings = parameters_of(storefront), PlanFindings(0)
    zone = server_zone(parameters, findings) or UTC
    local = now.astimezone(zone)
    placed = datetime.combine(ordered, time(12), zone) if ordered else local
    first = min(placed.year, local.year, requested.year)
    last = min(max(local.year, requested.year), local.year + FARTHEST_YEARS)
    table = table_for(storefront.pk, years=range(first, last + YEARS_AFTER + 1))
    calendar = Calendar(table, parameters)
    order = PresseroOrder(id="", number=0, placed_at=placed, requested_ship_date=requested)
    ship = ship_date(order, (), parameters, calendar, local, findings)
    try:
        holiday = calendar.holiday(requested)
    except NoCalendar:
        holiday = ""
    problems = tuple(_without_order(problem.message) for problem in findings.problems)
    return Becomes(requested, ship, problems, holiday)


def _without_order(message: str) -> str:
    """A sentence of planning without its order, of which there is none here."""
    text = message.removeprefix("Order 0: ")
    return text[:1].upper() + text[1:]


# --- adding and removing ------------------------------------------------------------------------------------------


@dataclass
class Added:
    """How many days were added, and which were days off of this scope already."""

    added: int
    there: list[date] = field(default_factory=list)


def add(
    storefront: Storefront | None, first: date, last: date, name: str, *, every_year: bool, actor: str
) -> Added:
    """Add own days off from `first` to `last`, both included; days that are there already stay as they are.

    `storefront` None: for all storefronts. Raises NotAllowed with a sentence.
    """
    days = _days(first, last)
    of = Q(storefront=storefront) if storefront else Q(storefront__isnull=True)
    try:
        with transaction.atomic():
            there = set(Holiday.objects.filter(of, date__in=days).values_list("date", flat=True))
            rows = [
                Holiday(storefront=storefront, date=day, name=name, every_year=every_year)
                for day in days
                if day not in there
            ]
            for row in rows:
                row.full_clean(exclude=["storefront"], validate_unique=False, validate_constraints=False)
            store_changes(_changes(Holiday.objects.bulk_create(rows), ChangeKind.ADDED, actor))
    except IntegrityError as error:
        raise NotAllowed(
            "Someone else changed these days just now. Reload the page, then add them again."
        ) from error
    return Added(len(rows), sorted(there))


def remove_between(storefront: Storefront, first: date, last: date, *, for_all: bool, actor: str) -> int:
    """Remove the storefront's own days, or with `for_all` those of all storefronts, that fall on these days."""
    days = set(_days(first, last))
    table = table_for(storefront.pk, years=sorted({day.year for day in days}))
    ids = [
        pk
        for year in {day.year for day in days}
        for one in _ranges(table, storefront.pk, year)
        if one.for_all == for_all
        for pk, day in zip(one.ids, _days(one.first, one.last), strict=True)
        if day in days
    ]
    return remove(storefront, ids, actor=actor)


def remove(storefront: Storefront, ids: Iterable[int], *, actor: str) -> int:
    """Remove own days off by their rows: the storefront's and those of all storefronts, never another storefront's."""
    concerned = Q(storefront=storefront) | Q(storefront__isnull=True)
    with transaction.atomic():
        rows = list(
            Holiday.objects.select_related("storefront")
            .select_for_update(of=("self",))
            .filter(concerned, pk__in=list(ids))
        )
        store_changes(_changes(rows, ChangeKind.DELETED, actor))
        Holiday.objects.filter(pk__in=[row.pk for row in rows]).delete()
    return len(rows)


def _changes(rows: Collection[Holiday], kind: ChangeKind, actor: str) -> list[MappingChange]:
    columns = HolidayResource.columns()
    return [
        change(
            row,
            kind,
            differences(None, row, columns) if kind == ChangeKind.ADDED else differences(row, None, columns),
            way=ChangeWay.FORM,
            actor=actor,
        )
        for row in rows
    ]


def _days(first: date, last: date) -> list[date]:
    """The days from `first` to `last`. Raises NotAllowed for a range that is turned around or too long."""
    if last < first:
        raise NotAllowed("The last day is before the first one. Swap them.")
    count = (last - first).days + 1
    if count > MOST_DAYS:
        raise NotAllowed(
            f"These are {count} days; at most {MOST_DAYS} at a time. Check the year of both dates."
        )
    return [first + _DAY * number for number in range(count)]
