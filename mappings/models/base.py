"""The rows staff keep: product, shipment method, shipment address and status mappings, holidays, field rules and value tables.

Every row belongs to one storefront or, with an empty storefront, to all. What staff typed is stored beside keys in the
form texts are compared in (`mappings.text`): the keys make rows unique whatever their spelling, and a lookup one index
hit. `save()` and validation fill the keys; `QuerySet.update()` and `bulk_create()` do not: call `tidy()` before them.
"""

from collections.abc import Callable, Collection, Iterable
from typing import Any, ClassVar

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_noop

from automationhub.lib.texts import storable
from mappings import rule_check
from mappings.changes import MappingChange
from mappings.note_text import problem_with
from mappings.text import address_pattern, name_key, one_line, pattern_of_keys
from mappings.types import ADDRESS_COLUMNS, TEXT_COLUMNS

__all__ = [
    "FieldRule",
    "Holiday",
    "ImportUpload",
    "MappingChange",
    "MappingRow",
    "ProductMapping",
    "ProductMatch",
    "RuleMode",
    "RuleObject",
    "ShipmentAddressMapping",
    "ShipmentMethodMapping",
    "StatusLevel",
    "StatusMapping",
    "TableValue",
]

# A character becomes at most three when case is folded.
KEY_LENGTH = 3 * 255

NEEDS_ANSWER = "Fill in the ship via or the account number; a row with neither has no effect."
NEEDS_COLUMN = "Fill in at least one column; an empty row would match every order of every storefront."


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


class StatusLevel(models.TextChoices):
    """Whose Pace status a row names."""

    JOB = "job", "job"
    PART = "part", "part"


class StatusMapping(MappingRow):
    """A Pace status and the Pressero stage that tells the storefront about it."""

    level = models.CharField(
        max_length=8, choices=StatusLevel.choices, help_text="Whether this is a job status or a part status."
    )
    pace_status = models.CharField("Pace status", max_length=64, help_text="Code of the status in Pace.")
    workflow = models.CharField(
        db_default="",
        default="",
        max_length=64,
        blank=True,
        help_text="Id or name of the Pressero workflow. Leave blank for the default of all workflows.",
    )
    pressero_stage = models.CharField(
        "Pressero stage",
        db_default="",
        default="",
        max_length=64,
        help_text="ID or name of the Pressero stage that the items are set to.",
    )
    note = models.CharField(
        max_length=255,
        blank=True,
        help_text="Sent to Pressero with the stage. {order}, {job}, {part}, {status} and {tracking} are replaced with their values.",
    )
    status_key = models.CharField(
        max_length=KEY_LENGTH, editable=False, help_text="The status as it is compared."
    )
    workflow_key = models.CharField(
        max_length=KEY_LENGTH, editable=False, blank=True, help_text="The workflow as it is compared."
    )

    key_fields = ("status_key", "workflow_key")
    identity = ("status_key", "level", "workflow_key")

    class Meta:
        verbose_name = "status mapping"
        constraints = [
            *unique_row("status", ["status_key", "level", "workflow_key"], "this status and workflow"),
            models.CheckConstraint(
                condition=~Q(status_key="") & ~Q(pressero_stage=""),
                name="status_and_stage_filled",
                violation_error_message="Fill in the Pace status and the Pressero stage.",
            ),
            models.CheckConstraint(
                condition=Q(level__in=StatusLevel.values),
                name="status_level_known",
                violation_error_message="Level is job or part.",
            ),
        ]
        permissions = transfer_permissions("statusmapping", "status mappings")

    def __str__(self) -> str:
        flow = f"workflow {self.workflow}" if self.workflow else "the default workflow"
        return f"{self.level} status {self.pace_status} in {flow} of {self.scope()} → stage {self.pressero_stage}"

    def clean(self) -> None:
        super().clean()
        if problem := problem_with(self.note):
            raise ValidationError({"note": problem})

    def fill_keys(self) -> None:
        self.status_key = name_key(self.pace_status)
        self.workflow_key = name_key(self.workflow)


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
        when = f"every year on {self.date:%m-%d}" if self.every_year else f"on {self.date:%Y-%m-%d}"
        return f"{self.name} {when} of {self.scope()}"

    def remarks(self) -> list[str]:
        if self.storefront is None or self.storefront.skip_holidays:
            return []
        return [
            f"{self.storefront.name} does not skip holidays, so this day moves no ship date of its orders."
        ]


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


class ImportUpload(models.Model):
    """A file between its preview and its confirmation.

    In the database, because the confirmation may reach another machine than the upload did.
    """

    name = models.CharField(max_length=32, unique=True)
    content = models.BinaryField()
    created_at = models.DateTimeField(auto_now_add=True, db_index=True)

    class Meta:
        # Nobody handles these by hand: no rights to hand out.
        default_permissions = ()

    def __str__(self) -> str:
        return f"upload of {self.created_at:%Y-%m-%d %H:%M}"
