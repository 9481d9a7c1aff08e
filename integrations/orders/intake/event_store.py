"""Storing events that arrive: with their orders, a line of the timeline each, and a wake-up, in one transaction.

Written for many at once, so that a burst costs few statements and few commits; a single event costs five statements.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from threading import Lock

from django.db import transaction
from django.db.models import Q

from automationhub.lib import database_clock
from automationhub.lib.texts import guid
from integrations.core import order_trace
from integrations.core.audit import log as audit
from integrations.core.workqueue import orders, outbox
from integrations.enums import OrderStatus
from integrations.models import AuditEntry, Order, Storefront, WebhookEvent
from integrations.orders.intake import own_events


@dataclass
class TokenBucket:
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
            self._left, self._since = self.most, time.monotonic()


WAKE_UPS = TokenBucket()


def storefronts_of(events: Iterable[WebhookEvent]) -> dict[tuple[int, str], Storefront]:
    """The storefronts of these events' accounts and sites: one query at the most."""
    return Storefront.objects.of_sites({(event.account_id, _site(event)) for event in events})


def storefront_of(event: WebhookEvent, found: dict[tuple[int, str], Storefront]) -> Storefront | None:
    return found.get((event.account_id, _site(event)))


def _site(event: WebhookEvent) -> str:
    return guid(event.site_id).lower()


def store(events: Sequence[WebhookEvent]) -> None:
    """Save these new events, with their order (made once) when their storefront is known and active; make the orders due.

    All or nothing. Raises IntegrityError when one is stored already, or when another process makes the same order at
    this very moment.
    """
    now = database_clock.now()
    with transaction.atomic():
        about = [event for event in events if _concerns_an_order(event)]
        known, made = _orders_for(about, now)
        ids = {key: (row[0], row[3]) for key, row in known.items()}
        ids |= {str(order.identity): (order.pk, order.trace_parent) for order in made}
        for event in about:
            event.order_id, event.trace_parent = ids[_identity(event)]
        _note_served_elsewhere(about, {pk: account for pk, _, account, _ in known.values()})
        echoed = {id(event) for event in about if _is_echo(event)}
        for event in events:
            event.pk, event.first_verdict = None, event.verdict
        WebhookEvent.objects.bulk_create(events)
        heard = [event for event in about if id(event) not in echoed]
        audit.record_all([*(_made_entry(order) for order in made), *(received(event) for event in heard)])
        outbox.received(order.pk for order in made)
        awake = {pk for pk, status, _, _ in known.values() if status != OrderStatus.ON_HOLD}
        _wake({event.order_id for event in heard} & awake, made)


def _concerns_an_order(event: WebhookEvent) -> bool:
    return event.storefront is not None and event.storefront.active and event.order_number is not None


def _identity(event: WebhookEvent) -> str:
    return event.account.identity_of(event.order_number or 0)


def _orders_for(
    about: Sequence[WebhookEvent], now: datetime
) -> tuple[dict[str, tuple[int, str, int, str]], list[Order]]:
    """Id, status, account and trace of the orders of these events that are there, by identity, and the orders made now. New ones
    are due from the start."""
    if not about:
        return {}, []
    wanted = {_identity(event): event for event in about}
    of_account = {(event.account_id, event.order_number): identity for identity, event in wanted.items()}
    # Orders whose identity is not taken yet, from the release before.
    without = Q(
        identity=None, account__in={key[0] for key in of_account}, number__in={key[1] for key in of_account}
    )
    # Locked in the order of their rows: two bundles with the same orders wait for, and never block, each other.
    rows = (
        Order.objects.filter(Q(identity__in=list(wanted)) | without)
        .select_for_update()
        .order_by("pk")
        .values_list("identity", "account", "number", "pk", "status", "trace_parent")
    )
    known: dict[str, tuple[int, str, int, str]] = {}
    for identity, account, number, pk, status, trace in rows:
        if identity is not None:
            known[identity] = (pk, status, account, trace)
        elif (account, number) in of_account:
            known.setdefault(of_account[account, number], (pk, status, account, trace))
    made = [
        Order(
            identity=identity,
            account_id=wanted[identity].account_id,
            number=wanted[identity].order_number or 0,
            storefront=wanted[identity].storefront,
            due_at=now,
            wake_count=1,
            trace_parent=order_trace.begin(wanted[identity].order_number or 0),
        )
        for identity in sorted(set(wanted) - set(known))
    ]
    for order in made:
        if WAKE_UPS.take():
            order.queued_until = now + orders.WAKE_UP_PATIENCE
    if made:
        Order.objects.bulk_create(made)
    return known, made


def note_served_elsewhere(event: WebhookEvent, order: Order) -> None:
    """Say on the event that its order came through another account row of the same subscription first."""
    event.detail = (
        f"Already served by the storefront {order.storefront} of the account {order.account}: recorded with its order, "
        "which is not sent twice."
    )[:300]


def _note_served_elsewhere(about: Sequence[WebhookEvent], account_of: Mapping[int, int]) -> None:
    for event in about:
        pk = event.order_id or 0
        if account_of.get(pk, event.account_id) != event.account_id:
            order = Order.objects.select_related("storefront", "account").get(pk=pk)
            note_served_elsewhere(event, order)


def _is_echo(event: WebhookEvent) -> bool:
    if not own_events.take_echo(event.account, event.type_name, event.order_number, event.item_seq):
        return False
    event.detail = "Caused by a stage that the hub set; nothing to do."
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


def _wake(known: set[int | None], made: Sequence[Order]) -> None:
    for order in made:
        if order.queued_until is not None:
            orders.announce(order.pk)
    waiting = sorted(pk for pk in known if pk is not None)
    orders.make_due(waiting)
    for pk in waiting:
        if WAKE_UPS.take():
            orders.send_wake_up(pk)
