"""Sending events that are due: to several systems at the same time, and in their order for each order and system.

One worker sends at a time, whatever machine it is on. The calls are made in threads; the database is only used by the
worker's own. A call that was made and could not be noted is made again: at least once, with the same `webhook-id`.
"""

from __future__ import annotations

import logging
import time
from collections import Counter
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from django.db.models import Exists, OuterRef, QuerySet

from automationhub.lib import database_clock
from automationhub.lib.crypto import CredentialsKeyError
from integrations.clients.http import outgoing
from integrations.clients.http.answers import NoAnswer
from integrations.clients.http.transport import sent_within
from integrations.core.events import health, signing
from integrations.core.events.health import Failure
from integrations.core.events.spread import spread
from integrations.core.workqueue import deliveries, failures, outbox, work_leases
from integrations.core.workqueue.work_leases import Work
from integrations.errors import LeaseLost
from integrations.models import EventDelivery, Subscription

logger = logging.getLogger(__name__)

SENDING = "sending events"
# Longer than one call can take (15 s), with room: between calls the lease is renewed.
LEASE = timedelta(seconds=60)
# Seconds after it was prepared within which a call leaves; its answer takes up to 15 s more, all within the lease.
SEND_WITHIN = 20.0
# Calls at the same time: to all systems, to one, and to one whose last call failed.
MOST_AT_ONCE, MOST_TO_ONE, MOST_TO_A_FAILING = 16, 8, 1


@dataclass(frozen=True)
class SendAttempt:
    """One try of one delivery, with all that a thread needs for it."""

    delivery: EventDelivery
    url: str
    body: bytes
    headers: dict[str, str]
    leaves_until: float


@dataclass(frozen=True)
class SendOutcome:
    """How a try ended: with an answer, or with what went wrong."""

    milliseconds: int
    status: int | None = None
    answer: str = ""
    failure: Failure | None = None


def send_due(*, budget: float) -> int:
    """Send what is due until nothing is, or `budget` seconds are over; how many events were delivered."""
    work = work_leases.start(SENDING, length=LEASE)
    if work is None:
        return 0
    sender = _Sender(work, time.monotonic() + budget)
    try:
        spread()
        sender.run()
    except LeaseLost as lost:
        logger.warning("Sending events: %s", lost.message)
    finally:
        work.finish()
    return sender.delivered


@dataclass
class _Sender:
    work: Work
    stop_at: float
    delivered: int = 0
    _under_way: dict[Future[SendOutcome], SendAttempt] = field(default_factory=dict)
    # Systems whose call failed in this run: they are left alone for the rest of it.
    _rested: set[int] = field(default_factory=set)

    def run(self) -> None:
        with ThreadPoolExecutor(MOST_AT_ONCE, thread_name_prefix="events") as pool:
            while True:
                if time.monotonic() < self.stop_at:
                    self._begin_more(pool)
                if not self._under_way:
                    return
                done, _ = wait(
                    self._under_way, timeout=LEASE.total_seconds() / 4, return_when=FIRST_COMPLETED
                )
                self.work.renew()
                for future in done:
                    self._note(self._under_way.pop(future), future.result())

    def _begin_more(self, pool: ThreadPoolExecutor) -> None:
        under_way = [call.delivery for call in self._under_way.values()]
        busy = Counter(delivery.subscription_id for delivery in under_way)
        for pk, failed in list(_with_work().values_list("pk", "failures")):
            most = MOST_TO_A_FAILING if failed else MOST_TO_ONE
            room = min(most - busy[pk], MOST_AT_ONCE - len(self._under_way))
            if room <= 0 or pk in self._rested:
                continue
            for delivery in _first_of_orders(pk, without=under_way)[:room]:
                self._begin(pool, delivery)

    def _begin(self, pool: ThreadPoolExecutor, delivery: EventDelivery) -> None:
        try:
            call = _prepare(delivery)
        except CredentialsKeyError as error:
            failure = failures.understood(error, f"Sending an event to {delivery.subscription}")
            self._note_failure(delivery, SendOutcome(0, failure=Failure(failure.message)))
            return
        self._under_way[pool.submit(_make, call)] = call

    def _note(self, call: SendAttempt, outcome: SendOutcome) -> None:
        if outcome.failure is not None:
            self._note_failure(call.delivery, outcome)
            return
        with self.work.holding(or_over=True) as now:
            health.delivered(call.delivery, now, **_columns(outcome))
        self.delivered += 1

    def _note_failure(self, delivery: EventDelivery, outcome: SendOutcome) -> None:
        assert outcome.failure is not None  # noqa: S101 - the caller has looked
        self._rested.add(delivery.subscription_id)
        with self.work.holding(or_over=True) as now:
            health.failed(
                delivery,
                outcome.failure,
                now,
                jitter=deliveries.jitter(),
                **_columns(outcome),
            )


def _with_work() -> QuerySet[Subscription]:
    mine = EventDelivery.objects.filter(outbox.due(), subscription=OuterRef("pk"))
    return Subscription.objects.filter(Exists(mine)).order_by("pk")


def _first_of_orders(subscription: int, *, without: list[EventDelivery]) -> QuerySet[EventDelivery]:
    """What may be sent to a system now: of each order the oldest event that waits, oldest first."""
    earlier = EventDelivery.objects.filter(
        due_at__isnull=False,
        subscription=OuterRef("subscription"),
        order=OuterRef("order"),
        event__lt=OuterRef("event"),
    )
    found = EventDelivery.objects.filter(outbox.due(), ~Exists(earlier), subscription=subscription)
    return (
        found.exclude(pk__in=[one.pk for one in without])
        .select_related("event", "subscription")
        .order_by("event")
    )


def _prepare(delivery: EventDelivery) -> SendAttempt:
    subscription, event = delivery.subscription, delivery.event
    secrets = [one.reveal() for one in (subscription.secret, subscription.old_secret) if one]
    body = signing.body_of(event)
    headers = signing.headers_of(event.message_id, body, secrets, database_clock.now())
    return SendAttempt(delivery, subscription.url, body, headers, time.monotonic() + SEND_WITHIN)


def _make(call: SendAttempt) -> SendOutcome:
    """Make the call, in a thread: nothing here touches the database, and nothing is raised."""
    started = time.monotonic()

    def took() -> int:
        return round((time.monotonic() - started) * 1000)

    try:
        with sent_within(call.leaves_until - started):
            reply = outgoing.post(call.url, call.body, call.headers)
    except NoAnswer as silence:
        return SendOutcome(took(), failure=Failure(_sentence(silence.detail), answered=False))
    except Exception as error:  # noqa: BLE001 - the ladder logs what it does not know
        failure = failures.understood(error, f"Sending an event to {call.delivery.subscription}")
        return SendOutcome(took(), failure=Failure(failure.message, answered=False))
    if reply.accepted:
        return SendOutcome(took(), reply.status, reply.text)
    return SendOutcome(took(), reply.status, reply.text, health.refusal(reply))


def _sentence(detail: str) -> str:
    return f"{detail[:1].upper()}{detail[1:].rstrip('.')}."


def _columns(outcome: SendOutcome) -> dict[str, Any]:
    return {
        "status_code": outcome.status,
        "milliseconds": outcome.milliseconds,
        "answer": outcome.answer,
    }
