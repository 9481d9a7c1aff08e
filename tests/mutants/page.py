"""docs/mutants.md: the list of the mutants by the sentences that they break, and how the last whole run ended."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from integrations.simulation.published import WORDS, kept
from tests.mutants.catalog import GUARANTEE, ROOT, anchor, mutants, of_sentence, sentences

PAGE = ROOT / "docs/mutants.md"


def write_page() -> None:
    """Write it as the list and the published figures are now, and how many mutants each sentence of the guarantee has."""
    PAGE.write_text(text(), encoding="utf-8")
    lines = GUARANTEE.read_text(encoding="utf-8").split("\n")
    for sentence in sentences():
        if cell := link(sentence):
            number = next(n for n, line in enumerate(lines) if line.startswith(f"| {sentence} |"))
            lines[number] = f"{lines[number].rpartition(' | ')[0]} | {cell} |"
    GUARANTEE.write_text("\n".join(lines), encoding="utf-8")


def link(sentence: str) -> str:
    """The last cell of the sentence's row in the guarantee; "" for one without a mutant."""
    count = len(of_sentence(sentence, mutants()))
    return f"[{count} mutant{'s' if count > 1 else ''}](mutants.md#{anchor(sentence)})" if count else ""


def text() -> str:
    """The whole page."""
    return "\n".join(_lines()) + "\n"


def _lines() -> Iterator[str]:
    yield "# The mutants of the guarantee"
    yield ""
    yield (
        "Each line of the code that carries a sentence of [the guarantee](guarantee.md) is taken away, one at a time; a test has "
        "to notice. `make mutants` does it and writes this page with `ARGS=--write-docs`; the lines stand in "
        "`tests/mutants/guarantee.toml`, each with the tests that must notice. The hub is loaded once; each changed function "
        "is put in its place in a process of its own. No file is changed."
    )
    if figures := kept("mutants"):
        yield ""
        yield f"**{WORDS['mutants'](figures)}**: {figures['date']}, {figures['machine']}, {figures['minutes']} minutes."
    yield ""
    yield (
        "`make mutation` changes the modules that a wrong result would come from, as mutmut does: a comparison, a number, an "
        "argument, a condition. It tries 40 changes of each file, the same ones each time, so that a failure comes from the "
        'last change of the code; `ARGS="--seed 2"` tries others, `ARGS="money --sample 0"` all of one module. What no test '
        "notices is an error, unless `tests/mutants/survivors.toml` says why nothing has to."
    )
    for sentence in sentences():
        broken = of_sentence(sentence, mutants())
        if not broken:
            continue
        yield f"\n## {sentence}\n"
        yield "| without its line | file | must be noticed by |"
        yield "| --- | --- | --- |"
        for one in broken:
            tests = ", ".join(test.partition("::")[2] for test in one.tests)
            yield f"| {one.name} | `{Path(one.file).name}` | {tests} |"
