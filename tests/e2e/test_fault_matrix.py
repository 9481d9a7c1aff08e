"""The short form of `make chaos`: every fault in every phase of an order, each an order of its own; judged from outside."""

import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
from django.conf import settings

from integrations.simulation.chaos import table
from integrations.simulation.chaos.cases import Phase
from integrations.simulation.chaos.faults import FAULTS, Engine, Fault, faults_of
from integrations.simulation.chaos.results import Judged, PartResult, load

pytestmark = pytest.mark.e2e

DOCS = settings.BASE_DIR / "docs"
ENGINE = (
    Engine.POSTGRESQL if os.environ.get("TEST_DATABASE_URL", "").startswith("postgres") else Engine.SQLITE
)


@dataclass(frozen=True)
class Run:
    """What the command said, and what it found."""

    exit_code: int
    output: str
    found: PartResult


@pytest.fixture(scope="session")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """All cases are run together, several at a time: most of one case is waiting for a retry."""
    folder = tmp_path_factory.mktemp("chaos")
    done = subprocess.run(
        [sys.executable, "manage.py", "chaos", "--short", "--folder", str(folder)],
        cwd=settings.BASE_DIR,
        env={**os.environ, "DJANGO_SETTINGS_MODULE": "automationhub.settings", "DEBUG": "true"},
        capture_output=True,
        text=True,
        timeout=900,
    )
    results = folder / "1-matrix" / "results.json"
    assert results.exists(), done.stdout + done.stderr
    return Run(done.returncode, done.stdout, load(results))


@pytest.fixture
def matrix(run: Run) -> PartResult:
    return run.found


def test_the_command_prints_the_table_and_ends_well(run: Run) -> None:
    assert run.exit_code == 0, run.output
    assert "| Mean time to recover |" in run.output


@pytest.mark.parametrize("phase", Phase)
@pytest.mark.parametrize("fault", faults_of(ENGINE), ids=lambda fault: fault.key)
def test_one_order_becomes_exactly_one_complete_job(matrix: PartResult, fault: Fault, phase: Phase) -> None:
    [case] = [one for one in matrix.judged if one.group[0] == fault.title and one.group[2] == phase]
    assert (case.duplicates, case.lost, case.partial) == ([], [], []), case.name


@pytest.mark.parametrize("fault", faults_of(ENGINE), ids=lambda fault: fault.key)
def test_nobody_has_to_press_retry_but_after_a_refused_password(matrix: PartResult, fault: Fault) -> None:
    pressed = sum(one.retried for one in matrix.judged if one.group[0] == fault.title)
    assert (pressed > 0) == fault.needs_person


def test_what_is_done_without_an_answer_is_written_down_for_every_call(matrix: PartResult) -> None:
    _, _, section = (DOCS / "architecture.md").read_text().partition("### When an answer does not come")
    documented = set(re.findall(r"`(\w+)`", section))
    called = {call.split()[-1].rpartition("/")[2] for call in matrix.calls}
    assert len(called) > 15
    assert called - documented == set()


def judged(name: str = "lost@pace:1", **found: list[str]) -> Judged:
    bad = {"duplicates": [], "lost": [], "partial": []} | found
    return Judged(name, (FAULTS[0].title, "Pace", Phase.JOB, "SQLite"), **bad, seconds=2.0)


class TestTable:
    def test_a_row_for_each_fault_and_system_with_its_figures(self) -> None:
        head, _, row, *_ = table.lines([PartResult("", [judged(), judged(partial=["no carton"])])], [], [])
        assert [cell.strip() for cell in head.split("|")][1:-1] == [
            "Fault",
            "System",
            "Database",
            *table.FIGURES,
        ]
        figures = ["connection refused", "Pace", "SQLite", "2", "1", "0", "0", "1", "2.0 s"]
        assert [cell.strip() for cell in row.split("|")][1:-1] == figures

    @pytest.mark.parametrize("column", ["duplicates", "lost", "partial"])
    def test_one_bad_order_makes_the_whole_run_bad(self, column: str) -> None:
        good = PartResult("", [judged()])
        bad = PartResult("", [judged(**{column: ["something"]})])
        assert table.is_good([good], [])
        assert not table.is_good([good, bad], [])
        assert not table.is_good([good], [bad])

    def test_a_run_of_nothing_proves_nothing(self) -> None:
        assert not table.is_good([], [])

    def test_what_was_not_run_is_told(self) -> None:
        assert "**Not run:** the burst." in list(
            table.lines([PartResult("", [judged()])], [], ["the burst."])
        )

    def test_the_page_keeps_what_stands_around_the_table(self, tmp_path: Path) -> None:
        page = tmp_path / "page.md"
        page.write_text(f"Before\n{table.BEGIN}\nold\n{table.END}\nAfter\n")
        table.write_into(page, ["new"])
        table.write_into(page, ["newer"])
        assert page.read_text() == f"Before\n{table.BEGIN}\n\nnewer\n\n{table.END}\nAfter\n"
