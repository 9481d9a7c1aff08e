"""Which stopped orders a mapping row or a setting would free: the way from a fix back to the orders that need it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from integrations.causes import Cause, CauseKind
from integrations.enums import FailureMode
from integrations.models import Storefront
from integrations.operations import inbox
from mappings.models import MappingRow, ProductMapping, ShipmentMethodMapping, ShippingRow
from mappings.text import one_line

SHOWN_ORDERS = 5


@dataclass(frozen=True)
class Waiting:
    """Orders that stopped for one cause. `orders`: id and number of the first; `storefront_id` None: of all storefronts."""

    cause: Cause
    count: int
    orders: tuple[tuple[int, int], ...]
    storefronts: tuple[str, ...]
    storefront_id: int | None = None

    @property
    def more(self) -> int:
        """How many orders there are beside those in `orders`."""
        return self.count - len(self.orders)


def for_cause(cause: Cause, storefront_id: int | None = None) -> Waiting | None:
    """The orders that stopped for this cause; None when there are none. Three queries."""
    if not cause:
        return None
    stopped = inbox.of_storefront(
        inbox.stopped().filter(**cause.columns, failure_mode=FailureMode.CONFIG), storefront_id
    )
    count = stopped.count()
    if not count:
        return None
    first = stopped.order_by("id").values_list("pk", "number")[:SHOWN_ORDERS]
    names = Storefront.objects.filter(pk__in=stopped.values("storefront")).order_by("name")
    return Waiting(cause, count, tuple(first), tuple(names.values_list("name", flat=True)), storefront_id)


def for_row(row: MappingRow, before: MappingRow | None) -> Waiting | None:
    """The orders that wait for this row as it is, or for it to differ from what it was; of several causes the one with
    the most orders."""
    causes = causes_of(row, before)
    found = [one for cause in causes if (one := for_cause(cause, row.storefront_id)) is not None]
    return max(found, key=lambda one: one.count, default=None)


def causes_of(row: MappingRow, before: MappingRow | None) -> Iterable[Cause]:
    """The causes of planning (planning/shipments.py, planning/context.py) that a row answers."""
    causes: list[Cause] = []
    if isinstance(row, ShipmentMethodMapping):
        causes.append(CauseKind.SHIPMENT_METHOD.of(one_line(row.pressero_method).casefold()))
    if isinstance(before, ShippingRow) and before.ship_via is not None:
        causes.append(CauseKind.SHIP_VIA.of(before.ship_via))
    if isinstance(before, ProductMapping):
        causes.append(CauseKind.ITEM_TEMPLATE.of(before.item_template))
    return causes


def storefront_named(value: Any) -> int | None:
    """The storefront that a form was opened for, from its address; None for any other text."""
    text = str(value or "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None
