"""Values that staff change for one order only: storing them, taking them back, and handing them to planning."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC
from typing import Any

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


@dataclass(frozen=True)
class Chosen:
    """A value that staff chose: for one item, or with `item` None for the whole order."""

    key: str
    item: int | None
    value: str


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
    """Keep one value for this order only; it counts from the next try on.

    Raises NotAllowed with a sentence when the value, the place or the order's state does not allow it.
    """
    change_many(order, [Chosen(key, item, value)], note=note, actor=actor, user=user)
    return OrderOverride.objects.get(order=order, key=key, item=item)


def change_many(
    order: Order,
    chosen: Sequence[Chosen] = (),
    reverted: Collection[OrderOverride] = (),
    *,
    note: str = "",
    actor: str,
    user: AbstractBaseUser | None = None,
    seen: str | None = None,
) -> None:
    """Keep these values for this order only and take others back, all or nothing; they count from the next try on.

    `seen`: the `stamp` of the changes that the person saw. Raises NotAllowed with a sentence when a value, a place, the
    order's state or what others changed in the meantime does not allow it.
    """
    note = " ".join(note.split())
    if chosen and len(note) < SHORTEST_NOTE:
        raise NotAllowed("Enter a reason; it is stored with the change.")
    for one in chosen:
        check_value(order, one.key, one.item, one.value.strip())
    by: dict[str, Any] = {"actor": actor, "user": user}
    with transaction.atomic():
        _lock(order)
        if seen is not None and seen != stamp(order):
            raise NotAllowed(
                "Someone else changed values of this order in the meantime. Check them below, then save again."
            )
        for row in reverted:
            _drop(order, row, note, **by)
        for one in chosen:
            _store(order, one, note, **by)


def stamp(order: Order) -> str:
    """Which changes of this order there are now: another one once any was added, changed or taken back."""
    rows = OrderOverride.objects.filter(order=order).order_by("pk").values_list("pk", "made_at")
    return ",".join(f"{pk}@{at.timestamp()}" for pk, at in rows) or "none"


def _store(order: Order, chosen: Chosen, note: str, *, actor: str, user: AbstractBaseUser | None) -> None:
    place: dict[str, Any] = {"order": order, "key": chosen.key, "item": chosen.item}
    before = OrderOverride.objects.filter(**place).first()
    row, _ = OrderOverride.objects.update_or_create(
        **place,
        defaults={
            "value": chosen.value.strip(),
            "note": note[:300],
            "made_by": actor[:200],
            "user_id": getattr(user, "pk", None),
        },
    )
    data = {
        "field": _label(row.key),
        "where": _where(row.item),
        "value": row.value,
        "before": before.value if before else "",
        "note": row.note,
        "key": row.key,
        "item": row.item,
    }
    audit.record("staff.override", data, order=order, actor=actor, user=user)


def _drop(order: Order, row: OrderOverride, note: str, *, actor: str, user: AbstractBaseUser | None) -> None:
    data = {
        "field": _label(row.key),
        "where": _where(row.item),
        "value": row.value,
        **({"note": note} if note else {}),
    }
    OrderOverride.objects.filter(order=order, pk=row.pk).delete()
    audit.record("staff.override_removed", data, order=order, actor=actor, user=user)


def check_value(order: Order, key: str, item: int | None, value: str) -> None:
    """Raises NotAllowed with a sentence when this value cannot be chosen for this order or item."""
    field = changeable(key)
    if field is None:
        raise NotAllowed("This value cannot be changed for one order.")
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
