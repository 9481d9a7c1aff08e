"""From an event to the first step of its order, in an idle hub: each event sends a worker a message of its own, of which the
cluster is told; what is lost on the way is found by the sweep, which looks every second."""

from __future__ import annotations

import contextlib
import json
import sqlite3
import sys
import time
from datetime import datetime
from statistics import median
from typing import Any

import requests

from benchmarks.harness import Options, Report, main, postgresql_url
from benchmarks.hub import database, draft, environment, served, worker
from benchmarks.intake import NO_LIMITS, PATH, message
from benchmarks.sandboxes import Sandbox, sandboxes
from benchmarks.scaling import in_hub

ORDERS = 12
SECONDS_APART = 0.7
GOAL = 0.030


def measure(options: Options) -> Report:
    report = Report("prompt", "From an event to the first step")
    rows = []
    for vendor, name in (("sqlite", "SQLite"), ("postgresql", "PostgreSQL")):
        if vendor == "postgresql" and not postgresql_url():
            report.skip("PostgreSQL", "BENCH_DATABASE_URL or TEST_DATABASE_URL is not set")
            continue
        waited = _on(vendor)
        rows.append(
            (name, str(len(waited)), f"{median(waited) * 1000:.0f} ms", f"{max(waited) * 1000:.0f} ms")
        )
        report.goal(f"{name}: median seconds from event to first step", median(waited), at_most=GOAL)
    report.table(
        "From storing the event to the first step of its order, two workers",
        ("", "orders", "median", "longest"),
        rows,
    )
    return report


def _on(vendor: str) -> list[float]:
    with contextlib.ExitStack() as stack:
        pace, pressero = stack.enter_context(sandboxes())
        url = stack.enter_context(database(vendor))
        in_hub(url, "prepare", json.dumps([pace.address, pressero.address]))
        env = environment(url, **NO_LIMITS)
        portal, _ = stack.enter_context(served("automationhub.wsgi", env, probe="/api/health/live/"))
        stack.enter_context(worker(env, workers=2))
        _post(portal, pressero)  # the cluster is up when this one was begun
        _begun(url, 1)
        for _ in range(ORDERS):
            time.sleep(SECONDS_APART)
            _post(portal, pressero)
        return _begun(url, ORDERS + 1)[1:]


def _post(portal: str, pressero: Sandbox) -> None:
    body, signature = message(pressero.place(draft(1)))
    headers = {"MessageHash": signature, "Content-Type": "application/json"}
    requests.post(f"{portal}{PATH}", data=body, headers=headers, timeout=30).raise_for_status()


def _begun(url: str, count: int) -> list[float]:
    """Seconds from the event to the first step of so many orders, once all have begun."""
    deadline = time.monotonic() + 60
    query = (
        "SELECT e.received_at, MIN(a.started_at) FROM integrations_webhookevent e "
        "JOIN integrations_stepattempt a ON a.order_id = e.order_id GROUP BY e.id, e.received_at ORDER BY e.id"
    )
    with contextlib.closing(_connected(url)) as rows:
        while time.monotonic() < deadline:
            found = rows.execute(query).fetchall()
            if len(found) == count:
                return [(_moment(begun) - _moment(came)).total_seconds() for came, begun in found]
            time.sleep(0.1)
    raise RuntimeError(f"Only {len(found)} of {count} orders were begun.")


def _connected(url: str) -> Any:
    if url.startswith("sqlite:"):
        return sqlite3.connect(url.removeprefix("sqlite:///"), timeout=20)
    import psycopg

    return psycopg.connect(url, autocommit=True)


def _moment(value: Any) -> datetime:
    return value if isinstance(value, datetime) else datetime.fromisoformat(value)


if __name__ == "__main__":
    sys.exit(main(measure))
