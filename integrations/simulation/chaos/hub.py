"""One hub of the matrix: its sandboxes, its database and its workers."""

from __future__ import annotations

import contextlib
import os
import signal
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from multiprocessing.connection import Connection
from multiprocessing.context import ForkServerContext
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import redis
from django.conf import settings

from integrations.simulation.chaos import worker
from integrations.simulation.chaos.certificates import authority
from integrations.simulation.chaos.databases import HubDatabase
from integrations.simulation.chaos.sandboxes import TrappedPace, TrappedPressero
from integrations.simulation.chaos.storefront_fixture import configuration

# Far longer than any command takes, the lease of an order included.
PATIENCE = 240.0
# How soon it is noticed that a worker was frozen.
TICK = 0.1


class WorkerDied(Exception):
    """The worker process ended, or was frozen, before it answered."""


class WorkerHandle:
    """A worker process and the pipe through which it gets its commands."""

    def __init__(self, processes: ForkServerContext, database: str, log: str) -> None:
        self._pipe: Connection
        self._pipe, its = processes.Pipe()
        self._process = processes.Process(target=worker.serve, args=(its, database, log), daemon=True)
        self._process.start()
        its.close()
        self.frozen = threading.Event()

    @property
    def pid(self) -> int:
        assert self._process.pid is not None  # noqa: S101 - it was started
        return self._process.pid

    def ask(self, command: Callable[..., Any], *arguments: Any) -> Any:
        """Have a command of `worker.py` carried out. Raises WorkerDied."""
        self._pipe.send((command.__name__, arguments))
        return self.answer(command.__name__)

    def answer(self, command: str) -> Any:
        """The answer to the last command. Raises WorkerDied."""
        waited = 0.0
        while not self._pipe.poll(TICK):
            waited += TICK
            if self.frozen.is_set() or self._has_stopped():
                self.frozen.set()
                raise WorkerDied(f"{command}: frozen")
            if waited > PATIENCE:
                raise WorkerDied(f"{command} took more than {PATIENCE:.0f} s")
        return self._pipe.recv()

    def _has_stopped(self) -> bool:
        """Whether it has stopped itself."""
        with contextlib.suppress(OSError):
            return Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()[0] == "T"
        return False

    def tell(self, number: int) -> None:
        """Send it a signal, if it is there."""
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.pid, number)

    def freeze(self) -> None:
        """SIGSTOP: it does nothing more, and does not know."""
        os.kill(self.pid, signal.SIGSTOP)
        self.frozen.set()

    def wake(self) -> None:
        """SIGCONT: it goes on as if nothing had happened; returns when it has finished what it was at."""
        self.frozen.clear()
        os.kill(self.pid, signal.SIGCONT)
        with contextlib.suppress(WorkerDied, EOFError, OSError):
            self.answer("the command of a woken worker")

    def kill(self) -> None:
        self._process.kill()

    def dismiss(self) -> None:
        """Let it end in its own way, its connection to the database closed."""
        self._pipe.close()
        self._process.join(PATIENCE)

    def end(self) -> None:
        """End it; nothing of what it does is waited for."""
        self._process.kill()
        self._process.join()
        self._pipe.close()


class MatrixHub:
    """A hub on its own, for one case after the other: `fresh` makes it as new."""

    def __init__(self, processes: ForkServerContext, database: HubDatabase, log: Path) -> None:
        self.pace = TrappedPace()
        self.second_pace = TrappedPace()
        self.pressero = TrappedPressero()
        self.number = 0
        self._processes = processes
        self._database = database
        self._log = str(log)
        self._worker: WorkerHandle | None = None
        self._frozen: list[WorkerHandle] = []
        self._rivals: list[threading.Thread] = []
        self._names_gone = False
        # How far the clock of the one machine is off that has all workers on SQLite.
        self._machine_off = 0.0
        # When a worker was first found dead or frozen.
        self.lost_worker_at: datetime | None = None

    def __enter__(self) -> Self:
        for sandbox in (self.pace, self.second_pace, self.pressero):
            sandbox.start()
        if not self.ask(worker.configure, configuration(self.pace, self.pressero, self.second_pace)):
            raise RuntimeError(f"The configuration was not taken; the log is {self._log}.")
        self.ask(worker.trust, authority().pem)
        if self._worker is not None:
            self._worker.dismiss()
        self.end_workers()
        self._database.keep()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.end_workers()
        for sandbox in (self.pace, self.second_pace, self.pressero):
            sandbox.stop()
        self._database.remove()

    def fresh(self) -> None:
        """No orders, no faults, no worker yet."""
        self.end_workers()
        self._database.restore()
        for sandbox in (self.pace, self.second_pace, self.pressero):
            sandbox.reset()
        self.listen()
        self._machine_off = 0.0
        self.lost_worker_at = None

    def listen(self) -> bool:
        """Make sure that calls get through to the sandboxes; whether they did not."""
        names_gone, self._names_gone = self._names_gone, False
        if names_gone and self._worker is not None:
            self._worker.tell(worker.NAMES_BACK)
        # Each of them recovers, whatever was the matter with the other.
        were_deaf = [sandbox.recover() for sandbox in (self.pace, self.pressero)]
        return names_gone or any(were_deaf)

    def wait_until_quiet(self) -> None:
        """Until nothing is under way any more at the sandboxes: what comes late may still be applied."""
        deadline = time.monotonic() + PATIENCE
        while any(sandbox.is_at_work for sandbox in (self.pace, self.second_pace, self.pressero)):
            if time.monotonic() > deadline:
                raise RuntimeError("A call to a sandbox does not end")
            time.sleep(TICK)

    # The workers

    def ask(self, command: Callable[..., Any], *arguments: Any) -> Any:
        """Have the worker carry out a command of `worker.py`; one is started when there is none. Raises WorkerDied."""
        if self._worker is None:
            self._worker = self._start()
        try:
            return self._worker.ask(command, *arguments)
        except WorkerDied:
            self._note_loss()
            if self._worker.frozen.is_set():
                self._frozen.append(self._worker)
                self._worker = None
                # As if it had been frozen for that long: its successor need not wait for it.
                self.ask(worker.end_leases)
            else:
                self._end_worker()
            raise
        except (EOFError, OSError) as error:
            self._note_loss()
            self._end_worker()
            raise WorkerDied(command.__name__) from error

    def _note_loss(self) -> None:
        self.lost_worker_at = self.lost_worker_at or datetime.now(UTC)

    def finish_the_others(self) -> bool:
        """Wake the frozen workers and wait for rivals; whether there were any."""
        frozen, self._frozen = self._frozen, []
        rivals, self._rivals = self._rivals, []
        for thread in rivals:
            thread.join(PATIENCE)
        for handle in frozen:
            handle.wake()
            handle.end()
        return bool(frozen or rivals)

    def end_workers(self) -> None:
        """End all workers; nothing of what they do is waited for."""
        self._end_worker()
        for handle in self._frozen:
            handle.end()
        self._frozen = []
        for thread in self._rivals:
            thread.join(PATIENCE)
        self._rivals = []

    def _start(self) -> WorkerHandle:
        handle = WorkerHandle(self._processes, self._database.name, self._log)
        if self._machine_off:
            handle.ask(worker.set_clock_off, self._machine_off)
        return handle

    def _end_worker(self) -> None:
        handle, self._worker = self._worker, None
        if handle is not None:
            handle.end()

    def _beside(self, *commands: tuple[Callable[..., Any], *tuple[Any, ...]]) -> None:
        """Have another worker carry out these commands, whatever becomes of it."""
        handle = self._start()
        try:
            for command, *arguments in commands:
                handle.ask(command, *arguments)
        except (WorkerDied, EOFError, OSError):
            pass
        finally:
            handle.end()

    # What faults hit (faults.Victims); called from the threads of the sandboxes

    def kill_worker(self) -> None:
        """SIGKILL to this very process."""
        if self._worker is not None:
            self._worker.kill()

    def freeze_worker(self) -> None:
        if self._worker is not None:
            self._worker.freeze()

    def stop_at_statement(self, nth: int, how: str) -> None:
        """The worker stops itself, or dies, before its n-th statement; to be asked for before the work."""
        self.ask(worker.stop_at_statement, nth, how)

    def lose_names(self) -> None:
        self._names_gone = True
        if self._worker is not None:
            self._worker.tell(worker.NAMES_GONE)

    def set_clock_off(self, seconds: float) -> None:
        """Set the worker's clock wrong by so much; on SQLite that of all workers, which are on one machine."""
        if self._database.is_on_workers_machine:
            self._machine_off = seconds
        if self._worker is not None:
            self._worker.tell(worker.CLOCK_AHEAD if seconds > 0 else worker.CLOCK_BEHIND)

    def start_rival(self, seconds: float) -> None:
        """A second worker whose clock is off by so much looks for work while the first is at it."""
        commands = ((worker.set_clock_off, seconds), (worker.work, self.number))
        rival = threading.Thread(target=self._beside, args=commands)
        self._rivals.append(rival)
        rival.start()

    def split_jobs(self) -> None:
        """Staff switch "one job per item" on."""
        self._beside((worker.split_jobs,))

    def move_storefront(self) -> None:
        """Staff send the orders of all storefronts to the other Pace."""
        self._beside((worker.move_storefronts,))

    def drop_database(self) -> None:
        """Break the worker's connection to the database."""
        if self._worker is not None:
            self._database.drop_connections(self._worker.pid)

    def hang_session(self, seconds: float) -> None:
        self._database.hang(seconds)

    def refuse_writes(self, seconds: float) -> None:
        if self._worker is not None:
            self._database.refuse_writes(self._worker.pid, seconds)

    def fill_disk(self, seconds: float) -> None:
        if self._worker is not None:
            self._database.fill(self._worker.pid, seconds)

    def slow_database(self) -> None:
        if self._worker is not None:
            self._worker.tell(worker.BE_SLOW)

    def use_up_connections(self, seconds: float) -> None:
        self._database.use_up_connections(seconds)

    def flush_redis(self) -> None:
        """Only ever one that the run has started."""
        with redis.Redis.from_url(settings.REDIS_URL) as client:
            client.flushall()

    def restart_database(self, seconds: float) -> None:
        self._database.restart(seconds)
