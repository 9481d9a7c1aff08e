"""Every message that the documents quote is one that the product says: who looks for it must find it."""

import ast
import functools
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = ("troubleshooting.md", "errors.md")
FOLDERS = ("integrations", "mappings", "automationhub")
ELSEWHERE = "\x00"  # stands for what a message is filled with


def quoted(page: str) -> list[str]:
    """The texts in *italics* of the first column of each table, and of the lines that say what to look for."""
    found = []
    for line in (ROOT / "docs" / page).read_text(encoding="utf-8").splitlines():
        if line.startswith("| "):
            found += re.findall(r"(?<!\*)\*([^*|]+)\*(?!\*)", line.split(" | ")[0])
    return found


def texts() -> Iterator[str]:
    """Every text that code and pages of the product can show."""
    for folder in FOLDERS:
        for path in sorted((ROOT / folder).rglob("*.py")):
            if not {"migrations", "sandbox", "chaos", "demo"} & set(path.parts):
                yield from _texts_in(ast.parse(path.read_text(encoding="utf-8")))
    for path in sorted((ROOT / "templates").rglob("*")):
        if path.suffix in (".html", ".txt"):
            yield _plain(
                re.sub(r"{[{%#].*?[}%#]}|<[^>]*>", ELSEWHERE, path.read_text(encoding="utf-8"), flags=re.S)
            )


def _texts_in(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            parts = [str(part.value) if isinstance(part, ast.Constant) else ELSEWHERE for part in node.values]
            yield _plain("".join(parts))
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield _plain(re.sub(r"{[^{}]*}|%\(\w+\)s|%[sd]", ELSEWHERE, node.value))


def _plain(text: str) -> str:
    return " ".join(text.replace("“", '"').replace("”", '"').split()).casefold()


@functools.cache
def said() -> tuple[str, ...]:
    """All of them. Looked for by the first test that asks, not by every process that only collects the tests."""
    return tuple(sorted(set(texts())))


def is_said(message: str) -> bool:
    """Whether one text holds the message; `…` and numbers in it stand for anything."""
    parts = [part.strip('" ') for part in re.split(r"…|\d+", _plain(message))]
    pattern = re.compile(".*".join(re.escape(part) for part in parts if part))
    return any(pattern.search(text) for text in said())


@pytest.mark.parametrize(("page", "message"), [(page, one) for page in PAGES for one in quoted(page)])
def test_a_quoted_message_is_one_that_the_product_says(page: str, message: str) -> None:
    assert is_said(message), f"docs/{page} quotes “{message}”, which nothing says any more."


def test_a_message_that_nothing_says_is_found_out() -> None:
    assert not is_said("the shipping method … has no Pace balloon")
    assert len(said()) > 3000 and all(len(quoted(page)) > 4 for page in PAGES)
