"""The preview pages: what an order would become in Pace now, and why. Nothing is written anywhere."""

from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.translation import gettext
from unfold.widgets import UnfoldAdminIntegerFieldWidget, UnfoldAdminSelectWidget

from automationhub.lib.admin import HubModelAdmin
from integrations.admin.orders import order_values
from integrations.admin.orders.plan_tables import plan_sections
from integrations.admin.shared.displays import order_badge
from integrations.errors import HubError, OrderNotFound, TransientError
from integrations.models import Order, Storefront
from integrations.operations import preview_limit
from integrations.orders.submission.preview import Preview, preview_number, preview_order

# The largest number the order column holds.
LARGEST_NUMBER = 2**63 - 1


class NumberForm(forms.Form):
    """Any order of a storefront, also one the hub never heard of."""

    storefront = forms.ModelChoiceField(
        Storefront.objects.order_by("name"), widget=UnfoldAdminSelectWidget, empty_label="Choose a storefront"
    )
    number = forms.IntegerField(
        label="Order number",
        min_value=1,
        max_value=LARGEST_NUMBER,
        widget=UnfoldAdminIntegerFieldWidget,
        error_messages={"invalid": "An order number is a whole number."},
    )


def of_order(model_admin: HubModelAdmin, request: HttpRequest, order: Order) -> HttpResponse:
    """The preview of a stored order."""
    context: dict[str, Any] = {
        "title": gettext("Preview of order {number}").format(number=order.number),
        "original": order,
        "order": order,
    }
    context["badge"] = order_badge(order)
    try:
        preview_limit.check(request.user)
        context |= _shown(request, preview_order(order), order)
    except HubError as error:
        context |= _failure(error)
    return _page(model_admin, request, context)


def by_number(model_admin: HubModelAdmin, request: HttpRequest) -> HttpResponse:
    """The preview of the order that the form names; the bare form before that."""
    asked = "number" in request.GET
    form = NumberForm(request.GET if asked else None, initial={"storefront": request.GET.get("storefront")})
    context: dict[str, Any] = {"title": gettext("Preview by number"), "form": form}
    if asked and form.is_valid():
        storefront, number = form.cleaned_data["storefront"], form.cleaned_data["number"]
        context["title"] = f"Preview of order {number}"
        try:
            preview_limit.check(request.user)
            context |= _shown(request, preview_number(storefront, number))
        except HubError as error:
            context |= _failure(error)
    return _page(model_admin, request, context)


def _failure(error: HubError) -> dict[str, Any]:
    """What keeps the preview from being made; `may_pass`: whether it can help to try again in a moment."""
    may_pass = isinstance(error, TransientError) and not isinstance(error, OrderNotFound)
    return {"failure": error.message, "may_pass": may_pass}


def _shown(request: HttpRequest, preview: Preview, order: Order | None = None) -> dict[str, Any]:
    plan = preview.plan.as_data()
    change = ""
    if order is not None and order_values.may_change(request, order):
        change = order_values.change_page(order)
    return {
        "preview": preview,
        "plan": preview.plan,
        "sections": plan_sections(
            plan,
            request.user,
            server_id=preview.storefront.pace_server_id,
            sent=preview.sent_plan,
            change_page=change,
        ),
        "was_sent": preview.sent_plan is not None,
    }


def _page(model_admin: HubModelAdmin, request: HttpRequest, context: dict[str, Any]) -> HttpResponse:
    request.current_app = model_admin.admin_site.name
    shared = {**model_admin.admin_site.each_context(request), "opts": model_admin.opts}
    return TemplateResponse(request, "admin/integrations/order/preview.html", {**shared, **context})
