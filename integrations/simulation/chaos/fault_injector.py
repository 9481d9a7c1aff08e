"""What rages during a burst: random faults at both systems, and SIGKILL for workers, clusters and whole supervisors."""

from __future__ import annotations

import contextlib
import os
import signal
import threading
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from random import Random

from django.conf import settings
from django.db import Error, close_old_connections, connection
from django.utils import timezone

from automationhub.lib.worker_identity import living_process
from integrations.models import Order
from integrations.simulation.demo.processes import DemoProcess
from integrations.simulation.sandbox.faults import FaultPlan, SandboxFault

# Of all calls so many fail. An order makes about 50.
FAULT_RATE = 0.03
# A 401 stops an order until somebody presses Retry: rarer, as in life.
KINDS = (
    *(
        "error_before",
        "error_after",
        "drop_before",
        "drop_after",
        "hang_after",
        "late",
        "garbage",
        "garbage_after",
    )
    * 3,
    *("rate_limited",) * 2,
    "unauthorized",
)
PAUSE_BETWEEN_KILLS = 1.0
# A minute's worth where the machine is quick; on a slow one more would let no order ever get to its end.
KILLS = 60


class FaultInjector(FaultPlan):
    """Faults by chance while it rages; counted by kind."""

    def __init__(self, random: Random) -> None:
        super().__init__()
        self._random = random
        self._dice = threading.Lock()
        self.is_active = False
        self.met: Counter[str] = Counter()

    def take(self, method: str, target: str) -> SandboxFault | None:
        with self._dice:
            if not self.is_active or self._random.random() >= FAULT_RATE:
                return None
            kind = self._random.choice(KINDS)
            self.met[kind] += 1
        silent = kind in ("hang_after", "late")
        return SandboxFault(kind, seconds=settings.ANSWER_TIMEOUT + 0.6 if silent else 1.0)


class WorkerProcess(DemoProcess):
    """`manage.py worker`: a supervisor, and the cluster that it runs in a process group of its own."""

    def __init__(self, folder: Path, name: str) -> None:
        self._folder = folder
        super().__init__(
            f"The worker {name}",
            ["manage.py", "worker", "--stale-after", "60"],
            folder / f"worker-{name}.log",
        )

    def kill_all(self) -> None:
        """SIGKILL to the supervisor and to its cluster, as when a machine is switched off."""
        clusters = self.clusters()
        self._process.kill()
        self._process.wait()
        for group in clusters:
            _kill_group(group)
        self._log_file.close()

    def clusters(self) -> list[int]:
        """The main process of its cluster, which leads a group of that number; none while it starts one."""
        pid = self._process.pid
        with contextlib.suppress(OSError):
            return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
        return []


def _kill_group(group: int) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        if os.getpgid(group) == group:
            os.killpg(group, signal.SIGKILL)


class Killer:
    """Kills something every second, so many times: mostly a worker that is at work on an order."""

    def __init__(self, workers: list[WorkerProcess], folder: Path, random: Random) -> None:
        self.killed: Counter[str] = Counter()
        self._workers = workers
        self._folder = folder
        self._random = random
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="killer")

    @property
    def is_done(self) -> bool:
        """Whether everything is killed that was to be."""
        return self.killed.total() >= KILLS

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """No more kills; returns when every worker has been started again."""
        self._stopping.set()
        self._thread.join()

    def _run(self) -> None:
        try:
            while not (self.is_done or self._stopping.wait(PAUSE_BETWEEN_KILLS)):
                with contextlib.suppress(Error):
                    close_old_connections()
                    self._kill_something()
        finally:
            connection.close()

    def _kill_something(self) -> None:
        """Only what is at work: a cluster that is still starting holds no order, and would never get up."""
        busy = _busy_workers()
        if not busy:
            return
        chance, victim = self._random.random(), self._random.choice(busy)
        with contextlib.suppress(ProcessLookupError):
            if chance < 0.04:
                self._kill_supervisor_of(os.getpgid(victim))
            elif chance < 0.12:
                _kill_group(os.getpgid(victim))
                self.killed["clusters"] += 1
            else:
                os.kill(victim, signal.SIGKILL)
                self.killed["busy workers"] += 1

    def _kill_supervisor_of(self, cluster: int) -> None:
        for position, supervisor in enumerate(self._workers):
            if cluster in supervisor.clusters():
                supervisor.kill_all()
                name = f"{position + 1}-{self.killed.total()}"
                self._workers[position] = WorkerProcess(self._folder, name)
                self.killed["supervisors with their cluster"] += 1


def _busy_workers() -> Sequence[int]:
    """Process ids of the workers that hold an order right now. All of them are ours: the database is."""
    owners = Order.objects.filter(lease_until__gt=timezone.now()).values_list("lease_owner", flat=True)
    return sorted(number for owner in owners if (number := living_process(owner)) is not None)
