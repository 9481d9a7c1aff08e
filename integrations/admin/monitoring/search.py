"""The page that a search of orders leads to, and the orders that were found, by what they were found by."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.safestring import SafeString
from django.utils.translation import gettext

from integrations.admin.shared.displays import change_url, may_open, order_badge
from integrations.core.search.index import Found, Hit, find_orders
from integrations.core.search.keywords import as_word
from integrations.enums import SearchKind
from integrations.models import Order, OrderItem

# How many orders a group of the page shows.
PAGE = 25
# Longer than anything that is looked for.
MAX_TEXT = 200


@dataclass(frozen=True)
class SearchLine:
    """One order of a group, with the word it was found by."""

    order: Order
    url: str
    badge: SafeString
    why: str


@dataclass(frozen=True)
class SearchGroup:
    """The orders that were found by the same kind of word. `more`: there are others, which the list shows."""

    title: str
    lines: list[SearchLine]
    more: bool


def find(request: HttpRequest) -> HttpResponse:
    """What was found, by what it was found by. The whole number of just one order leads straight to its page."""
    if not may_open(request.user, "integrations", "order"):
        raise PermissionDenied
    text = request.GET.get("q", "").strip()[:MAX_TEXT]
    found = find_orders(text)
    if (only := _only_one(found)) is not None:
        return HttpResponseRedirect(reverse("admin:integrations_order_change", args=[only]))
    context: dict[str, Any] = {
        "title": gettext("Search orders"),
        "text": text,
        "groups": groups_of(found, PAGE),
        "is_all": found.is_all,
        "list_url": f"{reverse('admin:integrations_order_changelist')}?{urlencode({'q': text})}",
    }
    request.current_app = admin.site.name
    return TemplateResponse(request, "hub/search/page.html", {**admin.site.each_context(request), **context})


def _only_one(found: Found) -> int | None:
    """The order that alone has the whole number that was typed."""
    whole = {hit.order_id for hit in found.hits if hit.is_whole and hit.kind == SearchKind.NUMBER}
    others = {hit.order_id for hit in found.hits if hit.is_whole and hit.kind == SearchKind.JOB}
    return next(iter(whole)) if len(whole) == 1 and not others - whole else None


def groups_of(found: Found, most: int) -> list[SearchGroup]:
    """The first orders of each kind of word, with what the pages show of them. At most two queries."""
    of_kind: defaultdict[SearchKind, list[Hit]] = defaultdict(list)
    for hit in found.hits:
        of_kind[hit.kind].append(hit)
    shown = {hit.order_id for hits in of_kind.values() for hit in hits[:most]}
    columns = (
        "number",
        "status",
        "customer_name",
        "buyer_email",
        "po_number",
        "received_at",
        "storefront__name",
    )
    orders = Order.objects.select_related("storefront").only(*columns).in_bulk(shown)
    products = _products([hit.order_id for hit in of_kind[SearchKind.PRODUCT][:most]])
    return [
        SearchGroup(
            gettext(kind.label),
            [
                _line(orders[hit.order_id], hit, products)
                for hit in of_kind[kind][:most]
                if hit.order_id in orders
            ],
            len(of_kind[kind]) > most,
        )
        for kind in SearchKind
        if of_kind[kind]
    ]


def _products(order_ids: list[int]) -> dict[int, list[str]]:
    """The names of what was ordered."""
    names: dict[int, list[str]] = {}
    if order_ids:
        items = OrderItem.objects.filter(order__in=order_ids).order_by("seq")
        for order_id, product, item in items.values_list("order_id", "product_name", "item_name"):
            names.setdefault(order_id, []).extend((product, item))
    return names


def _line(order: Order, hit: Hit, products: dict[int, list[str]]) -> SearchLine:
    """Words are kept without capitals: what the order itself holds is shown where it can be."""
    as_written = {
        SearchKind.NUMBER: "",
        SearchKind.CUSTOMER: order.customer_name,
        SearchKind.EMAIL: order.buyer_email,
        SearchKind.PO: order.po_number,
        SearchKind.PRODUCT: next(
            (name for name in products.get(order.pk, []) if hit.word in as_word(name, hit.kind)), hit.word
        ),
    }
    return SearchLine(
        order, change_url(order), order_badge(order), as_written.get(hit.kind, hit.word.upper())
    )


find_view = admin.site.admin_view(find)
