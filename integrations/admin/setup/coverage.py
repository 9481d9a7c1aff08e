"""The desk pages of a storefront: its coverage, and trying its mappings. The rules are in `pipeline`."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from automationhub.lib.choices import ChoiceBox
from integrations.admin.shared.displays import may_open
from integrations.models import Storefront
from integrations.operations.setup.coverage import Cover, Coverage, CoverageSection
from integrations.operations.setup.coverage_inputs import coverage_of
from integrations.operations.setup.mapping_trial import TrialInput, try_mappings
from mappings.resources import KINDS
from mappings.types import ADDRESS_COLUMNS, AddressQuery, ProductQuery

MOST_LINES = 100
TONES = {Cover.ROW: "good", Cover.DEFAULT: "wait", Cover.NONE: "bad"}
SHOWS = {"gaps": "What is missing or only by default", "missing": "Only what is missing", "all": "Everything"}


def _storefronts(request: HttpRequest) -> Any:
    if not may_open(request.user, "integrations", "storefront"):
        raise PermissionDenied
    return Storefront.objects.select_related("pace_server", "pressero_account").order_by("name")


def _page(request: HttpRequest, template: str, context: dict[str, Any]) -> HttpResponse:
    request.current_app = admin.site.name
    return TemplateResponse(request, template, {**admin.site.each_context(request), **context})


# --- coverage -------------------------------------------------------------------------------------------------


def coverage_choice(request: HttpRequest) -> HttpResponse:
    """Which storefront's coverage; straight to it when there is only one."""
    storefronts = list(_storefronts(request))
    if len(storefronts) == 1:
        return coverage(request, storefronts[0].pk)
    return _page(
        request, "hub/coverage/choose.html", {"title": gettext("Coverage"), "storefronts": storefronts}
    )


def coverage(request: HttpRequest, pk: int) -> HttpResponse:
    """What everything of a storefront resolves to."""
    storefront = _storefronts(request).filter(pk=pk).first()
    if storefront is None:
        raise Http404("There is no such storefront; it may have been deleted.")
    show = request.GET.get("show", "")
    show = show if show in SHOWS else "gaps"
    found = coverage_of(storefront)
    context = {
        "title": gettext("Coverage of {storefront}").format(storefront=storefront),
        "storefront": storefront,
        "coverage": found,
        "sections": [_section(request, found, section, show) for section in found.sections],
        "shows": [(f"?show={name}", label, name == show) for name, label in SHOWS.items()],
        "storefront_url": reverse("admin:integrations_storefront_change", args=[storefront.pk]),
        "trial_url": f"{reverse('mapping-trial')}?{urlencode({'storefront': str(storefront.pk)})}",
    }
    return _page(request, "hub/coverage/coverage.html", context)


def _section(request: HttpRequest, coverage: Coverage, section: CoverageSection, show: str) -> dict[str, Any]:
    wanted = {"gaps": (Cover.NONE, Cover.DEFAULT), "missing": (Cover.NONE,)}.get(show, tuple(Cover))
    lines = [line for line in section.lines if line.cover in wanted]
    # A status that nobody is told about is no fault.
    tones = {**TONES, Cover.NONE: "muted"} if section.kind == "statuses" else TONES
    name = KINDS[section.kind].model._meta.model_name
    may_add = request.user.has_perm(f"mappings.add_{name}")
    return {
        "kind": section.kind,
        "title": section.title,
        "counts": [(section.count(cover), section.word(cover), tones[cover]) for cover in Cover],
        "lines": [
            {
                "line": line,
                "badge": section.word(line.cover),
                "tone": tones[line.cover],
                "add_url": add_url(section.kind, coverage.storefront_id, line.fill)
                if may_add and line.fill
                else "",
                "row_url": row_url(request, section.kind, line.row_id),
            }
            for line in lines[:MOST_LINES]
        ],
        "left_out": max(0, len(lines) - MOST_LINES),
        "total": len(section.lines),
    }


def add_url(kind: str, storefront_id: int, fill: dict[str, str]) -> str:
    """A new row of this kind with its columns filled in."""
    name = KINDS[kind].model._meta.model_name
    of = {"storefront": str(storefront_id)} if "storefront" in KINDS[kind].columns else {}
    return f"{reverse(f'admin:mappings_{name}_add')}?{urlencode({**of, **fill})}"


def row_url(request: HttpRequest, kind: str, row_id: int | None) -> str:
    """The page of a row, "" when there is none or it may not be opened."""
    if row_id is None or kind not in KINDS:
        return ""
    name = str(KINDS[kind].model._meta.model_name)
    if not may_open(request.user, "mappings", name):
        return ""
    return reverse(f"admin:mappings_{name}_change", args=[row_id])


# --- try it ---------------------------------------------------------------------------------------------------


def _text(label: str, help_text: str = "", *, kind: str = "", within: str = "") -> forms.CharField:
    sends = {"storefront": "storefront", **({"within": within} if within else {})}
    widget = ChoiceBox(kind, sends) if kind else UnfoldAdminTextInputWidget()
    return forms.CharField(label=label, required=False, max_length=255, help_text=help_text, widget=widget)


class TrialForm(forms.Form):
    """Values of an order, as far as mappings look at them."""

    storefront = forms.ModelChoiceField(
        Storefront.objects.none(), widget=UnfoldAdminSelectWidget, empty_label="Choose a storefront"
    )
    product_id = _text("Product id", kind="product")
    part_number = _text("Printer part number")
    product_name = _text("Product name")
    integration_id = _text("Integration Id of the product")
    method_name = _text("Shipping method", kind="shipping_method")
    method_id = _text("Shipping method id")
    business = _text("Business")
    address1 = _text("Address, first line")
    city = _text("City")
    state = _text("State")
    postal = _text("Postal code")
    country = _text("Country")
    job_status = _text("Status of the job", kind="job_status")
    part_status = _text("Status of the part", kind="job_status")
    workflow = _text("Workflow", kind="workflow")

    groups = (
        ("Product", ("product_id", "part_number", "product_name", "integration_id")),
        ("Shipping", ("method_name", "method_id", *ADDRESS_COLUMNS)),
        ("Status in Pace", ("job_status", "part_status", "workflow")),
    )

    def __init__(self, *args: Any, storefronts: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["storefront"].queryset = storefronts  # type: ignore[attr-defined]

    def sections(self) -> Iterable[tuple[str, list[forms.BoundField]]]:
        return [(title, [self[name] for name in names]) for title, names in self.groups]

    def asked(self) -> TrialInput:
        data = self.cleaned_data
        return TrialInput(
            product=ProductQuery(
                data["product_id"], data["part_number"], data["product_name"], data["integration_id"]
            ),
            method_name=data["method_name"],
            method_id=data["method_id"],
            address=AddressQuery(*(data[column] for column in ADDRESS_COLUMNS)),
            job_status=data["job_status"],
            part_status=data["part_status"],
            workflow=data["workflow"],
        )


def trial(request: HttpRequest) -> HttpResponse:
    """Values in, winning rows and reasons out; nothing is written, so a GET does it and can be linked to."""
    storefronts = _storefronts(request)
    asked = len(request.GET) > 1
    form = TrialForm(
        request.GET if asked else None,
        initial={"storefront": request.GET.get("storefront")},
        storefronts=storefronts,
    )
    context: dict[str, Any] = {"title": gettext("Try the mappings"), "form": form, "asked": asked}
    if asked and form.is_valid():
        storefront = form.cleaned_data["storefront"]
        context["storefront"] = storefront
        context["outcomes"] = [
            {"outcome": outcome, "row_url": row_url(request, outcome.kind, outcome.row_id)}
            for outcome in try_mappings(storefront, form.asked())
        ]
    return _page(request, "hub/coverage/trial.html", context)


coverage_choice_view = admin.site.admin_view(coverage_choice)
coverage_view = admin.site.admin_view(coverage)
trial_view = admin.site.admin_view(trial)
