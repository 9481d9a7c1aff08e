"""The retry clock and the lease of what is delivered to Pressero: claim, give back, fail, re-arm.

Every change is a conditional update on the row, so that any number of workers agree who delivers it.
"""

from __future__ import annotations

import random
import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import F, Q
from django.utils import timezone

from integrations.enums import FailureMode
from integrations.errors import HubError
from integrations.models import DeliveryRow, ItemStage, PaceShipment

# Longer than the calls of one delivery can take: a log-in, a look and a write of up to 60 s each, and room.
LEASE = timedelta(seconds=240)

_FREE = {"lease_token": None, "lease_until": None}
_WELL = {
    "attempts": 0,
    "failing_since": None,
    "problem": "",
    "problem_cause": "",
    "failure_mode": FailureMode.NONE,
}

Kind = type[ItemStage] | type[PaceShipment]
KINDS: tuple[Kind, ...] = (ItemStage, PaceShipment)


@dataclass(frozen=True)
class Claim:
    """A worker's right to deliver one row."""

    kind: Kind
    pk: int
    token: uuid.UUID

    @property
    def rows(self) -> Any:
        """The row while this claim holds: a query to update through."""
        return self.kind._default_manager.filter(pk=self.pk, lease_token=self.token)


def claim(kind: Kind, pk: int) -> Claim | None:
    """Take the row for this worker; None when it is not due or another worker has it. The try is counted here."""
    now = timezone.now()
    token = uuid.uuid4()
    taken = kind._default_manager.filter(_free(now), pk=pk, due_at__lte=now).update(
        lease_token=token, lease_until=now + LEASE, attempts=F("attempts") + 1
    )
    return Claim(kind, pk, token) if taken else None


def due_rows(kind: Kind, *, limit: int) -> list[tuple[int, int, int]]:
    """What is due and free, oldest first, of active storefronts: (row, order, Pressero account)."""
    now = timezone.now()
    to_order = "item__order" if kind is ItemStage else "job__order"
    active = {f"{to_order}__storefront__active": True, f"{to_order}__account__active": True}
    found = kind._default_manager.filter(_free(now), due_at__lte=now, **active).order_by("due_at", "pk")
    return list(found.values_list("pk", f"{to_order}_id", f"{to_order}__account_id")[:limit])


def done(held: Claim, *, version: int | None = None, **changes: Any) -> bool:
    """Give the row back as delivered, with what was told. False when the claim was lost meanwhile, or, for a row with
    a version, when a newer wish has come: then nothing is changed."""
    rows = held.rows if version is None else held.rows.filter(version=version)
    return bool(rows.update(**{**_FREE, **_WELL, "due_at": None, **changes}))


def again(held: Claim, **changes: Any) -> bool:
    """Give the row back to be looked at at once: a newer wish came during the work."""
    return bool(held.rows.update(**{**_FREE, **_WELL, "due_at": timezone.now(), **changes}))


def failed(held: Claim, row: DeliveryRow, error: HubError, due_at: datetime | None, **changes: Any) -> bool:
    """Give the row back after a failure; `due_at` None: a person must act. A newer wish that came meanwhile is due at
    once, on a clock of its own."""
    rows = held.rows.filter(version=row.version) if isinstance(row, ItemStage) else held.rows
    outcome = {
        **_FREE,
        "due_at": due_at,
        "failing_since": row.failing_since or timezone.now(),
        "problem": error.message,
        "problem_cause": error.cause[:200],
        "failure_mode": error.failure_mode,
        **changes,
    }
    return bool(rows.update(**outcome)) or again(held, **changes)


def postpone(account_id: int, seconds: float) -> None:
    """Let everything that is due for a Pressero account wait: it may not be called just now."""
    now = timezone.now()
    _move(account_id, Q(due_at__lte=now), now + timedelta(seconds=seconds))


def hurry(account_id: int) -> None:
    """Let nothing that is to be told to a Pressero account wait any longer: it answers again."""
    now = timezone.now()
    _move(account_id, Q(due_at__gt=now), now)


def _move(account_id: int, which: Q, due_at: datetime) -> None:
    for kind in KINDS:
        account = "item__order__account" if kind is ItemStage else "job__order__account"
        found = kind._default_manager.filter(which, _free(timezone.now()), **{account: account_id})
        # The conditions once more: an update cannot look through relations, and the row may have changed since.
        rows = kind._default_manager.filter(which, pk__in=found.values("pk"))  # type: ignore[misc]
        rows.update(due_at=due_at)


def _free(now: datetime) -> Q:
    return Q(lease_until__isnull=True) | Q(lease_until__lte=now)


def rearm(order_ids: list[int]) -> int:
    """What waits for a person, or for its next try, is due now, with a fresh clock; the number of rows."""
    now = timezone.now()
    count = 0
    for kind in KINDS:
        to_order = "item__order__in" if kind is ItemStage else "job__order__in"
        waiting = kind._default_manager.filter(Q(due_at__isnull=False) | ~Q(problem=""), _free(now))
        count += waiting.filter(**{to_order: order_ids}).update(due_at=now, attempts=0, failing_since=None)
    return count


def send_again(order_id: int) -> int:
    """Everything of the order that Pressero was or is to be told is due now, as if it had not been told; the number of
    rows. A worker that is at one of them sees a newer wish and looks again."""
    now = timezone.now()
    fresh = {"due_at": now, "attempts": 0, "failing_since": None}
    stages = ItemStage.objects.filter(item__order=order_id).exclude(wanted=[])
    count = stages.update(version=F("version") + 1, told_stage="", seen_stage="", **fresh)
    shipments = PaceShipment.objects.filter(job__order=order_id).exclude(numbers=[]).exclude(items=[])
    return count + shipments.update(**fresh)


def jitter() -> float:
    """Spreads retries, guards nothing."""
    return random.random()  # noqa: S311
