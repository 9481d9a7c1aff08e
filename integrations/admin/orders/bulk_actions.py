"""Retry, hold and the like for orders of the list: those that are ticked at once, all that match by workers, after a question."""

from __future__ import annotations

from typing import Any, cast

from django.contrib import messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.formats import number_format
from django.utils.translation import gettext, gettext_lazy, ngettext
from unfold.decorators import action

from automationhub.lib.admin import HubChangeList, HubModelAdmin
from integrations.admin.orders import order_actions
from integrations.admin.shared.displays import actor_name, signed_in
from integrations.errors import NotAllowed
from integrations.models import BulkAction, Order
from integrations.operations import bulk_retry
from integrations.operations import order_actions as services

_SERVICES = {
    BulkAction.RETRY: services.retry,
    BulkAction.PROCESS_AGAIN: services.process_again,
    BulkAction.HOLD: services.hold,
    BulkAction.RELEASE: services.release_hold,
}


def _done(what: BulkAction) -> str:
    return {
        BulkAction.RETRY: gettext("queued"),
        BulkAction.PROCESS_AGAIN: gettext("sent through all steps again"),
        BulkAction.HOLD: gettext("put on hold"),
        BulkAction.RELEASE: gettext("released"),
    }[what]


def _question(what: BulkAction, count: int) -> str:
    texts = {
        BulkAction.RETRY: ngettext("Retry {count} order?", "Retry {count} orders?", count),
        BulkAction.PROCESS_AGAIN: ngettext(
            "Process {count} order again?", "Process {count} orders again?", count
        ),
        BulkAction.HOLD: ngettext("Put {count} order on hold?", "Put {count} orders on hold?", count),
        BulkAction.RELEASE: ngettext("Release {count} order?", "Release {count} orders?", count),
    }
    return texts[what].format(count=number_format(count, force_grouping=True))


def _meaning(what: BulkAction) -> str:
    return {
        BulkAction.RETRY: gettext("Orders that have nothing to retry are skipped. Jobs that are already in Pace are never created twice."),
        BulkAction.PROCESS_AGAIN: gettext("Each order is read from Pressero again and goes through all steps. Jobs that are already in Pace are never created twice."),
        BulkAction.HOLD: gettext("They stop until you release them. Orders that are being processed or are already in Pace are skipped."),
        BulkAction.RELEASE: gettext("They continue as usual. Orders that are not on hold are skipped."),
    }[what]  # fmt: skip


class BulkActionsMixin:
    """The actions of the list of orders."""

    actions = ["retry_selected", "process_again_selected", "hold_selected", "release_selected"]

    @action(description=gettext_lazy("Retry"), permissions=["retry"])
    def retry_selected(self, request: HttpRequest, queryset: QuerySet[Order]) -> HttpResponse | None:
        return _act(self, request, queryset, BulkAction.RETRY)

    @action(description=gettext_lazy("Process again"), permissions=["reprocess"])
    def process_again_selected(self, request: HttpRequest, queryset: QuerySet[Order]) -> HttpResponse | None:
        return _act(self, request, queryset, BulkAction.PROCESS_AGAIN)

    @action(description=gettext_lazy("Put on hold"), permissions=["hold"])
    def hold_selected(self, request: HttpRequest, queryset: QuerySet[Order]) -> HttpResponse | None:
        return _act(self, request, queryset, BulkAction.HOLD)

    @action(description=gettext_lazy("Release"), permissions=["hold"])
    def release_selected(self, request: HttpRequest, queryset: QuerySet[Order]) -> HttpResponse | None:
        return _act(self, request, queryset, BulkAction.RELEASE)


def _act(
    model_admin: Any, request: HttpRequest, orders: QuerySet[Order], what: BulkAction
) -> HttpResponse | None:
    """The ticked orders at once; all that match, and more than a request has time for, by workers after a question."""
    is_all = request.POST.get("select_across") == "1"
    if (
        not is_all
        and orders.order_by().values("pk")[: order_actions.MOST_AT_ONCE + 1].count()
        <= order_actions.MOST_AT_ONCE
    ):
        service = _SERVICES[what]
        order_actions.do_to_each(
            request,
            orders.order_by("id"),
            lambda order: service(order, actor=actor_name(request), user=signed_in(request)),
            done=_done(what),
        )
        return None
    chosen_by = _chosen_by(model_admin, request, is_all=is_all)
    if request.POST.get("confirmed") != "1":
        return _ask(model_admin, request, orders, what, chosen_by)
    try:
        run = bulk_retry.start_listed(
            what, orders, chosen_by=chosen_by, actor=actor_name(request), user=signed_in(request)
        )
    except NotAllowed as error:
        messages.warning(request, error.message)
        return None
    return HttpResponseRedirect(reverse("hub-retry", args=[run.pk]))


def _chosen_by(model_admin: HubModelAdmin, request: HttpRequest, *, is_all: bool) -> str:
    """What the list is narrowed by, in words."""
    if not is_all:
        return gettext("ticked in the list")
    changes = cast(HubChangeList, model_admin.get_changelist_instance(request))
    return "; ".join(str(chip) for chip in changes.chips) or gettext("all orders, without a filter")


def _ask(
    model_admin: Any, request: HttpRequest, orders: QuerySet[Order], what: BulkAction, chosen_by: str
) -> HttpResponse:
    """The question, with how many orders match now. It is answered to the same address, with the same filters."""
    found = bulk_retry.matching(orders)
    count = min(found, bulk_retry.MOST_ORDERS)
    request.current_app = model_admin.admin_site.name
    context = {
        **model_admin.admin_site.each_context(request),
        "opts": model_admin.opts,
        "title": _question(what, count),
        "meaning": _meaning(what),
        "button": gettext(what.label),
        "danger": what == BulkAction.HOLD,
        "chosen_by": chosen_by,
        "is_cut": found > count,
        "most": bulk_retry.MOST_ORDERS,
        "action": request.POST.get("action", ""),
        "select_across": request.POST.get("select_across", "0"),
        "checkbox": ACTION_CHECKBOX_NAME,
        "ticked": request.POST.getlist(ACTION_CHECKBOX_NAME),
        "back_url": request.get_full_path(),
    }
    return TemplateResponse(request, "hub/lists/confirm_many.html", context)
