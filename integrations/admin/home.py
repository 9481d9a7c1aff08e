"""The first page: what needs somebody now, and the next step of the set-up."""

from typing import Any

from django.db.models import Count, Max
from django.http import HttpRequest
from django.urls import reverse
from django.utils.http import urlencode

from integrations.admin.displays import may_open, shortened
from integrations.admin.order_search import state_strip
from integrations.enums import EventVerdict, OrderStatus
from integrations.models import Order, PaceServer, PresseroAccount, Storefront, WebhookEvent
from integrations.services import health

MOST_CAUSES = 10


def dashboard(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """What `templates/admin/index.html` shows (UNFOLD's DASHBOARD_CALLBACK)."""
    sees_orders = may_open(request.user, "integrations", "order")
    orders_url = reverse("admin:integrations_order_changelist")
    home: dict[str, Any] = {
        "problems": health.problems(),
        "steps": _steps(request),
        "sees_orders": sees_orders,
    }
    if sees_orders:
        home |= {
            "orders_url": orders_url,
            "states": [entry for entry in state_strip(request) if entry["count"] is not None],
            "causes": _causes(orders_url),
        }
    if may_open(request.user, "integrations", "webhookevent"):
        home["homeless"] = _homeless_events()
    return {**context, "title": "What needs you", "home": home}


def _causes(orders_url: str) -> list[dict[str, Any]]:
    """Orders that need attention, those with the same cause in one line: they can be retried together."""
    stopped = Order.objects.filter(status=OrderStatus.NEEDS_ATTENTION)
    groups = stopped.order_by().values("cause").annotate(count=Count("id"), latest=Max("id"))
    rows = list(groups.order_by("-count", "-latest")[:MOST_CAUSES])
    latest = Order.objects.only("number", "message").in_bulk([row["latest"] for row in rows])
    causes = []
    for row in rows:
        order = latest[row["latest"]]
        same = {"status__exact": OrderStatus.NEEDS_ATTENTION.value, "cause__exact": row["cause"]}
        alone = reverse("admin:integrations_order_change", args=[order.pk])
        causes.append(
            {
                "message": shortened(order.message, 220) or f"Order {order.number} stopped.",
                "count": row["count"],
                "url": alone if row["count"] == 1 else f"{orders_url}?{urlencode(same)}",
            }
        )
    return causes


def _homeless_events() -> dict[str, Any] | None:
    """Events of sites that no active storefront has."""
    count = WebhookEvent.objects.filter(
        verdict__in=[EventVerdict.UNKNOWN_SITE, EventVerdict.INACTIVE_SITE]
    ).count()
    url = reverse("admin:integrations_webhookevent_changelist")
    return (
        {"count": count, "url": f"{url}?verdict__exact={EventVerdict.UNKNOWN_SITE.value}"} if count else None
    )


def _steps(request: HttpRequest) -> list[dict[str, str]]:
    """What a new hub still needs before orders can come in."""
    wanted = (
        (PresseroAccount, "Add the Pressero account that orders come from"),
        (PaceServer, "Add the Pace server in which jobs are made"),
        (Storefront, "Add a storefront that ties the two together"),
    )
    steps = []
    for model, text in wanted:
        name = str(model._meta.model_name)
        if request.user.has_perm(f"integrations.add_{name}") and not model._default_manager.exists():
            steps.append({"text": text, "url": reverse(f"admin:integrations_{name}_add")})
    return steps
