"""The ways in which a call fails: what each is called, and how it is set up for the n-th call to a system."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from integrations.chaos.sandboxes import TrappedPace, TrappedPressero

# Longer than the hub's patience (ANSWER_TIMEOUT of `processes.py`), and so much shorter than the quiet period that a
# call which is applied late has been applied when Pace is looked at.
SILENCE = 1.6
RETRY_AFTER = 1.0


class Victims(Protocol):
    """What can be hit besides the call itself."""

    def kill_worker(self) -> None: ...

    def drop_database(self) -> None: ...


Sandbox = TrappedPace | TrappedPressero
SetUp = Callable[[Sandbox, int, Victims], None]


@dataclass(frozen=True)
class Fault:
    """One way to fail. `needs_person`: staff must act rightly, so the matrix presses Retry when the fault is over."""

    key: str
    title: str
    set_up: SetUp
    needs_person: bool = False


def _planned(kind: str, *, seconds: float = 0.0) -> SetUp:
    """A fault that the sandbox itself knows."""

    def set_up(sandbox: Sandbox, nth: int, victims: Victims) -> None:
        sandbox.faults.add(kind, nth=nth, seconds=seconds)

    return set_up


def _refuse(sandbox: Sandbox, nth: int, victims: Victims) -> None:
    """Nobody listens any more once the call before has been answered."""
    if nth == 1:
        sandbox.stop_listening()
    else:
        sandbox.traps.after(nth - 1, sandbox.stop_listening)


def _kill_before(sandbox: Sandbox, nth: int, victims: Victims) -> None:
    sandbox.traps.before(nth, victims.kill_worker)


def _kill_after(sandbox: Sandbox, nth: int, victims: Victims) -> None:
    sandbox.traps.after(nth, victims.kill_worker)


def _drop_database(sandbox: Sandbox, nth: int, victims: Victims) -> None:
    sandbox.traps.after(nth, victims.drop_database)


REFUSED = Fault("refused", "connection refused", _refuse)
DATABASE_DROPPED = Fault("database", "database connection dropped", _drop_database)
FAULTS: tuple[Fault, ...] = (
    REFUSED,
    Fault("error_before", "error, not applied", _planned("error_before")),
    Fault("error_after", "applied, then error", _planned("error_after")),
    Fault("lost", "applied, answer lost", _planned("drop_after")),
    Fault("hang", "applied, silence past the time-out", _planned("hang_after", seconds=SILENCE)),
    Fault("late", "silence, applied after the time-out", _planned("late", seconds=SILENCE)),
    Fault("garbage", "garbage, not applied", _planned("garbage")),
    Fault("garbage_after", "applied, then garbage", _planned("garbage_after")),
    Fault("unauthorized", "401", _planned("unauthorized"), needs_person=True),
    Fault("rate_limited", "429 with Retry-After", _planned("rate_limited", seconds=RETRY_AFTER)),
    Fault("killed_before", "worker killed, call not applied", _kill_before),
    Fault("killed_after", "worker killed, call applied", _kill_after),
    DATABASE_DROPPED,
)
BY_KEY = {fault.key: fault for fault in FAULTS}
