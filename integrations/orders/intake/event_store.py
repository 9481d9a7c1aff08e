"""Storing events that arrive: with their orders, a line of the timeline each, and a wake-up, in one transaction.

Written for many at once, so that a burst costs few statements and few commits, and without objects for rows that are only
written: events about new orders cost three statements, however many they are.
"""

from __future__ import annotations

import time
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from operator import attrgetter
from threading import Lock

from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils import timezone

from automationhub.lib import database_clock
from automationhub.lib.new_rows import NewRows
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


_EVENTS = NewRows(
    WebhookEvent,
    "account_id", "message_id", "body", "body_sha256", "hash_scheme", "remote_address", "received_at", "type_name",
    "type_number", "site_id", "order_number", "item_seq", "occurred_at", "verdict", "first_verdict", "detail",
    "storefront_id", "order_id",
)  # fmt: skip
_values_of = attrgetter(*_EVENTS.columns)
# The constraints decide who makes an order: its identity, and its number where the release before left that blank.
_ORDERS = NewRows(
    Order,
    "identity", "account_id", "number", "storefront_id", "due_at", "queued_until", "wake_count", "trace_parent",
    "received_at", "updated_at",
    returning=("identity", "id"),
    unless_known=True,
)  # fmt: skip


@dataclass(frozen=True)
class _Row:
    """The row of an event's order: made by this very event, or known before. `announced`: a message may be sent at once."""

    pk: int
    account_id: int
    trace_parent: str
    announced: bool
    made: bool = False
    on_hold: bool = False


def store(events: Sequence[WebhookEvent]) -> None:
    """Save these new events, with their order (made once) when their storefront is known and active; make the orders due.

    All or nothing. Raises IntegrityError when one is stored already, or the order is gone in this very moment.
    """
    with transaction.atomic():
        about = {_identity(event): event for event in events if _concerns_an_order(event)}
        rows = _rows_for(about) if about else {}
        heard: list[tuple[WebhookEvent, _Row]] = []
        now = timezone.now()
        for event in events:
            event.received_at, event.first_verdict = now, event.verdict
            row = rows.get(_identity(event)) if _concerns_an_order(event) else None
            event.made_order = row is not None and row.made and about[_identity(event)] is event
            if row is not None:
                event.order_id, event.trace_parent = row.pk, row.trace_parent
                if row.account_id != event.account_id:
                    _note_served_elsewhere(event, row.pk)
                if not _is_own_event(event):
                    heard.append((event, row))
        stored = _EVENTS.insert([_values_of(event) for event in events])
        for event, (pk,) in zip(events, stored, strict=True):
            event.pk, event._state.adding = pk, False
        made = [(event, rows[identity]) for identity, event in about.items() if rows[identity].made]
        audit.record_all(
            [*(_made_entry(event) for event, _ in made), *(received(event) for event, _ in heard)]
        )
        outbox.received(row.pk for _, row in made)
        _wake([row for _, row in made], {row.pk: row for _, row in heard if not (row.made or row.on_hold)})


def _concerns_an_order(event: WebhookEvent) -> bool:
    return event.storefront is not None and event.storefront.active and event.order_number is not None


def _identity(event: WebhookEvent) -> str:
    return event.account.identity_of(event.order_number or 0)


def _rows_for(wanted: dict[str, WebhookEvent]) -> dict[str, _Row]:
    """The rows of these events' orders, by identity. New ones are due from the start."""
    announced = {identity: WAKE_UPS.take() for identity in wanted}
    traces = {identity: order_trace.new_place() for identity in wanted}
    now = database_clock.now()
    made = _ORDERS.insert(
        [
            (
                identity,
                event.account_id,
                event.order_number,
                event.storefront_id,
                now,
                now + orders.WAKE_UP_PATIENCE if announced[identity] else None,
                1,
                traces[identity],
                now,
                now,
            )
            # In one order everywhere: two processes that make the same orders wait for, and never block, each other.
            for identity, event in sorted(wanted.items())
        ]
    )
    rows: dict[str, _Row] = {}
    for identity, pk in made:
        event = wanted[identity]
        rows[identity] = _Row(pk, event.account_id, traces[identity], announced[identity], made=True)
    if known := {identity: event for identity, event in wanted.items() if identity not in rows}:
        rows |= _known_rows(known, announced)
    return rows


def _known_rows(wanted: dict[str, WebhookEvent], announced: dict[str, bool]) -> dict[str, _Row]:
    """The rows that were there before: by their identity, else by their number (the release before left it blank)."""
    of_account = {(event.account_id, event.order_number): identity for identity, event in wanted.items()}
    same_number = Q(
        account__in={account for account, _ in of_account}, number__in={number for _, number in of_account}
    )
    # Locked in the order of their rows: two bundles with the same orders wait for, and never block, each other.
    found = (
        Order.objects.filter(Q(identity__in=list(wanted)) | same_number)
        .select_for_update()
        .order_by("pk")
        .values_list("identity", "account", "number", "pk", "status", "trace_parent")
    )
    rows: dict[str, _Row] = {}
    for known_as, account, number, pk, status, trace in found:
        identity = known_as if known_as in wanted else of_account.get((account, number))
        if identity is not None and (known_as == identity or identity not in rows):
            on_hold = status == OrderStatus.ON_HOLD
            rows[identity] = _Row(pk, account, trace, announced[identity], on_hold=on_hold)
    if len(rows) < len(wanted):
        raise IntegrityError("An order was deleted in this very moment.")
    return rows


def note_served_elsewhere(event: WebhookEvent, order: Order) -> None:
    """Say on the event that its order came through another account row of the same subscription first."""
    event.detail = (
        f"Already served by the storefront {order.storefront} of the account {order.account}: recorded with its order, "
        "which is not sent twice."
    )[:300]


def _note_served_elsewhere(event: WebhookEvent, order_id: int) -> None:
    note_served_elsewhere(event, Order.objects.select_related("storefront", "account").get(pk=order_id))


def _is_own_event(event: WebhookEvent) -> bool:
    if not own_events.use_own_event(event.account, event.type_name, event.order_number, event.item_seq):
        return False
    event.detail = "Caused by a stage that the hub set; nothing to do."
    return True


def _made_entry(event: WebhookEvent) -> AuditEntry:
    storefront = event.storefront.name if event.storefront is not None else ""
    return audit.entry("order.created", {"storefront": storefront}, order=event.order_id, actor="Pressero")


def received(event: WebhookEvent, type_: str = "event.received") -> AuditEntry:
    """The line of the timeline about an event (not stored yet)."""
    data = {
        "type": event.type_name or f"event type {event.type_number}",
        "event": event.pk,
        "item": event.item_seq,
    }
    return audit.entry(type_, data, order=event.order_id, actor="Pressero")


def _wake(made: Collection[_Row], known: dict[int, _Row]) -> None:
    for row in made:
        if row.announced:
            orders.announce(row.pk)
    waiting = sorted(known)
    orders.make_due(waiting)
    for pk in waiting:
        if known[pk].announced:
            orders.send_wake_up(pk)
