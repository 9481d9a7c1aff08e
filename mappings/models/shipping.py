"""What shipment method and shipment address rows share: the answer they give."""

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q

from mappings.models.base import MappingRow

NEEDS_ANSWER = "Fill in the ship via or the account number; a row with neither has no effect."


class ShippingRow(MappingRow):
    """The answer that shipment method and shipment address rows give."""

    ship_via = models.PositiveIntegerField(
        "ship via",
        null=True,
        blank=True,
        help_text="Code of the ship via in Pace. Leave blank to use the next matching row.",
    )
    account_number = models.CharField(
        max_length=50,
        blank=True,
        help_text="Shipping account number. Leave blank to use the next matching row.",
    )

    class Meta:
        abstract = True

    def clean(self) -> None:
        super().clean()
        if self.ship_via is None and not self.account_number:
            raise ValidationError({"ship_via": NEEDS_ANSWER})

    def answer(self) -> str:
        parts = [] if self.ship_via is None else [f"ship via {self.ship_via}"]
        if self.account_number:
            parts.append(f"account {self.account_number}")
        return ", ".join(parts)


HAS_ANSWER = Q(ship_via__isnull=False) | ~Q(account_number="")
