"""The sandbox's memory: the catalog and the orders, changed and read under one lock."""

import threading
import time
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from .builders import FileDraft, OrderDraft
from .catalog import Catalog, SandboxStage, UnknownThing
from .ids import guid
from .placing import append_files, apply_changes, apply_order_changes, build_order
from .records import SandboxOrder, SandboxOrderItem, SandboxShipment, StatusChange

FIRST_NUMBER = 10234


class PresseroStore:
    """Orders of one Pressero account. Hold ``lock`` while using what a method returned."""

    def __init__(
        self,
        catalog: Catalog,
        *,
        first_number: int = FIRST_NUMBER,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self.catalog = catalog
        self.lock = threading.RLock()
        self.orders: dict[int, SandboxOrder] = {}
        self.visible_after_seconds = 0.0
        self.visible_after_calls = 0
        self.search_lag_seconds = 0.0
        self._next_number = first_number
        self._clock = clock

    def place(self, draft: OrderDraft) -> SandboxOrder:
        """Take an order in. A number is used up only by an order that could be made."""
        with self.lock:
            order = build_order(draft, self._next_number, self.catalog, self._clock())
            self._next_number += 1
            order.findable_at = time.monotonic() + self.visible_after_seconds
            order.listed_at = order.findable_at + self.search_lag_seconds
            order.hidden_reads = self.visible_after_calls
            self.orders[order.number] = order
            return order

    def order(self, number: int) -> SandboxOrder:
        """The order with this number, found or not yet found by the API."""
        try:
            return self.orders[number]
        except KeyError:
            raise UnknownThing(f"Order {number} was not found.") from None

    def item(self, number: int, seq: int) -> tuple[SandboxOrder, SandboxOrderItem]:
        """An order and one of its items."""
        order = self.order(number)
        item = order.item(seq)
        if item is None:
            raise UnknownThing(f"Order {number} has no item {seq}.")
        return order, item

    def order_as_api(self, number: int) -> SandboxOrder:
        """The order as a read through the API finds it: a fresh one may be unknown at first."""
        order = self.order(number)
        if order.hidden_reads > 0:
            order.hidden_reads -= 1
            raise UnknownThing(f"Order {number} was not found.")
        if time.monotonic() < order.findable_at:
            raise UnknownThing(f"Order {number} was not found.")
        return order

    def listed_orders(self) -> list[SandboxOrder]:
        """The orders that lists show by now, oldest first."""
        now = time.monotonic()
        return [order for order in self.orders.values() if order.hidden_reads == 0 and now >= order.listed_at]

    # What people do in the shop

    def approve(self, number: int, seq: int, modifications: dict[str, Any] | None = None) -> None:
        """Approve an item, perhaps changing it. The components of a kit share the decision."""
        with self.lock:
            order, item = self.item(number, seq)
            if modifications:
                apply_changes(order, item, modifications)
            for decided in [item, *order.children(item)]:
                decided.is_approved, decided.is_denied = True, False
                decided.approved_date = self._clock()
            item.approved_with_modifications = bool(modifications)

    def deny(self, number: int, seq: int) -> None:
        """Deny an item with its components. The order's totals stay as they are."""
        with self.lock:
            order, item = self.item(number, seq)
            for decided in [item, *order.children(item)]:
                decided.is_approved, decided.is_denied = False, True
                decided.approved_date = None

    def add_files(self, number: int, seq: int, files: Iterable[FileDraft | str]) -> None:
        """Add files that were made for an item."""
        with self.lock:
            order, item = self.item(number, seq)
            append_files(order, item, files, kind="gen")

    def edit_item(self, number: int, seq: int, changes: dict[str, Any]) -> None:
        """Change an item as staff do."""
        with self.lock:
            order, item = self.item(number, seq)
            apply_changes(order, item, changes)

    def edit_order(self, number: int, changes: dict[str, Any]) -> None:
        """Change the head of an order as staff do."""
        with self.lock:
            apply_order_changes(self.order(number), changes)

    def set_stage(self, number: int, seq: int, stage_ref: str, note: str = "") -> SandboxStage:
        """Move an item to a stage of its own workflow, by id or name."""
        with self.lock:
            _, item = self.item(number, seq)
            stage = self.catalog.workflow(item.stage.workflow_id).stage(stage_ref)
            item.stage, item.stage_date = stage, self._clock()
            item.history.append(StatusChange(stage, item.stage_date, note))
            return stage

    def add_shipment(
        self,
        number: int,
        seqs: Iterable[int],
        *,
        ship_date: str,
        method: str,
        tracking: str,
        cost: Decimal | None,
        address: dict[str, object],
    ) -> str:
        """Record a shipment of some items; a repeat is another shipment. Returns its id."""
        with self.lock:
            items = [self.item(number, seq)[1] for seq in seqs]
            count = len({sent.shipment_id for item in self.order(number).items for sent in item.shipments})
            shipment_id = guid("shipment", number, count + 1)
            for item in items:
                item.shipments.append(
                    SandboxShipment(shipment_id, item.item_id, ship_date, method, tracking, cost, address)
                )
            return shipment_id

    def order_by_id(self, order_id: str) -> SandboxOrder:
        """The order with this GUID."""
        wanted = order_id.strip().lower()
        for order in self.orders.values():
            if order.order_id == wanted:
                return order
        raise UnknownThing(f"Order {order_id} was not found.")
