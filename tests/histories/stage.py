"""Workers, requests and sweeps of the hub as actors of one thread, which take turns, fall asleep and die anywhere.

Each actor runs the product's own code in a greenlet. Before and after every call to another system, and before every
statement to the database outside a transaction, it may be put aside for any length of (pretended) time while others go
on. An actor that is killed can do nothing more, neither call nor write: as after SIGKILL.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import greenlet
import time_machine
from django.db import Error, OperationalError, connection

from integrations.clients.pressero import session as pressero_session
from integrations.orders.intake import receive

START = datetime(2031, 3, 3, 9, 0, tzinfo=UTC)


class Killed(BaseException):
    """The process is gone. Unwinds the actor; whatever it tries on its way is refused."""


@dataclass
class Weather:
    """How likely things go wrong, each time they could."""

    fault: float = 0.0  # a call to Pace or Pressero; four times as likely at a commit
    kill: float = 0.0  # at a call; at a statement a tenth of it
    database: float = 0.0  # a statement, or the answer to a commit
    only: str = ""  # the one fault that happens; empty: all of them
    at: str = ""  # the end of the path of the only calls that fail; empty: any call
    pause: float = 0.15  # another actor gets its turn at a call; at a statement a tenth of it
    clocks: float = 0.0  # an actor's machine has its clock wrong
    settings: float = 0.0  # staff change settings, as one of the steps (history.py: weights)
    restore: float = 0.0  # a backup is put back, likewise


@dataclass(eq=False)
class Actor:
    """One worker, request or sweep under way."""

    name: str
    thread: greenlet.greenlet
    dead: bool = False
    clock_off: timedelta = timedelta(0)


@dataclass
class Stage:
    """The one thread on which everything happens, with its clock."""

    rng: random.Random
    clock: Any  # time_machine's
    weather: Weather
    actors: list[Actor] = field(default_factory=list)
    killed: set[str] = field(default_factory=set)
    log: list[str] = field(default_factory=list)
    crashes: list[BaseException] = field(default_factory=list)
    _later: list[tuple[datetime, Callable[[], Any]]] = field(default_factory=list)
    _main: greenlet.greenlet = field(default_factory=greenlet.getcurrent)
    _count: int = 0

    # --- time ---

    def now(self) -> datetime:
        return datetime.now(UTC)

    def machine_time(self) -> datetime:
        """What the clock of the present actor's machine says."""
        actor = self.current
        return self.now() + (actor.clock_off if actor else timedelta(0))

    def let_pass(self, seconds: float) -> None:
        """The clock goes on; what was to happen meanwhile happens at its time."""
        end = self.now() + timedelta(seconds=seconds)
        while due := sorted((at, number) for number, (at, _) in enumerate(self._later) if at <= end):
            at, number = due[0]
            self.clock.move_to(max(at, self.now()))
            _, happen = self._later.pop(number)
            happen()
        self.clock.move_to(max(end, self.now()))

    def later(self, seconds: float, happen: Callable[[], Any]) -> None:
        self._later.append((self.now() + timedelta(seconds=seconds), happen))

    # --- actors ---

    @property
    def current(self) -> Actor | None:
        here = greenlet.getcurrent()
        return next((actor for actor in self.actors if actor.thread is here), None)

    def worker_name(self) -> str:
        actor = self.current
        return actor.name if actor else "stage"

    def start(self, role: str, work: Callable[[], object]) -> Actor:
        """A new actor, which has done nothing yet."""
        self._count += 1
        name = f"{role}:{self._count}:1"

        def act() -> None:
            try:
                work()
            except Killed:
                self.say(f"{name} is dead")
            except Error as error:
                # A statement failed and nobody could do anything about it: the process or request ends with it.
                if self.weather.database == 0:
                    self.crashes.append(error)
                self.say(f"{name} ended: {error}")
            except Exception as error:  # noqa: BLE001 - told at the end of the history
                self.crashes.append(error)

        actor = Actor(name, greenlet.greenlet(act, parent=self._main))
        if self.weather.clocks and self.rng.random() < self.weather.clocks:
            actor.clock_off = timedelta(seconds=self.rng.choice([-200, -20, 20, 200]))
            self.say(f"the clock of {name} is off by {actor.clock_off.total_seconds():+.0f} s")
        self.actors.append(actor)
        return actor

    def go_on(self, actor: Actor) -> None:
        """Let an actor work until it is put aside, ends or dies."""
        actor.thread.switch()
        if actor.thread.dead:
            self.actors.remove(actor)

    def kill(self, actor: Actor) -> None:
        actor.dead = True
        self.killed.add(actor.name)
        self.say(f"{actor.name} is killed")

    def say(self, text: str) -> None:
        self.log.append(f"{self.now():%d %H:%M:%S} {text}")

    # --- where things can happen ---

    def turn(self, where: str, weight: float = 1.0) -> None:
        """A place where an actor may die or be put aside."""
        actor = self.current
        if actor is None:
            return
        if actor.dead:
            raise Killed
        if self.rng.random() < self.weather.kill * weight:
            self.say(f"at {where}:")
            self.kill(actor)
            raise Killed
        if self.rng.random() < self.weather.pause * weight and not _is_waited_for():
            self.put_aside()

    def put_aside(self) -> None:
        """The present actor stops here, until it goes on or dies."""
        actor = self.current
        if actor is None:
            return
        if not actor.dead:
            self._main.switch()
        if actor.dead:
            raise Killed

    def statement(self, execute: Any, sql: str, parameters: Any, many: bool, context: Any) -> Any:
        """Django's hook around each statement."""
        actor = self.current
        if actor is None or sql.startswith(("ROLLBACK", "RELEASE")):
            return execute(sql, parameters, many, context)
        if actor.dead:
            raise Killed
        alone = not connection.in_atomic_block
        if alone:
            self.turn(sql[:60], weight=0.1)
        if sql != "SELECT 1" and self.rng.random() < self.weather.database:
            if alone and not sql.startswith("BEGIN") and self.rng.random() < 0.5:
                execute(sql, parameters, many, context)
            self.say(f"{actor.name} loses the database at {sql[:60]}")
            raise OperationalError("server closed the connection unexpectedly")
        return execute(sql, parameters, many, context)

    def committed(self, commit: Callable[[], None]) -> None:
        """In place of the connection's own commit: its answer may be lost."""
        actor = self.current
        commit()
        if actor is not None and self.rng.random() < self.weather.database:
            self.say(f"{actor.name} does not hear that its transaction was committed")
            raise OperationalError("server closed the connection unexpectedly")


def _is_waited_for() -> bool:
    """Whether somebody holds a lock of this process (of a login, of the bundle of events that is written): whoever waited
    for it in this one thread would wait for ever."""
    return receive._batches._writing or any(slot.lock.locked() for slot in pressero_session._slots.values())


def frozen_clock() -> Any:
    return time_machine.travel(START, tick=False)
