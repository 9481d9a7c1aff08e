"""A whole run: each part in a process of its own, on scratch databases that are removed again."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings
from django.core.management import call_command
from django.db import connection

from integrations.simulation.chaos import burst, cases, results
from integrations.simulation.chaos.cases import CallSite, Case
from integrations.simulation.chaos.databases import PostgresServer
from integrations.simulation.chaos.faults import BY_KEY, Engine
from integrations.simulation.chaos.matrix import engine, run_matrix
from integrations.simulation.chaos.processes import ANSWER_TIMEOUT, BURST_ANSWER_TIMEOUT, environment
from integrations.simulation.chaos.results import PartResult

Say = Callable[[str], None]


@dataclass(frozen=True)
class Wishes:
    """What was asked for. `case`: only this one (see Case.name)."""

    short: bool
    case: str
    hubs: int
    orders: int
    seed: int
    without_burst: bool
    without_matrix: bool


@dataclass(frozen=True)
class Services:
    """Addresses of servers that may be used besides what the run starts itself; empty: there is none."""

    postgres: str
    redis: str

    @classmethod
    def from_environment(cls) -> Services:
        """CHAOS_* variables, or those of the tests."""

        def address(name: str) -> str:
            return os.environ.get(f"CHAOS_{name}") or os.environ.get(f"TEST_{name}") or ""

        postgres = address("DATABASE_URL")
        return cls(postgres if postgres.startswith("postgres") else "", address("REDIS_URL"))


@dataclass(frozen=True)
class Part:
    """One thing to run: the matrix or a burst, on which database and broker, with which options."""

    what: str
    title: str
    postgres: bool = False
    redis: bool = False
    options: tuple[str, ...] = ()

    @property
    def answer_timeout(self) -> int:
        return BURST_ANSWER_TIMEOUT if self.what == "burst" else ANSWER_TIMEOUT


def run(
    wishes: Wishes, services: Services, folder: Path, say: Say
) -> tuple[list[PartResult], list[PartResult], list[str]]:
    """Everything that was asked for: results of the matrix, results of the bursts, and what could not be run.

    Raises RuntimeError when a part does not get to its end.
    """
    parts, missing = _parts(wishes, services)
    matrix: list[PartResult] = []
    bursts: list[PartResult] = []
    for number, part in enumerate(parts, 1):
        say(f"{part.title} …")
        (matrix if part.what == "matrix" else bursts).append(
            _run_part(part, services, folder / f"{number}-{part.what}")
        )
    return matrix, bursts, missing


def _parts(wishes: Wishes, services: Services) -> tuple[list[Part], list[str]]:
    common = ("--hubs", str(wishes.hubs), *(("--short",) if wishes.short else ()))
    one = ("--case", wishes.case) if wishes.case else ()
    parts: list[Part] = []
    missing: list[str] = []
    if not wishes.without_matrix:
        fault = BY_KEY.get(wishes.case.partition("@")[0])
        on_sqlite = fault is None or Engine.SQLITE in fault.engines
        # The short form runs on the database that is at hand: with the tests, on theirs.
        if on_sqlite and not (wishes.short and services.postgres):
            parts.append(Part("matrix", "Matrix on SQLite", options=(*common, *one)))
        if services.postgres:
            parts.append(
                Part("matrix", "Matrix on PostgreSQL", True, bool(services.redis), options=(*common, *one))
            )
        elif not wishes.short:
            missing.append("the matrix on PostgreSQL (CHAOS_DATABASE_URL is not set).")
    if wishes.short or wishes.case or wishes.without_burst:
        return parts, missing
    amount = ("--orders", str(wishes.orders), "--seed", str(wishes.seed))
    parts.append(Part("burst", "SQLite, one cluster", options=(*amount, "--clusters", "1")))
    if services.postgres and services.redis:
        parts.append(
            Part("burst", "PostgreSQL and Redis, two clusters", True, True, (*amount, "--clusters", "2"))
        )
    else:
        missing.append(
            "the burst on PostgreSQL and Redis with two clusters (CHAOS_DATABASE_URL and CHAOS_REDIS_URL, or the TEST_ "
            "variables of the same names, are not set)."
        )
    return parts, missing


def _run_part(part: Part, services: Services, folder: Path) -> PartResult:
    folder.mkdir(parents=True)
    found = folder / "results.json"
    with _database(part, services, folder) as address:
        done = subprocess.run(  # noqa: S603 - our own command
            [
                sys.executable, str(settings.BASE_DIR / "manage.py"), "chaos", "--part", part.what,
                "--folder", str(folder), "--title", part.title, *part.options,
            ],
            env={
                **os.environ,
                **environment(address, services.redis if part.redis else "", answer_timeout=part.answer_timeout),
            },
            cwd=settings.BASE_DIR,
            check=False,
        )  # fmt: skip
    if done.returncode or not found.exists():
        raise RuntimeError(f"{part.title} did not get to its end; its logs are in {folder}.")
    return results.load(found)


def _database(part: Part, services: Services, folder: Path) -> contextlib.AbstractContextManager[str]:
    """The address of a new, empty database."""
    if part.postgres:
        return PostgresServer(services.postgres).scratch("hub_chaos")
    return contextlib.nullcontext(f"sqlite:///{folder / 'hub.sqlite3'}")


# --- Inside the process of a part -----------------------------------------------------------------------------


def run_part(what: str, options: dict[str, object], say: Say) -> None:
    """One part, in this process, whose settings are those of the part; its results go into its folder."""
    call_command("migrate", verbosity=0)
    folder = Path(str(options["folder"]))
    title = str(options["title"])
    if what == "matrix":
        result = _matrix(title, options, folder, say)
    else:
        wanted = burst.Wanted(
            orders=int(str(options["orders"])),
            clusters=int(str(options["clusters"])),
            seed=int(str(options["seed"])),
        )
        result = burst.run_burst(title, wanted, folder, say)
    results.store(result, folder / "results.json")


def _matrix(title: str, options: dict[str, object], folder: Path, say: Say) -> PartResult:
    connection.close()
    wanted, short = str(options["case"] or ""), bool(options["short"])

    def choose(found: list[CallSite], on: Engine) -> list[Case]:
        chosen = cases.short_form(found, on) if short else cases.every_case(found, on)
        return [case for case in chosen if wanted in ("", case.name, case.fault.key)]

    reference, outcomes = run_matrix(choose, hubs=int(str(options["hubs"])), folder=folder, say=say)
    judged = [results.of_outcome(outcome, engine()) for outcome in outcomes]
    return PartResult(title, judged, calls=[f"{place.system} {place.verb}" for place in reference.places])
