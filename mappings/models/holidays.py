"""Custom holidays, beside the public ones."""

from django.db import models
from django.db.models import Q

from automationhub.lib.shown_times import day_text
from mappings.models.base import MappingRow, transfer_permissions, unique_row


class Holiday(MappingRow):
    """A custom day off, beside the public holidays of the storefront's country."""

    date = models.DateField(help_text="The day off: nothing ships.")
    name = models.CharField(max_length=100, help_text="Shown where a ship date was moved because of it.")
    every_year = models.BooleanField(default=False, help_text="On this day and month of every year.")

    identity = ("date",)

    class Meta:
        verbose_name = "holiday"
        constraints = [
            *unique_row("holiday", ["date"], "this date"),
            models.CheckConstraint(
                condition=~Q(name=""),
                name="holiday_named",
                violation_error_message="Enter a name for the holiday.",
            ),
        ]
        permissions = transfer_permissions("holiday", "holidays")

    def __str__(self) -> str:
        when = (
            f"every year on {self.date:%b} {self.date.day}"
            if self.every_year
            else f"on {day_text(self.date)}"
        )
        return f"{self.name} {when} of {self.scope()}"

    def remarks(self) -> list[str]:
        if self.storefront is None or self.storefront.skip_holidays:
            return []
        return [
            f"{self.storefront.name} does not skip holidays, so this day moves no ship date of its orders."
        ]
