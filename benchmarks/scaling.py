"""Orders per minute with more and more workers, when Pace and Pressero answer after 50 ms: waiting, not computing.

Every run works through orders that wait already; the rate is taken between the first tenth and the last orders, so
that neither the start nor the end of a run is in it.
"""

from __future__ import annotations

import contextlib
import heapq
import json
import os
import random
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from statistics import quantiles
from typing import Any

from benchmarks.harness import ROOT, Options, Picture, Report, main, postgresql_url, redis_url
from benchmarks.hub import Process, cpu_of, database, environment, worker
from benchmarks.sandboxes import Sandbox, sandboxes

LATENCY = 0.050
ORDERS_PER_WORKER = 8
LONGEST = 90.0


@dataclass(frozen=True)
class Setting:
    """Where the queue and the rows are, and the workers of each cluster."""

    name: str
    vendor: str
    redis: bool
    clusters: tuple[int, ...]

    @property
    def workers(self) -> int:
        return sum(self.clusters)


@dataclass(frozen=True)
class Run:
    """Orders per minute, and CPU seconds of one order in the processes of the cluster."""

    per_minute: float
    cpu: float


def settings(options: Options) -> list[Setting]:
    counts = (1, 2, 4) if options.short else (1, 2, 4, 8, 16)
    found = []
    for name, vendor, redis in (
        ("SQLite", "sqlite", False),
        ("PostgreSQL", "postgresql", False),
        ("PostgreSQL + Redis", "postgresql", True),
    ):
        some = counts if not redis else (counts[0], counts[-2])
        found += [Setting(name, vendor, redis, (count,)) for count in some]
        found.append(Setting(name, vendor, redis, (counts[-2] // 2,) * 2))
    return found


def measure(options: Options) -> Report:
    report = Report("scaling", "More workers")
    runs: dict[Setting, Run] = {}
    with sandboxes(pace_latency=LATENCY, pressero_latency=LATENCY) as (pace, pressero):
        for vendor in ("sqlite", "postgresql"):
            if vendor == "postgresql" and not postgresql_url():
                report.skip("PostgreSQL", "BENCH_DATABASE_URL or TEST_DATABASE_URL is not set")
                continue
            with database(vendor) as url:
                in_hub(url, "prepare", json.dumps([pace.address, pressero.address]))
                for setting in settings(options):
                    if setting.vendor != vendor:
                        continue
                    if setting.redis and not redis_url():
                        continue
                    runs[setting] = _run(setting, url, pace, pressero)
    if not redis_url():
        report.skip("Redis", "BENCH_REDIS_URL or TEST_REDIS_URL is not set")
    _report(report, runs)
    _million(report, runs, options)
    return report


def _run(setting: Setting, url: str, pace: Sandbox, pressero: Sandbox) -> Run:
    count = ORDERS_PER_WORKER * setting.workers
    newest = int(in_hub(url, "add", pressero.url, str(count)))
    redis = redis_url() if setting.redis else ""
    pace.clear()
    pressero.clear()
    with contextlib.ExitStack() as stack:
        env = environment(url, redis=redis)
        started = [stack.enter_context(worker(env, workers=size)) for size in setting.clusters]
        times, cpu = _wait(url, newest, count, started)
    first, last = len(times) // 10 + setting.workers, len(times) - setting.workers
    taken = times[first:last]
    return Run(60 * (len(taken) - 1) / (taken[-1] - taken[0]), cpu)


def _wait(url: str, newest: int, count: int, started: list[Process]) -> tuple[list[float], float]:
    """When the orders after `newest` were submitted, once all are, and the CPU seconds of one, the start left out."""
    deadline = time.monotonic() + LONGEST
    begun: tuple[float, int] | None = None
    with _connected(url) as ask:
        while time.monotonic() < deadline:
            times = ask(
                f"SELECT submitted_at FROM integrations_order WHERE id > {newest} AND submitted_at IS NOT NULL"  # noqa: S608
            )
            if times and begun is None:
                begun = _cpu(started), len(times)
            if len(times) == count:
                break
            time.sleep(0.25)
    if len(times) < count * 0.8:
        raise RuntimeError(f"Only {len(times)} of {count} orders were submitted.")
    cpu, before = begun or (0.0, 0)
    return sorted(times), (_cpu(started) - cpu) / max(1, len(times) - before)


def _cpu(started: list[Process]) -> float:
    return sum(cpu_of(process) for process in started)


@contextlib.contextmanager
def _connected(url: str) -> Iterator[Any]:
    """A function that answers a query about moments with seconds."""
    if url.startswith("sqlite"):
        import sqlite3

        file = sqlite3.connect(url.removeprefix("sqlite:///"), timeout=20)
        try:
            yield lambda query: [
                datetime.fromisoformat(value).timestamp() for (value,) in file.execute(query).fetchall()
            ]
        finally:
            file.close()
        return
    import psycopg

    with psycopg.connect(url, autocommit=True) as server:
        yield lambda query: [value.timestamp() for (value,) in server.execute(query).fetchall()]


def in_hub(url: str, *arguments: str) -> str:
    """Run a command of `benchmarks.scaling_database` with this database (a process has one)."""
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.scaling_database", *arguments],
        cwd=ROOT, env={**os.environ, **environment(url)}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    if done.returncode:
        raise RuntimeError(done.stderr)
    return done.stdout.strip()


def _report(report: Report, runs: dict[Setting, Run]) -> None:
    one = {setting.name: run.per_minute for setting, run in runs.items() if setting.clusters == (1,)}
    share = {setting: run.per_minute / (one[setting.name] * setting.workers) for setting, run in runs.items()}
    report.say(
        "Orders of one item: 11 calls to Pace and 3 to Pressero, 50 ms each, so one worker can do 86 a minute at most. "
        "All processes, the sandboxes and the database included, share this machine's cores: "
        f"{os.cpu_count()} of them."
    )
    report.table(
        "Orders per minute",
        ("database and queue", "workers", "orders per minute", "of linear", "CPU of the hub per order"),
        [
            (
                setting.name,
                " + ".join(map(str, setting.clusters)),
                f"{run.per_minute:.0f}",
                f"{share[setting]:.2f}",
                f"{run.cpu * 1000:.0f} ms",
            )
            for setting, run in runs.items()
        ],
    )
    series = {
        name: [
            (s.workers, run.per_minute) for s, run in runs.items() if s.name == name and len(s.clusters) == 1
        ]
        for name in one
    }
    most = max((s.workers for s in runs), default=1)
    if one:
        per_worker = max(one.values())
        series["linear"] = [(1, per_worker), (most, per_worker * most)]
    report.picture(Picture("scaling", "Orders per minute", "workers", "orders per minute", series))
    for setting, value in share.items():
        if setting.name == "PostgreSQL" and len(setting.clusters) == 1 and 1 < setting.workers <= 8:
            report.goal(f"PostgreSQL, {setting.workers} workers: share of linear", value, at_least=0.85)


# --- a million orders a day -----------------------------------------------------------------------------------------

DAY = 1_000_000
PEAK = 3.0  # the busiest hour against the average
CALLS = 26  # of an order of three items with a file each: 21 to Pace, 5 to Pressero
PACE_CALLS = 21
COMMITS = 10
REAL_LATENCY = 0.2


def _million(report: Report, runs: dict[Setting, Run], options: Options) -> None:
    """What a million orders a day need: on paper, and by a simulation of the busiest hour."""
    measured = next((run for s, run in runs.items() if s.vendor == "postgresql" and s.workers == 1), None)
    if measured is None:
        return
    own = 60 / measured.per_minute - 14 * LATENCY
    service = CALLS * REAL_LATENCY + own
    average, peak = DAY / 86_400, DAY / 86_400 * PEAK
    needed = peak * service
    rows = []
    for factor in (1.0, 1.05, 1.1, 1.2, 1.5):
        workers = int(needed * factor) + 1
        waits = simulate(peak, workers, service, orders=5_000 if options.short else 60_000)
        cuts = quantiles(waits, n=100)
        rows.append((str(workers), f"{needed / workers:.2f}", f"{cuts[49]:.2f} s", f"{cuts[98]:.2f} s"))
    report.say(
        f"A million orders a day are {average:.1f} a second on average and {peak:.0f} in the busiest hour (taken as "
        f"{PEAK:g} times the average). With {CALLS} calls of {REAL_LATENCY * 1000:.0f} ms each and the "
        f"{own * 1000:.0f} ms of its own that a worker was measured to need for an order here, an order keeps a worker "
        f"busy for {service:.1f} s: at least {needed:.0f} workers. The simulation draws arrivals at random and service times "
        "around that mean (half of it fixed, half exponential), and tells how long orders wait for a worker."
    )
    report.table(
        "The busiest hour of a million orders a day, simulated",
        ("workers", "in use", "median wait", "99th percentile"),
        rows,
    )
    report.say(
        f"CPU: {peak:.0f} orders a second need {peak * measured.cpu:.1f} cores for the hub's own work at the "
        f"{measured.cpu * 1000:.0f} ms per order measured here, so several machines with a cluster each. What limits next is "
        f"Pace: {peak * PACE_CALLS:.0f} calls a second; `max_calls_per_second` of the server keeps the hub below what it "
        "can take, and the remedy is a second Pace server with storefronts of its own, since servers share nothing but the "
        f"database. After that it is the database's commits, about {COMMITS} for an order, so "
        f"{peak * COMMITS:.0f} a second in that hour: within reach of one PostgreSQL with a disk that commits in a millisecond "
        "(commits of different connections share one flush); `commit_delay`, and then audit entries and outgoing calls in a "
        "database of their own, are the way past it. The inbox is not the limit: it takes bursts together (see above)."
    )


def simulate(rate: float, workers: int, service: float, *, orders: int) -> list[float]:
    """Seconds that each order waits for one of so many workers, first come, first served."""
    draw = random.Random(7)  # noqa: S311 - the same simulation every time
    free = [0.0] * workers
    now, waits = 0.0, []
    for _ in range(orders):
        now += draw.expovariate(rate)
        ready = heapq.heappop(free)
        begun = max(now, ready)
        heapq.heappush(free, begun + service / 2 + draw.expovariate(2 / service))
        waits.append(begun - now)
    return waits[orders // 10 :]


if __name__ == "__main__":
    sys.exit(main(measure))
