"""`make bench`: runs every subject in turn, prints each ratio with its goal, writes docs/performance.md with its pictures.

    python -m benchmarks [--short] [--only SUBJECT ...] [--no-document]

Ends with 1 when a goal is missed or a subject breaks. Each subject is a process of its own with a share of the fifteen
minutes; what takes longer is ended and reported as not run. With `--only` the page keeps what was measured of the others
before (`var/bench/results`).
"""

from __future__ import annotations

import argparse
import contextlib
import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from benchmarks.harness import ROOT, Goal

# Subject: the seconds it may take. In the order of the document.
SUBJECTS = {
    "intake": 240,
    "prompt": 60,
    "orders": 90,
    "observing": 100,
    "latencies": 100,
    "buyers": 90,
    "scaling": 300,
    "memory": 180,
    "start": 100,
    "planning": 60,
    "mapping_import": 100,
    "changes": 60,
    # Last: it fits itself into the time that the others have left.
    "growth": 330,
}
TOTAL = 900
# The Python that draws; `make bench` installs it.
DRAWING = ROOT / "var" / "bench" / "drawing" / "bin" / "python"
RESULTS = ROOT / "var" / "bench" / "results"


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--short", action="store_true", help="small sizes, to try it out; writes no document")
    parser.add_argument("--only", nargs="+", choices=SUBJECTS, metavar="SUBJECT", help=", ".join(SUBJECTS))
    parser.add_argument("--no-document", action="store_true", help="do not write docs/performance.md")
    options = parser.parse_args()
    begun = time.monotonic()
    chosen = options.only or list(SUBJECTS)
    folder = RESULTS.with_name("short") if options.short else RESULTS
    folder.mkdir(parents=True, exist_ok=True)
    broken = {}
    for subject in chosen:
        left = TOTAL - (time.monotonic() - begun)
        file = folder / f"{subject}.json"
        file.unlink(missing_ok=True)
        problem = run(subject, file, min(SUBJECTS[subject], left), short=options.short)
        if not file.exists():
            broken[subject] = f"{subject}: not run ({problem})."
            print(f"\n{broken[subject]}")
    reports = {
        subject: json.loads(file.read_text())
        for subject in SUBJECTS
        if (file := folder / f"{subject}.json").exists()
    }
    good = summary([reports[subject] for subject in chosen if subject in reports], [*broken.values()])
    if not (options.short or options.no_document):
        missing = [
            broken.get(subject, f"{subject}: not run.") for subject in SUBJECTS if subject not in reports
        ]
        file = folder.with_name("page.json")
        file.write_text(json.dumps({"reports": [*reports.values()], "not_run": missing}))
        subprocess.run([str(DRAWING), "-m", "benchmarks.document", str(file)], cwd=ROOT, check=True)
        print("\nWritten: docs/performance.md")
    return 0 if good else 1


def run(subject: str, file: Path, seconds: float, *, short: bool) -> str:
    """Run one subject; what went wrong when it wrote no report."""
    if seconds < 10:
        return "no time was left"
    command = [
        sys.executable,
        "-m",
        f"benchmarks.{subject}",
        "--json",
        str(file),
        "--seconds",
        f"{seconds:.0f}",
        *(["--short"] if short else []),
    ]
    process = subprocess.Popen(command, cwd=ROOT, start_new_session=True)
    try:
        code = process.wait(timeout=seconds)
    except subprocess.TimeoutExpired:
        process.terminate()  # it ends what it has started
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(timeout=30)
        process.kill()
        return f"it took longer than its {seconds:.0f} s"
    return f"it ended with {code}"


def summary(reports: list[dict[str, Any]], broken: list[str]) -> bool:
    """Print every ratio once more, together; whether all goals are met and nothing broke."""
    print(f"\nAll goals ({sum(report['seconds'] for report in reports):.0f} s)")
    missed = 0
    for report in reports:
        print(f"\n {report['title']}")
        for sentence in report["not_run"]:
            print(f"  {sentence}")
        for data in report["goals"]:
            goal = Goal(**{key: value for key, value in data.items() if key != "met"})
            missed += not goal.met
            print(goal.line())
    for sentence in broken:
        print(f"  {sentence}")
    print(f"\n{missed} missed." if missed or broken else "\nAll met.")
    return not missed and not broken


if __name__ == "__main__":
    sys.exit(main())
