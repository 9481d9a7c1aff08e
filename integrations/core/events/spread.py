"""Events that were stored become what is sent: their data once, and one delivery for each subscription that wants it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime

from django.db import transaction
from django.urls import reverse

from automationhub.lib.database_clock import database_now
from automationhub.lib.portal import portal_link
from integrations.enums import JobState
from integrations.models import EventDelivery, Order, OutgoingEvent, PaceJob, Subscription
from integrations.stored import StoredEventData

AT_A_TIME = 200


def spread() -> int:
    """Make the deliveries of events that have none yet; how many events there were. Call it holding the senders' lease."""
    done = 0
    while True:
        with transaction.atomic():
            events = list(OutgoingEvent.objects.filter(data__isnull=True).order_by("pk")[:AT_A_TIME])
            if events:
                _make_deliveries(events)
        done += len(events)
        if len(events) < AT_A_TIME:
            return done


def _make_deliveries(events: Sequence[OutgoingEvent]) -> None:
    subscriptions = list(Subscription.objects.filter(active=True))
    orders = _facts_of({event.order_id for event in events if event.order_id is not None})
    deliveries: list[EventDelivery] = []
    unwanted: list[int] = []
    for event in events:
        listeners = [one for one in subscriptions if one.wants(event.type)]
        if not listeners:
            unwanted.append(event.pk)
            continue
        event.data = orders[event.order_id or 0].data(event)
        deliveries += [
            EventDelivery(subscription=one, event=event, order_id=event.order_id, due_at=database_now())
            for one in listeners
        ]
    OutgoingEvent.objects.bulk_update([event for event in events if event.data is not None], ["data"])
    EventDelivery.objects.bulk_create(deliveries, ignore_conflicts=True)
    # Its last listener was switched off after it happened.
    OutgoingEvent.objects.filter(pk__in=unwanted).delete()


class _Facts:
    """What is told about one order beside what happened to it."""

    def __init__(self, order: Order) -> None:
        self.order = order
        self.jobs: list[tuple[str, datetime | None]] = []

    def data(self, event: OutgoingEvent) -> StoredEventData:
        path = reverse("admin:integrations_order_change", args=[self.order.pk])
        # Jobs as they were at that moment: the event may be told later.
        jobs = [number for number, made_at in self.jobs if made_at is None or made_at <= event.at]
        return {
            "id": self.order.pk,
            "number": self.order.number,
            "storefront": self.order.storefront.name,
            "jobs": jobs,
            "message": "",
            **event.facts,
            "link": portal_link(path),
        }


def _facts_of(order_ids: set[int]) -> dict[int, _Facts]:
    rows = (
        Order.objects.filter(pk__in=order_ids).select_related("storefront").only("number", "storefront__name")
    )
    facts = {row.pk: _Facts(row) for row in rows}
    jobs: dict[int, list[tuple[str, datetime | None]]] = defaultdict(list)
    found = PaceJob.objects.filter(order__in=order_ids, state=JobState.DONE).exclude(number="").order_by("pk")
    for order_id, number, made_at in found.values_list("order", "number", "submitted_at"):
        jobs[order_id].append((number, made_at))
    for pk, one in facts.items():
        one.jobs = jobs[pk]
    return facts
