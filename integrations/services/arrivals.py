"""Storing events that arrive: with their orders, a line of the timeline each, and a wake-up, in one transaction.

Written for many at once, so that a burst costs few statements and few commits; a single event costs five statements.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from threading import Lock

from django.db import transaction
from django.utils import timezone

from integrations import audit
from integrations.enums import OrderStatus
from integrations.models import AuditEntry, Order, Storefront, WebhookEvent
from integrations.services import echoes, orders

Key = tuple[int, int]


@dataclass
class Allowance:
    """How many wake-ups may be sent at once, refilled with time. What is beyond it is found by the next sweep (every
    second), which sends no more than the workers can take."""

    most: int = 20
    per_second: float = 5.0
    _left: float = 20.0
    _since: float = field(default_factory=time.monotonic)
    _lock: Lock = field(default_factory=Lock)

    def take(self) -> bool:
        """Whether one more may be sent."""
        with self._lock:
            now = time.monotonic()
            self._left = min(self.most, self._left + (now - self._since) * self.per_second)
            self._since = now
            if self._left < 1:
                return False
            self._left -= 1
            return True

    def refill(self) -> None:
        with self._lock:
            self._left = self.most


WAKE_UPS = Allowance()


def storefronts_of(events: Iterable[WebhookEvent]) -> dict[tuple[int, str], Storefront]:
    """The storefronts of these events' accounts and sites: one query at the most."""
    return Storefront.objects.of_sites({(event.account_id, _site(event)) for event in events})


def storefront_of(event: WebhookEvent, found: dict[tuple[int, str], Storefront]) -> Storefront | None:
    return found.get((event.account_id, _site(event)))


def _site(event: WebhookEvent) -> str:
    return event.site_id.strip().lower()


def store(events: Sequence[WebhookEvent]) -> None:
    """Save these new events, with their order (made once) when their storefront is known and active; make the orders due.

    All or nothing. Raises IntegrityError when one is stored already, or when another process makes the same order at
    this very moment.
    """
    now = timezone.now()
    with transaction.atomic():
        about = [event for event in events if _concerns_an_order(event)]
        known, made = _orders_for(about, now)
        ids = {key: row[0] for key, row in known.items()} | {_key(order): order.pk for order in made}
        for event in about:
            event.order_id = ids[_key(event)]
        echoed = {id(event) for event in about if _is_echo(event)}
        for event in events:
            event.pk = None
        WebhookEvent.objects.bulk_create(events)
        heard = [event for event in about if id(event) not in echoed]
        audit.record_all([*(_made_entry(order) for order in made), *(received(event) for event in heard)])
        awake = {pk for pk, status in known.values() if status != OrderStatus.ON_HOLD}
        _wake({event.order_id for event in heard} & awake, made, now)


def _concerns_an_order(event: WebhookEvent) -> bool:
    return event.storefront is not None and event.storefront.active and event.order_number is not None


def _key(row: WebhookEvent | Order) -> Key:
    number = row.number if isinstance(row, Order) else row.order_number
    return row.account_id, number or 0


def _orders_for(
    about: Sequence[WebhookEvent], now: datetime
) -> tuple[dict[Key, tuple[int, str]], list[Order]]:
    """Id and status of the orders of these events that are there, and the ones made now. New ones are due from the start."""
    if not about:
        return {}, []
    wanted = {_key(event): event.storefront for event in about}
    # Locked in the order of their rows: two bundles with the same orders wait for, and never block, each other.
    rows = (
        Order.objects.filter(
            account__in={account for account, _ in wanted}, number__in={number for _, number in wanted}
        )
        .select_for_update()
        .order_by("pk")
        .values_list("account", "number", "pk", "status")
    )
    known = {(account, number): (pk, status) for account, number, pk, status in rows}
    made = [
        Order(account_id=key[0], number=key[1], storefront=wanted[key], due_at=now, wake_count=1)
        for key in sorted(set(wanted) - set(known))
    ]
    for order in made:
        if WAKE_UPS.take():
            order.queued_until = now + orders.WAKE_UP_PATIENCE
    if made:
        Order.objects.bulk_create(made)
    return known, made


def _is_echo(event: WebhookEvent) -> bool:
    if not echoes.take_echo(event.account, event.type_name, event.order_number, event.item_seq):
        return False
    event.detail = "The echo of a stage that the hub itself has set; there is nothing to do."
    return True


def _made_entry(order: Order) -> AuditEntry:
    return audit.entry("order.created", {"storefront": order.storefront.name}, order=order, actor="Pressero")


def received(event: WebhookEvent, type_: str = "event.received") -> AuditEntry:
    """The line of the timeline about an event (not stored yet)."""
    data = {
        "type": event.type_name or f"event type {event.type_number}",
        "event": event.pk,
        "item": event.item_seq,
    }
    return audit.entry(type_, data, order=event.order_id, actor="Pressero")


def _wake(known: set[int | None], made: Sequence[Order], now: datetime) -> None:
    for order in made:
        if order.queued_until is not None:
            orders.announce(order.pk)
    waiting = sorted(pk for pk in known if pk is not None)
    orders.make_due(waiting, now)
    for pk in waiting:
        if WAKE_UPS.take():
            orders.send_wake_up(pk, now)
