"""The demo's own processes: the portal (gunicorn) and a worker, ended by their process ids alone."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path

from django.conf import settings

START_SECONDS = 180.0
STOP_SECONDS = 60.0


class DemoProcessError(Exception):
    """A process of the demo did not start; the message says where its log is."""


class DemoProcess:
    """A child process with a log file."""

    def __init__(self, name: str, arguments: list[str], log: Path) -> None:
        self.name = name
        self.log = log
        self._log_file = log.open("wb")
        self._process = subprocess.Popen(  # noqa: S603 - our own commands
            [sys.executable, *arguments],
            cwd=settings.BASE_DIR,
            stdout=self._log_file,
            stderr=subprocess.STDOUT,
            # Ctrl-C in the terminal must reach the demo only, which then ends its children in order.
            start_new_session=True,
            env=dict(os.environ),
        )

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def has_ended(self) -> bool:
        return self._process.poll() is not None

    def stop(self) -> None:
        """SIGTERM to this very process; SIGKILL when it does not end in time."""
        if not self.has_ended:
            self._process.terminate()
            try:
                self._process.wait(timeout=STOP_SECONDS)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        self._log_file.close()

    def fail(self, what: str) -> DemoProcessError:
        lines = self.log.read_text(errors="replace").splitlines()[-8:]
        return DemoProcessError(
            f"{self.name} {what}. The end of its log ({self.log.name}):\n" + "\n".join(lines)
        )


def when_told_to_end(act: Callable[[], None]) -> None:
    """Call `act` on Ctrl-C, on SIGTERM, and when the terminal is closed (which nohup has asked to ignore)."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, lambda *_: act())


def stop_here() -> None:
    """End with what is open ended in order: the children have sessions of their own and would go on."""
    raise KeyboardInterrupt


def free_port(wanted: int) -> int:
    """`wanted` (0: any) when it is free on loopback. Raises DemoProcessError naming the way out."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", wanted))
        except OSError as error:
            raise DemoProcessError(
                f"Port {wanted} is in use. Choose another one: make demo PORT=8010"
            ) from error
        return int(probe.getsockname()[1])


def wait_until_live(portal: DemoProcess, address: str) -> None:
    """Until the portal answers. Raises DemoProcessError when it ends or takes too long."""
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if portal.has_ended:
            raise portal.fail("ended at once")
        try:
            with urllib.request.urlopen(f"{address}/api/health/live/", timeout=2):  # noqa: S310 - our own loopback address
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.2)
    raise portal.fail(f"did not answer within {START_SECONDS:.0f} seconds")
