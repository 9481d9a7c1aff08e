"""Rules that watch the hub (operations/watch): what staff have set of each, and what it saw last."""

from __future__ import annotations

from django.core.validators import MinValueValidator
from django.db import models


class AlertRule(models.Model):
    """One rule. The hub makes the rows; `open_findings` holds what was told and is not over, by what it is about."""

    key = models.CharField(max_length=30, unique=True, editable=False)
    active = models.BooleanField(default=True, help_text="An inactive rule watches, but sends no alerts.")
    threshold = models.PositiveIntegerField(null=True, blank=True, validators=[MinValueValidator(1)])
    value = models.CharField("last value", max_length=300, blank=True, default="", editable=False)
    checked_at = models.DateTimeField("last checked", null=True, editable=False)
    open_findings: models.JSONField[dict[str, str], dict[str, str]] = models.JSONField(
        default=dict, editable=False
    )

    class Meta:
        verbose_name = "alert rule"
        ordering = ["pk"]
        default_permissions = ("view", "change")

    def __str__(self) -> str:
        return self.key.replace("_", " ").capitalize()
