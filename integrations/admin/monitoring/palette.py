"""The palette (Ctrl+K and /): orders, storefronts, mapping rows, pages, actions and documents by what the user types.

One request answers what was typed so far, with a number of queries that depends neither on the rows nor on the text. Every
section asks for the right that its pages ask for; what the user may not open or do is left out.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NotRequired, TypedDict

from django.contrib import admin
from django.db.models import Model
from django.http import HttpRequest, JsonResponse
from django.urls import NoReverseMatch, reverse
from django.utils.http import urlencode
from django.utils.text import capfirst
from django.utils.translation import gettext

from automationhub.lib.documents import titles
from integrations.admin.monitoring.search import MAX_TEXT, SearchGroup, groups_of
from integrations.admin.shared.displays import ORDER_TONES, change_url, may_open
from integrations.admin.shared.navigation import GROUPS, SidebarEntry, SidebarPlace, places
from integrations.core.search.index import MAX_DIGITS, find_orders
from integrations.models import Order, Storefront

# How many lines a section shows: enough to choose from without scrolling far.
MOST_ORDERS, MOST_ROWS, MOST_PAGES = 5, 3, 6
# Shorter texts are the beginning of too much to look for rows.
SHORTEST = 2


class Item(TypedDict):
    """One line of the palette."""

    title: str
    url: str
    icon: str
    detail: NotRequired[str]
    badge: NotRequired[str]
    tone: NotRequired[str]


class PaletteSection(TypedDict):
    """Lines of one kind under their heading."""

    title: str
    items: list[Item]


def palette(request: HttpRequest) -> JsonResponse:
    """What begins with what was typed (`?q=`); without any text the pages and actions people use most."""
    text = " ".join(request.GET.get("q", "").split())[:MAX_TEXT]
    sections = [
        _section(gettext("Pages"), _pages(request, text)),
        *_orders(request, text),
        *_of_one_order(request, text),
        _section(gettext("Storefronts"), _storefronts(request, text)),
        _section(gettext("Mappings"), _mappings(request, text)),
        _section(gettext("Actions"), _actions(request, text)),
        _section(gettext("Documents"), _documents(text)),
    ]
    return JsonResponse({"sections": [section for section in sections if section["items"]]})


def _section(title: str, items: Iterable[Item]) -> PaletteSection:
    return {"title": title, "items": list(items)}


def begins(text: str, *names: str) -> bool:
    """Whether each typed word begins a word of the names."""
    words = " ".join(names).casefold().split()
    return all(any(word.startswith(typed) for word in words) for typed in text.casefold().split())


# --- pages, actions, documents: no query ---


def _pages(request: HttpRequest, text: str) -> list[Item]:
    found = [place for place in places(request) if begins(text, place.title, place.group)]
    found.sort(key=lambda place: not begins(text, place.title))
    return [_page(place) for place in found[:MOST_PAGES]]


def _page(place: SidebarPlace) -> Item:
    detail = "" if place.group == place.title else place.group
    return {"title": place.title, "url": place.url, "icon": place.icon, "detail": detail}


def _actions(request: HttpRequest, text: str) -> list[Item]:
    """What somebody may begin from anywhere: the buttons of the lists, and adding rows."""
    found: list[Item] = []
    for group, entries in GROUPS.items():
        for entry in entries:
            if isinstance(entry, SidebarEntry):
                found += [item for item in _of_list(request, entry) if begins(text, item["title"], group)]
    return found[:MOST_PAGES]


def _of_list(request: HttpRequest, entry: SidebarEntry) -> list[Item]:
    """The actions of one list that this person may do."""
    model_admin: Any = next(
        (one for model, one in admin.site._registry.items() if model._meta.label_lower == _label(entry)), None
    )
    if model_admin is None or not may_open(request.user, entry.app_label, entry.model):
        return []
    found: list[Item] = [
        {
            "title": str(one.description),
            "url": reverse(f"admin:{one.action_name}"),
            "icon": one.icon or "bolt",
            "detail": gettext(entry.title),
        }
        for one in model_admin.get_actions_list(request)
    ]
    if model_admin.has_add_permission(request):
        name = gettext(str(model_admin.opts.verbose_name))
        address = _add_address(entry)
        if address:
            added: Item = {"title": gettext("Add {name}").format(name=name), "url": address, "icon": "add"}
            found.append(added)
    return found


def _label(entry: SidebarEntry) -> str:
    return f"{entry.app_label}.{entry.model}"


def _add_address(entry: SidebarEntry) -> str:
    try:
        return reverse(f"admin:{entry.app_label}_{entry.model}_add")
    except NoReverseMatch:
        return ""


def _documents(text: str) -> list[Item]:
    found = [(name, title) for name, title in titles().items() if text and begins(text, title, name)]
    return [
        {"title": title, "url": reverse("document", args=[name]), "icon": "menu_book"}
        for name, title in found[:MOST_PAGES]
    ]


# --- rows ---


def _orders(request: HttpRequest, text: str) -> list[PaletteSection]:
    """Orders by what they were found by, as the page of the search groups them."""
    if len(text) < SHORTEST or not may_open(request.user, "integrations", "order"):
        return []
    seen: set[int] = set()
    sections = [_found(group, seen) for group in groups_of(find_orders(text), MOST_ORDERS)]
    sections = [section for section in sections if section["items"]]
    if sections:
        everything: Item = {
            "title": gettext("Show all that was found"),
            "url": f"{reverse('hub-find')}?{urlencode({'q': text})}",
            "icon": "manage_search",
        }
        sections[-1]["items"].append(everything)
    return sections


def _found(group: SearchGroup, seen: set[int]) -> PaletteSection:
    """The orders of a group that no group before it has shown."""
    items: list[Item] = [
        {
            "title": str(line.order.number),
            "url": line.url,
            "icon": "receipt_long",
            "detail": ", ".join(dict.fromkeys(filter(None, (line.why, line.order.storefront.name, line.order.customer_name)))),
            "badge": gettext(line.order.get_status_display()),
            "tone": ORDER_TONES.get(line.order.status, "muted"),
        }
        for line in group.lines
        if line.order.pk not in seen
    ]  # fmt: skip
    seen.update(line.order.pk for line in group.lines)
    return _section(gettext("Orders: {found_by}").format(found_by=group.title), items)


def _of_one_order(request: HttpRequest, text: str) -> list[PaletteSection]:
    """What can be done to the one order whose whole number was typed, perhaps with the action beside it."""
    words = text.split()
    numbers = [word.lstrip("#") for word in words if word.lstrip("#").isdecimal()]
    if (
        len(numbers) != 1
        or len(numbers[0]) > MAX_DIGITS
        or not may_open(request.user, "integrations", "order")
    ):
        return []
    orders = list(Order.objects.defer("fetched", "plan", "sent_payload").filter(number=int(numbers[0]))[:2])
    if len(orders) != 1:
        return []
    rest = " ".join(word for word in words if not word.lstrip("#").isdecimal())
    model_admin: Any = admin.site.get_model_admin(Order)
    items: list[Item] = [
        {"title": entry.label, "url": entry.url, "icon": "bolt"}
        for entry in model_admin.menu(request, orders[0])
        if begins(rest, entry.label)
    ]
    return [_section(gettext("Order {number}").format(number=orders[0].number), items)]


def _storefronts(request: HttpRequest, text: str) -> list[Item]:
    if len(text) < SHORTEST or not may_open(request.user, "integrations", "storefront"):
        return []
    found = Storefront.objects.filter(name__icontains=text).only("name").order_by("name")[:MOST_ROWS]
    return [{"title": row.name, "url": change_url(row), "icon": "storefront"} for row in found]


def _mappings(request: HttpRequest, text: str) -> list[Item]:
    """Mapping rows as the search boxes of their lists find them: one query for each kind of mapping."""
    if len(text) < SHORTEST:
        return []
    found: list[Item] = []
    for model, model_admin in admin.site._registry.items():
        options = model._meta
        if options.app_label == "mappings" and may_open(request.user, "mappings", str(options.model_name)):
            found += _rows_of(request, model, model_admin, text)
    return found


def _rows_of(request: HttpRequest, model: type[Model], model_admin: Any, text: str) -> list[Item]:
    rows = model_admin.get_queryset(request).select_related(*(model_admin.list_select_related or ()))
    rows, _ = model_admin.get_search_results(request, rows, text)
    kind = capfirst(gettext(str(model._meta.verbose_name)))
    return [
        {"title": str(row), "url": change_url(row), "icon": "swap_horiz", "detail": kind}
        for row in rows[:MOST_ROWS]
    ]


palette_view = admin.site.admin_view(palette)
