"""Above the form of a storefront: how it is doing, and what it still needs."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext

from integrations.admin.shared import displays
from integrations.core.connections import circuits
from integrations.models import Order, Storefront
from integrations.operations.setup import checklist
from integrations.operations.setup.coverage import Cover
from integrations.operations.setup.coverage_inputs import coverage_of

LAST_ORDERS = 5


def summary(request: HttpRequest, storefront: Storefront) -> dict[str, Any]:
    """What `hub/storefront/summary.html` shows."""
    coverage = coverage_of(storefront)
    steps = [
        {"step": step, "url": _place(request, storefront, step.place)}
        for step in checklist.steps(storefront, coverage)
    ]
    open_steps = [entry for entry in steps if not entry["step"].done]  # type: ignore[attr-defined]
    stopped = {circuit.server_id: circuit for circuit in circuits.open_circuits() if circuit.server_id}
    silent = {circuit.account_id: circuit for circuit in circuits.open_circuits() if circuit.account_id}
    connections = [
        _connection(
            request, storefront.pressero_account, "Pressero", silent.get(storefront.pressero_account_id)
        ),
        _connection(request, storefront.pace_server, "Pace", stopped.get(storefront.pace_server_id)),
    ]
    sees_orders = displays.may_open(request.user, "integrations", "order")
    orders = Order.objects.filter(storefront=storefront).order_by("-id")[:LAST_ORDERS] if sees_orders else []
    return {
        "connections": connections,
        "orders": [
            {
                "order": order,
                "link": displays.object_link(request, order, str(order.number)),
                "badge": displays.order_badge(order),
                "received": displays.moment(order.received_at),
            }
            for order in orders
        ],
        "orders_url": f"{reverse('admin:integrations_order_changelist')}?{urlencode({'storefront__id__exact': str(storefront.pk)})}",
        "sees_orders": sees_orders,
        "coverage": [
            {
                "title": section.title,
                "anchor": section.kind,
                "parts": [
                    (section.count(cover), section.word(cover), tone)
                    for cover, tone in ((Cover.ROW, "good"), (Cover.DEFAULT, "wait"), (Cover.NONE, "bad"))
                ],
            }
            for section in coverage.sections
        ],
        "coverage_url": reverse("mapping-coverage-of", args=[storefront.pk]),
        "steps": steps,
        "open_steps": len(open_steps),
        "set_up": not any(not entry["step"].optional for entry in open_steps),  # type: ignore[attr-defined]
    }


def _connection(request: HttpRequest, system: Any, kind: str, circuit: Any) -> dict[str, Any]:
    if not system.active:
        state, sentence = (
            displays.badge(gettext("Switched off"), "muted"),
            "Nothing is read from it or sent to it.",
        )
    elif circuit is not None:
        state, sentence = displays.badge(gettext("Stopped"), "bad"), circuits.describe(circuit)
    else:
        state, sentence = displays.badge(gettext("On"), "good"), ""
    return {"kind": kind, "link": displays.object_link(request, system), "state": state, "sentence": sentence}


def _place(request: HttpRequest, storefront: Storefront, place: str) -> tuple[str, str]:
    """Where a step is done: address and label; both empty where this person cannot go."""
    if place == "coverage":
        return reverse("mapping-coverage-of", args=[storefront.pk]), "Open the coverage"
    if place == "preview" and request.user.has_perm("integrations.preview_order"):
        query = urlencode({"storefront": str(storefront.pk)})
        return f"{reverse('admin:integrations_order_preview_by_number')}?{query}", "Preview an order"
    row = {"server": storefront.pace_server, "account": storefront.pressero_account}.get(place)
    if row is not None and displays.may_open(request.user, "integrations", str(row._meta.model_name)):
        return displays.change_url(row), "Open its page"
    return "", ""
