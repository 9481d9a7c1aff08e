"""The sandboxes of a hub in trouble: something can be made to happen at one of their calls."""

from __future__ import annotations

import threading
from collections.abc import Callable

from integrations.simulation.chaos.certificates import Papers
from integrations.simulation.sandbox.http import Request, Response, SandboxServer
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


class _Trapped(SandboxServer):
    """What both have: traps, and papers that it shows to whoever connects."""

    def __init__(self) -> None:
        self.traps = Traps()
        self.when_taken: Deed | None = None
        super().__init__()
        self._papers = Papers()
        self.tls = self._papers.context
        self._has_trouble = False

    def reset_state(self) -> None:
        self.traps.clear()
        self.when_taken = None
        super().reset_state()

    def handle(self, request: Request) -> Response:
        return self.traps.around(lambda: super(_Trapped, self).handle(request))

    def take(self, request: Request) -> Callable[[], None]:
        """Also what is to be done then, before the connection breaks."""
        accepted = super().take(request)
        if self.when_taken is not None:
            self.when_taken()
        return accepted

    def let_expire(self) -> None:
        """Its certificate has expired for whoever connects from now on; who is connected has to do so again."""
        self._has_trouble = True
        self._papers.let_expire()
        self.end_connections()

    def stop_reading(self) -> None:
        self._has_trouble = True
        super().stop_reading()

    def recover(self) -> bool:
        """End whatever keeps calls away; whether there was anything."""
        was_deaf = self._has_trouble or not self.is_listening
        if self._has_trouble:
            self._has_trouble = False
            self._papers.renew()
        self.be_well()
        if not self.is_listening:
            self.start()
        return was_deaf


class TrappedPace(_Trapped, PaceSandbox):
    """A Pace with traps."""

    def writing_transactions(self) -> list[str]:
        """Open transactions that have written something: a real Pace may hold locks for them."""
        with self.store.lock:
            return [txn for txn in self.open_transactions() if self.store.transaction(txn).size]


class TrappedPressero(_Trapped, PresseroSandbox):
    """A Pressero with traps, whose readings may be old for a while."""

    def reset_state(self) -> None:
        self._remembered: dict[str, Response] = {}
        self._is_old = False
        super().reset_state()

    def handle(self, request: Request) -> Response:
        return self.traps.around(lambda: self._new_or_old(request))

    def show_old_state(self) -> None:
        """From now on every reading gives what it gave the first time; an order that was never read is not there yet."""
        self._is_old = True

    def recover(self) -> bool:
        self._is_old = False
        return super().recover()

    def _new_or_old(self, request: Request) -> Response:
        if request.method != "GET" or "/orders/" not in request.path.lower():
            return PresseroSandbox.handle(self, request)
        if self._is_old:
            unknown = self.error_response(404, "The order was not found.")
            return self._remembered.get(request.target, unknown)
        answer = PresseroSandbox.handle(self, request)
        self._remembered.setdefault(request.target, answer)
        return answer
