"""What makes a row something that one worker at a time works on."""

from django.db import models


class Leased(models.Model):
    """A row with a lease: who holds it names `lease_token`, and `lease_until` is on the database's clock.

    core/workqueue/leases.py owns both columns.
    """

    lease_token = models.UUIDField(null=True, blank=True)
    lease_until = models.DateTimeField(null=True, blank=True)

    class Meta:
        abstract = True


class WorkLease(Leased):
    """Named work that one worker at a time does, so that a slow pass does not overlap itself; and how the last one went."""

    name = models.CharField(max_length=80, unique=True)
    queued_until = models.DateTimeField(
        null=True, blank=True, help_text="A wake-up message is on its way until then."
    )
    begun_at = models.DateTimeField(
        null=True,
        blank=True,
        help_text="Start of a pass that is not finished yet; the next worker continues it.",
    )
    finished_at = models.DateTimeField(null=True, blank=True)
    summary = models.TextField(blank=True, default="", db_default="", help_text="What the last pass did.")
    problem = models.TextField(blank=True, help_text="Why the last pass did not get through.")

    class Meta:
        verbose_name = "work lease"
        ordering = ["name"]
        default_permissions = ()

    def __str__(self) -> str:
        return self.name
