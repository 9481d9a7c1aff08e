"""What the parts of a run report to each other, as plain data, and the sums of it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, field
from pathlib import Path

from integrations.simulation.chaos.matrix import Outcome
from integrations.simulation.chaos.verify import Verdict


@dataclass(frozen=True)
class Judged:
    """One order, judged. `group`: the row of the table it counts in. `seconds`: until it had recovered."""

    name: str
    group: tuple[str, ...]
    duplicates: list[str]
    lost: list[str]
    partial: list[str]
    seconds: float
    retried: int = 0

    @property
    def exactly_one(self) -> bool:
        return not (self.duplicates or self.lost or self.partial)


@dataclass(frozen=True)
class PartResult:
    """What one part found. `remarks`: what is worth telling of the run as a whole, such as its seed. `calls`: the calls of
    the undisturbed run."""

    title: str
    judged: list[Judged]
    remarks: list[str] = field(default_factory=list)
    calls: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Row:
    """One row of the table."""

    group: tuple[str, ...]
    cases: int
    exactly_one: int
    duplicates: int
    lost: int
    partial: int
    mean_seconds: float
    retried: int

    @property
    def is_good(self) -> bool:
        return self.exactly_one == self.cases and not (self.duplicates or self.lost or self.partial)


def of_outcome(outcome: Outcome, place: str) -> Judged:
    """A case of the matrix. `place`: the database it ran on."""
    verdict: Verdict = outcome.verdict
    case = outcome.case
    return Judged(
        case.name,
        (case.fault.title, str(case.place.system), str(case.place.phase), place),
        verdict.duplicates,
        verdict.lost,
        verdict.partial,
        outcome.seconds,
        outcome.retried,
    )


def rows(judged: Iterable[Judged], group: Callable[[Judged], tuple[str, ...]]) -> list[Row]:
    """The sums by group, in the order in which the groups first appear."""
    groups: dict[tuple[str, ...], list[Judged]] = {}
    for one in judged:
        groups.setdefault(group(one), []).append(one)
    return [_row(key, members) for key, members in groups.items()]


def _row(group: tuple[str, ...], members: list[Judged]) -> Row:
    return Row(
        group,
        cases=len(members),
        exactly_one=sum(one.exactly_one for one in members),
        duplicates=sum(bool(one.duplicates) for one in members),
        lost=sum(bool(one.lost) for one in members),
        partial=sum(bool(one.partial) for one in members),
        mean_seconds=sum(one.seconds for one in members) / len(members),
        retried=sum(one.retried for one in members),
    )


def store(result: PartResult, path: Path) -> None:
    """Write it down for the process that asked for it."""
    path.write_text(json.dumps(asdict(result)))


def load(path: Path) -> PartResult:
    """What `store` wrote."""
    data = json.loads(path.read_text())
    judged = [Judged(**{**one, "group": tuple(one["group"])}) for one in data["judged"]]
    return PartResult(data["title"], judged, data["remarks"], data["calls"])
