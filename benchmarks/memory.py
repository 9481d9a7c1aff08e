"""What a process of the hub holds in memory while it works: proportional set size (PSS) after a warm-up, and later.

The worker of this benchmark is one process that is never replaced (a real one is, after 200 tasks: `recycle`), so that
nothing hides a leak. Pace and Pressero answer at once; it works for so many seconds and says how many orders that were.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

from benchmarks.harness import ROOT, Options, Picture, Report, main, postgresql_url
from benchmarks.hub import database, environment, served
from benchmarks.intake import CALLERS, NO_LIMITS, events, in_hub, port_of
from benchmarks.load import steady
from benchmarks.sandboxes import sandboxes

GROWTH = 0.05
WANTED = 10_000
# Webhooks until nothing is being filled any more: each of the eight threads has a connection, and each connection to
# SQLite keeps 2 MB of pages.
WARM_UP = {"sqlite": 12_000, "postgresql": 4_000}


def measure(options: Options) -> Report:
    report = Report("memory", "Memory")
    worker = _worker(options)
    web = _web(options)
    report.say(
        f"Wanted were {WANTED:,} orders. The worker did {worker[-1][0]:,.0f} after its warm-up in the time that "
        f"`make bench` has; the web process took {web[-1][0]:,.0f} webhooks."
    )
    rows = []
    for name, points in (("worker process", worker), ("web process, 8 threads", web)):
        growth = points[-1][1] / points[0][1] - 1
        rows.append(
            (
                name,
                f"{points[-1][0]:,.0f}",
                f"{points[0][1]:.1f} MB",
                f"{points[-1][1]:.1f} MB",
                f"{growth:+.1%}",
            )
        )
        report.goal(f"{name}: growth of PSS after the warm-up", growth, at_most=GROWTH)
    report.table(
        "Proportional set size", ("", "orders or webhooks", "after warm-up", "at the end", "growth"), rows
    )
    report.picture(
        Picture("memory", "Memory while it works", "orders or webhooks after the warm-up", "PSS in MB",
                {"worker process": worker, "web process": web})
    )  # fmt: skip
    return report


def _worker(options: Options) -> list[tuple[float, float]]:
    """(orders after the warm-up, MB) as a process of its own tells them."""
    seconds = 12 if options.short else 45
    with database("sqlite") as url, sandboxes() as (pace, pressero):
        addresses = json.dumps([pace.address, pressero.address])
        done = subprocess.run(
            [sys.executable, "-m", "benchmarks.memory_worker", addresses, pressero.url, str(seconds)],
            cwd=ROOT, env={**os.environ, **environment(url)}, capture_output=True, text=True, check=False,
        )  # fmt: skip
    if done.returncode:
        raise RuntimeError(done.stderr[-2000:])
    return [tuple(point) for point in json.loads(done.stdout)]


def _web(options: Options) -> list[tuple[float, float]]:
    """(webhooks after the warm-up, MB)."""
    vendor = "postgresql" if postgresql_url() else "sqlite"
    warm_up, wanted = (500, 1_000) if options.short else (WARM_UP[vendor], WANTED)
    with database(vendor) as url:
        in_hub(url, "prepare")
        env = environment(url, **NO_LIMITS)
        with served("automationhub.wsgi", env, threads=8, probe="/api/health/live/") as (address, process):
            port, requests = port_of(address), events()
            taken, points = -warm_up, []
            while taken < wanted:
                taken += len(steady(port, requests, connections=CALLERS, seconds=2.0).seconds)
                if taken >= 0:
                    points.append((float(taken), sum(pss(pid) for pid in _family(process.pid))))
    return points


def _family(pid: int) -> list[int]:
    """gunicorn's process and its worker."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [pid, *map(int, children)]


def pss(pid: int) -> float:
    """In MB; what processes share is divided among them."""
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1]) / 1024
    raise RuntimeError("The kernel tells no PSS.")


if __name__ == "__main__":
    sys.exit(main(measure))
