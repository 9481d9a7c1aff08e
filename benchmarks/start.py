"""How long the hub takes to start, beside a Django project that has the same packages and nothing of its own.

`manage.py check`, and the worker: from its start to the first message that it has taken from the queue and done.
"""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

from benchmarks.harness import ROOT, Options, Report, main
from benchmarks.hub import Process, environment

MOST = 1.3
BARE = "benchmarks.contenders.bare_settings"
# What comes after "python": the hub's own manage.py, and Django's own for the bare project.
HUB, DJANGO = ["manage.py"], ["-m", "django"]


def measure(options: Options) -> Report:
    report = Report("start", "Start")
    rounds = 2 if options.short else 8
    with tempfile.TemporaryDirectory(prefix="hub-bench-start-") as folder:
        hub = environment(f"sqlite:///{folder}/hub.sqlite3")
        bare = {**environment(f"sqlite:///{folder}/bare.sqlite3"), "DJANGO_SETTINGS_MODULE": BARE}
        for env, program in ((hub, HUB), (bare, DJANGO)):
            _manage(env, *program, "migrate", "--verbosity", "0")
        checks: dict[str, list[float]] = {"hub": [], "bare": []}
        for _ in range(rounds):
            checks["hub"].append(_timed(hub, *HUB, "check"))
            checks["bare"].append(_timed(bare, *DJANGO, "check"))
        starts: dict[str, list[float]] = {"hub": [], "bare": []}
        for _ in range(1 if options.short else 3):
            starts["hub"].append(_first_message(hub, [*HUB, "worker"], Path(folder) / "hub.sqlite3"))
            starts["bare"].append(_first_message(bare, [*DJANGO, "qcluster"], Path(folder) / "bare.sqlite3"))
    rows = []
    for name, times in (("manage.py check", checks), ("worker, to its first message", starts)):
        ratio = min(times["hub"]) / min(times["bare"])
        rows.append((name, f"{median(times['hub']):.2f} s", f"{median(times['bare']):.2f} s", f"{ratio:.2f}"))
        report.goal(f"{name}: hub over bare project (best of each)", ratio, at_most=MOST)
    report.table("Start", ("", "hub, median", "bare project, median", "ratio of the best"), rows)
    return report


def _manage(env: dict[str, str], *arguments: str) -> None:
    subprocess.run(
        [sys.executable, *arguments],
        cwd=ROOT,
        env={**os.environ, **env},
        check=True,
        capture_output=True,
    )


def _timed(env: dict[str, str], *arguments: str) -> float:
    begun = time.perf_counter()
    _manage(env, *arguments)
    return time.perf_counter() - begun


def _first_message(env: dict[str, str], command: list[str], file: Path) -> float:
    """Seconds from the start of the command to the end of a task that waited in the queue."""
    enqueue = (
        "import django; django.setup(); from django_q.tasks import async_task; async_task('math.floor', 1.5)"
    )
    subprocess.run(
        [sys.executable, "-c", enqueue], cwd=ROOT, env={**os.environ, **env}, check=True, capture_output=True
    )
    with tempfile.TemporaryDirectory() as folder, sqlite3.connect(file, timeout=20) as queue:
        [mine] = queue.execute("SELECT MAX(id) FROM django_q_ormq").fetchone()
        begun = time.perf_counter()
        process = Process(command[-1], command, env, Path(folder) / "log")
        try:
            while queue.execute(f"SELECT COUNT(*) FROM django_q_ormq WHERE id = {mine}").fetchone()[0]:  # noqa: S608
                if time.perf_counter() - begun > 60:
                    raise RuntimeError(f"{command[-1]} did nothing:\n{process.tail()}")
                time.sleep(0.02)
            return time.perf_counter() - begun
        finally:
            process.stop()


if __name__ == "__main__":
    sys.exit(main(measure))
