"""Mails to staff: a row first, sent by a worker afterwards, so that a failing mail server delays nothing."""

from django.db import models

from integrations.models.orders import Order


class AlertKind(models.TextChoices):
    NEEDS_ATTENTION = "needs_attention", "An order needs attention"
    CHANGED = "changed_after_submission", "An order changed after submission"


class Alert(models.Model):
    """One mail about one order and cause, sent at most once."""

    order = models.ForeignKey(Order, on_delete=models.CASCADE, related_name="alerts")
    kind = models.CharField(max_length=32, choices=AlertKind.choices)
    cause = models.CharField(
        max_length=64, help_text="A hash of what it is about: the same is not told twice."
    )
    text = models.TextField()
    recipients = models.JSONField(default=list)
    created_at = models.DateTimeField(auto_now_add=True)
    sent_at = models.DateTimeField(null=True, blank=True)
    attempts = models.PositiveIntegerField(default=0)
    error = models.TextField(blank=True)

    class Meta:
        ordering = ["-id"]
        constraints = [models.UniqueConstraint(fields=["order", "kind", "cause"], name="alert_once")]
        indexes = [models.Index(fields=["id"], condition=models.Q(sent_at__isnull=True), name="alert_unsent")]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.text[:80]}"
