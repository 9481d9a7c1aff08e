"""A worker that is frozen at a place of its work, as by SIGSTOP or a paused virtual machine, and wakes up later.

The places are every call to another system (before it and after its answer) and every statement outside a database
transaction; what a worker holds inside one is another matter (tests/integrations/test_hung_sessions.py).
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

from django.db import connection, connections

from integrations.clients.http.gateway import HttpGateway

# Longer than any successor takes on a busy machine: who wakes up by itself changes what the test is about.
PATIENCE = 240.0


class Frozen:
    """Runs `work` in a thread of its own until place number `place`, and stops there until it is woken."""

    def __init__(self, work: Callable[[], object], place: int) -> None:
        self._work, self._place, self._passed = work, place, 0
        self._stopped, self._woken = threading.Event(), threading.Event()
        self.where = ""
        self.error: BaseException | None = None
        self._thread = threading.Thread(target=self._run, daemon=True)

    def start(self) -> bool:
        """Whether it stopped at its place; False when its work was done before."""
        self._thread.start()
        while self._thread.is_alive():
            if self._stopped.wait(0.005):
                return True
        return self._stopped.is_set()

    def wake(self) -> None:
        """Let it go on to its end."""
        self._woken.set()
        self._thread.join(PATIENCE)
        assert not self._thread.is_alive(), f"the worker that was woken at {self.where} does not end"

    def pass_by(self, where: str) -> None:
        """A place of this worker."""
        if threading.current_thread() is not self._thread:
            return
        self._passed += 1
        if self._passed == self._place:
            self.where = where
            self._stopped.set()
            self._woken.wait(PATIENCE)

    def _run(self) -> None:
        try:
            with connection.execute_wrapper(self._statement):
                self._work()
        except BaseException as error:  # noqa: BLE001 - for the test to look at
            self.error = error
        finally:
            connections.close_all()

    def _statement(self, execute: Any, sql: str, parameters: Any, many: bool, context: Any) -> Any:
        if not context["connection"].in_atomic_block:
            self.pass_by(sql[:70])
        return execute(sql, parameters, many, context)


def freezing_at_calls(send: Callable[..., Any], frozen: Callable[[], Frozen | None]) -> Callable[..., Any]:
    """In place of `HttpGateway.send`: each call is two places."""

    def passing(sender: HttpGateway, method: str, url: str, *more: Any) -> Any:
        what = f"{method} {url.rpartition('/rpc/')[2] or url}"
        if worker := frozen():
            worker.pass_by(f"before {what}")
        answer = send(sender, method, url, *more)
        if worker := frozen():
            worker.pass_by(f"after {what}")
        return answer

    return passing
