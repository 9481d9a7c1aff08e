"""Orders in shadow mode beside the jobs that others made for them (orders/submission/shadow.py)."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from integrations.enums import ShadowResult
from integrations.models.orders import Order
from integrations.models.storefronts import Storefront
from integrations.stored import StoredComparedTable


class ShadowComparison(models.Model):
    """One order that was planned in shadow mode, and how its plan compares with the jobs that stand in Pace.

    The row says that the order may have a job in Pace that the hub did not make: it stays when the storefront goes live.
    """

    order = models.OneToOneField(Order, on_delete=models.CASCADE, related_name="shadow")
    storefront = models.ForeignKey(Storefront, on_delete=models.CASCADE, related_name="shadow_comparisons")
    result = models.CharField(
        max_length=10, choices=ShadowResult.choices, default=ShadowResult.PENDING, db_default="pending"
    )
    jobs: models.JSONField[list[str], list[str]] = models.JSONField(
        default=list, blank=True, help_text="The numbers of the jobs in Pace."
    )
    tables: models.JSONField[list[StoredComparedTable], list[StoredComparedTable]] = models.JSONField(
        default=list, blank=True, help_text="Each field of the plan beside the job's."
    )
    problem = models.TextField(blank=True, db_default="", help_text="Why it could not be compared.")
    first_planned_at = models.DateTimeField(help_text="What the plan takes for now.")
    planned_at = models.DateTimeField()
    compared_at = models.DateTimeField(null=True, blank=True)
    due_at = models.DateTimeField(
        null=True, blank=True, help_text="When to look for the job again; empty: never."
    )

    judged_at = models.DateTimeField(
        null=True,
        blank=True,
        help_text="When it was decided what becomes of the order after its storefront went live.",
    )

    class Meta:
        default_permissions = ()
        verbose_name = "shadow comparison"
        ordering = ["-order"]
        indexes = [
            models.Index(fields=["storefront", "result"], name="shadow_by_result"),
            models.Index(fields=["due_at"], condition=Q(due_at__isnull=False), name="shadow_due"),
        ]

    def __str__(self) -> str:
        return f"Order {self.order.number} in shadow mode"


class ShadowDifference(models.Model):
    """A field in which an order's plan and the job that others made differ, and what would remove that."""

    comparison = models.ForeignKey(ShadowComparison, on_delete=models.CASCADE, related_name="differences")
    # As its comparison's: all differences of a storefront are grouped by field in one indexed query.
    storefront = models.ForeignKey(Storefront, on_delete=models.CASCADE, related_name="+")
    object = models.CharField(max_length=20)
    field = models.CharField(max_length=80)
    ours = models.TextField(blank=True)
    theirs = models.TextField(blank=True)
    fix = models.CharField(max_length=300, blank=True)
    fix_kind = models.CharField(max_length=12, blank=True)
    fix_target = models.CharField(max_length=40, blank=True)
    fix_row = models.BigIntegerField(null=True, blank=True)
    fix_subject = models.CharField(max_length=200, blank=True)

    class Meta:
        default_permissions = ()
        verbose_name = "shadow difference"
        ordering = ["comparison", "id"]
        indexes = [models.Index(fields=["storefront", "object", "field", "fix"], name="shadow_by_field")]

    def __str__(self) -> str:
        return f"{self.object} {self.field}: {self.ours or 'empty'} / {self.theirs or 'empty'}"
