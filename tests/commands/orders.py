"""Orders that go through the processes of the scratch hub."""

from integrations.simulation.sandbox.pace import PaceSandbox
from integrations.simulation.sandbox.pressero import ItemDraft, OrderDraft, PresseroSandbox
from tests.commands.processes import Process, Scratch, wait_for


def place(shop: PresseroSandbox) -> int:
    item = ItemDraft("Business Card", price="10.00", method="Ground")
    return shop.place(OrderDraft("Example CU Store", "avery@example.com", [item]))


def wait_until(scratch: Scratch, worker: Process, number: int, status: str) -> None:
    try:
        wait_for(lambda: scratch.status_of(number) == status, f"order {number} to be {status}")
    except AssertionError as error:
        raise AssertionError(
            f"{error}; it is {scratch.status_of(number)!r}\n{worker.output[-3000:]}"
        ) from None


def jobs(plant: PaceSandbox, number: int) -> int:
    return len([job for job in plant.objects("Job") if str(job["description"]).startswith(f"{number} - ")])
