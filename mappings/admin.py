"""The mappings in the portal: lists, forms, import and export. The rules are in models and resources."""

from typing import Any

from django.contrib import admin, messages
from django.db.models import Model, QuerySet
from django.forms import Form
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from import_export.admin import ImportExportModelAdmin
from import_export.results import Result
from unfold.contrib.filters.admin import DropdownFilter
from unfold.contrib.import_export.forms import ExportForm, ImportForm

from automationhub.lib.admin import HubModelAdmin
from mappings.files import CsvFile, NumberedDataset, UnreadableFile, XlsxFile
from mappings.models import (
    Holiday,
    MappingRow,
    ProductMapping,
    ShipmentAddressMapping,
    ShipmentMethodMapping,
    StatusMapping,
)
from mappings.resources import (
    HolidayResource,
    ProductResource,
    ShipmentAddressResource,
    ShipmentMethodResource,
    StatusResource,
    reasons,
)
from mappings.uploads import DatabaseUploads, UploadGone

# A preview of more rows outlasts a web request; the command takes any number.
UPLOAD_ROWS = 5000
SHOWN_REASONS = 10
ALL_STOREFRONTS = "all"


class UploadedCsv(CsvFile):
    """A CSV file small enough for a web request."""

    def create_dataset(self, in_stream: bytes | str, **kwargs: Any) -> NumberedDataset:
        return not_too_long(super().create_dataset(in_stream, **kwargs))


class UploadedXlsx(XlsxFile):
    """An XLSX file small enough for a web request."""

    def create_dataset(self, in_stream: bytes) -> NumberedDataset:
        return not_too_long(super().create_dataset(in_stream))


def not_too_long(table: NumberedDataset) -> NumberedDataset:
    if len(table) > UPLOAD_ROWS:
        raise UnreadableFile(
            f"The file has {len(table)} rows, at most {UPLOAD_ROWS} can be uploaded: split it, or import it with "
            "“manage.py mappings import”."
        )
    return table


class StorefrontFilter(DropdownFilter):
    """Rows of one storefront, or those that are for all of them."""

    title = "storefront"
    parameter_name = "for"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        storefronts: Any = model_admin.model._meta.get_field("storefront").related_model
        names = storefronts.objects.order_by("name").values_list("pk", "name")
        return [(ALL_STOREFRONTS, "Rows for all storefronts"), *((str(pk), name) for pk, name in names)]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Model]) -> QuerySet[Model]:
        value = self.value()
        if value == ALL_STOREFRONTS:
            return queryset.filter(storefront__isnull=True)
        return queryset.filter(storefront=value) if value and value.isdecimal() else queryset


class MappingAdmin(HubModelAdmin, ImportExportModelAdmin):
    """Base of the five pages."""

    autocomplete_fields = ["storefront"]
    list_select_related = ["storefront"]
    list_filter: list[Any] = [StorefrontFilter]
    list_filter_submit = True
    readonly_fields = ["created_at", "updated_at"]
    show_full_result_count = False

    import_form_class = ImportForm
    export_form_class = ExportForm
    import_formats = [UploadedCsv, UploadedXlsx]
    export_formats = [CsvFile, XlsxFile]
    tmp_storage_class = DatabaseUploads

    @admin.display(description="Storefront", ordering="storefront__name")
    def for_storefront(self, row: MappingRow) -> str:
        return row.scope()

    # --- import: errors in words ---

    def add_data_read_fail_error_to_form(self, form: Form, error: Exception) -> None:
        if isinstance(error, UnreadableFile):
            form.add_error("import_file", str(error))
        else:
            super().add_data_read_fail_error_to_form(form, error)

    def create_import_form(self, request: HttpRequest) -> Form:
        form: Form = super().create_import_form(request)
        form.fields["import_file"].help_text = (
            f"CSV (UTF-8, separated by comma or semicolon) or XLSX, at most {UPLOAD_ROWS} rows. Larger files: "
            "“manage.py mappings import”. Rows are added or changed, never deleted; with any error nothing is imported."
        )
        return form

    def process_import(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        try:
            return super().process_import(request, **kwargs)
        except UploadGone:
            messages.error(
                request, "This upload was imported already or is too old: please upload the file again."
            )
            return HttpResponseRedirect(reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_import"))

    def process_result(self, result: Result, request: HttpRequest) -> HttpResponse:
        """The preview was fine, but rows may have changed since then."""
        found = reasons(result)
        if not found:
            return super().process_result(result, request)
        for line, reason in found[:SHOWN_REASONS]:
            messages.error(request, reason if line is None else f"Line {line}: {reason}")
        messages.error(request, "Nothing was imported.")
        return HttpResponseRedirect(reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_import"))


def when_changed() -> tuple[str, dict[str, Any]]:
    return ("History", {"fields": [("created_at", "updated_at")], "classes": ["collapse"]})


@admin.register(ProductMapping)
class ProductMappingAdmin(MappingAdmin):
    resource_classes = [ProductResource]
    list_display = ["product", "match", "for_storefront", "item_template", "updated_at"]
    list_filter = [StorefrontFilter, "match"]
    search_fields = ["product", "item_template", "storefront__name"]
    fieldsets = [
        ("Product", {"fields": ["storefront", "product", "match"]}),
        ("Pace", {"fields": ["item_template"]}),
        when_changed(),
    ]


@admin.register(ShipmentMethodMapping)
class ShipmentMethodMappingAdmin(MappingAdmin):
    resource_classes = [ShipmentMethodResource]
    list_display = ["pressero_method", "for_storefront", "ship_via", "account_number", "updated_at"]
    search_fields = ["pressero_method", "account_number", "storefront__name"]
    fieldsets = [
        ("Shipping method", {"fields": ["storefront", "pressero_method"]}),
        ("Pace", {"fields": ["ship_via", "account_number"]}),
        when_changed(),
    ]


@admin.register(ShipmentAddressMapping)
class ShipmentAddressMappingAdmin(MappingAdmin):
    resource_classes = [ShipmentAddressResource]
    list_display = ["address", "for_storefront", "ship_via", "account_number", "updated_at"]
    search_fields = ["business", "address1", "city", "postal", "account_number", "storefront__name"]
    fieldsets = [
        (
            "Ship-to address",
            {
                "fields": ["storefront", "business", "address1", ("city", "state"), ("postal", "country")],
                "description": "Every filled column must be equal; case does not matter. The row with the most filled "
                "columns wins, the storefront counts as one.",
            },
        ),
        ("Pace", {"fields": ["ship_via", "account_number"]}),
        when_changed(),
    ]

    @admin.display(description="Address")
    def address(self, row: ShipmentAddressMapping) -> str:
        return row.address() or "any address"


@admin.register(StatusMapping)
class StatusMappingAdmin(MappingAdmin):
    resource_classes = [StatusResource]
    list_display = ["pace_status", "level", "for_storefront", "workflow_name", "pressero_stage", "note"]
    list_filter = [StorefrontFilter, "level"]
    search_fields = ["pace_status", "workflow", "pressero_stage", "note", "storefront__name"]
    fieldsets = [
        ("Pace status", {"fields": ["storefront", "level", "pace_status", "workflow"]}),
        ("Pressero", {"fields": ["pressero_stage", "note"]}),
        when_changed(),
    ]

    @admin.display(description="Workflow", ordering="workflow")
    def workflow_name(self, row: StatusMapping) -> str:
        return row.workflow or "default"


@admin.register(Holiday)
class HolidayAdmin(MappingAdmin):
    resource_classes = [HolidayResource]
    list_display = ["date", "name", "for_storefront", "every_year"]
    list_filter = [StorefrontFilter, "every_year"]
    search_fields = ["name", "storefront__name"]
    ordering = ["date"]
    fieldsets = [(None, {"fields": ["storefront", "date", "name", "every_year"]}), when_changed()]
