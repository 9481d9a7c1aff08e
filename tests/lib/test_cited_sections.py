"""What comments cite is there: pages and numbered sections of the documents, and the fact behind each call of a vendor."""

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FOLDERS = ("automationhub", "integrations", "mappings", "tests", "benchmarks")
CITED = re.compile(r"docs/([a-z-]+)\.md((?:(?:,| and| to)? §\d+)*)")
FACT = re.compile(r"# docs/(?:pace|pressero)\.md §\d+: .+\((?:proved|assumed)\)\.$", re.MULTILINE)
# Rules that stand outside the project, or had a number of their own once.
ELSEWHERE = re.compile(
    r"mapping rules? \d|\(contract[,:)]|(?:pace|pressero)-api|mapping-spec|shared/reference"
)
READS = {"load", "load_with", "find", "newest", "_choices", "_plain"}


def sources() -> Iterator[Path]:
    for folder in FOLDERS:
        yield from (path for path in (ROOT / folder).rglob("*.py") if path != Path(__file__))


@cache
def sections(page: str) -> frozenset[str]:
    """The numbers of a page's sections."""
    path = ROOT / "docs" / f"{page}.md"
    assert path.exists(), f"docs/{page}.md is cited and not there"
    return frozenset(re.findall(r"^## (\d+)\. ", path.read_text(encoding="utf-8"), re.MULTILINE))


def missing_in(text: str) -> list[str]:
    """Citations of sections that their page does not have."""
    return [
        f"docs/{page}.md §{number}"
        for page, numbers in CITED.findall(text)
        for number in re.findall(r"\d+", numbers)
        if number not in sections(page)
    ]


def test_each_cited_section_of_the_documents_exists() -> None:
    missing = {
        str(path.relative_to(ROOT)): found
        for path in sources()
        if (found := missing_in(path.read_text(encoding="utf-8")))
    }
    assert missing == {}


def test_no_comment_cites_rules_that_stand_outside_the_project() -> None:
    found = [
        str(path.relative_to(ROOT))
        for path in sources()
        if ELSEWHERE.search(path.read_text(encoding="utf-8"))
    ]
    assert found == []


@pytest.mark.parametrize("page", ["mapping", "pace", "pressero", "statuses", "api", "events"])
def test_the_sections_of_a_page_are_numbered_from_one_without_a_gap(page: str) -> None:
    text = re.sub(r"^```.*?^```", "", (ROOT / f"docs/{page}.md").read_text("utf-8"), flags=re.S | re.M)
    titles = re.findall(r"^## (.+)$", text, re.MULTILINE)
    assert [title.partition(". ")[0] for title in titles] == [str(n + 1) for n in range(len(titles))]


def vendor_calls(tree: ast.AST) -> Iterator[ast.FunctionDef]:
    """Functions that ask a vendor for something named in them: a path, or a kind of object."""
    for function in ast.walk(tree):
        if not isinstance(function, ast.FunctionDef):
            continue
        for node in ast.walk(function):
            if isinstance(node, ast.Call):
                texts = {arg.value for arg in node.args[:2] if isinstance(arg, ast.Constant)}
                name = getattr(node.func, "attr", getattr(node.func, "id", ""))
                named = any(
                    isinstance(text, str) and re.fullmatch(r"(?:[A-Z][a-z]+)+", text) for text in texts
                )
                if {"GET", "POST", "PUT"} & texts or (name in READS and named):
                    yield function
                    break


@pytest.mark.parametrize("vendor", ["pace", "pressero"])
def test_each_call_of_a_vendor_names_the_fact_that_it_relies_on(vendor: str) -> None:
    silent, count = [], 0
    for path in sorted((ROOT / "integrations/clients" / vendor).glob("*.py")):
        text = path.read_text(encoding="utf-8")
        for function in vendor_calls(ast.parse(text)):
            count += 1
            if not FACT.search(ast.get_source_segment(text, function) or ""):
                silent.append(f"{path.name}: {function.name}")
    assert silent == []
    assert count >= 10


def test_a_section_that_does_not_exist_is_found() -> None:
    assert missing_in("as in docs/mapping.md §3 and §99") == ["docs/mapping.md §99"]
