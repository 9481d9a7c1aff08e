"""The catalogues: complete, compiled from what is written, and no text loses what is filled in."""

from __future__ import annotations

import ast
import re
from gettext import GNUTranslations
from pathlib import Path

import pytest
from django.conf import settings

CATALOGUES = sorted(Path(settings.BASE_DIR, "locale").glob("*/LC_MESSAGES/django.po"))
PLACEHOLDER = re.compile(r"%\(\w+\)s|\{\w*\}")
MARKS = {"gettext", "gettext_lazy", "gettext_noop", "ngettext"}

Texts = dict[tuple[str, str], list[str]]


def written(path: Path) -> Texts:
    """(text, its plural or "") -> translations, of a file that `make messages` wrote."""
    texts: Texts = {}
    for block in path.read_text(encoding="utf-8").split("\n\n"):
        parts: list[tuple[str, str]] = []
        for line in block.splitlines():
            if line.startswith('"'):
                parts[-1] = (parts[-1][0], parts[-1][1] + ast.literal_eval(line))
            elif line and not line.startswith("#"):
                keyword, _, text = line.partition(" ")
                parts.append((keyword, ast.literal_eval(text)))
        found = dict(parts)
        if found.get("msgid"):
            told = [text for keyword, text in parts if keyword.startswith("msgstr")]
            texts[found["msgid"], found.get("msgid_plural", "")] = told
    return texts


def marked() -> set[str]:
    """Every text that the code and the templates have translated."""
    root, found = Path(settings.BASE_DIR), set()
    for path in [
        path for app in ("automationhub", "integrations", "mappings") for path in (root / app).rglob("*.py")
    ]:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in MARKS):
                continue
            if isinstance(node.args[0], ast.Constant):
                found.add(str(node.args[0].value))
    for path in (root / "templates").rglob("*.html"):
        texts = re.findall(r"""{% trans(?:late)? (?:"([^"]+)"|'([^']+)')""", path.read_text(encoding="utf-8"))
        found |= {one or other for one, other in texts}
    return found


@pytest.fixture(params=CATALOGUES, ids=lambda path: path.parent.parent.name)
def catalogue(request: pytest.FixtureRequest) -> Path:
    path: Path = request.param
    return path


def test_there_is_a_catalogue_for_each_language_but_english() -> None:
    names = {path.parent.parent.name for path in CATALOGUES}
    assert names == {code for code, _ in settings.LANGUAGES} - {"en"}


def test_every_marked_text_is_in_the_catalogue(catalogue: Path) -> None:
    known = {text for text, _ in written(catalogue)}
    assert marked() - known == set(), "run `make messages`, then translate what is new"


def test_every_text_is_translated(catalogue: Path) -> None:
    assert [text for (text, _), told in written(catalogue).items() if not all(told)] == []


def test_no_text_is_only_guessed(catalogue: Path) -> None:
    assert "fuzzy" not in catalogue.read_text(encoding="utf-8")


def test_no_translation_loses_or_invents_what_is_filled_in(catalogue: Path) -> None:
    wrong = [
        (text, told)
        for (text, plural), every in written(catalogue).items()
        for form, told in enumerate(every)
        if set(PLACEHOLDER.findall(told)) != set(PLACEHOLDER.findall(plural if form and plural else text))
    ]
    assert wrong == []


def test_the_compiled_file_holds_what_is_written(catalogue: Path) -> None:
    with catalogue.with_suffix(".mo").open("rb") as file:
        compiled = GNUTranslations(file)
    for (text, plural), told in written(catalogue).items():
        if plural:
            assert [compiled.ngettext(text, plural, count) for count in (1, 2)] == told
        else:
            assert compiled.gettext(text) == told[0], "run `make messages`"
