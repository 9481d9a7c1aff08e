"""Shipment method mappings: a Pressero shipping method and its Pace ship via."""

from django.db import models
from django.db.models import Q

from mappings.models.base import KEY_LENGTH, transfer_permissions, unique_row
from mappings.models.shipping import HAS_ANSWER, NEEDS_ANSWER, ShippingRow
from mappings.text import name_key


class ShipmentMethodMapping(ShippingRow):
    """A Pressero shipping method and its Pace ship via."""

    pressero_method = models.CharField(
        max_length=255,
        help_text="The shipping method's name or id at Pressero. Not case-sensitive; extra spaces are ignored.",
    )
    method_key = models.CharField(
        max_length=KEY_LENGTH, editable=False, help_text="The method as it is compared."
    )

    key_fields = ("method_key",)
    identity = ("method_key",)

    class Meta:
        verbose_name = "shipment method mapping"
        constraints = [
            *unique_row("shipment_method", ["method_key"], "this method"),
            models.CheckConstraint(
                condition=~Q(method_key=""),
                name="shipment_method_filled",
                violation_error_message="Fill in the Pressero method.",
            ),
            models.CheckConstraint(
                condition=HAS_ANSWER, name="shipment_method_has_answer", violation_error_message=NEEDS_ANSWER
            ),
        ]
        permissions = transfer_permissions("shipmentmethodmapping", "shipment method mappings")

    def __str__(self) -> str:
        return f"method {self.pressero_method} of {self.scope()} → {self.answer()}"

    def fill_keys(self) -> None:
        self.method_key = name_key(self.pressero_method)
