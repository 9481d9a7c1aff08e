"""Where a fault can hit: every call of an undisturbed run, and every statement to the hub's own database."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from integrations.simulation.sandbox.messages import SandboxCall


class System(StrEnum):
    PACE = "Pace"
    PRESSERO = "Pressero"
    DATABASE = "Database"


# Those that are called over HTTP.
CALLED = frozenset({System.PACE, System.PRESSERO})


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
class Statement:
    """A statement outside a transaction, or the beginning of one, and when it was about to be made."""

    at: datetime
    words: str


@dataclass(frozen=True)
class CallSite:
    """One call or statement of the undisturbed run: the `nth` (from 1) to its system."""

    system: System
    nth: int
    method: str
    path: str
    phase: Phase

    @property
    def verb(self) -> str:
        """What was called, without the keys in the path: `createJob`, or `Orders/Details` at Pressero."""
        if self.system is System.DATABASE:
            return self.path
        if self.system is System.PACE:
            return self.path.rpartition("/")[2]
        words = [word for word in self.path.split("/") if not re.search(r"\d", word) and word != "api"]
        return "/".join(filter(None, words))

    @property
    def title(self) -> str:
        what = "statement" if self.system is System.DATABASE else "call"
        return f"{self.system} {what} {self.nth} ({self.method} {self.verb}, {self.phase})"


def places(
    pace: Iterable[SandboxCall], pressero: Iterable[SandboxCall], statements: Iterable[Statement] = ()
) -> list[CallSite]:
    """The calls and statements of an undisturbed run in the order in which they were made."""
    made = [(call.at, System.PACE, nth, call.method, call.path) for nth, call in enumerate(pace, 1)]
    made += [(call.at, System.PRESSERO, nth, call.method, call.path) for nth, call in enumerate(pressero, 1)]
    made += [(one.at, System.DATABASE, nth, "", one.words) for nth, one in enumerate(statements, 1)]
    found: list[CallSite] = []
    phase, began = Phase.FETCH, 0
    for _, system, nth, method, path in sorted(made):
        if system is not System.DATABASE:
            verb = path.rpartition("/")[2]
            if verb == "startTransaction":
                began += 1
                phase = Phase.CUSTOMER if began == 1 else Phase.JOB
            elif verb == "commit":
                phase = Phase.CUSTOMER_COMMIT if began == 1 else Phase.JOB_COMMIT
            elif phase in (Phase.FETCH, Phase.CUSTOMER_COMMIT) and system is System.PACE:
                phase = Phase.PLAN
            elif phase is Phase.JOB_COMMIT:
                phase = Phase.WRITE_BACK
        found.append(CallSite(system, nth, method, path, phase))
    return found
