"""What other systems are to be told of orders: stored in the transaction that makes the change, sent by a worker later
(core/events/). Without an active subscription that wants it, an event costs nothing.
"""

from __future__ import annotations

from collections.abc import Iterable

from django.db.models import Q

from automationhub.lib import database_clock
from automationhub.lib.database_clock import database_now
from integrations.core.workqueue import messages as queue
from integrations.core.workqueue import work_leases
from integrations.enums import EventType, OrderStatus
from integrations.models import EventDelivery, OutgoingEvent, Subscription
from integrations.stored import StoredChangeName, StoredEventFacts

WAKE_UP = "send events"

# The status that a change leads to, and the event that tells of it beside `order.status_changed`. That an order needs
# attention is told by `needs_attention`: submitted orders may need it too.
_OF_STATUS = {OrderStatus.SUBMITTED: EventType.SUBMITTED, OrderStatus.COMPLETED: EventType.COMPLETED}


def received(order_ids: Iterable[int | None]) -> None:
    """New orders came."""
    _note([(EventType.RECEIVED, pk, {"status": OrderStatus.RECEIVED}) for pk in order_ids if pk is not None])


def status_changed(order_id: int, before: str, after: str, *, message: str = "") -> None:
    """An order's status is another one now. Nothing is noted when it is the same."""
    if before == after:
        return
    facts: StoredEventFacts = {
        "status": str(after),
        "previous_status": str(before),
        "message": message,
    }
    told: list[tuple[EventType, int, StoredEventFacts]] = [(EventType.STATUS_CHANGED, order_id, facts)]
    if type_ := _OF_STATUS.get(OrderStatus(after)):
        told.append((type_, order_id, {"status": str(after), "message": message}))
    _note(told)


def needs_attention(order_id: int, status: str, message: str) -> None:
    """A person must act on an order."""
    _note([(EventType.NEEDS_ATTENTION, order_id, {"status": str(status), "message": message})])


def changed(order_id: int, status: str, changes: Iterable[tuple[int | None, str]]) -> None:
    """Pressero changed an order after its submission: (item, field) each. Values are not told: they name people."""
    named: list[StoredChangeName] = [{"item": item, "field": field} for item, field in changes]
    _note([(EventType.CHANGED, order_id, {"status": str(status), "changes": named})])


def _note(events: list[tuple[EventType, int, StoredEventFacts]]) -> None:
    wanted = Subscription.objects.wanted_types()
    now = database_clock.now()
    rows = [
        OutgoingEvent(type=type_, order_id=order_id, at=now, facts=facts)
        for type_, order_id, facts in events
        if type_ in wanted
    ]
    if len(rows) == 1:
        rows[0].save(force_insert=True)
    elif rows:
        OutgoingEvent.objects.bulk_create(rows)


def ask_for_worker() -> None:
    """After the present transaction, have a worker send what is due."""
    work_leases.send_once(WAKE_UP, queue.ask_for_events)


def due() -> Q:
    """The condition for deliveries that may be sent now: of active subscriptions that are neither paused nor left alone
    for a while. A test goes out in any case."""
    now = database_now()
    open_ = Q(subscription__active=True, subscription__paused_at__isnull=True)
    rested = Q(subscription__retry_at__isnull=True) | Q(subscription__retry_at__lte=now)
    return Q(due_at__lte=now) & ((open_ & rested) | Q(event__type=EventType.TEST))


def wake_if_due() -> bool:
    """The clock's tick: wake a worker when an event waits. Two index look-ups when none does."""
    waits = (
        OutgoingEvent.objects.filter(data__isnull=True).exists()
        or EventDelivery.objects.filter(due()).exists()
    )
    if waits:
        ask_for_worker()
    return waits
