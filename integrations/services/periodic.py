"""Running a recurring pass one at a time, on whatever machine."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta

from django.db.models import Q
from django.utils import timezone

from integrations.models import PeriodicRun


@dataclass
class Pass:
    """A pass under way; `summary` is kept when it ends well."""

    name: str
    token: uuid.UUID
    lease: timedelta
    summary: str = ""

    def keep(self) -> None:
        """Prolong the lease; call now and then in a long pass."""
        PeriodicRun.objects.filter(name=self.name, lease_token=self.token).update(
            lease_until=timezone.now() + self.lease
        )


@contextmanager
def alone(name: str, *, lease: timedelta = timedelta(minutes=10)) -> Iterator[Pass | None]:
    """The pass, or None when another worker is at it. The lease of a dead worker ends by itself."""
    now = timezone.now()
    PeriodicRun.objects.get_or_create(name=name)
    token = uuid.uuid4()
    free = PeriodicRun.objects.filter(Q(lease_until__isnull=True) | Q(lease_until__lte=now), name=name)
    if not free.update(lease_token=token, lease_until=now + lease):
        yield None
        return
    run = Pass(name, token, lease)
    mine = PeriodicRun.objects.filter(name=name, lease_token=token)
    try:
        yield run
    except BaseException:
        mine.update(lease_token=None, lease_until=None)
        raise
    mine.update(lease_token=None, lease_until=None, finished_at=timezone.now(), summary=run.summary)
