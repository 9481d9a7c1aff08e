"""What the parts of a run report to each other, as plain data, and the sums of it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from integrations.simulation.chaos.matrix import CaseOutcome
from integrations.simulation.chaos.verify import CaseVerdict


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
class Recovery:
    """How soon after a nemesis 95 of a hundred usual orders got through again. `seconds` None: not while it was watched.
    `meanwhile`: of the usual throughput, how much there was while it lasted."""

    nemesis: str
    engine: str
    seconds: float | None
    meanwhile: float


@dataclass(frozen=True)
class PartResult:
    """What one part found. `remarks`: what is worth telling of the run as a whole, such as its seed. `calls`: the calls of
    the undisturbed run. `recovered`: of the nemeses of a stream."""

    title: str
    judged: list[Judged]
    remarks: list[str] = field(default_factory=list)
    calls: list[str] = field(default_factory=list)
    recovered: list[Recovery] = field(default_factory=list)


@dataclass(frozen=True)
class Summary:
    """What is told and kept of a part, as plain data. `what`: the matrix, a burst or a stream."""

    what: str
    title: str
    engine: str
    date: str
    machine: str
    seconds: float
    rows: list[ResultRow]
    remarks: list[str]
    recovered: list[Recovery]

    @property
    def name(self) -> str:
        """The place that a later run of the same takes."""
        return f"{self.what} {self.engine}"


@dataclass(frozen=True)
class ResultRow:
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


def of_outcome(outcome: CaseOutcome, place: str) -> Judged:
    """A case of the matrix. `place`: the database it ran on."""
    verdict: CaseVerdict = outcome.verdict
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


def rows(judged: Iterable[Judged], group: Callable[[Judged], tuple[str, ...]]) -> list[ResultRow]:
    """The sums by group, in the order in which the groups first appear."""
    groups: dict[tuple[str, ...], list[Judged]] = {}
    for one in judged:
        groups.setdefault(group(one), []).append(one)
    return [_row(key, members) for key, members in groups.items()]


def _row(group: tuple[str, ...], members: list[Judged]) -> ResultRow:
    return ResultRow(
        group,
        cases=len(members),
        exactly_one=sum(one.exactly_one for one in members),
        duplicates=sum(bool(one.duplicates) for one in members),
        lost=sum(bool(one.lost) for one in members),
        partial=sum(bool(one.partial) for one in members),
        mean_seconds=sum(one.seconds for one in members) / len(members),
        retried=sum(one.retried for one in members),
    )


def summary(what: str, engine: str, part: PartResult, *, date: str, machine: str, seconds: float) -> Summary:
    """What is told of a part: a row for each fault of a matrix and nemesis of a stream, one for a burst."""
    groups: dict[str, Callable[[Judged], tuple[str, ...]]] = {
        "matrix": lambda one: (one.group[0],),
        "stream": lambda one: (one.group[0] if one.group else "nothing that belongs to an order",),
        "burst": lambda one: (part.title,),
    }
    found = rows(part.judged, groups[what])
    return Summary(what, part.title, engine, date, machine, seconds, found, part.remarks, part.recovered)


def as_data(summaries: Iterable[Summary]) -> dict[str, Any]:
    """For a file."""
    return {one.name: asdict(one) for one in summaries}


def from_data(data: dict[str, Any]) -> dict[str, Summary]:
    """What `as_data` made."""
    found = {}
    for name, one in data.items():
        kept_rows = [ResultRow(**{**row, "group": tuple(row["group"])}) for row in one["rows"]]
        recovered = [Recovery(**back) for back in one["recovered"]]
        found[name] = Summary(**{**one, "rows": kept_rows, "recovered": recovered})
    return found


def store(result: PartResult, path: Path) -> None:
    """Write it down for the process that asked for it."""
    path.write_text(json.dumps(asdict(result)))


def load(path: Path) -> PartResult:
    """What `store` wrote."""
    data = json.loads(path.read_text())
    judged = [Judged(**{**one, "group": tuple(one["group"])}) for one in data["judged"]]
    recovered = [Recovery(**one) for one in data["recovered"]]
    return PartResult(data["title"], judged, data["remarks"], data["calls"], recovered)
