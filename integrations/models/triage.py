"""What staff do in triage: values changed for one order, and snapshots of what Pace holds of it."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q

from integrations.models.leases import Leased
from integrations.models.orders import Order
from integrations.stored import StoredTable


class OrderOverride(models.Model):
    """A value that staff changed for one order only; planning takes it as an input (planning/override_fields.py)."""

    order = models.ForeignKey(Order, on_delete=models.CASCADE, related_name="overrides")
    item = models.PositiveIntegerField(null=True, blank=True, help_text="Blank for the whole order.")
    key = models.CharField("field", max_length=120)
    value = models.TextField(help_text="As it was typed.")
    note = models.CharField(max_length=300, help_text="Why; it stands in the audit log and beside the value.")
    made_by = models.CharField(max_length=200)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    made_at = models.DateTimeField(auto_now=True)

    class Meta:
        verbose_name = "changed value"
        ordering = ["order", "item", "key"]
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(
                fields=["order", "item", "key"], name="override_unique_item", condition=Q(item__isnull=False)
            ),
            models.UniqueConstraint(
                fields=["order", "key"], name="override_unique_order", condition=Q(item__isnull=True)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.key}: {self.value}"


class PaceSnapshot(models.Model):
    """What Pace held of an order when somebody last asked. A worker reads it; the page shows how far it is."""

    order = models.OneToOneField(Order, on_delete=models.CASCADE, related_name="pace_snapshot")
    asked_at = models.DateTimeField(help_text="Later than the last reading while a reading is pending.")
    asked_by = models.CharField(max_length=200, blank=True)
    read_at = models.DateTimeField(null=True, blank=True)
    problem = models.TextField(blank=True, help_text="Why the last reading failed; empty when it did not.")
    held: models.JSONField[list[StoredTable], list[StoredTable]] = models.JSONField(
        default=list, blank=True, help_text="Tables of fields, each with what was sent and what Pace holds."
    )

    class Meta:
        db_table = "integrations_pacelook"
        verbose_name = "Pace snapshot"
        default_permissions = ()

    def __str__(self) -> str:
        return f"Pace snapshot of {self.order}"

    @property
    def is_waiting(self) -> bool:
        """Whether a worker still has to read it."""
        return self.read_at is None or self.read_at < self.asked_at


class OrderCase(models.Model):
    """What staff decided about one order: who works on it, and until when it can wait."""

    order = models.OneToOneField(Order, on_delete=models.CASCADE, related_name="case")
    assigned_to = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    snoozed_until = models.DateTimeField(null=True, blank=True)
    changed_at = models.DateTimeField(auto_now=True)

    class Meta:
        verbose_name = "order case"
        default_permissions = ()

    def __str__(self) -> str:
        return f"Case of {self.order}"


class OrderNote(models.Model):
    """A note of staff on one order."""

    order = models.ForeignKey(Order, on_delete=models.CASCADE, related_name="notes")
    text = models.TextField()
    author = models.CharField(max_length=200)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = "note"
        ordering = ["id"]
        default_permissions = ()

    def __str__(self) -> str:
        return f"{self.author}: {self.text[:60]}"


class CauseCase(models.Model):
    """What staff decided about all orders that stopped for one cause: who sees to it, until when it can wait."""

    cause = models.CharField(
        max_length=200, unique=True, help_text="Kind and subject (causes.py, `Cause.key`)."
    )
    assigned_to = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    snoozed_until = models.DateTimeField(null=True, blank=True)
    changed_at = models.DateTimeField(auto_now=True)

    class Meta:
        verbose_name = "cause"
        default_permissions = ()

    def __str__(self) -> str:
        return self.cause


class CauseComment(models.Model):
    """What somebody wrote about a cause."""

    case = models.ForeignKey(CauseCase, on_delete=models.CASCADE, related_name="comments")
    text = models.TextField()
    author = models.CharField(max_length=200)
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = "comment"
        ordering = ["id"]
        default_permissions = ()

    def __str__(self) -> str:
        return f"{self.author}: {self.text[:60]}"


class BulkAction(models.TextChoices):
    """What workers do to many orders."""

    RETRY = "retry", "Retry"
    PROCESS_AGAIN = "process_again", "Process again"
    HOLD = "hold", "Put on hold"
    RELEASE = "release", "Release"


class BulkRetry(Leased):
    """Many orders sent back to work (or held, or released) by workers, and how far they are.

    `position`: how many of `orders` were seen to. A run of the inbox has a cause, one of a list the list's filters.
    """

    action = models.CharField(
        max_length=16, choices=BulkAction.choices, default=BulkAction.RETRY, db_default=BulkAction.RETRY.value
    )
    cause = models.CharField(max_length=200, blank=True, help_text="As in a case of a cause.")
    chosen_by = models.TextField(
        blank=True,
        default="",
        db_default="",
        help_text="The list's filters in words; blank for a run of the inbox.",
    )
    title = models.TextField(help_text="What the orders have in common, in words.")
    orders: models.JSONField[list[int], list[int]] = models.JSONField(
        default=list, help_text="Ids of the orders."
    )
    position = models.PositiveIntegerField(default=0)
    refused = models.PositiveIntegerField(default=0)
    refusals: models.JSONField[list[str], list[str]] = models.JSONField(
        default=list, blank=True, help_text="Why orders were skipped; the first ones."
    )
    asked_by = models.CharField(max_length=200)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    asked_at = models.DateTimeField(auto_now_add=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = "retry of many"
        ordering = ["-id"]
        default_permissions = ()
        indexes = [models.Index(fields=["id"], condition=Q(finished_at__isnull=True), name="bulk_unfinished")]

    def __str__(self) -> str:
        return f"{self.position} of {len(self.orders)}: {self.title[:60]}"
