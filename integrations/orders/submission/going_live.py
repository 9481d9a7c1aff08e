"""Which orders are the hub's to send: storefronts that are off, orders older than a storefront takes, shadow mode."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from automationhub.lib.shown_times import moment_text
from integrations.causes import CauseKind
from integrations.clients.schemas import PresseroOrder
from integrations.core.connections.shadow import begun
from integrations.core.workqueue.orders import Ending
from integrations.enums import FailureMode, OrderStatus
from integrations.models import Order, Storefront
from integrations.orders.submission.context import SubmissionContext

FINISHED = (OrderStatus.SUBMITTED, OrderStatus.COMPLETED, OrderStatus.DENIED, OrderStatus.SHADOW)


def unchanged(order: Order) -> Ending:
    """The order stays as it is."""
    mode = FailureMode(order.failure_mode)
    return Ending(OrderStatus(order.status), order.message, mode, order.cause, tried=False)


def switched_off(order: Order) -> Ending | None:
    """When the order's storefront, account or server is off: finished orders stay, unfinished ones wait for activation.

    None when everything is on.
    """
    off = inactive_part(order.storefront)
    if off is None:
        return None
    if order.status in FINISHED or order.submitted_at is not None:
        return unchanged(order)
    kind, name = off
    message = (
        f"The {kind} “{name}” is inactive. Order {order.number} waits and continues when you activate it."
    )
    return Ending(OrderStatus(order.status), message, cause=CauseKind.INACTIVE.of(kind), tried=False)


def inactive_part(storefront: Storefront) -> tuple[str, str] | None:
    """What of a storefront's connections is switched off: its kind and its name."""
    for kind, thing in (
        ("storefront", storefront),
        ("Pressero account", storefront.pressero_account),
        ("Pace server", storefront.pace_server),
    ):
        if not thing.active:
            return kind, str(thing)
    return None


def stays_shadow(ctx: SubmissionContext, fetched: PresseroOrder) -> Ending | None:
    """An order planned in shadow mode, of which Pace has no job, when its storefront is live: it is sent only if it was placed
    after the moment from which the storefront takes orders. For the others, those who made jobs before make theirs, too."""
    order, since = ctx.order, ctx.storefront.take_orders_from
    if order.status != OrderStatus.SHADOW:
        return None
    placed = fetched.placed_at or _first_heard_of(order)
    if since is not None and placed >= since:
        return None
    return unchanged(order)


def left_alone(ctx: SubmissionContext, fetched: PresseroOrder) -> Ending | None:
    """An order placed before its storefront takes orders is put on hold, with the way to send it all the same."""
    order, storefront = ctx.order, ctx.storefront
    since = storefront.take_orders_from
    if since is None or order.released or _was_taken_before(order, storefront):
        return None
    placed = fetched.placed_at or _first_heard_of(order)
    if placed >= since or begun(order):
        return None
    zone = ZoneInfo(storefront.pace_server.time_zone)
    message = f"Order {order.number} was placed {_when(placed, zone)}. The storefront “{storefront.name}” processes orders placed from {_when(since, zone)} on, so it was skipped. Select Release to send it anyway."
    ctx.record("order.left_alone", {"sentence": message})
    return Ending(OrderStatus.ON_HOLD, message)


def _was_taken_before(order: Order, storefront: Storefront) -> bool:
    """Whether the hub had the order before the storefront was activated or its date was set."""
    return storefront.taking_since is not None and order.received_at < storefront.taking_since


def _first_heard_of(order: Order) -> datetime:
    """When Pressero's first event about the order happened: an order without a date was placed then or before."""
    event = order.events.order_by("pk").values_list("occurred_at", "received_at").first()
    if event is None:
        return order.received_at
    return event[0] or event[1]


def _when(moment: datetime, zone: ZoneInfo) -> str:
    return moment_text(moment.astimezone(zone))
