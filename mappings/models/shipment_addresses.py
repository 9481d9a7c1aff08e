"""Shipment address mappings: a pattern of ship-to addresses and its Pace ship via."""

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q

from mappings.models.base import transfer_permissions, unique_row
from mappings.models.shipping import HAS_ANSWER, NEEDS_ANSWER, ShippingRow
from mappings.text import address_pattern
from mappings.types import ADDRESS_COLUMNS, TEXT_COLUMNS

NEEDS_COLUMN = "Fill in at least one column; an empty row would match every order of every storefront."


class ShipmentAddressMapping(ShippingRow):
    """A pattern of ship-to addresses and their Pace ship via: every filled column must be equal."""

    business = models.CharField(
        max_length=255, blank=True, help_text="Business of the ship-to address. Leave blank for any."
    )
    address1 = models.CharField(
        "address 1",
        max_length=255,
        blank=True,
        help_text="First line of the street address. Leave blank for any.",
    )
    city = models.CharField(max_length=255, blank=True, help_text="City. Leave blank for any.")
    state = models.CharField(
        max_length=255, blank=True, help_text="State or province as Pressero writes it. Leave blank for any."
    )
    postal = models.CharField(
        "postal code", max_length=255, blank=True, help_text="Postal code. Leave blank for any."
    )
    country = models.CharField(
        max_length=255,
        blank=True,
        help_text="Country as Pressero writes it, usually two letters. Leave blank for any.",
    )
    address_key = models.CharField(
        max_length=32, editable=False, help_text="The columns in one, as they are compared."
    )
    text_key = models.CharField(
        db_default="",
        max_length=32,
        editable=False,
        default="",
        help_text="The columns but state and country in one: rows are looked up by it.",
    )

    key_fields = ("address_key", "text_key")
    identity = ("address_key",)

    class Meta:
        verbose_name = "shipment address mapping"
        indexes = [models.Index(fields=["text_key", "storefront"], name="shipment_address_text_key")]
        constraints = [
            *unique_row("shipment_address", ["address_key"], "this address"),
            models.CheckConstraint(
                condition=Q(storefront__isnull=False) | ~Q(**dict.fromkeys(ADDRESS_COLUMNS, "")),
                name="shipment_address_not_for_everything",
                violation_error_message=NEEDS_COLUMN,
            ),
            models.CheckConstraint(
                condition=HAS_ANSWER, name="shipment_address_has_answer", violation_error_message=NEEDS_ANSWER
            ),
        ]
        permissions = transfer_permissions("shipmentaddressmapping", "shipment address mappings")

    def __str__(self) -> str:
        return f"address {self.address() or 'any'} of {self.scope()} → {self.answer()}"

    def address(self) -> str:
        return ", ".join(value for column in ADDRESS_COLUMNS if (value := getattr(self, column)))

    def clean(self) -> None:
        super().clean()
        if self.storefront_id is None and not self.address():
            raise ValidationError({"business": NEEDS_COLUMN})

    def fill_keys(self) -> None:
        self.address_key = address_pattern(getattr(self, column) for column in ADDRESS_COLUMNS)
        self.text_key = address_pattern(getattr(self, column) for column in TEXT_COLUMNS)
