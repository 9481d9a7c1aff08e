"""The inbox: orders that need somebody, one line per cause, with the fix beside it, and retries of many.

The rules are in `operations.inbox` and `operations.bulk_retry`.
"""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.http import urlencode
from django.utils.translation import gettext, gettext_lazy

from integrations.admin.shared.displays import actor_name, change_url, may_open, signed_in, stopped_for
from integrations.admin.shared.fixes import fixes
from integrations.causes import Cause
from integrations.enums import FailureMode
from integrations.errors import NotAllowed
from integrations.models import BulkRetry
from integrations.operations import bulk_retry, change_tasks, inbox
from integrations.operations.inbox import InboxGroup
from integrations.operations.waiting import storefront_named

VIEWS = {
    inbox.OPEN: (
        gettext_lazy("Open"),
        gettext_lazy("All clear"),
        gettext_lazy("New orders are being processed automatically."),
    ),
    inbox.MINE: (
        gettext_lazy("Mine"),
        gettext_lazy("Nothing is assigned to you"),
        gettext_lazy("Causes that are assigned to you appear here."),
    ),
    inbox.SNOOZED: (
        gettext_lazy("Snoozed"),
        gettext_lazy("Nothing is snoozed"),
        gettext_lazy("Snoozed causes appear here until their time comes."),
    ),
}
SNOOZES = (
    ("hour", gettext_lazy("for an hour")),
    ("tomorrow", gettext_lazy("until tomorrow, 8:00")),
    ("monday", gettext_lazy("until Monday, 8:00")),
)
MOST_LINKS = 3

# What somebody does about a cause, by the kind of failure.
STEPS: dict[str, str | Promise] = {
    FailureMode.CONFIG: gettext_lazy("Fix it, then retry."),
    FailureMode.ORDER: gettext_lazy("Check each order in Pressero or Pace, then retry."),
    FailureMode.INTERNAL: gettext_lazy("Report it with its message, then retry."),
}
DEFAULT_STEP = gettext_lazy("Automatic retries have ended. Fix the problem, then retry.")


def inbox_page(request: HttpRequest) -> HttpResponse:
    """The causes of one view."""
    check(request)
    view = request.GET.get("view", "")
    view = view if view in VIEWS else inbox.OPEN
    found = inbox.read(view, signed_in(request))
    may_triage = request.user.has_perm("integrations.triage_order")
    context = {
        "title": gettext("Needs attention"),
        "view": view,
        "views": tab_bar(request, view, found.counts),
        "groups": [_line(request, group) for group in found.groups],
        "empty": VIEWS[view][1:],
        "may_triage": may_triage,
        "may_retry": request.user.has_perm("integrations.retry_order"),
        "people": inbox.people() if may_triage and found.groups else [],
        "snoozes": SNOOZES,
        "follow": _follow(request),
    }
    return page(request, "hub/inbox/page.html", context)


def _follow(request: HttpRequest) -> int | None:
    """The retry that the toast follows to its jobs."""
    text = request.GET.get("follow", "")
    found = int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None
    return found if found is not None and BulkRetry.objects.filter(pk=found).exists() else None


def _line(request: HttpRequest, group: InboxGroup) -> dict[str, Any]:
    order = group.latest
    links = fixes(request, order.storefront, group.cause, order.failure_mode, order.message)
    return {
        "group": group,
        "fix": next((link for link in links if link.first), None),
        "links": [link for link in links if not link.first][:MOST_LINKS],
        "step": STEPS.get(order.failure_mode, DEFAULT_STEP),
        "orders_url": change_url(order) if group.count == 1 else stopped_for(group.cause),
        "running_url": reverse("hub-retry", args=[group.running.pk]) if group.running else "",
    }


def act(request: HttpRequest) -> HttpResponse:
    """Everything that is done about one cause: its forms post here."""
    check(request)
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    do, cause = request.POST.get("do", ""), Cause.from_key(request.POST.get("cause", ""))
    right = "integrations.retry_order" if do == "retry" else "integrations.triage_order"
    if not request.user.has_perm(right):
        raise PermissionDenied
    actor: dict[str, Any] = {"actor": actor_name(request), "user": request.user}
    try:
        if do == "retry":
            storefront = storefront_named(request.POST.get("storefront"))
            run = bulk_retry.start(cause, **actor, storefront_id=storefront)
            return HttpResponseRedirect(f"{reverse('hub-inbox')}?{urlencode({'follow': run.pk})}")
        messages.success(request, _decide(request, do, cause, actor))
    except NotAllowed as error:
        messages.warning(request, error.message)
    view = request.POST.get("view", "")
    return HttpResponseRedirect(f"{reverse('hub-inbox')}{f'?view={view}' if view in VIEWS else ''}")


def _decide(request: HttpRequest, do: str, cause: Cause, actor: dict[str, Any]) -> str:
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


def tab_bar(request: HttpRequest, active: str, counts: dict[str, int] | None = None) -> list[dict[str, Any]]:
    """The inbox's tabs with how much is in them; `counts` of the views when they are known already."""
    counts = inbox.read(inbox.OPEN, signed_in(request)).counts if counts is None else counts
    tabs: list[dict[str, Any]] = [
        {
            "label": label,
            "url": f"{reverse('hub-inbox')}?view={name}",
            "active": name == active,
            "count": counts[name],
        }
        for name, (label, _, _) in VIEWS.items()
    ]
    changes = {
        "label": gettext("Changes"),
        "url": reverse("hub-changes"),
        "active": active == "changes",
        "count": change_tasks.count(),
    }
    resolved = {"label": gettext("Resolved"), "url": reverse("hub-resolved"), "active": active == "resolved"}
    return [*tabs, changes, resolved]


def check(request: HttpRequest) -> None:
    """Raises PermissionDenied for those who may not see orders."""
    if not may_open(request.user, "integrations", "order"):
        raise PermissionDenied


def page(request: HttpRequest, template: str, context: dict[str, Any]) -> HttpResponse:
    request.current_app = admin.site.name
    return TemplateResponse(request, template, {**admin.site.each_context(request), **context})


inbox_view = admin.site.admin_view(inbox_page)
act_view = admin.site.admin_view(act)
