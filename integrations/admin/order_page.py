"""The page of one order: its facts, what is the matter and what to do about it, and its tabs.

Each tab is a page of its own (`?tab=plan`): it loads only what it shows, and can be linked to.
"""

from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode

from automationhub.lib.admin import json_text
from integrations.admin import displays, timeline
from integrations.admin.plan_tables import plan_sections
from integrations.enums import FailureMode, OrderStatus
from integrations.models import Order

TABS = {
    "timeline": "Timeline",
    "items": "Items",
    "jobs": "Jobs",
    "changes": "Changes",
    "plan": "Plan",
    "events": "Events",
    "attempts": "Attempts",
    "fetched": "As read from Pressero",
}
MOST_ROWS = 200

# Who must act, and how, for each way an order can fail.
NEXT_STEPS: dict[str, str] = {
    FailureMode.NONE: "",
    FailureMode.TRANSIENT: "Nothing to do: the hub tries again by itself.",
    FailureMode.CONFIG: "Somebody has to mend the mapping, the setting or the credentials that the message names. Then retry.",
    FailureMode.ORDER: "Somebody has to look at this order in Pressero or Pace, as the message says. Then retry.",
    FailureMode.LOOK_FIRST: "Nothing to do: the hub looks in Pace first, so that no job is made twice.",
    FailureMode.INTERNAL: "Pass the message on to whoever looks after the hub. Retry tries again.",
}

# Where the cure of a cause is, by the cause's first word.
CURES: dict[str, tuple[str, str]] = {
    "item_template": ("mappings", "productmapping"),
    "shipment_method": ("mappings", "shipmentmethodmapping"),
    "ship_via": ("mappings", "shipmentmethodmapping"),
}


# Where the coverage of a storefront shows a cause, by the cause's first word.
COVERED: dict[str, tuple[str, str]] = {
    "item_template": ("item_template", "products"),
    "shipment_method": ("shipment_method", "shipment_methods"),
    "ship_via": ("ship_via", "shipment_methods"),
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
    tab = tab if tab in TABS else "timeline"
    return {
        "title": str(order),
        "order": order,
        "badge": displays.order_badge(order),
        "facts": _facts(request, order),
        "alerts": [alert for alert in (_alert(request, order), _changes_alert(request, order)) if alert],
        "tabs": _tabs(order, tab),
        "tab": tab,
        "tab_template": f"hub/order/{tab}.html",
        **_LOADERS[tab](request, order),
    }


def _facts(request: HttpRequest, order: Order) -> list[tuple[str, Any]]:
    jobs = ", ".join(job.number for job in order.jobs.all() if job.number)
    facts: list[tuple[str, Any]] = [
        ("Storefront", displays.object_link(request, order.storefront)),
        ("Customer", order.customer_name or displays.NOTHING),
        ("Buyer", order.buyer_email or displays.NOTHING),
        ("PO number", order.po_number or displays.NOTHING),
        ("Total", displays.amount(order.total)),
        ("Pace jobs", jobs or displays.NOTHING),
        ("Pace customer", order.pace_customer or displays.NOTHING),
        ("Placed", displays.moment(order.placed_at)),
        ("Received", displays.moment(order.received_at)),
        ("Submitted", displays.moment(order.submitted_at)),
    ]
    if order.due_at and order.due_at > timezone.now():
        facts.append(("Looked at again", displays.moment(order.due_at, seconds=True)))
    return facts


def _alert(request: HttpRequest, order: Order) -> Alert | None:
    if order.lease_until and order.lease_until > timezone.now():
        return Alert(
            "info", "A worker is at work on this order right now.", "Load the page again in a few seconds."
        )
    if order.status == OrderStatus.ON_HOLD:
        action, url = _action(request, order, "hold", "release", "Release")
        message = order.message or "The order is on hold."
        return Alert("wait", message, "Nothing happens until somebody releases it.", action, url)
    if not order.message:
        return None
    action, url = _action(request, order, "retry", "retry", "Retry now")
    waits = order.failure_mode in (FailureMode.TRANSIENT, FailureMode.LOOK_FIRST)
    waits = waits and order.status != OrderStatus.NEEDS_ATTENTION
    step = NEXT_STEPS.get(order.failure_mode, "")
    if order.status == OrderStatus.NEEDS_ATTENTION and order.failure_mode in (
        FailureMode.TRANSIENT,
        FailureMode.LOOK_FIRST,
    ):
        step = "The hub has stopped trying by itself. See to the cause that the message names, then retry."
    alike, alike_url = _alike(order)
    return Alert(
        "wait" if waits else "bad", order.message, step, action, url, _cures(request, order), alike, alike_url
    )


def _changes_alert(request: HttpRequest, order: Order) -> Alert | None:
    count = order.changes.filter(handled_at__isnull=True).count()
    if not count:
        return None
    message = "The order changed in Pressero after its jobs were made."
    step = "The hub does not change jobs that are in Pace. Somebody has to see to the changes, then mark them as handled."
    action, url = "", ""
    if request.user.has_perm("integrations.change_orderchange"):
        action, url = "Mark as handled", reverse("admin:integrations_order_changes_handled", args=[order.pk])
    label = "Show the change" if count == 1 else f"Show the {count} changes"
    return Alert("wait", message, step, action, url, ((label, "?tab=changes"),))


def _action(request: HttpRequest, order: Order, right: str, name: str, label: str) -> tuple[str, str]:
    if not request.user.has_perm(f"integrations.{right}_order"):
        return "", ""
    return label, reverse(f"admin:integrations_order_{name}", args=[order.pk])


def _cures(request: HttpRequest, order: Order) -> tuple[tuple[str, str], ...]:
    """Pages on which a matter of configuration can be mended."""
    if order.failure_mode != FailureMode.CONFIG:
        return ()
    links = []
    app_label, model_name = CURES.get(order.cause.partition(":")[0], ("", ""))
    if app_label and displays.may_open(request.user, app_label, model_name):
        url = reverse(f"admin:{app_label}_{model_name}_changelist")
        label = "Open the product mappings" if model_name == "productmapping" else "Open the shipment methods"
        links.append((label, url))
    storefront = order.storefront
    kind, anchor = COVERED.get(order.cause.partition(":")[0], ("", ""))
    if kind and displays.may_open(request.user, "integrations", "storefront"):
        url = reverse("mapping-coverage-of", args=[storefront.pk])
        links.append(("See what is not mapped", f"{url}#{anchor}"))
        wanted = order.cause.partition(":")[2]
        if (
            kind == "shipment_method"
            and wanted
            and request.user.has_perm("mappings.add_shipmentmethodmapping")
        ):
            fill = urlencode({"storefront": str(storefront.pk), "pressero_method": wanted})
            links.append(
                ("Add the missing row", f"{reverse('admin:mappings_shipmentmethodmapping_add')}?{fill}")
            )
    for row, model_name, label in (
        (storefront, "storefront", "Open the storefront"),
        (storefront.pace_server, "paceserver", "Open the Pace server"),
        (storefront.pressero_account, "presseroaccount", "Open the Pressero account"),
    ):
        if displays.may_open(request.user, "integrations", model_name):
            links.append((label, displays.change_url(row)))
    return tuple(links)


def _alike(order: Order) -> tuple[int, str]:
    """Other orders that stopped for the same cause: they can be retried together in the list."""
    if not order.cause or order.status != OrderStatus.NEEDS_ATTENTION:
        return 0, ""
    same = {"cause__exact": order.cause, "status__exact": order.status}
    others = Order.objects.filter(cause=order.cause, status=order.status).exclude(pk=order.pk).count()
    return others, f"{reverse('admin:integrations_order_changelist')}?{urlencode(same)}"


def _tabs(order: Order, current: str) -> list[dict[str, Any]]:
    counts = {
        "timeline": order.audit.count(),
        "items": order.items.count(),
        "jobs": order.jobs.count(),
        "changes": order.changes.count(),
        "events": order.events.count(),
        "attempts": order.step_attempts.count(),
    }
    return [
        {"label": label, "url": f"?tab={name}", "count": counts.get(name), "active": name == current}
        for name, label in TABS.items()
    ]


# --- what each tab shows ---


def _timeline(request: HttpRequest, order: Order) -> dict[str, Any]:
    before = request.GET.get("before", "")
    shown = timeline.read(
        order, before=int(before) if before.isascii() and before.isdigit() and len(before) < 19 else None
    )
    return {"timeline": shown}


def _items(request: HttpRequest, order: Order) -> dict[str, Any]:
    return {"items": order.items.order_by("seq")}


def _jobs(request: HttpRequest, order: Order) -> dict[str, Any]:
    jobs = [
        {
            "job": job,
            "badge": displays.badge(job.get_state_display(), displays.JOB_TONES.get(job.state, "muted")),
        }
        for job in order.jobs.select_related("server").order_by("id")
    ]
    return {"jobs": jobs}


def _changes(request: HttpRequest, order: Order) -> dict[str, Any]:
    return {"changes": order.changes.order_by("item", "id")}


def _plan(request: HttpRequest, order: Order) -> dict[str, Any]:
    return {"sections": plan_sections(order.plan, request.user) if order.plan else []}


def _events(request: HttpRequest, order: Order) -> dict[str, Any]:
    events, more = _latest(order.events.all())
    rows = [
        {
            "event": event,
            "link": displays.object_link(request, event, event.type_name or f"Event {event.pk}"),
            "badge": displays.badge(
                event.get_verdict_display(), displays.VERDICT_TONES.get(event.verdict, "muted")
            ),
        }
        for event in events
    ]
    return {"events": rows, "more": more}


def _attempts(request: HttpRequest, order: Order) -> dict[str, Any]:
    attempts, more = _latest(order.step_attempts.all())
    rows = [
        {
            "attempt": attempt,
            "badge": displays.badge(
                attempt.get_outcome_display(), displays.OUTCOME_TONES.get(attempt.outcome, "muted")
            ),
        }
        for attempt in attempts
    ]
    return {"attempts": rows, "more": more}


def _latest(rows: QuerySet[Any]) -> tuple[list[Any], bool]:
    found = list(rows.order_by("-id")[: MOST_ROWS + 1])
    return found[:MOST_ROWS], len(found) > MOST_ROWS


def _fetched(request: HttpRequest, order: Order) -> dict[str, Any]:
    return {"fetched": json_text(order.fetched) if order.fetched is not None else ""}


_LOADERS = {
    "timeline": _timeline,
    "items": _items,
    "jobs": _jobs,
    "changes": _changes,
    "plan": _plan,
    "events": _events,
    "attempts": _attempts,
    "fetched": _fetched,
}
