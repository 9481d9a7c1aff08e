"""The mappings in the portal: lists and forms. What they share is in `mappings.admin_base`."""

from typing import Any

from django.contrib import admin
from django.contrib.admin.views.main import ChangeList
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext, gettext_lazy

from automationhub.lib.admin import HubChangeList, ReadOnlyAdmin
from automationhub.lib.choices import ChoiceBox
from mappings.admin_base import MappingAdmin, NamedChange, named_changes
from mappings.admin_filters import IncompleteFilter, StaleFilter, StorefrontFilter, TableFilter
from mappings.models import (
    FieldRule,
    Holiday,
    MappingChange,
    ProductMapping,
    ShipmentAddressMapping,
    ShipmentMethodMapping,
    StatusMapping,
    TableValue,
)
from mappings.resources import (
    FieldResource,
    HolidayResource,
    ProductResource,
    ShipmentAddressResource,
    ShipmentMethodResource,
    StatusResource,
    ValueResource,
)

SHOWN_TEMPLATE = 100  # characters of a template in the list


def when_changed() -> tuple[str, dict[str, Any]]:
    return (gettext("Dates"), {"fields": [("created_at", "updated_at")], "classes": ["collapse"]})


@admin.register(ProductMapping)
class ProductMappingAdmin(MappingAdmin):
    resource_classes = [ProductResource]
    list_display = ["product", "match", "for_storefront", "item_template", "updated_at"]
    list_editable = ["item_template"]
    list_filter = [StorefrontFilter, StaleFilter, "match"]
    empty_text = gettext_lazy(
        "Add a row for each Pressero product that has an item template in Pace, or import them all from a spreadsheet."
    )
    search_fields = ["product", "item_template", "storefront__name"]
    fieldsets = [
        (gettext_lazy("Product"), {"fields": ["storefront", "match", "product"]}),
        (gettext_lazy("Pace"), {"fields": ["item_template"]}),
        when_changed(),
    ]


@admin.register(ShipmentMethodMapping)
class ShipmentMethodMappingAdmin(MappingAdmin):
    resource_classes = [ShipmentMethodResource]
    list_display = ["pressero_method", "for_storefront", "ship_via", "account_number", "updated_at"]
    list_editable = ["ship_via", "account_number"]
    list_filter = [StorefrontFilter, IncompleteFilter, StaleFilter]
    empty_text = gettext_lazy(
        "Add a row for each shipping method of Pressero, so that Pace knows how to ship."
    )
    search_fields = ["pressero_method", "account_number", "storefront__name"]
    fieldsets = [
        (gettext_lazy("Shipping method"), {"fields": ["storefront", "pressero_method"]}),
        (gettext_lazy("Pace"), {"fields": ["ship_via", "account_number"]}),
        when_changed(),
    ]


@admin.register(ShipmentAddressMapping)
class ShipmentAddressMappingAdmin(MappingAdmin):
    resource_classes = [ShipmentAddressResource]
    list_display = ["address", "for_storefront", "ship_via", "account_number", "updated_at"]
    list_editable = ["ship_via", "account_number"]
    list_filter = [StorefrontFilter, IncompleteFilter, StaleFilter]
    empty_text = gettext_lazy(
        "Only needed for addresses that ship differently than their shipping method says."
    )
    search_fields = ["business", "address1", "city", "postal", "account_number", "storefront__name"]
    fieldsets = [
        (
            gettext_lazy("Ship-to address"),
            {
                "fields": ["storefront", "business", "address1", ("city", "state"), ("postal", "country")],
                "description": gettext_lazy(
                    "Every filled column must match; not case-sensitive. The row with the most filled columns wins; the storefront counts as one."
                ),
            },
        ),
        (gettext_lazy("Pace"), {"fields": ["ship_via", "account_number"]}),
        when_changed(),
    ]

    @admin.display(description=gettext_lazy("Address"))
    def address(self, row: ShipmentAddressMapping) -> str:
        return row.address() or "any address"


@admin.register(StatusMapping)
class StatusMappingAdmin(MappingAdmin):
    resource_classes = [StatusResource]
    list_display = ["pace_status", "level", "for_storefront", "workflow_name", "pressero_stage", "note"]
    list_editable = ["pressero_stage", "note"]
    list_filter = [StorefrontFilter, StaleFilter, "level"]
    empty_text = gettext_lazy("Add a row for each Pace status that updates the Pressero stage.")
    search_fields = ["pace_status", "workflow", "pressero_stage", "note", "storefront__name"]
    fieldsets = [
        (gettext_lazy("Pace status"), {"fields": ["storefront", "level", "pace_status", "workflow"]}),
        (gettext_lazy("Pressero"), {"fields": ["pressero_stage", "note"]}),
        when_changed(),
    ]

    @admin.display(description=gettext_lazy("Workflow"), ordering="workflow")
    def workflow_name(self, row: StatusMapping) -> str:
        return row.workflow or "default"


@admin.register(Holiday)
class HolidayAdmin(MappingAdmin):
    resource_classes = [HolidayResource]
    list_display = ["date", "name", "for_storefront", "every_year", "counts"]
    related_pages = {"hub-holidays": gettext_lazy("Holiday calendar")}
    list_editable = ["name", "every_year"]
    list_filter = [StorefrontFilter, "every_year"]
    empty_text = gettext_lazy("Public holidays are already included. Add your plant's own days off.")
    search_fields = ["name", "storefront__name"]
    ordering = ["date"]
    fieldsets = [(None, {"fields": ["storefront", "date", "name", "every_year"]}), when_changed()]

    @admin.display(description=gettext_lazy("Is skipped"))
    def counts(self, row: Holiday) -> str:
        """Whether the day moves ship dates: a storefront may not skip holidays at all."""
        if row.storefront is None:
            return gettext("where holidays are skipped")
        return gettext("yes") if row.storefront.skip_holidays else gettext("no, this storefront skips none")


@admin.register(FieldRule)
class FieldRuleAdmin(MappingAdmin):
    resource_classes = [FieldResource]
    list_display = ["field", "for_storefront", "when", "template", "mode", "required", "priority"]
    list_editable = ["priority"]
    list_filter = [StorefrontFilter, "object", "mode"]
    empty_text = gettext_lazy(
        "Add a rule for each Pace field that orders shall fill otherwise: a cost center, a CSR, a sales category."
    )
    search_fields = ["pace_field", "when", "value", "storefront__name"]
    ordering = ["object", "pace_field", "storefront__name", "priority", "pk"]
    fieldsets = [
        (gettext_lazy("Pace field"), {"fields": ["storefront", ("object", "pace_field")]}),
        (gettext_lazy("Rule"), {"fields": ["when", "value", ("mode", "required"), "priority"]}),
        when_changed(),
    ]

    class Media:
        js = ["hub/field-rule.js"]

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "pace_field":
            kwargs["widget"] = ChoiceBox("pace_field", {"storefront": "storefront", "within": "object"})
        return super().formfield_for_dbfield(db_field, request, **kwargs)

    @admin.display(description=gettext_lazy("Pace field"), ordering="pace_field")
    def field(self, row: FieldRule) -> str:
        return f"{row.object}.{row.pace_field}"

    @admin.display(description=gettext_lazy("Value"), ordering="value")
    def template(self, row: FieldRule) -> str:
        return row.value if len(row.value) <= SHOWN_TEMPLATE else f"{row.value[: SHOWN_TEMPLATE - 1]}…"


@admin.register(TableValue)
class TableValueAdmin(MappingAdmin):
    resource_classes = [ValueResource]
    autocomplete_fields = []
    list_display = ["original", "table", "replacement", "updated_at"]
    list_editable = ["replacement"]
    list_filter = [TableFilter]
    empty_text = gettext_lazy(
        "Add a table that field rules look values up in, such as the CSR of each department."
    )
    search_fields = ["table", "original", "replacement"]
    ordering = ["table_key", "original_key"]
    fieldsets = [(None, {"fields": ["table", "original", "replacement"]}), when_changed()]


class ChangesList(HubChangeList):
    """The changes of one page of the list, their codes named together."""

    result_list: Any

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        entries: list[Any] = list(self.result_list)
        named = named_changes(entries)
        for entry in entries:
            entry.named = named[entry.pk]
        self.result_list = entries


@admin.register(MappingChange)
class MappingChangeAdmin(ReadOnlyAdmin):
    """Who changed what, of all kinds of rows, also of those that are gone."""

    list_display = ["at_", "row_", "what", "way", "actor", "differing"]
    list_filter = ["what", "way", "model"]
    list_filter_submit = True
    search_fields = ["row", "actor"]
    show_full_result_count = False
    fields = ["at_", "row_", "what", "way", "actor", "differing"]
    readonly_fields = fields
    empty_text = gettext_lazy("No mapping has been changed yet.")

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return ChangesList

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).order_by("-id")

    @admin.display(description=gettext_lazy("When"), ordering="at")
    def at_(self, entry: MappingChange) -> str:
        return render_to_string("hub/time.html", {"at": entry.at, "form": "minutes"})

    @admin.display(description=gettext_lazy("What it says"), ordering="row")
    def row_(self, entry: MappingChange) -> str:
        return _named(entry).row

    @admin.display(description=gettext_lazy("Before → after"))
    def differing(self, entry: MappingChange) -> SafeString:
        lines = ((one.label, one.before, one.after) for one in _named(entry).differences)
        return format_html_join("", '<div class="hub-diff">{} <del>{}</del> <ins>{}</ins></div>', lines)


def _named(entry: MappingChange) -> NamedChange:
    """The entry with its codes named: by its list, or alone on its own page."""
    named: NamedChange | None = getattr(entry, "named", None)
    return named or named_changes([entry])[entry.pk]
