"""Mails to staff: a row first, sent by a worker afterwards, so that a failing mail server delays nothing."""

from __future__ import annotations

from django.db import models

from integrations.models.orders import Order


class AlertKind(models.TextChoices):
    NEEDS_ATTENTION = "needs_attention", "Needs attention"
    CHANGED = "changed_after_submission", "Changed after submission"
    CONNECTION_DOWN = "connection_down", "Connection down"
    CONNECTION_UP = "connection_up", "Connection restored"
    SCHEME_CHANGED = "scheme_changed", "Webhook signature changed"
    ADDRESS_CHANGED = "address_changed", "The address of a connection changed"
    EVENTS_PAUSED = "events_paused", "Events to another system are paused"
    ORDER_OVERDUE = "order_overdue", "An order waits too long for a worker"
    SLOW = "slower_than_usual", "Orders take longer than usual"
    SHIP_DATE = "ship_date_near", "Ship date near without a job"
    SILENCE = "silence", "No orders in business hours"
    DISK_FULL = "disk_full", "A disk is nearly full"
    CLOCK_WRONG = "clock_wrong", "A worker's clock is wrong"
    RULE_OVER = "back_to_normal", "Back to normal"
    CHANNEL_FAILED = "channel_failed", "An alert channel fails"
    RECOVERED = "recovered", "No longer needs attention"
    LICENSE = "license_expired", "A license has expired"
    EXPIRES = "expires_soon", "A token or certificate expires soon"
    ASSIGNED = "assigned", "Assigned to you"
    MENTIONED = "mentioned", "You were mentioned"
    DIGEST = "digest", "Daily summary"
    TRIAL = "trial", "Test alert"


class Alert(models.Model):
    """One thing told once: about an order and cause, or (without an order) about a connection or a day.

    Alerts of one kind and group that wait together for the same people go out as one mail.
    """

    order = models.ForeignKey(Order, null=True, blank=True, on_delete=models.CASCADE, related_name="alerts")
    kind = models.CharField(db_default="", default="", max_length=32, choices=AlertKind.choices)
    cause = models.CharField(
        max_length=64, help_text="A hash of what it is about; the same alert is not raised twice."
    )
    group = models.CharField(
        max_length=200,
        blank=True,
        help_text="What several orders have in common (causes.py, `Cause.key`), or the connection.",
    )
    text = models.TextField()
    recipients: models.JSONField[list[str], list[str]] = models.JSONField(default=list)
    created_at = models.DateTimeField(auto_now_add=True)
    sent_at = models.DateTimeField(null=True, blank=True)
    attempts = models.PositiveIntegerField(default=0)
    error = models.TextField(blank=True)
    acknowledged_at = models.DateTimeField(null=True, blank=True)
    acknowledged_by = models.CharField(max_length=200, blank=True, default="", db_default="")
    resolved_at = models.DateTimeField(
        null=True, blank=True, help_text="When its order was found to be fine again."
    )

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["order", "kind", "cause"], name="alert_once"),
            models.UniqueConstraint(
                fields=["kind", "cause"],
                condition=models.Q(order__isnull=True),
                name="alert_once_without_order",
            ),
        ]
        indexes = [
            models.Index(fields=["id"], condition=models.Q(sent_at__isnull=True), name="alert_unsent"),
            models.Index(
                fields=["kind", "id"], condition=models.Q(resolved_at__isnull=True), name="alert_unresolved"
            ),
        ]
        permissions = [("acknowledge_alert", "Can acknowledge an alert")]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.text[:80]}"
