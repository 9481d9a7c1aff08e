"""The ways in which a call fails: what each is called, and how it is set up for the n-th call to a system."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from integrations.simulation.chaos.sandboxes import TrappedPace, TrappedPressero

# Longer than the hub's patience (ANSWER_TIMEOUT of `processes.py`), and so much shorter than the quiet period that a
# call which is applied late has been applied when Pace is looked at.
SILENCE = 1.6
RETRY_AFTER = 1.0
# How far a wrong clock is off: more than a lease lasts.
CLOCK_OFF = 200.0
# How long the database is away, refuses writes, or is held up by a session that does not go on.
DATABASE_TROUBLE = 3.0


class Engine(StrEnum):
    """The databases that the matrix runs on."""

    SQLITE = "SQLite"
    POSTGRESQL = "PostgreSQL"


class Victims(Protocol):
    """What can be hit besides the call itself. None of it waits for the worker."""

    def kill_worker(self) -> None: ...

    def freeze_worker(self) -> None: ...

    def drop_database(self) -> None: ...

    def hang_session(self, seconds: float) -> None: ...

    def refuse_writes(self, seconds: float) -> None: ...

    def restart_database(self, seconds: float) -> None: ...

    def split_jobs(self) -> None: ...

    def move_storefront(self) -> None: ...

    def set_clock_off(self, seconds: float) -> None: ...

    def start_rival(self, seconds: float) -> None: ...


Sandbox = TrappedPace | TrappedPressero
SetUp = Callable[[Sandbox, int, Victims], None]
ANY_ENGINE = frozenset(Engine)
# Workers on SQLite share one machine and so one clock, and SQLite has no server that could be restarted.
WITH_A_SERVER = frozenset({Engine.POSTGRESQL})


@dataclass(frozen=True)
class Fault:
    """One way to fail.

    `needs_person`: staff must act rightly, so the matrix selects Retry when the fault is over. `changes_settings`: what
    the order becomes may follow the settings before or after, but never both. `engines`: the databases that can fail so.
    """

    key: str
    title: str
    set_up: SetUp
    needs_person: bool = False
    changes_settings: bool = False
    engines: frozenset[Engine] = ANY_ENGINE


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


def _after(deed: Callable[[Victims], None], *, lose_answer: bool = False) -> SetUp:
    """Something that happens when the call has been applied; its answer is lost with it, or comes."""

    def set_up(sandbox: Sandbox, nth: int, victims: Victims) -> None:
        if lose_answer:
            sandbox.faults.add("drop_after", nth=nth)
        sandbox.traps.after(nth, lambda: deed(victims))

    return set_up


def _clock_off(seconds: float) -> SetUp:
    """The worker's clock is set wrong, and another worker with the right clock looks for work at the same moment."""

    def deed(victims: Victims) -> None:
        victims.set_clock_off(seconds)
        victims.start_rival(0.0)

    return _after(deed)


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
    Fault(
        "frozen",
        "worker frozen, woken when its successor has finished",
        _after(lambda victims: victims.freeze_worker()),
    ),
    Fault("hung", "database session hung", _after(lambda victims: victims.hang_session(DATABASE_TROUBLE))),
    Fault(
        "refusing",
        "database full or read-only",
        _after(lambda victims: victims.refuse_writes(DATABASE_TROUBLE)),
    ),
    Fault(
        "restarted",
        "database restarted",
        _after(lambda victims: victims.restart_database(DATABASE_TROUBLE)),
        engines=WITH_A_SERVER,
    ),
    Fault(
        "split",
        "answer lost, one job per item switched on",
        _after(lambda victims: victims.split_jobs(), lose_answer=True),
        changes_settings=True,
    ),
    Fault(
        "moved",
        "answer lost, storefront moved to another Pace",
        _after(lambda victims: victims.move_storefront(), lose_answer=True),
        changes_settings=True,
    ),
    Fault("ahead", "worker's clock set 200 s ahead", _clock_off(CLOCK_OFF), engines=WITH_A_SERVER),
    Fault("behind", "worker's clock set 200 s behind", _clock_off(-CLOCK_OFF), engines=WITH_A_SERVER),
    Fault(
        "rival",
        "second worker with its clock 200 s ahead",
        _after(lambda victims: victims.start_rival(CLOCK_OFF)),
        engines=WITH_A_SERVER,
    ),
)


def faults_of(engine: Engine) -> list[Fault]:
    """The faults that a hub on this database can meet."""
    return [fault for fault in FAULTS if engine in fault.engines]


BY_KEY = {fault.key: fault for fault in FAULTS}
