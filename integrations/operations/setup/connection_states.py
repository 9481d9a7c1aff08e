"""How a Pace server or Pressero account is right now: called or not, since when, and which orders wait for it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count
from django.utils import timezone

from integrations.core.connections import circuits
from integrations.core.connections.circuits import System
from integrations.enums import OrderStatus
from integrations.models import Circuit, Order

# Orders in these states that have a time to be processed are on their way; the others wait for people.
ON_THEIR_WAY = (OrderStatus.RECEIVED, OrderStatus.PROCESSING)


@dataclass(frozen=True)
class ConnectionState:
    """One connection. `next_try` None while a try is under way, or while nothing is tried (`is_paused`)."""

    word: str
    tone: str
    error: str
    is_paused: bool = False
    down_since: datetime | None = None
    next_try: datetime | None = None
    waiting: int = 0

    @property
    def is_called(self) -> bool:
        return not self.is_paused and self.down_since is None

    @property
    def seconds_to_next_try(self) -> int | None:
        if self.next_try is None:
            return None
        return max(0, round((self.next_try - timezone.now()).total_seconds()))


def states_of(systems: Iterable[System]) -> list[ConnectionState]:
    """The states of these connections, read with their circuits: no query, and one when some are not called."""
    found = [(system, _without_orders(system)) for system in systems]
    stopped = [system for system, state in found if not state.is_called]
    waiting = _waiting_orders() if stopped else Counter()
    return [
        state if state.is_called else ConnectionState(**{**vars(state), "waiting": waiting[_key(system)]})
        for system, state in found
    ]


def _without_orders(system: System) -> ConnectionState:
    word, tone, error = circuits.state_of(system)
    circuit: Circuit | None = getattr(system, "circuit", None)
    if not system.active or circuit is None:
        return ConnectionState(word, tone, error)
    if circuit.paused:
        return ConnectionState(word, tone, "", is_paused=True)
    next_try = circuit.open_until if circuit.probe_until is None else None
    return ConnectionState(word, tone, error, down_since=circuit.down_since, next_try=next_try)


def _waiting_orders() -> Counter[tuple[str, int]]:
    """How many orders are on their way, by server and by account."""
    orders = Order.objects.filter(status__in=ON_THEIR_WAY, due_at__isnull=False).order_by()
    counted: Counter[tuple[str, int]] = Counter()
    for server, account, count in orders.values_list("storefront__pace_server", "account").annotate(
        count=Count("id")
    ):
        counted["server", server] += count
        counted["account", account] += count
    return counted


def _key(system: System) -> tuple[str, int]:
    return system.owner_column, system.pk
