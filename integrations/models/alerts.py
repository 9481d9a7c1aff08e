"""Mails to staff: a row first, sent by a worker afterwards, so that a failing mail server delays nothing."""

from django.db import models

from integrations.models.orders import Order


class AlertKind(models.TextChoices):
    NEEDS_ATTENTION = "needs_attention", "Needs attention"
    CHANGED = "changed_after_submission", "Changed after submission"
    CONNECTION_DOWN = "connection_down", "Connection down"
    CONNECTION_UP = "connection_up", "Connection up again"
    SCHEME_CHANGED = "scheme_changed", "Webhooks are signed differently"
    DIGEST = "digest", "Daily summary"
    TRIAL = "trial", "Trial alert"


class Alert(models.Model):
    """One thing told once: about an order and cause, or (without an order) about a connection or a day.

    Alerts of one kind and group that wait together for the same people go out as one mail.
    """

    order = models.ForeignKey(Order, null=True, blank=True, on_delete=models.CASCADE, related_name="alerts")
    kind = models.CharField(max_length=32, choices=AlertKind.choices)
    cause = models.CharField(
        max_length=64, help_text="A hash of what it is about: the same is not told twice."
    )
    group = models.CharField(max_length=200, blank=True, help_text="What several orders have in common.")
    text = models.TextField()
    recipients = models.JSONField(default=list)
    created_at = models.DateTimeField(auto_now_add=True)
    sent_at = models.DateTimeField(null=True, blank=True)
    attempts = models.PositiveIntegerField(default=0)
    error = models.TextField(blank=True)

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
        indexes = [models.Index(fields=["id"], condition=models.Q(sent_at__isnull=True), name="alert_unsent")]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.text[:80]}"
