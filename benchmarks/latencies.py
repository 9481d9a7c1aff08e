"""One order of 1, 5, 20 and 200 items while Pace and Pressero take 20, 100 and 400 ms for each call.

What an order takes is its calls that follow each other, times the latency, and the hub's own work. Each latency has a hub,
a database and two sandboxes of its own; the three run at the same time, since nearly all of it is waiting.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from contextlib import ExitStack
from math import ceil
from typing import Any

from benchmarks.harness import ROOT, Options, Report, main
from benchmarks.hub import configure, database, set_up_django
from benchmarks.orders import critical_path, one_order
from benchmarks.sandboxes import sandboxes

LATENCIES = (0.020, 0.100, 0.400)
SIZES = (1, 5, 20, 200)
# An order that would take longer is left out of `make bench`, which has fifteen minutes for everything.
LONGEST = 100.0
WHOLE = "BENCH_WHOLE"


def measure(options: Options) -> Report:
    report = Report("latencies", "Orders by size and latency")
    sizes = SIZES[:3] if options.short else SIZES
    with ExitStack() as stack:
        running = [stack.enter_context(_started(latency, sizes)) for latency in LATENCIES]
        found = [_answer(process) for process in running]
    _report(report, found)
    return report


def _started(latency: float, sizes: tuple[int, ...]) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "benchmarks.latencies", "--worker", str(latency), *map(str, sizes)]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)


def _answer(process: subprocess.Popen[str]) -> list[dict[str, Any]]:
    told, _ = process.communicate()
    if process.returncode:
        raise SystemExit("A benchmark of one latency did not end well.")
    found: list[dict[str, Any]] = json.loads(told.splitlines()[-1])
    return found


def _work(latency: float, sizes: list[int]) -> list[dict[str, Any]]:
    """One order of each size, in this process."""
    found = []
    with database("sqlite") as url, sandboxes(pace_latency=latency, pressero_latency=latency) as both:
        set_up_django(url)
        import logging

        logging.disable(logging.INFO)
        configure(*both)
        one_order(*both, items=1)  # the reference data is read, connections are made
        for items in sizes:
            if in_a_row(items) * latency > LONGEST and not os.environ.get(WHOLE):
                continue
            order = one_order(*both, items=items)
            calls = {"pace": order.pace.total(), "pressero": order.pressero.total()}
            found.append({"latency": latency, "items": items, "wall": order.wall, "cpu": order.cpu, **calls})
    return found


def in_a_row(items: int) -> int:
    """How many calls follow each other when those to Pressero are made four at a time, as the hub makes them."""
    from integrations.clients.http.at_once import MOST

    return 1 + 9 + 2 * items + ceil(items / MOST)


def _report(report: Report, found: list[list[dict[str, Any]]]) -> None:
    report.say(
        "Items without files, one destination. In Pace's transaction one call follows the other; the two readings of the "
        "order, and the job numbers sent to Pressero, four at a time, are made at the same time."
    )
    rows = []
    for one in (one for of_latency in found for one in of_latency):
        latency, items = one["latency"], one["items"]
        follow = one["pace"] + 1 + ceil(items / 4)
        rows.append(
            (
                f"{latency * 1000:.0f} ms",
                str(items),
                f"{one['pace']} + {one['pressero']}",
                str(follow),
                str(critical_path(items, 0, 1)),
                f"{one['wall']:.2f} s",
                f"{(one['wall'] - follow * latency) * 1000:.0f} ms",
                f"{one['cpu'] * 1000:.0f} ms",
            )
        )
        if items == 5:
            share = one["wall"] / (latency * (one["pace"] + one["pressero"])) - 1
            report.goal(
                f"5 items, {latency * 1000:.0f} ms a call: time over the sum of the latencies",
                share,
                at_most=0.10,
            )
    report.table(
        "One order",
        ("latency", "items", "calls to Pace + Pressero", "calls that follow each other",
         "the critical path, were nothing in a row without need", "took", "more than those calls", "CPU of the hub"),
        rows,
    )  # fmt: skip
    left_out = [
        f"{items} items at {latency * 1000:.0f} ms"
        for latency, of_latency in zip(LATENCIES, found, strict=True)
        for items in SIZES
        if items not in {one["items"] for one in of_latency}
    ]
    for name in left_out:
        report.skip(name, f"it takes longer than {LONGEST:.0f} s; {WHOLE}=1 runs it")


if __name__ == "__main__":
    if sys.argv[1:2] == ["--worker"]:
        print(json.dumps(_work(float(sys.argv[2]), [int(size) for size in sys.argv[3:]])))
    else:
        sys.exit(main(measure))
