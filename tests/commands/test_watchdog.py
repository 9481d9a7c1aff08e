"""A worker that freezes is killed and started again; one that is told to end finishes its order first."""

import os
import signal
from collections.abc import Callable

import psycopg
import pytest
from django.db import connection

from integrations.core.workqueue.supervisor import STOP_GRACE
from integrations.simulation.sandbox.pace import PaceSandbox
from integrations.simulation.sandbox.pressero import PresseroSandbox
from tests.commands.orders import jobs, place, wait_until
from tests.commands.processes import Scratch, children, group_lives, wait_for

pytestmark = pytest.mark.e2e


# Patient with a cluster that starts, impatient with one that has reported and then falls silent.
IMPATIENT_WORKER = """
import django
django.setup()
from integrations.core.workqueue.supervisor import Supervisor

class Impatient(Supervisor):
    def _watch(self):
        noted = self._noted_beat
        super()._watch()
        if self._noted_beat != noted:
            self._stale_after = 5
            print("The cluster has reported.")

    def _kill_group(self):
        super()._kill_group()
        self._stale_after = 60

Impatient(stale_after=60, beat_every=0.5).run()
"""


def stop_all(cluster: int) -> None:
    os.killpg(cluster, signal.SIGSTOP)


def kill_idle_workers(cluster: int) -> None:
    """The next in line dies with the lock of the task queue: its successors wait for it for ever."""
    for worker in _processes_of(cluster)[:2]:
        os.kill(worker, signal.SIGKILL)


def kill_the_monitor(cluster: int) -> None:
    """Its successor hears of no result any more, and nothing is acknowledged."""
    os.kill(_processes_of(cluster)[2], signal.SIGKILL)


def _processes_of(cluster: int) -> list[int]:
    """Two workers, the monitor and the pusher, in the order in which the sentinel starts them."""

    def all_four() -> list[int]:
        return next((sorted(found) for one in children(cluster) if len(found := children(one)) >= 4), [])

    return wait_for(all_four, "the processes of the cluster")


@pytest.fixture
def nothing_due(scratch: Scratch) -> None:
    """Orders that other tests left for a retry keep a cluster busy. A process that is killed at work and not as it waits
    holds no lock of the task queue, so its cluster goes on, as it should."""
    scratch.rows("UPDATE integrations_order SET due_at = NULL WHERE due_at IS NOT NULL RETURNING id")


@pytest.mark.usefixtures("nothing_due")
@pytest.mark.parametrize("freeze", [stop_all, kill_idle_workers, kill_the_monitor])
def test_a_frozen_cluster_is_killed_and_started_again(
    scratch: Scratch, shop: PresseroSandbox, plant: PaceSandbox, freeze: Callable[[int], None]
) -> None:
    with scratch.process("-c", IMPATIENT_WORKER) as worker:
        first = worker.cluster()
        wait_for(lambda: "The cluster has reported." in worker.output, "a sign of life")
        freeze(first)
        number = place(shop)
        wait_for(lambda: worker.cluster() != first, "another cluster")
        assert not group_lives(first)
        assert "The cluster has not reported" in worker.output
        wait_until(scratch, worker, number, "submitted")
        assert jobs(plant, number) == 1


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has no sessions beside its writer")
def test_a_database_session_that_hangs_with_its_locks_holds_up_neither_the_watchdog_nor_other_orders(
    scratch: Scratch, shop: PresseroSandbox, plant: PaceSandbox
) -> None:
    with scratch.process("-c", IMPATIENT_WORKER) as worker:
        first = worker.cluster()
        held_up = place(shop)
        wait_until(scratch, worker, held_up, "submitted")
        scratch.rows("UPDATE integrations_order SET due_at = now() RETURNING id")
        with psycopg.connect(scratch.environment["DATABASE_URL"]) as hanging:
            for table in ("integrations_order", "integrations_worklease", "integrations_pacejob"):
                hanging.execute(f"SELECT 1 FROM {table} FOR UPDATE")  # noqa: S608
            wait_for(lambda: "The cluster has reported." in worker.output, "a sign of life")
            stop_all(first)
            number = place(shop)
            wait_for(lambda: worker.cluster() != first, "another cluster")
            wait_until(scratch, worker, number, "submitted")
            hanging.rollback()
        assert jobs(plant, number) == 1


@pytest.mark.parametrize("tell", [os.kill, os.killpg], ids=["the worker alone", "its process group"])
def test_sigterm_lets_the_order_at_work_be_finished_and_leaves_no_process_behind(
    scratch: Scratch, shop: PresseroSandbox, plant: PaceSandbox, tell: Callable[[int, int], None]
) -> None:
    plant.latency = 0.1
    with scratch.process("manage.py", "worker") as worker:
        cluster = worker.cluster()
        number = place(shop)
        wait_until(scratch, worker, number, "processing")
        tell(worker.pid, signal.SIGTERM)
        assert worker.popen.wait(STOP_GRACE + 10) == 0
        assert scratch.status_of(number) == "submitted"
        assert jobs(plant, number) == 1
        assert not group_lives(cluster)
        assert "is killed" not in worker.output
