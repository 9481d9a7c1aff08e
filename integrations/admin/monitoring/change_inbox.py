"""The inbox's changes: what changed in Pressero after the jobs were made, beside what Pace holds, as tasks."""

from __future__ import annotations

from typing import Any, cast

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext

from integrations.admin.monitoring.inbox import check, page, tab_bar
from integrations.admin.shared.displays import actor_name, change_url, order_badge, short_actor, signed_in
from integrations.core.audit import log as audit
from integrations.errors import NotAllowed
from integrations.models import AuditEntry, Order, OrderChange
from integrations.operations import change_tasks

# What ends that an order or a change waits for staff.
RESOLVING = (
    "staff.retry",
    "staff.reprocess",
    "staff.release",
    "changes.handled",
    "change.verified",
    "change.corrected",
    "change.ignored",
)
SHOWN = 60
LARGE = ("fetched", "plan", "sent_payload")
RIGHT = "integrations.change_orderchange"


def changes_page(request: HttpRequest) -> HttpResponse:
    """The open changes, newest first."""
    check(request)
    context = {
        "title": gettext("Needs attention"),
        "views": tab_bar(request, "changes"),
        "tasks": [
            {
                "change": change,
                "order": change.order,
                "url": f"{change_url(change.order)}?tab=changes",
                "sentence": change_tasks.sentence(change),
                "is_reading": bool(change.check_by),
            }
            for change in change_tasks.open_tasks()
        ],
        "may_act": request.user.has_perm(RIGHT),
    }
    return page(request, "hub/inbox/changes.html", context)


def resolved_page(request: HttpRequest) -> HttpResponse:
    """What staff did about orders lately, who and when, and how the orders stand now. A fixed number of queries."""
    check(request)
    entries = AuditEntry.objects.filter(type__in=RESOLVING, order__isnull=False).order_by("-id")
    found = entries.select_related("order__storefront").defer(*(f"order__{name}" for name in LARGE))[:SHOWN]
    context = {
        "title": gettext("Needs attention"),
        "views": tab_bar(request, "resolved"),
        "entries": [
            {
                "order": entry.order,
                "url": change_url(cast(Order, entry.order)),
                "badge": order_badge(cast(Order, entry.order)),
                "line": audit.describe(entry),
                "actor": short_actor(entry.actor),
            }
            for entry in found
        ],
    }
    return page(request, "hub/inbox/resolved.html", context)


def act(request: HttpRequest, pk: int) -> HttpResponse:
    """What the buttons of one change post."""
    check(request)
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    if not request.user.has_perm(RIGHT):
        raise PermissionDenied
    change = get_object_or_404(OrderChange.objects.select_related("order"), pk=pk)
    actor: dict[str, Any] = {"actor": actor_name(request), "user": signed_in(request)}
    try:
        if request.POST.get("do") == "ignore":
            messages.success(request, change_tasks.ignore(change, request.POST.get("note", ""), **actor))
        else:
            messages.success(request, change_tasks.corrected(change, **actor))
    except NotAllowed as error:
        messages.warning(request, error.message)
    return HttpResponseRedirect(reverse("hub-changes"))


resolved_view = admin.site.admin_view(resolved_page)
changes_view = admin.site.admin_view(changes_page)
change_act_view = admin.site.admin_view(act)
