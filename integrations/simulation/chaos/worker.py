"""The worker process of a hub in the matrix: does to its database what django-q's worker does, one command at a time.

It is forked from a server process that has loaded Django once, so that a killed worker has a successor at once.
"""

from __future__ import annotations

import contextlib
import logging
import os
import signal
import socket
import sqlite3
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from multiprocessing.connection import Connection
from types import FrameType
from typing import Any, NoReturn

import django
import psycopg
from django.apps import apps

if not apps.ready:
    django.setup()

from django.db import close_old_connections, connection
from django.utils import timezone

from automationhub.lib.database_clock import database_now
from integrations.clients.http import at_once
from integrations.core.audit import log as audit
from integrations.core.workqueue import orders, retry_policy
from integrations.enums import FailureMode, OrderStatus
from integrations.models import Order, PaceServer, PresseroAccount, Storefront
from integrations.operations import order_actions
from integrations.operations.setup.configuration import import_configuration
from integrations.orders.intake import receive
from integrations.orders.submission import runner
from integrations.simulation.chaos.call_sites import Statement
from integrations.simulation.chaos.faults import CLOCK_OFF, DATABASE_TROUBLE, SLOW_STATEMENT
from integrations.simulation.chaos.storefront_fixture import SECOND_SERVER

logger = logging.getLogger(__name__)

ACTOR = "chaos"
# What a worker process is told while it is at work, when it reads no commands.
LOSE_CONNECTION = signal.SIGUSR1
REFUSE_WRITES = signal.SIGUSR2
CLOCK_AHEAD = signal.SIGRTMIN + 1
CLOCK_BEHIND = signal.SIGRTMIN + 2
NAMES_GONE = signal.SIGRTMIN + 3
NAMES_BACK = signal.SIGRTMIN + 4
BE_SLOW = signal.SIGRTMIN + 5
# The first wait after a failure; made short as the quiet period is.
FIRST_DELAY = 1.0

_right_time: Callable[[], datetime] = timezone.now


@dataclass(frozen=True)
class State:
    """How an order stands for those who wait for it. `ready_in`: seconds until a worker may look at it; None: never
    by itself. `message`: what is the matter; empty: nothing."""

    status: str
    message: str
    ready_in: float | None

    @property
    def settled(self) -> bool:
        return self.status == OrderStatus.SUBMITTED and not self.message and self.ready_in is None

    @property
    def waits_for_person(self) -> bool:
        return not self.settled and self.ready_in is None


def serve(commands: Connection, database: str, log: str) -> None:
    """Do what is asked until the other end of the pipe is closed."""
    descriptor = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    os.dup2(descriptor, 1)
    os.dup2(descriptor, 2)
    connection.close()
    connection.settings_dict["NAME"] = database
    if connection.vendor == "sqlite":
        # No power fails here: as on the PostgreSQL that a run starts, nothing waits for the disk.
        connection.settings_dict["OPTIONS"]["init_command"] += " PRAGMA synchronous=OFF;"
    connection.execute_wrappers.append(_statements.pass_by)
    retry_policy.FIRST_DELAY = FIRST_DELAY
    # The n-th call must be the same call in every run.
    at_once.MOST = 1
    signal.signal(LOSE_CONNECTION, _lose_connection)
    signal.signal(REFUSE_WRITES, _refuse_writes)
    signal.signal(signal.SIGALRM, _take_writes)
    signal.signal(CLOCK_AHEAD, lambda *_: set_clock_off(CLOCK_OFF) and None)
    signal.signal(CLOCK_BEHIND, lambda *_: set_clock_off(-CLOCK_OFF) and None)
    signal.signal(NAMES_GONE, lambda *_: setattr(socket, "getaddrinfo", _no_such_name))
    signal.signal(NAMES_BACK, lambda *_: setattr(socket, "getaddrinfo", _getaddrinfo))
    signal.signal(BE_SLOW, lambda *_: _statements.be_slow())
    while True:
        try:
            name, arguments = commands.recv()
        except EOFError:
            connection.close()
            return
        commands.send(_carry_out(COMMANDS[name], arguments))


def _carry_out(command: Callable[..., Any], arguments: tuple[Any, ...]) -> Any:
    """As django-q runs a task: a failure is logged, and the process goes on with the next one."""
    close_old_connections()
    try:
        return command(*arguments)
    except Exception:
        logger.exception("A command failed.")
        return None
    finally:
        close_old_connections()


def configure(configuration: dict[str, Any]) -> bool:
    import_configuration(configuration, actor=ACTOR)
    return True


def take_in(number: int, site_id: str) -> bool:
    """What a webhook does."""
    storefront = Storefront.objects.get(site_id=site_id)
    receive.take_in(storefront, number, why="The order was placed.", actor=ACTOR)
    return True


def work(number: int) -> bool:
    """What a cluster does: free the claims of dead workers, then look at the order if it is due."""
    with _statements.counted():
        orders.free_dead_leases()
        return runner.process(Order.objects.values_list("pk", flat=True).get(number=number))


def press_retry(number: int) -> bool:
    order_actions.retry(Order.objects.get(number=number), actor=ACTOR)
    return True


def state(number: int) -> State:
    order = Order.objects.get(number=number)
    now = timezone.now()
    waits = [moment for moment in (order.due_at, order.lease_until) if moment is not None]
    ready_in = max((moment - now).total_seconds() for moment in waits) if order.due_at else None
    message = order.message if order.failure_mode != FailureMode.NONE else ""
    return State(order.status, message, ready_in)


def end_leases() -> bool:
    """The time of all leases is over."""
    Order.objects.filter(lease_until__isnull=False).update(lease_until=database_now() - timedelta(seconds=1))
    return True


def split_jobs() -> bool:
    """What staff may save at any moment; the form's warning is not asked."""
    for storefront in Storefront.objects.all():
        storefront.one_job_per_item = True
        storefront.save()
    return True


def move_storefronts() -> bool:
    second = PaceServer.objects.get(slug=SECOND_SERVER)
    for storefront in Storefront.objects.all():
        storefront.pace_server = second
        storefront.save()
    return True


def set_clock_off(seconds: float) -> bool:
    """This process' clock is wrong by so much from now on."""
    timezone.now = lambda: _right_time() + timedelta(seconds=seconds)
    return True


def trust(authorities: str) -> bool:
    """Believe the certificates of the sandboxes."""
    for model in (PaceServer, PresseroAccount):
        model.objects.update(ca_certificates=authorities)
    return True


def stop_at_statement(nth: int, how: str) -> bool:
    """At the n-th statement of the work from now on, this process stops ("freeze") or dies ("kill")."""
    _statements.stop_at(nth, signal.SIGSTOP if how == "freeze" else signal.SIGKILL)
    return True


def statements() -> list[Statement]:
    """Those that the work so far has made outside a transaction, or begun one with."""
    return _statements.made


def timeline(number: int) -> list[str]:
    """What the order's page would tell."""
    lines = audit.timeline(Order.objects.get(number=number))
    return [f"{line.at:%H:%M:%S.%f}  {line.sentence}" for line in lines]


COMMANDS: dict[str, Callable[..., Any]] = {
    command.__name__: command
    for command in (
        configure, take_in, work, press_retry, state, timeline,
        end_leases, split_jobs, move_storefronts, set_clock_off, trust, stop_at_statement, statements,
    )
}  # fmt: skip


class _Statements:
    """The statements of the work on orders, as they pass by: counted, slowed down, or the last thing this process does."""

    def __init__(self) -> None:
        self.made: list[Statement] = []
        self._is_counting = False
        self._stop: tuple[int, int] | None = None
        self._slow_until = 0.0

    @contextlib.contextmanager
    def counted(self) -> Iterator[None]:
        """Within, the work is done that is meant."""
        self._is_counting = True
        try:
            yield
        finally:
            self._is_counting = False

    def stop_at(self, nth: int, number: int) -> None:
        self.made.clear()
        self._stop = (nth, number)

    def be_slow(self) -> None:
        self._slow_until = time.monotonic() + DATABASE_TROUBLE

    def pass_by(self, execute: Any, sql: str, parameters: Any, many: bool, context: Any) -> Any:
        """Django's hook around each statement."""
        if time.monotonic() < self._slow_until:
            time.sleep(SLOW_STATEMENT)
        # What is held inside a transaction is held up for others, too: that is "database session hung".
        if self._is_counting and not _holds_something():
            self.made.append(Statement(datetime.now(UTC), " ".join(sql.split()[:4])))
            if self._stop is not None and len(self.made) == self._stop[0]:
                _, number = self._stop
                self._stop = None
                os.kill(os.getpid(), number)
        return execute(sql, parameters, many, context)


def _holds_something() -> bool:
    """Whether a transaction has begun: PostgreSQL's does so with its first statement."""
    raw = connection.connection
    if isinstance(raw, psycopg.Connection):
        return raw.info.transaction_status is not psycopg.pq.TransactionStatus.IDLE
    return connection.in_atomic_block


_statements = _Statements()
_getaddrinfo = socket.getaddrinfo


def _no_such_name(*args: Any, **options: Any) -> NoReturn:
    raise socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")


class _GoneConnection:
    """What is left of a connection that broke: everything fails until it is closed and another one made."""

    def __getattr__(self, name: str) -> NoReturn:
        raise sqlite3.OperationalError("the connection to the database was lost")

    def close(self) -> None:
        del connection.is_usable  # the next connection is judged as ever


def _lose_connection(number: int, frame: FrameType | None) -> None:
    """SQLite has no connection that could break, so this one is made to behave as one of PostgreSQL's would."""
    if connection.connection is None or isinstance(connection.connection, _GoneConnection):
        return
    connection.connection.close()
    connection.connection = _GoneConnection()
    connection.is_usable = lambda: False  # type: ignore[method-assign]


def _refuse_writes(number: int, frame: FrameType | None) -> None:
    """SQLite has no disk of its own that could be full: this connection takes no writes for a while."""
    _query_only(True)
    signal.setitimer(signal.ITIMER_REAL, DATABASE_TROUBLE)


def _take_writes(number: int, frame: FrameType | None) -> None:
    _query_only(False)


def _query_only(refusing: bool) -> None:
    if isinstance(connection.connection, sqlite3.Connection):
        connection.connection.execute(f"PRAGMA query_only = {int(refusing)}")
