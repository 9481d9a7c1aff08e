"""Storefronts: one Pressero site each, with the parameters that decide what becomes of its orders."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models
from django.utils import timezone

from automationhub.lib.texts import guid
from integrations.enums import HolidayRule, StorefrontMode
from integrations.models.active_cache import ActiveCache, CachedQuerySet
from integrations.models.connections import PaceServer, PresseroAccount, validate_emails

SWITCH_NOTES = ("taking_since", "confirmed_integration_id", "integration_id_finding")
ALREADY_SERVED = "With two, each order would be sent twice."


Site = tuple[int, str]
# Only those that are there and active: a storefront that is set up or activated is seen by the next event, or its event would
# stay behind. One that is switched off is seen by others a moment later, and its worker stops the order anyway.
ACTIVE_STOREFRONTS: ActiveCache[Site, Storefront] = ActiveCache()


class StorefrontQuerySet(CachedQuerySet["Storefront"]):
    """Storefronts, and the active ones as this process knows them."""

    cache = ACTIVE_STOREFRONTS

    def of_sites(self, sites: Collection[Site]) -> dict[Site, Storefront]:
        """The storefronts of these accounts' sites, one query for those that are not cached. Not to be changed or saved."""
        found = {site: row for site in sites if (row := ACTIVE_STOREFRONTS.get(site)) is not None}
        missing = {site for site in sites if site not in found}
        if not missing:
            return found
        rows = self.filter(
            pressero_account__in={account for account, _ in missing},
            site_id__in={site for _, site in missing},
        )
        fresh: dict[Site, Storefront] = {(row.pressero_account_id, row.site_id): row for row in rows}
        ACTIVE_STOREFRONTS.put({site: row for site, row in fresh.items() if row.active})
        return found | {site: row for site, row in fresh.items() if site in missing}


class Storefront(models.Model):
    """A Pressero site whose orders go to one Pace server (parameters: docs/parameters.md)."""

    name = models.CharField(
        max_length=100, unique=True, help_text="Used in job descriptions in Pace, after the order number."
    )
    site_id = models.CharField(
        "site ID", max_length=64, help_text="Pressero's ID of the site (a GUID), as in its webhooks."
    )
    pressero_account = models.ForeignKey(
        PresseroAccount,
        on_delete=models.PROTECT,
        related_name="storefronts",
        help_text="The account that its orders come from.",
    )
    pace_server = models.ForeignKey(
        PaceServer,
        on_delete=models.PROTECT,
        related_name="storefronts",
        help_text="The server where its jobs are created.",
    )

    integration_id = models.CharField(
        "Integration ID",
        max_length=50,
        blank=True,
        help_text="Pace customer of all orders. Leave blank to use the site's Integration ID in Pressero; if that is blank too, the customer of the contact with the buyer's email.",
    )
    create_missing_customers = models.BooleanField(
        default=True,
        help_text="Create customers and contacts that Pace does not know. Off: such orders stop.",
    )
    fallback_contact = models.PositiveIntegerField(
        null=True,
        blank=True,
        help_text="Pace contact for buyers without an email. If blank, such orders stop.",
    )

    wait_for_approval = models.BooleanField(
        default=False, help_text="Wait until every item is approved or denied, then send the approved ones."
    )
    cancelled_stage = models.CharField(
        max_length=64, blank=True, help_text="Pressero stage that means canceled; it puts an order on hold."
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
        null=True, blank=True, help_text="Job type. Leave blank to use the Pace server's."
    )
    admin_status = models.CharField(
        max_length=20, blank=True, help_text="Status of new jobs. Leave blank to use the Pace server's."
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
        max_length=50, blank=True, help_text="Shipping account number when no mapping row has one."
    )

    alert_emails: models.JSONField[list[str], list[str]] = models.JSONField(
        default=list,
        blank=True,
        validators=[validate_emails],
        help_text="Who gets an email. Leave blank to use the Pace server's addresses.",
    )
    active = models.BooleanField(
        db_default=True,
        default=True,
        help_text="Webhooks of an inactive storefront are stored and processed when you activate it.",
    )
    mode = models.CharField(
        db_default="live",
        max_length=8,
        choices=StorefrontMode.choices,
        default=StorefrontMode.LIVE,
        help_text="Shadow: each order is read and planned, and nothing is written to Pace or Pressero.",
    )
    take_orders_from = models.DateTimeField(
        null=True,
        blank=True,
        help_text="Orders placed before this moment are skipped. Leave blank to process every order.",
    )
    # Orders that the hub had before this moment were taken already: `take_orders_from` is for those that come after.
    taking_since = models.DateTimeField(null=True, blank=True, editable=False)
    # The Integration ID that Pace knows as a customer, or that staff confirmed; it is the one above or out of date.
    confirmed_integration_id = models.CharField(
        db_default="", default="", max_length=50, blank=True, editable=False
    )
    integration_id_finding = models.CharField(
        db_default="", default="", max_length=300, blank=True, editable=False
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
        self.site_id = guid(self.site_id).lower()
        self._note_switches()
        if kwargs.get("update_fields") is not None:
            kwargs["update_fields"] = {*kwargs["update_fields"], *SWITCH_NOTES}
        super().save(*args, **kwargs)
        ACTIVE_STOREFRONTS.forget_now_and_after_commit()

    def _note_switches(self) -> None:
        """Keep what depends on the row as it was: since when orders are taken, and whose Integration ID was confirmed."""
        before = Storefront.objects.filter(pk=self.pk).first() if self.pk else None
        if before is not None and before.mode == StorefrontMode.SHADOW and self.mode == StorefrontMode.LIVE:
            # In shadow mode no order was taken: all of them are judged by their age.
            self.taking_since = None
        elif (
            before is None
            or (self.active and not before.active)
            or before.take_orders_from != self.take_orders_from
        ):
            self.taking_since = timezone.now()
        if before is not None and before.integration_id != self.integration_id:
            self.integration_id_finding = ""
        if before is not None and before.pace_server_id != self.pace_server_id:
            self.confirmed_integration_id = ""

    @property
    def integration_id_confirmed(self) -> bool:
        """Whether a customer may be created in Pace under the Integration ID that staff entered here."""
        return self.confirmed_integration_id.strip() == self.integration_id.strip()

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        gone = super().delete(*args, **kwargs)
        ACTIVE_STOREFRONTS.forget_now_and_after_commit()
        return gone

    def served_by(self) -> Storefront | None:
        """Another storefront that has this site, in this account or in another one of the same Pressero system."""
        same = Storefront.objects.filter(site_id=self.site_id.strip().lower()).exclude(pk=self.pk)
        here = self.pressero_account.host
        return next(
            (one for one in same.select_related("pressero_account") if one.pressero_account.host == here),
            None,
        )

    def clean(self) -> None:
        self.site_id = guid(self.site_id).lower()
        if self.site_id and self.pressero_account_id is not None and (other := self.served_by()):
            raise ValidationError(
                {"site_id": f"This site is already served by the storefront “{other.name}”. {ALREADY_SERVED}"}
            )
