"""`manage.py worker`: a django-q cluster under a watchdog, and the clock of due orders.

Two jobs, both because the cluster may freeze or die without a sign (docs/operations.md):
- every second, wake workers for orders that are due (the first retry is promised within 5 seconds, docs/errors.md, the queue's own
  scheduler is no finer than a minute), and ask the queue for a sign of life now and then;
- when the signs stop, kill the whole process group of the cluster and start it again. Nothing is lost by that: what
  was being worked on is in the database.
"""

from __future__ import annotations

import contextlib
import logging
import multiprocessing
import os
import signal
import socket
import time
import uuid
from collections.abc import Callable, Iterator
from multiprocessing.connection import Connection, wait
from multiprocessing.context import ForkProcess
from types import FrameType

from django.core.management import call_command
from django.db import Error, OperationalError, close_old_connections, connections

from automationhub.lib import database
from integrations.core.workqueue import (
    heartbeats,
    orders,
    outbox,
    schedules,
    write_backs,
)
from integrations.core.workqueue import messages as queue

logger = logging.getLogger(__name__)

TICK_SECONDS = 1.0
BEAT_EVERY = 15.0
# Longer than a task may take (all workers may be busy with long orders) would hide a frozen cluster for too long:
# workers finish and acknowledge some task or beat well within this, or something is wrong.
STALE_AFTER = 180.0
STOP_GRACE = 45.0
# Each statement of the supervisor takes milliseconds; one that a session with a lock holds up is tried again.
STATEMENT_LIMIT = 10.0
# For a database, a broker or a network that answers nothing at all, not even that it gives up.
TICK_LIMIT = 30.0
RESTART_PAUSE = 2.0


class Supervisor:
    """Runs one cluster until it is told to stop. `stale_after` in seconds without a sign of life."""

    def __init__(self, *, stale_after: float = STALE_AFTER, beat_every: float = BEAT_EVERY) -> None:
        self.cluster = f"{socket.gethostname()}:{os.getpid()}:{uuid.uuid4().hex[:6]}"
        self._stale_after = stale_after
        self._beat_every = beat_every
        self._child: ForkProcess | None = None
        # Nothing is ever written: the cluster reads the end of it when this process is gone, however it ended.
        self._lifeline, self._held = multiprocessing.Pipe(duplex=False)
        self._stopping = False
        self._last_sign = 0.0
        self._last_request = 0.0
        self._noted_beat: object = None
        # A cluster that was killed took the wake-ups with it that it had fetched and not begun.
        self._wake_ups_lost = True

    def run(self) -> None:
        """Supervise until SIGTERM or SIGINT; returns after the cluster has ended."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._on_stop)
        database.limit_every_statement(STATEMENT_LIMIT)
        self._with_database(heartbeats.forget_old)
        try:
            while not self._stopping:
                self._keep_running()
                self._tick()
                time.sleep(TICK_SECONDS)
        finally:
            self._end_child()

    def _on_stop(self, number: int, frame: FrameType | None) -> None:
        self._stopping = True

    def _keep_running(self) -> None:
        if self._child is not None and self._child.is_alive():
            return
        if self._child is not None:
            logger.error(
                "The cluster ended unexpectedly (exit code %s); it is started again.", self._child.exitcode
            )
            self._kill_group()
            time.sleep(RESTART_PAUSE)
        # Two processes on one connection would read each other's answers.
        connections.close_all()
        self._child = multiprocessing.get_context("fork").Process(
            target=_run_cluster, args=(self.cluster, self._lifeline, self._held)
        )
        self._child.start()
        self._last_sign = time.monotonic()

    def _tick(self) -> None:
        self._with_database(self._wake)
        if not self._with_database(self._watch):
            # Without a database nobody can beat: that is no reason to kill the cluster.
            self._last_sign = time.monotonic()

    def _with_database(self, work: Callable[[], None]) -> bool:
        """Whether the work was done. What hangs in the database, or on the way to it, is given up."""
        try:
            with _given_up_after(TICK_LIMIT):
                close_old_connections()
                work()
        except Error as error:
            logger.warning("The supervisor waits for the database. %s (%s)", database.describe(error), error)
            database.drop_broken_connection()
            return False
        return True

    def _wake(self) -> None:
        orders.wake_due_orders(force=self._wake_ups_lost)
        self._wake_ups_lost = False
        write_backs.wake_if_due()
        outbox.wake_if_due()

    def _watch(self) -> None:
        now = time.monotonic()
        if now - self._last_request >= self._beat_every:
            self._last_request = now
            queue.ask_for_beat()
            schedules.set_unreadable_aside()
            beat = heartbeats.last_beat(self.cluster)
            if beat != self._noted_beat:
                self._noted_beat = beat
                self._last_sign = now
        if now - self._last_sign > self._stale_after:
            logger.error(
                "The cluster has not reported for %.0f s; it is killed and started again.",
                self._stale_after,
            )
            self._kill_group()
            self._child = None

    def _kill_group(self) -> None:
        if self._child is None or self._child.pid is None:
            return
        self._wake_ups_lost = True
        # Orphans of a dead main process are in its group still; one that has only just begun leads no group yet.
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._child.pid, signal.SIGKILL)
        self._child.kill()
        self._child.join(timeout=5)

    def _end_child(self) -> None:
        """SIGTERM to the main process alone ends gracefully; what does not end in its time is killed."""
        if self._child is None:
            return
        self._child.terminate()
        self._child.join(timeout=STOP_GRACE)
        if self._child.is_alive():
            logger.warning("The cluster did not end within %.0f s and is killed.", STOP_GRACE)
        self._kill_group()
        self._hand_back()

    def _hand_back(self) -> None:
        """The orders of workers that had to be killed are free at once, for workers on other machines too."""
        try:
            close_old_connections()
            orders.free_dead_leases()
        except Error as error:
            logger.warning("Orders in work are free when their leases end: %s", error)


@contextlib.contextmanager
def _given_up_after(seconds: float) -> Iterator[None]:
    """Raises OperationalError out of whatever call is stuck for so long, so that the watchdog never hangs with what it
    watches. Only in the main thread."""

    def ring(number: int, frame: FrameType | None) -> None:
        raise OperationalError(f"no answer within {seconds:.0f} seconds")

    before = signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def _run_cluster(name: str, lifeline: Connection, held: Connection) -> None:
    """The forked process: a cluster as `manage.py qcluster` runs it, without starting Django a second time.

    It leads a process group of its own: a signal to the supervisor's (Ctrl-C, a service manager) must reach the cluster
    only through the supervisor, because django-q hangs for ever when every process of its group gets SIGTERM. When the
    supervisor was killed, the group kills itself: a cluster that is left without one has no watchdog and no clock, and
    would go on beside the next one.
    """
    os.setsid()
    held.close()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, signal.SIG_DFL)
    database.lift_limit()
    os.environ[heartbeats.CLUSTER_VARIABLE] = name
    call_command("qcluster")
    sentinels = [child.sentinel for child in multiprocessing.active_children()]
    if lifeline in wait([lifeline, *sentinels]):
        os.killpg(0, signal.SIGKILL)
