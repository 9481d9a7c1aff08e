"""`make model`: every state that the protocol can reach, and variants without one of its rules, which must be found out.

Exit code 1 when the protocol reaches a state that must not be or one that has no way to the end, or when nothing is found of
a variant.
"""

from __future__ import annotations

import argparse
import os
import platform
import re
import sys
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from integrations.simulation.published import publish, run_here
from tests.model.explore import Exploration, Found
from tests.model.states import Rules
from tests.model.story import told
from tests.model.variants import BOUNDS, VARIANTS, Variant, record

PAGE = Path(__file__).parents[2] / "docs/model.md"
TABLE = "<!-- Below: written by make model ARGS=--write-docs -->"


@dataclass(frozen=True)
class Outcome:
    """One exploration. `task`: the name of a bound, or a variant."""

    task: str | Variant
    found: Found
    seconds: float

    @property
    def name(self) -> str:
        return self.task if isinstance(self.task, str) else self.task.name

    @property
    def failed(self) -> bool:
        """Whether it shows that something is wrong with the protocol, or with the model."""
        must_hold = isinstance(self.task, str) or self.task.holds
        return bool(self.found.wrong) if must_hold else not self.found.wrong

    @property
    def line(self) -> str:
        """It in one line."""
        name = self.name if isinstance(self.task, str) else f"without: {self.name}"
        end = f"{self.found.wrong}, after {len(self.found.path)} steps" if self.found.wrong else "holds"
        states = f"{self.found.states:9,} states, {self.found.depth:2} steps deep, {self.seconds:4.0f} s"
        return f"{'FAILED ' if self.failed else ''}{states}: {name}: {end}"


def main(arguments: Sequence[str] | None = None) -> int:
    """Explore all, print what was found; 0 when it is as it must be."""
    options = _parse(arguments)
    # The largest first, so that no core waits for another.
    tasks: list[str | Variant] = [*reversed(BOUNDS), *sorted(VARIANTS, key=lambda one: -len(one.bound))]
    outcomes = []
    with ProcessPoolExecutor(options.jobs) as pool:
        for outcome in pool.map(_explore, tasks):
            print(outcome.line, flush=True)
            outcomes.append(outcome)
    failed = [outcome for outcome in outcomes if outcome.failed]
    for outcome in failed:
        print(f"\n{outcome.line}")
        print("\n".join(told(outcome.found.path)))
    if options.write_docs and not failed:
        _write(outcomes)
    return 1 if failed else 0


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make model ARGS=…", description=__doc__)
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="how many at the same time")
    parser.add_argument(
        "--write-docs", action="store_true", help="write docs/model.md, and the paths that a test replays"
    )
    return parser.parse_args(arguments)


def _explore(task: str | Variant) -> Outcome:
    began = time.monotonic()
    found = Exploration(Rules(**BOUNDS[task])).run() if isinstance(task, str) else task.explore()
    return Outcome(task, found, time.monotonic() - began)


# --- docs/model.md ----------------------------------------------------------------------------------------------------


def _write(outcomes: Sequence[Outcome]) -> None:
    by_name = {outcome.name: outcome for outcome in outcomes}
    variants = [by_name[variant.name] for variant in VARIANTS]
    record({one.name: one.found.path for one in variants if one.found.path})
    bounds = [by_name[name] for name in BOUNDS]
    head = PAGE.read_text(encoding="utf-8").partition(TABLE)[0]
    PAGE.write_text(f"{head}{TABLE}\n\n" + "\n".join(_page(bounds, variants)) + "\n", encoding="utf-8")
    figures = {
        "states": sum(one.found.states for one in bounds),
        "wrong": sum(bool(one.found.wrong) for one in bounds),
        "variants": sum(bool(one.found.wrong) for one in variants),
    }
    publish("model", {**run_here(), **figures})


def _page(bounds: Sequence[Outcome], variants: Sequence[Outcome]) -> Iterator[str]:
    found = [one for one in variants if one.found.wrong]
    yield (
        f"**{sum(one.found.states for one in bounds):,} states of the protocol, none of them wrong; {len(found)} variants found "
        f"out**, {date.today():%Y-%m-%d}, Python {platform.python_version()}, "  # noqa: DTZ011 - the day it ran here
        f"{os.cpu_count()} cores, {sum(one.seconds for one in (*bounds, *variants)):.0f} s of work."
    )
    yield "\n## The protocol\n"
    yield "| what may happen besides | states | longest shortest way | seconds |"
    yield "| --- | --- | --- | --- |"
    for one in bounds:
        yield f"| {one.name} | {one.found.states:,} | {one.found.depth} steps | {one.seconds:.0f} |"
    yield "\n## Variants that must fail\n"
    yield "| without a rule | what comes of it | shortest way | states until then |"
    yield "| --- | --- | --- | --- |"
    yield from _rows(found, by_people=False)
    yield "\n## What people have to heed\n"
    yield "The hub cannot know of these; the documents [say so](growing.md#backup), and without it the model finds:\n"
    yield "| when | what comes of it | shortest way | states until then |"
    yield "| --- | --- | --- | --- |"
    yield from _rows(found, by_people=True)
    yield "\n## Second lines of defense\n"
    yield "Without one of these rules nothing goes wrong, as long as the other one holds.\n"
    yield "| without | what holds | states |"
    yield "| --- | --- | --- |"
    for one in variants:
        if isinstance(one.task, Variant) and one.task.holds:
            yield f"| {one.name} | {one.task.holds} | {one.found.states:,} |"
    yield "\n## The shortest ways"
    for one in found:
        yield f"\n### {one.name[0].upper()}{one.name[1:]}\n"
        yield from (f"{position}. {line}" for position, line in enumerate(told(one.found.path), 1))
        yield f"\nThen: {one.found.wrong}."


def _rows(found: Sequence[Outcome], *, by_people: bool) -> Iterator[str]:
    for one in found:
        if isinstance(one.task, Variant) and one.task.by_people == by_people:
            steps = f"{len(one.found.path)} steps"
            # As MkDocs makes an anchor of the heading.
            anchor = re.sub(r"[-\s]+", "-", re.sub(r"[^\w\s-]", "", one.name).lower())
            yield f"| [{one.name}](#{anchor}) | {one.found.wrong} | {steps} | {one.found.states:,} |"


if __name__ == "__main__":
    sys.exit(main())
