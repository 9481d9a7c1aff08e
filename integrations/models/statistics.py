"""Small tables of counts, so that neither the first page nor a scrape of the metrics counts a large one."""

from __future__ import annotations

from django.db import models

from integrations.stored import StoredTotals


class HourlyOrders(models.Model):
    """The orders received in one hour. Made from the orders, and made again at any time: they stay the truth."""

    hour = models.DateTimeField(unique=True, help_text="Its beginning.")
    received = models.PositiveIntegerField(default=0)
    stopped = models.PositiveIntegerField(
        default=0, help_text="How many of them needed a person at least once."
    )
    by_status: models.JSONField[dict[str, int], dict[str, int]] = models.JSONField(
        default=dict, help_text="How many are in each state."
    )

    class Meta:
        verbose_name = "orders of an hour"
        ordering = ["hour"]
        default_permissions = ()

    def __str__(self) -> str:
        return f"{self.received} from {self.hour:%Y-%m-%d %H:%M}"


class MetricTotal(models.Model):
    """What was counted of one kind of rows up to a position, so that a counter survives the removal of these rows.

    Rows after the position are counted when a scrape asks (operations/metrics/totals.py keeps the table).
    """

    name = models.CharField(max_length=20, unique=True)
    up_to_id = models.BigIntegerField(default=0, help_text="Rows up to this id are in the totals.")
    up_to_time = models.DateTimeField(
        null=True, blank=True, help_text="Rows up to this time are in the totals."
    )
    version = models.PositiveBigIntegerField(default=0, help_text="Raised by every change of the row.")
    totals: models.JSONField[StoredTotals, StoredTotals] = models.JSONField(default=dict)

    class Meta:
        verbose_name = "metric total"
        default_permissions = ()

    def __str__(self) -> str:
        return self.name
