"""How the demo's orders ended, and the table that shows it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from integrations.enums import JobState, OrderStatus
from integrations.models import Order
from integrations.simulation.demo.scenarios import Scenario


@dataclass(frozen=True)
class DemoResult:
    """How one demo order stands. `remarks` are what is worth telling of it: a moved ship date, an open change."""

    number: int
    scenario: Scenario
    status: str
    jobs: tuple[str, ...] = ()
    message: str = ""
    remarks: tuple[str, ...] = ()

    @property
    def stands(self) -> bool:
        """Whether status and jobs are as they should be; then comes the order's second act, if it has one.

        Something is the matter with orders that need attention, and with no others.
        """
        return (
            self.status == self.scenario.status
            and len(self.jobs) == self.scenario.jobs
            and bool(self.message) == (self.status == OrderStatus.NEEDS_ATTENTION)
        )

    @property
    def as_expected(self) -> bool:
        """Whether everything is as it should be in the end."""
        return self.stands and any(self.scenario.remark in remark for remark in (*self.remarks, ""))


def result_of(scenario: Scenario, number: int) -> DemoResult:
    """How the order stands in the database now."""
    order = Order.objects.filter(number=number).first()
    if order is None:
        return DemoResult(number, scenario, "not received")
    jobs = order.jobs.filter(state=JobState.DONE).order_by("id").values_list("number", flat=True)
    return DemoResult(
        number,
        scenario,
        order.status,
        tuple(jobs),
        order.message,
        (*_moved_dates(order), *_open_changes(order)),
    )


def _moved_dates(order: Order) -> Iterator[str]:
    """The ship dates that the holiday rule moved, from the notes of the plan that was sent."""
    for note in (order.plan or {}).get("notes", []):
        if note["field"] == "scheduledShipDateTime":
            moved, _, _ = (
                note["message"].removeprefix(f"Order {order.number}: the ").partition(" because of ")
            )
            yield moved


def _open_changes(order: Order) -> Iterator[str]:
    for change in order.changes.filter(handled_at__isnull=True):
        text = str(change)
        yield f"open change: {text[0].lower()}{text[1:]}"


def table(results: list[DemoResult]) -> Iterator[str]:
    """The result table, a line each, then what is the matter with the orders that need somebody."""
    head = ("Order", "What it shows", "Should be", "Is", "Pace jobs", "Worth noting", "")
    rows = [
        (
            str(result.number),
            result.scenario.title,
            result.scenario.status.label,
            result.status.replace("_", " ").capitalize(),
            ", ".join(result.jobs) or "-",
            "; ".join(result.remarks) or "-",
            "ok" if result.as_expected else "NOT AS IT SHOULD BE",
        )
        for result in results
    ]
    widths = [max(len(row[column]) for row in [head, *rows]) for column in range(len(head))]
    for row in [head, tuple("-" * width for width in widths), *rows]:
        yield "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
    for result in results:
        if result.message:
            yield ""
            yield f"Order {result.number}: {result.message}"
