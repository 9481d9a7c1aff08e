"""The import page of the mappings: choose a file, see what it would change, import it or cancel."""

from typing import Any

from django.contrib import messages
from django.forms import Form, HiddenInput
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext, gettext_lazy, ngettext
from import_export.admin import ImportExportModelAdmin
from import_export.results import Result, RowResult
from unfold.contrib.import_export.forms import ExportForm, ImportForm

from mappings.changes import ChangeWay
from mappings.files import CsvFile, XlsxFile
from mappings.resources import kind_of, reasons, row_warnings
from mappings.spreadsheets import SheetLimits, UnreadableFile
from mappings.uploads import DatabaseUploads, UploadGone

# A preview of more rows outlasts a web request; the command takes ten times as many.
UPLOAD_ROWS = 5000
SHOWN_REASONS = 10
SHOWN_ROWS = 200

KINDS_OF_ROWS = {
    RowResult.IMPORT_TYPE_NEW: gettext_lazy("New"),
    RowResult.IMPORT_TYPE_UPDATE: gettext_lazy("Changed"),
    RowResult.IMPORT_TYPE_SKIP: gettext_lazy("Unchanged"),
}


class SpreadsheetForm(ImportForm):
    """A file to import. Which format it has is told by its content."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["format"].widget = HiddenInput()
        self.fields["format"].required = False
        self.fields["import_file"].label = gettext("Spreadsheet")
        self.fields["import_file"].help_text = gettext(
            "CSV or XLSX, up to {rows} rows. Rows are added or changed, never deleted. You see a preview first."
        ).format(rows=f"{UPLOAD_ROWS:,}")

    def clean_format(self) -> str:
        return self.cleaned_data.get("format") or "0"


class SpreadsheetImport(ImportExportModelAdmin):
    """The import and export of a mapping page."""

    import_form_class = SpreadsheetForm
    export_form_class = ExportForm
    import_formats = [CsvFile, XlsxFile]
    export_formats = [CsvFile, XlsxFile]
    tmp_storage_class = DatabaseUploads
    import_template_name = "admin/mappings/import.html"

    def get_import_formats(self) -> list[Any]:
        labels = self.resource_classes[0].labels()
        return [one.bound(labels, SheetLimits(rows=UPLOAD_ROWS)) for one in self.import_formats]

    def get_import_resource_kwargs(self, request: HttpRequest, **kwargs: Any) -> dict[str, Any]:
        found: dict[str, Any] = super().get_import_resource_kwargs(request, **kwargs)
        return {**found, "way": ChangeWay.FILE, "actor": actor_of(request)}

    def import_action(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        """The form, the preview of a file, or what is wrong with it."""
        response = super().import_action(request, **kwargs)
        context = getattr(response, "context_data", None)
        if context is None:
            return response
        context["title"] = gettext("Import {kind}").format(kind=self.opts.verbose_name_plural)
        context["columns"] = self.resource_classes[0].columns()
        result = context.get("result")
        if result is None:
            return response
        context["problems"] = reasons(result)
        if not context["problems"]:
            context["preview"] = preview(result)
            context["rehearse_url"] = address("hub-rehearse-import", kind_of(self.model()))
            context["remarks"] = [*getattr(result, "notes", []), *self._warnings(result)]
        return response

    def _warnings(self, result: Result) -> list[str]:
        """Codes that their system does not list: they stop nothing, but are shown before the import."""
        resource = self.resource_classes[0]()
        resource.lines = getattr(result, "lines", [])
        found = row_warnings(resource, result)
        warnings = [
            gettext("Line {line}: {sentence}").format(line=line, sentence=sentence)
            for line, sentence in found[:SHOWN_REASONS]
        ]
        if len(found) > SHOWN_REASONS:
            warnings.append(
                gettext("And {count} more lines with unknown codes.").format(count=len(found) - SHOWN_REASONS)
            )
        return warnings

    def add_data_read_fail_error_to_form(self, form: Form, error: Exception) -> None:
        if isinstance(error, UnreadableFile):
            form.add_error("import_file", [str(problem) for problem in error.problems])
        else:
            super().add_data_read_fail_error_to_form(form, error)

    def process_import(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        """Import the file that was previewed."""
        try:
            return super().process_import(request, **kwargs)
        except UploadGone:
            messages.error(
                request,
                gettext("This file was imported already, or its preview is too old. Upload it again."),
            )
            return HttpResponseRedirect(self._import_page())

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
        return HttpResponseRedirect(self._import_page())

    def add_success_message(self, result: Result, request: HttpRequest) -> None:
        messages.success(
            request, gettext("Import finished: {counts}.").format(counts=counts(preview(result)["counts"]))
        )

    def _import_page(self) -> str:
        return reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_import")


def address(name: str, *args: Any) -> str:
    """The address of a page that stands outside of this app; "" where there is none."""
    try:
        return reverse(name, args=args)
    except NoReverseMatch:
        return ""


def preview(result: Result) -> dict[str, Any]:
    """What an import would do: how many rows of each kind, and the rows that matter, with their lines."""
    lines = getattr(result, "lines", []) or range(1, len(result.rows) + 1)
    rows = list(zip(lines, result.rows, strict=True))
    changing = [(line, row) for line, row in rows if row.import_type != RowResult.IMPORT_TYPE_SKIP]
    shown = (changing or rows)[:SHOWN_ROWS]
    return {
        "counts": {kind: result.totals.get(kind, 0) for kind in KINDS_OF_ROWS},
        "summary": counts({kind: result.totals.get(kind, 0) for kind in KINDS_OF_ROWS}),
        "headers": result.diff_headers,
        "rows": [(line, KINDS_OF_ROWS.get(row.import_type, ""), row.diff) for line, row in shown],
        "not_shown": len(changing or rows) - len(shown),
        "changing": len(changing),
    }


def counts(totals: dict[str, int]) -> str:
    """How many rows are new, changed and unchanged, in words."""
    new, changed, unchanged = (totals[kind] for kind in KINDS_OF_ROWS)
    return ", ".join(
        [
            ngettext("{count} new row", "{count} new rows", new).format(count=new),
            ngettext("{count} changed", "{count} changed", changed).format(count=changed),
            ngettext("{count} unchanged", "{count} unchanged", unchanged).format(count=unchanged),
        ]
    )


def actor_of(request: HttpRequest) -> str:
    """Who acts, for the history of the rows."""
    user: Any = request.user
    return user.get_full_name() or user.get_username()
