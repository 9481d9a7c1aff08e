"""The inbox: orders that need somebody, one line per cause, with the fix beside it, and retries of many.

The rules are in `services.inbox` and `services.bulk`.
"""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect, JsonResponse
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext, gettext_lazy

from integrations.admin.cures import cures
from integrations.admin.displays import actor_name, change_url, may_open
from integrations.enums import FailureMode, OrderStatus
from integrations.models import BulkRetry
from integrations.services import bulk, inbox
from integrations.services.inbox import Group
from integrations.services.orders import NotAllowed

VIEWS = {
    inbox.OPEN: (
        gettext_lazy("Open"),
        gettext_lazy("No order needs anybody"),
        gettext_lazy("New orders are taken in and sent by themselves."),
    ),
    inbox.MINE: (
        gettext_lazy("Mine"),
        gettext_lazy("Nothing is assigned to you"),
        gettext_lazy("Causes that somebody gives to you are here."),
    ),
    inbox.SNOOZED: (
        gettext_lazy("Snoozed"),
        gettext_lazy("Nothing is put off"),
        gettext_lazy("Causes that were put off are here until their time comes."),
    ),
}
SNOOZES = (
    ("hour", gettext_lazy("for an hour")),
    ("tomorrow", gettext_lazy("until tomorrow, 8:00")),
    ("monday", gettext_lazy("until Monday, 8:00")),
)
MOST_LINKS = 3

# What somebody does about a cause, by the kind of failure.
STEPS: dict[str, str] = {
    FailureMode.CONFIG: gettext_lazy("Mend it, then retry."),
    FailureMode.ORDER: gettext_lazy("Look at each order in Pressero or Pace, then retry."),
    FailureMode.INTERNAL: gettext_lazy("Pass it on to whoever looks after the hub. Retry tries again."),
}
DEFAULT_STEP = gettext_lazy("The hub has stopped trying by itself. See to the cause, then retry.")


def inbox_page(request: HttpRequest) -> HttpResponse:
    """The causes of one view."""
    _check(request)
    view = request.GET.get("view", "")
    view = view if view in VIEWS else inbox.OPEN
    found = inbox.read(view, request.user)  # type: ignore[arg-type]
    may_triage = request.user.has_perm("integrations.triage_order")
    context = {
        "title": gettext("Needs attention"),
        "view": view,
        "views": [
            {"label": label, "url": f"?view={name}", "active": name == view, "count": found.counts[name]}
            for name, (label, _, _) in VIEWS.items()
        ],
        "groups": [_line(request, group) for group in found.groups],
        "empty": VIEWS[view][1:],
        "may_triage": may_triage,
        "may_retry": request.user.has_perm("integrations.retry_order"),
        "people": inbox.people() if may_triage and found.groups else [],
        "snoozes": SNOOZES,
    }
    return _page(request, "hub/inbox/page.html", context)


def _line(request: HttpRequest, group: Group) -> dict[str, Any]:
    order = group.latest
    links = cures(request, order.storefront, group.cause, order.failure_mode)
    if group.count == 1:
        orders_url = change_url(order)
    else:
        same = {"cause__exact": group.cause, "status__exact": OrderStatus.NEEDS_ATTENTION.value}
        orders_url = f"{reverse('admin:integrations_order_changelist')}?{urlencode(same)}"
    return {
        "group": group,
        "fix": next((link for link in links if link.first), None),
        "links": [link for link in links if not link.first][:MOST_LINKS],
        "step": STEPS.get(order.failure_mode, DEFAULT_STEP),
        "orders_url": orders_url,
        "running_url": reverse("hub-retry", args=[group.running.pk]) if group.running else "",
    }


def act(request: HttpRequest) -> HttpResponse:
    """Everything that is done about one cause: its forms post here."""
    _check(request)
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    do, cause = request.POST.get("do", ""), request.POST.get("cause", "")[:200]
    right = "integrations.retry_order" if do == "retry" else "integrations.triage_order"
    if not request.user.has_perm(right):
        raise PermissionDenied
    actor: dict[str, Any] = {"actor": actor_name(request), "user": request.user}
    try:
        if do == "retry":
            return HttpResponseRedirect(reverse("hub-retry", args=[bulk.start(cause, **actor).pk]))
        messages.success(request, _decide(request, do, cause, actor))
    except NotAllowed as error:
        messages.warning(request, error.message)
    view = request.POST.get("view", "")
    return HttpResponseRedirect(f"{reverse('hub-inbox')}{f'?view={view}' if view in VIEWS else ''}")


def _decide(request: HttpRequest, do: str, cause: str, actor: dict[str, Any]) -> str:
    if do == "assign":
        to = request.POST.get("to", "")
        return inbox.assign(cause, int(to) if to.isdecimal() and len(to) < 19 else None, **actor)
    if do == "take":
        return inbox.assign(cause, request.user.pk, **actor)
    if do == "snooze":
        until = inbox.later(request.POST.get("until", ""), timezone.localtime())
        if until is None:
            raise NotAllowed(gettext("Say until when."))
        return inbox.snooze(cause, until, **actor)
    if do == "wake":
        return inbox.snooze(cause, None, **actor)
    if do == "comment":
        return inbox.comment(cause, request.POST.get("text", ""), **actor)
    raise NotAllowed(gettext("There is no such action."))


# --- a retry of many ------------------------------------------------------------------------------------------


def retry_page(request: HttpRequest, pk: int) -> HttpResponse:
    """How far a retry of many is, and what became of its orders."""
    _check(request)
    run = get_object_or_404(BulkRetry, pk=pk)
    context = {
        "title": gettext("Retrying {count} orders").format(count=len(run.orders))
        if len(run.orders) != 1
        else gettext("Retrying one order"),
        "run": run,
        "state": _state(run),
        "progress_url": reverse("hub-retry-progress", args=[pk]),
    }
    return _page(request, "hub/inbox/retry.html", context)


def retry_progress(request: HttpRequest, pk: int) -> JsonResponse:
    """What the page asks while workers are at it."""
    _check(request)
    return JsonResponse(_state(get_object_or_404(BulkRetry, pk=pk)))


def _state(run: BulkRetry) -> dict[str, Any]:
    seen = run.orders[: run.position]
    became = bulk.outcome(seen) if seen else {"at_work": 0, "stopped": 0, "done": 0}
    through = became["done"] + became["stopped"]
    return {
        "total": len(run.orders),
        "sent": run.position - run.refused,
        "refused": run.refused,
        "refusals": run.refusals,
        **became,
        "through": through,
        "busy": run.finished_at is None or became["at_work"] > 0,
    }


def _check(request: HttpRequest) -> None:
    if not may_open(request.user, "integrations", "order"):
        raise PermissionDenied


def _page(request: HttpRequest, template: str, context: dict[str, Any]) -> HttpResponse:
    request.current_app = admin.site.name
    return TemplateResponse(request, template, {**admin.site.each_context(request), **context})


inbox_view = admin.site.admin_view(inbox_page)
act_view = admin.site.admin_view(act)
retry_view = admin.site.admin_view(retry_page)
retry_progress_view = admin.site.admin_view(retry_progress)
