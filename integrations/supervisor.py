"""`manage.py worker`: a django-q cluster under a watchdog, and the clock of due orders.

Two jobs, both because the cluster may freeze or die without a sign (docs/operations.md):
- every second, wake workers for orders that are due (the contract promises a retry within 5 seconds, the queue's own
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
from multiprocessing.context import ForkProcess
from types import FrameType

from django.core.management import call_command
from django.db import Error, close_old_connections, connections

from integrations import queue
from integrations.services import heartbeats, orders, schedules, write_backs

logger = logging.getLogger(__name__)

TICK_SECONDS = 1.0
BEAT_EVERY = 15.0
# Longer than a task may take (all workers may be busy with long orders) would hide a frozen cluster for too long:
# workers finish and acknowledge some task or beat well within this, or something is wrong.
STALE_AFTER = 180.0
STOP_GRACE = 45.0
RESTART_PAUSE = 2.0


class Supervisor:
    """Runs one cluster until it is told to stop. `stale_after` in seconds without a sign of life."""

    def __init__(self, *, stale_after: float = STALE_AFTER, beat_every: float = BEAT_EVERY) -> None:
        self.cluster = f"{socket.gethostname()}:{os.getpid()}:{uuid.uuid4().hex[:6]}"
        self._stale_after = stale_after
        self._beat_every = beat_every
        self._child: ForkProcess | None = None
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
        heartbeats.forget_old()
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
                "The cluster ended by itself (exit code %s); it is started again.", self._child.exitcode
            )
            self._kill_group()
            time.sleep(RESTART_PAUSE)
        # Two processes on one connection would read each other's answers.
        connections.close_all()
        self._child = multiprocessing.get_context("fork").Process(target=_run_cluster, args=(self.cluster,))
        self._child.start()
        self._last_sign = time.monotonic()

    def _tick(self) -> None:
        try:
            close_old_connections()
            orders.wake_due_orders(force=self._wake_ups_lost)
            self._wake_ups_lost = False
            write_backs.wake_if_due()
            self._watch()
        except Error as error:
            # Without a database nobody can beat: that is no reason to kill the cluster.
            self._last_sign = time.monotonic()
            logger.warning("The database is not available: %s", error)

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
                "No sign of life from the cluster for %.0f s: it is killed and started again.",
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
            orders.free_dead_claims()
        except Error as error:
            logger.warning("Orders in work are free when their leases end: %s", error)


def _run_cluster(name: str) -> None:
    """The forked process: a cluster as `manage.py qcluster` runs it, without starting Django a second time.

    It leads a process group of its own: a signal to the supervisor's (Ctrl-C, a service manager) must reach the cluster
    only through the supervisor, because django-q hangs for ever when every process of its group gets SIGTERM.
    """
    os.setsid()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, signal.SIG_DFL)
    os.environ[heartbeats.CLUSTER_VARIABLE] = name
    call_command("qcluster")
