"""What is to be sent to Pressero about jobs that are in Pace, and what was sent: one row per item, one per shipment.

A row holds what is *wanted*, and the latest target wins; a retry always sends the current one, never the one it once
began with. `core/workqueue/deliveries.py` owns the columns of the retry clock and the lease.
"""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from integrations.enums import FailureMode
from integrations.models.leases import Leased
from integrations.models.orders import OrderItem, PaceJob
from integrations.models.storefronts import Storefront
from integrations.stored import StoredCandidate


class DeliveryRow(Leased):
    """Something that is to be delivered to Pressero, with its own retry clock and lease."""

    due_at = models.DateTimeField(
        null=True, blank=True, help_text="When to deliver or retry; blank: nothing to do."
    )
    attempts = models.PositiveIntegerField(
        default=0, help_text="Tries since the last success, counted before each."
    )
    failing_since = models.DateTimeField(null=True, blank=True)
    problem = models.TextField(
        blank=True, help_text="Why it was not delivered; empty when there is no problem."
    )
    failure_mode = models.CharField(
        "action needed by", max_length=12, choices=FailureMode.choices, default=FailureMode.NONE, blank=True
    )

    class Meta:
        abstract = True


# What is still to be sent, or waits for a person.
PENDING = Q(due_at__isnull=False) | Q(lease_token__isnull=False) | ~Q(problem="")


class ItemStage(DeliveryRow):
    """The stage that Pressero is to show for one item, and the one it was told last."""

    item = models.OneToOneField(OrderItem, on_delete=models.CASCADE, related_name="stage")
    workflow = models.CharField(max_length=64, blank=True)

    wanted: models.JSONField[list[StoredCandidate], list[StoredCandidate]] = models.JSONField(
        default=list,
        blank=True,
        help_text="What the item's job parts ask for (planning/statuses.py, Candidate); usually one entry.",
    )
    wanted_at = models.DateTimeField(null=True, blank=True)
    cause = models.CharField(max_length=40, blank=True, help_text="How the change was noticed.")
    version = models.PositiveIntegerField(default=0, help_text="Raised by every new target stage.")
    resolved_at = models.DateTimeField(
        null=True, blank=True, help_text="When the mapping was last asked for this item."
    )
    unmapped = models.BooleanField(default=False, help_text="Its current status is not mapped.")

    sending_stage = models.CharField(
        max_length=64,
        blank=True,
        help_text="Stored before the call; if still set afterwards, the outcome is unknown.",
    )
    own_event_until = models.DateTimeField(
        null=True,
        blank=True,
        help_text="Until then Pressero's event about our own write is expected.",
        db_column="echo_until",
    )
    sent_stage = models.CharField(max_length=64, blank=True, db_column="told_stage")
    sent_name = models.CharField("sent to Pressero", max_length=120, blank=True, db_column="told_name")
    sent_at = models.DateTimeField(null=True, blank=True, db_column="told_at")
    seen_stage = models.CharField(max_length=64, blank=True, help_text="As Pressero last showed it.")
    seen_name = models.CharField("stage in Pressero", max_length=120, blank=True)

    class Meta:
        verbose_name = "item stage"
        ordering = ["item"]
        indexes = [
            models.Index(fields=["due_at"], condition=Q(due_at__isnull=False), name="stage_due"),
            models.Index(fields=["failure_mode"], name="stage_with_problem"),
            models.Index(fields=["item"], condition=Q(unmapped=True), name="stage_unmapped"),
        ]

    @property
    def differs(self) -> bool:
        """Whether Pressero shows another stage than it was sent."""
        sent, seen = self.sent_stage.casefold(), self.seen_stage.casefold()
        return bool(sent and seen) and sent != seen

    def __str__(self) -> str:
        return f"{self.item}: {self.sent_name or self.seen_name or 'nothing sent'}"


class PaceShipment(DeliveryRow):
    """A JobShipment that has left with a tracking number, and what was sent to Pressero of it: once."""

    job = models.ForeignKey(PaceJob, on_delete=models.CASCADE, related_name="shipments")
    pace_id = models.BigIntegerField("shipment", help_text="Id of the JobShipment in Pace.")
    items: models.JSONField[list[int], list[int]] = models.JSONField(
        default=list, blank=True, help_text="Numbers of the items it carries."
    )
    numbers: models.JSONField[list[str], list[str]] = models.JSONField(
        default=list, blank=True, help_text="Its tracking numbers, as last read."
    )
    day = models.DateField(null=True, blank=True)
    sent_numbers: models.JSONField[list[str] | None, list[str] | None] = models.JSONField(
        null=True,
        blank=True,
        help_text="What was sent to Pressero; empty: nothing yet.",
        db_column="told_numbers",
    )
    sent_at = models.DateTimeField(null=True, blank=True, db_column="told_at")

    class Meta:
        verbose_name = "shipment"
        ordering = ["job", "pace_id"]
        constraints = [models.UniqueConstraint(fields=["job", "pace_id"], name="shipment_once_per_job")]
        indexes = [
            models.Index(fields=["due_at"], condition=Q(due_at__isnull=False), name="shipment_due"),
            models.Index(fields=["failure_mode"], name="shipment_with_problem"),
        ]

    def __str__(self) -> str:
        return f"Shipment {self.pace_id} of {self.job}"


class UnmappedStatus(models.Model):
    """Pace statuses for which no mapping row had an answer, for the coverage report."""

    storefront = models.ForeignKey(Storefront, on_delete=models.CASCADE, related_name="+")
    job_status = models.CharField(max_length=64, blank=True)
    part_status = models.CharField(max_length=64, blank=True)
    workflow = models.CharField(max_length=64, blank=True)
    order_number = models.BigIntegerField("last order")
    first_at = models.DateTimeField()
    last_at = models.DateTimeField()

    class Meta:
        verbose_name = "unmapped status"
        verbose_name_plural = "unmapped statuses"
        ordering = ["storefront", "job_status", "part_status"]
        constraints = [
            models.UniqueConstraint(
                fields=["storefront", "job_status", "part_status", "workflow"], name="unmapped_once"
            )
        ]

    def __str__(self) -> str:
        return f"job status {self.job_status or 'empty'}, part status {self.part_status or 'empty'}"
