"""The sandboxes of a hub in trouble: something can be made to happen at one of their calls."""

from __future__ import annotations

import threading
from collections.abc import Callable

from integrations.simulation.sandbox.http import Request, Response
from integrations.simulation.sandbox.pace import PaceSandbox
from integrations.simulation.sandbox.pressero import PresseroSandbox

Deed = Callable[[], None]


class Traps:
    """Deeds to be done at the n-th call from now (counted from 1), before it is applied or after; each once."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.clear()

    def clear(self) -> None:
        """Withdraw all deeds and count from 1 again."""
        with self._lock:
            self._count = 0
            self._deeds: dict[tuple[int, str], Deed] = {}
            self.sprung = 0

    def before(self, nth: int, deed: Deed) -> None:
        """Do it when that call has come, before anything of it is applied."""
        self._deeds[nth, "before"] = deed

    def after(self, nth: int, deed: Deed) -> None:
        """Do it when that call has been applied, before it is answered."""
        self._deeds[nth, "after"] = deed

    def around(self, call: Callable[[], Response]) -> Response:
        """Make the call, and do what is to be done."""
        with self._lock:
            self._count += 1
            before, after = (self._deeds.pop((self._count, when), None) for when in ("before", "after"))
            self.sprung += sum(deed is not None for deed in (before, after))
        if before is not None:
            before()
        response = call()
        if after is not None:
            after()
        return response


class TrappedPace(PaceSandbox):
    """A Pace with traps."""

    def __init__(self) -> None:
        self.traps = Traps()
        super().__init__()

    def reset_state(self) -> None:
        self.traps.clear()
        super().reset_state()

    def handle(self, request: Request) -> Response:
        return self.traps.around(lambda: super(TrappedPace, self).handle(request))

    def writing_transactions(self) -> list[str]:
        """Open transactions that have written something: a real Pace may hold locks for them."""
        with self.store.lock:
            return [txn for txn in self.open_transactions() if self.store.transaction(txn).size]


class TrappedPressero(PresseroSandbox):
    """A Pressero with traps."""

    def __init__(self) -> None:
        self.traps = Traps()
        super().__init__()

    def reset_state(self) -> None:
        self.traps.clear()
        super().reset_state()

    def handle(self, request: Request) -> Response:
        return self.traps.around(lambda: super(TrappedPressero, self).handle(request))
