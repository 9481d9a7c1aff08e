"""Real processes of the hub on a database of their own; each test ends what it started, by its process id."""

from __future__ import annotations

import contextlib
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import environ
from cryptography.fernet import Fernet
from django.conf import settings
from django.db.utils import ConnectionHandler

from integrations.simulation.chaos.databases import PostgresServer

Found = TypeVar("Found")
# On a busy machine a process of the hub may take a minute to start.
PATIENCE = 180.0
# The settings of production; only the queue has a name of its own, for a Redis that others use too.
SETTINGS = """from automationhub.settings import *
Q_CLUSTER = {{**Q_CLUSTER, "name": "{name}"}}
"""


def wait_for(condition: Callable[[], Found], what: str, seconds: float = PATIENCE) -> Found:
    """What the condition answers, as soon as that is true."""
    deadline = time.monotonic() + seconds
    while True:
        found = condition()
        if found:
            return found
        assert time.monotonic() < deadline, f"waited {seconds:.0f} s in vain for {what}"
        time.sleep(0.05)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def children(pid: int) -> list[int]:
    """The living child processes of a process."""
    with contextlib.suppress(OSError):
        return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    return []


def leads_group(pid: int) -> bool:
    with contextlib.suppress(ProcessLookupError):
        return os.getpgid(pid) == pid
    return False


def group_lives(group: int) -> bool:
    """Whether any process of this process group is left (zombies that nobody has collected yet count as gone)."""
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            fields = stat.read_text().rpartition(")")[2].split()
            if int(fields[2]) == group and fields[0] != "Z":
                return True
    return False


@dataclass
class Process:
    """A process of the hub with its log."""

    popen: subprocess.Popen[bytes]
    log: Path
    groups: set[int] = field(default_factory=set)

    @property
    def pid(self) -> int:
        return self.popen.pid

    @property
    def output(self) -> str:
        return self.log.read_text(encoding="utf-8", errors="replace")

    def cluster(self) -> int:
        """The main process of the cluster that this worker supervises, as soon as there is one."""

        def found() -> int:
            assert self.popen.poll() is None, f"the worker ended:\n{self.output}"
            clusters = [pid for pid in children(self.pid) if leads_group(pid)]
            return clusters[0] if clusters else 0

        pid = wait_for(found, "a cluster")
        self.groups.add(pid)
        return pid

    def terminate(self, seconds: float = PATIENCE) -> int:
        """SIGTERM to this very process; its exit code."""
        self.popen.terminate()
        return self.popen.wait(timeout=seconds)

    def end(self) -> None:
        """Whatever state a test left it in."""
        self.groups.update(children(self.pid))
        if self.popen.poll() is None:
            self.popen.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.popen.wait(timeout=10)
        if self.popen.poll() is None:
            self.popen.kill()
            self.popen.wait()
        for group in self.groups:
            # Clusters lead a group of their own: an id that was given away since has no group of that number.
            if group_lives(group):
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(group, signal.SIGKILL)


@dataclass
class Scratch:
    """A hub of its own: a migrated database, and an environment that no `.env` adds to."""

    folder: Path
    environment: dict[str, str]
    database: ConnectionHandler
    _count: int = 0

    def run(self, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
        """`manage.py` with these arguments, to its end."""
        return subprocess.run(
            [sys.executable, "manage.py", *arguments],
            cwd=settings.BASE_DIR,
            env=self.environment | variables,
            capture_output=True,
            text=True,
            timeout=600,
        )

    @contextlib.contextmanager
    def process(self, *arguments: str, **variables: str) -> Iterator[Process]:
        """A Python process with these arguments, ended at the end of the block."""
        self._count += 1
        log = self.folder / f"{self._count}.log"
        with log.open("wb") as out:
            popen = subprocess.Popen(
                [sys.executable, *arguments],
                cwd=settings.BASE_DIR,
                env=self.environment | variables,
                stdout=out,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
            process = Process(popen, log)
            try:
                yield process
            finally:
                process.end()

    def rows(self, sql: str, parameters: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        connection = self.database["default"]
        with connection.cursor() as cursor:
            cursor.execute(sql, parameters)
            return [tuple(row) for row in cursor.fetchall()]

    def status_of(self, number: int) -> str:
        found = self.rows("SELECT status FROM integrations_order WHERE number = %s", [number])
        return str(found[0][0]) if found else ""


@contextlib.contextmanager
def scratch_hub(folder: Path, *, migrated: bool = True) -> Iterator[Scratch]:
    """A database beside the test's own, on the same server; `migrated` False: as it was left in the folder."""
    url = settings.DATABASES["default"]
    with contextlib.ExitStack() as stack:
        if "sqlite" in url["ENGINE"]:
            address = f"sqlite:///{folder / 'hub.sqlite3'}"
        else:
            address = stack.enter_context(
                PostgresServer(os.environ["TEST_DATABASE_URL"]).scratch("hub_scratch")
            )
        parsed = environ.Env.db_url_config(address)
        if "sqlite" in parsed["ENGINE"]:
            parsed["OPTIONS"] = {"timeout": 20}
        handler = ConnectionHandler({"default": parsed})
        stack.callback(handler.close_all)
        names = (
            "ALLOWED_HOSTS",
            "CSRF_TRUSTED_ORIGINS",
            "EMAIL_URL",
            "DEFAULT_FROM_EMAIL",
            "TIME_ZONE",
            "LOG_FORMAT",
        )
        environment = {
            **os.environ,
            **dict.fromkeys(names, ""),
            "DEBUG": "false",
            "SECRET_KEY": secrets.token_hex(20),
            "CREDENTIALS_KEY": Fernet.generate_key().decode(),
            "DATABASE_URL": address,
            "REDIS_URL": settings.REDIS_URL,
            "Q_WORKERS": "2",
            "DJANGO_SETTINGS_MODULE": "scratch_settings",
            "PYTHONPATH": os.pathsep.join([str(folder), str(settings.BASE_DIR)]),
            "PYTHONUNBUFFERED": "1",
        }
        (folder / "scratch_settings.py").write_text(SETTINGS.format(name=f"scratch-{secrets.token_hex(4)}"))
        scratch = Scratch(folder, environment, handler)
        if migrated:
            ran = scratch.run("migrate", "--verbosity", "0")
            assert ran.returncode == 0, ran.stderr
        yield scratch
