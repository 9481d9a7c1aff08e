"""The short form of `make chaos`: every fault in every phase of an order, each an order of its own; judged from outside."""

import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
from django.conf import settings

from integrations.simulation import published
from integrations.simulation.chaos import own_servers, table
from integrations.simulation.chaos.call_sites import CallSite, Phase, System
from integrations.simulation.chaos.cases import every_case, short_pairs, thinned
from integrations.simulation.chaos.faults import BY_KEY, FAULTS, Engine, InjectedFault, faults_of
from integrations.simulation.chaos.results import Judged, PartResult, Recovery, Summary, load, summary

pytestmark = pytest.mark.e2e

DOCS = settings.BASE_DIR / "docs"
ENGINE = (
    Engine.POSTGRESQL if os.environ.get("TEST_DATABASE_URL", "").startswith("postgres") else Engine.SQLITE
)


# A run on PostgreSQL starts servers of its own where it can, and does more to them then.
OWN = own_servers.postgres_programs() is not None and own_servers.redis_program() is not None
PAIRS = short_pairs(ENGINE, own_servers=OWN)


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
    return Run(done.returncode, done.stdout + done.stderr, load(results))


@pytest.fixture
def matrix(run: Run) -> PartResult:
    return run.found


def test_the_command_prints_the_table_and_ends_well(run: Run) -> None:
    assert run.exit_code == 0, run.output
    assert "| Mean time to recover |" in run.output


@pytest.mark.parametrize(("fault", "phase"), PAIRS, ids=lambda one: getattr(one, "key", one))
def test_one_order_becomes_exactly_one_complete_job(
    matrix: PartResult, fault: InjectedFault, phase: Phase
) -> None:
    [case] = [one for one in matrix.judged if one.group[0] == fault.title and one.group[2] == phase]
    assert (case.duplicates, case.lost, case.partial) == ([], [], []), case.name


@pytest.mark.parametrize("fault", faults_of(ENGINE, own_servers=OWN), ids=lambda fault: fault.key)
def test_nobody_has_to_press_retry_but_after_a_refusal(matrix: PartResult, fault: InjectedFault) -> None:
    pressed = sum(one.retried for one in matrix.judged if one.group[0] == fault.title)
    assert (pressed > 0) == fault.needs_person


def test_what_is_done_without_an_answer_is_written_down_for_every_call(matrix: PartResult) -> None:
    _, _, section = (DOCS / "architecture.md").read_text().partition("### When an answer does not come")
    documented = set(re.findall(r"`(\w+)`", section))
    called = {call.split()[-1].rpartition("/")[2] for call in matrix.calls}
    assert len(called) > 15
    assert called - documented == set()


def a_place(
    nth: int, system: System = System.PACE, phase: Phase = Phase.JOB, path: str = "/createJob"
) -> CallSite:
    return CallSite(system, nth, "POST", path, phase)


class TestCases:
    CALLS = [a_place(nth) for nth in range(1, 5)]

    def test_what_the_database_has_no_part_in_is_shared_by_the_engines_call_by_call(self) -> None:
        lost = BY_KEY["lost"]
        on = {share: every_case(self.CALLS, [lost], share=share) for share in Engine}
        hit = [{case.place.nth for case in cases} for cases in on.values()]
        assert sorted(map(sorted, hit)) == [[1, 3], [2, 4]]

    def test_what_the_database_has_a_part_in_is_tried_on_each_at_every_call(self) -> None:
        for share in Engine:
            assert len(every_case(self.CALLS, [BY_KEY["killed_after"]], share=share)) == 4

    def test_a_whole_run_tries_everything_everywhere(self) -> None:
        assert len(every_case(self.CALLS, [BY_KEY["lost"]])) == 4

    def test_where_time_is_short_each_fault_hits_some_calls_and_not_all_the_same(self) -> None:
        cases = every_case(self.CALLS, [BY_KEY["lost"], BY_KEY["killed_after"]])
        hit = {(case.fault.key, case.place.nth) for case in thinned(cases, 2)}
        assert hit == {("killed_after", 1), ("killed_after", 3), ("lost", 2), ("lost", 4)}

    def test_a_fault_of_some_calls_hits_no_other(self) -> None:
        commit = a_place(5, phase=Phase.JOB_COMMIT, path="/commit")
        reads = a_place(6, path="/find")
        assert [case.place for case in every_case([*self.CALLS, reads, commit], [BY_KEY["twice"]])] == [
            commit
        ]
        hit = [case.place for case in every_case([*self.CALLS, reads, commit], [BY_KEY["rejected"]])]
        assert hit == [*self.CALLS, commit]

    def test_statements_are_hit_by_nothing_that_befalls_calls(self) -> None:
        statement = a_place(1, System.DATABASE, path="SELECT 1")
        hitting = {fault.key for fault in FAULTS if fault.fits(statement)}
        assert hitting == {"frozen_statement", "killed_statement"}


def judged(name: str = "lost@pace:1", group: str = FAULTS[0].title, **found: list[str]) -> Judged:
    bad = {"duplicates": [], "lost": [], "partial": []} | found
    return Judged(name, (group, "Pace", Phase.JOB, "SQLite"), **bad, seconds=2.0)


def a_summary(*found: Judged, what: str = "matrix", recovered: tuple[Recovery, ...] = ()) -> Summary:
    part = PartResult("Part", list(found), recovered=list(recovered))
    return summary(what, "SQLite", part, date="2031-03-03", machine="2 cores", seconds=60.0)


class TestTable:
    def test_a_row_for_each_fault_and_database_with_its_figures(self) -> None:
        head, _, row, *_ = table.lines([a_summary(judged(), judged(partial=["no carton"]))])
        assert [cell.strip() for cell in head.split("|")][1:-1] == ["Fault", "Database", *table.FIGURES]
        figures = ["connection refused", "SQLite", "2", "1", "0", "0", "1", "2.0 s"]
        assert [cell.strip() for cell in row.split("|")][1:-1] == figures

    def test_a_row_for_each_nemesis_with_the_way_back(self) -> None:
        back = Recovery("Pace slow", "SQLite", 3.25, 0.5)
        _, head, _, row, *_ = table.lines(
            [a_summary(judged(group="Pace slow"), what="stream", recovered=(back,))]
        )
        assert head.rstrip("| ").endswith("Back at 95 %")
        assert row.rstrip("| ").endswith("3.2 s")

    @pytest.mark.parametrize("column", ["duplicates", "lost", "partial"])
    def test_one_bad_order_makes_the_whole_run_bad(self, column: str) -> None:
        good, bad = a_summary(judged()), a_summary(judged(**{column: ["something"]}), what="burst")
        assert table.is_good([good])
        assert not table.is_good([good, bad])

    def test_a_hub_that_is_not_back_in_time_makes_the_whole_run_bad(self) -> None:
        slow = (Recovery("Pace slow", "SQLite", 3.25, 0.5), Recovery("Pace gone", "SQLite", None, 0.0))
        assert table.is_good([a_summary(judged(), what="stream", recovered=slow[:1])])
        assert not table.is_good([a_summary(judged(), what="stream", recovered=slow)])

    def test_a_run_of_nothing_proves_nothing(self) -> None:
        assert not table.is_good([])

    def test_what_was_not_run_is_told(self) -> None:
        assert "**Not run:** the burst." in list(table.lines([a_summary(judged())], ["the burst."]))


class TestDocs:
    @pytest.fixture
    def docs(self, tmp_path: Path) -> Path:
        docs = tmp_path / "docs"
        docs.mkdir()
        (docs / table.PAGE).write_text(f"Before\n{table.BEGIN}\nold\n{table.END}\nAfter\n")
        for page in (docs / "guarantee.md", tmp_path / "README.md"):
            page.write_text(f"Before\n{published.BEGIN}\nold\n{published.END}\nAfter\n")
        return docs

    def test_the_pages_keep_what_stands_around_the_tables(self, docs: Path) -> None:
        table.write_docs([a_summary(judged())], docs)
        for page in (docs / table.PAGE, docs / "guarantee.md", docs.parent / "README.md"):
            text = page.read_text()
            assert text.startswith("Before\n")
            assert text.endswith("\nAfter\n")
            assert "old" not in text

    def test_a_part_that_was_run_again_takes_the_place_of_its_last_run_and_the_others_stay(
        self, docs: Path
    ) -> None:
        table.write_docs([a_summary(judged()), a_summary(judged(), what="burst")], docs)
        table.write_docs([a_summary(judged(), judged())], docs)
        figures = published.kept("chaos", docs)
        assert set(figures["parts"]) == {"matrix SQLite", "burst SQLite"}
        assert figures["cases"] == 3

    def test_the_block_beside_the_guarantee_has_a_row_for_each_command_that_kept_figures(
        self, docs: Path
    ) -> None:
        table.write_docs([a_summary(judged(lost=["no job"]))], docs)
        published.publish(
            "mutants", {"date": "2031-03-03", "machine": "2 cores", "noticed": 7, "total": 8}, docs
        )
        text = (docs / "guarantee.md").read_text()
        assert (
            "| `make chaos` | 1 orders in 1 kinds of trouble, on SQLite: 0 duplicates, 1 lost, 0 partial |"
            in text
        )
        assert "| `make mutants` | 7 of 8 " in text
        assert "make model" not in text.partition(published.BEGIN)[2].partition(published.END)[0]

    def test_a_hub_that_was_not_back_in_time_is_told_beside_those_that_were(self, docs: Path) -> None:
        back = tuple(Recovery(f"nemesis {seconds}", "SQLite", seconds, 0.0) for seconds in (2.0, 9.0, None))
        table.write_docs([a_summary(judged(), what="stream", recovered=back)], docs)
        text = (docs / "guarantee.md").read_text()
        assert "after: SQLite 2.0 to 9.0 s; after 1 not in time" in text

    @pytest.mark.parametrize("page", ["docs/guarantee.md", "README.md"])
    def test_what_the_documents_show_is_what_the_commands_have_kept(self, page: str) -> None:
        _, _, rest = (settings.BASE_DIR / page).read_text().partition(published.BEGIN)
        assert rest.partition(published.END)[0].strip() == published.block()

    def test_a_page_without_a_place_for_the_figures_is_no_silent_success(self, docs: Path) -> None:
        (docs / "guarantee.md").write_text("Nothing here.\n")
        with pytest.raises(ValueError, match=r"guarantee\.md has no place"):
            published.publish("mutants", {"date": "", "machine": "", "noticed": 7, "total": 8}, docs)
