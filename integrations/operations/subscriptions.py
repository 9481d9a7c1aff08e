"""What staff do to subscriptions and their deliveries: try one, give it a new secret, pause and resume it, send events
again. Nothing is called from here; a worker sends (core/events/)."""

from __future__ import annotations

from datetime import timedelta

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from automationhub.lib import database_clock
from automationhub.lib.fields import EncryptedSecret
from integrations.core.audit import log as audit
from integrations.core.workqueue import outbox
from integrations.enums import DeliveryState, EventType
from integrations.errors import NotAllowed
from integrations.models import EventDelivery, OutgoingEvent, Subscription
from integrations.models.subscriptions import new_secret, secret_problem
from integrations.stored import StoredEventData

# Events and the log of their deliveries are kept for so long: enough to look into a receiver that was down over a holiday.
RETENTION = timedelta(days=30)
_AT_ONCE = 1000


def send_test(
    subscription: Subscription, *, actor: str, user: AbstractBaseUser | None = None
) -> EventDelivery:
    """Have a test event sent, also to a subscription that is inactive or paused."""
    now = database_clock.now()
    with transaction.atomic():
        event = OutgoingEvent.objects.create(
            type=EventType.TEST,
            at=now,
            data=StoredEventData(subscription=subscription.name, message="This is a test event."),
        )
        delivery = EventDelivery.objects.create(subscription=subscription, event=event, due_at=now)
        audit.record("subscription.tested", {"name": subscription.name}, actor=actor, user=user)
        outbox.ask_for_worker()
    return delivery


def rotate_secret(
    subscription: Subscription, *, typed: str = "", actor: str, user: AbstractBaseUser | None = None
) -> str:
    """Give it a new secret and return that; the one before signs beside it until `end_rotation`.

    Raises NotAllowed when `typed` cannot be a secret, or when a rotation is under way already.
    """
    if typed and (problem := secret_problem(typed)):
        raise NotAllowed(problem)
    plain = typed or new_secret()
    with transaction.atomic():
        row = Subscription.objects.select_for_update(no_key=True).get(pk=subscription.pk)
        if row.old_secret:
            raise NotAllowed(
                f"“{row.name}” signs with two secrets already. Remove the previous one first, when its receiver "
                "knows the new one."
            )
        row.old_secret, row.secret = row.secret, EncryptedSecret.of(plain)
        row.save(update_fields=["old_secret", "secret", "updated_at"])
        audit.record("subscription.rotated", {"name": row.name}, actor=actor, user=user)
    return plain


def end_rotation(subscription: Subscription, *, actor: str, user: AbstractBaseUser | None = None) -> None:
    """Remove the previous secret. Raises NotAllowed when there is none."""
    with transaction.atomic():
        row = Subscription.objects.select_for_update(no_key=True).get(pk=subscription.pk)
        if not row.old_secret:
            raise NotAllowed(f"“{row.name}” signs with one secret only.")
        row.old_secret = EncryptedSecret()
        row.save(update_fields=["old_secret", "updated_at"])
        audit.record("subscription.rotation_ended", {"name": row.name}, actor=actor, user=user)


def pause(subscription: Subscription, *, actor: str, user: AbstractBaseUser | None = None) -> None:
    """Let its events wait until someone resumes it."""
    with transaction.atomic():
        Subscription.objects.filter(pk=subscription.pk).update(paused_at=timezone.now())
        reason = f"Paused by {actor}."
        audit.record(
            "subscription.paused", {"name": subscription.name, "reason": reason}, actor=actor, user=user
        )


def resume(subscription: Subscription, *, actor: str, user: AbstractBaseUser | None = None) -> int:
    """Send the events that wait, each with 24 hours of its own; how many there are."""
    now = database_clock.now()
    well = {"failures": 0, "failing_since": None, "retry_at": None, "problem": ""}
    with transaction.atomic():
        Subscription.objects.filter(pk=subscription.pk).update(paused_at=None, **well)
        waiting = EventDelivery.objects.filter(subscription=subscription, due_at__isnull=False)
        count = waiting.update(due_at=now, attempts=0, first_tried_at=None)
        audit.record("subscription.resumed", {"name": subscription.name}, actor=actor, user=user)
        outbox.ask_for_worker()
    return count


def replay(
    deliveries: QuerySet[EventDelivery],
    subscription: Subscription,
    *,
    actor: str,
    user: AbstractBaseUser | None = None,
) -> int:
    """Send these events to the subscription again, with their `webhook-id`; how many there are. Those that wait are sent
    now."""
    fresh = {
        "state": DeliveryState.PENDING,
        "due_at": database_clock.now(),
        "attempts": 0,
        "first_tried_at": None,
    }
    with transaction.atomic():
        count = EventDelivery.objects.filter(
            pk__in=list(deliveries.filter(subscription=subscription).values_list("pk", flat=True))
        ).update(**fresh)
        if count:
            facts = {"name": subscription.name, "count": count}
            audit.record("subscription.replayed", facts, actor=actor, user=user)
            outbox.ask_for_worker()
    return count


def failed_of(subscription: Subscription) -> QuerySet[EventDelivery]:
    """Its events that are not retried anymore."""
    return EventDelivery.objects.filter(subscription=subscription, state=DeliveryState.FAILED).exclude(
        event__type=EventType.TEST
    )


def forget_old() -> int:
    """Remove events and deliveries of more than 30 days ago; how many events."""
    old = OutgoingEvent.objects.filter(at__lt=timezone.now() - RETENTION).order_by("at")
    removed = 0
    while ids := list(old.values_list("pk", flat=True)[:_AT_ONCE]):
        OutgoingEvent.objects.filter(pk__in=ids).delete()
        removed += len(ids)
    return removed
