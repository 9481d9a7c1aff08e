"""Field rules: what staff want in a field of a Pace object, whatever the plan has there."""

from collections.abc import Callable, Collection

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_noop

from automationhub.lib.texts import storable
from mappings import rule_check
from mappings.models.base import MappingRow, transfer_permissions, unique_row
from mappings.models.value_tables import stored_tables
from mappings.text import one_line, pattern_of_keys


class RuleObject(models.TextChoices):
    """Whose field a rule writes."""

    JOB = "job", gettext_noop("job")
    PART = "part", gettext_noop("part")
    SHIPMENT = "shipment", gettext_noop("shipment")
    CARTON = "carton", gettext_noop("carton")
    CUSTOMER = "customer", gettext_noop("customer")
    CONTACT = "contact", gettext_noop("contact")


class RuleMode(models.TextChoices):
    """What a rule does with the value that the field has without it."""

    SET = "set", gettext_noop("set")
    IF_EMPTY = "if_empty", gettext_noop("if empty")
    APPEND = "append", gettext_noop("append")


class FieldRule(MappingRow):
    """What a field of a Pace object becomes, on top of everything else: a Liquid template, for orders of a condition."""

    object = models.CharField(
        max_length=16, choices=RuleObject.choices, help_text="The Pace object that the field belongs to."
    )
    pace_field = models.CharField(
        "Pace field",
        max_length=100,
        help_text="Name of the field in Pace. User-defined fields begin with u_.",
    )
    priority = models.PositiveIntegerField(
        default=100, help_text="Of several rules for one field, the lowest number decides."
    )
    when = models.CharField(
        max_length=1000,
        blank=True,
        help_text="A Liquid condition, such as: item.quantity > 500. Leave blank to use the rule for every order.",
    )
    value = models.TextField(
        max_length=4000,
        blank=True,
        help_text="A Liquid template, such as: WEB-{{ order.number }}. Leave blank to leave the field empty.",
    )
    mode = models.CharField(
        max_length=10,
        choices=RuleMode.choices,
        default=RuleMode.SET,
        help_text="Set: replace the value. If empty: only where there is none. Append: add a line.",
    )
    required = models.BooleanField(
        default=False, help_text="Stop the order when the value is empty, instead of leaving the field empty."
    )
    rule_key = models.CharField(
        max_length=32, editable=False, help_text="Object, field, priority and condition in one."
    )

    key_fields = ("rule_key",)
    identity = ("rule_key",)
    tables: Callable[[], Collection[str]] | None = None

    class Meta:
        verbose_name = "field rule"
        constraints = [
            *unique_row("field_rule", ["rule_key"], "this field with this priority and condition"),
            models.CheckConstraint(
                condition=Q(object__in=RuleObject.values) & Q(mode__in=RuleMode.values),
                name="field_rule_object_and_mode_known",
                violation_error_message="Object or mode is unknown.",
            ),
            models.CheckConstraint(
                condition=~Q(pace_field=""),
                name="field_rule_field_filled",
                violation_error_message="Fill the Pace field.",
            ),
        ]
        permissions = transfer_permissions("fieldrule", "field rules")

    def __str__(self) -> str:
        when = f" when {self.when}" if self.when else ""
        verb = (
            {RuleMode.APPEND: "+=", RuleMode.IF_EMPTY: "=?"}.get(RuleMode(self.mode), "=")
            if self.mode
            else "="
        )
        value = self.value if len(self.value) <= 80 else f"{self.value[:79]}…"
        return f"{self.object}.{self.pace_field}{when} of {self.scope()} {verb} {one_line(value)}"

    def tidy(self) -> None:
        self.value = storable(self.value.replace("\r\n", "\n")).strip()
        super().tidy()

    def fill_keys(self) -> None:
        columns = (self.object, self.pace_field, str(self.priority), self.when)
        self.rule_key = pattern_of_keys(columns)

    def clean(self) -> None:
        super().clean()
        if problems := rule_check.problems(self.draft(), self.known_tables):
            raise ValidationError(problems)

    def remarks(self) -> list[str]:
        return rule_check.remarks(self.draft())

    def draft(self) -> rule_check.Draft:
        """The rule as it is checked."""
        return rule_check.Draft(self.object, self.pace_field, self.when, self.value, self.mode)

    def known_tables(self) -> Collection[str]:
        """The keys of all value tables. An import reads them once and says so here."""
        return self.tables() if self.tables else stored_tables()
