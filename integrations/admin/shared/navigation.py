"""The sidebar: what people may open, grouped by what they come for."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext, gettext_noop

from integrations.admin.orders.order_search import open_counts, snoozed_count
from integrations.admin.shared.displays import may_open
from integrations.enums import OrderStatus


@dataclass(frozen=True)
class SidebarEntry:
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
    gettext_noop("Needs attention"),
    "notification_important",
    "hub-inbox",
    ("integrations", "order"),
    badge=True,
)
GROUPS: dict[str, list[SidebarEntry | Page]] = {
    gettext_noop("Orders"): [
        SidebarEntry(gettext_noop("Orders"), "receipt_long", "integrations", "order"),
        ATTENTION,
        SidebarEntry(gettext_noop("Pace jobs"), "precision_manufacturing", "integrations", "pacejob"),
        SidebarEntry(gettext_noop("Webhook events"), "webhook", "integrations", "webhookevent"),
        SidebarEntry(gettext_noop("Alerts"), "notifications", "integrations", "alert"),
        SidebarEntry(gettext_noop("Events sent"), "outbox", "integrations", "eventdelivery"),
        SidebarEntry(gettext_noop("Outgoing calls"), "call_made", "integrations", "outgoingcall"),
        SidebarEntry(gettext_noop("Audit log"), "history", "integrations", "auditentry"),
    ],
    gettext_noop("Set-up"): [
        SidebarEntry(gettext_noop("Storefronts"), "storefront", "integrations", "storefront"),
        SidebarEntry(gettext_noop("Pressero accounts"), "shopping_cart", "integrations", "presseroaccount"),
        SidebarEntry(gettext_noop("Pace servers"), "dns", "integrations", "paceserver"),
        SidebarEntry(gettext_noop("Alert rules"), "rule_settings", "integrations", "alertrule"),
        SidebarEntry(gettext_noop("Alert channels"), "notifications_active", "integrations", "alertchannel"),
        SidebarEntry(gettext_noop("Subscriptions"), "campaign", "integrations", "subscription"),
        SidebarEntry(gettext_noop("Codes"), "list_alt", "integrations", "referenceentry"),
        SidebarEntry(gettext_noop("Versions"), "history_edu", "integrations", "configurationversion"),
    ],
    gettext_noop("Mappings"): [
        SidebarEntry(gettext_noop("Products"), "inventory_2", "mappings", "productmapping"),
        SidebarEntry(gettext_noop("Shipment methods"), "local_shipping", "mappings", "shipmentmethodmapping"),
        SidebarEntry(gettext_noop("Shipment addresses"), "location_on", "mappings", "shipmentaddressmapping"),
        SidebarEntry(gettext_noop("Statuses"), "swap_horiz", "mappings", "statusmapping"),
        SidebarEntry(gettext_noop("Holidays"), "event_busy", "mappings", "holiday"),
        SidebarEntry(gettext_noop("Field rules"), "edit_attributes", "mappings", "fieldrule"),
        SidebarEntry(gettext_noop("Value tables"), "table_rows", "mappings", "tablevalue"),
        SidebarEntry(gettext_noop("Changes"), "manage_history", "mappings", "mappingchange"),
    ],
    gettext_noop("System"): [
        SidebarEntry(gettext_noop("Users"), "person", "auth", "user"),
        SidebarEntry(gettext_noop("Groups"), "group", "auth", "group"),
        SidebarEntry(gettext_noop("Sessions"), "devices", "integrations", "portalsession"),
        SidebarEntry(gettext_noop("Failed logins"), "lock_person", "axes", "accessattempt"),
        SidebarEntry(gettext_noop("API tokens"), "key", "integrations", "apitoken"),
        SidebarEntry(gettext_noop("Scheduled work"), "schedule", "django_q", "schedule"),
        SidebarEntry(gettext_noop("Failed tasks"), "error", "django_q", "failure"),
        SidebarEntry(gettext_noop("Queued tasks"), "hourglass_empty", "django_q", "ormq"),
    ],
}


PAGES: dict[str, tuple[Page, ...]] = {
    gettext_noop("Orders"): (
        Page(gettext_noop("Exports"), "download", "hub-exports", ("integrations", "order")),
    ),
    gettext_noop("Set-up"): (Page(gettext_noop("Configuration file"), "swap_vert", "hub-configuration"),),
    gettext_noop("Mappings"): (
        Page(gettext_noop("Holiday calendar"), "calendar_month", "hub-holidays", ("mappings", "holiday")),
        Page(gettext_noop("Coverage"), "rule", "mapping-coverage", ("integrations", "storefront")),
        Page(gettext_noop("Try the mappings"), "experiment", "mapping-trial", ("integrations", "storefront")),
    ),
}


# The document about a page, by how the page's address goes on after /admin/; the first that matches.
DOCUMENTS = (
    ("integrations/pacejob/", "statuses"),
    ("integrations/webhookevent/", "finding"),
    ("integrations/outgoingcall/", "finding"),
    ("integrations/auditentry/", "finding"),
    ("integrations/storefront/", "set-up"),
    ("integrations/presseroaccount/", "set-up"),
    ("integrations/paceserver/", "set-up"),
    ("integrations/referenceentry/", "mappings"),
    ("integrations/apitoken/", "api"),
    ("integrations/subscription/", "events"),
    ("integrations/portalsession/", "security"),
    ("mappings/", "mappings"),
    ("holidays/", "mappings"),
    ("coverage/", "mappings"),
    ("try/", "mappings"),
    ("find/", "finding"),
    ("exports/", "finding"),
    ("configuration/", "operations"),
    ("auth/", "roles"),
    ("axes/", "security"),
    ("django_q/", "operations"),
    ("", "staff-guide"),
)


def document_of(path: str) -> str:
    """The address of the document that explains this page of the portal."""
    rest = path.removeprefix(reverse("admin:index"))
    return reverse("document", args=[next(name for start, name in DOCUMENTS if rest.startswith(start))])


# Pages that have no line of their own in the sidebar.
FURTHER = (
    Page(gettext_noop("Home"), "home", "admin:index", ("integrations", "order")),
    Page(gettext_noop("Changes after submission"), "difference", "hub-changes", ("integrations", "order")),
    Page(gettext_noop("Resolved"), "task_alt", "hub-resolved", ("integrations", "order")),
    Page(gettext_noop("Search orders"), "search", "hub-find", ("integrations", "order")),
)


@dataclass(frozen=True)
class SidebarPlace:
    """A page that somebody may open: its name, the group of the menu, icon and address."""

    title: str
    group: str
    icon: str
    url: str


def places(request: HttpRequest) -> list[SidebarPlace]:
    """Every page that this person may open, as the menu names it, and a few more. No query beyond the user's rights."""
    found = []
    for group, entries in GROUPS.items():
        for entry in (*entries, *PAGES.get(group, ())):
            if url := _address(request, entry):
                found.append(SidebarPlace(gettext(entry.title), gettext(group), entry.icon, url))
    further = [(page, _address(request, page)) for page in FURTHER]
    return [*found, *(SidebarPlace(gettext(page.title), "", page.icon, url) for page, url in further if url)]


def _address(request: HttpRequest, entry: SidebarEntry | Page) -> str:
    """Where the entry leads, "" for those who may not open it and where the portal has no such page."""
    if isinstance(entry, Page):
        return reverse(entry.url_name) if _may_open_page(request, entry) else ""
    try:
        path = reverse(f"admin:{entry.app_label}_{entry.model}_changelist")
    except NoReverseMatch:
        return ""
    return path if _permission(entry)(request) else ""


def _may_open_page(request: HttpRequest, page: Page) -> bool:
    if not page.model:
        return bool(getattr(request.user, "is_superuser", False))
    return may_open(request.user, *page.model)


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
            groups.append({"title": gettext(title), "separator": bool(groups), "items": items})
    help_ = [
        {"title": gettext("Help for this page"), "icon": "help", "link": document_of(request.path)},
        {"title": gettext("All documents"), "icon": "menu_book", "link": reverse("documents")},
    ]
    return [*groups, {"title": gettext("Help"), "separator": True, "items": help_}]


def _page_item(request: HttpRequest, page: Page) -> dict[str, Any]:
    path = reverse(page.url_name)

    def permission(request: HttpRequest) -> bool:
        return _may_open_page(request, page)

    item: dict[str, Any] = {
        "title": gettext(page.title),
        "icon": page.icon,
        "link": path,
        "permission": permission,
        "active": request.path.startswith(path),
    }
    if page.badge and permission(request):
        waiting = open_counts(request).get(OrderStatus.NEEDS_ATTENTION, 0) - snoozed_count(request)
        if waiting:
            item["badge"] = waiting
    return item


def _item(request: HttpRequest, entry: SidebarEntry) -> dict[str, Any] | None:
    try:
        path = reverse(f"admin:{entry.app_label}_{entry.model}_changelist")
    except NoReverseMatch:
        return None
    return {
        "title": gettext(entry.title),
        "icon": entry.icon,
        "link": path,
        "permission": _permission(entry),
        "active": request.path.startswith(path),
    }


def _permission(entry: SidebarEntry) -> Callable[[HttpRequest], bool]:
    return lambda request: may_open(request.user, entry.app_label, entry.model)
