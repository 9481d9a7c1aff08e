"""Signs of life of the worker clusters."""

from django.db import models


class Heartbeat(models.Model):
    """When a cluster last finished and acknowledged a task, or a worker of it renewed the lease of long work.

    Written after the acknowledgement: a cluster that can no longer deliver results stops beating when its tasks are done.
    """

    cluster = models.CharField(max_length=200, unique=True)
    at = models.DateTimeField(db_index=True)
    clock_problem = models.TextField(
        blank=True,
        default="",
        db_default="",
        help_text="How wrong the clock of its machine is; empty: it is right.",
    )

    disk_free = models.PositiveSmallIntegerField(
        null=True, blank=True, help_text="Percent of the disk of its machine that are free."
    )

    class Meta:
        verbose_name = "worker heartbeat"
        ordering = ["-at"]

    def __str__(self) -> str:
        return f"{self.cluster} at {self.at:%H:%M:%S}"
