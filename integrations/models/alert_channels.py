"""Where alerts go besides mail: a chat, a phone, any service of Apprise; and each alert's way to each of them."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from django.utils import timezone

from automationhub.lib.apprise_process import problem_of
from automationhub.lib.fields import EncryptedTextField
from integrations.models.alerts import Alert, AlertKind
from integrations.models.storefronts import Storefront

# Alerts to one person by name, and those that each address asks for.
MAIL_ONLY = (AlertKind.ASSIGNED, AlertKind.MENTIONED, AlertKind.DIGEST, AlertKind.TRIAL)
CHANNEL_KINDS = tuple(one.value for one in AlertKind if one not in MAIL_ONLY)


def validate_kinds(value: Any) -> None:
    """A list of kinds of alerts; an empty one stands for all."""
    if not isinstance(value, list):
        raise ValidationError("Kinds must be a list.")
    if unknown := [one for one in value if one not in CHANNEL_KINDS]:
        raise ValidationError(f"Unknown kind “{unknown[0]}”. Known kinds: {', '.join(CHANNEL_KINDS)}.")


class AlertChannel(models.Model):
    """A chat, phone or other service that is told of alerts."""

    name = models.CharField(max_length=100, unique=True, help_text="What this channel is called in the hub.")
    url = EncryptedTextField(
        "address",
        help_text="An Apprise address, such as slack://…, msteams://…, discord://… or mailto://…. It holds the service's "
        "secret, so it is stored encrypted and never shown again.",
    )
    storefronts = models.ManyToManyField(
        Storefront,
        blank=True,
        related_name="alert_channels",
        help_text="Only alerts about these. Select none for all.",
    )
    kinds: models.JSONField[list[str], list[str]] = models.JSONField(
        default=list,
        db_default=[],
        blank=True,
        validators=[validate_kinds],
        help_text="Which alerts are sent. Select none for all.",
    )
    quiet_from = models.TimeField(
        null=True, blank=True, help_text="From then on messages wait, every day, in the portal's time zone."
    )
    quiet_until = models.TimeField(null=True, blank=True, help_text="Messages that waited are sent then.")
    repeat_hours = models.PositiveSmallIntegerField(
        default=0,
        db_default=0,
        help_text="Send a message again after so many hours, until someone acknowledges the alert or its order is fine. "
        "0: never.",
    )
    active = models.BooleanField(default=True, db_default=True)

    # --- how it goes (core/alert_channels.py) ---
    failures = models.PositiveIntegerField(default=0, db_default=0)
    failing_since = models.DateTimeField(null=True, blank=True)
    retry_at = models.DateTimeField(null=True, blank=True)
    problem = models.TextField(blank=True, default="", db_default="")
    sent_at = models.DateTimeField("last message", null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        verbose_name = "alert channel"
        ordering = ["name"]
        permissions = [("test_alertchannel", "Can send a trial message to an alert channel")]

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        super().clean()
        if (self.quiet_from is None) != (self.quiet_until is None):
            raise ValidationError({"quiet_until": "Quiet hours need a beginning and an end."})
        before = type(self)._default_manager.filter(pk=self.pk).first() if self.pk else None
        entered = self.url and (before is None or before.url.stored != self.url.stored)
        if entered and (problem := problem_of(self.url.reveal(), settings.OUTGOING_INTERNAL_HOSTS)):
            raise ValidationError({"url": problem})

    def wants(self, kind: str) -> bool:
        """Whether alerts of this kind are sent to it."""
        return kind in (self.kinds or CHANNEL_KINDS)

    def may_send_at(self, now: datetime) -> datetime:
        """`now`, or the end of the quiet hours it falls into."""
        if self.quiet_from is None or self.quiet_until is None or self.quiet_from == self.quiet_until:
            return now
        local = timezone.localtime(now, timezone.get_default_timezone())
        if not _is_within(local.time(), self.quiet_from, self.quiet_until):
            return now
        end = local.replace(
            hour=self.quiet_until.hour, minute=self.quiet_until.minute, second=0, microsecond=0
        )
        return end if end > local else end + timedelta(days=1)


def _is_within(moment: time, begin: time, end: time) -> bool:
    """Whether a time of day is in these hours, which may go past midnight."""
    return begin <= moment < end if begin < end else moment >= begin or moment < end


class ChannelMessage(models.Model):
    """One alert on its way to one channel."""

    alert = models.ForeignKey(Alert, on_delete=models.CASCADE, related_name="messages")
    channel = models.ForeignKey(AlertChannel, on_delete=models.CASCADE, related_name="messages")
    due_at = models.DateTimeField(null=True, blank=True, help_text="Blank: nothing to send.")
    attempts = models.PositiveIntegerField(
        default=0, db_default=0, help_text="Since the last success, counted before each."
    )
    sent_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = "channel message"
        ordering = ["-id"]
        default_permissions = ()
        constraints = [models.UniqueConstraint(fields=["alert", "channel"], name="alert_once_per_channel")]
        indexes = [
            models.Index(fields=["due_at"], condition=Q(due_at__isnull=False), name="channel_message_due")
        ]

    def __str__(self) -> str:
        return f"{self.alert} to {self.channel}"
