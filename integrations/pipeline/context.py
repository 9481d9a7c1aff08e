"""What a step receives: the order and its surroundings, the clients, the clock, the pen for the audit log."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.utils import timezone

from integrations.clients.pace import PaceClient
from integrations.clients.pressero import PresseroClient
from integrations.models import Order, PaceServer, Storefront
from integrations.services.orders import Claim
from integrations.services.recorder import TryRecorder


@dataclass
class Context:
    """One try of one order."""

    claim: Claim
    order: Order
    pressero: PresseroClient
    pace: PaceClient
    recorder: TryRecorder
    now: Callable[[], datetime] = timezone.now

    @property
    def storefront(self) -> Storefront:
        return self.order.storefront

    @property
    def server(self) -> PaceServer:
        return self.order.storefront.pace_server

    def commit_settles_at(self) -> datetime:
        """When a commit that is sent now has surely ended, also when this worker is killed while it waits for the answer:
        that may take its whole time, and the server's quiet period begins only when nobody waits any more."""
        return self.now() + timedelta(seconds=settings.ANSWER_TIMEOUT + self.server.quiet_seconds)

    def record(self, type_: str, data: Mapping[str, Any] | None = None) -> None:
        """Append to the order's timeline, tied to this try."""
        self.recorder.record(type_, data)

    def record_with_state(self, type_: str, data: Mapping[str, Any] | None = None) -> None:
        """The same for an entry that belongs to a change of state: in the transaction that makes the change."""
        self.recorder.record(type_, data, at_once=True)

    def keep_claim(self) -> None:
        """Call between calls to other systems: renews the lease when due, raises LeaseLost when it is gone."""
        self.claim.renew()
