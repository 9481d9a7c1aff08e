"""What all mapping rows share: their storefront, and keys in the form in which texts are compared.

Every row belongs to one storefront or, with an empty storefront, to all. What staff typed is stored beside keys in the
form texts are compared in (`mappings.text`): the keys make rows unique whatever their spelling, and a lookup one index
hit. `save()` and validation fill the keys; `QuerySet.update()` and `bulk_create()` do not: call `tidy()` before them.
"""

from collections.abc import Collection, Iterable
from typing import Any, ClassVar

from django.db import models
from django.db.models import Q

from mappings.text import one_line

# A character becomes at most three when case is folded.
KEY_LENGTH = 3 * 255


def unique_row(name: str, fields: list[str], message: str) -> list[models.BaseConstraint]:
    """One row per storefront and key, and one for all storefronts.

    Two constraints, because NULL storefronts never collide in a plain one. The plain one starts with the key: it is
    also the index of the lookups.
    """
    return [
        models.UniqueConstraint(
            fields=[*fields, "storefront"],
            name=f"{name}_once_per_storefront",
            violation_error_message=f"This storefront already has a row for {message}.",
        ),
        models.UniqueConstraint(
            fields=fields,
            condition=Q(storefront__isnull=True),
            name=f"{name}_once_for_all_storefronts",
            violation_error_message=f"There is already a row of all storefronts for {message}.",
        ),
    ]


def transfer_permissions(model: str, plural: str) -> list[tuple[str, Any]]:
    """The rights that the admin's import and export ask for."""
    return [(f"import_{model}", f"Can import {plural}"), (f"export_{model}", f"Can export {plural}")]


class MappingRow(models.Model):
    """What all rows share."""

    storefront = models.ForeignKey(
        "integrations.Storefront",
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        help_text="The storefront of this row. Leave blank for all storefronts.",
    )
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    # Filled by `tidy()`, shown to nobody.
    key_fields: ClassVar[tuple[str, ...]] = ()
    # With the storefront: what makes a row the same row.
    identity: ClassVar[tuple[str, ...]] = ()

    class Meta:
        abstract = True

    def save(self, *args: Any, update_fields: Iterable[str] | None = None, **kwargs: Any) -> None:
        self.tidy()
        if update_fields is not None:
            update_fields = {*update_fields, *self.key_fields}
        super().save(*args, update_fields=update_fields, **kwargs)

    def clean_fields(self, exclude: Collection[str] | None = None) -> None:
        self.tidy()
        super().clean_fields(exclude=exclude)

    def validate_constraints(self, exclude: Collection[str] | None = None) -> None:
        # Forms exclude what they do not show; the keys must be checked all the same, or the database refuses the row.
        super().validate_constraints(exclude=set(exclude or ()) - set(self.key_fields))

    def tidy(self) -> None:
        """Take outer blanks off the texts and bring the keys up to date."""
        for field in self._meta.concrete_fields:
            value = getattr(self, field.attname)
            if isinstance(field, models.CharField) and isinstance(value, str):
                setattr(self, field.attname, one_line(value))
        self.fill_keys()

    def fill_keys(self) -> None:
        """Compute `key_fields` from what staff typed."""

    def row_key(self) -> tuple[Any, ...]:
        """Equal for two rows that cannot both exist."""
        return (self.storefront_id, *(getattr(self, name) for name in self.identity))

    def remarks(self) -> list[str]:
        """What is worth a second look in this row, and does not keep it from being saved."""
        return []

    def scope(self) -> str:
        return "all storefronts" if self.storefront is None else self.storefront.name
