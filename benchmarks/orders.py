"""One order from the first call to the last, against the sum of the latencies of its calls.

Pace answers after 20 ms, Pressero right away. The hub makes its calls to Pace one after another, so the sum of what the
sandboxes took to answer is about the least that an order can take; what it takes beyond that is the hub's own. The
critical path is what the calls would take if every call were made as soon as what it needs is there.
"""

from __future__ import annotations

import logging
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from statistics import median

from benchmarks.harness import Options, Picture, Report, main
from benchmarks.hub import configure, database, draft, set_up_django
from benchmarks.sandboxes import Sandbox, sandboxes

LATENCY = 0.020
# As many calls of one order as are made at the same time (clients/http/at_once.py).
MOST = 4
COMMITS = (
    "Claim; the first step; what was read and decided; the plan; the job's row; the transaction's id; the intent; the job; the "
    "submission; the end. Each stands for a step of the protocol that the model checks in every state, or comes before a call."
)
# Connections that the benchmark itself makes for each order: to place it, to clear and to read two lists of calls.
STEERING = 5
# (name, items, files of each item, destinations)
SHAPES = (
    ("1 item", 1, 0, 1),
    ("5 items", 5, 0, 1),
    ("5 items, a file each", 5, 1, 1),
    ("5 items, a file each, 2 destinations", 5, 1, 2),
    ("20 items", 20, 0, 1),
)


@dataclass
class Round:
    """One order: seconds in all, seconds that the sandboxes took, CPU seconds of the hub, calls by system and kind, commits that were counted."""

    wall: float
    waited: float
    cpu: float
    pace: Counter[str]
    pressero: Counter[str]
    commits: int


def measure(options: Options) -> Report:
    report = Report("orders", "One order, end to end")
    rounds = 3 if options.short else 10
    with database("sqlite") as url, sandboxes(pace_latency=LATENCY) as (pace, pressero):
        set_up_django(url)
        logging.disable(logging.INFO)
        configure(pace, pressero)
        one_order(pace, pressero, items=5)  # the reference data is read, connections are made
        opened = _count_connections()
        found: dict[str, list[Round]] = {shape[0]: [] for shape in SHAPES}
        for _ in range(rounds):
            for shape in SHAPES:
                _, items, files, destinations = shape
                found[shape[0]].append(
                    one_order(pace, pressero, items=items, files=files, destinations=destinations)
                )
        new = len(opened) - rounds * len(SHAPES) * STEERING
        commits = one_order(pace, pressero, items=5, files=1, watched=_counting_commits()).commits
    _report(report, found, new)
    report.goal("5 items, a file each: commits to the database", commits, at_most=8, note=COMMITS)
    return report


def _count_connections() -> list[object]:
    """The addresses to which this process connects from now on."""
    opened: list[object] = []

    def note(event: str, arguments: tuple[object, ...]) -> None:
        if event == "socket.connect":
            opened.append(arguments[1])

    sys.addaudithook(note)
    return opened


@contextmanager
def _counting_commits() -> Iterator[list[str]]:
    """Within the block, note each commit of this process to SQLite: of a transaction, or of a single statement outside one."""
    from django.db import connection

    commits: list[str] = []
    within = False

    def note(sql: str) -> None:
        nonlocal within
        word = sql.split(" ", 1)[0]
        within = word == "BEGIN" or (within and word not in ("COMMIT", "ROLLBACK"))
        if word == "COMMIT" or (not within and word in ("INSERT", "UPDATE", "DELETE")):
            commits.append(sql)

    connection.ensure_connection()
    connection.connection.set_trace_callback(note)
    try:
        yield commits
    finally:
        connection.connection.set_trace_callback(None)


def one_order(
    pace: Sandbox,
    pressero: Sandbox,
    *,
    items: int,
    files: int = 0,
    destinations: int = 1,
    watched: AbstractContextManager[list[str]] | None = None,
) -> Round:
    """Place an order, work on it in this process, and tell what it took; with `watched`, also the commits it notes."""
    from integrations.models import Order, Storefront
    from integrations.orders.intake import receive
    from integrations.orders.submission import runner

    number = pressero.place(draft(items, files=files, destinations=destinations))
    order = receive.take_in(
        Storefront.objects.get(name="Example CU Store"), number, why="A benchmark.", actor="bench"
    )
    pace.clear()
    pressero.clear()
    started, cpu = time.perf_counter(), time.process_time()
    with watched or nullcontext([]) as commits:
        runner.process(order.pk)
    wall, cpu = time.perf_counter() - started, time.process_time() - cpu
    done = Order.objects.get(pk=order.pk)
    if done.status != "submitted" or done.message:
        raise SystemExit(f"The order did not end well: {done.status} {done.message}")
    pace_calls, pressero_calls = pace.calls(), pressero.calls()
    waited = sum(call["seconds"] for call in (*pace_calls, *pressero_calls))
    return Round(wall, waited, cpu, _kinds(pace_calls), _kinds(pressero_calls), len(commits))


def _kinds(calls: list[dict[str, object]]) -> Counter[str]:
    return Counter(f"{call['method']} {str(call['path']).rpartition('/')[2]}" for call in calls)


def reads_of_its_own(files: int, destinations: int) -> int:
    """Lists that each order asks Pace for: its jobs, the buyer's contacts, the company of each address's contact, its files."""
    return 2 + destinations + (files > 0)


def _report(report: Report, found: dict[str, list[Round]], connections: int) -> None:
    rows, overhead = [], {}
    for (name, items, files, destinations), rounds in zip(SHAPES, found.values(), strict=True):
        wall, waited, cpu = (
            median(getattr(one, what) for one in rounds) for what in ("wall", "waited", "cpu")
        )
        overhead[name] = median(one.wall / one.waited for one in rounds) - 1
        critical = critical_path(items, files, destinations) * LATENCY
        calls = rounds[-1].pace.total()
        rows.append(
            (
                name,
                f"{calls} + {rounds[-1].pressero.total()}",
                str(items * 3 + 8),
                f"{wall * 1000:.0f} ms",
                f"{waited * 1000:.0f} ms",
                f"{overhead[name] * 100:.1f} %",
                f"{wall / critical:.1f}",
                f"{cpu * 1000:.0f} ms",
            )
        )
    report.say(
        "Pace answers after 20 ms, Pressero right away. The sandboxes measure their own answer times, call by call; one "
        "process works on the order, on SQLite."
    )
    report.table(
        "One order",
        ("order", "calls to Pace + Pressero", "items x 3 + 8", "took", "latencies", "hub's own",
         "times the critical path", "CPU of the hub"),
        rows,
    )  # fmt: skip
    report.picture(
        Picture(
            "orders",
            "What an order takes, and what of it is waiting for Pace and Pressero",
            "",
            "milliseconds",
            {
                "latencies of its calls": [
                    (at, median(one.waited for one in rounds) * 1000)
                    for at, rounds in enumerate(found.values())
                ],
                "the hub's own": [
                    (at, median(one.wall - one.waited for one in rounds) * 1000)
                    for at, rounds in enumerate(found.values())
                ],
            },
            kind="stacked",
            labels=list(found),
        )
    )
    for name in ("5 items", "5 items, a file each"):
        report.goal(f"{name}: hub's own time over the sum of the latencies", overhead[name], at_most=0.10)
    for name, items, files, _ in SHAPES[1:3]:
        report.goal(
            f"{name}: calls to Pace, against items x 3 + 8 = {items * 3 + 8}",
            found[name][-1].pace.total(),
            at_most=items * 3 + 7,
            note=_floor(items, files) if files else "",
        )
    read = sum(
        count
        for rounds in found.values()
        for one in rounds
        for kind, count in one.pace.items()
        if kind.endswith("loadValueObjects")
    )
    its_own = sum(
        reads_of_its_own(files, destinations) * len(rounds)
        for (_, _, files, destinations), rounds in zip(SHAPES, found.values(), strict=True)
    )
    orders = sum(len(rounds) for rounds in found.values())
    report.goal("reads of reference data per order", (read - its_own) / orders, at_most=0)
    report.goal(
        f"new connections for {orders} orders, beyond those for {MOST} calls at the same time",
        max(0, connections - MOST),
        at_most=0,
    )
    cpu = median(one.cpu for one in found["5 items, a file each"])
    report.goal("5 items, a file each: CPU milliseconds of the hub", cpu * 1000, at_most=50)


def _floor(items: int, files: int) -> str:
    return (
        f"The mapping demands for every item with a file a part, a content file, its link and a carton content: "
        f"{items * (2 + 2 * files)} calls, and for the order a look for the buyer and for the job, the transaction, "
        f"the job with its contact, shipment and carton, and the commit: 9. Pace has no call that creates several objects."
    )


def critical_path(items: int, files: int, destinations: int) -> int:
    """How many calls must follow each other, were each made as soon as what it needs is there.

    Read the order (details and items at once); look for the buyer; look for the job and open the transaction; make
    the job; then the longest of contact and its entry in the job, part and its file's link, shipment and carton and
    contents; commit; tell Pressero the numbers.
    """
    contact, parts, shipments = 2, 1 + bool(files), 3
    return 1 + 1 + 1 + 1 + max(contact, parts, shipments) + 1 + 1


if __name__ == "__main__":
    sys.exit(main(measure))
