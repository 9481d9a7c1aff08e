"""The cases of the matrix: every call of an undisturbed run, times every way to fail."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from integrations.simulation.chaos.faults import Engine, Fault, faults_of
from integrations.simulation.sandbox.messages import Call


class System(StrEnum):
    PACE = "Pace"
    PRESSERO = "Pressero"


class Phase(StrEnum):
    """What the hub is at when it makes a call."""

    FETCH = "reading the order"
    PLAN = "planning"
    CUSTOMER = "creating the customer"
    CUSTOMER_COMMIT = "the customer's commit"
    JOB = "writing the job"
    JOB_COMMIT = "the job's commit"
    WRITE_BACK = "telling Pressero"


@dataclass(frozen=True)
class CallSite:
    """One call of the undisturbed run: the `nth` (from 1) to its system."""

    system: System
    nth: int
    method: str
    path: str
    phase: Phase

    @property
    def verb(self) -> str:
        """What was called, without the keys in the path: `createJob`, or `Orders/Details` at Pressero."""
        if self.system is System.PACE:
            return self.path.rpartition("/")[2]
        words = [word for word in self.path.split("/") if not re.search(r"\d", word) and word != "api"]
        return "/".join(filter(None, words))

    @property
    def title(self) -> str:
        return f"{self.system} call {self.nth} ({self.method} {self.verb}, {self.phase})"


@dataclass(frozen=True)
class Case:
    """One fault at one call."""

    fault: Fault
    place: CallSite

    @property
    def name(self) -> str:
        """What `make chaos CASE=…` repeats."""
        return f"{self.fault.key}@{self.place.system.lower()}:{self.place.nth}"


def places(pace: Iterable[Call], pressero: Iterable[Call]) -> list[CallSite]:
    """The calls of an undisturbed run in the order in which they were made."""
    calls = [(call, System.PACE, nth) for nth, call in enumerate(pace, 1)]
    calls += [(call, System.PRESSERO, nth) for nth, call in enumerate(pressero, 1)]
    found: list[CallSite] = []
    phase, began = Phase.FETCH, 0
    for call, system, nth in sorted(calls, key=lambda entry: entry[0].at):
        verb = call.path.rpartition("/")[2]
        if verb == "startTransaction":
            began += 1
            phase = Phase.CUSTOMER if began == 1 else Phase.JOB
        elif verb == "commit":
            phase = Phase.CUSTOMER_COMMIT if began == 1 else Phase.JOB_COMMIT
        elif phase in (Phase.FETCH, Phase.CUSTOMER_COMMIT) and system is System.PACE:
            phase = Phase.PLAN
        elif phase is Phase.JOB_COMMIT:
            phase = Phase.WRITE_BACK
        found.append(CallSite(system, nth, call.method, call.path, phase))
    return found


def every_case(found: Iterable[CallSite], engine: Engine) -> list[Case]:
    """Every fault at every call."""
    return [Case(fault, place) for place in found for fault in faults_of(engine)]


def short_form(found: list[CallSite], engine: Engine) -> list[Case]:
    """Every fault in every phase: at the call in the middle of the phase, and at another one for each fault."""
    chosen: list[Case] = []
    for phase in Phase:
        inside = [place for place in found if place.phase is phase]
        for position, fault in enumerate(faults_of(engine)):
            chosen.append(Case(fault, inside[(len(inside) // 2 + position) % len(inside)]))
    return chosen
