"""The demo's storefront in shadow mode, beside jobs that are made by hand in the sandbox Pace."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from django.utils import timezone

from integrations.core.workqueue import messages
from integrations.enums import OrderStatus, ShadowResult
from integrations.models import Order, ShadowComparison
from integrations.simulation.demo.by_hand import make_job
from integrations.simulation.demo.configuration import ACCOUNT_SLUG
from integrations.simulation.demo.scenarios import HEADQUARTERS
from integrations.simulation.sandbox.pace import PaceSandbox
from integrations.simulation.sandbox.pressero import ItemDraft, OrderDraft, PresseroSandbox, seed

STOREFRONT = "Sample Library Store"
PATIENCE = 90.0
# What a CSR chose on the second job: not what the mapping of the shipping method says.
BY_UPS = 5012


def storefront() -> dict[str, Any]:
    """Its row of the configuration file."""
    return {
        "name": STOREFRONT,
        "site_id": seed.LIBRARY_STORE,
        "pressero_account": ACCOUNT_SLUG,
        "pace_server": "sandbox",
        "integration_id": "EXCU",
        "default_ship_days": 5,
        "mode": "shadow",
    }


@dataclass(frozen=True)
class ShownDifference:
    """One order in shadow mode: the job made by hand, how it should compare, and how it does."""

    number: int
    title: str
    should_be: ShadowResult
    job: str = ""
    status: str = ""
    result: str = ""
    differs: str = ""

    @property
    def as_expected(self) -> bool:
        return (self.status, self.result) == (OrderStatus.SHADOW, self.should_be)


def show(pace: PaceSandbox, pressero: PresseroSandbox) -> list[ShownDifference]:
    """Place the orders, make jobs by hand once they are planned, and wait until a worker has compared them."""
    numbers = [_place(pressero, name) for name in ("Reading list", "Opening hours", "Library card")]
    wait_for(lambda: all(_status(number) == OrderStatus.SHADOW for number in numbers))
    planned = {order.number: order for order in _orders(numbers)}
    same, different, lost = numbers
    jobs = dict.fromkeys(numbers, "")
    if len(planned) == len(numbers) and all(order.plan for order in planned.values()):
        jobs[same] = make_job(pace, planned[same])
        jobs[different] = make_job(pace, planned[different], shipment={"shipVia": BY_UPS})
    ShadowComparison.objects.filter(order__number__in=numbers).update(due_at=timezone.now())
    messages.ask_for_comparison()
    wait_for(lambda: all(_result(number) not in ("", ShadowResult.PENDING) for number in numbers))
    expected = {
        same: ("job made by hand as planned", ShadowResult.SAME),
        different: ("job made by hand with another ship via", ShadowResult.DIFFERENT),
        lost: ("no job made yet", ShadowResult.NOT_FOUND),
    }
    return [
        ShownDifference(
            number, *expected[number], jobs[number], _status(number), _result(number), _differs(number)
        )
        for number in numbers
    ]


def wait_for(done: Callable[[], bool]) -> None:
    """Until it is so, or patience is over; the table then says what is not as it should be."""
    deadline = time.monotonic() + PATIENCE
    while not done() and time.monotonic() < deadline:
        time.sleep(0.3)


def _place(pressero: PresseroSandbox, name: str) -> int:
    item = ItemDraft(
        "Business Card", quantity=1, price="48.25", shipping="9.00", tax="3.98", method="Ground", ship_to=HEADQUARTERS,
        item_name=name, options={"Paper": "14pt Uncoated"},
    )  # fmt: skip
    return pressero.place(
        OrderDraft(seed.LIBRARY_STORE, "avery@example.com", [item], po_number=f"LIB {name}")
    )


def _orders(numbers: list[int]) -> list[Order]:
    return list(Order.objects.filter(number__in=numbers).select_related("storefront__pace_server"))


def _status(number: int) -> str:
    return str(Order.objects.filter(number=number).values_list("status", flat=True).first() or "")


def _result(number: int) -> str:
    rows = ShadowComparison.objects.filter(order__number=number)
    return str(rows.values_list("result", flat=True).first() or "")


def _differs(number: int) -> str:
    found = ShadowComparison.objects.filter(order__number=number).first()
    rows = found.differences.order_by("id") if found else []
    return "; ".join(f"{row.object} {row.field} {row.ours} / {row.theirs}" for row in rows)


def table(shown: list[ShownDifference]) -> Iterator[str]:
    """How the orders compared, a line each."""
    head = ("Order", "In shadow mode", "Pace job", "Compared", "Planned / in Pace", "")
    rows = [
        (
            str(one.number), one.title, one.job or "-", one.result.replace("_", " ") or "not yet", one.differs or "-",
            "as it should be" if one.as_expected else f"SHOULD BE {one.should_be}",
        )
        for one in shown
    ]  # fmt: skip
    widths = [max(len(row[column]) for row in [head, *rows]) for column in range(len(head))]
    for row in [head, tuple("-" * width for width in widths), *rows]:
        yield "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
