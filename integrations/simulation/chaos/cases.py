"""The cases of the matrix: every call of an undisturbed run, times every way to fail."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from integrations.simulation.chaos.call_sites import CallSite, Phase
from integrations.simulation.chaos.faults import Engine, InjectedFault, faults_of

# In the short form every fault hits here; in the other phases every second one does, each in turn.
MOST_IN_DOUBT = frozenset({Phase.CUSTOMER_COMMIT, Phase.JOB, Phase.JOB_COMMIT})


@dataclass(frozen=True)
class Case:
    """One fault at one call."""

    fault: InjectedFault
    place: CallSite

    @property
    def name(self) -> str:
        """What `make chaos ARGS="--case …"` repeats."""
        return f"{self.fault.key}@{self.place.system.lower()}:{self.place.nth}"


def every_case(
    found: Iterable[CallSite], faults: Iterable[InjectedFault], *, share: Engine | None = None
) -> list[Case]:
    """Every fault at every call that it can hit.

    With `share`, what the database has no part in is shared between the two engines: each call of such a fault is made to
    fail on one of them, and the next one on the other.
    """
    chosen = []
    for row, fault in enumerate(faults):
        for column, place in enumerate(one for one in found if fault.fits(one)):
            mine = (row + column) % 2 == (share is Engine.POSTGRESQL)
            if share is None or mine or not fault.is_shared:
                chosen.append(Case(fault, place))
    # Neighbors in time are different faults: those that wait long do not wait together.
    return sorted(chosen, key=lambda case: (case.place.nth, case.fault.key))


def thinned(found: list[Case], every: int) -> list[Case]:
    """Of each fault only every so-manieth case, beginning with another one for each; for machines with little time."""
    seen: Counter[str] = Counter()
    keys = list(dict.fromkeys(case.fault.key for case in found))
    chosen = []
    for case in found:
        if (seen[case.fault.key] + keys.index(case.fault.key)) % every == 0:
            chosen.append(case)
        seen[case.fault.key] += 1
    return chosen


def short_pairs(engine: Engine, *, own_servers: bool) -> list[tuple[InjectedFault, Phase]]:
    """Which faults the short form has in which phases."""
    return [
        (fault, phase)
        for row, fault in enumerate(faults_of(engine, own_servers=own_servers))
        for column, phase in enumerate(Phase)
        if phase in fault.phases and (phase in MOST_IN_DOUBT or (row + column) % 2 == 0 or fault.is_rare)
    ]


def short_form(found: list[CallSite], engine: Engine, *, own_servers: bool) -> list[Case]:
    """Each pair once: at the call in the middle of the phase, and at another one for each fault."""
    chosen: list[Case] = []
    for position, (fault, phase) in enumerate(short_pairs(engine, own_servers=own_servers)):
        inside = [place for place in found if place.phase is phase and fault.fits(place)]
        chosen.append(Case(fault, inside[(len(inside) // 2 + position) % len(inside)]))
    return chosen
