"""What every benchmark hands in: goals with their ratios, tables, pictures to draw, sentences. As text and as JSON.

A subject is a module with `measure(options) -> Report`, run as `python -m benchmarks.SUBJECT [--short] [--json FILE]`.
It ends with 1 when a goal is missed. Times differ from machine to machine; so a goal is a ratio of two things measured
in the same run, or a count.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
POSTGRESQL = ("BENCH_DATABASE_URL", "TEST_DATABASE_URL")
REDIS = ("BENCH_REDIS_URL", "TEST_REDIS_URL")

Point = tuple[float, float]


@dataclass(frozen=True)
class Goal:
    """One claim: `value` must be `at_most` or `at_least` the bound (one of the two is given)."""

    name: str
    value: float
    at_most: float | None = None
    at_least: float | None = None
    note: str = ""

    @property
    def met(self) -> bool:
        good = self.at_most is None or self.value <= self.at_most
        return good and (self.at_least is None or self.value >= self.at_least)

    @property
    def bound(self) -> str:
        return f"≤ {self.at_most:g}" if self.at_most is not None else f"≥ {self.at_least:g}"

    def line(self) -> str:
        """For the terminal."""
        return f"  {'ok    ' if self.met else 'MISSED'}  {self.name}: {figure(self.value)} ({self.bound})"


@dataclass(frozen=True)
class Table:
    """Rows of text under a heading."""

    heading: str
    columns: Sequence[str]
    rows: Sequence[Sequence[str]]


@dataclass(frozen=True)
class Picture:
    """Lines or bars, drawn later: what is measured needs no drawing library."""

    name: str
    title: str
    x: str
    y: str
    series: dict[str, Sequence[Point]]
    kind: str = "lines"
    labels: Sequence[str] = ()
    log: bool = False


@dataclass
class Report:
    """What one subject found. `blocks` are tables, pictures, sentences and preformatted text in the order of reading."""

    subject: str
    title: str
    goals: list[Goal] = field(default_factory=list)
    blocks: list[dict[str, Any]] = field(default_factory=list)
    not_run: list[str] = field(default_factory=list)
    seconds: float = 0.0

    def goal(
        self,
        name: str,
        value: float,
        *,
        at_most: float | None = None,
        at_least: float | None = None,
        note: str = "",
    ) -> None:
        self.goals.append(Goal(name, value, at_most, at_least, note))

    def say(self, text: str) -> None:
        self.blocks.append({"kind": "text", "text": text})

    def code(self, heading: str, text: str) -> None:
        self.blocks.append({"kind": "code", "heading": heading, "text": text})

    def table(self, heading: str, columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
        self.blocks.append({"kind": "table", **asdict(Table(heading, columns, rows))})

    def picture(self, picture: Picture) -> None:
        drawn = asdict(picture)
        self.blocks.append({"kind": "picture", "style": drawn.pop("kind"), **drawn})

    def skip(self, what: str, why: str) -> None:
        """A part that could not be run; the document says so."""
        self.not_run.append(f"{what}: not run ({why}).")

    def as_data(self) -> dict[str, Any]:
        return asdict(self) | {"goals": [asdict(goal) | {"met": goal.met} for goal in self.goals]}

    def show(self) -> None:
        print(f"\n{self.title} ({self.seconds:.0f} s)")
        for block in self.blocks:
            if block["kind"] == "table":
                print(f"\n  {block['heading']}")
                for line in aligned([block["columns"], *block["rows"]]):
                    print(f"    {line}")
        print()
        for sentence in self.not_run:
            print(f"  {sentence}")
        for goal in self.goals:
            print(goal.line())


def aligned(rows: Sequence[Sequence[str]]) -> list[str]:
    """Rows of text in columns."""
    widths = [max(len(str(row[at])) for row in rows) for at in range(len(rows[0]))]
    return [
        "  ".join(str(cell).ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    ]


def figure(value: float) -> str:
    """A number with three figures that count."""
    return f"{value:.0f}" if abs(value) >= 100 or value == int(value) else f"{value:.3g}"


@dataclass(frozen=True)
class Options:
    """`short`: fewer rounds and sizes, to try a benchmark out. Its figures are no claims. `seconds`: when it is ended."""

    short: bool = False
    seconds: float = float("inf")


def postgresql_url() -> str:
    return _first(POSTGRESQL)


def redis_url() -> str:
    return _first(REDIS)


def _first(names: Sequence[str]) -> str:
    return next((os.environ[name] for name in names if os.environ.get(name)), "")


def main(measure: Callable[[Options], Report]) -> int:
    """The command line of a subject."""
    parser = argparse.ArgumentParser(description=sys.modules["__main__"].__doc__)
    parser.add_argument("--short", action="store_true", help="small sizes, to try it out")
    parser.add_argument(
        "--seconds",
        type=float,
        default=Options.seconds,
        help="the time there is, for what can be made smaller",
    )
    parser.add_argument("--json", type=Path, help="write what was measured to this file")
    arguments = parser.parse_args()
    # Whoever ends a benchmark ends the servers and workers that it has started, too.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("ended from outside"))
    start = time.monotonic()
    report = measure(Options(short=arguments.short, seconds=arguments.seconds))
    report.seconds = time.monotonic() - start
    report.show()
    if arguments.json:
        arguments.json.parent.mkdir(parents=True, exist_ok=True)
        arguments.json.write_text(json.dumps(report.as_data(), ensure_ascii=False, indent=1))
    return 0 if all(goal.met for goal in report.goals) else 1
