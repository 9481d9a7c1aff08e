"""A worker that freezes is killed and started again; one that is told to end finishes its order first."""

import os
import signal

import pytest

from integrations.sandbox.pace import PaceSandbox
from integrations.sandbox.pressero import PresseroSandbox
from integrations.supervisor import STOP_GRACE
from tests.commands.orders import jobs, place, wait_until
from tests.commands.processes import Scratch, group_lives, wait_for

pytestmark = pytest.mark.e2e


# Patient with a cluster that starts, impatient with one that has reported and then falls silent.
IMPATIENT_WORKER = """
import django
django.setup()
from integrations.supervisor import Supervisor

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


def test_a_frozen_cluster_is_killed_and_started_again(
    scratch: Scratch, shop: PresseroSandbox, plant: PaceSandbox
) -> None:
    with scratch.process("-c", IMPATIENT_WORKER) as worker:
        first = worker.cluster()
        wait_for(lambda: "The cluster has reported." in worker.output, "a sign of life")
        os.killpg(first, signal.SIGSTOP)
        number = place(shop)
        wait_for(lambda: worker.cluster() != first, "another cluster")
        assert not group_lives(first)
        assert "No sign of life from the cluster" in worker.output
        wait_until(scratch, worker, number, "submitted")
        assert jobs(plant, number) == 1


def test_sigterm_lets_the_order_at_work_be_finished_and_leaves_no_process_behind(
    scratch: Scratch, shop: PresseroSandbox, plant: PaceSandbox
) -> None:
    plant.latency = 0.1
    with scratch.process("manage.py", "worker") as worker:
        cluster = worker.cluster()
        number = place(shop)
        wait_until(scratch, worker, number, "processing")
        assert worker.terminate(STOP_GRACE + 10) == 0
        assert scratch.status_of(number) == "submitted"
        assert jobs(plant, number) == 1
        assert not group_lives(cluster)
        assert "is killed" not in worker.output
