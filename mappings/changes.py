"""Who changed which mapping row when, and how: written by forms, imports, commands and the configuration file alike.

Entries do not hang on their rows, so that what was deleted can still be told.
"""

from __future__ import annotations

from collections.abc import Iterable

from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.utils.translation import gettext_noop

BATCH = 1000
# Column -> [before, after], in words.
Differences = dict[str, list[str]]


class ChangeWay(models.TextChoices):
    """How a change came."""

    FORM = "form", "in the portal"
    FILE = "file", "by a file"
    COMMAND = "command", "on the command line"
    CONFIGURATION = "configuration", "by the configuration file"
    API = "api", "by the API"


class ChangeKind(models.TextChoices):
    """What happened to the row."""

    ADDED = "added", gettext_noop("added")
    CHANGED = "changed", gettext_noop("changed")
    DELETED = "deleted", gettext_noop("deleted")


class MappingChange(models.Model):
    """One change of one row. `differences`: column -> [before, after]."""

    at = models.DateTimeField("when", auto_now_add=True)
    model = models.CharField(max_length=40)
    row_id = models.BigIntegerField("row")
    row = models.CharField(
        "what it says", max_length=1000, help_text="The row as a sentence, after the change."
    )
    what = models.CharField(max_length=8, choices=ChangeKind.choices)
    way = models.CharField("how", max_length=14, choices=ChangeWay.choices)
    actor = models.CharField("who", max_length=200, blank=True)
    differences: models.JSONField[Differences, Differences] = models.JSONField(
        default=dict, encoder=DjangoJSONEncoder
    )

    class Meta:
        verbose_name = "mapping change"
        ordering = ["-id"]
        indexes = [models.Index(fields=["model", "row_id", "id"], name="mapping_change_of_row")]

    def __str__(self) -> str:
        return f"{self.row} {self.get_what_display()}"


def differences(
    before: models.Model | None, after: models.Model | None, columns: Iterable[str]
) -> Differences:
    """What differs between two states of a row, in words; None: the row did not, or does not, exist."""
    found: Differences = {}
    for column in columns:
        old, new = (_shown(row, column) for row in (before, after))
        if old != new:
            found[column] = [old, new]
    return found


def _shown(row: models.Model | None, column: str) -> str:
    if row is None:
        return ""
    if column == "storefront":
        if row.storefront_id is None:  # type: ignore[attr-defined]
            return ""
        return str(row.storefront)  # type: ignore[attr-defined]
    value = getattr(row, column)
    if value is None:
        return ""
    return ("yes" if value else "no") if isinstance(value, bool) else str(value)


def change(
    row: models.Model,
    what: ChangeKind,
    found: Differences,
    *,
    way: str,
    actor: str,
    row_id: int | None = None,
) -> MappingChange:
    """An entry, not saved yet."""
    return MappingChange(
        model=str(row._meta.model_name),
        row_id=row_id or row.pk,
        row=str(row)[:1000],
        what=what,
        way=way,
        actor=actor[:200],
        differences=found,
    )


def store_changes(changes: Iterable[MappingChange]) -> None:
    """Write entries in few statements."""
    MappingChange.objects.bulk_create(changes, batch_size=BATCH)
