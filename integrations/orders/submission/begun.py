"""An order of which a job is in Pace goes on as it was begun: on that server, split or not, with the same job units.

Settings that staff change meanwhile apply to orders that are not begun.
"""

from __future__ import annotations

from django.db.models import QuerySet

from integrations.enums import JobState
from integrations.models import Order, PaceJob, PaceServer


def _made(order: Order) -> QuerySet[PaceJob]:
    return PaceJob.objects.filter(order=order, state=JobState.DONE)


def is_begun(order: Order) -> bool:
    """Whether a job of the order is in Pace: then the rest follows, whatever was decided since."""
    return _made(order).exists()


def begun_units(order: Order) -> tuple[str, ...]:
    """The job units of an order that is begun, those that are still to be written too; none for any other order."""
    made = list(_made(order).order_by("id").values_list("unit", flat=True))
    if not made:
        return ()
    planned = [job["unit"] for job in (order.plan or {}).get("jobs", [])]
    return tuple(dict.fromkeys([*made, *planned]))


def server_of(order: Order) -> PaceServer:
    """The server at which the order goes on: where its first job is, else where a commit of it is unsettled, else the
    storefront's."""
    own = order.storefront.pace_server
    rows = list(PaceJob.objects.filter(order=order).select_related("server").order_by("id"))
    made = [row.server for row in rows if row.state == JobState.DONE]
    left = [row.server for row in rows if row.txn or row.state == JobState.COMMITTING]
    servers = made or left or [own]
    return own if own in servers else servers[0]
