"""How many orders came in per hour, so that the first page counts no table (services/statistics.py keeps it)."""

from django.db import models


class HourlyOrders(models.Model):
    """The orders received in one hour. Made from the orders, and made again at any time: they stay the truth."""

    hour = models.DateTimeField(unique=True, help_text="Its beginning.")
    received = models.PositiveIntegerField(default=0)
    stopped = models.PositiveIntegerField(
        default=0, help_text="How many of them needed a person at least once."
    )
    by_status = models.JSONField(default=dict, help_text="How many are in each state.")

    class Meta:
        verbose_name = "orders of an hour"
        ordering = ["hour"]
        default_permissions = ()

    def __str__(self) -> str:
        return f"{self.received} from {self.hour:%Y-%m-%d %H:%M}"
