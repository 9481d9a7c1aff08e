"""Faults that a sandbox server can be told to have: the ways in which a remote system lets a client down.

A fault is planned once and fires at the calls that match it. What it does to a call is decided by its kind; the
server (see ``http.py``) only asks the plan which fault, if any, belongs to the call at hand.
"""

from __future__ import annotations

import re
import threading
from dataclasses import asdict, dataclass, field
from typing import Any, Final

KINDS: Final[dict[str, str]] = {
    "error_before": "an error answer (`status`, `message`); nothing is applied",
    "error_after": "the call is applied, then an error answer is given",
    "drop_before": "the connection is closed; nothing is applied, nothing answered",
    "drop_after": "the call is applied, then the connection is closed without an answer",
    "hang_before": "silence for `seconds`, then the connection is closed; nothing is applied",
    "hang_after": "the call is applied at once, the answer comes `seconds` later",
    "late": "silence for `seconds`, and only then is the call applied: perhaps after the client has given up",
    "taken": "a commit is accepted for good, so that no rollback stops it any more, the connection is closed without an "
    "answer, and `seconds` later it is applied; any other call is applied `seconds` later",
    "garbage": "200 with a text that is no JSON; nothing is applied",
    "garbage_after": "the call is applied, the answer is 200 with a text that is no JSON",
    "cut": "the call is applied, the answer ends in the middle",
    "doubled": "the call is applied, the answer is sent twice",
    "twice": "the call is applied twice, as by a proxy that repeats it; the answer is that of the second time",
    "unauthorized": "401; nothing is applied",
    "rate_limited": "429 with `Retry-After: seconds`; nothing is applied",
    "down": "the connection is closed at once; unless `times` is given, for every call until cleared",
}

APPLIED_FIRST: Final = frozenset({"error_after", "drop_after", "hang_after", "garbage_after"})
"""Kinds whose call takes effect before anything goes wrong."""


@dataclass
class SandboxFault:
    """One planned fault: what happens, and to which calls."""

    kind: str
    method: str | None = None
    path: str | None = None
    nth: int = 1
    times: int = 1
    seconds: float = 0.0
    status: int = 500
    message: str = "The sandbox was told to fail here"
    seen: int = field(default=0, compare=False)
    """How many calls have matched so far."""

    def matches(self, method: str, target: str) -> bool:
        """Whether the method and the path (with its query) are the ones this fault waits for."""
        if self.method is not None and self.method.upper() != method.upper():
            return False
        return self.path is None or re.search(self.path, target) is not None

    @property
    def exhausted(self) -> bool:
        """True once no further call can set it off."""
        return self.times > 0 and self.seen >= self.nth + self.times - 1

    def as_dict(self) -> dict[str, Any]:
        """For the control calls over HTTP."""
        return asdict(self)


@dataclass(frozen=True)
class FiredFault:
    """A fault that went off, and the call that set it off."""

    kind: str
    method: str
    target: str


class FaultPlan:
    """The faults a server is to have. All methods may be called from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._faults: list[SandboxFault] = []
        self._fired: list[FiredFault] = []

    def add(
        self,
        kind: str,
        *,
        method: str | None = None,
        path: str | None = None,
        nth: int = 1,
        times: int | None = None,
        seconds: float = 0.0,
        status: int = 500,
        message: str = "The sandbox was told to fail here",
    ) -> SandboxFault:
        """Plan a fault.

        ``path`` is a regular expression searched in ``path?query`` (both decoded). The fault goes off at the
        ``nth`` matching call from now and at ``times`` calls in all (0: until cleared). Left out, ``times`` is
        1, and 0 for ``down``.
        """
        if kind not in KINDS:
            raise ValueError(f"Unknown fault {kind!r}; known: {', '.join(sorted(KINDS))}")
        if nth < 1:
            raise ValueError("nth counts from 1")
        if times is None:
            times = 0 if kind == "down" else 1
        if times < 0 or seconds < 0:
            raise ValueError("times and seconds cannot be negative")
        if path is not None:
            try:
                re.compile(path)
            except re.error as error:
                raise ValueError(f"path is not a regular expression: {error}") from error
        fault = SandboxFault(kind, method, path, nth, times, float(seconds), status, message)
        with self._lock:
            self._faults.append(fault)
        return fault

    def remove(self, fault: SandboxFault) -> None:
        """Withdraw one fault; harmless when it is gone already."""
        with self._lock:
            self._faults = [known for known in self._faults if known is not fault]

    def clear(self) -> None:
        """Withdraw every fault and forget what fired."""
        with self._lock:
            self._faults.clear()
            self._fired.clear()

    def take(self, method: str, target: str) -> SandboxFault | None:
        """The fault for this call. Every matching fault counts the call; the first one due is used."""
        with self._lock:
            due: SandboxFault | None = None
            for fault in self._faults:
                if fault.exhausted or not fault.matches(method, target):
                    continue
                fault.seen += 1
                if due is None and fault.seen >= fault.nth:
                    due = fault
            if due is not None:
                self._fired.append(FiredFault(due.kind, method, target))
            return due

    @property
    def planned(self) -> list[SandboxFault]:
        """Faults that can still go off."""
        with self._lock:
            return [fault for fault in self._faults if not fault.exhausted]

    @property
    def fired(self) -> list[FiredFault]:
        """What went off since the last ``clear()``, oldest first."""
        with self._lock:
            return list(self._fired)
