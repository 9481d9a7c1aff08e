"""Signs of life of the worker clusters."""

from django.db import models


class Heartbeat(models.Model):
    """When a cluster last finished and acknowledged a task. Written after the acknowledgement: a cluster that can no
    longer deliver results stops beating even while its tasks still run."""

    cluster = models.CharField(max_length=200, unique=True)
    at = models.DateTimeField(db_index=True)

    class Meta:
        verbose_name = "worker heartbeat"
        ordering = ["-at"]

    def __str__(self) -> str:
        return f"{self.cluster} at {self.at:%H:%M:%S}"
