"""Tests of many changes of the product, each by itself: one pytest that loads the hub once and forks for each (forks.py)."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from tests.mutants.catalog import ROOT

# All that the tests named in the list need: to find and load the others takes longer than most of the tests.
_PLUGINS = ("pytest_django.plugin", "xdist.plugin", "tests.mutants.forks", "no:cacheprovider")
_DATABASES = ("TEST_DATABASE_URL", "TEST_REDIS_URL")


@dataclass(frozen=True)
class Change:
    """The file reads `source`, which differs inside of functions only; "" for none. `tests`: as pytest takes them."""

    name: str
    file: str
    source: str
    tests: tuple[str, ...]


@dataclass(frozen=True)
class Found:
    """Which test failed with the change first; "" when none did. `seconds`: of a processor. `problem`: why it could not
    be tried."""

    name: str
    by: str
    seconds: float
    problem: str = ""


def run_changes(changes: Sequence[Change], postgres: str, jobs: int, longest: float = 600) -> Iterator[Found]:
    """What comes of each change, as it comes. `postgres`: an address, "" for SQLite. `longest`: seconds of a
    processor for one that hangs, five times as many of the clock.

    Raises RuntimeError when a change could not be tried.
    """
    if not changes:
        return
    parent = ROOT / "var/mutants"
    parent.mkdir(parents=True, exist_ok=True)
    work = Path(tempfile.mkdtemp(dir=parent))
    try:
        (work / "changes.json").write_text(json.dumps([asdict(change) for change in changes]))
        verdicts = work / "verdicts.jsonl"
        verdicts.touch()
        with (work / "said.txt").open("w") as said, verdicts.open(encoding="utf-8") as lines:
            ran = subprocess.Popen(
                _command(changes, postgres),
                cwd=ROOT,
                env=_environment(work, postgres, jobs, longest),
                stdout=said,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
            try:
                yield from _as_they_come(ran, lines)
            finally:
                if ran.poll() is None:
                    os.killpg(ran.pid, signal.SIGKILL)
                    ran.wait()
        if ran.returncode:
            text = (work / "said.txt").read_text(errors="replace")
            raise RuntimeError(f"pytest ended with {ran.returncode}:\n{text[-4000:]}")
    finally:
        shutil.rmtree(work, ignore_errors=True)


def _as_they_come(ran: subprocess.Popen[bytes], lines: Iterable[str]) -> Iterator[Found]:
    ended = False
    while not ended:
        # Before the last look, or what came between the two would be missed.
        ended = ran.poll() is not None
        for line in lines:
            yield Found(**json.loads(line))
        time.sleep(0.1)


def _command(changes: Sequence[Change], postgres: str) -> list[str]:
    tests = sorted({test.partition("[")[0] for change in changes for test in change.tests})
    plugins = [word for name in _PLUGINS for word in ("-p", name)]
    return [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-s",
        *plugins,
        *([] if postgres else ["--reuse-db"]),
        *tests,
    ]


def _environment(work: Path, postgres: str, jobs: int, longest: float) -> dict[str, str]:
    inherited = {name: value for name, value in os.environ.items() if name not in _DATABASES}
    return {
        **inherited,
        **({"TEST_DATABASE_URL": postgres} if postgres else {}),
        "DJANGO_SETTINGS_MODULE": "tests.settings",
        "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
        "MUTANTS_WORK": str(work),
        "MUTANTS_JOBS": str(jobs),
        "MUTANTS_LONGEST": str(longest),
    }
