"""What is known of orders whose jobs are in Pace, loaded for many at once: items, their job parts, their workflows."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from integrations.clients.pace.status import PaceStatus, PolledJob
from integrations.clients.pressero.orders import parse_order
from integrations.clients.schemas import PresseroItem, PresseroOrder
from integrations.errors import HubError
from integrations.models import Order, OrderItem, PaceJob
from integrations.planning.kits import Kits
from integrations.planning.statuses import StatusSource, sources_of_items


@dataclass(frozen=True)
class OrderFacts:
    """One order as it was last read, with the sources of its items (planning/statuses.py)."""

    row: Order
    order: PresseroOrder
    sources: Mapping[int, tuple[StatusSource, ...]]
    item_ids: Mapping[int, int]

    def item(self, seq: int) -> PresseroItem | None:
        """The item with what a kit's child leaves to its kit."""
        kits = Kits(self.order)
        return next((kits.completed(item) for item in kits.items if item.seq == seq), None)


def load_facts(order_ids: Collection[int]) -> dict[int, OrderFacts]:
    """The facts of these orders: two queries. An order that cannot be read any more has no sources."""
    found = {}
    seqs: dict[int, dict[int, int]] = {}
    for pk, order_id, seq in OrderItem.objects.filter(order__in=order_ids).values_list(
        "pk", "order_id", "seq"
    ):
        seqs.setdefault(order_id, {})[seq] = pk
    rows = Order.objects.filter(pk__in=order_ids).defer("sent_payload")
    rows = rows.select_related("account", "storefront__pace_server", "storefront__pressero_account")
    for row in rows:
        try:
            order = parse_order(row.fetched or {})
            sources = sources_of_items(row.plan, order)
        except HubError:
            # It was readable when its jobs were made; the runner reports what is wrong with it now.
            order, sources = PresseroOrder(id="", number=row.number), {}
        found[row.pk] = OrderFacts(row, order, sources, seqs.get(row.pk, {}))
    return found


def last_poll_of(job: PaceJob) -> PolledJob:
    """A job as it was last read."""
    parts = {
        number: PaceStatus(str(one.get("id", "")), str(one.get("name", "")))
        for number, one in job.part_statuses.items()
    }
    return PolledJob(job.number, PaceStatus(job.pace_status, job.pace_status_name), job.open_in_pace, parts)
