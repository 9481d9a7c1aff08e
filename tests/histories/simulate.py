"""`make simulate HOURS=1`: random histories on a pretended clock, for so long; a process for each core.

Prints the seed of the first one and what happened in all. Exit code 1 when one failed: its story is kept, and
`HISTORIES=1 FIRST_HISTORY=seed make test ARGS=tests/histories` repeats it.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import random
import re
import shutil
import subprocess
import sys
from collections.abc import Sequence
from datetime import date
from pathlib import Path

from integrations.simulation.published import publish, run_here
from tests.histories.tally import Tally

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "var/simulate"
PAGE = ROOT / "docs/guarantee.md"
# What `--write-docs` replaces there.
FIGURES = re.compile(r"(?<=<!-- make simulate -->\n).*?(?=\n<!-- until here -->)", re.DOTALL)
# Each process has its own range of seeds.
APART = 1_000_000


def main(arguments: Sequence[str] | None = None) -> int:
    """Play for the time asked for, print the figures; 0 when nothing was violated."""
    options = _parse(arguments)
    seed = options.seed if options.seed is not None else random.SystemRandom().randrange(10**9)
    seconds = 3600 * options.hours + 60 * options.minutes or 3600
    print(f"The first seed is {seed}: SEED={seed} begins with the same histories.", flush=True)
    shutil.rmtree(FOLDER, ignore_errors=True)
    FOLDER.mkdir(parents=True)
    processes = [_start(seed + number * APART, seconds) for number in range(options.jobs)]
    failed = [process.returncode for process in processes if process.wait()]
    parts = [json.loads(path.read_text(encoding="utf-8")) for path in sorted(FOLDER.glob("from-*.json"))]
    tally = Tally.together(parts)
    print(f"{tally}.")
    for wrong in tally.wrong:
        story = (FOLDER / f"history-{wrong}.txt").relative_to(ROOT)
        print(f"Failed: {story}; again: HISTORIES=1 FIRST_HISTORY={wrong} make test ARGS=tests/histories")
    if failed or tally.wrong or not tally.histories:
        return 1
    if options.write_docs:
        page = PAGE.read_text(encoding="utf-8")
        PAGE.write_text(FIGURES.sub(lambda _: _figures(tally, seed, options.jobs), page), encoding="utf-8")
        publish("simulate", {**run_here(_database()), **tally.figures})
    return 0


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make simulate", description=__doc__)
    parser.add_argument("--hours", type=float, default=0)
    parser.add_argument("--minutes", type=float, default=0)
    parser.add_argument("--seed", type=int, help="of the first history; by chance otherwise")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="how many processes")
    parser.add_argument(
        "--write-docs", action="store_true", help=f"write the figures into {PAGE.relative_to(ROOT)}"
    )
    return parser.parse_args(arguments)


def _start(seed: int, seconds: float) -> subprocess.Popen[bytes]:
    environment = {
        **os.environ,
        "SIMULATE_SECONDS": str(seconds),
        "SIMULATE_FOLDER": str(FOLDER),
        "FIRST_HISTORY": str(seed),
    }
    test = "tests/histories/at_length.py"
    command = [sys.executable, "-m", "pytest", "-q", "--no-header", "-p", "no:cacheprovider", test]
    return subprocess.Popen(command, cwd=ROOT, env=environment)


def _figures(tally: Tally, seed: int, jobs: int) -> str:
    return (
        f"{tally}. {date.today():%Y-%m-%d}, first seed {seed}, {jobs} processes, Python "  # noqa: DTZ011 - the day it ran
        f"{platform.python_version()}, {_database()}."
    )


def _database() -> str:
    return "PostgreSQL" if os.environ.get("TEST_DATABASE_URL") else "SQLite"


if __name__ == "__main__":
    sys.exit(main())
