"""Systems that want to hear of orders: subscriptions, the events that happened, and each event's way to each subscription.

The rows are the truth: an event is stored in the transaction that makes the change, and a worker sends it afterwards
(core/events/).
"""

from __future__ import annotations

import base64
import binascii
import secrets
import uuid
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q

from automationhub.lib.fields import EncryptedTextField
from automationhub.lib.outgoing import address_problem
from integrations.enums import DeliveryState, EventType
from integrations.models.active_cache import ActiveCache, CachedQuerySet
from integrations.models.destinations import Destination
from integrations.models.orders import Order
from integrations.stored import StoredEventData, StoredEventFacts

SECRET_PREFIX = "whsec_"  # noqa: S105 - the mark of such secrets (Standard Webhooks)
# Bytes of a secret: fewer could be guessed, more are a mistake.
_SECRET_BYTES = range(16, 129)
# What may be asked for; a test goes to whomever staff send it to.
SUBSCRIBABLE = tuple(one.value for one in EventType if one != EventType.TEST)

# The types of events that some active subscription wants, so that a change without listeners costs nothing.
WANTED_TYPES: ActiveCache[None, frozenset[str]] = ActiveCache()


def new_secret() -> str:
    """A random signing secret."""
    return SECRET_PREFIX + base64.b64encode(secrets.token_bytes(32)).decode()


def secret_problem(plain: str) -> str:
    """What is wrong with a signing secret; "" when it can be used."""
    try:
        key = base64.b64decode(plain.removeprefix(SECRET_PREFIX), validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if len(key) in _SECRET_BYTES:
        return ""
    return "The secret must be whsec_ followed by 24 to 64 random bytes in base64. Leave it blank to have one made."


def validate_events(value: Any) -> None:
    """A list of event types; an empty one stands for all."""
    if not isinstance(value, list):
        raise ValidationError("Events must be a list.")
    if unknown := [one for one in value if one not in SUBSCRIBABLE]:
        raise ValidationError(f"Unknown event “{unknown[0]}”. Known events: {', '.join(SUBSCRIBABLE)}.")


class SubscriptionQuerySet(CachedQuerySet["Subscription"]):
    """Subscriptions, and what the active ones want as this process knows it."""

    cache = WANTED_TYPES

    def wanted_types(self) -> frozenset[str]:
        """The types of events that at least one active subscription wants, as they were a moment ago."""
        found = WANTED_TYPES.get(None)
        if found is None:
            rows = self.filter(active=True).values_list("events", flat=True)
            found = frozenset(one for events in rows for one in events or SUBSCRIBABLE)
            WANTED_TYPES.put({None: found})
        return found


class Subscription(Destination):
    """A system that is told of orders as they change, by signed HTTP calls (docs/events.md)."""

    address_field = "url"
    sent_secrets = ("secret",)
    if_moved = "deactivate the subscription"

    name = models.CharField(max_length=100, unique=True, help_text="What this receiver is called in the hub.")
    url = models.CharField(
        "address",
        max_length=500,
        help_text="Where events are sent, such as https://example.com/hooks/orders. Must begin with https://; hosts "
        "inside your network must be named in OUTGOING_INTERNAL_HOSTS.",
    )
    secret = EncryptedTextField(
        blank=True,
        help_text="Signs each event, so that the receiver knows that the hub sent it. Leave blank to have one made.",
    )
    old_secret = EncryptedTextField(
        "previous secret", blank=True, help_text="Signs beside the new one during a rotation."
    )
    events: models.JSONField[list[str], list[str]] = models.JSONField(
        default=list,
        db_default=[],
        blank=True,
        validators=[validate_events],
        help_text="Which events are sent. Leave blank for all.",
    )
    active = models.BooleanField(
        default=True, db_default=True, help_text="Inactive subscriptions get no events, also not later."
    )

    # --- how it goes (core/events/) ---
    paused_at = models.DateTimeField(
        null=True, blank=True, help_text="Nothing is sent from then on; events wait."
    )
    failures = models.PositiveIntegerField(
        default=0, db_default=0, help_text="In a row, since the last success."
    )
    failing_since = models.DateTimeField(null=True, blank=True)
    retry_at = models.DateTimeField(
        null=True, blank=True, help_text="After several failures in a row nothing is sent before this time."
    )
    problem = models.TextField(blank=True, default="", db_default="")
    delivered_at = models.DateTimeField("last delivery", null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    objects = SubscriptionQuerySet.as_manager()

    class Meta:
        ordering = ["name"]
        permissions = [("test_subscription", "Can send a test event to a subscription")]

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        super().clean()
        if problem := address_problem(self.url, settings.OUTGOING_INTERNAL_HOSTS):
            raise ValidationError({"url": problem})
        before = self.stored()
        typed = self.secret and (before is None or before.secret.stored != self.secret.stored)
        if typed and (problem := secret_problem(self.secret.reveal())):
            raise ValidationError({"secret": problem})

    def wants(self, type_: str) -> bool:
        """Whether events of this type are sent to it."""
        return type_ in (self.events or SUBSCRIBABLE)

    def save(self, *args: Any, **kwargs: Any) -> None:
        if not self.secret:
            self.secret = new_secret()
        super().save(*args, **kwargs)
        WANTED_TYPES.forget_now_and_after_commit()

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        gone = super().delete(*args, **kwargs)
        WANTED_TYPES.forget_now_and_after_commit()
        return gone


class OutgoingEvent(models.Model):
    """Something that happened to an order and that other systems are told. `facts` are those of the moment; `data` is
    what is sent, made from them once by a worker."""

    uid = models.UUIDField(default=uuid.uuid4, unique=True, help_text="The webhook-id, the same at each try.")
    type = models.CharField(max_length=40, choices=EventType.choices)
    order = models.ForeignKey(
        Order, null=True, blank=True, on_delete=models.CASCADE, related_name="outgoing_events"
    )
    at = models.DateTimeField()
    facts: models.JSONField[StoredEventFacts, StoredEventFacts] = models.JSONField(
        default=dict, blank=True, db_default={}
    )
    data: models.JSONField[StoredEventData | None, StoredEventData | None] = models.JSONField(
        null=True, blank=True, help_text="Blank until its deliveries are made."
    )

    class Meta:
        verbose_name = "event sent"
        verbose_name_plural = "events sent"
        ordering = ["-id"]
        default_permissions = ()
        indexes = [
            models.Index(fields=["id"], condition=Q(data__isnull=True), name="event_without_deliveries"),
            models.Index(fields=["at"], name="outgoing_event_by_age"),
        ]

    def __str__(self) -> str:
        return f"{self.type} {self.message_id}"

    @property
    def message_id(self) -> str:
        """The `webhook-id` by which a receiver recognizes the event when it comes again."""
        return f"msg_{self.uid.hex}"


class EventDelivery(models.Model):
    """One event on its way to one subscription, and how the last try went."""

    subscription = models.ForeignKey(Subscription, on_delete=models.CASCADE, related_name="deliveries")
    event = models.ForeignKey(OutgoingEvent, on_delete=models.CASCADE, related_name="deliveries")
    order = models.ForeignKey(Order, null=True, blank=True, on_delete=models.CASCADE, related_name="+")
    state = models.CharField(
        max_length=10,
        choices=DeliveryState.choices,
        default=DeliveryState.PENDING,
        db_default=DeliveryState.PENDING,
    )
    due_at = models.DateTimeField(null=True, blank=True, help_text="Blank: nothing to send.")
    attempts = models.PositiveIntegerField(default=0, db_default=0)
    first_tried_at = models.DateTimeField(null=True, blank=True)
    tried_at = models.DateTimeField("last try", null=True, blank=True)
    delivered_at = models.DateTimeField(null=True, blank=True)
    status_code = models.PositiveSmallIntegerField("answer", null=True, blank=True)
    milliseconds = models.PositiveIntegerField(null=True, blank=True)
    problem = models.TextField(blank=True, default="", db_default="")
    answer = models.TextField(
        blank=True, default="", db_default="", help_text="The start of what was answered."
    )

    class Meta:
        verbose_name = "sent event"
        verbose_name_plural = "events sent"
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["subscription", "event"], name="event_once_per_subscription")
        ]
        indexes = [
            models.Index(
                fields=["subscription", "event"], condition=Q(due_at__isnull=False), name="delivery_waiting"
            ),
            models.Index(
                fields=["subscription", "order", "event"],
                condition=Q(due_at__isnull=False),
                name="delivery_first_of_order",
            ),
            models.Index(fields=["state", "-id"], name="delivery_by_state"),
        ]
        permissions = [("replay_eventdelivery", "Can send an event again")]

    def __str__(self) -> str:
        return f"{self.event.type} to {self.subscription}"
