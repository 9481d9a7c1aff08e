"""A circuit breaker per Pace server and Pressero account.

After repeated failures in a row the other orders wait, and one probes. That spares a system that is down the knocking
of every order, and spares the orders their tries. Staff can pause a connection by hand and resume it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_noop

from automationhub.lib.shown_times import utc_text
from integrations.core import alerts
from integrations.core.audit import log as audit
from integrations.core.workqueue import deliveries
from integrations.core.workqueue.leases import is_held
from integrations.errors import TransientError
from integrations.models import AlertKind, Circuit, Order, PaceServer, PresseroAccount

System = PaceServer | PresseroAccount

FAILURES_TO_OPEN = 5
FIRST_PAUSE = timedelta(seconds=15)
LONGEST_PAUSE = timedelta(minutes=5)
# How long one probing order may take before another one may probe.
PROBE_LEASE = timedelta(minutes=3)
_SLOT_BUSY = 2.0


class CircuitOpen(TransientError):
    """The order waits for a connection; it was not tried, so the try does not count."""


class NotFailing(CircuitOpen):
    """Nothing is wrong with the connection: staff paused it, or it is busy. The time waited is no time of failing."""


def check(system: System) -> None:
    """Raises Waits while nobody may call the system. Of all that ask after the pause, one may pass: it probes."""
    _check(system, Circuit.objects.filter(**system.as_owner).first())


def _check(system: System, circuit: Circuit | None) -> None:
    if circuit is None:
        return
    now = timezone.now()
    if circuit.paused:
        raise NotFailing(f"{system.title} is paused. Resume it to continue.", retry_after=60.0)
    if circuit.open_until is None:
        return
    if now < circuit.open_until:
        raise CircuitOpen(_waiting(system, circuit), retry_after=(circuit.open_until - now).total_seconds())
    may_probe = Circuit.objects.filter(
        Q(probe_until__isnull=True) | Q(probe_until__lte=now), pk=circuit.pk, open_until=circuit.open_until
    )
    if not may_probe.update(probe_until=now + PROBE_LEASE):
        raise CircuitOpen(_waiting(system, circuit), retry_after=_SLOT_BUSY)


@contextmanager
def guard_both(
    server: PaceServer, account: PresseroAccount, last_trouble: Mapping[str, str]
) -> Iterator[None]:
    """Work that calls both systems, when both circuits let it in; afterwards what it learned of them is noted.

    `last_trouble`: per system name that was called, "" when its last call was answered, else what went wrong.
    """
    of_both = Circuit.objects.filter(Q(server=server) | Q(account=account))
    both = list(of_both)
    _check(server, next((one for one in both if one.server_id == server.pk), None))
    try:
        _check(account, next((one for one in both if one.account_id == account.pk), None))
    except CircuitOpen:
        _give_probe_back(server)
        raise
    try:
        yield
    finally:
        # As a rule both answered and none was in trouble: one query tells.
        answered = all(last_trouble.get(system.title) == "" for system in (server, account))
        if not answered or of_both.filter(failures__gt=0).exists():
            for system in (server, account):
                _conclude(system, last_trouble)


@contextmanager
def guard(system: System, last_trouble: Mapping[str, str]) -> Iterator[None]:
    """The same for work that calls one system."""
    check(system)
    try:
        yield
    finally:
        _conclude(system, last_trouble)


def _conclude(system: System, last_trouble: Mapping[str, str]) -> None:
    """Note what was learned of the system."""
    trouble = last_trouble.get(system.title)
    if trouble is None:
        _give_probe_back(system)
    elif trouble:
        note_failure(system, trouble)
    else:
        note_success(system)


def _give_probe_back(system: System) -> None:
    """It was not called, so nothing is known: the next order may probe."""
    Circuit.objects.filter(**system.as_owner, probe_until__isnull=False).update(probe_until=None)


def _waiting(system: System, circuit: Circuit) -> str:
    return f"{system.title} is not responding; one order at a time tries again until it does. Last error: {circuit.last_error}"


def note_failure(system: System, message: str) -> None:
    """Count a failure to reach the system; at the limit the circuit opens, longer with each probe that fails."""
    Circuit.objects.get_or_create(**system.as_owner)
    with transaction.atomic():
        circuit = Circuit.objects.select_for_update().get(**system.as_owner)
        now = timezone.now()
        if circuit.open_until is not None and now < circuit.open_until:
            # It was called before the circuit opened. Many that fail at the same time are one outage, not a longer one.
            return
        circuit.failures += 1
        circuit.last_error = message[:500]
        circuit.probe_until = None
        opens = circuit.failures >= FAILURES_TO_OPEN
        first = opens and circuit.down_since is None
        if opens:
            circuit.open_until = now + pause_after(circuit.failures)
            circuit.down_since = circuit.down_since or now
        circuit.save(update_fields=["failures", "last_error", "probe_until", "open_until", "down_since"])
    if first:
        audit.record("connection.down", {"name": system.title, "message": message})
        alerts.raise_connection_alert(
            system, AlertKind.CONNECTION_DOWN, f"{system.title} is down: {message}", since=now
        )


def pause_after(failures: int) -> timedelta:
    """How long the circuit stays open after this many failures in a row (from FAILURES_TO_OPEN)."""
    doublings = min(max(0, failures - FAILURES_TO_OPEN), 10)
    return min(LONGEST_PAUSE, FIRST_PAUSE * 2**doublings)


def note_success(system: System) -> None:
    """The system answered: the circuit closes. Costs one query, and none that writes while all is well."""
    troubled = Circuit.objects.filter(**system.as_owner, failures__gt=0).first()
    if troubled is None:
        return
    since = troubled.down_since
    closed = Circuit.objects.filter(pk=troubled.pk, failures__gt=0).update(
        failures=0, down_since=None, open_until=None, probe_until=None, last_error=""
    )
    if closed and since is not None:
        audit.record("connection.up", {"name": system.title})
        text = f"{system.title} is responding again. It was down since {utc_text(since)}."
        alerts.raise_connection_alert(system, AlertKind.CONNECTION_UP, text, since=since)


def pause(system: System, *, actor: str) -> None:
    """Stop all calls of orders to the system until it is resumed."""
    circuit, _ = Circuit.objects.get_or_create(**system.as_owner)
    Circuit.objects.filter(pk=circuit.pk).update(paused=True)
    audit.record("connection.paused", {"name": system.title}, actor=actor)


def resume(system: System, *, actor: str) -> None:
    """Close the circuit by hand, whatever opened it: the next order tries at once."""
    Circuit.objects.filter(**system.as_owner).update(
        paused=False, failures=0, down_since=None, open_until=None, probe_until=None, last_error=""
    )
    audit.record("connection.resumed", {"name": system.title}, actor=actor)
    _hurry(system)


def _hurry(system: System) -> None:
    waiting = Order.objects.filter(system.orders_condition, due_at__gt=timezone.now())
    waiting.update(due_at=timezone.now(), queued_until=None)
    if isinstance(system, PresseroAccount):
        deliveries.hurry(system.pk)


def note_answer(system: System) -> None:
    """The system answered a test: orders that wait for it are due now, unless it is paused."""
    note_success(system)
    if not Circuit.objects.filter(**system.as_owner, paused=True).exists():
        _hurry(system)


def open_circuits() -> list[Circuit]:
    """The connections that are not called at present."""
    now = timezone.now()
    return list(
        Circuit.objects.filter(
            Q(paused=True) | Q(open_until__gt=now) | Q(down_since__isnull=False)
        ).select_related("server", "account")
    )


def describe(circuit: Circuit) -> str:
    """A sentence for the health page."""
    name = circuit.system.title
    if circuit.paused:
        return f"{name} is paused."
    since = f" since {utc_text(circuit.down_since)}" if circuit.down_since else ""
    return f"{name} is not responding{since}: {circuit.last_error}"


def state_of(system: System) -> tuple[str, str, str]:
    """How a connection is, for people: a word, its tone, and what is the matter ("" when nothing is).

    Needs no query for a row read with its circuit.
    """
    if not system.active:
        return "Switched off", "muted", ""
    circuit: Circuit | None = getattr(system, "circuit", None)
    if circuit is None or (circuit.failures == 0 and not circuit.paused):
        return gettext_noop("Works"), "good", ""
    if circuit.paused:
        return "Paused", "wait", "Paused."
    if circuit.down_since is not None:
        return "Down", "bad", circuit.last_error
    return gettext_noop("Unstable"), "wait", circuit.last_error


# --- limits of a Pace server ----------------------------------------------------------------------------------


def check_concurrency(server: PaceServer) -> None:
    """Raises Waits when as many other orders are being worked on as the server's limit allows."""
    if not server.max_concurrent_orders:
        return
    working = Order.objects.filter(is_held(), storefront__pace_server=server).count()
    if working > server.max_concurrent_orders:
        raise NotFailing(
            f"{server.title} is busy with {server.max_concurrent_orders} orders, its limit.",
            retry_after=_SLOT_BUSY,
        )


def seconds_to_wait(server: PaceServer, *, now: datetime) -> float:
    """Reserve the next call of a rate-limited server, for all workers together; how long to wait for it."""
    if not server.max_calls_per_second:
        return 0.0
    distance = timedelta(seconds=1 / server.max_calls_per_second)
    while True:
        circuit, _ = Circuit.objects.get_or_create(server=server)
        slot = max(now, circuit.next_call_at or now)
        mine = Circuit.objects.filter(pk=circuit.pk, next_call_at=circuit.next_call_at)
        if mine.update(next_call_at=slot + distance):
            return (slot - now).total_seconds()
