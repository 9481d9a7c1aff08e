"""The page on which an administrator says that an order's jobs are not in Pace."""

from __future__ import annotations

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.utils.translation import gettext, gettext_lazy
from unfold.widgets import UnfoldAdminTextareaWidget

from automationhub.lib.admin import HubModelAdmin
from integrations.admin.shared.displays import actor_name, change_url, order_badge, signed_in
from integrations.errors import NotAllowed
from integrations.models import Order
from integrations.operations import absent_jobs


class ReasonForm(forms.Form):
    """Why the administrator is sure."""

    reason = forms.CharField(
        label=gettext_lazy("Reason"),
        max_length=500,
        help_text=gettext_lazy("Shown on the order's timeline and in the audit log, with your name."),
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 3}),
        error_messages={"required": gettext_lazy("Enter a reason.")},
    )


def page(model_admin: HubModelAdmin, request: HttpRequest, order: Order) -> HttpResponse:
    """Ask for the reason, then do it; the service decides whether that is possible."""
    form = ReasonForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            absent_jobs.declare_absent(
                order, reason=form.cleaned_data["reason"], actor=actor_name(request), user=signed_in(request)
            )
        except NotAllowed as error:
            form.add_error("reason", error.message)
        else:
            messages.success(
                request,
                gettext("Order {number} was queued. Its jobs will be created again.").format(
                    number=order.number
                ),
            )
            return HttpResponseRedirect(change_url(order))
    request.current_app = model_admin.admin_site.name
    context = {
        **model_admin.admin_site.each_context(request),
        "opts": model_admin.opts,
        "original": order,
        "title": gettext("The jobs are not in Pace"),
        "order": order,
        "badge": order_badge(order),
        "back_url": change_url(order),
        "form": form,
        "jobs": list(absent_jobs.jobs_in_question(order)),
    }
    return TemplateResponse(request, "hub/order/absent_jobs.html", context)
