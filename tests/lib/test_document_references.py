"""What the documents point to is there: pages, headings, pictures, commands, their options, variables."""

import argparse
import re
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from django.core.management import get_commands, load_command_class

ROOT = Path(__file__).parents[2]
PAGES = sorted([*(ROOT / "docs").glob("*.md"), *ROOT.glob("*.md")])
OWN_APPS = ("integrations", "mappings")

LINK = re.compile(r"(?<!`)\]\(([^)\s]+)\)")


def prose(page: Path) -> str:
    """The page without its blocks of code."""
    return re.sub(r"^```.*?^```", "", page.read_text(encoding="utf-8"), flags=re.DOTALL | re.MULTILINE)


@cache
def headings(page: Path) -> set[str]:
    """The anchors of a page, made from its headings as MkDocs makes them."""
    found: set[str] = set()
    for title in re.findall(r"^#+ (.+)$", prose(page), re.MULTILINE):
        plain = re.sub(r"[^\w\s-]", "", re.sub(r"\]\([^)]*\)", "", title)).strip().lower()
        found.add(re.sub(r"[-\s]+", "-", plain))
    return found


def links(page: Path) -> list[str]:
    return [link for link in LINK.findall(prose(page)) if not re.match(r"[a-z]+:", link)]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_a_link_leads_to_a_page_and_a_heading(page: Path) -> None:
    dead = []
    for link in links(page):
        name, _, anchor = link.partition("#")
        target = (page.parent / name).resolve() if name else page
        if not target.exists() or (anchor and target.suffix == ".md" and anchor not in headings(target)):
            dead.append(link)
    assert dead == []


def own_commands() -> dict[str, str]:
    return {name: app for name, app in get_commands().items() if app in OWN_APPS}


@cache
def options(command: str) -> frozenset[str]:
    parser: Any = load_command_class(get_commands()[command], command).create_parser("manage.py", command)
    found: set[str] = set()
    for action in parser._actions:
        found |= set(action.option_strings)
        if isinstance(action, argparse._SubParsersAction):
            for inner in action.choices.values():
                found |= {option for one in inner._actions for option in one.option_strings}
    return frozenset(found)


def called(page: Path) -> list[tuple[str, str]]:
    """Each command of manage.py that a page names, with what stands behind it on its line."""
    text = page.read_text(encoding="utf-8")
    return re.findall(r"manage\.py ([a-z_]+)([^`\n;&|]*)", text)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_a_command_exists_and_so_do_its_options(page: Path) -> None:
    known, wrong = get_commands(), []
    for name, rest in called(page):
        if name not in known:
            wrong.append(name)
        else:
            asked = set(re.findall(r"(?<=\s)--[a-z][a-z-]+", rest))
            wrong += [f"{name} {option}" for option in sorted(asked - options(name))]
    assert wrong == []


@pytest.mark.parametrize("command", sorted(own_commands()))
def test_the_page_on_operations_tells_what_a_command_is_for(command: str) -> None:
    text = (ROOT / "docs/operations.md").read_text(encoding="utf-8")
    assert re.search(rf"^\|[^|]*`{command}[` ]", text, re.MULTILINE), "add a line to the table of commands"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_a_make_target_exists(page: Path) -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    named = set(re.findall(r"(?:`|^)make ([a-z]+)", page.read_text(encoding="utf-8"), re.MULTILINE))
    assert named - targets == set()


def test_each_variable_of_the_example_is_one_that_the_settings_read() -> None:
    example = (ROOT / ".env.example").read_text(encoding="utf-8")
    sources = [*(ROOT / "automationhub").rglob("*.py"), ROOT / "gunicorn.conf.py"]
    read = " ".join(source.read_text(encoding="utf-8") for source in sources)
    named = set(re.findall(r"^#? ?([A-Z][A-Z_]+)=", example, re.MULTILINE))
    # OpenTelemetry reads its own variables.
    assert {name for name in named if not name.startswith("OTEL_") and f'"{name}"' not in read} == set()
    assert len(named) > 20


def test_a_dead_link_is_found() -> None:
    page = ROOT / "docs/operations.md"
    assert "health" in headings(page)
    assert "no-such-heading" not in headings(page)
    assert len(PAGES) > 30 and sum(len(links(page)) for page in PAGES) > 80
    assert len([name for page in PAGES for name, _ in called(page)]) > 20


def test_the_tests_that_show_the_guarantee_are_there() -> None:
    text = (ROOT / "docs/guarantee.md").read_text(encoding="utf-8")
    files = {path.relative_to(ROOT).as_posix(): path for path in (ROOT / "tests").rglob("test_*.py")}
    missing = [
        name
        for name in re.findall(r"(?:tests/[\w/]*)?test_\w+\.py", text)
        if not any(one == name or one.endswith(f"/{name}") for one in files)
    ]
    defined = set(
        re.findall(r"def (test_\w+)", "\n".join(path.read_text(encoding="utf-8") for path in files.values()))
    )
    assert missing == []
    assert set(re.findall(r"`(test_\w+)`", text)) - defined == set()
