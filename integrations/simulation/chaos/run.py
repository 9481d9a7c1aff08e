"""A whole run: each part in a process of its own, on scratch databases that are removed again."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from django.conf import settings
from django.db import connection

from integrations.simulation.chaos import burst, cases, own_servers, results, stream
from integrations.simulation.chaos.call_sites import CALLED, CallSite
from integrations.simulation.chaos.cases import Case
from integrations.simulation.chaos.databases import CONTROL, PostgresServer
from integrations.simulation.chaos.faults import BY_KEY, Engine, faults_of
from integrations.simulation.chaos.matrix import engine, run_matrix
from integrations.simulation.chaos.processes import ANSWER_TIMEOUT, BURST_ANSWER_TIMEOUT, environment
from integrations.simulation.chaos.results import PartResult, Summary
from integrations.simulation.chaos.stream import POSTGRES_FOLDER
from integrations.simulation.published import run_here

Say = Callable[[str], None]
# How long a part may take to end what it has started.
STOP_SECONDS = 90.0


@dataclass(frozen=True)
class RunOptions:
    """What was asked for. `case`: only this one (see Case.name). `whole`: every fault at every call on both databases. `on`:
    only on this one. `every`: of each fault only every so-manieth case."""

    short: bool
    whole: bool
    on: str
    case: str
    hubs: int
    orders: int
    seed: int
    without_burst: bool
    without_matrix: bool
    without_stream: bool
    nemesis: str
    every: int


@dataclass(frozen=True)
class ChaosServices:
    """Addresses of servers; empty: there is none. `control`: by which a superuser reaches a PostgreSQL that the run has
    started itself in this folder, together with its Redis."""

    postgres: str
    redis: str
    control: str = ""
    folder: str = ""

    @classmethod
    def from_environment(cls) -> ChaosServices:
        """CHAOS_* variables, or those of the tests."""

        def address(name: str) -> str:
            return os.environ.get(f"CHAOS_{name}") or os.environ.get(f"TEST_{name}") or ""

        postgres = address("DATABASE_URL")
        return cls(postgres if postgres.startswith("postgres") else "", address("REDIS_URL"))

    @contextlib.contextmanager
    def or_own(self) -> Iterator[ChaosServices]:
        """Servers that the run starts for itself, where their programs are installed; else these."""
        programs, redis = own_servers.postgres_programs(), own_servers.redis_program()
        if programs is None or redis is None:
            yield self
            return
        with own_servers.own_postgres(programs) as cluster, own_servers.own_redis(redis) as keeper:
            yield ChaosServices(cluster.control, keeper.address, cluster.control, str(cluster.folder))


@dataclass(frozen=True)
class Part:
    """One thing to run: the matrix, a burst or a stream, on which database and broker, with which options."""

    what: str
    title: str
    postgres: bool = False
    redis: bool = False
    options: tuple[str, ...] = ()

    @property
    def engine(self) -> Engine:
        return Engine.POSTGRESQL if self.postgres else Engine.SQLITE

    @property
    def answer_timeout(self) -> int:
        return ANSWER_TIMEOUT if self.what == "matrix" else BURST_ANSWER_TIMEOUT


def run(
    run_options: RunOptions, services: ChaosServices, folder: Path, say: Say
) -> tuple[list[Summary], list[str]]:
    """Everything that was asked for: what each part found, and what could not be run.

    Raises RuntimeError when a part does not get to its end.
    """
    with contextlib.ExitStack() as stack:
        if (services.postgres or not run_options.short) and run_options.on != Engine.SQLITE.lower():
            services = stack.enter_context(services.or_own())
        parts, missing = _parts(run_options, services)
        numbers = {part: number for number, part in enumerate(parts, 1)}
        running = _Running()

        def run_one(part: Part, migrated: _Migrated) -> Summary:
            began = time.monotonic()
            result = _run_part(part, services, migrated, folder / f"{numbers[part]}-{part.what}", running)
            seconds = time.monotonic() - began
            say(f"{part.title}: {seconds:.0f} s")
            return results.summary(part.what, str(part.engine), result, **run_here(), seconds=seconds)

        def run_in_turn(engine: Engine) -> list[Summary]:
            mine = [part for part in parts if part.engine is engine]
            with _Migrated(engine, services, folder) as migrated:
                return [run_one(part, migrated) for part in mine]

        # Both databases at the same time: much of each is waiting. On each, what stops its servers comes last.
        engines = sorted({part.engine for part in parts}, key=list(Engine).index)
        with ThreadPoolExecutor(max_workers=len(Engine)) as pool, running.or_ended():
            of_engines = [pool.submit(run_in_turn, engine) for engine in engines]
            for ended in wait(of_engines, return_when=FIRST_EXCEPTION).done:
                ended.result()
    return [one for of_engine in of_engines for one in of_engine.result()], missing


def _parts(run_options: RunOptions, services: ChaosServices) -> tuple[list[Part], list[str]]:
    engines = [engine for engine in Engine if run_options.on in ("", engine.lower())]
    missing: list[str] = []
    if run_options.short:
        # On the database that is at hand: with the tests, on theirs.
        engines = [Engine.POSTGRESQL if services.postgres else Engine.SQLITE]
    elif Engine.POSTGRESQL in engines and not (services.postgres and services.redis):
        missing.append(_NO_SERVERS)
        if not services.postgres:
            engines.remove(Engine.POSTGRESQL)
    parts: list[Part] = []
    if not run_options.without_matrix:
        parts += _matrices(run_options, services, engines)
    if run_options.short or run_options.case:
        return parts, missing
    for one in engines:
        on_server = one is Engine.POSTGRESQL
        if on_server and not services.redis:
            continue
        place = "PostgreSQL and Redis, two clusters" if on_server else "SQLite, one cluster"
        amount = ("--orders", str(run_options.orders), "--seed", str(run_options.seed))
        clusters = ("--clusters", "2" if on_server else "1")
        if not run_options.without_burst:
            parts.append(Part("burst", f"Burst on {place}", on_server, on_server, (*amount, *clusters)))
        # Only servers of its own may be stopped.
        if not run_options.without_stream and (services.control or not on_server):
            only = ("--nemesis", run_options.nemesis) if run_options.nemesis else ()
            parts.append(Part("stream", f"Stream on {place}", on_server, on_server, (*clusters, *only)))
    return parts, missing


_NO_SERVERS = (
    "what needs PostgreSQL and Redis (they are not installed here, and CHAOS_DATABASE_URL and CHAOS_REDIS_URL, or the TEST_ "
    "variables of the same names, are not set)."
)


def _matrices(run_options: RunOptions, services: ChaosServices, engines: list[Engine]) -> list[Part]:
    hubs = max(1, run_options.hubs // len(engines)) if engines else 1
    common = (
        "--hubs",
        str(hubs),
        "--every",
        str(run_options.every),
        *(("--short",) if run_options.short else ()),
    )
    if run_options.case:
        common = (*common, "--case", run_options.case)
    elif not (run_options.whole or run_options.short) and len(engines) > 1:
        common = (*common, "--share")
    fault = BY_KEY.get(run_options.case.partition("@")[0])
    return [
        Part(
            "matrix",
            f"Matrix on {engine}",
            engine is Engine.POSTGRESQL,
            engine is Engine.POSTGRESQL and bool(services.redis),
            common,
        )
        for engine in engines
        if fault is None or engine in fault.engines
    ]


class _Running:
    """The processes of the parts."""

    def __init__(self) -> None:
        self._processes: list[subprocess.Popen[bytes]] = []

    def add(self, process: subprocess.Popen[bytes]) -> None:
        self._processes.append(process)

    @contextlib.contextmanager
    def or_ended(self) -> Iterator[None]:
        """When one part fails or the run is stopped, none goes on."""
        try:
            yield
        except BaseException:
            for process in self._processes:
                process.terminate()
            for process in self._processes:
                try:
                    process.wait(STOP_SECONDS)
                except subprocess.TimeoutExpired:
                    process.kill()
            raise


class _Migrated:
    """A database with the hub's tables and nothing in it, of which each part on this engine gets a copy."""

    def __init__(self, engine: Engine, services: ChaosServices, folder: Path) -> None:
        self._server = PostgresServer(services.postgres) if engine is Engine.POSTGRESQL else None
        # Its own server ends with the run, and its databases with it.
        self._is_own = bool(services.control)
        self._owner = own_servers.HUB_ROLE if self._is_own else ""
        self._file = folder / "migrated.sqlite3"
        self._stack = contextlib.ExitStack()
        self._address = ""

    def __enter__(self) -> Self:
        self._file.parent.mkdir(parents=True, exist_ok=True)
        if self._server is None:
            self._address = f"sqlite:///{self._file}"
        else:
            self._address = self._stack.enter_context(self._scratch(self._server))
        with self._stack:
            subprocess.run(  # noqa: S603 - our own command
                [sys.executable, str(settings.BASE_DIR / "manage.py"), "migrate", "--verbosity", "0"],
                env={**os.environ, **environment(self._address)},
                cwd=settings.BASE_DIR,
                check=True,
            )
            self._stack = self._stack.pop_all()
        return self

    def __exit__(self, *error: object) -> None:
        self._stack.close()

    @contextlib.contextmanager
    def copy(self, folder: Path) -> Iterator[str]:
        """The address of a new database, which is removed at the end of the block from a server that others use."""
        if self._server is None:
            shutil.copyfile(self._file, folder / "hub.sqlite3")
            yield f"sqlite:///{folder / 'hub.sqlite3'}"
            return
        with self._scratch(self._server, template=self._address.rpartition("/")[2]) as address:
            yield address

    def _scratch(
        self, server: PostgresServer, template: str = "template1"
    ) -> contextlib.AbstractContextManager[str]:
        return server.scratch("hub_chaos", owner=self._owner, template=template, stays=self._is_own)


def _run_part(
    part: Part, services: ChaosServices, migrated: _Migrated, folder: Path, running: _Running
) -> PartResult:
    folder.mkdir(parents=True)
    found = folder / "results.json"
    with migrated.copy(folder) as address:
        process = subprocess.Popen(  # noqa: S603 - our own command
            [
                sys.executable, str(settings.BASE_DIR / "manage.py"), "chaos", "--part", part.what,
                "--folder", str(folder), "--title", part.title, *part.options,
            ],
            env={
                **os.environ,
                **environment(address, services.redis if part.redis else "", answer_timeout=part.answer_timeout),
                CONTROL: services.control if part.postgres else "",
                POSTGRES_FOLDER: services.folder,
            },
            cwd=settings.BASE_DIR,
        )  # fmt: skip
        running.add(process)
        process.wait()
    if process.returncode or not found.exists():
        raise RuntimeError(f"{part.title} did not get to its end; its logs are in {folder}.")
    return results.load(found)


# --- Inside the process of a part -----------------------------------------------------------------------------


def run_part(what: str, options: dict[str, object], say: Say) -> None:
    """One part, in this process, whose settings are those of the part; its results go into its folder."""
    folder = Path(str(options["folder"]))
    title = str(options["title"])
    clusters = int(str(options["clusters"]))
    if what == "matrix":
        result = _matrix(title, options, folder, say)
    elif what == "stream":
        result = stream.run_stream(title, clusters, str(options["nemesis"]), folder, say)
    else:
        wanted = burst.Wanted(
            orders=int(str(options["orders"])),
            clusters=clusters,
            seed=int(str(options["seed"])),
        )
        result = burst.run_burst(title, wanted, folder, say)
    results.store(result, folder / "results.json")


def _matrix(title: str, options: dict[str, object], folder: Path, say: Say) -> PartResult:
    connection.close()
    wanted, short, share = str(options["case"] or ""), bool(options["short"]), bool(options["share"])
    own = bool(os.environ.get(CONTROL))

    def choose(found: list[CallSite], on: Engine) -> list[Case]:
        if short:
            chosen = cases.short_form(found, on, own_servers=own)
        else:
            faults = faults_of(on, own_servers=own)
            chosen = cases.every_case(found, faults, share=on if share else None)
        chosen = [case for case in chosen if wanted in ("", case.name, case.fault.key)]
        return cases.thinned(chosen, int(str(options["every"])))

    reference, outcomes = run_matrix(choose, hubs=int(str(options["hubs"])), folder=folder, say=say)
    judged = [results.of_outcome(outcome, engine()) for outcome in outcomes]
    called = [f"{place.system} {place.verb}" for place in reference.places if place.system in CALLED]
    remarks = [
        f"{len(called)} calls and {len(reference.places) - len(called)} statements of an undisturbed run."
    ]
    if share:
        remarks.append(
            "What happens only between the hub and another system is shared with the other database."
        )
    if int(str(options["every"])) > 1:
        remarks.append(f"Time was short: of each fault one case in {options['every']}.")
    return PartResult(title, judged, remarks, calls=called)
