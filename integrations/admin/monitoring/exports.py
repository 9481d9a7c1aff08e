"""Lists as CSV files: the button on a list, the page that shows how far it is, and the download."""

from __future__ import annotations

from typing import Any

from django.apps import apps
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import (
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseRedirect,
    JsonResponse,
    StreamingHttpResponse,
)
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.text import slugify
from django.utils.translation import gettext
from django.views.decorators.http import require_POST

from integrations.admin.shared.displays import actor_name, signed_in
from integrations.models import Export
from integrations.operations import exports

MOST_SHOWN = 50


class ExportsMixin:
    """A list with the button "Export as CSV", for those who may."""

    model: Any

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        offered = exports.may_export(request.user, self.model)
        export = {"list": self.model._meta.label_lower, "query": request.GET.urlencode()} if offered else None
        return super().changelist_view(request, {**(extra_context or {}), "export": export})  # type: ignore[misc]


@require_POST
def start(request: HttpRequest) -> HttpResponse:
    """Have a list written out, and go to the page that shows how far it is."""
    try:
        model = apps.get_model(request.POST.get("list", ""))
    except (LookupError, ValueError) as error:
        raise Http404("There is no such list.") from error
    try:
        export = exports.ask(
            signed_in(request), model, request.POST.get("query", "")[:4_000], actor=actor_name(request)
        )
    except exports.ExportRefused as error:
        raise PermissionDenied(error.message) from error
    return HttpResponseRedirect(reverse("hub-export", args=[export.pk]))


def overview(request: HttpRequest) -> HttpResponse:
    """The files somebody had made in the last day."""
    found = Export.objects.filter(user=signed_in(request))[:MOST_SHOWN]
    lines = [
        {"export": export, "name": _title(export), "url": reverse("hub-export", args=[export.pk])}
        for export in found
    ]
    return _page(request, "hub/exports/overview.html", {"title": gettext("Exports"), "lines": lines})


def progress_page(request: HttpRequest, pk: Any) -> HttpResponse:
    """How far one is; its download when it is finished."""
    export = _own(request, pk)
    options = exports.model_of(export)._meta
    context = {
        "title": gettext("Export of {names}").format(names=gettext(str(options.verbose_name_plural))),
        "export": export,
        "state": _state(export),
        "list_url": f"{reverse(f'admin:{options.app_label}_{options.model_name}_changelist')}?{export.query}",
        "progress_url": reverse("hub-export-progress", args=[pk]),
        "download_url": reverse("hub-export-download", args=[pk]),
    }
    return _page(request, "hub/exports/page.html", context)


def progress(request: HttpRequest, pk: Any) -> JsonResponse:
    """What the page asks while a worker is at it."""
    return JsonResponse(_state(_own(request, pk)))


def download(request: HttpRequest, pk: Any) -> HttpResponse | StreamingHttpResponse:
    """The file, in pieces as it is kept."""
    export = _own(request, pk)
    if export.finished_at is None or export.problem:
        messages.warning(request, gettext("This file is not finished."))
        return HttpResponseRedirect(reverse("hub-export", args=[pk]))
    answer = StreamingHttpResponse(exports.read(export), content_type="text/csv; charset=utf-8")
    name = f"{slugify(_title(export))}-{export.created_at:%Y-%m-%d-%H%M}.csv"
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer


def _own(request: HttpRequest, pk: Any) -> Export:
    """An export of this very user, who still has the right to it."""
    export = get_object_or_404(Export, pk=pk, user=request.user)
    if not exports.may_export(request.user, exports.model_of(export)):
        raise PermissionDenied
    return export


def _title(export: Export) -> str:
    return gettext(str(exports.model_of(export)._meta.verbose_name_plural)).capitalize()


def _state(export: Export) -> dict[str, Any]:
    return {
        "through": export.rows,
        "shown": f"{export.rows:,}",
        "total": export.total or 0,
        "shown_total": "?" if export.total is None else f"{export.total:,}",
        "busy": export.finished_at is None,
        "refusals": [export.problem] if export.problem else [],
    }


def _page(request: HttpRequest, template: str, context: dict[str, Any]) -> HttpResponse:
    request.current_app = admin.site.name
    return TemplateResponse(request, template, {**admin.site.each_context(request), **context})


start_view = admin.site.admin_view(start)
overview_view = admin.site.admin_view(overview)
progress_page_view = admin.site.admin_view(progress_page)
progress_view = admin.site.admin_view(progress)
download_view = admin.site.admin_view(download)
