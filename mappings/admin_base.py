"""What the five mapping pages share: drop-downs, warnings, history, import and export. The rules are in models and
resources."""

from collections.abc import Iterable
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Model, QuerySet
from django.forms import Form
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext, gettext_lazy
from import_export.admin import ImportExportModelAdmin
from import_export.results import Result
from unfold.contrib.import_export.forms import ExportForm, ImportForm

from automationhub.lib.admin import HubModelAdmin
from automationhub.lib.choices import ChoiceBox
from mappings.admin_filters import StaleFilter, StorefrontFilter
from mappings.changes import ChangeKind, ChangeWay, MappingChange, change, differences, keep
from mappings.files import CsvFile, NumberedDataset, UnreadableFile, XlsxFile
from mappings.models import MappingRow
from mappings.reference import POINTERS, warnings
from mappings.resources import reasons, row_warnings
from mappings.row_resource import RowResource
from mappings.uploads import DatabaseUploads, UploadGone

# A preview of more rows outlasts a web request; the command takes any number.
UPLOAD_ROWS = 5000
SHOWN_REASONS = 10
SHOWN_CHANGES = 200


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


class MappingAdmin(HubModelAdmin, ImportExportModelAdmin):
    """Base of the five pages."""

    autocomplete_fields = ["storefront"]
    list_select_related = ["storefront"]
    list_filter: list[Any] = [StorefrontFilter, StaleFilter]
    list_filter_submit = True
    readonly_fields = ["created_at", "updated_at"]
    show_full_result_count = False
    list_before_template = "admin/mappings/desk_links.html"

    import_form_class = ImportForm
    export_form_class = ExportForm
    import_formats = [UploadedCsv, UploadedXlsx]
    export_formats = [CsvFile, XlsxFile]
    tmp_storage_class = DatabaseUploads

    def for_storefront(self, row: MappingRow) -> str:
        return row.scope()

    for_storefront.short_description = gettext_lazy("Storefront")  # type: ignore[attr-defined]
    for_storefront.admin_order_field = "storefront__name"  # type: ignore[attr-defined]

    # --- forms ---

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        kind = POINTERS[str(self.opts.model_name)].get(db_field.name)
        if kind:
            sends = {"storefront": "storefront"}
            if within := {"product": "match", "stage": "workflow"}.get(kind):
                sends["within"] = within
            kwargs["widget"] = ChoiceBox(kind, sends)
        return super().formfield_for_dbfield(db_field, request, **kwargs)

    def save_model(self, request: HttpRequest, obj: Model, form: Any, change: Any) -> None:
        assert isinstance(obj, MappingRow)  # noqa: S101 - for the type checker
        before = self._stored(obj.pk) if change else None
        with transaction.atomic():
            super().save_model(request, obj, form, change)
            self._keep(request, before, obj)
        for _, sentence in warnings([(None, obj)]):
            messages.warning(request, gettext("Saved. But look again: {sentence}").format(sentence=sentence))

    def delete_model(self, request: HttpRequest, obj: Model) -> None:
        with transaction.atomic():
            self._keep_deleted(request, [obj])
            super().delete_model(request, obj)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        with transaction.atomic():
            self._keep_deleted(request, queryset.select_related("storefront"))
            super().delete_queryset(request, queryset)

    # --- history: the hub's own, which also knows of commands and files ---

    def _stored(self, pk: Any) -> Any:
        return self.model._default_manager.select_related("storefront").filter(pk=pk).first()

    def _columns(self) -> tuple[str, ...]:
        resource: type[RowResource] = self.resource_classes[0]
        return resource.columns()

    def _keep(self, request: HttpRequest, before: Any, after: MappingRow) -> None:
        found = differences(before, after, self._columns())
        if found:
            what = ChangeKind.ADDED if before is None else ChangeKind.CHANGED
            keep([change(after, what, found, way=ChangeWay.FORM, actor=_actor(request))])

    def _keep_deleted(self, request: HttpRequest, rows: Iterable[Any]) -> None:
        actor = _actor(request)
        keep(
            change(
                row,
                ChangeKind.DELETED,
                differences(row, None, self._columns()),
                way=ChangeWay.FORM,
                actor=actor,
            )
            for row in rows
        )

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        row = self.get_object(request, object_id)
        if row is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)
        if not self.has_view_or_change_permission(request, row):
            raise PermissionDenied
        entries = MappingChange.objects.filter(model=self.opts.model_name, row_id=row.pk)[: SHOWN_CHANGES + 1]
        context = {
            **self.admin_site.each_context(request),
            "title": gettext("History of {row}").format(row=row),
            "opts": self.opts,
            "original": row,
            "changes": list(entries)[:SHOWN_CHANGES],
            "more": len(entries) > SHOWN_CHANGES,
            **(extra_context or {}),
        }
        request.current_app = self.admin_site.name
        return TemplateResponse(request, "admin/mappings/history.html", context)

    # --- the list ---

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        links = []
        for name, label in (
            ("mapping-coverage", gettext("What is not mapped")),
            ("mapping-trial", gettext("Try the mappings")),
        ):
            try:
                links.append((reverse(name), label))
            except NoReverseMatch:
                continue
        return super().changelist_view(request, {"desk_links": links, **(extra_context or {})})

    # --- import: errors in words ---

    def get_import_resource_kwargs(self, request: HttpRequest, **kwargs: Any) -> dict[str, Any]:
        found: dict[str, Any] = super().get_import_resource_kwargs(request, **kwargs)
        return {**found, "way": ChangeWay.FILE, "actor": _actor(request)}

    def import_action(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        response = super().import_action(request, **kwargs)
        context = getattr(response, "context_data", None) or {}
        result = context.get("result")
        if result is not None and not result.has_errors() and not result.has_validation_errors():
            self._warn(request, result)
        return response

    def _warn(self, request: HttpRequest, result: Result) -> None:
        """Codes that nobody lists: they stop nothing, but are told before and after."""
        resource = self.resource_classes[0]()
        resource.lines = getattr(result, "lines", [])
        found = row_warnings(resource, result)
        for line, sentence in found[:SHOWN_REASONS]:
            messages.warning(request, gettext("Line {line}: {sentence}").format(line=line, sentence=sentence))
        if len(found) > SHOWN_REASONS:
            messages.warning(
                request,
                gettext("And {count} more lines with unknown codes.").format(
                    count=len(found) - SHOWN_REASONS
                ),
            )

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
                request,
                gettext("This upload was imported already or is too old: please upload the file again."),
            )
            return HttpResponseRedirect(reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_import"))

    def process_result(self, result: Result, request: HttpRequest) -> HttpResponse:
        """The preview was fine, but rows may have changed since then."""
        found = reasons(result)
        if not found:
            return super().process_result(result, request)
        for line, reason in found[:SHOWN_REASONS]:
            messages.error(
                request,
                reason if line is None else gettext("Line {line}: {reason}").format(line=line, reason=reason),
            )
        messages.error(request, gettext("Nothing was imported."))
        return HttpResponseRedirect(reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_import"))


def _actor(request: HttpRequest) -> str:
    user: Any = request.user
    return user.get_full_name() or user.get_username()
