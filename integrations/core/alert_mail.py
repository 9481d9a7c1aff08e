"""What a mail to staff says: a subject that names order and cause, the orders as a shop knows them, and where to go.

Each mail is text and HTML; the HTML holds no pictures and nothing of other hosts. Links need PORTAL_URL.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string
from django.urls import reverse

from automationhub.lib.portal import portal_link
from automationhub.lib.shown_times import day_text
from integrations.causes import Cause
from integrations.core.fix_paths import missing_row
from integrations.models import Alert, AlertKind, Order, OrderItem

MAX_LINES = 100
LONGEST_SUBJECT = 140
SHOWN_ITEMS = 2
# Kinds whose text is about what stopped the orders, so that it belongs into the subject.
_ABOUT_ORDERS = (AlertKind.NEEDS_ATTENTION, AlertKind.CHANGED)


@dataclass(frozen=True)
class MailRow:
    """One order of a mail."""

    number: int
    storefront: str
    customer: str
    products: str
    ship_by: str
    text: str
    url: str


@dataclass(frozen=True)
class Button:
    label: str
    url: str


def compose(alerts: Sequence[Alert]) -> EmailMultiAlternatives:
    """The mail for alerts of one kind, group and recipients. Two queries, however many there are."""
    shown = alerts[:MAX_LINES]
    rows = _rows(shown)
    context = {
        "heading": _heading(alerts),
        "rows": rows,
        "texts": [alert.text for alert in shown if alert.order_id is None],
        "more": len(alerts) - len(shown),
        "buttons": [button for button in _buttons(alerts) if button.url],
    }
    text = render_to_string("hub/mail/alert.txt", context)
    message = EmailMultiAlternatives(
        subject(alerts), text.strip() + "\n", settings.DEFAULT_FROM_EMAIL, alerts[0].recipients
    )
    message.attach_alternative(render_to_string("hub/mail/alert.html", context), "text/html")
    return message


def subject(alerts: Sequence[Alert]) -> str:
    """One line that names the order and what it is about: a line break in a text must not become a mail header."""
    line = " ".join(_heading(alerts).split())
    line = line if len(line) <= LONGEST_SUBJECT else f"{line[: LONGEST_SUBJECT - 1]}…"
    return f"Automation Hub: {line}"


def _heading(alerts: Sequence[Alert]) -> str:
    kind = AlertKind(alerts[0].kind)
    orders = {alert.order_id: alert.order for alert in alerts if alert.order is not None}
    if not orders:
        return str(kind.label)
    about = f": {_first_sentence(alerts[0].text)}" if kind in _ABOUT_ORDERS else ""
    if len(orders) > 1:
        return f"{len(orders)} orders, {kind.label.lower()}{about}"
    (order,) = orders.values()
    return f"Order {order.number} ({order.storefront.name}), {kind.label.lower()}{about}"


def _first_sentence(text: str) -> str:
    """What a text begins with, without the order that the heading names already."""
    rest = re.sub(r"^Order \d+(, item \d+)?:? ", "", " ".join(text.split()))
    return re.split(r"(?<=[.!?]) ", rest, maxsplit=1)[0].rstrip(".")


def _rows(alerts: Sequence[Alert]) -> list[MailRow]:
    orders = [alert.order for alert in alerts if alert.order is not None]
    products = _products({order.pk for order in orders})
    return [
        MailRow(
            order.number,
            order.storefront.name,
            order.customer_name,
            products.get(order.pk, ""),
            day_text(order.ship_by) if order.ship_by else "",
            alert.text,
            portal_link(_page(order)),
        )
        for alert in alerts
        if (order := alert.order) is not None
    ]


def _products(orders: Iterable[int]) -> dict[int, str]:
    """The first products of each order in words, by its id."""
    found: dict[int, list[str]] = {}
    items = OrderItem.objects.filter(order__in=list(orders)).order_by("order", "seq")
    for order, quantity, name in items.values_list("order_id", "quantity", "product_name"):
        found.setdefault(order, []).append(f"{quantity:,} × {name}")
    return {
        order: ", ".join(names[:SHOWN_ITEMS])
        + (f" and {len(names) - SHOWN_ITEMS} more" if len(names) > SHOWN_ITEMS else "")
        for order, names in found.items()
    }


def _buttons(alerts: Sequence[Alert]) -> list[Button]:
    """Where the mail leads: the fix, the order or the inbox, and snoozing."""
    orders = {alert.order_id: alert.order for alert in alerts if alert.order is not None}
    if not orders:
        return [Button("Open Automation Hub", portal_link(reverse("admin:index")))]
    order = next(iter(orders.values()))
    buttons = []
    if alerts[0].kind == AlertKind.NEEDS_ATTENTION:
        path = missing_row(Cause.from_key(alerts[0].group), order.storefront_id, alerts[0].text)
        buttons.append(Button("Add the missing row", portal_link(path) if path else ""))
    if len(orders) > 1:
        return [*buttons, Button("Open Needs attention", portal_link(reverse("hub-inbox")))]
    return [
        *buttons,
        Button(f"Open order {order.number}", portal_link(_page(order))),
        Button("Snooze", portal_link(f"{_page(order)}#hub-snooze")),
    ]


def _page(order: Order) -> str:
    return reverse("admin:integrations_order_change", args=[order.pk])
