"""Switching storefronts on: what that will leave alone, and what waited for it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import Count, Q
from django.utils import timezone

from integrations.causes import CauseKind
from integrations.core.audit import log as audit
from integrations.core.workqueue import orders
from integrations.enums import EventVerdict, OrderStatus, ShadowResult, StorefrontMode
from integrations.models import Order, ShadowComparison, Storefront, WebhookEvent
from integrations.orders.intake import receive
from integrations.orders.submission import shadow

UNFINISHED = (
    OrderStatus.RECEIVED,
    OrderStatus.WAITING,
    OrderStatus.PROCESSING,
    OrderStatus.NEEDS_ATTENTION,
)


@dataclass(frozen=True)
class Activated:
    """What an activation brought: events that were stored for it, orders that waited for it."""

    events: int
    resumed: int

    @property
    def sentence(self) -> str:
        """What staff are told; empty when nothing was waiting."""
        parts = []
        if self.resumed:
            parts.append(
                "1 waiting order continues"
                if self.resumed == 1
                else f"{self.resumed} waiting orders continue"
            )
        if self.events:
            parts.append(
                "1 stored webhook is processed"
                if self.events == 1
                else f"{self.events} stored webhooks are processed"
            )
        return f"{' and '.join(parts)}." if parts else ""


@dataclass(frozen=True)
class Outlook:
    """What activating a storefront from a moment on means, as far as the hub knows: numbers of orders."""

    older: int
    newer: int
    resumed: int


def activate(storefront: Storefront, since: datetime | None, *, mode: str, actor: str) -> Activated:
    """Switch a storefront on for the orders placed from `since` on. Raises ValidationError when it may not be."""
    storefront.active, storefront.mode, storefront.take_orders_from = True, mode, since
    storefront.full_clean()
    # Both or neither: no order may be left in shadow mode by a storefront that has left it.
    with transaction.atomic():
        storefront.save()
        audit.record(
            "storefront.activated",
            {"name": storefront.name, "mode": StorefrontMode(mode).label, "since": since},
            actor=actor,
        )
        return activated(storefront)


def deactivate(storefront: Storefront, *, actor: str) -> None:
    """Switch a storefront off: finished orders stay as they are, unfinished ones wait."""
    storefront.active = False
    storefront.save()
    audit.record("storefront.deactivated", {"name": storefront.name}, actor=actor)


def activated(storefront: Storefront) -> Activated:
    """Take up what waited for a storefront that is active now, and decide about its orders in shadow mode if it is live."""
    if storefront.mode == StorefrontMode.LIVE:
        shadow.wake_unjudged(storefront)
    return Activated(receive.adopt_waiting_events(storefront), resume_waiting(storefront))


def resume_waiting(storefront: Storefront | None = None) -> int:
    """Wake the unfinished orders that waited because something was inactive, as far as all they need is active now."""
    waiting = Order.objects.filter(
        storefront__active=True,
        storefront__pressero_account__active=True,
        storefront__pace_server__active=True,
        status__in=UNFINISHED,
        cause_kind=CauseKind.INACTIVE,
    )
    if storefront is not None:
        waiting = waiting.filter(storefront=storefront)
    found = list(waiting.values_list("pk", flat=True))
    orders.make_due(found)
    for pk in found:
        orders.send_wake_up(pk)
    return len(found)


def outlook(storefront: Storefront, since: datetime | None) -> Outlook:
    """How many orders of stored webhooks were placed before `since` and stay alone, and how many are taken.

    An order counts by its oldest webhook, because its placed date is read only when it is processed.
    """
    stored = WebhookEvent.objects.filter(
        account_id=storefront.pressero_account_id,
        site_id__iexact=storefront.site_id,
        verdict__in=[EventVerdict.UNKNOWN_SITE, EventVerdict.INACTIVE_SITE],
        order_number__isnull=False,
    )
    known = set(
        Order.objects.filter(account_id=storefront.pressero_account_id).values_list("number", flat=True)
    )
    first: dict[int, datetime] = {}
    for number, occurred, received in stored.values_list("order_number", "occurred_at", "received_at"):
        moment = occurred or received
        if number is not None and number not in known:
            first[number] = min(first.get(number, moment), moment)
    older = sum(1 for moment in first.values() if since is not None and moment < since)
    resumed = Order.objects.filter(
        Q(cause_kind=CauseKind.INACTIVE) | Q(due_at__isnull=False),
        storefront=storefront,
        status__in=UNFINISHED,
    ).count()
    return Outlook(older=older, newer=len(first) - older, resumed=resumed)


@dataclass(frozen=True)
class ShadowOutlook:
    """What going live from shadow mode means for the orders that were planned: numbers of orders.

    Those that are to be `sent` are looked for in Pace once more before.
    """

    adopted: int
    left: int
    sent: int


def shadow_outlook(storefront: Storefront, since: datetime | None) -> ShadowOutlook:
    """What becomes of the orders in shadow mode when the storefront goes live with the orders from `since` on. One query."""
    in_pace = Q(result__in=[ShadowResult.SAME, ShadowResult.DIFFERENT])
    later = Q(order__placed_at__gte=since) if since is not None else Q(pk=None)
    rows = ShadowComparison.objects.filter(
        storefront=storefront, order__status=OrderStatus.SHADOW, judged_at=None
    )
    counts = rows.aggregate(
        adopted=Count("pk", filter=in_pace),
        sent=Count("pk", filter=~in_pace & later),
        left=Count("pk", filter=~in_pace & ~later),
    )
    return ShadowOutlook(**counts)


def default_since(storefront: Storefront, before: Storefront | None) -> datetime | None:
    """From when orders are taken when a form switched a storefront on, or to live, without saying so: now."""
    going_live = storefront.active and (
        before is None
        or not before.active
        or (before.mode == StorefrontMode.SHADOW and storefront.mode == StorefrontMode.LIVE)
    )
    unsaid = before is None or storefront.take_orders_from == before.take_orders_from
    if not going_live or (not unsaid) or (before is None and storefront.take_orders_from is not None):
        return storefront.take_orders_from
    return timezone.now()
