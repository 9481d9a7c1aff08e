"""The ways in which a call fails: what each is called, and how it is set up for the n-th call to a system."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from integrations.simulation.chaos.call_sites import CALLED, CallSite, Phase, System
from integrations.simulation.chaos.processes import ANSWER_TIMEOUT
from integrations.simulation.chaos.sandboxes import TrappedPace, TrappedPressero
from integrations.simulation.chaos.storefront_fixture import QUIET_SECONDS

# Longer than the hub's patience (ANSWER_TIMEOUT of `processes.py`), and so much shorter than the quiet period that a
# call which is applied late has been applied when Pace is looked at.
SILENCE = 1.6
# Longer than that, the quiet period and the hub's first waits together.
PAST_EVERY_LIMIT = 2.0 * QUIET_SECONDS + SILENCE
# As late as Pace may apply a commit whose worker is frozen, with its connection open: for two answers' time and the quiet period.
AS_LATE_AS_MAY_BE = 0.9 * (2 * ANSWER_TIMEOUT + QUIET_SECONDS)
RETRY_AFTER = 1.0
# How far a wrong clock is off: more than a lease lasts.
CLOCK_OFF = 200.0
# How long the database is away, refuses writes, or is held up by a session that does not go on.
DATABASE_TROUBLE = 3.0
# How much longer each statement takes while it is slow.
SLOW_STATEMENT = 0.1
# Words by which Pace turns a value or a whole job down.
REFUSAL = "The job is not valid: its customer is on credit hold"


class Engine(StrEnum):
    """The databases that the matrix runs on."""

    SQLITE = "SQLite"
    POSTGRESQL = "PostgreSQL"


class Victims(Protocol):
    """What can be hit besides the call itself. None of it waits for the worker."""

    def kill_worker(self) -> None: ...

    def freeze_worker(self) -> None: ...

    def stop_at_statement(self, nth: int, how: str) -> None: ...

    def drop_database(self) -> None: ...

    def hang_session(self, seconds: float) -> None: ...

    def refuse_writes(self, seconds: float) -> None: ...

    def fill_disk(self, seconds: float) -> None: ...

    def slow_database(self) -> None: ...

    def use_up_connections(self, seconds: float) -> None: ...

    def restart_database(self, seconds: float) -> None: ...

    def flush_redis(self) -> None: ...

    def lose_names(self) -> None: ...

    def split_jobs(self) -> None: ...

    def move_storefront(self) -> None: ...

    def set_clock_off(self, seconds: float) -> None: ...

    def start_rival(self, seconds: float) -> None: ...


Sandbox = TrappedPace | TrappedPressero
SetUp = Callable[[Sandbox, int, Victims], None]
ANY_ENGINE = frozenset(Engine)
# Workers on SQLite share one machine and so one clock, and SQLite has no server that could be restarted.
WITH_A_SERVER = frozenset({Engine.POSTGRESQL})
COMMITS = frozenset({Phase.CUSTOMER_COMMIT, Phase.JOB_COMMIT})


@dataclass(frozen=True)
class InjectedFault:
    """One way to fail.

    `needs_person`: staff must act rightly, so the matrix selects Retry when the fault is over. `changes_settings`: what
    the order becomes may follow the settings before or after, but never both. `unseen`: the call never reaches the
    sandbox. `engines`: the databases that can fail so. `own_servers`: only servers that the run has started are treated
    like this. `is_shared`: the database has no part in it. `systems`, `phases`, `verbs`: where it can happen.
    """

    key: str
    title: str
    set_up: SetUp
    needs_person: bool = False
    changes_settings: bool = False
    unseen: bool = False
    engines: frozenset[Engine] = ANY_ENGINE
    own_servers: bool = False
    is_shared: bool = False
    systems: frozenset[System] = CALLED
    phases: frozenset[Phase] = frozenset(Phase)
    verbs: str = ""

    def fits(self, place: CallSite) -> bool:
        """Whether it can happen there."""
        return (
            place.system in self.systems
            and place.phase in self.phases
            and re.match(self.verbs, place.verb) is not None
        )

    @property
    def is_rare(self) -> bool:
        """Whether it has few places, so that the short form leaves out none of its phases."""
        return len(self.phases) < len(Phase)


def _planned(kind: str, *, seconds: float = 0.0, message: str = "The sandbox was told to fail here") -> SetUp:
    """A fault that the sandbox itself knows."""

    def set_up(sandbox: Sandbox, nth: int, victims: Victims) -> None:
        sandbox.faults.add(kind, nth=nth, seconds=seconds, message=message)

    return set_up


def _from(deed: Callable[[Sandbox, Victims], None]) -> SetUp:
    """Something that is so once the call before has been applied, so that this one does not get through."""

    def set_up(sandbox: Sandbox, nth: int, victims: Victims) -> None:
        if nth == 1:
            deed(sandbox, victims)
        else:
            sandbox.traps.after(nth - 1, lambda: deed(sandbox, victims))

    return set_up


def _names_gone(sandbox: Sandbox, victims: Victims) -> None:
    """An open connection would need no name."""
    sandbox.end_connections()
    victims.lose_names()


def _before(deed: Callable[[Sandbox, Victims], None]) -> SetUp:
    def set_up(sandbox: Sandbox, nth: int, victims: Victims) -> None:
        sandbox.traps.before(nth, lambda: deed(sandbox, victims))

    return set_up


def _show_old_state(sandbox: Sandbox, victims: Victims) -> None:
    if isinstance(sandbox, TrappedPressero):
        sandbox.show_old_state()


def _after(deed: Callable[[Victims], None], *, lose_answer: bool = False) -> SetUp:
    """Something that happens when the call has been applied; its answer is lost with it, or comes."""

    def set_up(sandbox: Sandbox, nth: int, victims: Victims) -> None:
        if lose_answer:
            sandbox.faults.add("drop_after", nth=nth)
        sandbox.traps.after(nth, lambda: deed(victims))

    return set_up


def _taken_from_frozen(sandbox: Sandbox, nth: int, victims: Victims) -> None:
    """The successor of the worker comes at once, while what the worker sent is still on its way."""
    sandbox.faults.add("taken", nth=nth, seconds=AS_LATE_AS_MAY_BE)
    sandbox.when_taken = victims.freeze_worker


def _at_statement(how: str) -> SetUp:
    def set_up(sandbox: Sandbox, nth: int, victims: Victims) -> None:
        victims.stop_at_statement(nth, how)

    return set_up


def _clock_off(seconds: float) -> SetUp:
    """The worker's clock is set wrong, and another worker with the right clock looks for work at the same moment."""

    def deed(victims: Victims) -> None:
        victims.set_clock_off(seconds)
        victims.start_rival(0.0)

    return _after(deed)


def _of_a_call(key: str, title: str, set_up: SetUp, **more: bool) -> InjectedFault:
    """A fault in which the hub's database has no part."""
    return InjectedFault(key, title, set_up, is_shared=True, **more)  # type: ignore[arg-type]


_CALLS: tuple[InjectedFault, ...] = (
    _of_a_call(
        "refused", "connection refused", _from(lambda sandbox, _: sandbox.stop_listening()), unseen=True
    ),
    _of_a_call("names", "names are not found (DNS)", _from(_names_gone), unseen=True),
    _of_a_call("expired", "certificate expired", _from(lambda sandbox, _: sandbox.let_expire()), unseen=True),
    _of_a_call(
        "half_open", "half-open connection", _from(lambda sandbox, _: sandbox.stop_reading()), unseen=True
    ),
    _of_a_call("error_before", "error, not applied", _planned("error_before")),
    _of_a_call("error_after", "applied, then error", _planned("error_after")),
    _of_a_call("lost", "applied, answer lost", _planned("drop_after")),
    _of_a_call("cut", "applied, answer cut off", _planned("cut")),
    _of_a_call("doubled", "applied, answer sent twice", _planned("doubled")),
    _of_a_call("hang", "applied, silence past the time-out", _planned("hang_after", seconds=SILENCE)),
    _of_a_call("late", "silence, applied after the time-out", _planned("late", seconds=SILENCE)),
    _of_a_call("delayed", "silence, applied past every limit", _planned("late", seconds=PAST_EVERY_LIMIT)),
    _of_a_call("taken", "connection broken, applied later all the same", _planned("taken", seconds=SILENCE)),
    _of_a_call("garbage", "HTML of a proxy with status 200, not applied", _planned("garbage")),
    _of_a_call("garbage_after", "applied, then HTML of a proxy with status 200", _planned("garbage_after")),
    _of_a_call("unauthorized", "401", _planned("unauthorized"), needs_person=True),
    _of_a_call("rate_limited", "429 with Retry-After", _planned("rate_limited", seconds=RETRY_AFTER)),
    InjectedFault(
        "twice",
        "commit delivered twice",
        _planned("twice"),
        is_shared=True,
        systems=frozenset({System.PACE}),
        phases=COMMITS,
        verbs="commit$",
    ),
    InjectedFault(
        "rejected",
        "Pace turns one of several writes down",
        _planned("error_before", message=REFUSAL),
        needs_person=True,
        is_shared=True,
        systems=frozenset({System.PACE}),
        phases=frozenset({Phase.CUSTOMER, Phase.JOB}) | COMMITS,
        verbs="create|update|commit",
    ),
    InjectedFault(
        "old_state",
        "Pressero shows an old state of the order",
        _before(_show_old_state),
        is_shared=True,
        systems=frozenset({System.PRESSERO}),
        phases=frozenset({Phase.FETCH, Phase.WRITE_BACK}),
    ),
    _of_a_call(
        "split",
        "answer lost, one job per item switched on",
        _after(lambda victims: victims.split_jobs(), lose_answer=True),
        changes_settings=True,
    ),
    _of_a_call(
        "moved",
        "answer lost, storefront moved to another Pace",
        _after(lambda victims: victims.move_storefront(), lose_answer=True),
        changes_settings=True,
    ),
)

_WORKERS: tuple[InjectedFault, ...] = (
    _of_a_call("killed_before", "worker killed, call not applied", _before(lambda _, hub: hub.kill_worker())),
    InjectedFault("killed_after", "worker killed, call applied", _after(lambda hub: hub.kill_worker())),
    InjectedFault(
        "killed_statement",
        "worker killed at a statement",
        _at_statement("kill"),
        systems=frozenset({System.DATABASE}),
    ),
    InjectedFault(
        "frozen",
        "worker frozen, woken when its successor has finished",
        _after(lambda hub: hub.freeze_worker()),
    ),
    InjectedFault(
        "frozen_late",
        "worker frozen, commit applied as late as may be",
        _taken_from_frozen,
        systems=frozenset({System.PACE}),
        phases=COMMITS,
        verbs="commit$",
    ),
    InjectedFault(
        "frozen_statement",
        "worker frozen at a statement, woken likewise",
        _at_statement("freeze"),
        systems=frozenset({System.DATABASE}),
    ),
    InjectedFault("ahead", "clock jumps 200 s ahead", _clock_off(CLOCK_OFF)),
    InjectedFault("behind", "clock jumps 200 s back", _clock_off(-CLOCK_OFF)),
    InjectedFault(
        "rival",
        "second worker with its clock 200 s ahead",
        _after(lambda hub: hub.start_rival(CLOCK_OFF)),
        engines=WITH_A_SERVER,
    ),
)

_DATABASES: tuple[InjectedFault, ...] = (
    InjectedFault("database", "database connection dropped", _after(lambda hub: hub.drop_database())),
    InjectedFault("hung", "database session hung", _after(lambda hub: hub.hang_session(DATABASE_TROUBLE))),
    InjectedFault("read_only", "database read-only", _after(lambda hub: hub.refuse_writes(DATABASE_TROUBLE))),
    InjectedFault("full", "database's disk full", _after(lambda hub: hub.fill_disk(DATABASE_TROUBLE))),
    InjectedFault("slow", "database slow", _after(lambda hub: hub.slow_database())),
    InjectedFault(
        "exhausted",
        "database takes no more connections",
        _after(lambda hub: hub.use_up_connections(DATABASE_TROUBLE)),
        engines=WITH_A_SERVER,
        own_servers=True,
    ),
    InjectedFault(
        "restarted",
        "database restarted",
        _after(lambda hub: hub.restart_database(DATABASE_TROUBLE)),
        engines=WITH_A_SERVER,
    ),
    InjectedFault(
        "flushed",
        "Redis emptied",
        _after(lambda hub: hub.flush_redis()),
        engines=WITH_A_SERVER,
        own_servers=True,
    ),
)

FAULTS = (*_CALLS, *_WORKERS, *_DATABASES)


def faults_of(engine: Engine, *, own_servers: bool) -> list[InjectedFault]:
    """The faults that a hub on this database can meet; some only on servers that the run has started itself."""
    return [fault for fault in FAULTS if engine in fault.engines and (own_servers or not fault.own_servers)]


BY_KEY = {fault.key: fault for fault in FAULTS}
