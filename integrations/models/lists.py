"""How people look at the lists of the portal: views that they saved, and the columns that they chose."""

from __future__ import annotations

from django.conf import settings
from django.db import models


class SavedView(models.Model):
    """A list under a name: its filters and search, columns and order. It shows nobody more than the list itself does."""

    of_list = models.CharField(
        max_length=100, help_text="The model that the list shows, such as integrations.order."
    )
    name = models.CharField(max_length=80)
    query = models.TextField(blank=True, help_text="Filters and search, as in the address of the list.")
    columns: models.JSONField[list[str], list[str]] = models.JSONField(
        default=list, help_text="Names of the columns, in their order."
    )
    sort: models.JSONField[list[str], list[str]] = models.JSONField(
        default=list,
        blank=True,
        help_text="Names of the columns it is sorted by; “-” before one that descends.",
    )
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    shared = models.BooleanField(default=False, help_text="Everybody who may open the list sees it.")
    changed_at = models.DateTimeField(auto_now=True)

    class Meta:
        verbose_name = "saved view"
        ordering = ["name", "id"]
        default_permissions = ()
        permissions = [("share_savedview", "Can share saved views of lists")]
        constraints = [
            models.UniqueConstraint(fields=["of_list", "owner", "name"], name="saved_view_one_of_a_name")
        ]

    def __str__(self) -> str:
        return self.name


class ListColumns(models.Model):
    """The columns that somebody chose for a list, in place of those that it has by default."""

    of_list = models.CharField(
        max_length=100, help_text="The model that the list shows, such as integrations.order."
    )
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    columns: models.JSONField[list[str], list[str]] = models.JSONField(
        default=list, help_text="Names of the columns, in their order."
    )

    class Meta:
        verbose_name = "columns of a list"
        default_permissions = ()
        constraints = [models.UniqueConstraint(fields=["user", "of_list"], name="list_columns_once")]

    def __str__(self) -> str:
        return f"{self.of_list}: {', '.join(self.columns)}"
