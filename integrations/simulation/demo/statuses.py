"""The second part of the demo: jobs go through the plant, and the storefront shows it.

The statuses are changed in the sandbox Pace as people there do; for each change Pace's event handler pushes, and the
stage arrives in the sandbox Pressero within moments.
"""

from __future__ import annotations

import json
import time
import urllib.request
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from integrations.enums import JobState
from integrations.models import Order
from integrations.simulation.demo.configuration import PUSH_TOKEN
from integrations.simulation.sandbox.pace import PaceSandbox
from integrations.simulation.sandbox.pressero import PresseroSandbox, seed

PATIENCE = 90.0
TRACKING = "1Z999AA10123456784"

# Pace status -> the stage that buyers see, and the note that goes with it.
_STAGES = (
    ("P", "Prepress", ""),
    ("R", "Press", "Job {job} is on press."),
    ("B", "Bindery", ""),
    ("S", "Shipping", "On its way: {tracking}"),
    ("C", "Order Completed", ""),
    ("X", "Order Cancelled", ""),
)


@dataclass(frozen=True)
class DemoStep:
    """One change in Pace: to which status, and whether the goods leave with it."""

    status: str
    stage: str
    ships: bool = False


ALL_THE_WAY = (
    DemoStep("P", "Prepress"),
    DemoStep("R", "Press"),
    DemoStep("S", "Shipping", ships=True),
    DemoStep("C", "Order Completed"),
)
ON_PRESS = (DemoStep("R", "Press"),)


@dataclass(frozen=True)
class Arrival:
    """How one change arrived; `shown` is what Pressero shows in the end."""

    order: int
    job: str
    status: str
    stage: str
    shown: str
    seconds: float
    tracking: str = ""

    @property
    def as_expected(self) -> bool:
        return self.shown == self.stage


def status_mapping() -> list[dict[str, Any]]:
    """The demo's status rows, in the form of the configuration file."""
    standard = seed.seed_catalog().workflow(seed.STANDARD)
    return [
        {
            "storefront": "",
            "level": "job",
            "pace_status": status,
            "workflow": "",
            "pressero_stage": standard.stage(stage).stage_id,
            "note": note,
        }
        for status, stage, note in _STAGES
    ]


def walk_jobs(
    orders: Sequence[int], pace: PaceSandbox, pressero: PresseroSandbox, address: str
) -> list[Arrival]:
    """Move the jobs of these orders through the plant, the first of them all the way; what arrived."""
    arrivals = []
    for position, number in enumerate(orders):
        jobs = Order.objects.get(number=number).jobs.filter(state=JobState.DONE)
        job = jobs.values_list("number", flat=True)[0]
        for step in ALL_THE_WAY if position == 0 else ON_PRESS:
            if step.ships:
                _ship(pace, job)
            pace.put("Job", job=job, adminStatus=step.status)
            _push(address, job)
            arrivals.append(_wait(pace, pressero, number, job, step))
    return arrivals


def _ship(pace: PaceSandbox, job: str) -> None:
    for shipment in pace.objects("JobShipment", job=job):
        pace.put("JobShipment", id=shipment["id"], shipped=True, trackingNumber=TRACKING)


def _push(address: str, job: str) -> None:
    """What an event handler of Pace sends."""
    body = json.dumps({"object": "Job", "key": job}).encode()
    headers = {"Content-Type": "application/json", "Authorization": f"Token {PUSH_TOKEN}"}
    request = urllib.request.Request(  # noqa: S310 - our own loopback address
        f"{address}/api/pace/sandbox/events/", body, headers
    )
    with urllib.request.urlopen(request, timeout=10):  # noqa: S310
        pass


def _wait(pace: PaceSandbox, pressero: PresseroSandbox, number: int, job: str, step: DemoStep) -> Arrival:
    began = time.monotonic()
    while True:
        shown = str(pressero.item(number, 1)["WorkflowStagePrinter"])
        tracking = ", ".join(str(one["ShipTracking"]) for one in pressero.shipments(number, 1))
        there = shown == step.stage and (bool(tracking) or not step.ships)
        seconds = time.monotonic() - began
        if there or seconds > PATIENCE:
            name = str(pace.objects("JobStatus", id=step.status)[0]["description"])
            return Arrival(number, job, name, step.stage, shown, seconds, tracking if step.ships else "")
        time.sleep(0.1)


def table(arrivals: Sequence[Arrival]) -> Iterator[str]:
    """What arrived, a line each."""
    head = ("Order", "Pace job", "Pace status", "Pressero shows", "Tracking", "After", "")
    rows = [
        (
            str(one.order), one.job, one.status, one.shown, one.tracking or "-", f"{one.seconds:.1f} s",
            "ok" if one.as_expected else f"SHOULD BE {one.stage}",
        )
        for one in arrivals
    ]  # fmt: skip
    widths = [max(len(row[column]) for row in [head, *rows]) for column in range(len(head))]
    for row in [head, tuple("-" * width for width in widths), *rows]:
        yield "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
