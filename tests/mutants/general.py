"""`make mutation`: whatever mutmut changes in the modules that a wrong result would come from, and what no test notices of it.

Each change is tried in a fork (forks.py) with the tests that general.toml names for its file. Exit code 1 when one survives
that survivors.toml does not explain. mutmut itself stands in an environment of its own.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from tests.mutants.catalog import ROOT
from tests.mutants.changes import Change, run_changes

HERE = Path(__file__).parent
# A change may make a loop endless; the slowest tests of a file take half a minute of a processor.
LONGEST = 90.0


def noticing_tests() -> dict[str, list[str]]:
    """The files that are changed, and the tests that are to notice: those of the file first, then those of its folder."""
    listed = tomllib.loads((HERE / "general.toml").read_text(encoding="utf-8"))
    return {
        file: [
            *own,
            *(
                test
                for folder, tests in listed["folders"].items()
                if file.startswith(folder)
                for test in tests
            ),
        ]
        for file, own in listed["files"].items()
    }


def explained() -> list[dict[str, str]]:
    """The survivors that are known, each with why."""
    rows: list[dict[str, str]] = tomllib.loads((HERE / "survivors.toml").read_text(encoding="utf-8")).get(
        "survivor", []
    )
    return rows


def is_explained(made: Mapping[str, Any], known: Sequence[Mapping[str, str]]) -> bool:
    """Whether the list of survivors says why this change is noticed by none."""
    return any(all(one[key] == made[key] for key in ("file", "function", "before", "after")) for one in known)


def main(arguments: Sequence[str] | None = None) -> int:
    """Try the changes of the chosen files; 0 when every survivor is explained."""
    options = _parse(arguments)
    began, tests = time.monotonic(), noticing_tests()
    files = [file for file in tests if any(part in file for part in options.files or [""])]
    if not files:
        print("No file of tests/mutants/general.toml is called so.")
        return 2
    made = _mutations(options, files)
    changes = [
        Change(str(number), one["file"], one["source"], tuple(tests[one["file"]]))
        for number, one in enumerate(made)
    ]
    left: list[dict[str, Any]] = []
    made_elsewhere: list[dict[str, Any]] = []
    noticed = dict.fromkeys(files, 0)
    for found in run_changes(changes, "", options.jobs, LONGEST):
        one = made[int(found.name)]
        if found.problem:
            made_elsewhere.append(one)
        elif found.by:
            noticed[one["file"]] += 1
        else:
            left.append(one)
    for file in files:
        print(
            f"{noticed[file]:4} of {sum(one['file'] == file for one in made if one not in made_elsewhere):4} noticed: {file}"
        )
    unexplained = [one for one in left if not is_explained(one, explained())]
    for one in unexplained:
        print(f"survived: {one['file']}, {one['function']}: {one['before']}  ->  {one['after']}")
    print(
        f"{sum(noticed.values())} of {len(made) - len(made_elsewhere)} were noticed, {len(left) - len(unexplained)} are "
        f"explained; {len(made_elsewhere)} are outside of functions and were not tried; "
        f"seed {options.seed}, {time.monotonic() - began:.0f} s."
    )
    return 1 if unexplained else 0


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make mutation", description=__doc__)
    parser.add_argument("files", nargs="*", help="parts of names of files in general.toml; all without any")
    parser.add_argument("--python", default=sys.executable, help="the Python of mutmut's environment")
    parser.add_argument("--sample", type=int, default=40, help="changes of each file at the most; 0 for all")
    # Always the same ones: what fails is then the work of the last change, not of chance.
    parser.add_argument("--seed", type=int, default=1, help="which ones (default: 1)")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 2, help="how many at the same time")
    return parser.parse_args(arguments)


def _mutations(options: argparse.Namespace, files: Sequence[str]) -> list[dict[str, Any]]:
    command = [options.python, str(HERE / "mutations.py"), str(options.sample), str(options.seed), *files]
    ran = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if ran.returncode:
        raise RuntimeError(f"mutmut ended with {ran.returncode}:\n{ran.stderr[-2000:]}")
    found: list[dict[str, Any]] = json.loads(ran.stdout)
    return found


if __name__ == "__main__":
    sys.exit(main())
