"""One hub of the matrix: its two sandboxes, its database and its worker process."""

from __future__ import annotations

from collections.abc import Callable
from multiprocessing.connection import Connection
from multiprocessing.context import ForkServerContext
from multiprocessing.process import BaseProcess
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from integrations.chaos import worker
from integrations.chaos.databases import HubDatabase
from integrations.chaos.sandboxes import TrappedPace, TrappedPressero
from integrations.chaos.shop import configuration

# Far longer than any command takes, the lease of an order included.
PATIENCE = 240.0


class WorkerDied(Exception):
    """The worker process ended before it answered."""


class MatrixHub:
    """A hub on its own, for one case after the other: `fresh` makes it as new."""

    def __init__(self, processes: ForkServerContext, database: HubDatabase, log: Path) -> None:
        self.pace = TrappedPace()
        self.pressero = TrappedPressero()
        self._processes = processes
        self._database = database
        self._log = str(log)
        self._worker: BaseProcess | None = None
        self._commands: Connection | None = None

    def __enter__(self) -> Self:
        self.pace.start()
        self.pressero.start()
        if not self.ask(worker.configure, configuration(self.pace, self.pressero)):
            raise RuntimeError(f"The configuration was not taken; the log is {self._log}.")
        self._dismiss_worker()
        self._database.keep()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.end_worker()
        self.pace.stop()
        self.pressero.stop()
        self._database.remove()

    def fresh(self) -> None:
        """No orders, no faults, no worker yet."""
        self.end_worker()
        self._database.restore()
        self.pace.reset()
        self.pressero.reset()
        self.listen()

    def listen(self) -> bool:
        """Make sure that both sandboxes take connections; whether one of them did not."""
        deaf = [sandbox for sandbox in (self.pace, self.pressero) if not sandbox.is_listening]
        for sandbox in deaf:
            sandbox.start()
        return bool(deaf)

    # The worker

    def ask(self, command: Callable[..., Any], *arguments: Any) -> Any:
        """Have the worker carry out a command of `worker.py`; one is started when there is none. Raises WorkerDied."""
        if self._worker is None:
            self._start_worker()
        assert self._commands is not None  # noqa: S101 - narrows the type
        try:
            self._commands.send((command.__name__, arguments))
            if not self._commands.poll(PATIENCE):
                raise WorkerDied(f"{command.__name__} took more than {PATIENCE:.0f} s")
            return self._commands.recv()
        except (EOFError, OSError) as error:
            self.end_worker()
            raise WorkerDied(command.__name__) from error

    def _start_worker(self) -> None:
        ours, its = self._processes.Pipe()
        process = self._processes.Process(
            target=worker.serve, args=(its, self._database.name, self._log), daemon=True
        )
        process.start()
        its.close()
        self._worker, self._commands = process, ours

    def _dismiss_worker(self) -> None:
        """Let the worker end by itself, its connection to the database closed."""
        if self._worker is not None and self._commands is not None:
            self._commands.close()
            self._worker.join(PATIENCE)
        self.end_worker()

    def end_worker(self) -> None:
        """End the worker, if there is one; nothing of what it does is waited for."""
        process, self._worker = self._worker, None
        commands, self._commands = self._commands, None
        if process is not None:
            process.kill()
            process.join()
        if commands is not None:
            commands.close()

    # What faults hit (faults.Victims); called from the threads of the sandboxes

    def kill_worker(self) -> None:
        """SIGKILL to this very process."""
        if self._worker is not None:
            self._worker.kill()

    def drop_database(self) -> None:
        """Break the worker's connection to the database."""
        if self._worker is not None and self._worker.pid is not None:
            self._database.drop_connections(self._worker.pid)
