"""A hub for a benchmark: a database of its own, the demo's configuration, web and worker processes, orders to place."""

from __future__ import annotations

import contextlib
import os
import secrets
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from benchmarks.harness import ROOT, postgresql_url
from benchmarks.sandboxes import Sandbox

STORE = "Example CU Store"


@contextmanager
def database(vendor: str) -> Iterator[str]:
    """The URL of a new, empty database on "sqlite" (a file) or "postgresql" (beside the one that is given)."""
    if vendor == "sqlite":
        with tempfile.TemporaryDirectory(prefix="hub-bench-") as folder:
            yield f"sqlite:///{Path(folder) / 'hub.sqlite3'}"
        return
    import psycopg
    from psycopg import sql

    given = postgresql_url()
    name = f"hub_bench_{os.getpid()}_{secrets.token_hex(3)}"
    with psycopg.connect(given, autocommit=True) as server:
        server.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    try:
        yield urlunsplit(urlsplit(given)._replace(path=f"/{name}"))
    finally:
        with psycopg.connect(given, autocommit=True) as server:
            server.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


def environment(database_url: str, *, redis: str = "", **more: str) -> dict[str, str]:
    """Environment variables of a hub as in production: nothing of an `.env` file or a real database is touched."""
    return {
        "DJANGO_SETTINGS_MODULE": "automationhub.settings",
        "PYTHONPATH": str(ROOT),
        "DEBUG": "false",
        "SECRET_KEY": "benchmark-only",
        "CREDENTIALS_KEY": "aW5zZWN1cmUtZGV2ZWxvcG1lbnQta2V5LTMyLWJ5dGU=",
        "ALLOWED_HOSTS": "127.0.0.1,localhost,testserver",
        "CSRF_TRUSTED_ORIGINS": "",
        "DATABASE_URL": database_url,
        "REDIS_URL": redis,
        "EMAIL_URL": "dummymail://",
        "LOG_FORMAT": "text",
        "QUEUE_NAME": f"bench-{os.getpid()}",
        **more,
    }


def set_up_django(database_url: str, **more: str) -> None:
    """Django in this process, on that database, with all migrations."""
    os.environ.update(environment(database_url, **more))
    import django

    django.setup()
    from django.core.management import call_command

    call_command("migrate", verbosity=0)


def configure(pace: Sandbox, pressero: Sandbox) -> None:
    """The demo's configuration, pointing at the two sandboxes."""
    from integrations.operations.setup.configuration import import_configuration
    from integrations.simulation.demo.configuration import demo_configuration

    import_configuration(
        demo_configuration(
            pressero_url=pressero.address["base_url"],
            credentials=pressero.address["credentials"],
            pace_url=pace.url,
            pace_login=(pace.address["username"], pace.address["password"]),
        )
    )


def draft(items: int, *, files: int = 0, destinations: int = 1) -> dict[str, Any]:
    """An order as the sandbox Pressero takes it: `files` per item, items spread over the destinations."""
    return {
        "site": STORE,
        "buyer": "avery@example.com",
        "items": [
            {
                "product": ("Business Card", "A4 Brochure", "Rate Insert", "Poster 18x24")[at % 4],
                "quantity": 1 + at % 7,
                "price": f"{20 + at}.{at % 100:02d}",
                "shipping": "4.50",
                "tax": "1.25",
                "method": "Ground",
                "item_name": f"Item {at}",
                "options": {"Paper": "14pt Uncoated", "Sides": "2"},
                "files": [
                    {"name": f"art-{at}-{n}.pdf", "kind": "gen", "size": 100_000} for n in range(files)
                ],
                "ship_to": {
                    "business": f"Branch {at % destinations}",
                    "first_name": "Sam",
                    "last_name": "Reader",
                    "address1": f"{at % destinations} Example Ave",
                    "city": "Springfield",
                    "state": "IL",
                    "postal": "62701",
                },
            }
            for at in range(items)
        ],
    }


class Process:
    """A process of the hub with a log file; ended by its own id."""

    def __init__(
        self,
        name: str,
        arguments: list[str],
        env: Mapping[str, str],
        log: Path,
        *,
        python: str = sys.executable,
    ) -> None:
        self.name = name
        self.log = log
        self._file = log.open("wb")
        self.started = subprocess.Popen(
            [python, *arguments],
            cwd=ROOT,
            stdout=self._file,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            env={**os.environ, **env},
        )

    @property
    def pid(self) -> int:
        return self.started.pid

    def stop(self) -> None:
        if self.started.poll() is None:
            self.started.terminate()
            try:
                self.started.wait(timeout=60)
            except subprocess.TimeoutExpired:
                self.started.kill()
                self.started.wait()
        self._file.close()

    def tail(self) -> str:
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-15:])


@contextmanager
def served(
    application: str, env: Mapping[str, str], *, processes: int = 1, threads: int = 8, probe: str = "/"
) -> Iterator[tuple[str, Process]]:
    """gunicorn with this application on a free port; its address and process."""
    port = free_port()
    with tempfile.TemporaryDirectory(prefix="hub-bench-web-") as folder:
        arguments = [
            "-m", "gunicorn", application, "--bind", f"127.0.0.1:{port}", "--workers", str(processes),
            "--threads", str(threads), "--no-control-socket", "--backlog", "2048", "--log-level", "warning",
        ]  # fmt: skip
        process = Process(application, arguments, env, Path(folder) / "web.log")
        try:
            wait_for(process, f"http://127.0.0.1:{port}{probe}")
            yield f"http://127.0.0.1:{port}", process
        finally:
            process.stop()


@contextmanager
def worker(env: Mapping[str, str], *, workers: int) -> Iterator[Process]:
    """`manage.py worker` with so many worker processes."""
    with tempfile.TemporaryDirectory(prefix="hub-bench-worker-") as folder:
        env = {**env, "Q_WORKERS": str(workers)}
        process = Process("worker", ["manage.py", "worker"], env, Path(folder) / "worker.log")
        try:
            yield process
        finally:
            process.stop()


def cpu_of(process: Process) -> float:
    """CPU seconds so far of a process and of all that it has started, the cluster's group included."""
    parents: dict[int, list[int]] = {}
    ticks: dict[int, int] = {}
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            with contextlib.suppress(OSError):
                fields = (folder / "stat").read_text().rpartition(")")[2].split()
                parents.setdefault(int(fields[1]), []).append(int(folder.name))
                ticks[int(folder.name)] = sum(int(fields[at]) for at in (11, 12, 13, 14))
    waiting, total = [process.pid], 0
    while waiting:
        pid = waiting.pop()
        total += ticks.get(pid, 0)
        waiting += parents.get(pid, [])
    return total / os.sysconf("SC_CLK_TCK")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_for(process: Process, address: str) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        if process.started.poll() is not None:
            break
        try:
            urllib.request.urlopen(address, timeout=2).close()  # noqa: S310 - our own loopback address
            return
        except urllib.error.HTTPError:
            return  # it answers
        except (urllib.error.URLError, OSError):
            time.sleep(0.1)
    raise RuntimeError(f"{process.name} does not answer:\n{process.tail()}")
