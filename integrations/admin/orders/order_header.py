"""The head of an order's page, as a shop looks at an order: when and how it ships, what is in it, whose it is."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext, ngettext

from automationhub.lib.shown_times import day_text
from integrations.admin.monitoring.inbox import SNOOZES
from integrations.admin.shared import displays
from integrations.enums import OrderStatus
from integrations.models import Order, OrderCase, ReferenceEntry, ReferenceKind
from integrations.operations import inbox, people

SHOWN_ITEMS = 4
SHOWN_JOBS = 4
SHOWN_NOTES = 3
# Days before the ship date from which it is shown as near.
NEAR = 2
# Orders whose ship date still matters.
OPEN = tuple(
    status
    for status in OrderStatus
    if status not in (OrderStatus.COMPLETED, OrderStatus.DENIED, OrderStatus.SHADOW)
)


def context(request: HttpRequest, order: Order, *, changed: bool) -> dict[str, Any]:
    """What `hub/order/header.html` shows. A fixed number of queries, however many items and jobs there are."""
    may_triage = request.user.has_perm("integrations.triage_order")
    case = OrderCase.objects.select_related("assigned_to").filter(order=order).first()
    assignee = case.assigned_to if case else None
    items = list(order.items.order_by("seq").values_list("quantity", "product_name")[: SHOWN_ITEMS + 1])
    jobs = list(order.jobs.exclude(number="").select_related("server").order_by("id")[: SHOWN_JOBS + 1])
    notes = list(order.notes.order_by("-id")[: SHOWN_NOTES + 1])
    snoozed = (
        case.snoozed_until if case and case.snoozed_until and case.snoozed_until > timezone.now() else None
    )
    return {
        "ship": ship_by(order, timezone.localdate()),
        "ship_via": ship_via(order),
        "products": [{"quantity": quantity, "name": name} for quantity, name in items[:SHOWN_ITEMS]],
        "more_products": len(items) > SHOWN_ITEMS,
        "jobs": [{"number": job.number, "url": displays.job_url(job)} for job in jobs[:SHOWN_JOBS]],
        "more_jobs": len(jobs) > SHOWN_JOBS,
        "pressero_url": displays.pressero_url(order),
        "total": displays.money(order.total),
        "changed": changed,
        "assignee": people.name_of(assignee) if assignee else "",
        "assignee_id": assignee.pk if assignee else None,
        "is_mine": assignee is not None and assignee.pk == request.user.pk,
        "snoozed_until": snoozed,
        "notes": list(reversed(notes[:SHOWN_NOTES])),
        "more_notes": len(notes) > SHOWN_NOTES,
        "may_triage": may_triage,
        "people": inbox.people() if may_triage else [],
        "snoozes": SNOOZES,
    }


def ship_by(order: Order, today: date) -> dict[str, str] | None:
    """The ship date in words, how near it is, and the tone of that; None when it is not known."""
    if order.ship_by is None:
        return None
    is_over = order.status not in OPEN
    near, tone = ("", "muted") if is_over else nearness(order.ship_by, today)
    return {
        "date": day_text(order.ship_by),
        "iso": order.ship_by.isoformat(),
        "near": near,
        "tone": tone,
    }


def nearness(day: date, today: date) -> tuple[str, str]:
    """How far a ship date is from today, in words, and the tone to show it in."""
    days = (day - today).days
    if days < 0:
        return ngettext("{days} day late", "{days} days late", -days).format(days=-days), "bad"
    if days == 0:
        return gettext("today"), "bad"
    if days == 1:
        return gettext("tomorrow"), "wait"
    text = ngettext("in {days} day", "in {days} days", days).format(days=days)
    return text, "wait" if days <= NEAR else "muted"


def ship_via(order: Order) -> str:
    """The planned ship via by its name in Pace, with its id; the id alone when Pace's codes were not read."""
    if not order.ship_via:
        return ""
    entry = ReferenceEntry.objects.filter(
        server=order.storefront.pace_server_id, kind=ReferenceKind.SHIP_VIA, parent="", key=order.ship_via
    ).first()
    return f"{entry.label} ({order.ship_via})" if entry and entry.label else order.ship_via
