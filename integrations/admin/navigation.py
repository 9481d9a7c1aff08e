"""The sidebar: what people may open, grouped by what they come for."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse

from integrations.admin.displays import may_open
from integrations.admin.order_search import open_counts
from integrations.enums import OrderStatus


@dataclass(frozen=True)
class Entry:
    """The list of one model."""

    title: str
    icon: str
    app_label: str
    model: str


@dataclass(frozen=True)
class Page:
    """A page that is no list of rows. For those who may open rows of `model`; without one, for superusers."""

    title: str
    icon: str
    url_name: str
    model: tuple[str, str] | None = None
    badge: bool = False


ATTENTION = Page(
    "Needs attention", "notification_important", "hub-inbox", ("integrations", "order"), badge=True
)
GROUPS: dict[str, list[Entry | Page]] = {
    "Orders": [
        Entry("Orders", "receipt_long", "integrations", "order"),
        ATTENTION,
        Entry("Jobs in Pace", "precision_manufacturing", "integrations", "pacejob"),
        Entry("Webhook events", "webhook", "integrations", "webhookevent"),
        Entry("Outgoing calls", "call_made", "integrations", "outgoingcall"),
        Entry("Audit log", "history", "integrations", "auditentry"),
    ],
    "Set-up": [
        Entry("Storefronts", "storefront", "integrations", "storefront"),
        Entry("Pressero accounts", "shopping_cart", "integrations", "presseroaccount"),
        Entry("Pace servers", "dns", "integrations", "paceserver"),
        Entry("Lists", "list_alt", "integrations", "referenceentry"),
    ],
    "Mappings": [
        Entry("Products", "inventory_2", "mappings", "productmapping"),
        Entry("Shipment methods", "local_shipping", "mappings", "shipmentmethodmapping"),
        Entry("Shipment addresses", "location_on", "mappings", "shipmentaddressmapping"),
        Entry("Statuses", "swap_horiz", "mappings", "statusmapping"),
        Entry("Holidays", "event_busy", "mappings", "holiday"),
        Entry("Changes", "manage_history", "mappings", "mappingchange"),
    ],
    "System": [
        Entry("Users", "person", "auth", "user"),
        Entry("Groups", "group", "auth", "group"),
        Entry("Failed logins", "lock_person", "axes", "accessattempt"),
        Entry("API tokens", "key", "integrations", "apitoken"),
        Entry("Scheduled work", "schedule", "django_q", "schedule"),
        Entry("Failed tasks", "error", "django_q", "failure"),
        Entry("Queued tasks", "hourglass_empty", "django_q", "ormq"),
    ],
}


PAGES: dict[str, tuple[Page, ...]] = {
    "Orders": (Page("Exports", "download", "hub-exports", ("integrations", "order")),),
    "Set-up": (Page("Configuration file", "swap_vert", "hub-configuration"),),
    "Mappings": (
        Page("Coverage", "rule", "mapping-coverage", ("integrations", "storefront")),
        Page("Try the mappings", "experiment", "mapping-trial", ("integrations", "storefront")),
    ),
}


def sidebar(request: HttpRequest) -> list[dict[str, Any]]:
    """The groups as the theme wants them; pages the portal does not have are left out."""
    groups: list[dict[str, Any]] = []
    for title, entries in GROUPS.items():
        items = [
            item
            for entry in entries
            if (item := _page_item(request, entry) if isinstance(entry, Page) else _item(request, entry))
        ]
        items += [_page_item(request, page) for page in PAGES.get(title, ())]
        if items:
            groups.append({"title": title, "separator": bool(groups), "items": items})
    return groups


def _page_item(request: HttpRequest, page: Page) -> dict[str, Any]:
    path = reverse(page.url_name)

    def permission(request: HttpRequest) -> bool:
        if not page.model:
            return bool(getattr(request.user, "is_superuser", False))
        return may_open(request.user, *page.model)

    item: dict[str, Any] = {
        "title": page.title,
        "icon": page.icon,
        "link": path,
        "permission": permission,
        "active": request.path.startswith(path),
    }
    if page.badge and permission(request):
        waiting = open_counts(request).get(OrderStatus.NEEDS_ATTENTION, 0)
        if waiting:
            item["badge"] = waiting
    return item


def _item(request: HttpRequest, entry: Entry) -> dict[str, Any] | None:
    try:
        path = reverse(f"admin:{entry.app_label}_{entry.model}_changelist")
    except NoReverseMatch:
        return None
    return {
        "title": entry.title,
        "icon": entry.icon,
        "link": path,
        "permission": _permission(entry),
        "active": request.path.startswith(path),
    }


def _permission(entry: Entry) -> Callable[[HttpRequest], bool]:
    return lambda request: may_open(request.user, entry.app_label, entry.model)
