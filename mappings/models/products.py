"""Product mappings: a Pressero product and its Pace item template."""

from django.db import models
from django.db.models import Q

from mappings.models.base import KEY_LENGTH, MappingRow, transfer_permissions, unique_row
from mappings.text import name_key


class ProductMatch(models.TextChoices):
    """What of a product a row names."""

    ID = "id", "id"
    PART_NUMBER = "part_number", "part number"
    NAME = "name", "name"


class ProductMapping(MappingRow):
    """A Pressero product and its Pace item template."""

    product = models.CharField(
        max_length=255,
        help_text="The product's id, printer part number or name at Pressero. Not case-sensitive; extra spaces are ignored.",
    )
    match = models.CharField(
        max_length=16,
        choices=ProductMatch.choices,
        help_text="What the product column holds: id, part number or name.",
    )
    item_template = models.CharField(max_length=64, help_text="Code of the item template in Pace.")
    product_key = models.CharField(
        max_length=KEY_LENGTH, editable=False, help_text="The product as it is compared."
    )

    key_fields = ("product_key",)
    identity = ("product_key", "match")

    class Meta:
        verbose_name = "product mapping"
        constraints = [
            *unique_row("product", ["product_key", "match"], "this product"),
            models.CheckConstraint(
                condition=~Q(product_key="") & ~Q(item_template=""),
                name="product_and_template_filled",
                violation_error_message="Fill in the product and the item template.",
            ),
            models.CheckConstraint(
                condition=Q(match__in=ProductMatch.values),
                name="product_match_known",
                violation_error_message="Match is id, part_number or name.",
            ),
        ]
        permissions = transfer_permissions("productmapping", "product mappings")

    def __str__(self) -> str:
        return f"product {self.get_match_display()} {self.product} of {self.scope()} → {self.item_template}"

    def fill_keys(self) -> None:
        self.product_key = name_key(self.product)
