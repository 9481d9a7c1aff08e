"""What befalls a whole hub while orders keep coming: a worker, a system or a database is gone for some seconds."""

from __future__ import annotations

import contextlib
import os
import resource
import signal
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg
import redis

from integrations.simulation.chaos.databases import PostgresServer, let_it_fill
from integrations.simulation.chaos.fault_injector import WorkerProcess
from integrations.simulation.chaos.faults import ANY_ENGINE, WITH_A_SERVER, Engine
from integrations.simulation.chaos.own_servers import OwnPostgres, OwnRedis
from integrations.simulation.chaos.sandboxes import TrappedPace, TrappedPressero
from integrations.simulation.demo.processes import DemoProcess, free_port

# A pause of this length before each answer of Pace.
SLOW_ANSWER = 0.3


@dataclass
class World:
    """Everything that can be hit. `servers`: PostgreSQL and Redis, when the run has started them."""

    folder: Path
    pace: TrappedPace
    pressero: TrappedPressero
    portal: DemoProcess
    workers: list[WorkerProcess]
    database: dict[str, Any]
    postgres: OwnPostgres | None = None
    redis: OwnRedis | None = None
    started: int = 0
    _session: Any = None
    _frozen: list[int] = field(default_factory=list)

    # Workers

    def keep_running(self) -> None:
        """Start anew what has ended, as whatever runs services does."""
        for position, one in enumerate(self.workers):
            if one.has_ended:
                self.started += 1
                self.workers[position] = WorkerProcess(self.folder, f"{position + 1}-{self.started}")

    def kill_workers(self) -> None:
        for one in self.workers:
            one.kill_all()

    def freeze_workers(self) -> None:
        self._frozen = [group for one in self.workers for group in one.clusters()]
        self._signal_frozen(signal.SIGSTOP)

    def wake_workers(self) -> None:
        self._signal_frozen(signal.SIGCONT)

    def _signal_frozen(self, number: signal.Signals) -> None:
        for group in self._frozen:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(group, number)

    # Systems

    def pace_answers_html(self) -> None:
        self.pace.faults.add("garbage", times=0)

    def pace_answers_slowly(self) -> None:
        self.pace.latency = SLOW_ANSWER

    def pace_is_well(self) -> None:
        self.pace.faults.clear()
        self.pace.latency = 0.0
        self.pace.recover()

    def pressero_is_well(self) -> None:
        self.pressero.recover()

    # SQLite

    def lock_file(self) -> None:
        """Another process holds the lock for writing."""
        self._session = sqlite3.connect(
            self.database["NAME"], isolation_level=None, check_same_thread=False, timeout=20
        )
        self._session.execute("BEGIN IMMEDIATE")

    def unlock_file(self) -> None:
        self._session.close()

    def limit_files(self, size: int) -> None:
        """No file of the hub's processes is written beyond that size; -1: as large as it may."""
        for process in (self.portal, *self.workers):
            for number in _family(process.pid):
                with contextlib.suppress(ProcessLookupError):
                    _, most = resource.prlimit(number, resource.RLIMIT_FSIZE)
                    resource.prlimit(number, resource.RLIMIT_FSIZE, (most if size < 0 else size, most))

    # PostgreSQL

    @property
    def server(self) -> PostgresServer:
        """Where whole databases are treated."""
        assert self.postgres is not None  # noqa: S101 - the engine has one
        return PostgresServer(self.postgres.control)

    def hang_session(self) -> None:
        """A session that has locked every order."""
        self._session = psycopg.connect(self.server.address_of(self.database["NAME"]))
        self._session.execute("SELECT 1 FROM integrations_order FOR UPDATE")

    def end_session(self) -> None:
        self._session.close()

    def set_read_only(self, read_only: bool) -> None:
        self.server.set_read_only(self.database["NAME"], read_only)
        self.server.end_connections(self.database["NAME"])

    def make_fillable(self) -> None:
        let_it_fill(self.server.address_of(self.database["NAME"]))

    def set_full(self, full: bool) -> None:
        with psycopg.connect(self.server.address_of(self.database["NAME"])) as session:
            session.execute('UPDATE kept."trouble" SET disk_full = %s', [full])

    def take_connections(self) -> None:
        self.server.limit_connections(self.database["NAME"], 0)
        self.server.end_connections(self.database["NAME"])

    def give_connections(self) -> None:
        self.server.limit_connections(self.database["NAME"], -1)

    def stop_postgres(self) -> None:
        assert self.postgres is not None  # noqa: S101 - the engine has one
        self.postgres.stop()

    def start_postgres(self) -> None:
        assert self.postgres is not None  # noqa: S101 - the engine has one
        self.postgres.start()

    def make_standby(self) -> None:
        assert self.postgres is not None  # noqa: S101 - the engine has one
        folder = self.postgres.folder.with_name(f"{self.postgres.folder.name}-standby")
        self._session = self.postgres.standby(folder, free_port(0))

    def fail_over(self) -> None:
        """The standby takes the place of the server that has died, with its address."""
        assert self.postgres is not None  # noqa: S101 - the engine has one
        standby: OwnPostgres = self._session
        standby.promote()
        standby.stop(signal.SIGINT)
        standby.port = self.postgres.port
        standby.start()
        self.postgres = standby

    # Redis

    def empty_redis(self) -> None:
        assert self.redis is not None  # noqa: S101 - the engine has one
        with redis.Redis.from_url(self.redis.address) as client:
            client.flushall()

    def stop_redis(self) -> None:
        assert self.redis is not None  # noqa: S101 - the engine has one
        self.redis.stop()

    def start_redis(self) -> None:
        assert self.redis is not None  # noqa: S101 - the engine has one
        self.redis.start()


def _family(number: int) -> list[int]:
    """A process and all that it has started."""
    found, waiting = [], [number]
    while waiting:
        found.append(waiting.pop())
        with contextlib.suppress(OSError):
            tasks = Path(f"/proc/{found[-1]}/task").iterdir()
            waiting += [int(child) for task in tasks for child in (task / "children").read_text().split()]
    return found


def _nothing(world: World) -> None:
    pass


@dataclass(frozen=True)
class Nemesis:
    """`begin` and `end` it; `prepare` what it needs, before the clock runs."""

    key: str
    title: str
    begin: Callable[[World], None]
    end: Callable[[World], None] = _nothing
    prepare: Callable[[World], None] = _nothing
    engines: frozenset[Engine] = ANY_ENGINE


_ON_SQLITE = frozenset({Engine.SQLITE})

NEMESES: tuple[Nemesis, ...] = (
    Nemesis("killed", "all workers killed, started again", World.kill_workers, World.keep_running),
    Nemesis("frozen", "all workers frozen and woken", World.freeze_workers, World.wake_workers),
    Nemesis("pace_gone", "Pace refuses connections", lambda w: w.pace.stop_listening(), World.pace_is_well),
    Nemesis(
        "pace_half_open", "connections to Pace half-open", lambda w: w.pace.stop_reading(), World.pace_is_well
    ),
    Nemesis("pace_expired", "Pace's certificate expired", lambda w: w.pace.let_expire(), World.pace_is_well),
    Nemesis("pace_html", "a proxy answers HTML for Pace", World.pace_answers_html, World.pace_is_well),
    Nemesis("pace_slow", "Pace slow", World.pace_answers_slowly, World.pace_is_well),
    Nemesis(
        "pressero_gone",
        "Pressero refuses connections",
        lambda w: w.pressero.stop_listening(),
        World.pressero_is_well,
    ),
    Nemesis("locked", "database locked", World.lock_file, World.unlock_file, engines=_ON_SQLITE),
    Nemesis(
        "full",
        "database's disk full",
        lambda w: w.limit_files(0),
        lambda w: w.limit_files(-1),
        engines=_ON_SQLITE,
    ),
    Nemesis("hung", "database session hung", World.hang_session, World.end_session, engines=WITH_A_SERVER),
    Nemesis(
        "full",
        "database's disk full",
        lambda w: w.set_full(True),
        lambda w: w.set_full(False),
        World.make_fillable,
        engines=WITH_A_SERVER,
    ),
    Nemesis(
        "read_only",
        "database read-only",
        lambda w: w.set_read_only(True),
        lambda w: w.set_read_only(False),
        engines=WITH_A_SERVER,
    ),
    Nemesis(
        "exhausted",
        "database takes no more connections",
        World.take_connections,
        World.give_connections,
        engines=WITH_A_SERVER,
    ),
    Nemesis(
        "restarted", "database restarted", World.stop_postgres, World.start_postgres, engines=WITH_A_SERVER
    ),
    Nemesis(
        "failed_over",
        "database failed over to its standby",
        World.stop_postgres,
        World.fail_over,
        World.make_standby,
        engines=WITH_A_SERVER,
    ),
    Nemesis("flushed", "Redis emptied", World.empty_redis, engines=WITH_A_SERVER),
    Nemesis(
        "redis_gone", "Redis stopped, empty again", World.stop_redis, World.start_redis, engines=WITH_A_SERVER
    ),
)


def nemeses_of(engine: Engine) -> list[Nemesis]:
    """Those that a hub on this database can meet."""
    return [one for one in NEMESES if engine in one.engines]
