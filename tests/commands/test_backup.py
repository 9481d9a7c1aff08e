"""A backup made in the middle of a burst, put back later: still exactly one complete job for each order."""

import contextlib
import shutil
import sqlite3
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from integrations.simulation.sandbox.pace import PaceSandbox
from integrations.simulation.sandbox.pressero import ItemDraft, OrderDraft, PresseroSandbox
from tests.commands.orders import wait_until
from tests.commands.processes import Scratch, wait_for

pytestmark = pytest.mark.e2e

# Two orders of a buyer whom Pace does not know: also customer and contact must not be made twice.
DRAFTS = [("Example CU Store", "avery@example.com")] * 5 + [("Demo University Shop", "casey@example.com")] * 2


def burst(shop: PresseroSandbox, drafts: list[tuple[str, str]] = DRAFTS) -> list[int]:
    return [
        shop.place(
            OrderDraft(
                site,
                buyer,
                [ItemDraft("Poster 18x24", quantity=seq, price="10.00", method="Ground") for seq in (1, 2)],
            )
        )
        for site, buyer in drafts
    ]


def back_up(scratch: Scratch) -> Path:
    """As docs/operations.md says, while everything runs."""
    address = scratch.environment["DATABASE_URL"]
    copy = scratch.folder / "backup"
    if address.startswith("sqlite"):
        with (
            contextlib.closing(sqlite3.connect(address.removeprefix("sqlite:///"))) as database,
            contextlib.closing(sqlite3.connect(copy)) as target,
        ):
            database.backup(target)
    else:
        subprocess.run(["pg_dump", "--format=custom", f"--file={copy}", address], check=True)
    return copy


def restore(scratch: Scratch, copy: Path) -> None:
    address = scratch.environment["DATABASE_URL"]
    scratch.database.close_all()
    if address.startswith("sqlite"):
        with (
            contextlib.closing(sqlite3.connect(copy)) as backup,
            contextlib.closing(sqlite3.connect(address.removeprefix("sqlite:///"))) as database,
        ):
            backup.backup(database)
    else:
        subprocess.run(["pg_restore", "--clean", "--if-exists", f"--dbname={address}", str(copy)], check=True)


def submitted(scratch: Scratch, numbers: list[int]) -> int:
    return sum(scratch.status_of(number) == "submitted" for number in numbers)


@pytest.fixture
def slow_plant(plant: PaceSandbox) -> Iterator[PaceSandbox]:
    plant.latency = 0.02
    yield plant
    plant.latency = 0.0


def test_an_older_backup_put_back_makes_no_job_twice_and_loses_no_order(
    scratch: Scratch, shop: PresseroSandbox, slow_plant: PaceSandbox
) -> None:
    if scratch.environment["DATABASE_URL"].startswith("postgres") and not shutil.which("pg_dump"):
        pytest.skip("PostgreSQL's client programs are not installed here")
    others = slow_plant.connections
    with scratch.process("manage.py", "worker") as worker:
        first = burst(shop)
        wait_for(lambda: submitted(scratch, first) >= 2, "the first orders of the burst")
        copy = back_up(scratch)
        later = burst(shop, DRAFTS[:-1])
        wait_for(lambda: submitted(scratch, first + later) >= 9, "orders after the backup")
        worker.cluster()
        # A worker dies while Pace begins a transaction for it; that opens when no process is left to end it.
        late = slow_plant.faults.add("late", path="startTransaction", seconds=1.0)
        later += burst(shop, DRAFTS[-1:])
        wait_for(lambda: late.exhausted, "the beginning of a transaction")
        worker.popen.kill()
        wait_for(lambda: slow_plant.connections <= others, "Pace's last answers to the dead")
    shop.webhooks.wait_until_sent()
    slow_plant.latency = 0.0
    assert submitted(scratch, first + later) < len(first + later)

    # Of these only the lost database knew; Pace ends them, uncommitted, when their time is over.
    orphans = set(slow_plant.open_transactions())
    assert orphans
    restore(scratch, copy)
    assert [scratch.status_of(number) for number in later] == [""] * len(later)
    reconciled = scratch.run("reconcile")
    assert reconciled.returncode == 0, reconciled.stderr
    with scratch.process("manage.py", "worker") as worker:
        for number in first + later:
            wait_until(scratch, worker, number, "submitted")

    for number, (_, buyer) in zip(first + later, DRAFTS * 2, strict=True):
        made = [
            job for job in slow_plant.objects("Job") if str(job["description"]).startswith(f"{number} - ")
        ]
        # The second shop makes one job for each item.
        assert len(made) == (1 if buyer.startswith("avery") else 2), f"order {number}: {made}"
        parts = [part for job in made for part in slow_plant.objects("JobPart", job=job["job"])]
        packed = [
            content for job in made for content in slow_plant.objects("CartonContent", jobPartJob=job["job"])
        ]
        assert len(parts) == len(packed) == 2
    assert len(slow_plant.objects("Customer", id="DEMOUNI")) == 1
    ship_to = {shipment["contactNumber"] for shipment in slow_plant.objects("JobShipment")}
    buyers = [one["id"] for one in slow_plant.objects("Contact", email="casey@example.com")]
    assert len(set(buyers) - ship_to) == 1
    assert set(slow_plant.open_transactions()) <= orphans
