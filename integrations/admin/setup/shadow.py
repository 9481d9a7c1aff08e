"""The page of a storefront in shadow mode: what it would have done beside the jobs in Pace, and what would remove each
difference."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Max
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext, ngettext
from django.views.decorators.http import require_POST

from integrations.admin.setup.coverage import add_url, row_url
from integrations.admin.shared.displays import change_url, may_open
from integrations.core.workqueue import messages as queue
from integrations.enums import OrderStatus, ShadowResult, StorefrontMode
from integrations.models import Order, ReferenceEntry, ReferenceKind, ShadowComparison, Storefront
from integrations.operations import shadow_report
from integrations.orders.submission import shadow
from integrations.planning.comparison_fixes import FixKind
from mappings.resources import KINDS

# The fields of Pace that hold a code of one of its lists.
_CODES = {
    "shipVia": ReferenceKind.SHIP_VIA,
    "itemTemplate": ReferenceKind.ITEM_TEMPLATE,
    "jobType": ReferenceKind.JOB_TYPE,
    "shipmentType": ReferenceKind.SHIPMENT_TYPE,
    "country": ReferenceKind.COUNTRY,
}
# More fields, values of a field, and orders of a value than these are counted, not shown.
MOST_FIELDS, MOST_VALUES, MOST_ORDERS, MOST_PROBLEMS = 60, 8, 3, 5


def _storefront(request: HttpRequest, pk: int) -> Storefront:
    if not may_open(request.user, "integrations", "storefront"):
        raise PermissionDenied
    found = Storefront.objects.select_related("pace_server", "pressero_account").filter(pk=pk).first()
    if found is None:
        raise Http404("There is no such storefront; it may have been deleted.")
    return found


def shadow_page(request: HttpRequest, pk: int) -> HttpResponse:
    """How many orders would have been the same as the job in Pace, and the differences by field."""
    storefront = _storefront(request, pk)
    found = shadow_report.report(storefront)
    fields = _fields(request, storefront, found.groups)
    in_shadow = storefront.mode == StorefrontMode.SHADOW
    rows = ShadowComparison.objects.filter(storefront=storefront)
    request.current_app = admin.site.name
    context = {
        **admin.site.each_context(request),
        "title": gettext("Shadow mode of {storefront}").format(storefront=storefront),
        "storefront": storefront,
        "in_shadow": in_shadow,
        "report": found,
        "tiles": _tiles(found),
        "fields": fields[:MOST_FIELDS],
        "left_out": max(0, len(fields) - MOST_FIELDS),
        "without_job": _without_job(request, storefront, rows),
        "compared_at": rows.aggregate(Max("compared_at"))["compared_at__max"],
        "problems": found.problems[:MOST_PROBLEMS],
        "storefront_url": change_url(storefront),
        "compare_url": reverse("hub-shadow-compare", args=[pk]) if in_shadow and _may_compare(request) else "",
        "live_url": (
            reverse("admin:integrations_storefront_activate", args=[pk])
            if in_shadow and request.user.has_perm("integrations.change_storefront")
            else ""
        ),
    }  # fmt: skip
    return TemplateResponse(request, "hub/storefront/shadow.html", context)


def _may_compare(request: HttpRequest) -> bool:
    """Comparing reads from Pace, as a preview does."""
    return request.user.has_perm("integrations.preview_order")


@require_POST
def compare_again(request: HttpRequest, pk: int) -> HttpResponse:
    """Have all orders planned and compared afresh by a worker."""
    storefront = _storefront(request, pk)
    if not _may_compare(request):
        raise PermissionDenied
    count = shadow.ask_again(storefront)
    queue.ask_for_comparison()
    text = ngettext(
        "{count} order is compared again. Reload this page in a moment.",
        "{count} orders are compared again. Reload this page in a moment.",
        count,
    )
    messages.info(request, text.format(count=count))
    return HttpResponseRedirect(reverse("hub-shadow", args=[pk]))


def _tiles(found: shadow_report.ShadowReport) -> list[tuple[int, str, str]]:
    tiles = [
        (found.same, gettext("same as the job in Pace"), "good"),
        (found.different, gettext("different"), "wait" if found.different else "muted"),
        (found.not_found, gettext("without a job in Pace"), "muted"),
    ]
    if found.stopped:
        tiles.append((found.stopped, gettext("would have stopped"), "bad"))
    if found.pending:
        tiles.append((found.pending, gettext("not compared yet"), "muted"))
    return tiles


def _fields(
    request: HttpRequest, storefront: Storefront, groups: Sequence[shadow_report.ShadowGroup]
) -> list[dict[str, Any]]:
    """The differences, a list of values for each field."""
    urls, names = _order_urls(request, storefront, groups), _names(storefront, groups)
    fields = []
    for (kind, name), values in groupby(groups, key=lambda group: (group.object, group.field)):
        found = list(values)
        fields.append(
            {
                "title": gettext("The order would have stopped") if kind == "order" else f"{kind} {name}",
                "orders": sum(len(group.orders) for group in found),
                "values": [
                    {
                        "group": group,
                        "ours_name": names.get((group.field, group.ours), ""),
                        "theirs_name": names.get((group.field, group.theirs), ""),
                        "orders": [(number, urls.get(number, "")) for number in group.orders[:MOST_ORDERS]],
                        "more": max(0, len(group.orders) - MOST_ORDERS),
                        "fix": _fix(request, storefront, group),
                    }
                    for group in found[:MOST_VALUES]
                ],
                "left_out": max(0, len(found) - MOST_VALUES),
            }
        )
    return fields


def _names(storefront: Storefront, groups: Sequence[shadow_report.ShadowGroup]) -> dict[tuple[str, str], str]:
    """What Pace calls the codes, by field and code, as far as its lists were read."""
    codes = {group.ours for group in groups if group.field in _CODES} | {
        group.theirs for group in groups if group.field in _CODES
    }
    rows = ReferenceEntry.objects.filter(
        server=storefront.pace_server, kind__in=_CODES.values(), key__in=codes
    )
    labels = {(kind, key): label for kind, key, label in rows.values_list("kind", "key", "label")}
    return {
        (name, code): labels[kind, code]
        for name, kind in _CODES.items()
        for code in codes
        if (kind, code) in labels
    }


def _order_urls(
    request: HttpRequest, storefront: Storefront, groups: Sequence[shadow_report.ShadowGroup]
) -> dict[int, str]:
    if not may_open(request.user, "integrations", "order"):
        return {}
    numbers = {number for group in groups for number in group.orders[:MOST_ORDERS]}
    rows = Order.objects.filter(storefront=storefront, number__in=numbers).values_list("number", "pk")
    return {number: _compared_page(pk) for number, pk in rows}


def _compared_page(pk: int) -> str:
    return f"{reverse('admin:integrations_order_change', args=[pk])}?tab=pace"


def _without_job(request: HttpRequest, storefront: Storefront, rows: Any) -> list[tuple[int, str]]:
    """The latest orders of which no job was found."""
    may = may_open(request.user, "integrations", "order")
    found = rows.filter(result=ShadowResult.NOT_FOUND, order__status=OrderStatus.SHADOW).order_by("-order")
    return [
        (number, _compared_page(pk) if may else "")
        for number, pk in found.values_list("order__number", "order__pk")[:10]
    ]


def _fix(request: HttpRequest, storefront: Storefront, group: shadow_report.ShadowGroup) -> tuple[str, str]:
    """Where the difference is removed, and what the link says; empty where this person cannot go or no page can do it."""
    if group.fix_kind == FixKind.MAPPING:
        if group.fix_row is not None:
            return row_url(request, group.fix_target, group.fix_row), gettext("Open the row")
        return _new_row(request, storefront, group.fix_target, _filled(group)), gettext("Add a row")
    if group.fix_kind == FixKind.RULE:
        return _new_row(request, storefront, "fields", _rule(group)), gettext("Add a field rule")
    system: Storefront | Any = storefront if group.fix_kind == FixKind.STOREFRONT else storefront.pace_server
    if group.fix_kind not in (FixKind.STOREFRONT, FixKind.SERVER) or not may_open(
        request.user, "integrations", str(system._meta.model_name)
    ):
        return "", ""
    label = gettext("Open the setting")
    return f"{change_url(system)}#id_{group.fix_target}", label


def _new_row(request: HttpRequest, storefront: Storefront, kind: str, fill: dict[str, str]) -> str:
    if kind not in KINDS:
        return ""
    may_add = request.user.has_perm(f"mappings.add_{KINDS[kind].model._meta.model_name}")
    return add_url(kind, storefront.pk, fill) if may_add else ""


def _filled(group: shadow_report.ShadowGroup) -> dict[str, str]:
    """The columns of a row to add, as far as they are known."""
    if group.fix_target == "products":
        return {"product": group.fix_subject, "match": "name", "item_template": group.theirs}
    answer = "ship_via" if group.field == "shipVia" else "account_number"
    return {"pressero_method": group.fix_subject, answer: group.theirs}


def _rule(group: shadow_report.ShadowGroup) -> dict[str, str]:
    fill = {"object": group.object, "pace_field": group.field}
    # A value that a template would read as its own language is left to the person.
    return fill if "{" in group.theirs else {**fill, "value": group.theirs}


shadow_view = admin.site.admin_view(shadow_page)
compare_again_view = admin.site.admin_view(compare_again)
