"""The filters of the list of orders, and its states as links."""

from typing import Any

from django.db.models import Count, QuerySet
from django.http import HttpRequest
from unfold.contrib.filters.admin import DropdownFilter

from integrations.enums import FailureMode, OrderStatus
from integrations.models import Order, OrderChange

# States that stay small in number: counting them is cheap however many finished orders there are.
OPEN_STATUSES = (
    OrderStatus.NEEDS_ATTENTION,
    OrderStatus.ON_HOLD,
    OrderStatus.WAITING,
    OrderStatus.PROCESSING,
    OrderStatus.RECEIVED,
)
FINISHED_STATUSES = (OrderStatus.SUBMITTED, OrderStatus.COMPLETED, OrderStatus.DENIED)


class WhoMustActFilter(DropdownFilter):
    """Orders by who has to do something about them."""

    title = "who must act"
    parameter_name = "act"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(mode.value, mode.label) for mode in FailureMode if mode != FailureMode.NONE]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Order]) -> QuerySet[Order]:
        value = self.value()
        return queryset.filter(failure_mode=value) if value in FailureMode.values and value else queryset


class ChangesFilter(DropdownFilter):
    """Orders that changed in Pressero after their jobs were made."""

    title = "changes after submission"
    parameter_name = "changed"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("open", "Changed, not handled yet"), ("any", "Changed at all")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Order]) -> QuerySet[Order]:
        changes = OrderChange.objects.all() if self.value() == "any" else open_changes()
        return (
            queryset.filter(pk__in=changes.values("order_id"))
            if self.value() in ("open", "any")
            else queryset
        )


def open_changes() -> QuerySet[OrderChange]:
    return OrderChange.objects.filter(handled_at__isnull=True)


def state_strip(request: HttpRequest) -> list[dict[str, Any]]:
    """The states as links above the list, the open ones with how many orders are in them."""
    counted = (
        Order.objects.filter(status__in=OPEN_STATUSES).order_by().values_list("status").annotate(Count("id"))
    )
    counts: dict[str, int] = dict(counted)
    chosen = request.GET.get("status__exact", "")
    changed = request.GET.get("changed") == "open"
    nothing_chosen = not chosen and not changed
    strip: list[dict[str, Any]] = [{"label": "All", "query": "?", "count": None, "active": nothing_chosen}]
    for status in (*OPEN_STATUSES, *FINISHED_STATUSES):
        strip.append(
            {
                "label": status.label,
                "query": f"?status__exact={status.value}",
                "count": counts.get(status.value, 0) if status in OPEN_STATUSES else None,
                "active": chosen == status.value,
                "bad": status == OrderStatus.NEEDS_ATTENTION,
            }
        )
    if count := open_changes().values("order_id").distinct().count():
        pill = {
            "label": "Changed after submission",
            "query": "?changed=open",
            "count": count,
            "active": changed,
            "bad": True,
        }
        strip.insert(2, pill)
    return strip
