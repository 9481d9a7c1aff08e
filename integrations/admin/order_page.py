"""The page of one order: its facts, what is the matter and what to do about it, and its tabs.

Each tab is a page of its own (`?tab=plan`): it loads only what it shows, and can be linked to.
"""

import re
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext, gettext_lazy, ngettext

from integrations.admin import cures, displays, order_progress, order_tabs, order_values
from integrations.enums import FailureMode, OrderStatus
from integrations.models import Order

# Who must act, and how, for each way an order can fail.
NEXT_STEPS: dict[str, str] = {
    FailureMode.NONE: "",
    FailureMode.TRANSIENT: gettext_lazy("Nothing to do: the hub tries again by itself."),
    FailureMode.CONFIG: gettext_lazy(
        "Somebody has to mend the mapping, the setting or the credentials that the message names. Then retry."
    ),
    FailureMode.ORDER: gettext_lazy(
        "Somebody has to look at this order in Pressero or Pace, as the message says. Then retry."
    ),
    FailureMode.LOOK_FIRST: gettext_lazy(
        "Nothing to do: the hub looks in Pace first, so that no job is made twice."
    ),
    FailureMode.INTERNAL: gettext_lazy(
        "Pass the message on to whoever looks after the hub. Retry tries again."
    ),
}

MOST_LINKS = 12

# The value that a cause is about, by its first word.
_KEYS = {
    "item_template": "part.itemTemplate",
    "shipment_method": "shipment.shipVia",
    "ship_via": "shipment.shipVia",
    "job_type": "job.jobType",
    "admin_status": "job.adminStatus",
}


@dataclass(frozen=True)
class Alert:
    """What is the matter, in one box."""

    tone: str
    message: str
    next_step: str
    action: str = ""
    action_url: str = ""
    links: tuple[tuple[str, str], ...] = ()
    alike: int = 0
    alike_url: str = ""


def context(request: HttpRequest, order: Order) -> dict[str, Any]:
    """Everything the template shows of this order."""
    tab = request.GET.get("tab", "")
    tab = tab if tab in order_tabs.TABS else "timeline"
    progress = order_progress.progress(order)
    return {
        "title": str(order),
        "order": order,
        "badge": displays.order_badge(order),
        "facts": _facts(request, order),
        "alerts": [alert for alert in (_alert(request, order), _changes_alert(request, order)) if alert],
        "links": _links(order),
        "progress": progress,
        "progress_url": reverse("admin:integrations_order_progress", args=[order.pk]),
        "tabs": order_tabs.strip(order, tab),
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
        (gettext("Total"), displays.amount(order.total)),
        (gettext("Pace customer"), order.pace_customer or displays.NOTHING),
        (gettext("Placed"), displays.moment(order.placed_at)),
        (gettext("Received"), displays.moment(order.received_at)),
        (gettext("Submitted"), displays.moment(order.submitted_at)),
    ]
    if order.due_at and order.due_at > timezone.now():
        facts.append((gettext("Looked at again"), displays.moment(order.due_at, seconds=True)))
    return facts


def _links(order: Order) -> list[tuple[str, str]]:
    """Where the order is elsewhere: its jobs in Pace ("" when the server has no link), its page in Pressero."""
    jobs = order.jobs.exclude(number="").select_related("server").order_by("id")[:MOST_LINKS]
    links = [(gettext("Job {number}").format(number=job.number), displays.job_url(job)) for job in jobs]
    if url := displays.pressero_url(order):
        links.append((gettext("Order in Pressero"), url))
    return links


def _alert(request: HttpRequest, order: Order) -> Alert | None:
    if order.lease_until and order.lease_until > timezone.now():
        return None  # the page shows how far the worker is
    if order.status == OrderStatus.ON_HOLD:
        action, url = _action(request, order, "hold", "release", gettext("Release"))
        message = order.message or gettext("The order is on hold.")
        return Alert("wait", message, gettext("Nothing happens until somebody releases it."), action, url)
    if not order.message:
        return None
    action, url = _action(request, order, "retry", "retry", gettext("Retry now"))
    waits = order.failure_mode in (FailureMode.TRANSIENT, FailureMode.LOOK_FIRST)
    waits = waits and order.status != OrderStatus.NEEDS_ATTENTION
    step = NEXT_STEPS.get(order.failure_mode, "")
    if order.status == OrderStatus.NEEDS_ATTENTION and order.failure_mode in (
        FailureMode.TRANSIENT,
        FailureMode.LOOK_FIRST,
    ):
        step = gettext(
            "The hub has stopped trying by itself. See to the cause that the message names, then retry."
        )
    alike, alike_url = _alike(order)
    return Alert(
        "wait" if waits else "bad", order.message, step, action, url, _cures(request, order), alike, alike_url
    )


def _changes_alert(request: HttpRequest, order: Order) -> Alert | None:
    count = order.changes.filter(handled_at__isnull=True).count()
    if not count:
        return None
    message = gettext("The order changed in Pressero after its jobs were made.")
    step = gettext(
        "The hub does not change jobs that are in Pace. Somebody has to see to the changes, then mark them as handled."
    )
    action, url = "", ""
    if request.user.has_perm("integrations.change_orderchange"):
        action, url = (
            gettext("Mark as handled"),
            reverse("admin:integrations_order_changes_handled", args=[order.pk]),
        )
    label = ngettext("Show the change", "Show the {count} changes", count).format(count=count)
    return Alert("wait", message, step, action, url, ((label, "?tab=changes"),))


def _action(request: HttpRequest, order: Order, right: str, name: str, label: str) -> tuple[str, str]:
    if not request.user.has_perm(f"integrations.{right}_order"):
        return "", ""
    return label, reverse(f"admin:integrations_order_{name}", args=[order.pk])


def _cures(request: HttpRequest, order: Order) -> tuple[tuple[str, str], ...]:
    """Pages on which what stopped the order can be mended, for all orders or for this one only."""
    found = cures.cures(request, order.storefront, order.cause, order.failure_mode)
    links = [(cure.label, cure.url) for cure in found]
    if order.failure_mode == FailureMode.CONFIG and order_values.may_change(request, order):
        links.insert(
            1 if found and found[0].first else 0,
            (gettext("Change it for this order only"), _own_value(order)),
        )
    return tuple(links)


def _own_value(order: Order) -> str:
    """The page on which this order gets a value of its own, with the field that the cause is about."""
    key = _KEYS.get(order.cause.partition(":")[0])
    named = re.search(r"\bitem (\d{1,8})\b", order.message)
    if key is None or named is None:
        return order_values.change_page(order)
    return order_values.change_link(order, key, int(named[1]))


def _alike(order: Order) -> tuple[int, str]:
    """Other orders that stopped for the same cause: they can be retried together in the list."""
    if not order.cause or order.status != OrderStatus.NEEDS_ATTENTION:
        return 0, ""
    same = {"cause__exact": order.cause, "status__exact": order.status}
    others = Order.objects.filter(cause=order.cause, status=order.status).exclude(pk=order.pk).count()
    return others, f"{reverse('admin:integrations_order_changelist')}?{urlencode(same)}"
