"""Values that staff change for one order only: storing them, taking them back, and handing them to planning."""

from __future__ import annotations

from datetime import UTC

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction

from integrations.core.audit import log as audit
from integrations.core.connections.user_fields import user_field_types
from integrations.core.workqueue.leases import is_free
from integrations.enums import JobState
from integrations.errors import NotAllowed
from integrations.models import Order, OrderOverride
from integrations.planning.override_fields import JOB, changeable, field_label, parse_value
from integrations.planning.own_fields import is_own, typed
from integrations.planning.plan_types import Override

SHORTEST_NOTE = 3


def of_order(order: Order) -> tuple[Override, ...]:
    """What staff changed for this order, as planning takes it. One query."""
    rows = OrderOverride.objects.filter(order=order)
    return tuple(planned for row in rows if (planned := as_planned(row)) is not None)


def as_planned(row: OrderOverride) -> Override | None:
    """A stored change as planning takes it; None for a field that can no longer be changed."""
    if changeable(row.key) is None:
        return None
    return Override(row.key, row.item, parse_value(row.key, row.value), lineage(row))


def lineage(row: OrderOverride) -> str:
    """The half-sentence beside the value in plan and preview."""
    return f"a change by staff for this order only: {row.note} ({row.made_by})"


def may_change(order: Order) -> bool:
    """Whether values can still be changed: nothing of the order is in Pace, or on its way there."""
    return order.submitted_at is None and not order.jobs.filter(state__in=_IN_PACE).exists()


_IN_PACE = (JobState.COMMITTING, JobState.DONE)


def change(
    order: Order,
    key: str,
    value: str,
    *,
    note: str,
    item: int | None = None,
    actor: str,
    user: AbstractBaseUser | None = None,
) -> OrderOverride:
    """Keep a value for this order only; it counts from the next try on.

    Raises NotAllowed with a sentence when the value, the place or the order's state does not allow it.
    """
    value, note = value.strip(), " ".join(note.split())
    _check(order, key, item, value, note)
    with transaction.atomic():
        _lock(order)
        before = OrderOverride.objects.filter(order=order, key=key, item=item).first()
        row, _ = OrderOverride.objects.update_or_create(
            order=order,
            key=key,
            item=item,
            defaults={
                "value": value,
                "note": note[:300],
                "made_by": actor[:200],
                "user_id": getattr(user, "pk", None),
            },
        )
        data = {
            "field": _label(key),
            "where": _where(item),
            "value": value,
            "before": before.value if before else "",
            "note": row.note,
            "key": key,
            "item": item,
        }
        audit.record("staff.override", data, order=order, actor=actor, user=user)
    return row


def take_back(row: OrderOverride, *, actor: str, user: AbstractBaseUser | None = None) -> None:
    """The rules decide the value again. Raises NotAllowed when something of the order is in Pace already."""
    order = row.order
    with transaction.atomic():
        _lock(order)
        data = {
            "field": _label(row.key),
            "where": _where(row.item),
            "value": row.value,
        }
        row.delete()
        audit.record("staff.override_removed", data, order=order, actor=actor, user=user)


def _check(order: Order, key: str, item: int | None, value: str, note: str) -> None:
    field = changeable(key)
    if field is None:
        raise NotAllowed("This value cannot be changed for one order.")
    if len(note) < SHORTEST_NOTE:
        raise NotAllowed("Enter a reason; it is stored with the change.")
    if field.level == JOB and item is not None:
        raise NotAllowed(f"{field.label} is the same for the whole order: choose no item.")
    if item is not None and not order.items.filter(seq=item).exists():
        raise NotAllowed(f"Order {order.number} has no item {item}.")
    try:
        parse_value(key, value)
    except ValueError as error:
        raise NotAllowed(str(error)) from error
    if is_own(key):
        _check_own(order, key, value)


def _check_own(order: Order, key: str, value: str) -> None:
    """A plant's own field takes what was seen of its type in Pace."""
    try:
        typed(key, value, user_field_types(order.storefront.pace_server_id), UTC)
    except ValueError as error:
        raise NotAllowed(f"{field_label(key.partition('.')[2])}: {error}.") from error


def _label(key: str) -> str:
    field = changeable(key)
    return field.label if field else key


def _lock(order: Order) -> None:
    """Hold the order's row while nobody works on it and nothing of it is in Pace."""
    if (
        not Order.objects.select_for_update(no_key=True)
        .filter(is_free(), pk=order.pk)
        .values_list("pk")
        .first()
    ):
        raise NotAllowed(f"Order {order.number} is being processed right now. Try again in a moment.")
    if not may_change(Order.objects.get(pk=order.pk)):
        raise NotAllowed(f"Order {order.number} is in Pace already, so its values can only be changed there.")


def _where(item: int | None) -> str:
    return "the whole order" if item is None else f"item {item}"
