"""Rehearsals in the portal: what a form, a file or a version would make of the last orders, before it is saved or applied.

Answers with the result alone when a page asks for it to show in place (static/hub/rehearse.js), else with a whole page.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext, ngettext

from integrations.admin.shared.displays import may_open
from integrations.models import PaceServer, Storefront
from integrations.operations.setup import rehearsal
from integrations.operations.setup.configuration import ConfigurationError
from integrations.operations.setup.rehearsal import CannotRehearse, Rehearsal, RehearsalChange
from integrations.planning.plan_diff import PlanDifference, by_field
from mappings.models import MappingRow
from mappings.resources import KINDS, check_content, kind_of
from mappings.spreadsheets import UnreadableFile
from mappings.uploads import DatabaseUploads, UploadGone

SHOWN_REASONS, SHOWN_FIELDS, SHOWN_ORDERS = 50, 40, 20
# Whose forms can be rehearsed, by their names in addresses.
_FORMS: list[type[Any]] = [Storefront, PaceServer, *(kind.model for kind in KINDS.values())]
MODELS = {str(model._meta.model_name): model for model in _FORMS}


def of_form(request: HttpRequest, model: str, pk: int | None = None) -> HttpResponse:
    """What saving a form would do: the form is posted here instead of to its own page."""
    if model not in MODELS:
        raise Http404(f"There is no form {model}.")
    model_admin: Any = admin.site.get_model_admin(MODELS[model])
    row = model_admin.get_object(request, str(pk)) if pk else None
    if pk and row is None:
        raise Http404("There is no such row; it may have been deleted.")
    allowed = (
        model_admin.has_change_permission(request, row) if row else model_admin.has_add_permission(request)
    )
    if not allowed:
        raise PermissionDenied

    def change() -> RehearsalChange:
        form = model_admin.get_form(request, row, change=row is not None)(
            request.POST, request.FILES, instance=row
        )
        if not form.is_valid():
            raise CannotRehearse(_errors(form))
        edited = form.save(commit=False)
        if isinstance(edited, MappingRow):
            edited.tidy()
            return RehearsalChange(put={kind_of(edited): [edited]})
        return rehearsal.of_setting(edited)

    return answered(
        request, change, gettext("Rehearsal of {name}").format(name=row or model_admin.opts.verbose_name)
    )


def _errors(form: Any) -> list[str]:
    return [
        str(error)
        if name == "__all__"
        else f"{form.fields[name].label if name in form.fields else name}: {error}"
        for name, errors in form.errors.items()
        for error in errors
    ]


def of_upload(request: HttpRequest, kind: str) -> HttpResponse:
    """What importing the spreadsheet of a preview would do."""
    if kind not in KINDS:
        raise Http404(f"There is no kind {kind}.")
    model_admin: Any = admin.site.get_model_admin(KINDS[kind].model)
    if not model_admin.has_import_permission(request):
        raise PermissionDenied

    def change() -> RehearsalChange:
        upload = DatabaseUploads(name=request.POST.get("import_file_name", "")[:32])
        try:
            report = check_content(kind, upload.read())
        except UploadGone:
            gone = gettext("This file was imported already, or its preview is too old. Upload it again.")
            raise CannotRehearse([gone]) from None
        except UnreadableFile as error:
            raise CannotRehearse([str(problem) for problem in error.problems]) from error
        if report.errors:
            raise CannotRehearse([reason for _, reason in report.errors])
        return RehearsalChange(put={kind: report.rows})

    return answered(request, change, gettext("Rehearsal of an import"))


def answered(request: HttpRequest, make_change: Callable[[], RehearsalChange], title: str) -> HttpResponse:
    """Rehearse a change and show what came of it; for those who may see orders."""
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    if not may_open(request.user, "integrations", "order"):
        raise PermissionDenied
    context: dict[str, Any] = {"title": title}
    try:
        context["result"] = shown(rehearsal.rehearse(make_change()))
    except (CannotRehearse, ConfigurationError) as error:
        context["reasons"] = error.reasons[:SHOWN_REASONS]
    alone = request.headers.get("X-Requested-With") == "fetch"
    template = "hub/rehearsal/result.html" if alone else "hub/rehearsal/page.html"
    if not alone:
        request.current_app = admin.site.name
        context = {**admin.site.each_context(request), **context}
    return TemplateResponse(request, template, context)


def shown(result: Rehearsal) -> dict[str, Any]:
    """A result as its template shows it."""

    def line(one: PlanDifference) -> dict[str, Any]:
        return {
            "number": one.order,
            "url": _order_url(result.ids.get(one.order)),
            "object": one.object,
            "before": _text(one.before),
            "after": _text(one.after),
        }

    groups = list(by_field(tuple(result.differences)).items())
    problems = {one.order: one for one in result.differences if one.field == "problem"}
    return {
        "sentence": sentence(result),
        "changed": result.changed,
        "stops": [line(problems[number]) for number in result.stops if number in problems][:SHOWN_ORDERS],
        "recovers": [line(problems[number]) for number in result.recovers if number in problems][
            :SHOWN_ORDERS
        ],
        "fields": [
            {
                "name": f"{name} {field}" if name != "order" else field,
                "orders": len({one.order for one in found}),
                "lines": [line(one) for one in found[:SHOWN_ORDERS]],
                "more": len(found) - SHOWN_ORDERS,
            }
            for (name, field), found in groups[:SHOWN_FIELDS]
        ],
        "more_fields": len(groups) - SHOWN_FIELDS,
        "unreadable": result.unreadable[:SHOWN_ORDERS],
        "unreadable_count": len(result.unreadable),
    }


def sentence(result: Rehearsal) -> str:
    """The result in one sentence."""
    if not result.orders:
        return gettext("There are no orders to rehearse with yet.")
    return ngettext(
        "Of the last order, {changed} would be planned differently, {stops} would stop, {recovers} that stopped would go "
        "through.",
        "Of the last {orders} orders, {changed} would be planned differently, {stops} would stop, {recovers} that stopped "
        "would go through.",
        result.orders,
    ).format(
        orders=result.orders,
        changed=result.changed,
        stops=len(result.stops),
        recovers=len(result.recovers),
    )


def _order_url(pk: int | None) -> str:
    return reverse("admin:integrations_order_change", args=[pk]) if pk else ""


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return gettext("yes") if value else gettext("no")
    return "" if value is None else str(value)


of_form_view = admin.site.admin_view(of_form)
of_upload_view = admin.site.admin_view(of_upload)
