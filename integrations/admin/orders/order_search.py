"""The filters of the list of orders, and its states as links."""

from datetime import timedelta
from typing import Any

from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext, gettext_lazy
from unfold.contrib.filters.admin import DropdownFilter

from integrations.enums import FailureMode, OrderStatus
from integrations.models import Order, OrderCase, OrderChange
from integrations.models.orders import CAUSE_KEY
from integrations.operations import inbox, people

# States that stay small in number: counting them is cheap however many finished orders there are.
OPEN_STATUSES = (
    OrderStatus.NEEDS_ATTENTION,
    OrderStatus.ON_HOLD,
    OrderStatus.WAITING,
    OrderStatus.PROCESSING,
    OrderStatus.RECEIVED,
)
FINISHED_STATUSES = (
    OrderStatus.SUBMITTED,
    OrderStatus.COMPLETED,
    OrderStatus.DENIED,
    OrderStatus.SHADOW,
)


class WhoMustActFilter(DropdownFilter):
    """Orders by who has to do something about them."""

    title = gettext_lazy("action needed by")
    parameter_name = "act"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(mode.value, gettext(mode.label)) for mode in FailureMode if mode != FailureMode.NONE]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Order]) -> QuerySet[Order]:
        value = self.value()
        return queryset.filter(failure_mode=value) if value in FailureMode.values and value else queryset


class ChangesFilter(DropdownFilter):
    """Orders that changed in Pressero after their jobs were made."""

    title = gettext_lazy("changes after submission")
    parameter_name = "changed"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("open", gettext("Changed, not handled yet")), ("any", gettext("Changed at all"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Order]) -> QuerySet[Order]:
        changes = OrderChange.objects.all() if self.value() == "any" else open_changes()
        return (
            queryset.filter(pk__in=changes.values("order_id"))
            if self.value() in ("open", "any")
            else queryset
        )


class AssigneeFilter(DropdownFilter):
    """Orders by who works on them."""

    title = gettext_lazy("assignee")
    parameter_name = "assignee"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        named = [(str(person.pk), people.name_of(person)) for person in inbox.people()]
        return [("me", gettext("Me")), ("none", gettext("Unassigned")), *named]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Order]) -> QuerySet[Order]:
        value = self.value() or ""
        if value == "none":
            return queryset.exclude(pk__in=OrderCase.objects.exclude(assigned_to=None).values("order_id"))
        wanted = (
            request.user.pk
            if value == "me"
            else int(value)
            if value.isdecimal() and len(value) < 10
            else None
        )
        if wanted is None:
            return queryset
        return queryset.filter(pk__in=OrderCase.objects.filter(assigned_to=wanted).values("order_id"))


class ShipByFilter(DropdownFilter):
    """Orders that are not shipped yet, by how near their ship date is."""

    title = gettext_lazy("ship by")
    parameter_name = "ship"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [
            ("late", gettext("Late")),
            ("today", gettext("Today")),
            ("3", gettext("Within 3 days")),
            ("7", gettext("Within 7 days")),
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Order]) -> QuerySet[Order]:
        value, today = self.value() or "", timezone.localdate()
        open_orders = queryset.exclude(
            status__in=[OrderStatus.COMPLETED, OrderStatus.DENIED, OrderStatus.SHADOW]
        )
        if value == "late":
            return open_orders.filter(ship_by__lt=today)
        days = {"today": 0, "3": 3, "7": 7}.get(value)
        if days is None:
            return queryset
        return open_orders.filter(ship_by__range=(today, today + timedelta(days=days)))


class DueFilter(DropdownFilter):
    """Orders that wait for a worker."""

    title = gettext_lazy("work")
    parameter_name = "due"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("now", gettext("Waits for a worker")), ("later", gettext("Will be checked later"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Order]) -> QuerySet[Order]:
        now = timezone.now()
        if self.value() == "now":
            return queryset.filter(due_at__lte=now).exclude(status=OrderStatus.ON_HOLD)
        return queryset.filter(due_at__gt=now) if self.value() == "later" else queryset


class SentFilter(DropdownFilter):
    """Orders by when their jobs were made."""

    title = gettext_lazy("sent to Pace")
    parameter_name = "sent"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("day", gettext("In the last 24 hours")), ("week", gettext("In the last 7 days"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Order]) -> QuerySet[Order]:
        days = {"day": 1, "week": 7}.get(self.value() or "")
        if days is None:
            return queryset
        since = timezone.now() - timedelta(days=days)
        return queryset.filter(submitted_at__gte=since, seconds_to_job__isnull=False)


def open_changes() -> QuerySet[OrderChange]:
    return OrderChange.objects.filter(handled_at__isnull=True)


def open_counts(request: HttpRequest) -> dict[str, int]:
    """How many orders are in each open state: asked once per request, by the sidebar, the strip and the first page."""
    kept: dict[str, int] | None = getattr(request, "hub_open_counts", None)
    if kept is None:
        orders = Order.objects.alias(cause_key=CAUSE_KEY).filter(status__in=OPEN_STATUSES).order_by()
        asleep = Q(cause_key__in=inbox.snoozed_causes()) | Q(case__snoozed_until__gt=timezone.now())
        snoozed = Q(status=OrderStatus.NEEDS_ATTENTION) & asleep
        counted = orders.values_list("status").annotate(all=Count("id"), asleep=Count("id", filter=snoozed))
        rows = list(counted)
        kept = {status: count for status, count, _ in rows}
        request.hub_open_counts = kept  # type: ignore[attr-defined]
        request.hub_snoozed_orders = sum(asleep for *_, asleep in rows)  # type: ignore[attr-defined]
    return kept


def snoozed_count(request: HttpRequest) -> int:
    """How many of the orders that need attention are snoozed; no query of its own."""
    open_counts(request)
    return int(getattr(request, "hub_snoozed_orders", 0))


def status_tabs(request: HttpRequest) -> list[dict[str, Any]]:
    """The states as links above the list, the open ones with how many orders are in them."""
    counts = open_counts(request)
    chosen = request.GET.get("status__exact", "")
    changed = request.GET.get("changed") == "open"
    nothing_chosen = not chosen and not changed
    strip: list[dict[str, Any]] = [
        {"label": gettext("All"), "query": "?", "count": None, "active": nothing_chosen}
    ]
    for status in (*OPEN_STATUSES, *FINISHED_STATUSES):
        strip.append(
            {
                "label": gettext(status.label),
                "query": f"?status__exact={status.value}",
                "count": counts.get(status.value, 0) if status in OPEN_STATUSES else None,
                "active": chosen == status.value,
                "bad": status == OrderStatus.NEEDS_ATTENTION,
            }
        )
    if count := open_changes().values("order_id").distinct().count():
        pill = {
            "label": gettext("Changed after submission"),
            "query": "?changed=open",
            "count": count,
            "active": changed,
            "bad": True,
        }
        strip.insert(2, pill)
    return strip
