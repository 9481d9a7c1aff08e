"""A plugin of pytest that runs chosen tests once for each of many changes of the product, each in a fork of its own.

The hub and the tests are loaded once for all; a fork then puts the changed function in its place. Environment:
MUTANTS_WORK is a folder with `changes.json` (a list of name, file, source, tests; without a file: no change). What comes of
each is a line of JSON in `verdicts.jsonl`. MUTANTS_JOBS: how many at the same time. On SQLite, use `--reuse-db`: the tables
are then made once, too.
"""

from __future__ import annotations

import gc
import json
import os
import resource
import shutil
import signal
import time
import traceback
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db import connection, connections
from django.db.backends.base import creation
from django.test.utils import setup_databases
from pytest_django.plugin import blocking_manager_key

from tests import migrated
from tests.mutants.swap import Loaded, NotSwappedError, loaded_functions, swap

WORK = Path(os.environ.get("MUTANTS_WORK", "."))
JOBS = int(os.environ.get("MUTANTS_JOBS", "2"))
# The named tests take seconds; a change that makes them hang is ended after so many of a processor, or five times as many
# of the clock: on a busy machine, what is only slow must not pass for noticed.
LONGEST = float(os.environ.get("MUTANTS_LONGEST", "600"))
HANGS = "hangs"
MADE = WORK / "made.sqlite3"


@pytest.hookimpl(tryfirst=True)
def pytest_runtestloop(session: pytest.Session) -> bool:
    """In the place of pytest's own loop."""
    if session.testsfailed:
        raise session.Interrupted("The tests could not be collected.")
    if connection.vendor == "sqlite":
        _make_tables(session.config)
    waiting = json.loads((WORK / "changes.json").read_text(encoding="utf-8"))
    loaded = loaded_functions({change["file"] for change in waiting} - {""})
    # Else the first collection of garbage in a fork would copy all that is shared.
    gc.freeze()
    running: dict[int, tuple[dict[str, Any], float]] = {}
    with (WORK / "verdicts.jsonl").open("w", encoding="utf-8") as verdicts:
        while waiting or running:
            while waiting and len(running) < JOBS:
                change = waiting.pop(0)
                if (child := os.fork()) == 0:
                    _be_the_fork(session, change, loaded)
                running[child] = change, time.monotonic()
            time.sleep(0.02)
            for child, (change, began) in list(running.items()):
                seconds = time.monotonic() - began
                hangs = seconds > 5 * LONGEST
                if hangs:
                    os.kill(child, signal.SIGKILL)
                ended, status, used = os.wait4(child, 0 if hangs else os.WNOHANG)
                if not ended:
                    continue
                del running[child]
                answer = WORK / f"{child}.json"
                if answer.exists():
                    found = json.loads(answer.read_text())
                elif os.WIFSIGNALED(status):
                    found = {"by": HANGS}
                else:
                    raise RuntimeError(f"“{change['name']}” could not be tried: {status}")
                found |= {"name": change["name"], "seconds": used.ru_utime + used.ru_stime}
                verdicts.write(f"{json.dumps(found)}\n")
                verdicts.flush()
                for left in WORK.glob(f"{child}.*"):
                    left.unlink()
    return True


def _make_tables(config: pytest.Config) -> None:
    """Once, in a fork, so that this process has no connection that the others would share."""
    if (child := os.fork()) == 0:
        try:
            _use_database(str(MADE))
            with config.stash[blocking_manager_key].unblock(), migrated.beginning_with_a_copy():
                setup_databases(0, False, keepdb=True)
            connections.close_all()
        except BaseException:  # noqa: BLE001 - whatever it is, the loop must not go on in the fork
            os.write(2, traceback.format_exc().encode())
            os._exit(1)
        os._exit(0)
    if os.waitpid(child, 0)[1]:
        raise RuntimeError("The tables could not be made.")


def _be_the_fork(session: pytest.Session, change: dict[str, Any], loaded: Loaded) -> None:
    """Run the tests of the change up to the first that fails, note which it was, and end this process."""
    try:
        resource.setrlimit(resource.RLIMIT_CPU, (int(LONGEST), int(LONGEST)))
        nothing = os.open(os.devnull, os.O_WRONLY)
        errors = os.dup(2)
        for stream in (1, 2):
            os.dup2(nothing, stream)
        _use_own_database()
        if change["file"]:
            swap(change["file"], change["source"], loaded)
        answer = {"by": _first_failure(session, change["tests"])}
    except NotSwappedError as error:
        answer = {"by": "", "problem": str(error)}
    except BaseException:  # noqa: BLE001 - whatever it is, the loop must not go on in the fork
        os.write(errors, traceback.format_exc().encode())
        os._exit(1)
    (WORK / f"{os.getpid()}.json").write_text(json.dumps(answer))
    os._exit(0)


def _use_own_database() -> None:
    """A copy of the SQLite that has its tables, or a database of its own on the PostgreSQL."""
    own = f"mutants_{os.getpid()}"
    if connection.vendor == "sqlite":
        own = shutil.copyfile(MADE, str(WORK / f"{os.getpid()}.sqlite3"))
        # It has its tables, and what follows them.
        creation.call_command = lambda *names, **options: None
        migrated.beginning_with_a_copy = nullcontext
    _use_database(own)


def _use_database(name: str) -> None:
    settings.DATABASES["default"]["TEST"]["NAME"] = name
    connections["default"].settings_dict["TEST"]["NAME"] = name


def _first_failure(session: pytest.Session, tests: list[str]) -> str:
    # In the order of the list: what is likely to notice stands first.
    items = list(dict.fromkeys(one for test in tests for one in session.items if _is_of(one.nodeid, test)))
    if not items:
        raise ValueError(f"no test is called {tests}")
    failures = _Failures()
    session.config.pluginmanager.register(failures)
    for number, item in enumerate(items):
        following = items[number + 1] if number + 1 < len(items) else None
        session.config.hook.pytest_runtest_protocol(item=item, nextitem=following)
        if failures.found:
            session._setupstate.teardown_exact(None)
            return failures.found
    if not failures.passed:
        raise ValueError(f"every test of {tests} was skipped")
    return ""


def _is_of(test: str, named: str) -> bool:
    return test == named or test.startswith((f"{named}::", f"{named}[", f"{named}/"))


class _Failures:
    """The first test that fails."""

    found = ""
    passed = False

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.failed and not self.found:
            self.found = report.nodeid
        self.passed = self.passed or (report.when == "call" and report.passed)
