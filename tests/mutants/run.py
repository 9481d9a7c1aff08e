"""`make mutants`: takes each line that carries the guarantee away, one at a time, and sees that a test notices.

The hub is loaded once, and each changed function is put in its place in a fork (forks.py); no file is changed. Exit code 1
when a mutant survives. What shows on PostgreSQL alone is tried on a server that the run starts for itself, where its
programs are not installed on that of TEST_DATABASE_URL.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from integrations.simulation.chaos.own_servers import own_postgres, postgres_programs
from integrations.simulation.published import publish, run_here
from tests.mutants.catalog import ROOT, Mutant, mutants
from tests.mutants.changes import Change, run_changes
from tests.mutants.page import PAGE, write_page

SQLITE, POSTGRESQL = "SQLite", "postgresql"


@dataclass(frozen=True)
class Verdict:
    """What became of one mutant. `by`: the test that failed; "" when none did, so that it survived."""

    mutant: Mutant
    by: str
    seconds: float


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the chosen mutants and print what found each; 0 when none survived."""
    options = _parse(arguments)
    began = time.monotonic()
    first = next((n for n, one in enumerate(mutants()) if options.begin_with in one.name), 0)
    chosen = [one for one in mutants()[first:] if options.only in one.name]
    found: dict[str, Verdict] = {}
    for database in (SQLITE, POSTGRESQL):
        of_this = [one for one in chosen if (one.database or SQLITE) == database]
        with _address(database) as address:
            if database == POSTGRESQL and not address:
                for one in of_this:
                    print(f"left out, needs PostgreSQL's programs or TEST_DATABASE_URL: {one.name}")
                continue
            if not options.skip_baseline and not _all_pass(of_this, address, options.jobs):
                return 2
            found |= {one.mutant.name: one for one in _verdicts(of_this, address, options.jobs)}
    verdicts = [found[one.name] for one in chosen if one.name in found]
    survivors = [verdict for verdict in verdicts if not verdict.by]
    seconds = time.monotonic() - began
    print(f"\n{len(verdicts) - len(survivors)} of {len(verdicts)} mutants were noticed, in {seconds:.0f} s.")
    for verdict in survivors:
        print(f"survived: {verdict.mutant.name} ({verdict.mutant.file})")
    if options.write_docs:
        if not survivors and len(verdicts) == len(mutants()):
            figures = {"noticed": len(verdicts), "total": len(verdicts), "minutes": round(seconds / 60)}
            publish("mutants", {**run_here("SQLite and PostgreSQL"), **figures})
        write_page()
    return 1 if survivors else 0


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make mutants ARGS=…", description=__doc__)
    parser.add_argument("--only", default="", help="only mutants whose name has this text")
    parser.add_argument(
        "--begin-with", default="", help="go on from the first mutant whose name has this text"
    )
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 2, help="how many at the same time")
    parser.add_argument(
        "--skip-baseline", action="store_true", help="do not run the tests without a mutant first"
    )
    parser.add_argument(
        "--write-docs",
        action="store_true",
        help=f"write {PAGE.relative_to(ROOT)}, and when all ran and none survived the published figures",
    )
    return parser.parse_args(arguments)


@contextmanager
def _address(database: str) -> Iterator[str]:
    """The PostgreSQL to use, one of the run's own where its programs are installed; "" for SQLite and when there is none."""
    if database == SQLITE:
        yield ""
    elif (programs := postgres_programs()) is not None:
        with own_postgres(programs) as server:
            yield server.control
    else:
        yield os.environ.get("TEST_DATABASE_URL", "")


def _all_pass(chosen: Sequence[Mutant], address: str, jobs: int) -> bool:
    """Whether the tests pass as the product is: else a failure would say nothing of a mutant."""
    tests: dict[str, set[str]] = {}
    for test in {test for one in chosen for test in one.tests}:
        tests.setdefault(test.partition("::")[0], set()).add(test)
    whole = [Change(file, "", "", tuple(sorted(named))) for file, named in sorted(tests.items())]
    failed = [one for one in run_changes(whole, address, jobs) if one.by]
    for one in failed:
        print(f"fails without any mutant: {one.name}: {one.by}")
    return not failed


def _verdicts(chosen: Sequence[Mutant], address: str, jobs: int) -> Iterator[Verdict]:
    by_name = {one.name: one for one in chosen}
    changes = [Change(one.name, one.file, one.changed(), one.tests) for one in chosen]
    for found in run_changes(changes, address, jobs):
        mutant = by_name[found.name]
        if found.problem:
            raise RuntimeError(f"“{mutant.name}” could not be tried: {found.problem}")
        print(
            f"{'noticed ' if found.by else 'SURVIVED'} {found.seconds:4.0f} s  {mutant.name}  {found.by}",
            flush=True,
        )
        yield Verdict(mutant, found.by, found.seconds)


if __name__ == "__main__":
    sys.exit(main())
