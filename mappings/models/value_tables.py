"""Value tables: what field rules look values up in."""

from django.db import models
from django.db.models import Q

from mappings.models.base import KEY_LENGTH, MappingRow, transfer_permissions
from mappings.text import name_key


class TableValue(MappingRow):
    """One row of a value table, which field rules look values up in. Tables serve all storefronts: `storefront` is empty."""

    table = models.CharField(max_length=60, help_text="Name of the table. Not case-sensitive.")
    original = models.CharField(
        max_length=255,
        help_text="The value that is looked up. Not case-sensitive. *: everything that has no row of its own.",
    )
    replacement = models.CharField(
        max_length=255, blank=True, help_text="What it becomes. Leave blank for nothing."
    )
    table_key = models.CharField(max_length=180, editable=False, help_text="The table as it is compared.")
    original_key = models.CharField(
        max_length=KEY_LENGTH, editable=False, help_text="The original as it is compared."
    )

    key_fields = ("table_key", "original_key")
    identity = ("table_key", "original_key")

    class Meta:
        verbose_name = "value table row"
        constraints = [
            models.UniqueConstraint(
                fields=["table_key", "original_key"],
                name="table_value_once",
                violation_error_message="This table already has a row for this original.",
            ),
            models.CheckConstraint(
                condition=~Q(table_key="") & ~Q(original=""),
                name="table_value_filled",
                violation_error_message="Fill the table and the original.",
            ),
        ]
        permissions = transfer_permissions("tablevalue", "value table rows")

    def __str__(self) -> str:
        return f"{self.table}: {self.original} → {self.replacement or 'empty'}"

    def fill_keys(self) -> None:
        self.table_key, self.original_key = name_key(self.table), name_key(self.original)


def stored_tables() -> frozenset[str]:
    """The keys of all value tables that have rows."""
    return frozenset(TableValue.objects.values_list("table_key", flat=True).distinct())
