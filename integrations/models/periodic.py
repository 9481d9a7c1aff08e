"""One row per recurring pass: who runs it now, and how far it came."""

from django.db import models


class PeriodicRun(models.Model):
    """A lease, so that a slow pass does not overlap the next one, and the time of the last complete one."""

    name = models.CharField(max_length=80, unique=True)
    lease_token = models.UUIDField(null=True, blank=True)
    lease_until = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    summary = models.TextField(blank=True)

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name
