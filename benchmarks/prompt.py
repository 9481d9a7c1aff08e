"""From an event to the first step of its order, in an idle hub: most events send a worker a message of their own, the
others are found by the sweep, which looks every second."""

from __future__ import annotations

import contextlib
import json
import sqlite3
import sys
import time
from datetime import datetime
from statistics import median

import requests

from benchmarks.harness import Options, Report, main
from benchmarks.hub import database, draft, environment, served, worker
from benchmarks.intake import NO_LIMITS, PATH, message
from benchmarks.sandboxes import Sandbox, sandboxes
from benchmarks.scaling import in_hub

ORDERS = 12
SECONDS_APART = 0.7
# The sweep's own distance: an order that is not announced starts within it.
LONGEST = 1.0


def measure(options: Options) -> Report:
    report = Report("prompt", "From an event to the first step")
    with contextlib.ExitStack() as stack:
        pace, pressero = stack.enter_context(sandboxes())
        url = stack.enter_context(database("sqlite"))
        in_hub(url, "prepare", json.dumps([pace.address, pressero.address]))
        env = environment(url, **NO_LIMITS)
        portal, _ = stack.enter_context(served("automationhub.wsgi", env, probe="/api/health/live/"))
        stack.enter_context(worker(env, workers=2))
        file = url.removeprefix("sqlite:///")
        _post(portal, pressero)  # the cluster is up when this one was begun
        _begun(file, 1)
        for _ in range(ORDERS):
            time.sleep(SECONDS_APART)
            _post(portal, pressero)
        waited = _begun(file, ORDERS + 1)[1:]
    report.table(
        "Seconds from the webhook's answer to the first step, two workers, SQLite",
        ("orders", "median", "longest"),
        [(str(len(waited)), f"{median(waited):.2f} s", f"{max(waited):.2f} s")],
    )
    report.goal(
        "median seconds from event to first step (the sweep looks once a second)",
        median(waited),
        at_most=LONGEST,
    )
    return report


def _post(portal: str, pressero: Sandbox) -> None:
    body, signature = message(pressero.place(draft(1)))
    headers = {"MessageHash": signature, "Content-Type": "application/json"}
    requests.post(f"{portal}{PATH}", data=body, headers=headers, timeout=30).raise_for_status()


def _begun(file: str, count: int) -> list[float]:
    """Seconds from the event to the first step of so many orders, once all have begun."""
    deadline = time.monotonic() + 60
    query = (
        "SELECT e.received_at, MIN(a.started_at) FROM integrations_webhookevent e "
        "JOIN integrations_stepattempt a ON a.order_id = e.order_id GROUP BY e.id ORDER BY e.id"
    )
    with contextlib.closing(sqlite3.connect(file, timeout=20)) as rows:
        while time.monotonic() < deadline:
            found = rows.execute(query).fetchall()
            if len(found) == count:
                return [
                    (datetime.fromisoformat(begun) - datetime.fromisoformat(came)).total_seconds()
                    for came, begun in found
                ]
            time.sleep(0.1)
    raise RuntimeError(f"Only {len(found)} of {count} orders were begun.")


if __name__ == "__main__":
    sys.exit(main(measure))
