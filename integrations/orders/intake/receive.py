"""Taking genuine events in: store the text, make the order once, wake a worker. No other system is called."""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils import timezone

from automationhub.lib.write_batches import WriteBatches
from integrations.clients.pressero.webhooks import Envelope
from integrations.core import order_trace
from integrations.core.audit import log as audit
from integrations.core.workqueue import orders, outbox
from integrations.enums import EventVerdict, OrderStatus
from integrations.models import Order, PresseroAccount, Storefront, WebhookEvent
from integrations.orders.intake import event_store

# Longer ones are kept by their hash; the column has room for the mark of a conflict too.
MAX_MESSAGE_ID = 120


@dataclass(frozen=True)
class Receipt:
    """What the sender is told: the stored event, and whether it had come before."""

    event_id: int
    duplicate: bool
    trace_parent: str = ""
    # The number of the order that came to be by this event.
    made: int | None = None


class AccountGone(Exception):
    """The account was deleted while its event was on the way."""


def receive(
    account: PresseroAccount,
    raw: bytes,
    envelope: Envelope,
    *,
    scheme: str = "",
    remote_address: str | None = None,
) -> Receipt:
    """Store a genuine event, once per MessageID, and make its order due. Insert first: the constraint decides.

    Events that other threads receive at the same moment are stored in the same transaction. Raises AccountGone.
    """
    digest = hashlib.sha256(raw).hexdigest()
    message_id = envelope.message_id or f"sha256:{digest}"
    if len(message_id) > MAX_MESSAGE_ID:
        message_id = f"sha256-of-id:{hashlib.sha256(message_id.encode()).hexdigest()}"
    event = WebhookEvent(
        account=account,
        message_id=message_id,
        body=raw.decode(),
        body_sha256=digest,
        hash_scheme=scheme,
        remote_address=remote_address,
        type_name=envelope.type_name[:80],
        type_number=envelope.type_number,
        site_id=envelope.site_id[:64],
        order_number=envelope.order_number,
        item_seq=envelope.item_seq,
        occurred_at=envelope.occurred_at,
    )
    try:
        try:
            _batches.put((event, envelope))
        except IntegrityError:
            if _is_known(event):
                return _repeated(event)
            # Another process has made the same order in this very moment: now it is there.
            _batches.put((event, envelope))
    except IntegrityError:
        return _repeated(event)
    made = event.order_number if event.made_order else None
    return Receipt(event.pk, duplicate=False, trace_parent=event.trace_parent, made=made)


def _store(arrived: Sequence[tuple[WebhookEvent, Envelope]]) -> None:
    events = [event for event, _ in arrived]
    storefronts = event_store.storefronts_of(events)
    for event, envelope in arrived:
        event.storefront = event_store.storefront_of(event, storefronts)
        event.verdict, event.detail = _judge(envelope, event.storefront)
    event_store.store(events)


_batches: WriteBatches[tuple[WebhookEvent, Envelope]] = WriteBatches(_store)


def _is_known(event: WebhookEvent) -> bool:
    return WebhookEvent.objects.filter(account=event.account_id, message_id=event.message_id).exists()


def _judge(envelope: Envelope, storefront: Storefront | None) -> tuple[EventVerdict, str]:
    if envelope.order_number is None:
        verdict = EventVerdict.NO_ORDER if envelope.known else EventVerdict.UNKNOWN_TYPE
        return verdict, "The event is not about an order; it is stored for reference."
    if storefront is None:
        return (
            EventVerdict.UNKNOWN_SITE,
            "No storefront has this site ID. Set one up, and the event is processed automatically.",
        )
    if not storefront.active:
        return (
            EventVerdict.INACTIVE_SITE,
            "The storefront is inactive. Activate it, and the event is processed automatically.",
        )
    if not envelope.known:
        return (
            EventVerdict.UNKNOWN_TYPE,
            "The type is unknown, but it names an order; that order is checked.",
        )
    return _judge_age(envelope.occurred_at)


def _judge_age(occurred_at: datetime | None) -> tuple[EventVerdict, str]:
    """A late event is marked and taken in: the order is read afresh anyway, so an old one can do no harm, and a genuine
    one may well be late. A replayed one does nothing: its MessageID is known for ever."""
    age = timezone.now() - occurred_at if occurred_at is not None else timedelta(0)
    if settings.WEBHOOK_LATE_HOURS and age > timedelta(hours=settings.WEBHOOK_LATE_HOURS):
        reason = f"It is dated {age.days} days before it arrived. Its order is read again, as always."
        return EventVerdict.LATE, reason
    return EventVerdict.ACCEPTED, ""


def _take_in_again(event: WebhookEvent, *, entry: str = "event.received") -> None:
    """Save a stored event with its order (made once) and make that due, when its storefront is known and active."""
    storefront, number = event.storefront, event.order_number
    if storefront is None or not storefront.active or number is None:
        event.save()
        return
    event.order = ensure_order(storefront, number)
    if event.order.account_id != event.account_id:
        event_store.note_served_elsewhere(event, event.order)
    event.save()
    audit.record_all([event_store.received(event, entry)])
    if event.order.status != OrderStatus.ON_HOLD:
        orders.wake(event.order.pk)


def ensure_order(storefront: Storefront, number: int, *, actor: str = "Pressero") -> Order:
    """The order's row, made once whoever asks first, and through whichever account of the subscription."""
    account = storefront.pressero_account
    defaults: dict[str, Any] = {"account": account, "number": number, "storefront": storefront}
    # Called only when the row is made.
    defaults["trace_parent"] = partial(order_trace.begin, number)
    try:
        with transaction.atomic():
            order, created = Order.objects.get_or_create(
                identity=account.identity_of(number), defaults=defaults
            )
            if created:
                outbox.received([order.pk])
    except IntegrityError:
        # A row of the release before, whose identity is not taken yet.
        order, created = Order.objects.get(account=account, number=number), False
    if created:
        audit.record("order.created", {"storefront": storefront.name}, order=order, actor=actor)
    return order


def take_in(storefront: Storefront, number: int, *, why: str, actor: str) -> Order:
    """Take an order in as if an event had come (commands, reconcile)."""
    with transaction.atomic():
        order = ensure_order(storefront, number, actor=actor)
        audit.record("order.wanted", {"why": why}, order=order, actor=actor)
        if order.status != OrderStatus.ON_HOLD:
            orders.wake(order.pk)
    return order


def _repeated(event: WebhookEvent) -> Receipt:
    """The MessageID is known. Other content under it is kept as a row of its own, so that nothing is lost."""
    first = WebhookEvent.objects.filter(account=event.account, message_id=event.message_id).first()
    if first is None:
        raise AccountGone
    WebhookEvent.objects.filter(pk=first.pk).update(repeats=F("repeats") + 1)
    if first.body_sha256 == event.body_sha256:
        return Receipt(first.pk, duplicate=True)
    event.message_id = f"{event.message_id}#{event.body_sha256[:32]}"
    if event.verdict in (EventVerdict.ACCEPTED, EventVerdict.LATE):
        event.verdict = EventVerdict.CONFLICT
    event.detail = f"Event {first.pk} arrived with the same MessageID but different content."
    with contextlib.suppress(IntegrityError):  # this very conflict is stored already: a repeat of a repeat
        event_store.store([event])
    return Receipt(first.pk, duplicate=True)


def adopt_waiting_events(storefront: Storefront) -> int:
    """Take in the events that came before this storefront was set up or activated; how many there were."""
    if not storefront.active:
        return 0
    waiting = WebhookEvent.objects.filter(
        account_id=storefront.pressero_account_id,
        site_id__iexact=storefront.site_id,
        verdict__in=[EventVerdict.UNKNOWN_SITE, EventVerdict.INACTIVE_SITE],
    ).order_by("id")
    adopted = 0
    for event in waiting:
        with transaction.atomic():
            event.storefront = storefront
            event.verdict, event.detail = EventVerdict.ACCEPTED, "Processed when its storefront was set up."
            _take_in_again(event, entry="event.adopted")
        adopted += 1
    return adopted


def replay(event: WebhookEvent, *, actor: str) -> str:
    """Look at a stored event once more, with the storefronts of now; a sentence that says what came of it."""
    storefront = event.storefront or event_store.storefront_of(event, event_store.storefronts_of([event]))
    if event.order_number is None:
        return f"Event {event.pk} is not about an order; there is nothing to do."
    if storefront is None or not storefront.active:
        return f"Event {event.pk}: no active storefront has the site ID {event.site_id}. Set one up first."
    with transaction.atomic():
        event.storefront = storefront
        if event.verdict in (EventVerdict.UNKNOWN_SITE, EventVerdict.INACTIVE_SITE):
            event.verdict, event.detail = EventVerdict.ACCEPTED, f"Replayed by {actor}."
        _take_in_again(event)
    return f"Event {event.pk}: order {event.order_number} is checked again."
