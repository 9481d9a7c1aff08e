"""The sandbox Pace and Pressero in processes of their own, so that their CPU time is not taken for the hub's.

Run as a program it is one such process: `python -m benchmarks.sandboxes pace 0.02`; it prints its address as JSON.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from typing import Any

import requests

from benchmarks.harness import ROOT


@dataclass
class Sandbox:
    """A running sandbox, steered over its control calls."""

    address: dict[str, Any]
    process: subprocess.Popen[str]

    @property
    def url(self) -> str:
        return str(self.address["url"])

    def calls(self) -> list[dict[str, Any]]:
        """The calls since the last `clear`; `seconds` is how long the sandbox took to answer."""
        answer = requests.get(f"{self.url}/_sandbox/calls", timeout=30)
        found: list[dict[str, Any]] = answer.json()
        return found

    def clear(self) -> None:
        requests.delete(f"{self.url}/_sandbox/calls", timeout=30)

    def place(self, draft: dict[str, Any], *, notify: bool = False) -> int:
        """Place an order in Pressero; its number."""
        where = f"{self.url}/_sandbox/orders?notify={str(notify).lower()}"
        answer = requests.post(where, json=draft, timeout=30)
        answer.raise_for_status()
        return int(answer.json()["number"])


@contextmanager
def sandboxes(
    *, pace_latency: float = 0.0, pressero_latency: float = 0.0
) -> Iterator[tuple[Sandbox, Sandbox]]:
    """Both, each call answered after its latency in seconds."""
    pace = _start("pace", pace_latency)
    try:
        pressero = _start("pressero", pressero_latency)
        try:
            yield pace, pressero
        finally:
            _stop(pressero)
    finally:
        _stop(pace)


def _start(kind: str, latency: float) -> Sandbox:
    process = subprocess.Popen(
        [sys.executable, "-m", "benchmarks.sandboxes", kind, str(latency)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    assert process.stdout is not None
    return Sandbox(json.loads(process.stdout.readline()), process)


def _stop(sandbox: Sandbox) -> None:
    sandbox.process.terminate()
    sandbox.process.wait(timeout=20)


def _serve(kind: str, latency: float) -> None:
    from integrations.simulation.sandbox.pace import PaceSandbox
    from integrations.simulation.sandbox.pressero import PresseroSandbox

    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    if kind == "pace":
        with PaceSandbox(latency=latency) as pace:
            _announce({"url": pace.url, "username": pace.username, "password": pace.password})
            stop.wait()
        return
    with PresseroSandbox(latency=latency) as pressero:
        credentials = asdict(pressero.credentials)
        _announce({"url": pressero.url, "base_url": pressero.base_url, "credentials": credentials})
        stop.wait()


def _announce(address: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(address) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    _serve(sys.argv[1], float(sys.argv[2]))
