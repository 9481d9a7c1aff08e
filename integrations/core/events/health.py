"""What follows a try: for the delivery, and for its subscription, which is left alone while it fails and paused in the
end. Call all of it holding the senders' lease."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import F
from django.urls import reverse

from automationhub.lib.portal import portal_link
from integrations.clients.http.outgoing import Reply
from integrations.core import alerts
from integrations.core.audit import log as audit
from integrations.core.workqueue import retry_policy
from integrations.enums import DeliveryState, EventType
from integrations.models import EventDelivery, Subscription

# An event is retried for so long (docs/events.md §3), and a subscription that failed all that time is paused.
RETRY_FOR = timedelta(hours=24)
LONGEST_DELAY = 3600.0
# So many failures in a row are the system's, not one event's: it is then left alone for a while. Without any answer the
# first one is.
FAILURES_OF_A_SYSTEM = 3


@dataclass(frozen=True)
class Failure:
    """Why an event was not delivered. `gone`: the receiver wants no more. `wait`: seconds that it asked for."""

    sentence: str
    answered: bool = True
    gone: bool = False
    wait: float | None = None


def refusal(reply: Reply) -> Failure:
    """The failure that an answer other than success is."""
    if 300 <= reply.status < 400:
        where = f" to {reply.location[:200]}" if reply.location else ""
        return Failure(f"The receiver redirects{where}. Redirects are not followed; enter the final address.")
    if reply.status == 410:
        return Failure(
            "The receiver answered 410: it does not want events at this address anymore.", gone=True
        )
    return Failure(f"The receiver answered {reply.status}.", wait=reply.retry_after)


def delivered(delivery: EventDelivery, now: datetime, **columns: Any) -> None:
    """Note that the receiver has the event; a subscription that failed is well again."""
    _tried(
        delivery,
        now,
        state=DeliveryState.DELIVERED,
        due_at=None,
        delivered_at=now,
        problem="",
        **columns,
    )
    if delivery.event.type != EventType.TEST:
        well = {"failures": 0, "failing_since": None, "retry_at": None, "problem": "", "delivered_at": now}
        _set(delivery.subscription_id, **well)


def failed(
    delivery: EventDelivery, failure: Failure, now: datetime, *, jitter: float, **columns: Any
) -> None:
    """Note a failure: when the event is sent again, whether its subscription is left alone, and since when it fails."""
    attempt = delivery.attempts + 1
    test = delivery.event.type == EventType.TEST
    given_up = test or now - (delivery.first_tried_at or now) >= RETRY_FOR
    _tried(
        delivery,
        now,
        state=DeliveryState.FAILED if given_up else DeliveryState.PENDING,
        due_at=None if given_up else now + _delay(attempt, jitter, failure),
        problem=failure.sentence,
        **columns,
    )
    if test:
        return
    row = Subscription.objects.get(pk=delivery.subscription_id)
    failures, since = row.failures + 1, row.failing_since or now
    rests = not failure.answered or failures >= FAILURES_OF_A_SYSTEM
    _set(
        row.pk,
        failures=failures,
        failing_since=since,
        problem=failure.sentence,
        retry_at=now + _delay(failures, jitter, failure) if rests else None,
    )
    if row.paused_at is None and (failure.gone or now - since >= RETRY_FOR):
        _pause(row, failure, now)


def _delay(attempt: int, jitter: float, failure: Failure) -> timedelta:
    seconds = retry_policy.delay_seconds(attempt, jitter, longest=LONGEST_DELAY)
    return timedelta(seconds=max(seconds, min(failure.wait or 0, LONGEST_DELAY)))


def _tried(delivery: EventDelivery, now: datetime, **columns: Any) -> None:
    EventDelivery.objects.filter(pk=delivery.pk).update(
        attempts=F("attempts") + 1,
        first_tried_at=delivery.first_tried_at or now,
        tried_at=now,
        **columns,
    )


def _set(pk: int, **columns: Any) -> None:
    # Not by the manager of its own: what it is told of such columns would make all processes ask again what is wanted.
    Subscription._base_manager.filter(pk=pk).update(**columns)


def _pause(row: Subscription, failure: Failure, now: datetime) -> None:
    reason = failure.sentence if failure.gone else f"Nothing was delivered for 24 hours. {failure.sentence}"
    _set(row.pk, paused_at=now)
    audit.record("subscription.paused", {"name": row.name, "reason": reason})
    link = portal_link(reverse("admin:integrations_subscription_change", args=[row.pk]))
    where = f" ({link})" if link else ""
    alerts.raise_subscription_alert(
        f"Events to “{row.name}” are paused. {reason} Fix the receiver or its address, then select Resume on the "
        f"subscription's page{where}: the events that wait are then sent."
    )
