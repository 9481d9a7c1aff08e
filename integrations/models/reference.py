"""What the other systems have to choose from: their codes with names, as last read.

One row per code of a Pace server or a Pressero account. Nothing is ever deleted: what a system no longer lists is marked
as gone, so that mappings that point at it can be found.
"""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from integrations.models.connections import PaceServer, PresseroAccount
from integrations.stored import StoredExtra


class ReferenceKind(models.TextChoices):
    """The lists. The first group is Pace's, the second one Pressero's."""

    SHIP_VIA = "ship_via", "ship vias"
    ITEM_TEMPLATE = "item_template", "item templates"
    JOB_TYPE = "job_type", "job types"
    JOB_STATUS = "job_status", "job statuses"
    SHIPMENT_TYPE = "shipment_type", "shipment types"
    COUNTRY = "country", "countries"
    STATE = "state", "states"
    USER_FIELD = "user_field", "user-defined fields"
    SITE = "site", "sites"
    PRODUCT = "product", "products"
    SHIPPING_METHOD = "shipping_method", "shipping methods"
    WORKFLOW = "workflow", "workflows"
    STAGE = "stage", "stages"


PACE_KINDS = (
    ReferenceKind.SHIP_VIA,
    ReferenceKind.ITEM_TEMPLATE,
    ReferenceKind.JOB_TYPE,
    ReferenceKind.JOB_STATUS,
    ReferenceKind.SHIPMENT_TYPE,
    ReferenceKind.COUNTRY,
    ReferenceKind.STATE,
    ReferenceKind.USER_FIELD,
)


class OfOneSystem(models.Model):
    """Belongs to a Pace server or to a Pressero account."""

    server = models.ForeignKey(PaceServer, null=True, blank=True, on_delete=models.CASCADE, related_name="+")
    account = models.ForeignKey(
        PresseroAccount, null=True, blank=True, on_delete=models.CASCADE, related_name="+"
    )
    kind = models.CharField(max_length=20, choices=ReferenceKind.choices)

    class Meta:
        abstract = True


class ReferenceEntry(OfOneSystem):
    """One code and its name. `parent`: the site of a product, the workflow of a stage, the object of a field, else ""."""

    parent = models.CharField(max_length=64, blank=True)
    key = models.CharField("code", max_length=100)
    label = models.CharField("name", max_length=300, blank=True)
    extra: models.JSONField[StoredExtra, StoredExtra] = models.JSONField(default=dict, blank=True)
    active = models.BooleanField(default=True, help_text="Switched on in its own system.")
    search = models.CharField(
        max_length=500, editable=False, help_text="Code, name and part number as searched for."
    )
    seen_at = models.DateTimeField("last seen")
    gone_at = models.DateTimeField(
        "deleted since", null=True, blank=True, help_text="Its system no longer lists it."
    )

    class Meta:
        verbose_name = "code"
        verbose_name_plural = "codes"
        ordering = ["kind", "label", "key"]
        constraints = [
            # NULLs never collide: each of the two constraints binds the rows of its own kind of system.
            models.UniqueConstraint(
                fields=["server", "kind", "parent", "key"], name="reference_once_per_server"
            ),
            models.UniqueConstraint(
                fields=["account", "kind", "parent", "key"], name="reference_once_per_account"
            ),
            models.CheckConstraint(
                condition=Q(server__isnull=False, account__isnull=True)
                | Q(server__isnull=True, account__isnull=False),
                name="reference_of_one_system",
            ),
        ]
        indexes = [
            models.Index(fields=["server", "kind", "search"], name="reference_search_server"),
            models.Index(fields=["account", "kind", "parent", "search"], name="reference_search_account"),
        ]

    def __str__(self) -> str:
        return f"{self.key} {self.label}".strip()


class ReferenceReading(OfOneSystem):
    """When a list was last read, and what went wrong since. Of products: one per site (`parent`)."""

    parent = models.CharField(max_length=64, blank=True)
    read_at = models.DateTimeField(null=True, blank=True)
    entries = models.PositiveIntegerField(default=0)
    failed_at = models.DateTimeField(null=True, blank=True)
    error = models.TextField(blank=True, help_text="Empty when the last reading went well.")

    class Meta:
        verbose_name = "reading of codes"
        ordering = ["kind", "parent"]
        constraints = [
            models.UniqueConstraint(fields=["server", "kind", "parent"], name="reading_once_per_server"),
            models.UniqueConstraint(fields=["account", "kind", "parent"], name="reading_once_per_account"),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} of {self.server or self.account}"
