"""`make mutants`: takes each line that carries the guarantee away, one at a time, and sees that a test notices.

Works on copies of the tree under var/mutants, never on the tree itself. Exit code 1 when a mutant survives. With
TEST_DATABASE_URL also those that show on PostgreSQL alone.
"""

from __future__ import annotations

import argparse
import os
import platform
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from queue import SimpleQueue

from integrations.simulation.published import publish, run_here
from tests.mutants.catalog import ROOT, Mutant, mutants, sentences

# Two runs at the same time have copies of their own.
WORK = ROOT / f"var/mutants/{os.getpid()}"
PAGE = ROOT / "docs/mutants.md"
# The slowest of the named sets takes a minute and a half alone; a mutant that hangs is ended after this.
LONGEST = 600
NOT_COPIED = (
    ".git",
    ".venv",
    "var",
    "__pycache__",
    "*.sqlite3",
    ".pytest_cache",
    ".mypy_cache",
    ".ruff_cache",
)


@dataclass(frozen=True)
class Verdict:
    """What became of one mutant. `by`: the test that failed; "" when none did, so that it survived."""

    mutant: Mutant
    by: str
    seconds: float


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the chosen mutants and print what found each; 0 when none survived."""
    options = _parse(arguments)
    first = next((n for n, one in enumerate(mutants()) if options.begin_with in one.name), 0)
    chosen = [one for one in mutants()[first:] if options.only in one.name]
    here = [one for one in chosen if not one.database or os.environ.get("TEST_DATABASE_URL")]
    for one in (one for one in chosen if one not in here):
        print(f"left out, needs TEST_DATABASE_URL: {one.name}")
    trees: SimpleQueue[Path] = SimpleQueue()
    try:
        for number in range(options.jobs):
            trees.put(_copy(number))
        with ThreadPoolExecutor(options.jobs) as pool:
            if not options.skip_baseline and not _all_pass(pool, here, trees):
                return 2
            verdicts = list(pool.map(lambda one: _try(one, trees), here))
    finally:
        shutil.rmtree(WORK, ignore_errors=True)
    survivors = [verdict for verdict in verdicts if not verdict.by]
    print(f"\n{len(verdicts) - len(survivors)} of {len(verdicts)} mutants were noticed.")
    for verdict in survivors:
        print(f"survived: {verdict.mutant.name} ({verdict.mutant.file})")
    if options.write_docs:
        PAGE.write_text("\n".join(_page(verdicts)) + "\n", encoding="utf-8")
        figures = {"noticed": len(verdicts) - len(survivors), "total": len(verdicts)}
        publish("mutants", {**run_here(_database()), **figures})
    return 1 if survivors else 0


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make mutants ARGS=…", description=__doc__)
    parser.add_argument("--only", default="", help="only mutants whose name has this text")
    parser.add_argument(
        "--begin-with", default="", help="go on from the first mutant whose name has this text"
    )
    parser.add_argument("--jobs", type=int, default=2, help="how many at the same time")
    parser.add_argument(
        "--skip-baseline", action="store_true", help="do not run the tests without a mutant first"
    )
    parser.add_argument("--write-docs", action="store_true", help=f"write {PAGE.relative_to(ROOT)}")
    return parser.parse_args(arguments)


def _copy(number: int) -> Path:
    tree = WORK / str(number)
    shutil.copytree(ROOT, tree, ignore=shutil.ignore_patterns(*NOT_COPIED))
    return tree


def _all_pass(pool: ThreadPoolExecutor, chosen: Sequence[Mutant], trees: SimpleQueue[Path]) -> bool:
    """Whether the tests pass as the product is: else a failure would say nothing of a mutant."""
    files = sorted({test for one in chosen for test in one.tests})

    def run(test: str) -> str:
        tree = trees.get()
        try:
            return _first_failure(tree, (test,))
        finally:
            trees.put(tree)

    failed = [f"{test}: {found}" for test, found in zip(files, pool.map(run, files), strict=True) if found]
    for one in failed:
        print(f"fails without any mutant: {one}")
    return not failed


def _try(mutant: Mutant, trees: SimpleQueue[Path]) -> Verdict:
    tree, began = trees.get(), time.monotonic()
    was = mutant.apply(tree)
    try:
        by = _first_failure(tree, mutant.tests)
    finally:
        (tree / mutant.file).write_text(was, encoding="utf-8")
        trees.put(tree)
    verdict = Verdict(mutant, by, time.monotonic() - began)
    print(f"{'noticed ' if by else 'SURVIVED'} {verdict.seconds:4.0f} s  {mutant.name}  {by}", flush=True)
    return verdict


def _first_failure(tree: Path, tests: Sequence[str]) -> str:
    """The first test of these that fails in the tree; "" when all pass."""
    environment = {**os.environ, "PYTHONPATH": str(tree)}
    command = [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", *tests]
    try:
        ran = subprocess.run(
            command, cwd=tree, env=environment, capture_output=True, text=True, timeout=LONGEST, check=False
        )
    except subprocess.TimeoutExpired:
        return f"hangs ({LONGEST} s)"
    if ran.returncode == 0:
        return ""
    found = re.search(r"^(?:FAILED|ERROR) (\S+)", ran.stdout, re.MULTILINE)
    if ran.returncode != 1 or found is None:
        raise RuntimeError(f"pytest ended with {ran.returncode}:\n{ran.stdout[-2000:]}{ran.stderr[-2000:]}")
    return found.group(1)


def _database() -> str:
    return "PostgreSQL" if os.environ.get("TEST_DATABASE_URL") else "SQLite"


def _page(verdicts: Sequence[Verdict]) -> Iterator[str]:
    noticed = sum(bool(verdict.by) for verdict in verdicts)
    yield "# The mutants of the guarantee"
    yield ""
    yield (
        "Each line of the code that carries a sentence of [the guarantee](guarantee.md) is taken away, one at a time; a test has "
        "to notice. `make mutants` does it and writes this page with `ARGS=--write-docs`; the lines stand in "
        "`tests/mutants/guarantee.toml`."
    )
    yield ""
    yield (
        f"**{noticed} of {len(verdicts)} noticed**, {date.today():%Y-%m-%d}, {_database()}, Python "  # noqa: DTZ011 - the day it ran here
        f"{platform.python_version()}, {os.cpu_count()} cores, "
        f"{sum(verdict.seconds for verdict in verdicts):.0f} s of tests."
    )
    for sentence in sentences():
        of_this = [verdict for verdict in verdicts if sentence.startswith(verdict.mutant.sentence)]
        if not of_this:
            continue
        yield f"\n## {sentence}\n"
        yield "| without its line | file | noticed by |"
        yield "| --- | --- | --- |"
        for verdict in of_this:
            by = verdict.by.partition("::")[2].partition("[")[0] or verdict.by or "**nothing**"
            yield f"| {verdict.mutant.name} | `{Path(verdict.mutant.file).name}` | {by} |"


if __name__ == "__main__":
    sys.exit(main())
