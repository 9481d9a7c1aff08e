"""The page of one order: its facts, what is the matter and what to do about it, and its tabs.

Each tab is a page of its own (`?tab=plan`): it loads only what it shows, and can be linked to.
"""

import re
from dataclasses import dataclass, replace
from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext, gettext_lazy, ngettext

from integrations.admin.orders import order_header, order_progress, order_tabs, order_values
from integrations.admin.shared import displays, fixes
from integrations.enums import FailureMode, OrderStatus
from integrations.models import ItemStage, Order

# Who must act, and how, for each way an order can fail.
NEXT_STEPS: dict[str, str | Promise] = {
    FailureMode.NONE: "",
    FailureMode.TRANSIENT: gettext_lazy("Nothing to do. The hub will retry automatically."),
    FailureMode.CONFIG: gettext_lazy("Fix the mapping, setting or login named above, then retry."),
    FailureMode.ORDER: gettext_lazy(
        "Correct this order in Pressero or Pace as the message says, then retry."
    ),
    FailureMode.VERIFY_FIRST: gettext_lazy(
        "Nothing to do. The hub checks Pace first, so that no job is created twice."
    ),
    FailureMode.INTERNAL: gettext_lazy("Please report this message, then retry."),
}

MOST_STAGES = 5


@dataclass(frozen=True)
class MenuEntry:
    """One line of the order's menu; `name`: of the action, "" for a link to another system."""

    name: str
    label: str
    url: str


@dataclass(frozen=True)
class PageAlert:
    """What is the matter, in one box."""

    tone: str
    message: str
    next_step: str
    action: str = ""
    action_url: str = ""
    fix: tuple[str, str] | None = None
    links: tuple[tuple[str, str], ...] = ()
    is_first: bool = True
    alike: int = 0
    alike_url: str = ""


def context(request: HttpRequest, order: Order, actions: list[MenuEntry] | None = None) -> dict[str, Any]:
    """Everything the template shows of this order; `actions`: what its menu offers."""
    tab = request.GET.get("tab", "")
    tab = tab if tab in order_tabs.TABS else "timeline"
    progress = order_progress.progress(order)
    open_changes = order.changes.filter(handled_at__isnull=True).count()
    return {
        "title": str(order),
        "order": order,
        "badge": displays.order_badge(order),
        "facts": _facts(request, order),
        "alerts": _alerts(request, order, open_changes),
        "shop": order_header.context(request, order, changed=open_changes > 0),
        "menu": [*(actions or []), *_elsewhere(order)],
        "progress": progress,
        "progress_url": reverse("admin:integrations_order_progress", args=[order.pk]),
        "tabs": order_tabs.tab_bar(order, tab, open_changes),
        "tab": tab,
        "tab_template": f"hub/order/{tab}.html",
        **order_tabs.load(tab, request, order),
    }


def _facts(request: HttpRequest, order: Order) -> list[tuple[str, Any]]:
    facts: list[tuple[str, Any]] = [
        (gettext("Storefront"), displays.object_link(request, order.storefront)),
        (gettext("Customer"), order.customer_name or displays.NOTHING),
        (gettext("Buyer"), order.buyer_email or displays.NOTHING),
        (gettext("PO number"), order.po_number or displays.NOTHING),
        (gettext("Pace customer"), order.pace_customer or displays.NOTHING),
        (gettext("Placed"), displays.moment(order.placed_at)),
        (gettext("Received"), displays.moment(order.received_at)),
        (gettext("Submitted"), displays.moment(order.submitted_at)),
    ]
    if order.due_at and order.due_at > timezone.now():
        facts.append((gettext("Next check"), displays.moment(order.due_at, seconds=True)))
    return facts


def _elsewhere(order: Order) -> list[MenuEntry]:
    """The order's page in Pressero, where the account knows its address."""
    url = displays.pressero_url(order)
    return [MenuEntry("", gettext("Open in Pressero"), url)] if url else []


def _alerts(request: HttpRequest, order: Order, open_changes: int) -> list[PageAlert]:
    """What is wrong, each in a box; only the first has a primary button."""
    made = (
        _alert(request, order),
        _changes_alert(request, order, open_changes),
        _stage_alert(request, order),
    )
    found = [alert for alert in made if alert]
    return [
        alert if position == 0 else replace(alert, is_first=False) for position, alert in enumerate(found)
    ]


def _alert(request: HttpRequest, order: Order) -> PageAlert | None:
    if order.lease_until and order.lease_until > timezone.now():
        return None  # the page shows how far the worker is
    if order.status == OrderStatus.ON_HOLD:
        action, url = _action(request, order, "hold", "release", gettext("Release"))
        message = order.message or gettext("The order is on hold.")
        return PageAlert("wait", message, gettext("It continues when you release it."), action, url)
    if not order.message:
        return None
    action, url = _action(request, order, "retry", "retry", gettext("Retry now"))
    waits = order.failure_mode in (FailureMode.TRANSIENT, FailureMode.VERIFY_FIRST)
    waits = waits and order.status != OrderStatus.NEEDS_ATTENTION
    step = str(NEXT_STEPS.get(order.failure_mode, ""))
    if order.status == OrderStatus.NEEDS_ATTENTION and order.failure_mode in (
        FailureMode.TRANSIENT,
        FailureMode.VERIFY_FIRST,
    ):
        step = gettext("Automatic retries have ended. Fix the problem named above, then retry.")
    alike, alike_url = _alike(order)
    fix, links = _fixes(request, order)
    return PageAlert(
        "wait" if waits else "bad",
        order.message,
        step,
        action,
        url,
        fix,
        links,
        alike=alike,
        alike_url=alike_url,
    )


def _changes_alert(request: HttpRequest, order: Order, count: int) -> PageAlert | None:
    if not count:
        return None
    message = gettext("The order changed in Pressero after its jobs were made.")
    step = gettext(
        "The hub does not change jobs that are in Pace. Update the job in Pace if needed, then mark the change as handled."
    )
    action, url = "", ""
    if request.user.has_perm("integrations.change_orderchange"):
        action, url = (
            gettext("Mark as handled"),
            reverse("admin:integrations_order_changes_handled", args=[order.pk]),
        )
    label = ngettext("Show the change", "Show the {count} changes", count).format(count=count)
    return PageAlert(
        "wait",
        message,
        step,
        action,
        url,
        links=((label, "?tab=changes"), (gettext("Open the changes"), reverse("hub-changes"))),
    )


def _stage_alert(request: HttpRequest, order: Order) -> PageAlert | None:
    """The items with a stage that was changed in Pressero after the hub set it."""
    if order.submitted_at is None:
        return None
    stages = ItemStage.objects.filter(item__order=order).select_related("item").order_by("item__seq")
    moved = [
        gettext("Item {item} is in stage “{seen}” in Pressero, and was set to “{told}”.").format(
            item=stage.item.seq, seen=stage.seen_name or stage.seen_stage, told=stage.sent_name
        )
        for stage in stages
        if stage.differs
    ]
    if not moved:
        return None
    action, url = _action(request, order, "resend", "resend", gettext("Resend to Pressero"))
    step = gettext("If the stage in Pressero is right, there is nothing to do.")
    return PageAlert(
        "wait", " ".join(moved[:MOST_STAGES]), step, action, url, links=((gettext("Items"), "?tab=items"),)
    )


def _action(request: HttpRequest, order: Order, right: str, name: str, label: str) -> tuple[str, str]:
    if not request.user.has_perm(f"integrations.{right}_order"):
        return "", ""
    return label, reverse(f"admin:integrations_order_{name}", args=[order.pk])


def _fixes(request: HttpRequest, order: Order) -> tuple[tuple[str, str] | None, tuple[tuple[str, str], ...]]:
    """The one fix to take, if there is one, and the other pages on which what stopped the order can be fixed."""
    found = fixes.fixes(request, order.storefront, order.cause, order.failure_mode, order.message)
    first = next((one for one in found if one.first), None)
    links = [(str(one.label), one.url) for one in found if one is not first]
    if order.failure_mode == FailureMode.CONFIG and order_values.may_change(request, order):
        links.insert(0, (gettext("Change it for this order only"), _own_value(order)))
    return (str(first.label), first.url) if first else None, tuple(links)


def _own_value(order: Order) -> str:
    """The page on which this order gets a value of its own, with the field that the cause is about."""
    key = order.cause.kind.fix.own_value
    named = re.search(r"\bitem (\d{1,8})\b", order.message)
    if not key or named is None:
        return order_values.change_page(order)
    return order_values.change_link(order, key, int(named[1]))


def _alike(order: Order) -> tuple[int, str]:
    """Other orders that stopped for the same cause: they can be retried together in the list."""
    if not order.cause or order.status != OrderStatus.NEEDS_ATTENTION:
        return 0, ""
    same = Order.objects.filter(**order.cause.columns, status=order.status)
    return same.exclude(pk=order.pk).count(), displays.stopped_for(order.cause)
