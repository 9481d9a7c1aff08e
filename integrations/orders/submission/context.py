"""What a step receives: the order and its surroundings, the clients, the clock, the pen for the audit log."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from automationhub.lib import database_clock
from integrations.clients.pace.client import PaceClient
from integrations.clients.pressero.client import PresseroClient
from integrations.core.audit.recorder import TryRecorder
from integrations.core.connections import circuits
from integrations.core.connections.clients import pace_of_order
from integrations.core.workqueue.orders import OrderLease
from integrations.models import Order, PaceServer, Storefront
from integrations.orders.submission.attempts import Attempts


@dataclass
class SubmissionContext:
    """One try of one order."""

    lease: OrderLease
    order: Order
    pressero: PresseroClient
    pace: PaceClient
    recorder: TryRecorder
    attempts: Attempts
    # What is stored in the transaction that gives the order back.
    at_the_end: list[Callable[[], None]] = field(default_factory=list)
    now: Callable[[], datetime] = database_clock.now
    # The circuits of other Pace servers than the one the try began at; they are left when the try ends.
    circuits: ExitStack = field(default_factory=ExitStack)
    _entered: set[int] = field(default_factory=set)

    def __post_init__(self) -> None:
        self._entered.add(self.server.pk)

    @property
    def storefront(self) -> Storefront:
        return self.order.storefront

    @property
    def server(self) -> PaceServer:
        return self.order.storefront.pace_server

    def pace_at(self, server: PaceServer, address: str = "") -> PaceClient:
        """Pace where something was begun: the order's own, unless the storefront or the server has moved since.

        Raises circuits.Waits while another server than the order's own may not be called.
        """
        if server.pk == self.server.pk and address in ("", server.url):
            return self.pace
        if server.pk not in self._entered:
            self.circuits.enter_context(circuits.guard(server, self.recorder.last_trouble))
            self._entered.add(server.pk)
        return pace_of_order(
            self.order,
            server,
            address=address,
            recorder=self.recorder,
            correlation=self.recorder.correlation,
            while_waiting=self.renew_lease,
        )

    def go_on_at(self, server: PaceServer) -> None:
        """Work on the order at this server from now on. Raises circuits.Waits while it may not be called."""
        if server.pk == self.server.pk:
            return
        self.pace = self.pace_at(server)
        self.order.storefront.pace_server = server

    def record(self, type_: str, data: Mapping[str, Any] | None = None) -> None:
        """Append to the order's timeline, tied to this try."""
        self.recorder.record(type_, data)

    def record_with_state(self, type_: str, data: Mapping[str, Any] | None = None) -> None:
        """The same for an entry that belongs to a change of state: in the transaction that makes the change."""
        self.recorder.record(type_, data, at_once=True)

    def renew_lease(self) -> None:
        """Call between calls to other systems: renews the lease when due, raises LeaseLost when it is gone."""
        self.lease.renew()
