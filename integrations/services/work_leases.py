"""Leases on named work: one worker at a time, and at most one wake-up message on its way."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Q
from django.utils import timezone

from integrations.errors import LeaseLost
from integrations.models import WorkLease

# Longer than one batch of calls can take (several calls of up to 60 s each).
LEASE = timedelta(minutes=5)
# How long a sent message is waited for before another one is sent.
PATIENCE = timedelta(seconds=15)


@dataclass
class Held:
    """The right to do some named work until the lease is over."""

    name: str
    token: uuid.UUID
    begun_at: datetime

    def renew(self) -> None:
        """Prolong the lease. Raises LeaseLost when another worker has taken the work over."""
        mine = WorkLease.objects.filter(name=self.name, token=self.token)
        if not mine.update(until=timezone.now() + LEASE):
            raise LeaseLost(f"Another worker has taken over: {self.name}.")

    def give_back(self, *, unfinished: bool = False, problem: str = "") -> None:
        """End the lease. `unfinished`: the next holder goes on with what this one began."""
        changes: dict[str, object] = {
            "token": None,
            "until": None,
            "begun_at": self.begun_at if unfinished else None,
            "problem": problem,
        }
        if not unfinished and not problem:
            changes["finished_at"] = timezone.now()
        WorkLease.objects.filter(name=self.name, token=self.token).update(**changes)


def take(name: str) -> Held | None:
    """The lease on this work; None while another worker has it."""
    now = timezone.now()
    token = uuid.uuid4()
    WorkLease.objects.get_or_create(name=name)
    free = WorkLease.objects.filter(Q(until__isnull=True) | Q(until__lte=now), name=name)
    if not free.update(token=token, until=now + LEASE, queued_until=None):
        return None
    lease = WorkLease.objects.get(name=name)
    return Held(name, token, lease.begun_at or now)


def send_once(name: str, send: Callable[[], None]) -> bool:
    """Send a wake-up for this work unless one is believed to be on its way."""
    now = timezone.now()
    WorkLease.objects.get_or_create(name=name)
    ready = WorkLease.objects.filter(Q(queued_until__isnull=True) | Q(queued_until__lte=now), name=name)
    if not ready.update(queued_until=now + PATIENCE):
        return False
    send()
    return True


def note_arrival(name: str) -> None:
    """The wake-up has come: the next need sends another one."""
    WorkLease.objects.filter(name=name).update(queued_until=None)
