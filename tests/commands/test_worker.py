"""`manage.py worker`: real processes, from a webhook to a job."""

import os
import signal
from collections.abc import Iterator

import pytest

from integrations.simulation.sandbox.pace import PaceSandbox
from integrations.simulation.sandbox.pressero import PresseroSandbox
from tests.commands.orders import jobs, place, wait_until
from tests.commands.processes import Process, Scratch, children, group_lives, wait_for

pytestmark = pytest.mark.e2e


@pytest.fixture(scope="module")
def worker(scratch: Scratch) -> Iterator[Process]:
    with scratch.process("manage.py", "worker") as process:
        yield process


def test_an_order_goes_from_its_webhook_to_a_job_and_its_number_back_to_the_shop(
    scratch: Scratch, shop: PresseroSandbox, plant: PaceSandbox, worker: Process
) -> None:
    number = place(shop)
    wait_until(scratch, worker, number, "submitted")
    [job] = [job for job in plant.objects("Job") if str(job["description"]).startswith(f"{number} - ")]
    wait_for(lambda: str(job["job"]) in str(shop.item(number, 1)), "the job number in the shop")


def test_a_cluster_whose_main_process_was_killed_is_started_again(
    scratch: Scratch, shop: PresseroSandbox, plant: PaceSandbox, worker: Process
) -> None:
    first = worker.cluster()
    wait_for(lambda: [child for child in children(first) if children(child)], "the cluster's own processes")
    os.kill(first, signal.SIGKILL)
    wait_for(lambda: worker.cluster() != first, "another cluster")
    assert not group_lives(first), "orphans of the killed cluster are left"
    number = place(shop)
    wait_until(scratch, worker, number, "submitted")
    assert jobs(plant, number) == 1


def test_a_cluster_ends_with_its_killed_supervisor(scratch: Scratch) -> None:
    with scratch.process("manage.py", "worker") as worker:
        cluster = worker.cluster()
        wait_for(
            lambda: [child for child in children(cluster) if children(child)], "the cluster's own processes"
        )
        worker.popen.kill()
        wait_for(lambda: not group_lives(cluster), "the end of the cluster", seconds=10)
