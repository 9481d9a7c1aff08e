"""Servers of PostgreSQL and Redis that a run starts for itself, on 127.0.0.1, and ends by their process ids.

So they can be stopped, emptied and overfilled without anybody else's loss.
"""

from __future__ import annotations

import contextlib
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import redis

from integrations.simulation.demo.processes import free_port

START_SECONDS = 60.0
TICK = 0.1
# PostgreSQL does not run as root.
UNPRIVILEGED = "postgres"
SUPERUSER = "postgres"
# The role by which a hub connects: no superuser, so that limits are limits for it, too.
HUB_ROLE = "hub"
_CONFIGURATION = """
listen_addresses = '127.0.0.1'
unix_socket_directories = ''
max_connections = 300
shared_buffers = 128MB
max_wal_size = 2GB
# No power fails here, and the operating system outlives every process that is killed.
fsync = off
full_page_writes = off
# What a run leaves is thrown away soon.
autovacuum = off
log_line_prefix = '%m [%p] %d '
"""


class ServerError(RuntimeError):
    """A server did not start; the message says where its log is."""


def postgres_programs() -> Path | None:
    """The folder with PostgreSQL's programs, the newest one; None when there is none that could be run here."""
    if os.getuid() == 0 and _unprivileged() is None:
        return None
    folders = sorted(
        Path("/usr/lib/postgresql").glob("*/bin"),
        key=lambda folder: float(folder.parent.name) if folder.parent.name.isdigit() else 0.0,
    )
    if found := shutil.which("initdb"):
        folders.insert(0, Path(found).resolve().parent)
    whole = [folder for folder in folders if all((folder / name).exists() for name in ("initdb", "postgres"))]
    return whole[-1] if whole else None


def redis_program() -> str | None:
    """Redis' own program, if it is installed."""
    return shutil.which("redis-server")


def _unprivileged() -> pwd.struct_passwd | None:
    with contextlib.suppress(KeyError):
        return pwd.getpwnam(UNPRIVILEGED)
    return None


class OwnPostgres:
    """A cluster in a folder of its own, with a standby when one is made."""

    def __init__(self, programs: Path, folder: Path, port: int) -> None:
        self.port = port
        self.folder = folder
        self._programs = programs
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def control(self) -> str:
        """The superuser's address, without a database."""
        return f"postgres://{SUPERUSER}@127.0.0.1:{self.port}/postgres"

    @property
    def pid(self) -> int | None:
        """The process of the server, whoever started it; None when it does not run."""
        with contextlib.suppress(OSError, ValueError, IndexError):
            number = int((self.folder / "postmaster.pid").read_text().split()[0])
            return number if _lives(number) else None
        return None

    def make(self) -> None:
        """A new cluster with the role of the hub; raises ServerError."""
        self._run(
            "initdb", "-D", str(self.folder), "-U", SUPERUSER, "-A", "trust", "-E", "UTF8",
            "--locale=C.UTF-8", "--no-sync", "--wal-segsize=4",
        )  # fmt: skip
        # It is there already, and stays its owner's.
        (self.folder / "postgresql.auto.conf").write_text(_CONFIGURATION)
        self.start()
        with psycopg.connect(self.control, autocommit=True) as session:
            session.execute(f"CREATE ROLE {HUB_ROLE} LOGIN")

    def start(self) -> None:
        """Start it and wait until it answers."""
        log = self.folder.with_suffix(".log").open("ab")
        command = [str(self._programs / "postgres"), "-D", str(self.folder), "-p", str(self.port)]
        with log:
            self._process = subprocess.Popen(  # noqa: S603 - found above
                command, stdout=log, stderr=log, start_new_session=True, **_user()
            )
        self.wait()

    def wait(self) -> None:
        """Until it answers. Raises ServerError when it has ended or takes too long."""
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            with contextlib.suppress(psycopg.OperationalError):
                psycopg.connect(self.control, connect_timeout=2).close()
                return
            if self._process is not None and self._process.poll() is not None:
                break
            time.sleep(TICK)
        raise ServerError(f"PostgreSQL does not start; its log is {self.folder.with_suffix('.log')}.")

    def stop(self, how: signal.Signals = signal.SIGQUIT) -> None:
        """End it at once (SIGQUIT: as after a loss of power; SIGINT: in order)."""
        if (number := self.pid) is not None:
            os.kill(number, how)
            _wait_until_gone(number, self._process)
        self._process = None

    def standby(self, folder: Path, port: int) -> OwnPostgres:
        """A copy that follows it: what it confirms is there, too. Raises ServerError."""
        self._run(
            "pg_basebackup", "-h", "127.0.0.1", "-p", str(self.port), "-U", SUPERUSER, "-D", str(folder),
            "-R", "-X", "stream", "-c", "fast", "--no-sync",
        )  # fmt: skip
        copy = OwnPostgres(self._programs, folder, port)
        copy.start()
        with psycopg.connect(self.control, autocommit=True) as session:
            session.execute("ALTER SYSTEM SET synchronous_standby_names = '*'")
            session.execute("SELECT pg_reload_conf()")
        return copy

    def promote(self) -> None:
        """From a standby to the server that takes writes; returns when it does."""
        with psycopg.connect(self.control, autocommit=True) as session:
            session.execute("ALTER SYSTEM RESET synchronous_standby_names")
            session.execute("SELECT pg_reload_conf()")
            session.execute("SELECT pg_promote(true, 30)")

    def _run(self, program: str, *arguments: str) -> None:
        done = subprocess.run(  # noqa: S603 - found above
            [str(self._programs / program), *arguments],
            capture_output=True,
            text=True,
            check=False,
            **_user(),
        )
        if done.returncode:
            raise ServerError(f"{program}: {done.stderr.strip()[-500:]}")


def _lives(number: int) -> bool:
    """Whether there is such a process that has not ended yet."""
    with contextlib.suppress(OSError):
        return Path(f"/proc/{number}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    return False


def _wait_until_gone(number: int, process: subprocess.Popen[bytes] | None) -> None:
    """Until a process has ended; one of our own is also taken note of. Raises ServerError."""
    deadline = time.monotonic() + START_SECONDS
    while _lives(number):
        if time.monotonic() > deadline:
            raise ServerError(f"Process {number} does not end.")
        time.sleep(TICK)
    if process is not None and process.pid == number:
        process.wait()


def _user() -> dict[str, Any]:
    """Whom a program runs as: not root."""
    return {"user": UNPRIVILEGED, "group": UNPRIVILEGED, "cwd": "/"} if os.getuid() == 0 else {}


@contextlib.contextmanager
def folder_for_servers() -> Iterator[Path]:
    """A folder that the servers may write to, removed at the end of the block."""
    with tempfile.TemporaryDirectory(prefix="hub-chaos-") as name:
        folder = Path(name)
        if os.getuid() == 0:
            shutil.chown(folder, UNPRIVILEGED, UNPRIVILEGED)
        yield folder


@contextlib.contextmanager
def own_postgres(programs: Path) -> Iterator[OwnPostgres]:
    """A new cluster, until the end of the block."""
    with folder_for_servers() as folder:
        server = OwnPostgres(programs, folder / "postgres", free_port(0))
        try:
            server.make()
            yield server
        finally:
            server.stop()


class OwnRedis:
    """A Redis that keeps nothing on a disk."""

    def __init__(self, program: str, port: int) -> None:
        self.port = port
        self._program = program
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def address(self) -> str:
        return f"redis://127.0.0.1:{self.port}/0"

    def start(self) -> None:
        """Start it, empty, and wait until it answers. Raises ServerError."""
        command = [
            self._program,
            "--port",
            str(self.port),
            "--bind",
            "127.0.0.1",
            "--save",
            "",
            "--appendonly",
            "no",
        ]
        self._process = subprocess.Popen(  # noqa: S603 - found above
            command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd="/", start_new_session=True
        )
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            with contextlib.suppress(redis.RedisError), redis.Redis.from_url(self.address) as client:
                client.ping()
                return
            time.sleep(TICK)
        raise ServerError("Redis does not start.")

    def stop(self) -> None:
        """SIGKILL to its process, whoever started it."""
        with contextlib.suppress(redis.RedisError), redis.Redis.from_url(self.address) as client:
            number = int(client.info("server")["process_id"])
            os.kill(number, signal.SIGKILL)
            _wait_until_gone(number, self._process)
        self._process = None


@contextlib.contextmanager
def own_redis(program: str) -> Iterator[OwnRedis]:
    """A new, empty Redis, until the end of the block."""
    server = OwnRedis(program, free_port(0))
    try:
        server.start()
        yield server
    finally:
        server.stop()
