"""Storefronts: one Pressero site each, with the parameters that decide what becomes of its orders."""

from typing import Any

from django.core.exceptions import ValidationError
from django.db import models

from integrations.enums import HolidayRule
from integrations.models.connections import PaceServer, PresseroAccount, validate_emails
from integrations.models.kept_storefronts import StorefrontQuerySet, forget_now_and_after_commit


class Storefront(models.Model):
    """A Pressero site whose orders go to one Pace server (parameters: contract, configuration file)."""

    name = models.CharField(
        max_length=100, unique=True, help_text="Stands in job descriptions in Pace, after the order number."
    )
    site_id = models.CharField(
        "site ID", max_length=64, help_text="Pressero's id of the site (a GUID); webhooks carry it."
    )
    pressero_account = models.ForeignKey(
        PresseroAccount,
        on_delete=models.PROTECT,
        related_name="storefronts",
        help_text="Where its orders come from.",
    )
    pace_server = models.ForeignKey(
        PaceServer,
        on_delete=models.PROTECT,
        related_name="storefronts",
        help_text="Where its jobs are made.",
    )

    integration_id = models.CharField(
        "Integration ID",
        max_length=50,
        blank=True,
        help_text="Pace customer of all orders. Empty: Pressero's own Integration ID of the site; "
        "that empty too: the customer of the contact with the buyer's email.",
    )
    create_missing_customers = models.BooleanField(
        default=True,
        help_text="Create customers and contacts that Pace does not know. Off: such orders stop.",
    )
    fallback_contact = models.PositiveIntegerField(
        null=True, blank=True, help_text="Pace contact for buyers without an email. Empty: such orders stop."
    )

    wait_for_approval = models.BooleanField(
        default=False, help_text="Wait until every item is approved or denied, then send the approved ones."
    )
    cancelled_stage = models.CharField(
        max_length=64, blank=True, help_text="Pressero stage that means cancelled: it puts an order on hold."
    )

    one_job_per_item = models.BooleanField(
        default=False, help_text="One job for each uploaded file of each item."
    )
    override_job_name = models.BooleanField(
        default=False, help_text="Name jobs {order}-{item}-{file}. Off: the item's own name."
    )
    override_file_name = models.BooleanField(
        default=False, help_text="Send files under the job's name. The link keeps the original name."
    )
    job_type = models.PositiveIntegerField(
        null=True, blank=True, help_text="Job type. Empty: the Pace server's."
    )
    admin_status = models.CharField(
        max_length=20, blank=True, help_text="Status of new jobs. Empty: the Pace server's."
    )
    default_po_number = models.CharField(
        "default PO number", max_length=50, default="9999", help_text="For orders without a PO number."
    )

    skip_holidays = models.BooleanField(default=False, help_text="Move ship dates off holidays and weekends.")
    holiday_rule = models.CharField(
        max_length=24, choices=HolidayRule.choices, default=HolidayRule.ROLL_FORWARD
    )
    holiday_country = models.CharField(
        max_length=8, default="US", blank=True, help_text="Two letters, such as US or DE."
    )
    holiday_subdivision = models.CharField(
        max_length=16, blank=True, help_text="State or region, such as CA."
    )
    default_ship_days = models.PositiveIntegerField(
        default=0, help_text="Days from today for orders without a requested ship date."
    )

    default_ship_via = models.PositiveIntegerField(
        null=True, blank=True, help_text="Pace ship via when no mapping row matches."
    )
    default_account_number = models.CharField(
        max_length=50, blank=True, help_text="Shipping account number when no mapping row names one."
    )

    alert_emails = models.JSONField(
        default=list,
        blank=True,
        validators=[validate_emails],
        help_text="Who is told. Empty: the Pace server's addresses.",
    )
    active = models.BooleanField(
        default=True,
        help_text="Events of an inactive storefront are kept, and taken in when it is activated.",
    )
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    objects = StorefrontQuerySet.as_manager()

    class Meta:
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(
                fields=["pressero_account", "site_id"],
                name="storefront_unique_site",
                violation_error_message="Another storefront already has this site of this account.",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.site_id = self.site_id.strip().lower()
        super().save(*args, **kwargs)
        forget_now_and_after_commit()

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        gone = super().delete(*args, **kwargs)
        forget_now_and_after_commit()
        return gone

    def clean(self) -> None:
        self.site_id = self.site_id.strip().lower()
        # A job is found again by its description, in an XPath text that cannot hold both kinds of quotes.
        if '"' in self.name and "'" in self.name:
            raise ValidationError(
                {"name": "A name with both kinds of quotes cannot be searched for in Pace."}
            )
