"""The retry clock and the lease of what is delivered to Pressero: claim, give back, fail, re-arm.

Every change is a conditional update on the row, so that any number of workers agree who delivers it.
"""

from __future__ import annotations

import random
from datetime import datetime, timedelta
from typing import Any

from django.db.models import F, Q

from automationhub.lib.database_clock import database_now
from integrations.core.workqueue.leases import Lease, acquire, is_free
from integrations.enums import FailureMode
from integrations.errors import HubError, LeaseLost
from integrations.models import DeliveryRow, ItemStage, PaceShipment

# Longer than the calls of one delivery can take: a log-in, a look and a write of up to 60 s each, and room.
LEASE = timedelta(seconds=240)
# Seconds after the lease was checked within which a write to Pressero leaves. Its answer takes up to 120 s more: whoever
# has the row after the lease sees in Pressero what it did.
SEND_WITHIN = 60.0

_WELL = {
    "attempts": 0,
    "failing_since": None,
    "problem": "",
    "failure_mode": FailureMode.NONE,
}

Kind = type[ItemStage] | type[PaceShipment]
KINDS: tuple[Kind, ...] = (ItemStage, PaceShipment)


def acquire_lease(kind: Kind, pk: int) -> Lease[Any] | None:
    """Acquire the lease on the row; None when it is not due or another worker has it. The try is counted here."""
    due = kind._default_manager.filter(due_at__lte=database_now())
    return acquire(due, pk, LEASE, attempts=F("attempts") + 1)


def due_rows(kind: Kind, *, limit: int) -> list[tuple[int, int, int]]:
    """What is due and free, oldest first, of active storefronts: (row, order, Pressero account)."""
    to_order = "item__order" if kind is ItemStage else "job__order"
    active = {f"{to_order}__storefront__active": True, f"{to_order}__account__active": True}
    found = kind._default_manager.filter(is_free(), due_at__lte=database_now(), **active).order_by(
        "due_at", "pk"
    )
    return list(found.values_list("pk", f"{to_order}_id", f"{to_order}__account_id")[:limit])


def done(held: Lease[Any], *, version: int | None = None, **changes: Any) -> None:
    """Give the row back as delivered, with what was told; due again at once when a newer target than this `version` has
    come. Raises LeaseLost when another worker has the row: then nothing is changed."""
    conditions = () if version is None else (Q(version=version),)
    if not held.release(*conditions, **_WELL, due_at=None, **changes):
        _again(held, **changes)


def _again(held: Lease[Any], **changes: Any) -> None:
    if not held.release(**_WELL, due_at=database_now(), **changes):
        raise LeaseLost(held.lost)


def failed(
    held: Lease[Any], row: DeliveryRow, error: HubError, due_at: datetime | None, **changes: Any
) -> None:
    """Give the row back after a failure; `due_at` None: a person must act. A newer target that came meanwhile is due at
    once, on a clock of its own. Raises LeaseLost when another worker has the row."""
    conditions = (Q(version=row.version),) if isinstance(row, ItemStage) else ()
    outcome = {
        "due_at": due_at,
        "failing_since": row.failing_since or database_now(),
        "problem": error.message,
        "failure_mode": error.failure_mode,
        **changes,
    }
    if not held.release(*conditions, **outcome):
        _again(held, **changes)


def postpone(account_id: int, seconds: float) -> None:
    """Let everything that is due for a Pressero account wait: it may not be called just now."""
    now = database_now()
    _move(account_id, Q(due_at__lte=now), now + timedelta(seconds=seconds))


def hurry(account_id: int) -> None:
    """Let nothing that is to be told to a Pressero account wait any longer: it answers again."""
    now = database_now()
    _move(account_id, Q(due_at__gt=now), now)


def _move(account_id: int, which: Q, due_at: Any) -> None:
    for kind in KINDS:
        account = "item__order__account" if kind is ItemStage else "job__order__account"
        found = kind._default_manager.filter(which, is_free(), **{account: account_id})
        # The conditions once more: an update cannot look through relations, and the row may have changed since.
        rows = kind._default_manager.filter(which, pk__in=found.values("pk"))  # type: ignore[misc]
        rows.update(due_at=due_at)


def rearm(order_ids: list[int]) -> int:
    """What waits for a person, or for its next try, is due now, with a fresh clock; the number of rows."""
    count = 0
    for kind in KINDS:
        to_order = "item__order__in" if kind is ItemStage else "job__order__in"
        waiting = kind._default_manager.filter(Q(due_at__isnull=False) | ~Q(problem=""), is_free())
        count += waiting.filter(**{to_order: order_ids}).update(
            due_at=database_now(), attempts=0, failing_since=None
        )
    return count


def send_again(order_id: int) -> int:
    """Everything of the order that Pressero was or is to be told is due now, as if it had not been told; the number of
    rows. A worker that is at one of them sees a newer target and looks again."""
    fresh = {"due_at": database_now(), "attempts": 0, "failing_since": None}
    stages = ItemStage.objects.filter(item__order=order_id).exclude(wanted=[])
    count = stages.update(version=F("version") + 1, sent_stage="", seen_stage="", **fresh)
    shipments = PaceShipment.objects.filter(job__order=order_id).exclude(numbers=[]).exclude(items=[])
    return count + shipments.update(**fresh)


def jitter() -> float:
    """Spreads retries, guards nothing."""
    return random.random()  # noqa: S311
