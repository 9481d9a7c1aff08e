"""Orders between their first call to Pace and their last: what a change of settings means for them.

An order goes on as it was begun, and an open commit is settled where it was sent (orders/submission/begun.py). Staff read here
which orders those are, and a change that must not happen in between waits.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.db.models import Exists, Model, OuterRef, Q, QuerySet

from automationhub.lib import database_clock
from automationhub.lib.database_clock import database_now
from automationhub.lib.shown_times import clock_text
from integrations.enums import JobState
from integrations.models import Order, PaceJob, PaceServer, Storefront

Place = PaceServer | Storefront

# Where a call goes and as whom: a transaction that is open there can only be closed the same way.
MOVES = {PaceServer: ("url", "username"), Storefront: ("pace_server", "one_job_per_item")}
MOST_NAMED = 10


@dataclass(frozen=True)
class InFlight:
    """One order in flight. `settles_at`: when Pace is asked what became of a commit; `is_begun`: a job is in Pace."""

    pk: int
    number: int
    settles_at: datetime | None
    is_begun: bool
    in_work: bool

    @property
    def sentence(self) -> str:
        """What is open and what becomes of it."""
        if self.settles_at is not None:
            return (
                f"Order {self.number}: Pace has not confirmed a commit. It is verified at {clock_text(self.settles_at.astimezone(UTC), seconds=True)} UTC, "
                "at the address it was sent to."
            )
        if self.is_begun:
            return f"Order {self.number}: a job is in Pace already. The rest of it follows as it was begun."
        return f"Order {self.number} is being processed right now."


def orders_in_flight(place: Place) -> list[InFlight]:
    """The orders of this storefront, or at this server, that a change would meet half way, oldest first."""
    jobs = PaceJob.objects.filter(order=OuterRef("pk"))
    if isinstance(place, PaceServer):
        of_place = place.orders_condition
        jobs = jobs.filter(server=place)
    else:
        of_place = Q(storefront=place)
    is_open = Q(state=JobState.COMMITTING) | ~Q(txn="")
    found = (
        _maybe_in_flight()
        .filter(of_place)
        .annotate(
            open_job=Exists(jobs.filter(is_open)),
            made_job=Exists(jobs.filter(state=JobState.DONE)),
            in_work=Exists(Order.objects.filter(pk=OuterRef("pk"), lease_until__gt=database_now())),
        )
        .filter(Q(open_job=True) | Q(in_work=True) | Q(made_job=True, submitted_at=None))
        .order_by("pk")
    )
    rows = list(found.values_list("pk", "number", "open_job", "made_job", "in_work"))
    settles = _settling_times(pk for pk, _, is_open, _, _ in rows if is_open)
    return [InFlight(pk, number, settles.get(pk), made, in_work) for pk, number, _, made, in_work in rows]


def _maybe_in_flight() -> QuerySet[Order]:
    """Only these few are looked at: orders that are due, leased, or stopped before their submission."""
    return Order.objects.filter(Q(due_at__isnull=False) | Q(lease_until__isnull=False) | Q(submitted_at=None))


def _settling_times(order_ids: Iterable[int]) -> dict[int, datetime]:
    now = database_clock.now()
    is_open = Q(state=JobState.COMMITTING) | ~Q(txn="")
    rows = PaceJob.objects.filter(is_open, order__in=list(order_ids)).values_list("order", "quiet_until")
    times: dict[int, datetime] = {}
    for order, until in rows:
        times[order] = max(times.get(order, now), until or now)
    return times


def changed(before: Place, after: Place) -> list[str]:
    """Which of the settings that matter to orders in flight are another."""
    return [name for name in MOVES[type(after)] if _value(before, name) != _value(after, name)]


def _value(place: Place, name: str) -> Any:
    return getattr(place, f"{name}_id" if name == "pace_server" else name)


def reasons_to_wait(place: Place, names: Collection[str]) -> list[str]:
    """Why address and user of a server cannot change at this moment; nothing when they can, and for a storefront.

    Only what ends within minutes makes it wait: an order that is being processed, and a quiet period.
    """
    if not names or not isinstance(place, PaceServer):
        return []
    met = orders_in_flight(place)
    now = database_clock.now()
    waiting = [
        order for order in met if order.in_work or (order.settles_at is not None and order.settles_at > now)
    ]
    if not waiting:
        return []
    return [
        "The address and the user cannot change while calls to Pace are open. Save again in a few minutes, or pause the "
        "connection first.",
        *_named(waiting),
    ]


def reasons_to_keep(row: Model) -> list[str]:
    """Why a server cannot be switched off at this moment; nothing when no order is half way there, and for other rows."""
    met = orders_in_flight(row) if isinstance(row, PaceServer) else []
    if not met:
        return []
    return [
        f"The Pace server “{row}” would be switched off while orders are being processed there. Wait until they "
        "are submitted, or deal with them under Needs attention, then try again.",
        *_named(met),
    ]


def consequences(place: Place, names: Collection[str]) -> list[str]:
    """What becomes of the orders in flight after this change; nothing when there are none."""
    if not names:
        return []
    met = [order for order in orders_in_flight(place) if order.settles_at is not None or order.is_begun]
    return ["The change applies to orders that are not begun.", *_named(met)] if met else []


def _named(orders: list[InFlight]) -> list[str]:
    sentences = [order.sentence for order in orders[:MOST_NAMED]]
    more = len(orders) - len(sentences)
    return [*sentences, f"And {more} more."] if more > 0 else sentences
