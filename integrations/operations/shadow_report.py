"""What a storefront in shadow mode would have done: how many orders as the job in Pace, and the differences by field."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from dataclasses import field as column
from typing import Any, TypedDict

from django.db.models import Count, QuerySet

from integrations.enums import OrderStatus, ShadowResult
from integrations.models import Order, ShadowComparison, ShadowDifference, Storefront

MOST_PROBLEMS = 20


class DifferenceData(TypedDict):
    """One difference of the report as JSON (docs/migrating.md §2)."""

    object: str
    field: str
    ours: str
    theirs: str
    orders: list[int]
    fix: str


class ReportData(TypedDict):
    """The report as JSON (docs/migrating.md §2)."""

    orders: int
    same: int
    different: int
    not_found: int
    differences: list[DifferenceData]


@dataclass
class ShadowGroup:
    """One difference that several orders share, and what would remove it for all of them."""

    object: str
    field: str
    ours: str
    theirs: str
    fix: str
    fix_kind: str = ""
    fix_target: str = ""
    fix_row: int | None = None
    fix_subject: str = ""
    orders: list[int] = column(default_factory=list)

    def as_data(self) -> DifferenceData:
        return {
            "object": self.object,
            "field": self.field,
            "ours": self.ours,
            "theirs": self.theirs,
            "orders": self.orders,
            "fix": self.fix,
        }


@dataclass(frozen=True)
class ShadowReport:
    """`stopped` orders count as different: where others made a job, the hub would have asked for a person. `pending` ones
    were not compared yet and are in no other figure. `problems` name orders that could not be compared, and why."""

    storefront: str
    same: int
    different: int
    not_found: int
    stopped: int
    pending: int
    groups: tuple[ShadowGroup, ...]
    problems: tuple[str, ...] = ()

    @property
    def orders(self) -> int:
        return self.same + self.different + self.not_found

    @property
    def sentence(self) -> str:
        """The report in one line."""
        said = (
            f"{self.storefront}, shadow mode: {self.orders} orders compared. {self.same} the same as the job in Pace, "
            f"{self.different} different, {self.not_found} without a job in Pace."
        )
        return f"{said} {self.pending} not compared yet." if self.pending else said

    def as_data(self) -> ReportData:
        return {
            "orders": self.orders,
            "same": self.same,
            "different": self.different,
            "not_found": self.not_found,
            "differences": [group.as_data() for group in self.groups],
        }


def report(storefront: Storefront) -> ShadowReport:
    """The report of a storefront from what was compared so far. Five queries, however many orders there are."""
    rows = ShadowComparison.objects.filter(storefront=storefront)
    counts = dict(rows.order_by().values_list("result").annotate(Count("pk")))
    stopped = list(_stopped(storefront))
    waiting = rows.filter(result=ShadowResult.PENDING, due_at__isnull=False).count()
    return ShadowReport(
        storefront=storefront.name,
        same=counts.get(ShadowResult.SAME, 0),
        different=counts.get(ShadowResult.DIFFERENT, 0) + len(stopped),
        not_found=counts.get(ShadowResult.NOT_FOUND, 0),
        stopped=len(stopped),
        pending=waiting,
        groups=tuple(_groups(storefront, stopped)),
        problems=tuple(_problems(rows)),
    )


def _problems(rows: QuerySet[ShadowComparison]) -> Iterator[str]:
    """The same problem of many orders once."""
    found = rows.exclude(problem="").order_by("-planned_at").values_list("problem", flat=True)
    return iter(dict.fromkeys(found[:MOST_PROBLEMS]))


def _stopped(storefront: Storefront) -> Iterator[tuple[int, str]]:
    """Orders that no plan could be made of: their number, and why."""
    rows = Order.objects.filter(
        storefront=storefront,
        status=OrderStatus.NEEDS_ATTENTION,
        submitted_at__isnull=True,
        shadow__result=ShadowResult.PENDING,
    )
    return iter(rows.order_by("number").values_list("number", "message"))


def _groups(storefront: Storefront, stopped: list[tuple[int, str]]) -> list[ShadowGroup]:
    """What most orders share comes first; the same field stands together."""
    found: dict[tuple[Any, ...], ShadowGroup] = {}
    for number, message in stopped:
        stop = ShadowGroup("order", "stops", message, "", message, orders=[number])
        found[number, message] = stop
    columns = ("object", "field", "ours", "theirs", "fix", "fix_kind", "fix_target", "fix_row", "fix_subject")
    rows = ShadowDifference.objects.filter(storefront=storefront).order_by("object", "field", "fix", "pk")
    for *key, number in rows.values_list(*columns, "comparison__order__number"):
        group = found.setdefault(tuple(key), ShadowGroup(*key))
        if number not in group.orders:
            group.orders.append(number)
    by_field: dict[tuple[str, str], int] = {}
    for group in found.values():
        place = (group.object, group.field)
        by_field[place] = by_field.get(place, 0) + len(group.orders)
    return sorted(
        found.values(),
        key=lambda one: (-by_field[one.object, one.field], one.object, one.field, -len(one.orders)),
    )
